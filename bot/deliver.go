package bot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"handrail/bot/chat"
	"handrail/bot/schedule"
	"handrail/bot/store"
)

// A message that was dropped while it may have been on its way is looked for
// this often before it counts as never sent.
const (
	removalTries = 3
	removalPause = 5 * time.Second
)

// lanePage is how many conversations one pass reads at a time.
const lanePage = 256

// DeliverDue sends everything that is due now: in order within a conversation,
// a few conversations at a time. It returns how many messages went out. A
// conversation that fails waits for its next try and holds up no other.
func (b *Bot) DeliverDue(ctx context.Context) (int, error) {
	total := 0
	var failed error
	for _, tr := range b.Transports {
		for progress := speaksFor(tr); progress && ctx.Err() == nil; {
			lanes, err := b.Store.DueLanes(ctx, tr.Network(), b.Now(), lanePage)
			if err != nil {
				return total, fmt.Errorf("due conversations: %w", err)
			}
			var sent atomic.Int64
			_, err = each(ctx, b.Workers, lanes, func(lane int64) error {
				n, err := b.deliverLane(ctx, tr, lane)
				sent.Add(int64(n))
				return err
			})
			failed = errors.Join(failed, err)
			total += int(sent.Load())
			progress = sent.Load() > 0
		}
	}
	return total, failed
}

// deliverLane sends one conversation until it is empty or a send fails. One that
// another pass is busy with is left to it, and looked at once more afterwards.
func (b *Bot) deliverLane(ctx context.Context, tr chat.Transport, lane int64) (int, error) {
	mine := new(atomic.Bool)
	if other, taken := b.busy.LoadOrStore(lane, mine); taken {
		other.(*atomic.Bool).Store(true)
		return 0, nil
	}
	defer func() {
		b.busy.Delete(lane)
		if mine.Load() {
			nudge(b.kick)
		}
	}()
	if err := b.ready(ctx, tr); err != nil {
		return 0, nil // still away; nothing was tried
	}
	for sent := 0; ; sent++ {
		p, ok, err := b.Store.Head(ctx, lane)
		if err != nil {
			return sent, fmt.Errorf("next message of a conversation: %w", err)
		}
		if !ok {
			return sent, nil
		}
		if err := ctx.Err(); err != nil {
			return sent, err
		}
		done, err := b.sendOne(ctx, tr, p)
		if err != nil || !done {
			return sent, err
		}
	}
}

// sendOne sends the head of a lane and settles its row; done is false when the
// lane must wait.
func (b *Bot) sendOne(ctx context.Context, tr chat.Transport, p store.Parcel) (done bool, err error) {
	if !p.NotAfter.IsZero() && b.Now().After(p.NotAfter) {
		return true, b.Store.Bury(ctx, p, "late", b.Now())
	}
	if p.Out.Form == chat.FormRemove && p.Out.Target == "" {
		// The message never arrived, as far as is known. The news that it did
		// may still be under way.
		if p.Attempts < removalTries {
			return false, b.Store.Retry(ctx, p, b.Now().Add(removalPause))
		}
		return true, b.Store.Sent(ctx, p, "", b.Now())
	}
	p.Out.Key = p.Key
	sctx, cancel := context.WithTimeout(ctx, sendTimeout)
	eventID, err := tr.Send(sctx, p.Out)
	cancel()
	now := b.Now()
	// The outcome is written even when the program is being stopped.
	ctx = context.WithoutCancel(ctx)
	var never *chat.PermanentError
	var pause *chat.RetryError
	switch {
	case err == nil:
		return true, b.Store.Sent(ctx, p, eventID, now)
	case errors.Is(err, errNotHeld):
		return false, nil // nothing was sent; whoever speaks for the account sends it
	case errors.As(err, &never) && p.Out.Form == chat.FormImage:
		// What it shows can still be said.
		p.Out.Form, p.Out.Text, p.Out.Data = chat.FormText, p.Out.Alt, nil
		return b.sendOne(ctx, tr, p)
	case errors.As(err, &never):
		b.log.Warn("message can never be sent", "err", err)
		return true, b.Store.Bury(ctx, p, "refused", now)
	case errors.As(err, &pause):
		return false, b.Store.Retry(ctx, p, now.Add(pause.After))
	default:
		wait := min(schedule.Backoff(p.Attempts, uint64(p.Lane)), maxPause)
		b.log.Info("send failed, will try again", "attempt", p.Attempts+1, "pause", wait.Round(time.Millisecond), "err", err)
		return false, b.Store.Retry(ctx, p, now.Add(wait))
	}
}

// ready waits until a transport has handed up what arrived while it was away,
// for as long as one send may take.
func (b *Bot) ready(ctx context.Context, tr chat.Transport) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return tr.Ready(ctx)
}
