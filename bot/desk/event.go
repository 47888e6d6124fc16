package desk

import "time"

// Event is something that happens to a case. The set is closed.
type Event interface{ event() }

// The events. By is the member of staff who did it; the caller has made sure
// that they are staff, on a device that is trusted.
type (
	// Request asks for an advocate. It opens the case, or asks again.
	Request struct {
		Reason Reason
		Urgent bool
		Lang   string
		Skill  string
		Share  Share
	}
	// Claim takes the case.
	Claim struct{ By StaffID }
	// Take opens a case by staff, who have it at once.
	Take struct {
		By   StaffID
		Lang string
	}
	// Release gives the case back to the ladder.
	Release struct{ By StaffID }
	// Pass gives the case to a named colleague, or, with To empty, to whoever
	// speaks Lang.
	Pass struct {
		By   StaffID
		To   StaffID
		Lang string
	}
	// Invite lets a colleague write, too.
	Invite struct {
		By  StaffID
		Who StaffID
	}
	// Pause lets the bot speak while the advocate keeps the case.
	Pause struct{ By StaffID }
	// Resume ends a pause.
	Resume struct{ By StaffID }
	// Close ends the case. Why is a word of the configuration, never free text.
	Close struct {
		By  StaffID
		Why string
	}
	// Said is a message of staff that is meant for the person.
	Said struct{ By StaffID }
	// Wrote is a message of the person.
	Wrote struct{}
	// Alarm is danger heard in what the person wrote.
	Alarm struct{ Category string }
	// Withdraw is the person who no longer wants an advocate.
	Withdraw struct{}
	// Away is an advocate who cannot go on: they said so, or their keys changed.
	Away struct{ By StaffID }
	// Due says that the deadline of the case has passed.
	Due struct{}
)

func (Request) event()  {}
func (Claim) event()    {}
func (Take) event()     {}
func (Release) event()  {}
func (Pass) event()     {}
func (Invite) event()   {}
func (Pause) event()    {}
func (Resume) event()   {}
func (Close) event()    {}
func (Said) event()     {}
func (Wrote) event()    {}
func (Alarm) event()    {}
func (Withdraw) event() {}
func (Away) event()     {}
func (Due) event()      {}

// Effect is something that the caller has to do, in order and in the same
// commit as the case. The set is closed.
type Effect interface{ effect() }

// The effects.
type (
	// Tell says something to the person, by the key of its text. From is the
	// start of the next shift where the text needs it.
	Tell struct {
		Text string
		By   StaffID // the advocate whom the text names, if names are shown
		From time.Time
	}
	// Post writes into the thread of the case in the staff room. To are those
	// who are called by name.
	Post struct {
		Text string
		To   []StaffID
		By   StaffID // who caused it
		Word string  // a category or a reason that the text names
	}
	// Direct writes to one member of staff alone.
	Direct struct {
		Text string
		To   StaffID
	}
	// Refuse tells a member of staff why what they did has no effect.
	Refuse struct {
		Text string
		To   StaffID
		With StaffID // who has the case, where the text names them
	}
	// Reveal shows in the thread what the person agreed to share.
	Reveal struct{ Share Share }
	// Carry takes the message that caused the event across.
	Carry struct{ To Side }
	// Lines shows the person the help lines that are open now.
	Lines struct{}
	// Survey asks the person one question about the talk, which they may skip.
	Survey struct{}
	// Record adds to the record of what staff did.
	Record struct {
		By     StaffID
		Action string
		On     StaffID // the colleague it concerns
	}
)

func (Tell) effect()   {}
func (Post) effect()   {}
func (Direct) effect() {}
func (Refuse) effect() {}
func (Reveal) effect() {}
func (Carry) effect()  {}
func (Lines) effect()  {}
func (Survey) effect() {}
func (Record) effect() {}

// Side is one of the two sides of a talk.
type Side int

// The sides.
const (
	ToPerson Side = iota
	ToStaff
)
