package signalcli

import (
	"context"
	"sync"
	"time"
)

// readiness knows whether what arrived while the bot was away has been handed up.
// The daemon does not say where its backlog ends: it comes first and in order, so
// it has ended when a line is one that Signal took after the bot was there, or
// when no line came for a while.
type readiness struct {
	mu    sync.Mutex
	since time.Time // of the subscription; zero: there is none
	last  time.Time // when the last line came
	live  bool      // a line was one that Signal took since
	ok    bool
	wake  chan struct{} // closed when any of these changes
	news  chan struct{} // closed when receipts came
}

func newReadiness() *readiness {
	return &readiness{wake: make(chan struct{}), news: make(chan struct{})}
}

func (r *readiness) change(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn()
	close(r.wake)
	r.wake = make(chan struct{})
}

// connected begins anew.
func (r *readiness) connected(now time.Time) {
	r.change(func() { r.since, r.last, r.live, r.ok = now, now, false, false })
}

func (r *readiness) disconnected() {
	r.change(func() { r.since, r.ok = time.Time{}, false })
}

// took notes that lines are on disk. server is when Signal took the last one.
func (r *readiness) took(now, server time.Time, receipts bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = now
	r.live = r.live || !r.since.IsZero() && server.After(r.since.Add(clockSlack))
	if receipts {
		close(r.news)
		r.news = make(chan struct{})
	}
}

// look decides, and tells when to look again.
func (r *readiness) look(now time.Time, quiet time.Duration, pending int64) {
	r.mu.Lock()
	caught := !r.ok && !r.since.IsZero() && pending == 0 && (r.live || now.Sub(r.last) >= quiet)
	r.mu.Unlock()
	if caught {
		r.change(func() { r.ok = !r.since.IsZero() })
	}
}

// state returns whether it is so, since when there is a subscription, and what
// ends when that changes.
func (r *readiness) state() (ok bool, since time.Time, wake chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ok, r.since, r.wake
}

// receipts returns what ends when receipts come.
func (r *readiness) receipts() chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.news
}

// clockSlack is how far Signal's clock and ours may be apart.
const clockSlack = 5 * time.Second

const lookEvery = 20 * time.Millisecond

// watch looks until ctx ends.
func (t *Transport) watch(ctx context.Context) {
	for {
		ok, since, wake := t.ready.state()
		if ok || since.IsZero() {
			select {
			case <-wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		t.ready.look(t.now(), t.quiet, t.pending.Load())
		if sleep(ctx, lookEvery) != nil {
			return
		}
	}
}

// Ready implements chat.Transport: it returns nil when the backlog of the daemon
// was read and handed up, and waits anew while there is no daemon.
func (t *Transport) Ready(ctx context.Context) error {
	for {
		ok, _, wake := t.ready.state()
		if ok {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return clean("wait for signal-cli", ctx.Err())
		}
	}
}
