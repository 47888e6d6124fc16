package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"handrail/bot/chat"
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
	kick, rest := b.spread(ctx, g, b.kick), b.spread(ctx, g, b.rest)
	for i, tr := range b.Transports { // each by itself: one that is slow or away holds up no other
		answers := func(ctx context.Context) (int, error) { return b.deliverAnswers(ctx, tr) }
		others := func(ctx context.Context) (int, error) { return b.deliverRest(ctx, tr) }
		for range deliverers {
			g.Go(func() error { b.loop(ctx, kick[i], answers, "answer"); return nil })
		}
		g.Go(func() error { b.loop(ctx, rest[i], others, "deliver"); return nil })
	}
	g.Go(func() error { b.prune(ctx); return nil })
	g.Go(func() error { b.retireAll(ctx); return nil })
	return g.Wait()
}

// deliverers is how many passes over what people wait for run side by side, so
// that one slow send does not make a new reply wait for the end of its pass.
const deliverers = 4

// spread wakes whoever sends over any network when from says that there is
// something to send.
func (b *Bot) spread(ctx context.Context, g *errgroup.Group, from chan struct{}) []chan struct{} {
	if len(b.Transports) == 1 {
		return []chan struct{}{from}
	}
	each := make([]chan struct{}, len(b.Transports))
	for i := range each {
		each[i] = make(chan struct{}, 1)
	}
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-from:
			}
			for _, c := range each {
				nudge(c)
			}
		}
	})
	return each
}

// fireReady fires for the people of every network that has handed up its backlog:
// an answer that is waiting there comes before the silence that a timer would see.
// A network that is away holds up nobody on another.
func (b *Bot) fireReady(ctx context.Context) (int, error) {
	if len(b.Transports) == 1 {
		if err := b.Transports[0].Ready(ctx); err != nil {
			return 0, err
		}
		return b.FireDue(ctx)
	}
	ready, gone := []string{}, map[string]bool{}
	for _, tr := range b.Transports {
		if readyNow(ctx, tr) {
			ready = append(ready, tr.Network())
		} else {
			gone[tr.Network()] = true
		}
	}
	b.gone.Store(&gone)
	if len(gone) == 0 {
		return b.FireDue(ctx)
	}
	total := 0
	var failed error
	for _, network := range ready {
		n, err := b.fireDue(ctx, network)
		total, failed = total+n, errors.Join(failed, err)
	}
	return total, failed
}

// errAway says that the person talks on a network that is away.
var errAway = errors.New("the network is away")

// away tells whether a network had not handed up its backlog at the last look.
// Somebody with two places is on two of them: what is due waits for the one that it
// is for.
func (b *Bot) away(network string) bool {
	gone := b.gone.Load()
	return gone != nil && (*gone)[network]
}

// readyNow asks a transport whether it has caught up, without waiting for it.
func readyNow(ctx context.Context, tr chat.Transport) bool {
	ctx, cancel := context.WithTimeout(ctx, readyAtOnce)
	defer cancel()
	return tr.Ready(ctx) == nil
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
