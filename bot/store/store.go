// Package store keeps every row that the bot owns, and is the only place with
// SQL. What a person wrote, who they are and where they are is sealed (package
// seal) or found by a keyed index; in clear are counters, times, the name of
// the network, the kind of a timer, the sets of scripts, and which of them a
// person's talk needs. One Update is the only way to write: it is one savepoint
// in a commit that many callers share, and it returns after that commit is on
// the disk.
//
// The package never sends, never decides and never reads a clock. It never puts
// a value of a row into an error or a log.
//
// The database is a file of SQLite or a database on a PostgreSQL server. The SQL
// is the same for both: placeholders $1, $2 in order of first appearance, times
// as BIGINT milliseconds. What only one of them knows is in sqlite.go and
// postgres.go alone, behind engine. A file is owned by one process, by a lock that
// goes with the process, and so is a server's database, unless all who open it
// want to share it (Options.Shared).
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.mau.fi/util/dbutil"

	"handrail/bot/seal"
)

var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrExists says that the person is there already.
	ErrExists = errors.New("exists already")
	// ErrWrongKey says that the master key is not the one this store was made with.
	ErrWrongKey = errors.New("the master key does not fit this store: use the key file it was made with")
	// ErrNewerSchema says that a newer version of the program has used this store.
	ErrNewerSchema = errors.New("this store was used by a newer version of Handrail: install that version or restore an older backup")
	// ErrLocked says that another copy of the program has this store open.
	ErrLocked = errors.New("another copy of Handrail has this store open: stop it first")
	// ErrFileMode says that others on the machine could read the store.
	ErrFileMode = errors.New("the store can be read or changed by other users of this machine")
	// ErrUnsafeDatabase says that the database would lose what it has committed.
	ErrUnsafeDatabase = errors.New("the database does not keep its promises")
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("the store is closed")
	// ErrReadOnly says that a View tried to write.
	ErrReadOnly = errors.New("a view cannot write")
	// ErrBroken says that a row is there but its sealed bytes cannot be opened
	// or read: they were damaged or moved, or the key of the person is gone.
	// Trying again does not help.
	ErrBroken = errors.New("a stored row cannot be opened")
	// ErrAside says that something cannot be done together with others, and has to
	// be done by itself.
	ErrAside = errors.New("not together with others")
	// ErrTxOver says that a Tx was used after its function had returned.
	ErrTxOver = errors.New("the transaction is over")
)

// Forever is a QuietUntil that ends only when the person asks.
var Forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// defaultGroup is how many callers share one commit at most.
const defaultGroup = 64

// Options tell Open what to open.
type Options struct {
	// Path of the database file. Its folder is made with mode 0700 if it is
	// not there, and refused if others can look into it.
	Path string
	// URL of a PostgreSQL database instead of a Path, like
	// postgres://handrail@db.example.org/handrail?sslmode=verify-full, without
	// a password.
	URL string
	// Password for URL; empty: what PGPASSFILE or ~/.pgpass say, or none.
	Password string
	// Shared lets other copies have the database open at the same time that want
	// to share it, too: what one of them does for a person the others wait for,
	// and who speaks for an account is settled by leases (Beat). A file is never
	// shared.
	Shared bool
	// Master opens and seals. It must be the one the store was made with.
	Master *seal.Master
	// Log gets what Open upgraded and that the writer had to replace its
	// connection; nil: nothing.
	Log *slog.Logger
	// Group bounds how many callers share one commit; 0: 64.
	Group int

	moving bool // opened by a move, which may come when others may not
}

// Store is an open database. It is safe for use by many goroutines.
type Store struct {
	master *seal.Master
	log    *slog.Logger
	engine engine
	unlock func() error
	db     *dbutil.Database
	keys   *keyCache
	writer *writer
	past   restored
	owner  string // names this opening of the store among the copies that share it
	pulse  atomic.Pointer[Pulse]
	moves  *checkpointer // nil: the engine needs none
	views  chan *conn    // the reading connections that are free; nil: not open
	nviews int           // how many there are
}

// Open opens the store at o.Path or o.URL, makes or upgrades its schema, and
// starts the writer. It refuses on any doubt: ErrLocked, ErrFileMode, ErrWrongKey,
// ErrNewerSchema, ErrUnsafeDatabase.
func Open(ctx context.Context, o Options) (*Store, error) {
	return open(ctx, o, upgrades())
}

func open(ctx context.Context, o Options, table dbutil.UpgradeTable) (_ *Store, err error) {
	switch {
	case o.Path == "" && o.URL == "":
		return nil, errors.New("open store: no path")
	case o.Path != "" && o.URL != "":
		return nil, errors.New("open store: both a path and an address")
	case o.Master == nil:
		return nil, errors.New("open store: no master key")
	case o.Group < 0:
		return nil, errors.New("open store: group must not be negative")
	case o.Group == 0:
		o.Group = defaultGroup
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{master: o.Master, log: o.Log, engine: sqlite{o.Path}, owner: rand.Text(), keys: newKeyCache(keyCacheSize), views: make(chan *conn, readers)}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open store: %w", err)
			_ = s.release() // the first error is the one to tell
		}
	}()
	if o.URL != "" {
		e, err := newPostgres(o.URL, o.Password)
		if err != nil {
			return nil, err
		}
		e.shared = o.Shared
		s.engine = e
	}
	if s.unlock, err = s.engine.lock(); err != nil {
		return nil, err
	}
	if s.db, err = s.engine.open(ctx); err != nil {
		return nil, err
	}
	if err := s.upgrade(ctx, table); err != nil {
		return nil, err
	}
	first, err := openConn(ctx, s.engine, s.db.RawDB, true)
	if err != nil {
		return nil, err
	}
	s.writer = newWriter(s, first, o.Group)
	for range readers {
		var c *conn // of a server: opened when it is needed
		if !s.engine.remote() {
			if c, err = openConn(ctx, s.engine, s.db.ReadOnlyDB, false); err != nil {
				return nil, err
			}
		}
		s.views <- c
		s.nviews++
	}
	if !s.engine.remote() {
		if s.moves, err = newCheckpointer(ctx, s.engine, s.db); err != nil {
			return nil, err
		}
	}
	if err := s.checkKey(first); err != nil {
		return nil, err
	}
	if !o.moving {
		if err := notMoved(first); err != nil {
			return nil, err
		}
	}
	if s.past, err = loadRestored(first); err != nil {
		return nil, err
	}
	go s.writer.loop()
	return s, nil
}

