package bot

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// poll is how often the wall clock is looked at. A single long timer would
// sleep through a clock that is set forward.
const poll = time.Second

// lookEvery is how often the bot looks whether the clock was set back.
const lookEvery = 10 * time.Second

// pruneEvery is how often rows that only serve to recognise repetitions are
// tidied up.
const pruneEvery = time.Hour

// Run receives, fires and delivers until ctx ends, which is a clean stop (nil),
// or until something goes wrong for good. Work that is under way is finished;
// what is not sent stays in the outbox.
func (b *Bot) Run(ctx context.Context) error {
	defer b.keep()()
	g, ctx := errgroup.WithContext(ctx)
	for _, tr := range b.Transports {
		g.Go(func() error {
			if err := tr.Run(ctx, b); err != nil {
				return fmt.Errorf("network %s: %w", tr.Network(), err)
			}
			return nil
		})
	}
	g.Go(func() error { b.loop(ctx, b.wake, b.fireReady, "fire"); return nil })
	for range deliverers {
		g.Go(func() error { b.loop(ctx, b.kick, b.deliverAnswers, "answer"); return nil })
	}
	g.Go(func() error { b.loop(ctx, b.rest, b.deliverRest, "deliver"); return nil })
	g.Go(func() error { b.prune(ctx); return nil })
	g.Go(func() error { b.retireAll(ctx); return nil })
	return g.Wait()
}

// deliverers is how many passes over what people wait for run side by side, so
// that one slow send does not make a new reply wait for the end of its pass.
const deliverers = 4

// fireReady fires once every network has handed up its backlog: an answer that
// is waiting there comes before the silence that a timer would see.
func (b *Bot) fireReady(ctx context.Context) (int, error) {
	for _, tr := range b.Transports {
		if err := tr.Ready(ctx); err != nil {
			return 0, err
		}
	}
	return b.FireDue(ctx)
}

// loop runs a pass now, whenever it is woken, and every second. An error is
// logged and waited out: the rows are still there.
func (b *Bot) loop(ctx context.Context, wake <-chan struct{}, pass func(context.Context) (int, error), name string) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for failures := 0; ; {
		if _, err := pass(ctx); err != nil && ctx.Err() == nil {
			failures++
			if failures == 1 || failures%60 == 0 {
				b.log.Error("pass failed, will try again", "pass", name, "failures", failures, "err", err)
			}
		} else {
			failures = 0
		}
		if failures > 0 { // a failing store must not be hammered by every wake-up
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-wake:
		}
	}
}

func (b *Bot) prune(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for looks := 0; ; looks++ {
		if looks%int(pruneEvery/lookEvery) == 0 {
			if _, err := b.Store.Prune(ctx, b.Now()); err != nil && ctx.Err() == nil {
				b.log.Error("pruning failed", "err", err)
			}
		}
		if n, err := b.Store.Nearer(ctx, b.Now(), longestWait); err != nil && ctx.Err() == nil {
			b.log.Error("looking after the clock failed", "err", err)
		} else if n > 0 {
			b.log.Warn("the clock was set back, what waited for the time before goes out now", "conversations", n)
			b.kickAll()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
