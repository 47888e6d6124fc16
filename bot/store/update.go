package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// PanicError is what Update returns when its function panicked. Nothing of it
// was kept.
type PanicError struct {
	// Value is what was passed to panic. It may hold a person's words: the
	// error's text names its type only, and so must a log.
	Value any
	Stack []byte
}

// Error tells the kind of panic, without the words it may carry.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	if e.Value == errGoexit {
		return errGoexit.Error()
	}
	return fmt.Sprintf("panic: %T", e.Value)
}

// GoString hides the value from %#v.
func (e *PanicError) GoString() string { return e.Error() }

// errGoexit is the Value of a PanicError when the function ended its goroutine.
var errGoexit = errors.New("the function ended its goroutine")

// Update runs fn with a Tx that can write, and returns after everything fn did
// is on the disk. If fn returns an error or panics (*PanicError), nothing of it
// is kept, and nothing of anybody else is touched. If the commit fails, the
// outcome is unknown to the caller, as after a power cut: what it does must be
// safe to do again. If ctx ends before fn has begun, fn does not run; after
// that ctx is not looked at.
//
// Functions of all callers run one after the other, so fn must be quick, must
// not wait for anything, and must not call Update.
func (s *Store) Update(ctx context.Context, fn func(tx *Tx) error) error {
	return s.writer.do(ctx, &update{fn: fn, answer: make(chan error, 1)})
}

// do queues u and waits for its answer.
func (w *writer) do(ctx context.Context, u *update) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !w.push(u) {
		return ErrClosed
	}
	select {
	case err := <-u.answer:
		return err
	case <-ctx.Done():
		if u.state.CompareAndSwap(waiting, given) {
			return ctx.Err()
		}
		return <-u.answer
	}
}

// update is one caller of Update.
type update struct {
	fn     func(*Tx) error
	alone  func(*conn) error // instead of fn: runs outside any transaction
	crowd  bool              // it writes for many at once
	tries  int               // how often another copy was in the way
	state  atomic.Int32
	answer chan error // holds one
}

// The states of an update: it is taken by the writer or given up by its
// caller, whoever comes first.
const (
	waiting int32 = iota
	taken
	given
)

// run calls fn and turns a panic into an error.
func (t *Tx) run(fn func(*Tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn(t)
}
