package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"handrail/bot/chat"
)

// Account is an account on a network for which one of several copies of the
// program speaks at a time: the one that holds its lease in the store they share.
// The others wait to take it over, and fire what is due meanwhile.
type Account struct {
	// Network is the name of the network, and of the lease.
	Network string
	// Open makes the transport when this copy has come to hold the lease. The
	// context ends when the lease is lost, or when the transport was closed.
	Open func(ctx context.Context) (Opened, error)
}

// Opened is a Transport that somebody has to close when Run has returned. Its Run
// may fail with ErrReopen.
type Opened interface {
	chat.Transport
	Close() error
}

// ErrReopen says that a transport lost what it keeps, through no fault of its
// own: it is opened anew if the lease is still there.
var ErrReopen = errors.New("to be opened again")

// errNotHeld says that another copy speaks for the account.
var errNotHeld = errors.New("another copy speaks for this account")

const (
	accountPoll = 100 * time.Millisecond // how often a copy that waits looks whether it may
	reopenPause = time.Second            // before an account is opened again
	readyAtOnce = 20 * time.Millisecond  // for a transport to say that it has caught up
)

// shared is the Transport of an Account: the one that is open, while the lease
// lasts, and nothing otherwise.
type shared struct {
	Account
	keeper *keeper
	log    *slog.Logger

	mu   sync.RWMutex // held for reading while a transport is in use
	open chat.Transport
	held context.Context //nolint:containedctx // ends with the lease; what is under way ends with it
}

// Network implements chat.Transport.
func (s *shared) Network() string { return s.Account.Network }

// Run waits for the lease, speaks for the account while it lasts, and waits
// again.
func (s *shared) Run(ctx context.Context, h chat.Handler) error {
	for {
		epoch, held := s.keeper.holds(s.Account.Network)
		if !held {
			if sleep(ctx, accountPoll) != nil {
				return nil
			}
			continue
		}
		lease, end := s.keeper.during(ctx, s.Account.Network, epoch)
		err := s.speak(lease, h)
		lost := lease.Err() != nil
		end()
		switch {
		case ctx.Err() != nil:
			return nil
		case lost:
			s.log.Warn("this copy does not speak for the account any more", "network", s.Account.Network, "epoch", epoch)
		case errors.Is(err, ErrReopen):
			s.log.Warn("the account is opened again", "network", s.Account.Network, "err", err)
		default:
			return err
		}
		if sleep(ctx, min(reopenPause, s.keeper.ttl/beatParts)) != nil {
			return nil
		}
	}
}

// speak opens the account, runs it until ctx ends or it fails, and closes it
// when nobody uses it any more.
func (s *shared) speak(ctx context.Context, h chat.Handler) error {
	tr, err := s.Open(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.open, s.held = tr, ctx
	s.mu.Unlock()
	err = tr.Run(ctx, h)
	cancel() // ends what is being sent
	s.mu.Lock()
	s.open = nil
	s.mu.Unlock()
	if closed := tr.Close(); closed != nil {
		s.log.Warn("the account could not be closed in good order", "network", s.Account.Network, "err", closed)
	}
	return err
}

// Ready implements chat.Transport: whoever speaks for the account has handed up
// what had come in.
func (s *shared) Ready(ctx context.Context) error {
	for {
		err := s.using(ctx, func(ctx context.Context, tr chat.Transport) error { return tr.Ready(ctx) })
		if err == nil || ctx.Err() != nil {
			return err
		}
		if _, held := s.keeper.holds(s.Account.Network); !held && s.keeper.caughtUp(s.Account.Network) {
			return nil
		}
		if err := sleep(ctx, accountPoll); err != nil {
			return err
		}
	}
}

// Send implements chat.Transport. It fails with errNotHeld, and nothing was sent,
// when this copy does not speak for the account.
func (s *shared) Send(ctx context.Context, out chat.Outgoing) (eventID string, err error) {
	err = s.using(ctx, func(ctx context.Context, tr chat.Transport) error {
		eventID, err = tr.Send(ctx, out)
		return err
	})
	return eventID, err
}

// mine tells whether this copy speaks for the account at this moment.
func (s *shared) mine() bool {
	_, held := s.keeper.holds(s.Account.Network)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return held && s.open != nil
}

// using runs fn with the transport; its context ends with the lease, too.
func (s *shared) using(ctx context.Context, fn func(context.Context, chat.Transport) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, held := s.keeper.holds(s.Account.Network); !held || s.open == nil {
		return errNotHeld
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.held, cancel)()
	return fn(ctx, s.open)
}

// caughtUp asks the open transport whether it has.
func (s *shared) caughtUp() bool {
	ctx, cancel := context.WithTimeout(context.Background(), readyAtOnce)
	defer cancel()
	return s.using(ctx, func(ctx context.Context, tr chat.Transport) error { return tr.Ready(ctx) }) == nil
}

// share makes the transports of the accounts and who keeps their leases.
func (b *Bot) share(accounts []Account) error {
	if len(accounts) == 0 {
		return nil
	}
	if !b.Store.Shared() {
		return errors.New("bot: accounts can only be shared through a store that is shared")
	}
	if b.LeaseTTL == 0 {
		b.LeaseTTL = leaseTTL
	}
	b.keeper = &keeper{st: b.Store, label: b.Label, self: b.Process, dead: b.Dead, ttl: b.LeaseTTL, log: b.log}
	all := map[string]*shared{}
	for _, a := range accounts {
		s := &shared{Account: a, keeper: b.keeper, log: b.log}
		all[a.Network] = s
		b.keeper.want = append(b.keeper.want, a.Network)
		b.Transports = append(b.Transports, s)
	}
	b.keeper.learn = b.learn
	b.keeper.ready = func(network string) bool { return all[network].caughtUp() }
	return nil
}

// keep begins to keep the leases; the function that it returns gives them back
// once nothing is done under them any more.
func (b *Bot) keep() (leave func()) {
	if b.keeper == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.keeper.run(ctx)
	}()
	return func() { cancel(); <-done }
}

// speaksFor tells whether this copy sends what waits for a network.
func speaksFor(tr chat.Transport) bool {
	s, ok := tr.(*shared)
	return !ok || s.mine()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait: %w", ctx.Err())
	}
}
