package matrix

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

const (
	sweepPages  = 50 // how far back a sweep reads
	sweepAtOnce = 4  // how many events it takes back at the same time
)

// sweep takes back what a person wrote in a room within a span of the homeserver's
// time. Where the room does not let the bot it is left as it is. What is gone
// already is passed over, so that doing it again is going on with it.
func (t *Transport) sweep(ctx context.Context, room id.RoomID, out chat.Outgoing) error {
	user := id.UserID(out.To.User)
	var all []id.EventID // the newest first
	err := t.backwards(ctx, room, &mautrix.FilterPart{Senders: []id.UserID{user}}, sweepPages, func(evt *event.Event) (bool, error) {
		at := time.UnixMilli(evt.Timestamp)
		if at.Before(out.Since) {
			return false, nil
		}
		if evt.Sender != user || at.After(out.Until) || evt.StateKey != nil || evt.Type.Type == event.EventRedaction.Type || len(evt.Content.Raw) == 0 {
			return true, nil
		}
		all = append(all, evt.ID)
		return true, nil
	})
	if err == nil {
		err = t.redactAll(ctx, room, all)
	}
	if err != nil && !answered(err, "M_FORBIDDEN") {
		return sendError("take back what a person wrote", err)
	}
	return nil
}

// redactAll takes back events, the first by itself: where that is not allowed
// nothing else is tried.
func (t *Transport) redactAll(ctx context.Context, room id.RoomID, all []id.EventID) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(sweepAtOnce)
	for i, name := range all {
		redact := func() error {
			_, err := t.cli.RedactEvent(mautrix.WithMaxRetries(gctx, 0), room, name)
			return err
		}
		if i > 0 {
			group.Go(redact)
		} else if err := redact(); err != nil {
			return err
		}
	}
	return group.Wait()
}
