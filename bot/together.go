package bot

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"handrail/bot/store"
)

// A great many people may be due in the same minute. Each of them still has a
// turn of their own, but the turns are drafted side by side and written together,
// a few dozen people in one commit. Whoever cannot be done so (their rows are
// damaged, staff know of them, somebody writes to them at this moment, a script
// fails, something changed meanwhile) is left to fireTimer and fireSchedule, one by
// one, and nobody else has to wait for that.

const (
	// togetherPage is how many are read at a time; it bounds the memory.
	togetherPage = 1024
	// togetherMost is how many people share one commit, and togetherFew the same
	// while somebody talks, whose answer has to wait for that commit.
	togetherMost = 128
	togetherFew  = 32
)

// fireTogether runs what is found to be due for as many as it can and returns how
// many that were. Those who are left are still due.
func (b *Bot) fireTogether(ctx context.Context, now time.Time, find func() ([]store.Ahead, error)) (int, error) {
	if b.Workers == 1 { // in the order of due times
		return 0, nil
	}
	total := 0
	for ctx.Err() == nil {
		due, err := find()
		if err != nil || len(due) == 0 {
			return total, err
		}
		n := b.firePage(ctx, due, now)
		total += n
		if n < len(due)/2 || len(due) < togetherPage {
			break // one by one is as quick
		}
	}
	return total, ctx.Err()
}

// firePage runs a page and counts whom it did.
func (b *Bot) firePage(ctx context.Context, due []store.Ahead, now time.Time) int {
	var at, done atomic.Int64
	var g errgroup.Group
	for range runtime.GOMAXPROCS(0) + 1 { // one of them waits for the commit
		g.Go(func() error {
			for ctx.Err() == nil {
				size := int64(togetherMost)
				if time.Since(*b.talked.Load()) < calm {
					size = togetherFew
				}
				from := at.Add(size) - size
				if from >= int64(len(due)) {
					break
				}
				done.Add(int64(b.fireSome(ctx, due[from:min(from+size, int64(len(due)))], now)))
			}
			return nil
		})
	}
	_ = g.Wait() // nobody fails
	return int(done.Load())
}

// fireSome drafts the turns of a few and commits them, or does nothing.
func (b *Bot) fireSome(ctx context.Context, due []store.Ahead, now time.Time) int {
	drafts := make([]*store.Draft, 0, len(due))
	for _, a := range due {
		d, unlock, ok := b.draft(a, now)
		if ok {
			defer unlock()
			drafts = append(drafts, d)
		}
	}
	if len(drafts) == 0 {
		return 0
	}
	if err := b.Store.Commit(ctx, drafts); err != nil {
		if !errors.Is(err, store.ErrAside) && ctx.Err() == nil {
			b.log.Warn("a commit for many failed, going on one by one", "err", err)
		}
		return 0
	}
	return len(drafts)
}

// draft is the turn of one person. While it is not committed, their lock is
// held; if somebody else has it, the person is left alone.
func (b *Bot) draft(a store.Ahead, now time.Time) (*store.Draft, func(), bool) {
	d, err := b.Store.Draft(a)
	if err != nil {
		return nil, nil, false
	}
	m := b.mutex(d.Addr)
	if !m.TryLock() {
		return nil, nil, false
	}
	err = d.Run(func(tx *store.Tx) error {
		if a.ID == 0 {
			return b.timeOut(tx, a.Timer, now)
		}
		t, r, err := b.claimSchedule(tx, store.Schedule{ID: a.ID, Person: a.Person}, now, "")
		if err != nil || t == nil {
			return err
		}
		return t.start(r)
	})
	if err != nil {
		m.Unlock()
		return nil, nil, false
	}
	return d, m.Unlock, true
}
