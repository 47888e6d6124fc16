package flow

import (
	"slices"
	"time"
)

// Session is where a person is in the scripts. It is plain data: the host keeps
// it (sealed) as JSON between steps, for months and across upgrades. The zero
// Session is a person who has not begun.
type Session struct {
	// Seq grows by one with every Step. A timer names the Seq that it was set
	// under; the host drops a timer whose Seq is not the session's.
	Seq int64 `json:"seq"`
	// Frames is the call stack, innermost last. Empty: idle.
	Frames []Frame `json:"frames,omitempty"`
	// Wait tells what the innermost frame waits for; nil when idle.
	Wait *Waiting `json:"wait,omitempty"`
	// Parked is the conversation that another one interrupted, one deep.
	Parked *Parked `json:"parked,omitempty"`
	// Past is what was answered and can still be taken back or changed, oldest
	// first, at most MaxPast.
	Past []Point `json:"past,omitempty"`
	// Asked is the host's keys of the messages that ask what now waits, the
	// question first: the engine empties it with each new question, the host
	// adds the key of every Say that has Ask.
	Asked []string `json:"asked,omitempty"`
	// Answer is the person's last answer, for conditions and templates.
	Answer any `json:"answer,omitempty"`
	// Echo is how to say the answer back where that differs from its value.
	Echo string `json:"echo,omitempty"`
	// Source is where the last text that states a fact has it from.
	Source string `json:"source,omitempty"`
	// Lang is the language of this talk, where somebody who has chosen none began
	// it in another than the host's; "" else.
	Lang string `json:"lang,omitempty"`
	// Last remembers which variant of a text was used last, so that the same
	// one does not come twice in a row.
	Last map[string]int `json:"last,omitempty"`
}

// Idle tells whether nothing waits and nothing runs.
func (s Session) Idle() bool { return len(s.Frames) == 0 && s.Wait == nil }

// askedKept is how many messages that ask the same are known.
const askedKept = 3

// AddAsked adds the key of one more message that asks what waits. The question
// itself stays the first; of the others the newest stay.
func AddAsked(asked []string, key string) []string {
	out := append(slices.Clone(asked), key)
	if len(out) > askedKept {
		out = slices.Delete(out, 1, 2)
	}
	return out
}

// Frame is one flow on the stack.
type Frame struct {
	Flow  string `json:"flow"`
	Rev   string `json:"rev"`             // hash of the script it began on
	Words string `json:"words,omitempty"` // hash of its messages then
	Step  string `json:"step"`            // stable path of the step, e.g. "3" or "2.do.1"
	// Witnessed: the one question about safety was asked since it began.
	Witnessed bool `json:"witnessed,omitempty"`
}

// Waiting is what the innermost frame waits for.
type Waiting struct {
	Kind   string         `json:"kind"` // "ask", "pause", "pace", "resume"
	Tries  int            `json:"tries,omitempty"`
	Round  int            `json:"round,omitempty"`  // pace: cues done
	Until  time.Time      `json:"until,omitzero"`   // pause: when it ends; pace: when the next cue is due
	Nudged bool           `json:"nudged,omitempty"` // the no_reply branch has run
	Missed time.Time      `json:"missed,omitzero"`  // when the last text was not understood
	Data   map[string]any `json:"data,omitempty"`
}

// Parked is an interrupted conversation.
type Parked struct {
	Frames []Frame  `json:"frames"`
	Wait   *Waiting `json:"wait,omitempty"`
	Answer any      `json:"answer,omitempty"`
	Echo   string   `json:"echo,omitempty"`
	Past   []Point  `json:"past,omitempty"`
	Asked  []string `json:"asked,omitempty"`
	// Kept: the question that waited has its answer, and the talk goes on behind
	// it. About is the flow that answers the danger that was heard in it.
	Kept  bool   `json:"kept,omitempty"`
	About string `json:"about,omitempty"`
	// Offers is how often the person was asked whether to go back, Offered when
	// that was last.
	Offers  int       `json:"offers,omitempty"`
	Offered time.Time `json:"offered,omitzero"`
}

