package bot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"handrail/bot/flow"
	"handrail/bot/store"
)

// firePage is how many due rows one pass reads at a time.
const firePage = 500

// FireDue runs everything that is due now, timers first, and returns how much
// it ran. Each is claimed, stepped and moved on in one transaction; one that
// fails does not hold up the others.
func (b *Bot) FireDue(ctx context.Context) (int, error) { return b.fireDue(ctx, "") }

// fireDue is FireDue for the people on one network, or for all ("").
func (b *Bot) fireDue(ctx context.Context, network string) (int, error) {
	now := b.Now()
	total, progress := 0, true
	stay := 0
	failed := b.heedClock(ctx, now)
	for progress && ctx.Err() == nil {
		before := stay
		n, err := b.fireTimers(ctx, network, now, &stay)
		failed = errors.Join(failed, err)
		m, err := b.fireSchedules(ctx, network, now)
		failed = errors.Join(failed, err)
		total += n + m
		progress = n+m > 0 || stay > before
	}
	b.tidy(ctx)
	if total > 0 {
		b.kickAll()
	}
	return total, failed
}

// fireTimers fires a page of timers, and before it those of a crowd. Timers of
// people who talk where the network is away stay: what waits there comes first. So
// many are read in addition, and stay says how many there are.
func (b *Bot) fireTimers(ctx context.Context, network string, now time.Time, stay *int) (int, error) {
	many, err := b.fireTogether(ctx, now, func(limit int) ([]store.Ahead, error) {
		return b.Store.TimersAhead(ctx, network, timerSession, now, limit)
	})
	if err != nil {
		return many, fmt.Errorf("fire timers for many: %w", err)
	}
	due, err := b.Store.DueTimers(ctx, network, now, firePage+*stay)
	if err != nil {
		return many, fmt.Errorf("due timers: %w", err)
	}
	var away atomic.Int64
	n, err := each(ctx, b.fireWorkers(), due, func(tm store.Timer) error {
		err := b.fireTimer(ctx, tm, now)
		if errors.Is(err, errAway) {
			away.Add(1)
			return nil
		}
		return err
	})
	*stay = int(away.Load())
	return many + n - *stay, err
}

// fireSchedules is fireTimers for what was planned.
func (b *Bot) fireSchedules(ctx context.Context, network string, now time.Time) (int, error) {
	many, err := b.fireTogether(ctx, now, func(limit int) ([]store.Ahead, error) {
		return b.Store.DueAhead(ctx, network, now, limit)
	})
	if err != nil {
		return many, fmt.Errorf("fire schedules for many: %w", err)
	}
	due, err := b.Store.DueSchedules(ctx, network, now, firePage)
	if err != nil {
		return many, fmt.Errorf("due schedules: %w", err)
	}
	n, err := each(ctx, b.fireWorkers(), due, func(s store.Schedule) error { return b.fireSchedule(ctx, s, now) })
	return many + n, err
}

// fireWorkers is how many due rows are in flight: many, because they share
// commits, unless the order must be that of due times.
func (b *Bot) fireWorkers() int {
	if b.Workers == 1 {
		return 1
	}
	return 8 * b.Workers
}

// each runs fn over rows, a few at a time, and counts those that went well. It
// returns the first error after all have ended.
func each[T any](ctx context.Context, workers int, rows []T, fn func(T) error) (int, error) {
	var done atomic.Int64
	var g errgroup.Group
	g.SetLimit(workers)
	for _, r := range rows {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			if err := fn(r); err != nil {
				return err
			}
			done.Add(1)
			return nil
		})
	}
	err := g.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return int(done.Load()), err
}

// fireTimer lets a waiting session go on. A timer whose number is not the
// session's is stale: the person moved on, and it is only removed.
func (b *Bot) fireTimer(ctx context.Context, tm store.Timer, now time.Time) error {
	unlock, err := b.lockPerson(ctx, tm.Person)
	if errors.Is(err, store.ErrNotFound) { // forgotten a moment ago
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	switch tm.Kind {
	case timerLeave, timerQuit:
		return b.fireLeave(ctx, tm, now)
	case timerCase:
		return b.fireCase(ctx, tm, now)
	case timerShift:
		return b.fireShift(ctx, tm, now)
	}
	err = b.Store.Update(ctx, func(tx *store.Tx) error { return b.timeOut(tx, tm, now) })
	if again(err) {
		b.log.Error("timer failed, answering with the fixed reply", "err", err)
		err = b.Store.Update(ctx, func(tx *store.Tx) error {
			t, ok, err := b.claimTimer(tx, tm, now)
			if err != nil || !ok {
				return err
			}
			return t.rescue("")
		})
	}
	if err != nil {
		return fmt.Errorf("fire a timer: %w", err)
	}
	return nil
}

// timeOut is the turn of somebody whose session waited for a moment.
func (b *Bot) timeOut(tx *store.Tx, tm store.Timer, now time.Time) error {
	t, ok, err := b.claimTimer(tx, tm, now)
	if err != nil || !ok {
		return err
	}
	over := now.Sub(tm.Due) > b.FreshFor // the moment it was meant for
	if top(t.p.Session) == flowConsent {
		seen, err := t.askedConsent()
		if err != nil {
			return err
		}
		over = !seen
	}
	if over {
		t.p.Session = flow.Session{Seq: t.p.Session.Seq + 1, Last: t.p.Session.Last}
		if err := tx.Note("late_timer", tm.Person, now); err != nil {
			return err
		}
		return t.save()
	}
	if t.outOfPlace() {
		return t.leaveUnsaid()
	}
	return t.step(flow.Input{Kind: flow.InTimer})
}

// claimTimer removes the timer and loads whom it belongs to; ok is false when
// it is no longer what it was, or stale.
func (b *Bot) claimTimer(tx *store.Tx, tm store.Timer, now time.Time) (*turn, bool, error) {
	cur, err := tx.LoadTimer(tm.Person, tm.Kind)
	if errors.Is(err, store.ErrNotFound) || err == nil && (cur.Seq != tm.Seq || cur.Due.After(now)) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	p, err := tx.LoadPerson(tm.Person)
	if err == nil && b.away(p.Addr.Network) {
		return nil, false, errAway
	}
	if err := tx.ClearTimer(tm.Person, tm.Kind); err != nil {
		return nil, false, err
	}
	if err = b.mended(tx, p, err); err != nil {
		return nil, false, err
	}
	if p.Session.Seq != tm.Seq {
		return nil, false, nil
	}
	return &turn{Content: b.content.Load(), bot: b, tx: tx, p: p, now: now, due: cur.Due, cause: fmt.Sprintf("timer.%d.%d.%d", tm.Person, tm.Seq, cur.Due.UnixMilli())}, true, nil
}

// lockPerson takes the lock that Handle takes for the same person.
func (b *Bot) lockPerson(ctx context.Context, id store.PersonID) (func(), error) {
	var p *store.Person
	err := b.Store.View(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.LoadPerson(id)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrBroken) || p == nil {
		return nil, fmt.Errorf("find whom this is for: %w", err)
	}
	return b.lock(p.Addr), nil
}
