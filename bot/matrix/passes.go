package matrix

import (
	"context"
	"sync"
)

// passes counts the rounds of the sync loop: one pass is a request and the
// complete handling of its answer.
type passes struct {
	mu            sync.Mutex
	started, done uint64
	wake          chan struct{} // closed when done moves
}

func newPasses() *passes { return &passes{wake: make(chan struct{})} }

// begin starts a pass and returns its number.
func (p *passes) begin() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started++
	return p.started
}

// finish notes that a pass was handled completely.
func (p *passes) finish(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = n
	close(p.wake)
	p.wake = make(chan struct{})
}

// restart makes wait and first block until a pass of a new Run is done.
func (p *passes) restart() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = 0
}

// first blocks until any pass since the start of Run is done.
func (p *passes) first(ctx context.Context) error { return p.until(ctx, 1) }

// next blocks until a pass is done that began after this call.
func (p *passes) next(ctx context.Context) error {
	p.mu.Lock()
	want := p.started + 1
	p.mu.Unlock()
	return p.until(ctx, want)
}

func (p *passes) until(ctx context.Context, want uint64) error {
	for {
		p.mu.Lock()
		done, wake := p.done, p.wake
		p.mu.Unlock()
		if done >= want {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
