package desk

import (
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// StaffID is the network's id of one advocate, a Matrix user id. It hides
// itself in logs, as every address does.
type StaffID string

// LogValue keeps the id out of logs.
func (StaffID) LogValue() slog.Value { return slog.StringValue("[staff]") }

// State tells where a case is.
type State string

// The states of a case.
const (
	Requested State = "requested" // it was asked for, and nobody is on call yet
	Offered   State = "offered"   // somebody on call was told
	Claimed   State = "claimed"   // one advocate has the talk
	Returned  State = "returned"  // nobody came in time; it may still be claimed
	Closed    State = "closed"    // it is over
)

// Reason says why a person is handed over.
type Reason string

// The reasons. All but the last two are those of the verb hand_over.
const (
	Asked   Reason = "asked"   // the person asked for a human
	Danger  Reason = "danger"  // the answer to danger
	Worried Reason = "worried" // a script that is worried
	Other   Reason = "other"   // any other script
	Missed  Reason = "missed"  // the scripts did not understand the person
	Duress  Reason = "duress"  // the word for when somebody makes them, and they agreed to this
	Opened  Reason = "opened"  // staff opened it
)

// Share is what the person agreed that staff may see of what was said before.
type Share string

// What may be shared.
const (
	ShareNothing  Share = "nothing"
	ShareMessages Share = "messages" // the last messages of the talk
	SharePlan     Share = "plan"     // the safety plan
)

// Rung is a step of the ladder that an offered case climbs while nobody claims
// it.
type Rung int

// The rungs.
const (
	RungTurn     Rung = iota // one of those on call after the other
	RungEveryone             // everybody on the list who is not away
	RungFallback             // the one person who is asked directly
	RungOver                 // nobody came; the person was told
)

// Case is one hand-over. The zero value is no case; Open makes one. It is a
// value: Step returns a changed copy.
type Case struct {
	ID       int64
	State    State
	Reason   Reason
	Urgent   bool
	Lang     string // language of the person, BCP 47
	Skill    string // a skill that the case needs; empty for any
	Share    Share
	Since    time.Time // when it was asked for
	Rung     Rung
	Asked    []StaffID // who was offered it since it was last free
	Holder   StaffID   // who has it; empty unless claimed
	Guests   []StaffID // colleagues whom the holder invited
	Paused   bool      // claimed, and the bot may speak meanwhile
	Waiting  bool      // the person wrote, and no advocate answered yet
	Nudges   int       // reminders since the last word of whom we wait for
	Deadline time.Time // when Due must be told; zero when nothing is awaited
	Ended    string    // why it was closed
}

// Name is how staff and the record call the case: K and its number. It says
// nothing about the person.
func (c Case) Name() string { return fmt.Sprintf("K%d", c.ID) }

// Open reports whether the case is not over: it can still be claimed.
func (c Case) Open() bool { return c.ID != 0 && c.State != Closed }

// Human reports whether an advocate has the talk, so that the bot is silent.
func (c Case) Human() bool { return c.State == Claimed && !c.Paused }

// May reports whether this member of staff may write to the person.
func (c Case) May(who StaffID) bool {
	return slices.Contains(c.Readers(), who)
}

// Readers are those who have the talk: the holder and whom that one invited.
func (c Case) Readers() []StaffID {
	if c.State != Claimed {
		return nil
	}
	return append([]StaffID{c.Holder}, c.Guests...)
}

// concerned are those whom news of the case concern: who has it, or who is asked.
func (c Case) concerned() []StaffID {
	if c.State == Claimed {
		return c.Readers()
	}
	return c.Asked
}

// Saw reports whether this member of staff was ever shown the case since it was
// last free: offered, holding it, or invited.
func (c Case) Saw(who StaffID) bool {
	return c.Rung >= RungEveryone || c.May(who) || slices.Contains(c.Asked, who)
}
