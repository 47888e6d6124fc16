package store

// Everything that only SQLite knows is in this file: how it is opened, what is
// asserted about it, its pragmas and its error habits.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"go.mau.fi/util/dbutil"
	_ "go.mau.fi/util/dbutil/litestream" // registers sqliteDriver
)

// sqlite is the engine of a database in a file.
type sqlite struct{ path string }

const (
	// sqliteDriver sets foreign keys, WAL and synchronous=FULL on every
	// connection. The default, NORMAL, would after a power cut forget what had
	// been sent already, and the message would go out again.
	sqliteDriver = "sqlite3-fk-wal-fullsync"
	readers      = 4 // connections for View
)

// lock makes the folder of the database and locks the file beside it.
func (e sqlite) lock() (release func() error, err error) {
	if err := makeFolder(e.path); err != nil {
		return nil, err
	}
	l, err := lockFile(e.path + ".lock")
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// aloneFor does nothing: it is alone.
func (sqlite) aloneFor(context.Context, *dbutil.Database, int) (func() error, error) {
	return func() error { return nil }, nil
}

func (e sqlite) open(context.Context) (*dbutil.Database, error) { return openSQLite(e.path) }

// openSQLite opens the database file: one writing connection, because several
// are served unfairly by SQLite, and a pool of reading ones.
func openSQLite(path string) (*dbutil.Database, error) {
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	db, err := dbutil.NewFromConfig("handrail", dbutil.Config{
		PoolConfig: dbutil.PoolConfig{
			Type: sqliteDriver, MaxOpenConns: 1, MaxIdleConns: 1,
			URI: fileURI(path) + "?_txlock=immediate&_secure_delete=on&_busy_timeout=5000",
		},
		ReadOnlyPool: dbutil.PoolConfig{MaxOpenConns: readers + 1, MaxIdleConns: readers + 1}, // one is the checkpointer's
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// makeFolder makes the folder of the database with mode 0700, and refuses one
// that others can look into.
func makeFolder(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the database: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the folder of the database: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%w: folder %s has mode %04o: run `chmod 700 %s`, or put the database into a folder "+
			"of its own inside it", ErrFileMode, dir, mode, dir)
	}
	return nil
}

// prepareFile makes the database file with mode 0600, which SQLite gives to its
// side files too, and refuses files that others can read.
func prepareFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database file: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	return examineFiles(path)
}

// fileURI is the address of a file for SQLite.
func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
}

// examineFiles refuses files that others can read.
func examineFiles(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look at database file: %w", err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a file", name)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			return fmt.Errorf("%w: %s has mode %04o: run `chmod 600 %s`", ErrFileMode, name, mode, name)
		}
	}
	return nil
}

func (sqlite) check(ctx context.Context, c *sql.Conn, writes bool) error {
	if err := assertSQLite(ctx, c); err != nil || !writes {
		return err
	}
	if err := assertSecureDelete(ctx, c); err != nil {
		return err
	}
	for _, pragma := range []string{pragmaWriterCache, fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", walMost)} {
		if _, err := c.ExecContext(ctx, pragma); err != nil {
			return fmt.Errorf("set up the writing connection: %w", err)
		}
	}
	return nil
}

// pragmaWriterCache lets the writer keep the pages of a crowd's commit, in kB. With
// the 2 MB that SQLite gives they would be written to the log again and again.
const pragmaWriterCache = `PRAGMA cache_size = -16000`

// assertSQLite refuses a connection that would lose what it has committed.
func assertSQLite(ctx context.Context, c *sql.Conn) error {
	for _, want := range []struct{ pragma, value string }{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"},
	} {
		var got string
		if err := c.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			return fmt.Errorf("read pragma %s: %w", want.pragma, err)
		}
		if got != want.value {
			return fmt.Errorf("%w: %s is %s, not %s: the file system may lack what SQLite needs; use a local disk",
				ErrUnsafeDatabase, want.pragma, got, want.value)
		}
	}
	return nil
}

// assertSecureDelete refuses a writing connection that leaves deleted rows in
// the file.
func assertSecureDelete(ctx context.Context, c *sql.Conn) error {
	var on int
	if err := c.QueryRowContext(ctx, "PRAGMA secure_delete").Scan(&on); err != nil {
		return fmt.Errorf("read pragma secure_delete: %w", err)
	}
	if on != 1 {
		return fmt.Errorf("%w: secure_delete is %d, not 1", ErrUnsafeDatabase, on)
	}
	return nil
}

// query turns $1 into ?1. SQLite takes $1 for a name and numbers names by their
// first appearance, so that `SELECT $2, $1` would return them swapped.
// It has no locks of rows either: its writer is alone.
func (sqlite) query(text string) string {
	for _, lock := range []string{lockPlain, lockShared} {
		text = strings.TrimSuffix(text, lock)
	}
	return strings.ReplaceAll(text, "$", "?")
}

func (sqlite) begin(writes bool) string {
	if writes {
		return sqlBeginImmediate
	}
	return sqlBegin
}

const sqlBeginImmediate = `BEGIN IMMEDIATE`

func (sqlite) control(c *conn, statement string) error {
	_, err := c.exec(statement)
	return err
}

// failed is false: SQLite undoes a failed statement alone, or rolls back by
// itself and refuses the savepoint.
func (sqlite) failed(*conn) bool { return false }

func (sqlite) patience() (context.Context, context.CancelFunc) {
	return context.Background(), func() {}
}

func (sqlite) fault(err error) error { return err }

func (sqlite) remote() bool { return false }

func (sqlite) several() bool { return false }

func (sqlite) again(error) bool { return false }

func (sqlite) clock() string {
	return `SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`
}

// scrub moves the write-ahead log into the database and empties it, so that
// what was deleted is in neither. It waits for its turn among the Updates.
func (sqlite) scrub(ctx context.Context, s *Store) error {
	move := func(c *conn) error {
		var busy, log, done int
		row := c.c.QueryRowContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(TRUNCATE)")
		if err := row.Scan(&busy, &log, &done); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
		if busy != 0 {
			return errors.New("checkpoint: a reader was in the way")
		}
		return nil
	}
	alone := func(c *conn) error { return s.moves.alone(func() error { return move(c) }) }
	return s.writer.do(ctx, &update{alone: alone, answer: make(chan error, 1)})
}
