package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"handrail/bot/seal"
)

const (
	sqlBegin      = `BEGIN`
	sqlCommit     = `COMMIT`
	sqlRollback   = `ROLLBACK`
	sqlSavepoint  = `SAVEPOINT caller`
	sqlRelease    = `RELEASE SAVEPOINT caller`
	sqlRollbackTo = `ROLLBACK TO SAVEPOINT caller`
)

// writer is the one goroutine that writes. It takes the callers that wait, gives
// each a savepoint in one transaction, commits, and answers all of them after
// the commit: one flush of the disk serves many callers.
//
// Invariants: a caller is answered exactly once; nil only after its savepoint
// was released and the commit succeeded; a caller that gave up before its turn
// is never run. The state of the batch lives here and not on the stack, so that
// a caller whose function ends the goroutine (runtime.Goexit) costs a new
// goroutine and nothing else.
type writer struct {
	s     *Store
	group int

	mu      sync.Mutex
	queue   []*update
	crowds  []*update // writes of many people at once, which nobody waits for
	passed  bool      // the last batch went before a crowd that waits
	closed  bool
	wake    chan struct{} // holds one: "the queue or closed has changed"
	stopped chan struct{} // closed by stop
	done    chan struct{} // closed when the loop has ended

	// Owned by the loop:
	conn    *conn                  // nil after a fault, until the next batch or beat
	batch   []*update              // taken from the queue, in order
	at      int                    // the next of batch to run
	open    bool                   // a transaction is open
	kept    []*update              // have run well and await the commit
	pending map[PersonID]*seal.Key // keys made or read in this transaction
	fences  map[string]int64       // epochs of leases locked in this transaction

	beat   *time.Ticker             // when to look after an idle connection; nil: never
	lost   atomic.Pointer[lostConn] // why there is no connection; nil: there is one
	commit func(*conn) error        // COMMIT; tests make it fail
}

// lostConn is why the writer has no connection.
type lostConn struct{ err error }

// beatEvery is how often the connection to a remote database is looked after
// while nobody writes.
const beatEvery = 5 * time.Second

func newWriter(s *Store, c *conn, group int) *writer {
	w := &writer{
		s: s, group: group, conn: c,
		wake: make(chan struct{}, 1), stopped: make(chan struct{}), done: make(chan struct{}),
		pending: map[PersonID]*seal.Key{}, fences: map[string]int64{},
		commit: func(c *conn) error { return c.control(sqlCommit) },
	}
	if s.engine.remote() {
		w.beat = time.NewTicker(beatEvery)
	}
	return w
}

func (w *writer) push(u *update) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	if u.crowd {
		w.crowds = append(w.crowds, u)
	} else {
		w.queue = append(w.queue, u)
	}
	w.nudge()
	return true
}

// nudge wakes the loop; w.mu is held.
func (w *writer) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// stop ends the loop after all that waits has been served. It returns false if
// that was done before.
func (w *writer) stop() bool {
	w.mu.Lock()
	first := !w.closed
	if first {
		w.closed = true
		close(w.stopped)
		w.nudge()
	}
	w.mu.Unlock()
	<-w.done
	return first
}

// take moves up to group waiting callers into the batch, or one crowd: who waits for
// an answer waits for one crowd at most, and a crowd for one batch. It blocks while
// there are none, and returns false when there will be none any more.
func (w *writer) take() bool {
	for {
		w.mu.Lock()
		from, n := &w.queue, min(len(w.queue), w.group)
		if len(w.crowds) > 0 && (n == 0 || w.passed) {
			from, n = &w.crowds, 1
		}
		w.passed = from == &w.queue && len(w.crowds) > 0
		w.batch = append(w.batch[:0], (*from)[:n]...)
		clear((*from)[:n])
		*from = (*from)[n:]
		closed := w.closed
		w.mu.Unlock()
		w.at = 0
		if n > 0 {
			return true
		}
		if closed {
			return false
		}
		w.rest()
	}
}

// rest waits until something changed. An idle connection to a remote database
// is asked now and then whether it still lives: with it goes the lock that keeps
// other copies away, and Views must hear of that even when nobody writes.
func (w *writer) rest() {
	var beat <-chan time.Time
	if w.beat != nil {
		beat = w.beat.C
	}
	select {
	case <-w.wake:
	case <-beat:
		if err := w.connect(); err == nil && w.conn.control(sqlPing) != nil {
			w.drop()
			_ = w.connect() // noted in lost, and tried again
		}
	}
}

const sqlPing = `SELECT 1`

// loop serves until stop. Should a caller's function end this goroutine, a new
// one goes on with the rest of the batch.
func (w *writer) loop() {
	ended := false
	defer func() {
		if ended {
			if w.beat != nil {
				w.beat.Stop()
			}
			close(w.done)
			return
		}
		go w.loop()
	}()
	for {
		for w.at < len(w.batch) {
			u := w.batch[w.at]
			w.at++
			if !u.state.CompareAndSwap(waiting, taken) {
				continue
			}
			if u.alone != nil {
				w.finish()
				u.answer <- w.serveAlone(u.alone)
			} else {
				w.serve(u)
			}
		}
		w.finish()
		runtime.Gosched() // those just answered may have more, and belong into the next commit
		if !w.take() {
			break
		}
	}
	ended = true
}

