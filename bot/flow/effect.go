package flow

import "time"

// Effect is one thing that the host must do after a Step, in the order given.
// The set is closed: a host switches over the types below and panics on any
// other.
type Effect interface{ effect() }

// Say sends one message to the person.
type Say struct {
	Text string
	// Edit replaces the text of the last Say of this session that had Anchor
	// set, where the network can edit; elsewhere it is a new message.
	Edit   bool
	Anchor bool
	// Ask is true when this message is a question that now waits.
	Ask bool
}

// Lines shows help lines. The host picks them, since the engine has no
// directory and no clock.
type Lines struct {
	// Need is "dv", "crisis", "emergency", "sexual", "child" or "own_behaviour";
	// "" for the usual three, "danger" for the same with the emergency first, "more" for
	// what those leave out.
	Need string
	UpTo int // 0 = the host's own limit
}

// Wait asks the host to call Step with a Timer input after For, unless the
// session has moved on. A session has at most one Wait: the last one counts,
// and a Step that returns none clears it.
type Wait struct {
	For time.Duration
}

// Every sets a repeating schedule under a name; a second Every of the same name
// replaces it.
type Every struct {
	Name     string
	Flow     string        // the flow to start when due
	Time     string        // "21:00" or a window "18:00-20:00", the person's wall clock; empty if Cron is set
	Days     []string      // "mon".."sun", or "2d" alone for every other day; empty = every day
	Cron     string        // five fields, the person's wall clock; empty if Time is set
	FreshFor time.Duration // a later start than this is skipped; zero: as the kind has it
	Kind     string        // one of Kinds; "" for none
	// StepDown is the flow that comes once, in the place of Flow, when many went
	// unanswered; before that they come less often. "": it never does.
	StepDown string
	// Organization: it comes when, and as, the organization has set up for its
	// kind. Only Name and Kind are set then.
	Organization bool
}

// At starts a flow once. It shares its names with Every: either replaces the
// other.
type At struct {
	Name     string
	Flow     string
	Date     string        // "2026-05-03"
	Time     string        // "18:00" or "18:00-20:00", the person's wall clock, also after they moved
	FreshFor time.Duration // a later start than this is skipped; zero: as the kind has it
	Kind     string        // one of Kinds; "" for none
}

// Cancel ends the schedule of that name, or with a Kind every one of that kind;
// the Name "all" ends every schedule.
type Cancel struct{ Name, Kind string }

// Snooze lets what came by itself last come again after a time.
type Snooze struct{ For time.Duration }

// Quiet stops unprompted messages: For a time, or until the person asks for
// them again (Stop), or not any more (neither). A quiet For a time with Undo may
// be taken back by one with Undo alone, which puts back what held before and
// does nothing where there is nothing to take back.
type Quiet struct {
	For  time.Duration
	Stop bool
	Undo bool
}

// Hide takes back the bot's own messages of the last For (zero: all that the
// host still knows) and drops what waits to be sent. What the same Step says
// stays.
type Hide struct{ For time.Duration }

// Export sends the person their own data as a text file: the lists named, or
// everything with nil. With a Phrase it is one journal, as a file for people and
// one for programs, both sealed under that passphrase.
type Export struct {
	Lists  []string
	Phrase string
}

// Forget erases everything there is of the person (All), or one of their lists.
// After All there are only effects that speak, and the session is a new one.
type Forget struct {
	All  bool
	List string
}

// Chart sends a picture of the person's own marks over Days days up to now. Alt
// says the same in words. There are two marks at least, oldest first, in the
// person's zone.
type Chart struct {
	Title, Alt string
	Days       int
	Low, High  float64 // the ends of the scale, Low < High
	Marks      []Mark
}

// Mark is a number and when it was kept.
type Mark struct {
	At    time.Time
	Value float64
}

// HandOver asks for a person of the organization. Where none can be reached the
// host says so, and shows help lines.
type HandOver struct {
	Reason string // "asked", "danger", "worried", "missed" or "other"
	Urgent bool
	Skill  string // that whoever comes should have, a word of the organization's; empty: any
	Cancel bool   // the person no longer wants anybody; the rest is empty then
}

// Set stores a variable of the person. A nil Value forgets it.
type Set struct {
	Name  string
	Value any // string, float64 or bool
}

// Keep adds a line to one of the person's own lists.
type Keep struct {
	List string
	Text string
}

// Record adds an entry to a person's journal, a list whose lines hang together
// and are never changed. Parts that were not said are empty.
type Record struct {
	List                          string
	Date                          string // when it happened: "2026-05-03"
	Time                          string // "18:00", the person's wall clock
	Happened, Told, Noticed, Left string
	People, Tags                  string // with commas between
	Changes                       int    // number of the entry that this one corrects; 0: none
}

// Drop removes one line from a list.
type Drop struct {
	List string
	ID   int64 // an Item's ID
}

// Undo takes back every line that an input with one of these IDs kept.
type Undo struct{ IDs []string }

// Rewrite puts other words in the place of a line.
type Rewrite struct {
	List string
	ID   int64 // an Item's ID
	Text string
}

// End tells that the session has nothing left to do.
type End struct{}

func (Say) effect()      {}
func (Lines) effect()    {}
func (Wait) effect()     {}
func (Every) effect()    {}
func (At) effect()       {}
func (Cancel) effect()   {}
func (Quiet) effect()    {}
func (Snooze) effect()   {}
func (Hide) effect()     {}
func (Export) effect()   {}
func (Forget) effect()   {}
func (Set) effect()      {}
func (Keep) effect()     {}
func (Record) effect()   {}
func (Drop) effect()     {}
func (Undo) effect()     {}
func (Rewrite) effect()  {}
func (End) effect()      {}
func (Chart) effect()    {}
func (HandOver) effect() {}
