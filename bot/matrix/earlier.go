package matrix

import (
	"context"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// earlier finds out whether a message was sent by a copy of the bot whose store
// was lost. This device cannot read what that copy's device encrypted, and no
// homeserver tells it the transaction ids. But a conversation is sent in order:
// the oldest message of our own behind the last one that is known, which this
// device did not send, is the next of those in doubt. It is noted under the key,
// so that the one after it is not taken for the same. It returns "" when there is
// none, and an error when that cannot be known now.
func (t *Transport) earlier(ctx context.Context, out chat.Outgoing) (id.EventID, error) {
	found, err := t.oldestOwn(ctx, id.RoomID(out.To.Room), out.Doubt)
	if err != nil {
		return "", sendError("look for a message from before the restoration", err)
	}
	if found == "" {
		return "", nil
	}
	if err := t.ledger.begin(ctx, out.Key, t.served.now()); err != nil {
		return "", clean("note a message", err)
	}
	if err := t.ledger.finish(ctx, out.Key, found); err != nil {
		return "", clean("note a message", err)
	}
	t.echoes.put(out.Key, found)
	t.log.Info("a message from before the restoration is there")
	return found, nil
}

// oldestOwn reads a room backwards as far as the doubt goes, and returns the
// oldest message of ours of which the ledger knows nothing.
func (t *Transport) oldestOwn(ctx context.Context, room id.RoomID, doubt chat.Doubt) (oldest id.EventID, err error) {
	err = t.backwards(ctx, room, nil, doubtPages, func(evt *event.Event) (bool, error) {
		if evt.ID.String() == doubt.After || evt.Timestamp < doubt.Since.UnixMilli() {
			return false, nil
		}
		if !t.ownWords(evt) {
			return true, nil
		}
		known, err := t.ledger.knows(ctx, evt.ID)
		if err == nil && !known {
			oldest = evt.ID
		}
		return true, err
	})
	if err != nil {
		return "", err
	}
	return oldest, nil
}

// ownWords tells whether an event is a message or an edit of ours, also one that
// was taken back since. The steps of a verification are none.
func (t *Transport) ownWords(evt *event.Event) bool {
	if evt.Sender != t.self || evt.StateKey != nil {
		return false
	}
	if text(object(evt.Content.Raw, "m.relates_to"), "rel_type") == string(event.RelReference) {
		return false
	}
	return evt.Type.Type == event.EventEncrypted.Type || evt.Type.Type == event.EventMessage.Type
}
