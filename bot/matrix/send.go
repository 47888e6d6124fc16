package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/account"
	"handrail/bot/chat"
)

// Ready implements chat.Transport: it returns nil when the first sync of Run was
// handled, and waits anew while syncing fails.
func (t *Transport) Ready(ctx context.Context) error {
	if err := t.passes.first(ctx); err != nil {
		return clean("wait for the first sync", err)
	}
	return nil
}

// Send puts one message on the network and returns its event id. It blocks
// until the first sync of Run was handled, because that may bring the news
// that the message is there already. The errors are those of chat.Transport.
func (t *Transport) Send(ctx context.Context, out chat.Outgoing) (eventID string, err error) {
	defer func() {
		if recover() != nil { // the text of a panic may hold anything
			eventID, err = "", clean("send", account.ErrPanic)
		}
	}()
	if out.Key == "" || out.To.Room == "" && !out.Team {
		return "", &chat.PermanentError{Err: errors.New("send: the message has no key or no room")}
	}
	if err := t.Ready(ctx); err != nil {
		return "", err
	}
	if out.Team {
		name := out.To.Room
		if err := t.place(ctx, &out); err != nil {
			if errors.Is(err, errNoRoom) && out.Form != chat.FormRemove {
				return "", nil // nobody is in it
			}
			return "", err
		}
		if done, err := t.arranged(ctx, name, out); done || err != nil {
			return "", err
		}
	}
	if out.Form == chat.FormLeave {
		return "", t.goOut(ctx, out)
	}
	defer t.keys.WithLock(out.Key)()
	if event, ok := t.echoes.get(out.Key); ok {
		return event.String(), nil
	}
	row, tried, err := t.ledger.sent(ctx, out.Key)
	if err != nil {
		return "", clean("look up a message", err)
	}
	if tried && row.event == "" {
		row.event, err = t.resolve(ctx, out, row)
		if err != nil {
			return "", err
		}
	}
	if !tried && out.Doubt != (chat.Doubt{}) && out.Form != chat.FormRemove && out.Form != chat.FormSweep { // to remove twice is to remove
		row.event, err = t.earlier(ctx, out)
		if err != nil {
			return "", err
		}
	}
	if row.event != "" {
		return row.event.String(), nil
	}
	event, err := t.put(ctx, out)
	if err == nil {
		t.courtesy.typingOff(id.RoomID(out.To.Room))
	}
	return event.String(), err
}

// put makes the request. Nothing is on the network under this key yet.
func (t *Transport) put(ctx context.Context, out chat.Outgoing) (id.EventID, error) {
	room := id.RoomID(out.To.Room)
	switch out.Form {
	case chat.FormRemove:
		return t.redact(ctx, room, out)
	case chat.FormSweep:
		return "", t.sweep(ctx, room, out)
	}
	kind, body, err := t.compose(ctx, room, out)
	if err != nil {
		return "", err
	}
	if err := t.ledger.begin(ctx, out.Key, t.served.now()); err != nil {
		return "", clean("note a message", err)
	}
	// One attempt: a retry by the library could overlap with the first request,
	// and the homeserver would take both.
	resp, err := t.cli.SendMessageEvent(mautrix.WithMaxRetries(ctx, 0), room, kind, body,
		mautrix.ReqSendEvent{TransactionID: out.Key, DontEncrypt: true})
	after := context.WithoutCancel(ctx)
	switch {
	case err == nil && resp.EventID != "":
		t.echoes.put(out.Key, resp.EventID)
		if err := t.ledger.finish(after, out.Key, resp.EventID); err != nil {
			t.log.Warn("a sent message could not be noted", "err", clean("note", err))
		}
		return resp.EventID, nil
	case err == nil:
		return "", errors.New("send: the homeserver's answer has no event id")
	case classify(err).unsent:
		if err := t.ledger.abandon(after, out.Key); err != nil {
			t.log.Warn("an unsent message could not be noted", "err", clean("note", err))
		}
	default:
		t.broke.Store(out.Key, time.Now())
	}
	return "", sendError("send", err)
}

// redact takes a message back. Doing it twice is the same as once.
func (t *Transport) redact(ctx context.Context, room id.RoomID, out chat.Outgoing) (id.EventID, error) {
	if out.Target == "" {
		return "", &chat.PermanentError{Err: errors.New("remove: no message is named")}
	}
	resp, err := t.cli.RedactEvent(mautrix.WithMaxRetries(ctx, 0), room, id.EventID(out.Target), mautrix.ReqRedact{TxnID: out.Key})
	if err != nil {
		return "", sendError("remove", err)
	}
	t.echoes.put(out.Key, resp.EventID)
	return resp.EventID, nil
}

