package matrix

import (
	"context"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// twin takes back a message of our own that stands in the room under another
// event id already, and tells whether this event is one. A homeserver that is
// stopped with a request in its queue works it off when it runs again, on a busy
// machine after any time: later than a message can wait in doubt while somebody
// waits for an answer. The one that shows up last goes, because the store and the
// person's replies know the other.
func (j *roomJob) twin(ctx context.Context, key string, evt *event.Event) (bool, error) {
	if evt.Type.Type == event.EventRedaction.Type || evt.Unsigned.RedactedBecause != nil {
		return false, nil // to remove twice is to remove once
	}
	first, known := j.echoes.get(key)
	if !known {
		err := j.insist(ctx, "look up a message", func() error {
			row, _, err := j.ledger.sent(ctx, key)
			first = row.event
			return err
		})
		if err != nil {
			return false, err
		}
	}
	if first == "" || first == evt.ID {
		return false, nil
	}
	err := j.persist(ctx, "take back a message that came twice", func() error {
		_, err := j.cli.RedactEvent(mautrix.WithMaxRetries(ctx, 0), j.room, evt.ID, mautrix.ReqRedact{TxnID: key + ".twin"})
		return err
	})
	switch {
	case ctx.Err() != nil:
		return true, ctx.Err()
	case err != nil:
		j.log.Warn("a message stands twice and cannot be taken back", "err", clean("take back", err))
	default:
		j.log.Warn("the homeserver showed a message late that was sent again meanwhile; the later one is taken back")
	}
	return true, nil
}
