package client

import (
	"context"
	"time"
)

// Event is one event of a room as the person's client shows it.
type Event struct {
	ID           string
	Sender       string
	Type         string
	State        bool
	MsgType      string
	Body         string // as first sent
	Edited       string // the wording after the last edit, "" when nobody edited it
	Replaces     string // the event that this one edits
	Target, Key  string // for a reaction: what it stands under, and the emoji
	Redacted     bool
	Encrypted    bool
	Unreadable   string // why it could not be decrypted, "" when it could
	Shield       int    // the warning beside it: 0 none, 1 grey, 2 red
	ShieldReason int    // as matrix-js-sdk numbers them
	Time         int64  // what the server says, in Unix milliseconds
}

// Message reports whether the event is a message to read: no edit of another
// one, decrypted, not taken back.
func (e Event) Message() bool {
	return e.Type == "m.room.message" && e.Replaces == "" && e.Unreadable == "" && !e.Redacted
}

// At is the server's time of the event.
func (e Event) At() time.Time { return time.UnixMilli(e.Time) }

// Device is what the client knows of one device of somebody.
type Device struct {
	ID            string
	SignedByOwner bool // cross-signed by the user it belongs to
	Verified      bool // and that user was verified from here
}

// Wanted says what Wait waits for.
type Wanted struct {
	Room  string
	From  string   // user id of the sender
	Count int      // how many; 0 means one
	Any   []string // each must have one of these in it; none: anything will do
	After int      // how many messages of the sender are passed over first
}

type eventID struct{ Event string }

// Bootstrap sets up cross-signing for the account.
func (p *Person) Bootstrap(ctx context.Context) error {
	return p.call(ctx, "bootstrap", map[string]any{}, nil)
}

// ResetIdentity sets up cross-signing anew, as after all devices were lost: the keys
// of the account are others than before, and sign this device.
func (p *Person) ResetIdentity(ctx context.Context) error {
	return p.call(ctx, "resetIdentity", map[string]any{}, nil)
}

// CreateRoom makes a direct chat with the invited users and returns its id.
func (p *Person) CreateRoom(ctx context.Context, encrypted bool, invite ...string) (room string, err error) {
	var got struct{ Room string }
	err = p.call(ctx, "createRoom", map[string]any{"encrypted": encrypted, "invite": invite}, &got)
	return got.Room, err
}

// Invite asks somebody into a room.
func (p *Person) Invite(ctx context.Context, room, user string) error {
	return p.call(ctx, "invite", map[string]any{"room": room, "user": user}, nil)
}

// Join accepts an invitation.
func (p *Person) Join(ctx context.Context, room string) error {
	return p.call(ctx, "join", map[string]any{"room": room}, nil)
}

// Accept waits for an invitation into a room of this name (empty: of any), accepts
// it, and returns the room's id.
func (p *Person) Accept(ctx context.Context, name string) (room string, err error) {
	var got struct{ Room string }
	err = p.call(ctx, "accept", map[string]any{"name": name}, &got)
	return got.Room, err
}

// WaitJoined waits until user has joined the room.
func (p *Person) WaitJoined(ctx context.Context, room, user string) error {
	return p.call(ctx, "waitJoined", map[string]any{"room": room, "user": user}, nil)
}

// Leave leaves a room.
func (p *Person) Leave(ctx context.Context, room string) error {
	return p.call(ctx, "leave", map[string]any{"room": room}, nil)
}

// WaitLeft waits until user has left the room.
func (p *Person) WaitLeft(ctx context.Context, room, user string) error {
	return p.call(ctx, "waitLeft", map[string]any{"room": room, "user": user}, nil)
}

// Send sends a text, encrypted when the room is, and returns its event id. It
// tries again while the homeserver is away.
func (p *Person) Send(ctx context.Context, room, body string) (event string, err error) {
	return p.post(ctx, "send", map[string]any{"room": room, "body": body})
}

// SendAll sends texts one after the other, as fast as the homeserver takes them.
func (p *Person) SendAll(ctx context.Context, room string, bodies []string) (events []string, err error) {
	var got struct{ Events []string }
	err = p.call(ctx, "sendAll", map[string]any{"room": room, "bodies": bodies}, &got)
	return got.Events, err
}

// SendType sends an event of any type.
func (p *Person) SendType(ctx context.Context, room, kind string, content map[string]any) (event string, err error) {
	return p.post(ctx, "sendType", map[string]any{"room": room, "type": kind, "content": content})
}