// compose checks the room and returns what goes into the request: ciphertext,
// or plain content where that is allowed and known to be right.
func (t *Transport) compose(ctx context.Context, room id.RoomID, out chat.Outgoing) (event.Type, any, error) {
	view, err := t.admit(ctx, room, out)
	if err != nil {
		return event.Type{}, nil, err
	}
	if attached(out) && !view.encrypted {
		return event.Type{}, nil, &chat.PermanentError{Err: errors.New("send: a file needs an encrypted room")}
	}
	if out.Form == chat.FormReaction {
		return reaction(out)
	}
	content, err := t.content(ctx, out)
	if err != nil {
		return event.Type{}, nil, err
	}
	if !view.encrypted {
		return event.EventMessage, content, nil
	}
	var encrypted *event.EncryptedEventContent
	if out.Team {
		encrypted, err = t.encryptTeam(ctx, room, id.UserID(out.To.User), event.EventMessage, content)
	} else {
		encrypted, err = t.crypt.encryptFor(ctx, room, id.UserID(out.To.User), event.EventMessage, content)
	}
	if errors.Is(err, errUnproven) { // others must not wait for it, and whoever runs this must see it
		return event.Type{}, nil, &chat.PermanentError{Err: errUnproven}
	}
	if err != nil {
		return event.Type{}, nil, sendFailedEarly("encrypt", err)
	}
	return event.EventEncrypted, encrypted, nil
}

// sendFailedEarly is for failures before the request: nothing went out.
func sendFailedEarly(op string, err error) error {
	if f := classify(err); f.after > 0 {
		return &chat.RetryError{After: f.after, Err: clean(op, err)}
	}
	return clean(op, err)
}

// admit refuses everything that must not go into the room as it is now. What is
// refused is not sent again, so the homeserver is asked before: while the sync
// repeats something, what is known of a room is for a moment as it was then.
func (t *Transport) admit(ctx context.Context, room id.RoomID, out chat.Outgoing) (view roomView, err error) {
	view, err = t.admitKnown(ctx, room, out)
	var never *chat.PermanentError
	if !errors.As(err, &never) {
		return view, err
	}
	if err := t.again(ctx, room); err != nil {
		return view, sendError("look at the room", err)
	}
	return t.admitKnown(ctx, room, out)
}

// admitKnown is admit by what is known of the room.
func (t *Transport) admitKnown(ctx context.Context, room id.RoomID, out chat.Outgoing) (view roomView, err error) {
	if _, err := t.learn(ctx, room); err != nil {
		return view, sendError("look at the room", err)
	}
	if view, err = t.state.view(ctx, room, t.self); err != nil {
		return view, clean("look at the room", err)
	}
	refuse := func(why string) (roomView, error) {
		return view, &chat.PermanentError{Err: errors.New("send: " + why)}
	}
	team := out.Team && out.To.User == ""
	switch {
	case !view.known:
		return view, clean("send", errStateIncomplete)
	case out.Team && !view.encrypted:
		return refuse("the room of staff is not encrypted")
	case !view.joined:
		return refuse("the bot is not in the room")
	case !team && !view.has(id.UserID(out.To.User)):
		return refuse("the person is not in the room")
	case view.crowd() && !out.AllowCrowd && !team:
		return refuse("others are in the room")
	case view.encrypted && !view.usable:
		return refuse("the room is encrypted in a way the bot does not know")
	case view.encrypted:
		return view, nil
	case !out.AllowPlain && !t.cfg.AllowUnencrypted:
		return refuse("the room is not encrypted")
	}
	return view, t.surelyPlain(ctx, room, &view)
}

// surelyPlain asks the homeserver once more that a room is not encrypted: it
// may have become so since the last sync.
func (t *Transport) surelyPlain(ctx context.Context, room id.RoomID, view *roomView) error {
	evt, err := t.cli.FullStateEvent(mautrix.WithMaxRetries(ctx, 0), room, event.StateEncryption, "")
	switch {
	case answered(err, "M_NOT_FOUND"):
		return nil
	case err != nil:
		return sendFailedEarly("look at the room's encryption", err)
	}
	empty := ""
	evt.StateKey = &empty
	parse(evt, room, event.StateEventType)
	if err := t.state.apply(ctx, evt); err != nil {
		return clean("look at the room's encryption", err)
	}
	view.encrypted = true
	return clean("look at the room's encryption", errStateIncomplete) // the next try sees the new state
}

// content builds the event's content: plain text or what names an attachment,
// and the send key hidden in it.
func (t *Transport) content(ctx context.Context, out chat.Outgoing) (*event.Content, error) {
	if attached(out) {
		return t.attach(ctx, out)
	}
	message := &event.MessageEventContent{MsgType: event.MsgText, Body: string(out.Text), Mentions: &event.Mentions{}}
	if out.Form == chat.FormEdit {
		if out.Target == "" {
			return nil, &chat.PermanentError{Err: errors.New("edit: no message is named")}
		}
		message.SetEdit(id.EventID(out.Target))
	}
	threaded(message, out)
	content := &event.Content{Parsed: message, Raw: map[string]any{keyField: out.Key}}
	size, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("compose: %w", account.ErrPanic)
	}
	if len(size) > maxPlain {
		return nil, &chat.PermanentError{Err: clean("compose", errTooLarge)}
	}
	return content, nil
}
