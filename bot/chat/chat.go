// Package chat holds the words that the bot and the networks share: who wrote,
// what arrived, what goes out, and how a network fails. It has data and one
// interface, it imports the standard library only, and it never does I/O.
package chat

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Text is something a person wrote or is to read. It is a string with the
// habit of hiding itself: fmt and slog print its length, never its words.
// Convert to string where the words are really meant.
type Text string

// String keeps the words out of logs and errors.
func (t Text) String() string { return fmt.Sprintf("[text of %d bytes]", len(t)) }

// GoString does the same for %#v.
func (t Text) GoString() string { return t.String() }

// LogValue does the same for slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Bytes are the contents of a picture or a file. They hide themselves as Text
// does.
type Bytes []byte

// String keeps the contents out of logs and errors.
func (b Bytes) String() string { return fmt.Sprintf("[data of %d bytes]", len(b)) }

// GoString does the same for %#v.
func (b Bytes) GoString() string { return b.String() }

// LogValue does the same for slog.
func (b Bytes) LogValue() slog.Value { return slog.StringValue(b.String()) }

// Address names one person on one network and the conversation in which the
// bot talks with them. Two addresses with the same Network and User are the
// same person, whatever the Room.
type Address struct {
	Network string // "matrix", "signal" or "console"
	User    string // the person: a Matrix user id, a Signal ACI
	Room    string // the conversation: a Matrix room id; may change over time
}

// String keeps the address out of logs and errors.
func (a Address) String() string { return "[address on " + a.Network + "]" }

// GoString does the same for %#v.
func (a Address) GoString() string { return a.String() }

// LogValue does the same for slog.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Kind tells what a Message is.
type Kind int

// The kinds of things that arrive. Every one of them gets an answer from the
// bot, but for KindRemoval, KindKeysChanged and KindLeft.
const (
	KindText        Kind = iota // plain words
	KindReaction                // Text is the emoji, Target the message it stands under
	KindEdit                    // the person changed Target; Text is the new wording
	KindRemoval                 // the person took Target back
	KindMedia                   // a picture, file, voice note, sticker: something the bot cannot read
	KindCall                    // the person tried to ring
	KindUnreadable              // could not be decrypted, after a grace period
	KindOpened                  // a conversation began (the bot was invited and joined)
	KindUnencrypted             // the room has no encryption and the policy refuses such rooms
	KindPlaintext               // an unencrypted message in an encrypted room
	KindCrowd                   // the room has more people than one person and the bot
	KindStart                   // Text is a flow id to start; from the console only
	KindKeysChanged             // the person's keys are others than before: nothing goes to them until staff have looked
	KindLeft                    // the person left the conversation, or put the bot out of it
)

// Message is one thing that arrived from a person. ID is unique on its network
// for good: it is the key under which the bot remembers having handled it, so a
// transport that hands the same thing up twice must use the same ID.
type Message struct {
	ID     string
	From   Address
	Kind   Kind
	Text   Text
	Target string    // the event id a reaction, edit, removal or reply points at
	Sent   time.Time // when the network says it was sent; never trusted for schedules
	// Staff is set for what was said where staff talk with the bot, and nil for
	// everything of a person. From.User is who wrote it; whether they are staff
	// is for the bot to know.
	Staff *Staff
}

// Staff is what a transport knows of a message from a room of staff.
type Staff struct {
	Thread string // the event id of the message that the thread hangs from; empty: none
	Alone  bool   // a direct conversation of this one with the bot
	// Case is the name of the case in whose own room it was said, as an Outgoing
	// gave it; empty: in none.
	Case string
	// Doubted: the transport was told to look whether the device is one that
	// its owner has confirmed, and it is not.
	Doubted bool
	// Unproven: the transport was told to look, and a message of this kind has no
	// device.
	Unproven bool
	// Identity stands for the keys of the owner, and changes with them. It is set
	// where the transport was told to look and the owner has confirmed the device.
	Identity string
}

// LogValue keeps words and address out of logs, in JSON too.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("kind", int(m.Kind)), slog.Any("text", m.Text))
}

// Form tells what an Outgoing does.
type Form int

// The forms of an Outgoing.
const (
	FormText     Form = iota // a new message
	FormEdit                 // replace the text of Target
	FormRemove               // take Target back (redact)
	FormImage                // a new message with the picture in Data, a PNG; Alt says in words what it shows
	FormFile                 // a new message with the text file in Data
	FormReaction             // Text is the emoji that is put under Target
	FormMembers              // no words: only who is in the room of a case, see Outgoing.Members
	FormLeave                // the bot goes out of the conversation for good and forgets whom it was with; with Team everybody is taken out of the room of a case before
	FormSweep                // what the person wrote between Since and Until is taken back, as far as the network lets the bot
)