// upgrade makes the schema or brings it to the newest version.
func (s *Store) upgrade(ctx context.Context, table dbutil.UpgradeTable) error {
	s.db.UpgradeTable = table
	s.db.Log = upgradeLog{dbutil.NoopLogger, s.log}
	over, err := s.engine.aloneFor(ctx, s.db, len(table))
	if err == nil {
		err = errors.Join(s.engine.fault(s.db.Upgrade(ctx)), over())
	}
	if errors.Is(err, dbutil.ErrUnsupportedDatabaseVersion) {
		return fmt.Errorf("%w (%w)", ErrNewerSchema, err)
	}
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	return nil
}

const (
	sqlGetMeta = `SELECT value FROM meta WHERE name = $1`
	sqlAddMeta = `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`
)

// metaKeyCheck is the row of meta by which the master key is known again.
const metaKeyCheck = "key_check"

// checkKey tells whether the master key fits. A new store remembers it.
func (s *Store) checkKey(c *conn) error {
	var check []byte
	err := c.row(sqlGetMeta, []any{metaKeyCheck}, &check)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if n, err := c.exec(sqlAddMeta, metaKeyCheck, s.master.Check()); err != nil {
			return fmt.Errorf("remember the master key: %w", err)
		} else if n == 0 { // another copy that began just now was quicker
			return s.checkKey(c)
		}
		return nil
	case err != nil:
		return fmt.Errorf("check the master key: %w", err)
	}
	if err := s.master.Verify(check); err != nil {
		return ErrWrongKey
	}
	return nil
}

// notMoved refuses a store that was moved away, or is not all here yet.
func notMoved(c *conn) error {
	for name, refusal := range map[string]error{metaMoved: ErrMoved, metaMoving: ErrMoving} {
		var value []byte
		err := c.row(sqlGetMeta, []any{name}, &value)
		if err == nil {
			return refusal
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for a move: %w", err)
		}
	}
	return nil
}

// Close waits for the Updates under way, refuses later ones, and closes the
// database once the Views under way have ended. Closing again does nothing.
func (s *Store) Close() error {
	if !s.writer.stop() {
		return nil
	}
	if err := s.release(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// release closes whatever is open, in the order in which it depends on each other.
func (s *Store) release() error {
	errs := []error{s.moves.close()}
	for range s.nviews {
		if c := <-s.views; c != nil {
			errs = append(errs, c.close())
		}
	}
	if s.writer != nil && s.writer.conn != nil {
		errs = append(errs, s.writer.conn.close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.unlock != nil {
		errs = append(errs, s.unlock())
	}
	return errors.Join(errs...)
}

// View runs fn on one consistent picture of the database, beside the writer.
// Writing through its Tx fails with ErrReadOnly. Keep it short: while it runs
// the write-ahead log cannot be emptied. On a server, it fails while the writer
// has no connection: without the lock another copy may be at work, and what is
// read could be sent twice.
func (s *Store) View(ctx context.Context, fn func(tx *Tx) error) error {
	return s.reading(ctx, s.engine.begin(false), func(c *conn) error {
		tx := &Tx{s: s, c: c, readOnly: true, loaded: map[PersonID]bool{}, alones: map[PersonID]bool{}}
		defer func() { tx.over = true }()
		return tx.run(fn)
	})
}

// reading runs fn with one of the reading connections after a first statement,
// and ends whatever transaction is open then.
func (s *Store) reading(ctx context.Context, first string, fn func(c *conn) error) error {
	var c *conn
	select {
	case <-s.writer.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	if lost := s.writer.lost.Load(); lost != nil {
		return fmt.Errorf("nobody holds the lock: %w", lost.err)
	}
	select {
	case c = <-s.views:
	case <-s.writer.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.views <- c }()
	c, err := s.start(ctx, c, first)
	if err != nil {
		return fmt.Errorf("begin view: %w", err)
	}
	defer func() {
		if c.control(sqlRollback) != nil { // there was nothing to lose
			c.discard()
			c = nil
		}
	}()
	return fn(c)
}

// start runs the first statement on c, or on a new connection in its place if
// there is none or it has died.
func (s *Store) start(ctx context.Context, c *conn, first string) (*conn, error) {
	if c != nil {
		if c.control(first) == nil {
			return c, nil
		}
		c.discard()
	}
	c, err := openConn(ctx, s.engine, s.db.ReadOnlyDB, false)
	if err != nil {
		return nil, err
	}
	if err := c.control(first); err != nil {
		c.discard()
		return nil, err
	}
	return c, nil
}
