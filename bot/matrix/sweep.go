package matrix

import (
	"context"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

const (
	sweepPage = 100 // events of one answer
	sweepMost = 50  // answers
)

// sweep takes back what a person wrote in a room within a span of the homeserver's
// time. Where the room does not let the bot it is left as it is. What is gone
// already is passed over, so that doing it again is going on with it.
func (t *Transport) sweep(ctx context.Context, room id.RoomID, out chat.Outgoing) error {
	user := id.UserID(out.To.User)
	filter := &mautrix.FilterPart{Senders: []id.UserID{user}}
	from := ""
	for range sweepMost {
		page, err := t.cli.Messages(mautrix.WithMaxRetries(ctx, 0), room, from, "", mautrix.DirectionBackward, filter, sweepPage)
		if err != nil {
			return sendError("look for what is to be taken back", err)
		}
		for _, evt := range page.Chunk {
			if evt == nil {
				continue
			}
			at := time.UnixMilli(evt.Timestamp)
			if at.Before(out.Since) {
				return nil
			}
			if evt.Sender != user || at.After(out.Until) || evt.StateKey != nil || evt.Type.Type == event.EventRedaction.Type || len(evt.Content.Raw) == 0 {
				continue
			}
			_, err := t.cli.RedactEvent(mautrix.WithMaxRetries(ctx, 0), room, evt.ID)
			if answered(err, "M_FORBIDDEN") {
				return nil
			}
			if err != nil {
				return sendError("take back", err)
			}
		}
		if page.End == "" || page.End == from {
			return nil
		}
		from = page.End
	}
	return nil
}