// serve runs one caller in a savepoint of its own. A lone caller needs none:
// its transaction is its savepoint.
func (w *writer) serve(u *update) {
	if !w.open {
		if err := w.begin(); err != nil {
			u.answer <- fmt.Errorf("begin: %w", err)
			return
		}
	}
	if len(w.batch) > 1 {
		if err := w.conn.control(sqlSavepoint); err != nil {
			err = fmt.Errorf("savepoint: %w", err)
			w.abort(err)
			u.answer <- err
			return
		}
	}
	tx := &Tx{s: w.s, c: w.conn, fresh: map[PersonID]*seal.Key{}, batch: w.pending, fenced: map[string]int64{}, loaded: map[PersonID]bool{}, alones: map[PersonID]bool{}, fences: w.fences}
	returned := false
	defer func() {
		tx.over = true
		if !returned { // runtime.Goexit; panics are caught in run
			w.close(u, tx, &PanicError{Value: errGoexit})
		}
	}()
	err := tx.run(u.fn)
	returned = true
	w.close(u, tx, err)
}

// serveAlone runs what cannot be in a transaction.
func (w *writer) serveAlone(fn func(*conn) error) error {
	if err := w.connect(); err != nil {
		return err
	}
	return fn(w.conn)
}

// connect opens a connection if a fault has cost the last one.
func (w *writer) connect() error {
	if w.conn != nil {
		return nil
	}
	c, err := openConn(context.Background(), w.s.engine, w.s.db.RawDB, true)
	if err != nil {
		w.lost.Store(&lostConn{err})
		return err
	}
	w.conn = c
	w.lost.Store(nil)
	return nil
}

// begin opens a transaction.
func (w *writer) begin() error {
	if err := w.connect(); err != nil {
		return err
	}
	if err := w.conn.control(w.s.engine.begin(true)); err != nil {
		w.drop()
		return err
	}
	w.open = true
	return nil
}

// errOverlooked is what a caller gets whose function went on after a fault that
// had ended its part of the transaction.
var errOverlooked = errors.New("a statement failed and the function went on")

// close ends the savepoint of a caller whose function returned err. If the
// savepoint is gone, the database has rolled back the whole transaction on its
// own, and everybody in it must hear so.
func (w *writer) close(u *update, tx *Tx, err error) {
	if err == nil && w.conn.failed() {
		err = errOverlooked
	}
	released := false
	if err == nil {
		released, err = w.conn.settle(len(w.batch) > 1)
	}
	if len(w.batch) == 1 {
		if err != nil {
			w.abort(err)
			w.refuse(u, err)
			return
		}
		w.keep(u, tx)
		return
	}
	if err != nil {
		if lost := w.conn.control(sqlRollbackTo); lost != nil {
			w.abort(fmt.Errorf("roll back one caller: %w", lost))
			u.answer <- err
			return
		}
	}
	if released {
		w.keep(u, tx)
		return
	}
	if lost := w.conn.control(sqlRelease); lost != nil {
		lost = fmt.Errorf("release savepoint: %w", lost)
		w.abort(lost)
		u.answer <- errors.Join(err, lost)
		return
	}
	if err != nil {
		w.refuse(u, err)
		return
	}
	w.keep(u, tx)
}

const (
	laterFirst = 2 * time.Millisecond // pause before a caller is run again that another copy was in the way of
	laterMost  = 100 * time.Millisecond
	laterTries = 150 // about 14 s: longer than the server lets a stopped copy hold its locks
)

// refuse answers a caller of whom nothing was kept, or runs it again a little
// later if it only got into the way of another copy.
func (w *writer) refuse(u *update, err error) {
	if !w.s.engine.again(err) || u.tries >= laterTries {
		u.answer <- err
		return
	}
	pause := min(laterFirst<<min(u.tries, 10), laterMost)
	u.tries++
	u.state.Store(waiting)
	time.AfterFunc(pause, func() {
		if !w.push(u) && u.state.CompareAndSwap(waiting, taken) {
			u.answer <- ErrClosed
		}
	})
}

// keep notes a caller whose work now depends on the commit alone.
func (w *writer) keep(u *update, tx *Tx) {
	for id, k := range tx.fresh {
		w.pending[id] = k
	}
	for name, epoch := range tx.fenced {
		w.fences[name] = epoch
	}
	w.kept = append(w.kept, u)
}

// finish commits the batch and answers those whose work is in it.
func (w *writer) finish() {
	if !w.open {
		return
	}
	if err := w.commit(w.conn); err != nil {
		w.abort(fmt.Errorf("commit: %w", err))
		return
	}
	w.open = false
	w.s.moves.nudge()
	for id, k := range w.pending {
		w.s.keys.put(id, k)
	}
	clear(w.pending)
	clear(w.fences)
	w.answer(nil)
}

// abort rolls back the open transaction and tells all whose work was in it.
func (w *writer) abort(err error) {
	if undo := w.conn.control(sqlRollback); undo != nil {
		w.drop() // ends whatever is still open on it
	}
	w.open = false
	clear(w.pending)
	clear(w.fences)
	w.answer(err)
}

func (w *writer) answer(err error) {
	for _, u := range w.kept {
		u.answer <- err
	}
	clear(w.kept)
	w.kept = w.kept[:0]
}

// drop gives up the connection; begin opens another.
func (w *writer) drop() {
	w.s.log.Warn("database connection replaced")
	w.conn.discard()
	w.conn = nil
}
