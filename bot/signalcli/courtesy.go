package signalcli

import (
	"context"
	"sync"
	"time"
)

const (
	courtesyPeople = 4096 // of whom receipts wait; more are dropped
	courtesyYields = 200 * time.Millisecond
	courtesyLooks  = 10 * time.Millisecond
	receiptsAtOnce = 500 // time stamps in one receipt
)

// courtesy is what may get lost: that a message was read, and that an answer is
// being written. It waits while there is something to say.
type courtesy struct {
	mu      sync.Mutex
	reads   map[string][]int64
	order   []string // whose
	typists []string
	wake    chan struct{}
}

func newCourtesy() *courtesy {
	return &courtesy{reads: make(map[string][]int64), wake: make(chan struct{}, 1)}
}

// read notes that a message was committed: the person may see that it was read.
func (c *courtesy) read(from string, stamp int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.reads[from]; !known {
		if len(c.reads) >= courtesyPeople {
			return
		}
		c.order = append(c.order, from)
	}
	if len(c.reads[from]) < receiptsAtOnce {
		c.reads[from] = append(c.reads[from], stamp)
	}
	nudge(c.wake)
}

// typing notes that an answer takes a while.
func (c *courtesy) typing(to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.typists) < courtesyPeople {
		c.typists = append(c.typists, to)
	}
	nudge(c.wake)
}

// next returns what to send now.
func (c *courtesy) next() (method string, params any, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.typists) > 0 {
		to1 := c.typists[0]
		c.typists = c.typists[1:]
		return "sendTyping", typingParams{to: to{Recipient: []string{to1}}}, true
	}
	if len(c.order) == 0 {
		return "", nil, false
	}
	from := c.order[0]
	c.order = c.order[1:]
	stamps := c.reads[from]
	delete(c.reads, from)
	return "sendReceipt", receiptParams{Recipient: from, TargetTimestamps: stamps, Type: "read"}, true
}

// sendCourtesy works until ctx ends.
func (t *Transport) sendCourtesy(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.courtesy.wake:
		}
		for ctx.Err() == nil {
			// Whoever has something to say goes first, for a while.
			for waited := time.Duration(0); t.waiting.Load() > 0 && waited < courtesyYields; waited += courtesyLooks {
				if sleep(ctx, courtesyLooks) != nil {
					return
				}
			}
			if t.limit.wait(t.now()) > 0 || t.Ready(ctx) != nil {
				break
			}
			method, params, ok := t.courtesy.next()
			if !ok {
				break
			}
			if err := t.call(ctx, method, params, nil); err != nil && ctx.Err() == nil {
				t.log.Debug("courtesy failed", "err", clean("receipt or typing", err))
			}
		}
	}
}
