package matrix

import (
	"context"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// sweepPages bounds how far back a sweep reads.
const sweepPages = 50

// sweep takes back what a person wrote in a room within a span of the homeserver's
// time. Where the room does not let the bot it is left as it is. What is gone
// already is passed over, so that doing it again is going on with it.
func (t *Transport) sweep(ctx context.Context, room id.RoomID, out chat.Outgoing) error {
	user := id.UserID(out.To.User)
	err := t.backwards(ctx, room, &mautrix.FilterPart{Senders: []id.UserID{user}}, sweepPages, func(evt *event.Event) (bool, error) {
		at := time.UnixMilli(evt.Timestamp)
		if at.Before(out.Since) {
			return false, nil
		}
		if evt.Sender != user || at.After(out.Until) || evt.StateKey != nil || evt.Type.Type == event.EventRedaction.Type || len(evt.Content.Raw) == 0 {
			return true, nil
		}
		_, err := t.cli.RedactEvent(mautrix.WithMaxRetries(ctx, 0), room, evt.ID)
		if answered(err, "M_FORBIDDEN") {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return sendError("take back what a person wrote", err)
	}
	return nil
}
