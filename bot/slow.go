package bot

import "errors"

// slowWork is what one message needed that takes too long to be done inside a
// transaction, where all others would wait for it: the first try of the
// transaction finds out what it is and is rolled back, it is done, and the next
// try has it. The person's lock is held all the while.
type slowWork struct{ done map[string]any }

// errSlow asks for a piece of such work.
type errSlow struct {
	key string
	do  func() (any, error)
}

func (*errSlow) Error() string { return "bot: work that is to be done outside of a transaction" }

// mostSlow bounds how much of it one message may ask for: twice what the longest
// way does, a new word that is held against each of those that there are.
const mostSlow = 8

// slowAtOnce is how many pieces are done at the same time: each takes up to 64
// MiB of memory.
const slowAtOnce = 2

// slow gives the result of a piece of work that is named by key. An error of it
// is the scripts' fault or the person's, not the store's.
func (t *turn) slow(key string, do func() (any, error)) (any, error) {
	if t.work == nil {
		return do()
	}
	if v, ok := t.work.done[key]; ok {
		return v, nil
	}
	return nil, &errSlow{key, do}
}

// workOff does what an attempt asked for; false: it asked for nothing, or for too
// much.
func (b *Bot) workOff(err error, w *slowWork) (bool, error) {
	var s *errSlow
	if !errors.As(err, &s) || len(w.done) >= mostSlow {
		return false, err
	}
	b.slots <- struct{}{}
	v, err := s.do()
	<-b.slots
	if err != nil {
		return false, &engineError{err}
	}
	w.done[s.key] = v
	return true, nil
}
