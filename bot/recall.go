package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"handrail/bot/store"
)

// A schedule's next time is written down when the one before comes due. Two
// things make what is written wrong for everybody at once: a clock that was far
// ahead for a while, and other broadcasts in the configuration. Then every next
// time is reckoned anew, once.

const (
	// leapBack is how far the clock must be set back to be one that was wrong
	// before. Less than that moves nothing: what came is known by its date.
	leapBack = time.Hour
	// noteClock is how often the time is written down.
	noteClock = time.Hour
)

// heedClock looks for a clock that was set back and for other broadcasts, in
// this run or since the last one.
func (b *Bot) heedClock(ctx context.Context, now time.Time) error {
	b.clock.Lock()
	defer b.clock.Unlock()
	last, first := b.clock.last, b.clock.last.IsZero()
	other := false
	if first {
		var err error
		if last, err = b.Store.Clock(ctx); err != nil {
			return err
		}
		known, err := b.Store.Broadcasts(ctx)
		if err != nil {
			return err
		}
		other = known != b.broadcastsHash()
	}
	back := !last.IsZero() && now.Round(0).Before(last.Add(-leapBack))
	if back || other {
		if back {
			b.log.Warn("the clock was set back: every next time is reckoned anew", "by", last.Sub(now.Round(0)).Round(time.Minute))
		}
		if err := b.recall(ctx, now); err != nil {
			return err
		}
		if err := b.Store.NoteBroadcasts(ctx, b.broadcastsHash()); err != nil {
			return err
		}
	}
	if back || first || now.Sub(b.clock.noted) >= noteClock {
		if err := b.Store.NoteClock(ctx, now); err != nil {
			return err
		}
		b.clock.noted = now.Round(0)
	}
	b.clock.last = now.Round(0)
	return nil
}

// broadcastsHash tells one set of broadcasts from another; "" for none.
func (b *Bot) broadcastsHash() string {
	if len(b.Broadcasts) == 0 {
		return ""
	}
	h := sha256.New()
	for _, x := range b.Broadcasts {
		fmt.Fprintf(h, "%s|%s|%s|%s|%s\n", x.Name, x.Kind, x.Flow, x.Plan, x.FreshFor)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// recall reckons every next time anew. What is due, put off or at rest stays.
func (b *Bot) recall(ctx context.Context, now time.Time) error {
	for after := int64(0); ; {
		page, last, err := b.Store.SchedulesAfter(ctx, after, firePage)
		if err != nil {
			return err
		}
		if _, err := each(ctx, b.fireWorkers(), page, func(s store.Schedule) error { return b.recallOne(ctx, s, now) }); err != nil {
			return fmt.Errorf("reckon anew: %w", err)
		}
		if after = last; after == 0 {
			return nil
		}
	}
}

func (b *Bot) recallOne(ctx context.Context, s store.Schedule, now time.Time) error {
	unlock, err := b.lockPerson(ctx, s.Person)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	return b.Store.Update(ctx, func(tx *store.Tx) error {
		p, err := tx.LoadPerson(s.Person)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err = b.mended(tx, p, err); err != nil {
			return err
		}
		s, err := tx.LoadSchedule(s.ID)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) {
			return nil
		}
		if err != nil {
			return err
		}
		if !s.Organization && (s.NextDue.IsZero() || !s.NextDue.After(now) || !s.Asked.IsZero() && !s.Asked.After(now)) {
			return nil
		}
		t := &turn{Content: b.content.Load(), bot: b, tx: tx, p: p, now: now}
		plan, err := t.planOf(s)
		if err != nil { // it is ended when it is due
			return nil
		}
		next, ok := plan.find(t.want(s))
		if !ok && !s.Organization || next.At.Equal(s.NextDue) && next.Key == s.NextKey {
			return nil
		}
		s.NextDue, s.NextKey, s.Asked = next.At, next.Key, time.Time{}
		return tx.PutSchedule(s)
	})
}
