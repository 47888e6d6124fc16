package bot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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

const (
	// lanePage is how many conversations one pass reads at a time.
	lanePage = 256
	// restPage is the same for what comes by itself: few, so that whoever began
	// to talk meanwhile is noticed soon.
	restPage = 32
	// calm is how long nobody must have written for the homeserver to be given
	// more than one message at a time that nobody waits for.
	calm = 2 * time.Second
	// longestWait caps the pause that a network may ask for. A try that lies
	// further ahead was set by a clock that was wrong.
	longestWait = 10 * time.Minute
)

// DeliverDue sends everything that is due now: in order within a conversation,
// a few conversations at a time. It returns how many messages went out. A
// conversation that fails waits for its next try and holds up no other.
func (b *Bot) DeliverDue(ctx context.Context) (int, error) {
	total := 0
	var failed error
	for _, tr := range b.Transports {
		n, err := b.deliver(ctx, tr, b.Store.DueLanes, lanePage, func() int { return b.Workers })
		total, failed = total+n, errors.Join(failed, err)
	}
	return total, failed
}

// deliverAnswers sends over one network what people are waiting for.
func (b *Bot) deliverAnswers(ctx context.Context, tr chat.Transport) (int, error) {
	return b.deliver(ctx, tr, b.Store.DueAnswers, lanePage, func() int { return b.Workers })
}

// deliverRest sends everything else over one network. While people are talking it
// takes one conversation at a time, so that their answers find the homeserver free,
// and it stands still while the network asks for a pause.
func (b *Bot) deliverRest(ctx context.Context, tr chat.Transport) (int, error) {
	return b.deliver(ctx, tr, b.Store.DueLanes, restPage, func() int {
		switch {
		case time.Now().Before(*b.pause[tr.Network()].Load()):
			return 0
		case time.Since(*b.talked.Load()) < calm:
			return 1
		}
		return b.Workers
	})
}

type dueLanes func(ctx context.Context, network string, now time.Time, limit int) ([]int64, error)

// deliver sends what due finds. workers is how many conversations may be under
// way at this moment.
func (b *Bot) deliver(ctx context.Context, tr chat.Transport, due dueLanes, page int, workers func() int) (total int, failed error) {
	for progress := speaksFor(tr); progress && ctx.Err() == nil; {
		lanes, err := due(ctx, tr.Network(), b.Now(), page)
		if err != nil {
			return total, errors.Join(failed, fmt.Errorf("due conversations: %w", err))
		}
		sent, err := b.deliverLanes(ctx, tr, lanes, workers)
		failed = errors.Join(failed, err)
		total += sent
		progress = sent > 0
	}
	return total, failed
}

// deliverLanes sends some conversations. It returns the first error after all
// that were begun have ended.
func (b *Bot) deliverLanes(ctx context.Context, tr chat.Transport, lanes []int64, workers func() int) (int, error) {
	var next, sent atomic.Int64
	var g errgroup.Group
	for i := range b.Workers {
		g.Go(func() error {
			var failed error
			for ctx.Err() == nil && i < workers() {
				at := int(next.Add(1)) - 1
				if at >= len(lanes) {
					break
				}
				n, err := b.deliverLane(ctx, tr, lanes[at])
				sent.Add(int64(n))
				if failed == nil {
					failed = err
				}
			}
			return failed
		})
	}
	err := g.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return int(sent.Load()), err
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
			b.kickAll()
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
		done, err := b.sendNext(ctx, tr, p)
		if err != nil || !done {
			return sent, err
		}
	}
}

// removeAtOnce is how many messages of one conversation are taken back at the same
// time: whoever leaves fast must not wait for one after the other to go all the way
// to the homeserver and back.
const removeAtOnce = 4

// sendNext sends the head of a lane, and where that takes something back, a few
// more that do.
func (b *Bot) sendNext(ctx context.Context, tr chat.Transport, p store.Parcel) (done bool, err error) {
	if p.Out.Form != chat.FormRemove || p.Out.Target == "" || b.Workers == 1 {
		return b.sendOne(ctx, tr, p)
	}
	more, err := b.Store.Removals(ctx, p, removeAtOnce-1)
	if err != nil {
		return false, err
	}
	var waits atomic.Bool
	var g errgroup.Group
	for _, p := range append(more, p) {
		g.Go(func() error {
			done, err := b.sendOne(ctx, tr, p)
			if !done {
				waits.Store(true)
			}
			return err
		})
	}
	err = g.Wait()
	return !waits.Load(), err
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
	var held *chat.HeldError
	var doubt *chat.DoubtError
	switch {
	case err == nil:
		return true, b.Store.Sent(ctx, p, eventID, now)
	case errors.As(err, &held):
		return false, b.Store.Retry(ctx, p, now.Add(heldPause))
	case errors.As(err, &doubt):
		return true, b.inDoubt(ctx, p, doubt.Policy)
	case errors.Is(err, errNotHeld):
		return false, nil // nothing was sent; whoever speaks for the account sends it
	case errors.As(err, &never) && (p.Out.Form == chat.FormImage || p.Out.Form == chat.FormFile && p.Out.Alt != ""):
		// What it shows can still be said, or that it did not come.
		p.Out.Form, p.Out.Text, p.Out.Data = chat.FormText, p.Out.Alt, nil
		return b.sendOne(ctx, tr, p)
	case errors.As(err, &never):
		b.log.Warn("message can never be sent", "err", err)
		return true, b.Store.Bury(ctx, p, "refused", now)
	case errors.As(err, &pause):
		pause.After = min(pause.After, longestWait)
		until := time.Now().Add(pause.After)
		b.pause[tr.Network()].Store(&until)
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
