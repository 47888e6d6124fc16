package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"go.mau.fi/util/dbutil"

	"handrail/bot/seal"
)

// ErrNoStore says that there is no store where one was looked for.
var ErrNoStore = errors.New("there is no store here")

// Reader looks into a store without the lock, so also while a bot works with it.
// It makes, upgrades and changes nothing.
type Reader struct {
	*viewer
	schema int
}

// viewer keeps what of a Store cannot work here out of sight.
type viewer struct{ s *Store }

// OpenReader opens a store for looking. Without a master key only what is kept
// in clear can be read. It refuses a store that is not there (ErrNoStore), that a
// newer version has used (ErrNewerSchema), that was moved away or is not all
// there (ErrMoved, ErrMoving), and another's (ErrWrongKey).
func OpenReader(ctx context.Context, o Options) (_ *Reader, err error) {
	if (o.Path == "") == (o.URL == "") {
		return nil, errors.New("open store: a path or an address, and not both")
	}
	s := &Store{
		master: o.Master, log: slog.New(slog.DiscardHandler), engine: sqlite{o.Path},
		keys: newKeyCache(keyCacheSize), views: make(chan *conn, readers),
	}
	if s.master == nil {
		s.master = new(seal.Master) // opens nothing
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open store: %w", err)
			_ = s.release() // the first error is the one to tell
		}
	}()
	if o.URL != "" {
		if s.engine, err = newPostgres(o.URL, o.Password); err != nil {
			return nil, err
		}
	}
	if s.db, err = s.engine.peek(ctx); err != nil {
		return nil, err
	}
	s.writer = newWriter(s, nil, 1)
	close(s.writer.done) // its loop is never begun
	c, err := openConn(ctx, s.engine, s.db.ReadOnlyDB, false)
	if err != nil {
		return nil, err
	}
	s.views <- c
	s.nviews++
	r := &Reader{viewer: &viewer{s}}
	if r.schema, err = schemaOf(c); err != nil {
		return nil, err
	}
	if err := notMoved(c); err != nil {
		return nil, err
	}
	if o.Master == nil {
		return r, nil
	}
	var check []byte
	if err := c.row(sqlGetMeta, []any{metaKeyCheck}, &check); err != nil {
		return nil, fmt.Errorf("check the master key: %w", err)
	}
	if o.Master.Verify(check) != nil {
		return nil, ErrWrongKey
	}
	return r, nil
}

const sqlVersion = `SELECT version, COALESCE(compat, version) FROM version`

// schemaOf reads the version of the schema and refuses one that is too new.
func schemaOf(c *conn) (version int, err error) {
	var compat int
	switch err := c.row(sqlVersion, nil, &version, &compat); {
	case errors.Is(err, sql.ErrNoRows):
		return 0, ErrNoStore
	case err != nil:
		return 0, fmt.Errorf("read the version of the schema: %w", err)
	}
	if newest := NewestSchema(); version > newest && compat > newest {
		return version, ErrNewerSchema
	}
	return version, nil
}

// NewestSchema is the version of the schema that Open makes.
func NewestSchema() int { return len(upgrades()) }

// Schema is the version of the schema that the store has.
func (r *Reader) Schema() int { return r.schema }

// View is Store.View.
func (r *Reader) View(ctx context.Context, fn func(tx *Tx) error) error { return r.s.View(ctx, fn) }

// Counts is Store.Counts.
func (r *Reader) Counts(ctx context.Context) (Counts, error) { return r.s.Counts(ctx) }

// Close closes the connections.
func (r *Reader) Close() error { return r.s.Close() }

// peek opens the file for reading alone. The side files that SQLite needs beside
// it are made if nobody has it open.
func (e sqlite) peek(context.Context) (*dbutil.Database, error) {
	if _, err := os.Stat(e.path); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoStore
	}
	if err := examineFiles(e.path); err != nil {
		return nil, err
	}
	return openSQLiteURI(fileURI(e.path) + "?mode=ro&_busy_timeout=5000")
}

func openSQLiteURI(uri string) (*dbutil.Database, error) {
	raw, err := sql.Open(sqliteDriver, uri)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	raw.SetMaxOpenConns(readers)
	db, err := dbutil.NewWithDB(raw, sqliteDriver)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), raw.Close())
	}
	db.ReadOnlyDB = raw
	return db, nil
}

// peek opens a pool that can only read and asks for no lock.
func (e postgres) peek(ctx context.Context) (*dbutil.Database, error) {
	read := e.readPool()
	db, err := dbutil.NewWithDB(read, "pgx")
	if err == nil {
		db.ReadOnlyDB = read
		var made bool
		if err = read.QueryRowContext(ctx, sqlPostgresMade).Scan(&made); err == nil && !made {
			err = ErrNoStore
		}
	}
	if err != nil {
		return nil, errors.Join(e.fault(err), read.Close())
	}
	return db, nil
}
