package bot

import (
	"context"
	"errors"
	"fmt"

	"handrail/bot/store"
)

// slowWork is what one message needed that takes too long to be done inside a
// transaction, where all others would wait for it: the first try of the
// transaction finds out what it is and is rolled back, it is done, and the next
// try has it. The person's lock is held all the while.
type slowWork struct{ done map[string]any }

// errSlow asks for a piece of such work.
type errSlow struct {
	key  string
	do   func() (any, error)
	read func(*store.Tx) (any, error) // in place of do: it reads very much
	long bool                         // it takes seconds
}

func (*errSlow) Error() string { return "bot: work that is to be done outside of a transaction" }

// mostSlow bounds how much of it one message may ask for: twice what the longest
// way does, a new word that is held against each of those that there are.
const mostSlow = 8

// slowAtOnce is how many pieces are done at the same time: each takes up to 64
// MiB of memory. Of those that take seconds it is longAtOnce, and they have a
// place of their own, so that nobody who writes their word waits for them.
const (
	slowAtOnce = 2
	longAtOnce = 1
)

// slow gives the result of a piece of work that is named by key. An error of it
// is the scripts' fault or the person's, not the store's.
func (t *turn) slow(key string, do func() (any, error)) (any, error) {
	if t.work == nil {
		return do()
	}
	return t.ask(&errSlow{key: key, do: do})
}

// long is slow for what takes seconds.
func (t *turn) long(key string, do func() (any, error)) (any, error) {
	if t.work == nil {
		return do()
	}
	return t.ask(&errSlow{key: key, do: do, long: true})
}

// aside gives what is read of the person's rows as they were when the turn began.
// Where the turn has changed them already it is read inside the transaction.
func (t *turn) aside(key string, read func(*store.Tx) (any, error)) (any, error) {
	if t.work == nil || t.changed {
		return read(t.tx)
	}
	return t.ask(&errSlow{key: key, read: read, long: true})
}

func (t *turn) ask(s *errSlow) (any, error) {
	if v, ok := t.work.done[s.key]; ok {
		return v, nil
	}
	return nil, s
}

// workOff does what an attempt asked for; false: it asked for nothing, or for too
// much, or the store could not be read.
func (b *Bot) workOff(ctx context.Context, err error, w *slowWork) (bool, error) {
	var s *errSlow
	if !errors.As(err, &s) || len(w.done) >= mostSlow {
		return false, err
	}
	slots := b.slots
	if s.long {
		slots = b.longSlots
	}
	slots <- struct{}{}
	defer func() { <-slots }()
	var v any
	if s.read != nil {
		err := b.Store.View(ctx, func(tx *store.Tx) (err error) {
			v, err = s.read(tx)
			return err
		})
		if err != nil {
			return false, fmt.Errorf("read what is kept: %w", err)
		}
	} else if v, err = safely(s.do); err != nil {
		return false, &engineError{err}
	}
	w.done[s.key] = v
	return true, nil
}

// safely turns a panic into an error without its text, which may hold anything:
// the same message would bring it again, for ever.
func safely(do func() (any, error)) (v any, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("slow work panics")
		}
	}()
	return do()
}
