package matrix

import (
	"context"
	"sync"

	"maunium.net/go/mautrix/id"
)

// keyField is where the send key hides in the content of our messages, so that
// an event found in the room's history can be matched to what was sent. The
// key is a hash that says nothing.
const keyField = "org.handrail.key"

// echoMemory is how many of our own recent messages are remembered by key.
const echoMemory = 20_000

// echoes remembers which of our messages are on the network.
type echoes struct {
	mu    sync.Mutex
	byKey map[string]id.EventID
	order []string // a ring of the keys, the oldest is overwritten
	next  int
}

func newEchoes() *echoes { return &echoes{byKey: make(map[string]id.EventID)} }

func (e *echoes) put(key string, event id.EventID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.byKey[key]; ok {
		return
	}
	if len(e.order) < echoMemory {
		e.order = append(e.order, key)
	} else {
		delete(e.byKey, e.order[e.next])
		e.order[e.next] = key
		e.next = (e.next + 1) % echoMemory
	}
	e.byKey[key] = event
}

func (e *echoes) get(key string) (id.EventID, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	event, ok := e.byKey[key]
	return event, ok
}

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
