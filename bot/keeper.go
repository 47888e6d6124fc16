package bot

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"handrail/bot/store"
)

const (
	// leaseTTL is how long a copy speaks for an account after it last said that
	// it is alive. A copy that dies is replaced after this, a beat, and the time it
	// takes to open the account; a message that it may have sent as it died is
	// looked for for another quarter of a minute.
	leaseTTL = 10 * time.Second
	// leaseMargin is how long before its end a lease counts as lost, so that
	// what was begun under it has ended when another copy takes it.
	leaseMargin = 2 * time.Second
	// beatParts is how often a lease is renewed in its time.
	beatParts = 5
	// leaveTime bounds the farewell of a copy that stops.
	leaveTime = 5 * time.Second
)

// keeper tells the other copies that this one is alive, and keeps the leases of
// its accounts. What it knows counts for a while only: a copy that was stopped
// and goes on, or that cannot reach the database, holds nothing as soon as it
// looks, without having heard anything.
type keeper struct {
	st    *store.Store
	label string
	self  string                    // this process
	dead  func(process string) bool // tells that another one has ended; nil: nobody can tell
	want  []string
	ttl   time.Duration
	log   *slog.Logger
	ready func(network string) bool   // whether the account, held here, has caught up
	learn func(context.Context) error // takes in scripts that are new in the store

	edition int64 // the newest set of scripts that was looked at

	mu    sync.Mutex
	pulse store.Pulse
	began time.Time // of the beat that brought the pulse
}

// run beats until ctx ends, then gives the leases back.
func (k *keeper) run(ctx context.Context) {
	tick := time.NewTicker(k.ttl / beatParts)
	defer tick.Stop()
	for failures := 0; ctx.Err() == nil; {
		if err := k.beat(ctx); err == nil {
			failures = 0
		} else if failures++; ctx.Err() == nil && (failures == 1 || failures%60 == 0) {
			k.log.Error("the other copies cannot be told that this one is alive", "failures", failures, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	if err := k.st.Leave(ctx); err != nil {
		k.log.Warn("the leases could not be given back, another copy takes them when they end", "err", err)
	}
	k.mu.Lock()
	k.pulse = store.Pulse{}
	k.mu.Unlock()
}

func (k *keeper) beat(ctx context.Context) error {
	ready := map[string]bool{}
	for _, name := range k.want {
		if _, held := k.holds(name); held {
			ready[name] = k.ready(name)
		}
	}
	began := time.Now()
	p, err := k.st.Beat(ctx, store.Beat{Label: k.label, Process: k.self, Dead: k.dead, TTL: k.ttl, Want: k.want, Ready: ready})
	if err != nil {
		return err
	}
	if p.Edition != k.edition {
		if err := k.learn(ctx); err != nil {
			k.log.Warn("scripts of another copy are not known here", "err", err)
		} else {
			k.edition = p.Edition
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, epoch := range p.Held {
		if k.pulse.Held[name] != epoch {
			k.log.Info("this copy speaks for the account now", "network", name, "epoch", epoch)
		}
	}
	k.pulse, k.began = p, began
	return nil
}

// left is for how long the pulse still counts; k.mu is held. The clock of the
// machine stands still while the machine sleeps, and the clock on the wall may
// be set back: the later of the two is right.
func (k *keeper) left() time.Duration {
	now := time.Now()
	spent := max(now.Sub(k.began), now.Round(0).Sub(k.began.Round(0)))
	return k.ttl - min(leaseMargin, k.ttl/beatParts) - spent
}

// holds tells whether this copy speaks for an account at this moment, and since
// which epoch.
func (k *keeper) holds(network string) (epoch int64, held bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	epoch, held = k.pulse.Held[network]
	return epoch, held && k.left() > 0
}

// caughtUp tells whether whoever speaks for an account has handled what had
// come in before.
func (k *keeper) caughtUp(network string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.pulse.Ready[network] && k.left() > 0
}

// during returns a context that ends when the lease is lost, and what to call
// when it is not needed any more.
func (k *keeper) during(ctx context.Context, network string, epoch int64) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(k.ttl / (10 * beatParts))
		defer tick.Stop()
		for {
			if now, held := k.holds(network); !held || now != epoch {
				cancel()
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return ctx, func() { cancel(); <-done }
}
