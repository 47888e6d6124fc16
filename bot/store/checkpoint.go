package store

import (
	"context"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"
)

const (
	// walPages is how many pages lie in the write-ahead log of a file before they
	// are moved into the file, beside the writer, and walMost after how many the
	// writer does it itself, so that the log never grows without end. Measured
	// during a burst: with 8000 the slowest answers take a tenth longer, and the
	// burst as long.
	walPages = 1000
	walMost  = 16_000
	// walPause is how long at least lies between two looks at the log.
	walPause = 50 * time.Millisecond
)

// checkpointer moves what is in the write-ahead log of a file into the file, on a
// connection of its own: the writer, which would do it in the middle of a commit,
// keeps writing meanwhile.
type checkpointer struct {
	c       *conn
	mu      sync.Mutex    // held while the log is moved: SQLite refuses two at once
	wake    chan struct{} // holds one: something was committed
	stopped chan struct{}
	done    chan struct{}
}

func newCheckpointer(ctx context.Context, e engine, db *dbutil.Database) (*checkpointer, error) {
	c, err := openConn(ctx, e, db.ReadOnlyDB, false)
	if err != nil {
		return nil, err
	}
	p := &checkpointer{c: c, wake: make(chan struct{}, 1), stopped: make(chan struct{}), done: make(chan struct{})}
	go p.loop()
	return p, nil
}

// nudge says that something was committed.
func (p *checkpointer) nudge() {
	if p == nil {
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *checkpointer) loop() {
	defer close(p.done)
	for {
		select {
		case <-p.wake:
		case <-p.stopped:
			return
		}
		p.look()
		select {
		case <-time.After(walPause):
		case <-p.stopped:
			return
		}
	}
}

// look moves the log if enough is in it. What goes wrong is left to the writer.
func (p *checkpointer) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var busy, pages, moved int
	row := func(query string) error { return p.c.row(query, nil, &busy, &pages, &moved) }
	if row(pragmaLookAtLog) == nil && pages-moved >= walPages {
		_ = row(pragmaMoveLog) // it is tried again after the next commit
	}
}

const (
	pragmaLookAtLog = `PRAGMA wal_checkpoint(NOOP)`
	pragmaMoveLog   = `PRAGMA wal_checkpoint(PASSIVE)`
)

// alone runs fn while the log is not being moved; p may be nil.
func (p *checkpointer) alone(fn func() error) error {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	return fn()
}

// close ends it; p may be nil.
func (p *checkpointer) close() error {
	if p == nil {
		return nil
	}
	close(p.stopped)
	<-p.done
	return p.c.close()
}
