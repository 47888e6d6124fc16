package matrix

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

const (
	courtesyWorkers = 4
	courtesyQueue   = 256 // per worker; what does not fit is dropped
	typingFor       = 20 * time.Second
	typingRooms     = 10_000
)

// courtesy sends what may get lost: receipts and typing notices. It never
// blocks its caller and never fails anything.
type courtesy struct {
	cli    *mautrix.Client
	log    *slog.Logger
	seed   maphash.Seed
	queues [courtesyWorkers]chan func(context.Context) error

	mu     sync.Mutex
	typing map[id.RoomID]time.Time
}

func newCourtesy(cli *mautrix.Client, log *slog.Logger) *courtesy {
	c := &courtesy{cli: cli, log: log, seed: maphash.MakeSeed(), typing: make(map[id.RoomID]time.Time)}
	for i := range c.queues {
		c.queues[i] = make(chan func(context.Context) error, courtesyQueue)
	}
	return c
}

// run works until ctx ends.
func (c *courtesy) run(ctx context.Context) {
	var group errgroup.Group
	for _, queue := range c.queues {
		group.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case task := <-queue:
					tctx, cancel := context.WithTimeout(ctx, 10*time.Second)
					if err := task(tctx); err != nil && ctx.Err() == nil {
						c.log.Debug("courtesy failed", "err", clean("receipt or typing", err))
					}
					cancel()
				}
			}
		})
	}
	_ = group.Wait()
}

// do keeps the order within a room.
func (c *courtesy) do(room id.RoomID, task func(context.Context) error) {
	select {
	case c.queues[maphash.String(c.seed, room.String())%courtesyWorkers] <- task:
	default:
	}
}

// read marks everything up to the event as read.
func (c *courtesy) read(room id.RoomID, event id.EventID) {
	c.do(room, func(ctx context.Context) error { return c.cli.MarkRead(ctx, room, event) })
}

// typingOn shows that an answer is on its way.
func (c *courtesy) typingOn(room id.RoomID, now time.Time) {
	c.mu.Lock()
	since, on := c.typing[room]
	if on = on && now.Sub(since) < typingFor/2; !on {
		if len(c.typing) >= typingRooms {
			clear(c.typing)
		}
		c.typing[room] = now
	}
	c.mu.Unlock()
	if !on {
		c.do(room, func(ctx context.Context) error {
			_, err := c.cli.UserTyping(ctx, room, true, typingFor)
			return err
		})
	}
}

// typingOff ends it after a send.
func (c *courtesy) typingOff(room id.RoomID) {
	c.mu.Lock()
	_, on := c.typing[room]
	delete(c.typing, room)
	c.mu.Unlock()
	if on {
		c.do(room, func(ctx context.Context) error {
			_, err := c.cli.UserTyping(ctx, room, false, 0)
			return err
		})
	}
}