// SendPlain sends a text without encryption, whatever the room wants.
func (p *Person) SendPlain(ctx context.Context, room, body string) (event string, err error) {
	return p.post(ctx, "sendPlain", map[string]any{"room": room, "body": body})
}

// React puts an emoji under an event.
func (p *Person) React(ctx context.Context, room, event, key string) (string, error) {
	return p.post(ctx, "react", map[string]any{"room": room, "event": event, "key": key})
}

// Edit changes the wording of an own message.
func (p *Person) Edit(ctx context.Context, room, event, body string) (string, error) {
	return p.post(ctx, "edit", map[string]any{"room": room, "event": event, "body": body})
}

// Redact takes an own event back.
func (p *Person) Redact(ctx context.Context, room, event string) (string, error) {
	return p.post(ctx, "redact", map[string]any{"room": room, "event": event})
}

// Picture sends an encrypted picture of one pixel.
func (p *Person) Picture(ctx context.Context, room, name string) (event string, err error) {
	return p.post(ctx, "picture", map[string]any{"room": room, "body": name})
}

// Attachment is a picture or a file that came with a message.
type Attachment struct {
	Data []byte
	Name string
	Kind string // its media type
}

// Download fetches and decrypts what came with a message.
func (p *Person) Download(ctx context.Context, room, event string) (a Attachment, err error) {
	err = p.call(ctx, "download", map[string]any{"room": room, "event": event}, &a)
	return a, err
}

// Timeline gives every event of the room that this device can see, oldest first.
func (p *Person) Timeline(ctx context.Context, room string) ([]Event, error) {
	var got struct{ Events []Event }
	err := p.call(ctx, "timeline", map[string]any{"room": room}, &got)
	return got.Events, err
}

// Shown waits until the client shows what an event says, and returns it; for an
// edit it is the message that was edited, with its new wording.
func (p *Person) Shown(ctx context.Context, room, event string) (Event, error) {
	var got struct{ Event Event }
	err := p.call(ctx, "shown", map[string]any{"room": room, "event": event}, &got)
	return got.Event, err
}

// Gone waits until the client no longer shows an event, because it was taken back.
func (p *Person) Gone(ctx context.Context, room, event string) error {
	return p.call(ctx, "gone", map[string]any{"room": room, "event": event}, nil)
}

// Wait waits for readable messages and returns all that fit, oldest first, and
// how many messages of the sender there are up to the last one waited for: the
// After of the next call.
func (p *Person) Wait(ctx context.Context, w Wanted) (events []Event, upTo int, err error) {
	var got struct {
		Events []Event
		UpTo   int
	}
	if w.Any == nil {
		w.Any = []string{}
	}
	err = p.call(ctx, "wait", map[string]any{
		"room": w.Room, "from": w.From, "count": max(w.Count, 1), "any": w.Any, "after": w.After,
	}, &got)
	return got.Events, got.UpTo, err
}

// Trust says what the client thinks of a user and each of the user's devices.
func (p *Person) Trust(ctx context.Context, user string) (verified bool, devices []Device, err error) {
	var got struct {
		Verified bool
		Devices  []Device
	}
	err = p.call(ctx, "trust", map[string]any{"user": user}, &got)
	return got.Verified, got.Devices, err
}

// Verify verifies a user by emoji in the room, confirming what the screen
// shows, and returns the names of the emoji.
func (p *Person) Verify(ctx context.Context, room, user string) (emoji []string, err error) {
	var got struct{ Emoji []string }
	err = p.call(ctx, "verify", map[string]any{"room": room, "user": user}, &got)
	return got.Emoji, err
}

// Keys gives every key of a room that this device has, as a backup holds them.
func (p *Person) Keys(ctx context.Context) (keys string, err error) {
	var got struct{ Keys string }
	err = p.call(ctx, "keys", map[string]any{}, &got)
	return got.Keys, err
}

// TakeKeys gives this device the keys of another one.
func (p *Person) TakeKeys(ctx context.Context, keys string) error {
	return p.call(ctx, "takeKeys", map[string]any{"keys": keys}, nil)
}

// ReadUpTo is the event up to which user has read, "" when there is none.
func (p *Person) ReadUpTo(ctx context.Context, room, user string) (event string, err error) {
	var got eventID
	err = p.call(ctx, "readUpTo", map[string]any{"room": room, "user": user}, &got)
	return got.Event, err
}

func (p *Person) post(ctx context.Context, do string, args map[string]any) (event string, err error) {
	var got eventID
	err = p.call(ctx, do, args, &got)
	return got.Event, err
}