// Outgoing is one thing to send. Key is the same over every retry and across
// restarts; a transport passes it to the network as the transaction id where
// there is one, and hides it in the content where it can.
type Outgoing struct {
	Key     string
	To      Address
	Form    Form
	Text    Text     // plain text; the transport adds formatting if it likes
	Target  string   // network event id, for FormEdit, FormRemove and FormReaction
	Choices []string // emoji the transport may seed as reactions; usually empty
	Data    Bytes    // for FormImage and FormFile; it is never sent without encryption
	Name    string   // of that file, for the person's device; says nothing about the person
	Alt     Text     // for FormImage, and what is said of a FormFile that no try will send
	// AllowPlain permits sending without encryption. It is set only for the
	// fixed refusal in a room that has no encryption.
	AllowPlain bool
	// AllowCrowd permits sending where more than the person can read. It is set
	// only for the one neutral line about that. Everything else bound for such
	// a room is refused with a *PermanentError.
	AllowCrowd bool
	// Team sends it to staff: into the room of staff that the transport was told
	// of, or with To.User to that one alone. Without To.User, To.Room is the name
	// of a case ("K7.x", of which people read the part before the dot): then it goes
	// into a room of that case alone, which the transport makes and finds again.
	Team bool
	// Members are those who can read what is sent into the room of a case, by id.
	// Who lacks is invited before it is sent, and who is there beside them is taken
	// out; nobody reads what was sent before they were invited.
	Members  []string
	Thread   string   // event id of the message that the thread hangs from; empty: none
	Mentions []string // who is called by name
	// Since and Until are for FormSweep, by the clock of the network.
	Since, Until time.Time
	// OnDoubt says what to do when nobody can find out whether it was sent.
	OnDoubt OnDoubt
	// Doubt is set when the message may be on the network already and only the
	// network can tell. A transport that can look there does so before it sends.
	Doubt Doubt
}

// OnDoubt is the policy for a message of which nobody can find out whether it was
// sent, on a network that cannot tell.
type OnDoubt int

// The policies. The zero one sends it again: to read something twice is better
// than to wait for what does not come.
const (
	OnDoubtResend OnDoubt = iota
	OnDoubtDrop           // never twice, even if then not at all
	OnDoubtAsk            // as OnDoubtDrop, and staff are told
)

// Doubt is where to look for a message that an earlier copy of the bot may have
// sent: in a store that was restored from a backup, what was waiting then may
// have gone out since, and nobody noted it. The zero Doubt is none.
type Doubt struct {
	// Since is the earliest moment at which it can have been sent.
	Since time.Time
	// After is the event id of the last message before it in this conversation,
	// as far as is known; it lies behind that one.
	After string
}

// LogValue keeps words and address out of logs, in JSON too.
func (o Outgoing) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("form", int(o.Form)), slog.Any("text", o.Text))
}

// Handler is what a transport calls. The bot implements it.
type Handler interface {
	// Handle takes one message. When it returns nil the message and all its
	// effects are committed, or it was seen before. On an error nothing was
	// kept and the transport must deliver the same message again, in order.
	// Calls for different people may run at the same time; calls for one
	// person must not.
	Handle(ctx context.Context, m Message) error
	// Delivered reports that an Outgoing with this key is on the network with
	// this event id, learned from the network's own echo. It may be called for
	// keys that are long settled or unknown. On nil it is committed.
	Delivered(ctx context.Context, network, key, eventID string) error
	// Vouch tells whether the keys that identity stands for count as those of one
	// of staff, whose id on the network is user. Others than before do not until a
	// colleague has confirmed them. A transport that was told to look asks when it
	// hears of keys and before it gives them what is for staff.
	Vouch(ctx context.Context, network, user, identity string) (bool, error)
}

// Transport connects one account on one network.
type Transport interface {
	// Network is the name used in Address.Network.
	Network() string
	// Run receives until ctx ends (nil) or going on is unsafe (an error). It
	// reconnects by itself.
	Run(ctx context.Context, h Handler) error
	// Ready returns nil as soon as everything that arrived while the transport
	// was away has been handed up. Before that nothing should be started or
	// picked for sending: the backlog may hold the person's answer, or their
	// word to stop.
	Ready(ctx context.Context) error
	// Send puts one Outgoing on the network and returns the event id. The
	// caller has at most one Send in flight per conversation. It blocks until
	// the transport has caught up with what it missed, so that a send whose
	// outcome a crash left in doubt is not repeated. Errors: *PermanentError
	// (never retry), *RetryError (not before After), anything else is
	// temporary.
	Send(ctx context.Context, out Outgoing) (eventID string, err error)
}

// PermanentError says that trying again is useless: the room is gone, the
// person left, the network refused the content.
type PermanentError struct{ Err error }

func (e *PermanentError) Error() string { return "permanent: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *PermanentError) Unwrap() error { return e.Err }

// RetryError says that the network asked for a pause of After.
type RetryError struct {
	After time.Duration
	Err   error
}

func (e *RetryError) Error() string { return fmt.Sprintf("retry after %s: %v", e.After, e.Err) }

// Unwrap returns the cause.
func (e *RetryError) Unwrap() error { return e.Err }

// HeldError says that this one conversation must wait for somebody to look at
// it; others go on.
type HeldError struct{ Err error }

func (e *HeldError) Error() string { return "held: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *HeldError) Unwrap() error { return e.Err }

// DoubtError says that nobody can find out whether the message was sent, and that
// by its policy, which is Policy, it is not sent again.
type DoubtError struct {
	Policy OnDoubt
	Err    error
}

func (e *DoubtError) Error() string { return "in doubt: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *DoubtError) Unwrap() error { return e.Err }
