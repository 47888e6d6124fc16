package signalcli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/util/exsync"

	"handrail/bot/account"
	"handrail/bot/chat"
)

// Config says which daemon to use and how. Address, Dir and Key are required.
type Config struct {
	// Address is where the daemon listens: the path of its UNIX socket, or host:port
	// of this machine.
	Address string
	// Account is the number that the daemon serves, as in +4930123456; what arrives
	// for another one ends Run. Empty: it is not looked at.
	Account string
	Dir     string // for the ledger; made with mode 0700
	// DB keeps the ledger in a schema of PostgreSQL instead of a file in Dir. It has
	// one connection, and the caller makes sure that no other process uses the
	// account while it lasts.
	DB  *sql.DB
	Key []byte // seals the ledger; 32 bytes
	// Timer is after which time messages disappear on the phone of who writes for
	// the first time, in whole seconds; 0: the bot does not set it.
	Timer time.Duration
	Log   *slog.Logger // default: discards
}

const (
	lockFile = "lock"

	callPatience = 80 * time.Second // for one call; less than the host waits for a send
	settleGrace  = 20 * time.Second // how long a receipt that would prove a send is waited for
	quietFor     = 2 * time.Second  // without a line, after which the backlog counts as read
	tidyEvery    = time.Hour        // what is too old is forgotten
)

// Transport is one account. It implements chat.Transport.
type Transport struct {
	cfg    Config
	log    *slog.Logger
	now    func() time.Time
	keys   keys
	ledger *ledger
	lock   *os.File

	slot    chan struct{} // one call at a time
	waiting atomic.Int64  // how many wait for it who must not be kept waiting

	callMu sync.Mutex
	caller *client // for calls; nil: to be made

	sends    *exsync.KeyedMutex[string] // one Send per key at a time
	courtesy *courtesy
	ready    *readiness
	limit    limit
	status   status
	born     int64         // ms: when the ledger was made
	pending  atomic.Int64  // lines in the inbox
	arrived  chan struct{} // there are new ones
	running  atomic.Bool
	heard    atomic.Int64 // ms: when the daemon last answered

	grace, quiet, tidies time.Duration // see settleGrace, quietFor and tidyEvery
}

var _ chat.Transport = (*Transport)(nil)

// Open opens the ledger. The daemon need not be there: Run waits for it. Close
// the Transport when Run has returned.
func Open(ctx context.Context, cfg Config) (*Transport, error) {
	if err := CheckAddress(cfg.Address); err != nil {
		return nil, fmt.Errorf("signal: %w", err)
	}
	if cfg.Dir == "" {
		return nil, errors.New("signal: no directory is configured")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	keys, err := newKeys(cfg.Key)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.MkdirAll(cfg.Dir, 0o700), os.Chmod(cfg.Dir, 0o700)); err != nil { //nolint:gosec // a directory needs the x bit
		return nil, fmt.Errorf("signal: %w", err)
	}
	t := &Transport{
		cfg: cfg, log: cfg.Log, now: time.Now, keys: keys,
		slot: make(chan struct{}, 1), sends: exsync.NewKeyedMutex[string](),
		ready: newReadiness(), arrived: make(chan struct{}, 1),
		grace: settleGrace, quiet: quietFor, tidies: tidyEvery,
	}
	t.courtesy = newCourtesy()
	if cfg.DB == nil {
		if t.lock, err = account.Lock(filepath.Join(cfg.Dir, lockFile)); err != nil {
			return nil, err
		}
	}
	if t.ledger, err = openLedger(ctx, cfg.Dir, cfg.DB); err == nil {
		err = clean("read the ledger", t.resume(ctx))
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// resume reads what a run before has left.
func (t *Transport) resume(ctx context.Context) error {
	var n int64
	if _, err := t.ledger.one(ctx, "SELECT COUNT(*) FROM hr_inbox", nil, &n); err != nil {
		return err
	}
	t.pending.Store(n)
	if err := t.ledger.fits(ctx, t.keys.hash("key")); err != nil {
		return err
	}
	var err error
	if t.born, err = t.ledger.born(ctx, t.now()); err != nil {
		return err
	}
	return t.loadStatus(ctx)
}

// Network returns NetworkName.
func (t *Transport) Network() string { return NetworkName }

// Synced tells when the daemon was last heard of; zero: not since Open.
func (t *Transport) Synced() time.Time {
	if ms := t.heard.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// Close releases the files. Run must have returned. A database that was given
// stays open: it is closed by whoever opened it.
func (t *Transport) Close() error {
	var err error
	t.hangUp()
	if t.ledger != nil && t.cfg.DB == nil {
		err = clean("close the ledger", t.ledger.db.Close())
	}
	t.ledger = nil
	if t.lock != nil {
		err = errors.Join(err, t.lock.Close())
		t.lock = nil
	}
	return err
}

// hangUp ends the connection for calls.
func (t *Transport) hangUp() {
	t.callMu.Lock()
	defer t.callMu.Unlock()
	if t.caller != nil {
		t.caller.close()
		t.caller = nil
	}
}

// connection returns the connection for calls, and makes it if there is none.
func (t *Transport) connection(ctx context.Context) (*client, error) {
	t.callMu.Lock()
	defer t.callMu.Unlock()
	if t.caller != nil && t.caller.alive() {
		return t.caller, nil
	}
	c, err := dial(ctx, t.cfg.Address)
	if err != nil {
		return nil, err
	}
	t.caller = c
	go func() { _ = c.read(nil) }() // ends with the connection
	return c, nil
}

// enter waits until nobody else is calling. One call at a time: the daemon has
// confirmed messages that were sent side by side and never arrived.
func (t *Transport) enter(ctx context.Context) error {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	select {
	case t.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return clean("wait for another call", ctx.Err())
	}
}

func (t *Transport) leave() { <-t.slot }

// call makes one call when nobody else is calling.
func (t *Transport) call(ctx context.Context, method string, params, result any) error {
	if err := t.enter(ctx); err != nil {
		return fmt.Errorf("%w: %w", errUnsent, err)
	}
	defer t.leave()
	return t.callNow(ctx, method, params, result)
}

// callNow makes a call. Whoever calls it has entered. A call that was given up is
// the last one on its connection: the daemon may still be at it.
func (t *Transport) callNow(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	c, err := t.connection(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnsent, err)
	}
	err = c.call(ctx, method, params, result)
	if ctx.Err() != nil {
		c.close()
	}
	var refused *rpcError
	if err == nil || errors.As(err, &refused) {
		t.heard.Store(t.now().UnixMilli())
	}
	return err
}

// nudge wakes whoever waits on a channel with room for one.
func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// sleep waits; it fails when ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
