package matrix

import (
	"context"
	"errors"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

const (
	doubtPages = 20
	// doubtClock is how far a time by the homeserver's clock may be off: it was
	// this machine's where the homeserver did not tell its own.
	doubtClock = 2 * time.Hour
	// A homeserver that takes longer than slowFor to show what is in a room may
	// have a request in its queue for longer than settleTime, too, also one whose
	// sender has gone: for each second it gets slowTimes as many to show it.
	slowFor    = 500 * time.Millisecond
	slowTimes  = 20
	settleMost = 2 * time.Minute
)

// resolve finds out whether a message whose outcome nobody knows is on the
// network: an earlier request broke, or the process ended before it could note
// the answer. The transaction id alone does not help: some homeservers forget
// it when they restart, and take two requests that overlap for two messages.
//
// So: let the sync catch up, which brings the echo in most cases. If it does
// not, wait until the earlier request cannot be under way any more and the
// homeserver, if it restarted, has woken up (Dendrite shows new events to
// nobody for ten seconds, and on a starved machine works off what it had taken
// before even later); then read the room backwards and look for the hidden
// key. It returns "" when the message is not there, and an error when that
// cannot be known now.
func (t *Transport) resolve(ctx context.Context, out chat.Outgoing, row sentRow) (id.EventID, error) {
	began := time.Now()
	signal(t.poke)
	if err := t.passes.next(ctx); err != nil {
		return "", clean("wait for the sync", err)
	}
	if event, ok := t.echoes.get(out.Key); ok {
		return event, nil
	}
	took := time.Since(began)
	calm := t.calmFor(out.Key)
	if wait := time.Until(calm); wait > 0 {
		return "", &chat.RetryError{After: max(wait, backoffFirst), Err: errDoubt}
	}
	began = time.Now()
	found, err := t.search(ctx, id.RoomID(out.To.Room), out.Key, row.first.Add(-doubtClock))
	if err != nil {
		return "", sendError("look for a message in doubt", err)
	}
	took += time.Since(began)
	if wait := time.Until(calm.Add(t.slowness(took))); found == "" && wait > 0 {
		return "", &chat.RetryError{After: max(wait, backoffFirst), Err: errDoubt}
	}
	t.broke.Delete(out.Key)
	if found == "" {
		t.log.Info("a message in doubt is not there, sending it again")
		return "", nil
	}
	t.echoes.put(out.Key, found)
	if err := t.ledger.finish(ctx, out.Key, found); err != nil {
		return "", clean("note a message", err)
	}
	t.log.Info("a message in doubt is there")
	return found, nil
}

// slowness is how much longer a message may stay invisible, by how long the
// homeserver took to answer just now.
func (t *Transport) slowness(took time.Duration) time.Duration {
	if took < slowFor {
		return 0
	}
	return min(slowTimes*took, settleMost-t.settle)
}

// calmFor is when a request under this key cannot be under way any more.
func (t *Transport) calmFor(key string) time.Time {
	// A request of an earlier process ended with it, before the first contact of
	// this one. Both times are of this process and its monotonic clock.
	calm := *t.calm.Load()
	if at, ok := t.broke.Load(key); ok && at.(time.Time).Add(t.settle).After(calm) {
		calm = at.(time.Time).Add(t.settle)
	}
	return calm
}

var errDoubt = errors.New("send: whether an earlier request for this message arrived is not known yet")

// search reads a room backwards to the given time.
func (t *Transport) search(ctx context.Context, room id.RoomID, key string, oldest time.Time) (found id.EventID, err error) {
	err = t.backwards(ctx, room, nil, doubtPages, func(evt *event.Event) (bool, error) {
		if evt.Timestamp < oldest.UnixMilli() {
			return false, nil
		}
		if evt.Sender != t.self || evt.StateKey != nil {
			return true, nil
		}
		parse(evt, room, event.MessageEventType)
		if evt.Unsigned.TransactionID == key || t.hiddenKey(ctx, evt) == key {
			found = evt.ID
		}
		return found == "", nil
	})
	return found, err
}

// backwards reads a room from its end, at most so many pages, until on says that it
// has seen enough. A filter leaves out what the caller does not want; a page may be
// empty then without being the last.
func (t *Transport) backwards(ctx context.Context, room id.RoomID, filter *mautrix.FilterPart, pages int, on func(*event.Event) (more bool, err error)) error {
	from := ""
	for range pages {
		page, err := t.cli.Messages(mautrix.WithMaxRetries(ctx, 0), room, from, "", mautrix.DirectionBackward, filter, gapPage)
		if err != nil {
			return err
		}
		for _, evt := range page.Chunk {
			if evt == nil {
				continue
			}
			if more, err := on(evt); err != nil || !more {
				return err
			}
		}
		if filter == nil && len(page.Chunk) == 0 || page.End == "" || page.End == from {
			return nil
		}
		from = page.End
	}
	return nil
}
