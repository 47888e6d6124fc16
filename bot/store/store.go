// Package store keeps every row that the bot owns, and is the only place with
// SQL. What a person wrote, who they are and where they are is sealed (package
// seal) or found by a keyed index; in clear are counters, times, the name of
// the network and the kind of a timer. One Update is the only way to write: it
// is one savepoint in a commit that many callers share, and it returns after
// that commit is on the disk.
//
// The package never sends, never decides and never reads a clock. It never puts
// a value of a row into an error or a log.
//
// The SQL is for SQLite and fit for PostgreSQL: placeholders $1, $2 in order of
// first appearance, times as BIGINT milliseconds, and what only SQLite knows in
// sqlite.go alone.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
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
	// Master opens and seals. It must be the one the store was made with.
	Master *seal.Master
	// Log gets what Open upgraded and that the writer had to replace its
	// connection; nil: nothing.
	Log *slog.Logger
	// Group bounds how many callers share one commit; 0: 64.
	Group int
}

// Store is an open database. It is safe for use by many goroutines.
type Store struct {
	master *seal.Master
	log    *slog.Logger
	db     *dbutil.Database
	lock   *fileLock
	keys   *keyCache
	writer *writer
	views  chan *conn // the reading connections that are free
	nviews int        // how many there are
}

// Open opens the store at o.Path, makes or upgrades its schema, and starts the
// writer. It refuses on any doubt: ErrLocked, ErrFileMode, ErrWrongKey,
// ErrNewerSchema, ErrUnsafeDatabase.
func Open(ctx context.Context, o Options) (*Store, error) {
	return open(ctx, o, upgrades())
}

func open(ctx context.Context, o Options, table dbutil.UpgradeTable) (_ *Store, err error) {
	switch {
	case o.Path == "":
		return nil, errors.New("open store: no path")
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
	s := &Store{master: o.Master, log: o.Log, keys: newKeyCache(keyCacheSize), views: make(chan *conn, readers)}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open store: %w", err)
			_ = s.release() // the first error is the one to tell
		}
	}()
	if err := makeFolder(o.Path); err != nil {
		return nil, err
	}
	if s.lock, err = lockFile(o.Path + ".lock"); err != nil {
		return nil, err
	}
	if s.db, err = openSQLite(o.Path); err != nil {
		return nil, err
	}
	s.db.UpgradeTable = table
	s.db.Log = upgradeLog{dbutil.NoopLogger, o.Log}
	if err := s.db.Upgrade(ctx); err != nil {
		if errors.Is(err, dbutil.ErrUnsupportedDatabaseVersion) {
			return nil, fmt.Errorf("%w (%w)", ErrNewerSchema, err)
		}
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	first, err := openConn(ctx, s.db.RawDB)
	if err != nil {
		return nil, err
	}
	s.writer = newWriter(s, first, o.Group)
	if err := assertSecureDelete(ctx, first.c); err != nil {
		return nil, err
	}
	for range readers {
		c, err := openConn(ctx, s.db.ReadOnlyDB)
		if err != nil {
			return nil, err
		}
		s.views <- c
		s.nviews++
	}
	if err := s.checkKey(first); err != nil {
		return nil, err
	}
	go s.writer.loop()
	return s, nil
}

const (
	sqlGetMeta = `SELECT value FROM meta WHERE name = $1`
	sqlAddMeta = `INSERT INTO meta (name, value) VALUES ($1, $2)`
)

// checkKey tells whether the master key fits. A new store remembers it.
func (s *Store) checkKey(c *conn) error {
	var check []byte
	err := c.row(sqlGetMeta, []any{"key_check"}, &check)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if _, err := c.exec(sqlAddMeta, "key_check", s.master.Check()); err != nil {
			return fmt.Errorf("remember the master key: %w", err)
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
	var errs []error
	for range s.nviews {
		errs = append(errs, (<-s.views).close())
	}
	if s.writer != nil && s.writer.conn != nil {
		errs = append(errs, s.writer.conn.close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

// View runs fn on one consistent picture of the database, beside the writer.
// Writing through its Tx fails with ErrReadOnly. Keep it short: while it runs
// the write-ahead log cannot be emptied.
func (s *Store) View(ctx context.Context, fn func(tx *Tx) error) error {
	var c *conn
	select {
	case <-s.writer.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	select {
	case c = <-s.views:
	case <-s.writer.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.views <- c }()
	if _, err := c.exec(sqlBeginRead); err != nil {
		return fmt.Errorf("begin view: %w", err)
	}
	defer func() { _, _ = c.exec(sqlRollback) }() // there is nothing to lose
	tx := &Tx{s: s, c: c, readOnly: true}
	defer func() { tx.over = true }()
	return tx.run(fn)
}