// InputKind tells what an Input is.
type InputKind int

// The kinds of input.
const (
	InText      InputKind = iota // the person wrote Text
	InReaction                   // the person reacted with the emoji Text
	InStart                      // start Flow now, unprompted or by command; a running flow is parked
	InInterrupt                  // start Flow now for safety: whatever waits is parked, no question asked
	InTimer                      // the Wait of the last Step is over
	InEdit                       // the person changed their message Target; Text is the new wording
	InRemoval                    // the person took their message Target back
	InWitness                    // Text is kept as the answer to a question of witness, then as InInterrupt
)

// Input is one thing that happened.
type Input struct {
	Kind InputKind
	Text string
	Flow string
	// About, for InWitness: the flow that answers the danger in Text, should it
	// be there now.
	About string
	// Target is what the input points at: for an edit or a removal the ID of the
	// input that was changed, else the host's key of our message that a reply or
	// a reaction stands under.
	Target string
	// Early: the person cannot have seen what the bot said after the last answer.
	Early bool
	// ID names what the person sent, or the timer. It comes back as the From of
	// the lines that this input keeps.
	ID string
	// Lang is the person's language, a BCP 47 tag such as "es"; "" is that of
	// the scripts, and so is one that nothing is translated into.
	Lang string
	// Danger tells that the host's own scan of Text found words of danger that
	// are not clear enough for an answer of their own. A question about safety
	// that waits reads them as danger.
	Danger bool
	// Opened: the person has given their own word, which is the answer to a
	// greeting.
	Opened bool
	// Decoy: the person is in the decoy and hears of nothing else.
	Decoy bool
	// Now is the moment, in the person's own zone. The engine reads no clock.
	Now time.Time
	// Seed drives the choice of variants; same seed, same choice.
	Seed uint64
	// Vars are the person's stored variables. The engine never changes the map.
	Vars map[string]any
	// Desk: people of the organization can take over a talk. The scripts know it
	// as desk.
	Desk bool
	// DeskAsked tells whether an advocate was asked for, and the request is not
	// over; nil: nobody was. The scripts know it as desk_asked.
	DeskAsked func() bool
	// DeskAbout tells who they are, when they answer, how long it may take and
	// what they must report; nil: there is nobody. The scripts know it as
	// {{desk_about}}.
	DeskAbout func() string
	// Prompted: something came by itself within the last day, and may be put off
	// by Snooze. The scripts know it as prompted.
	Prompted bool
	// PromptedKind is the kind of what came by itself last. The scripts know it as
	// prompted_kind.
	PromptedKind string
	// Agreed tells what comes by itself and since when the person wants it, a line
	// each; nil: nothing does. The scripts know it as {{agreed}}.
	Agreed func() string
	// Linked: the person writes from two places. The scripts know it as linked.
	Linked bool
	// Lists are the person's own lists that Library.Lists named, oldest first.
	Lists map[string][]Item
	// Items gives a list that is not in Lists; nil: there are no others. It is
	// asked at most once for each list, and only for those that a step needs.
	// An error of it is the error of Step.
	Items func(list string) ([]Item, error)
}

// Item is one line of a person's own list.
type Item struct {
	ID   int64
	Text string
	From string // the ID of the Input that kept it; empty if that is not known
	At   time.Time
	N    int // its own number in the list, which it keeps; 0: lines are counted
}

// Reader turns what a person typed into a value of a kind that the engine does
// not know itself (a time, a zone, a country, days). Value is what is stored
// and what conditions see; echo is how to say it back in the language lang, a
// BCP 47 tag, in which the text is read first; ok is false when the text means
// nothing of the kind. A value is read as itself. It is pure.
type Reader = func(text, lang string, now time.Time) (value, echo string, ok bool)
