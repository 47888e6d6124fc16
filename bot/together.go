package bot

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
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
	togetherPage = 4096
	// togetherMost is how many people share one commit, and togetherFew the same
	// while somebody talks, whose answer has to wait for that commit.
	togetherMost = 256
	togetherFew  = 32
)

// drafters is how many draft at the same time. One processor is left for what
// waits for it: while all of them are busy, what comes from the network is looked
// at every 10 ms only, be it from somebody who talks or from the database.
func drafters() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// crowd is one pass over a great many who are due. While some of them are drafted
// and committed the next ones are read, so that neither waits for the other.
type crowd struct {
	find  func(limit int) ([]store.Ahead, error)
	fire  func(ctx context.Context, due []store.Ahead) int // tells how many it did
	size  func() int                                       // how many it is given
	some  chan []store.Ahead                               // to be drafted and committed together
	tried map[crowdKey]bool
	given map[store.PersonID]bool // those of whom one was handed out
	later int                     // second ones of the same people, for the next pass
	done  atomic.Int64
	aside atomic.Int64 // tried, and left to be done one by one
}

// crowdKey tells two that are due apart.
type crowdKey struct {
	schedule int64
	person   store.PersonID
}

// fireTogether runs what is found to be due for as many as it can and returns how
// many that were. Those who are left are still due.
func (b *Bot) fireTogether(ctx context.Context, now time.Time, find func(limit int) ([]store.Ahead, error)) (int, error) {
	if b.Workers == 1 { // in the order of due times
		return 0, nil
	}
	for total := 0; ; {
		c := &crowd{find: find, size: b.togetherSize, fire: func(ctx context.Context, due []store.Ahead) int { return b.fireSome(ctx, due, now) }}
		err := c.run(ctx)
		done := int(c.done.Load())
		total += done
		if err != nil || c.later == 0 || done == 0 {
			return total, err
		}
	}
}

// run does the pass.
func (c *crowd) run(ctx context.Context) error {
	c.some, c.tried = make(chan []store.Ahead, 1), map[crowdKey]bool{}
	c.given = map[store.PersonID]bool{}
	var g errgroup.Group
	for range runtime.GOMAXPROCS(0) + 1 { // one of them waits for the commit
		g.Go(func() error {
			for due := range c.some {
				n := 0
				if ctx.Err() == nil {
					n = c.fire(ctx, due)
				}
				c.done.Add(int64(n))
				c.aside.Add(int64(len(due) - n))
			}
			return nil
		})
	}
	err := c.feed(ctx)
	close(c.some)
	_ = g.Wait() // nobody fails
	return errors.Join(err, ctx.Err())
}

// feed reads page after page and hands out whom it has not handed out before. It
// ends with a page that is not full, or where most are left aside: one by one is
// as quick.
func (c *crowd) feed(ctx context.Context) error {
	for ctx.Err() == nil {
		limit := togetherPage + len(c.tried) - int(c.done.Load()) // those are read again
		due, err := c.find(limit)
		if err != nil {
			return err
		}
		full := len(due) == limit
		due = slices.DeleteFunc(due, c.passed)
		if full && len(due) == 0 {
			break
		}
		for len(due) > 0 && ctx.Err() == nil {
			n := min(c.size(), len(due))
			c.some <- due[:n]
			due = due[n:]
		}
		if left := int(c.aside.Load()); !full || max(left, c.later) > 2*togetherPage || left > togetherPage && left > len(c.tried)/2 {
			break
		}
	}
	return nil
}

// passed tells whether something that is due was handed out, and keeps a second one
// of the same person for the next pass: it was read before the first was done, and a
// commit of many would fail by it. Whoever is not passed is handed out next.
func (c *crowd) passed(a store.Ahead) bool {
	key := crowdKey{a.ID, a.Person}
	if c.tried[key] {
		return true
	}
	c.tried[key] = true
	if c.given[a.Person] {
		c.later++
		return true
	}
	c.given[a.Person] = true
	return false
}

// togetherSize is how many people share the next commit.
func (b *Bot) togetherSize() int {
	if time.Since(*b.talked.Load()) < calm {
		return togetherFew
	}
	return togetherMost
}

// fireSome drafts the turns of a few and commits them, and returns how many that
// were.
func (b *Bot) fireSome(ctx context.Context, due []store.Ahead, now time.Time) int {
	drafts := make([]*store.Draft, 0, len(due))
	b.drafting <- struct{}{}
	drafted := sync.OnceFunc(func() { <-b.drafting })
	defer drafted()
	for _, a := range due {
		d, unlock, ok := b.draft(a, now)
		if ok {
			defer unlock()
			drafts = append(drafts, d)
		}
		runtime.Gosched() // who talks must not wait for a hundred drafts to get a processor
	}
	drafted()
	return b.commitSome(ctx, drafts)
}

// commitSome commits drafts together. Where one of them is about somebody of whom
// something changed meanwhile, it is looked for in halves, so that the others
// need not be done one by one.
func (b *Bot) commitSome(ctx context.Context, drafts []*store.Draft) int {
	if len(drafts) == 0 || ctx.Err() != nil {
		return 0
	}
	err := b.Store.Commit(ctx, drafts)
	switch {
	case err == nil:
		return len(drafts)
	case errors.Is(err, store.ErrAside) && len(drafts) > 1:
		half := len(drafts) / 2
		return b.commitSome(ctx, drafts[:half]) + b.commitSome(ctx, drafts[half:])
	case !errors.Is(err, store.ErrAside) && ctx.Err() == nil:
		b.log.Warn("a commit for many failed, going on one by one", "err", err)
	}
	return 0
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
