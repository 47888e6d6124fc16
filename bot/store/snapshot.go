package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Sound tells what Verify found.
type Sound struct {
	Counts
	Keys   int64 // keys of people that the master key opened
	Broken int64 // and those that it did not open: they were damaged
	Schema int
}

// Snapshot writes the store as it is at one moment into a new file at path, which
// a Store can be opened with, whichever database it comes from. It is consistent
// while a bot works with the store, and holds up nobody. What is sealed stays
// sealed. Deleted rows are not in it.
func (r *Reader) Snapshot(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("snapshot: %s exists and is not overwritten", path)
	}
	if err := makeFolder(path); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if err := r.s.engine.snapshot(ctx, r, path); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

const sqlSQLiteCopy = `VACUUM INTO $1`

// snapshot lets SQLite write a copy, inside one reading transaction of its own.
func (sqlite) snapshot(ctx context.Context, r *Reader, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // SQLite takes an empty file
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	c := <-r.s.views
	defer func() { r.s.views <- c }()
	_, err = c.c.ExecContext(ctx, r.s.engine.query(sqlSQLiteCopy), path)
	return err
}

// snapshot copies row by row what one reading transaction sees.
func (e postgres) snapshot(ctx context.Context, r *Reader, path string) (err error) {
	to, err := Open(ctx, Options{Path: path, Master: r.s.master})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return r.s.reading(ctx, e.begin(false), func(c *conn) error {
		for _, t := range moveTables() {
			if err := e.copyTable(ctx, c, to, t); err != nil {
				return fmt.Errorf("copy table %s: %w", t.name, e.fault(err))
			}
		}
		var past []byte
		err := c.row(sqlGetMeta, []any{metaRestored}, &past)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return to.Update(ctx, func(tx *Tx) error {
			_, err := tx.exec(sqlPutMeta, metaRestored, past)
			return err
		})
	})
}

const sqlPostgresColumns = `SELECT column_name FROM information_schema.columns ` +
	`WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`

// copyTable copies a table as far as the server has it: an older schema has less.
func (e postgres) copyTable(ctx context.Context, c *conn, to *Store, t moveTable) error {
	var columns []string
	err := c.rows(sqlPostgresColumns, []any{t.name}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		columns = append(columns, name)
		return err
	})
	if err != nil || len(columns) == 0 {
		return err
	}
	if err := copyRows(ctx, c, to, t, columns); err != nil || !t.numbered {
		return err
	}
	return e.copyNumber(ctx, c, to, t)
}

// copyRows copies rows in batches while they are read.
func copyRows(ctx context.Context, c *conn, to *Store, t moveTable, columns []string) error {
	rows, err := c.c.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+t.name+" ORDER BY "+strings.Join(t.keys, ", "))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	var batch [][]any
	flush := func() error {
		defer func() { batch = batch[:0] }()
		return to.Update(ctx, func(tx *Tx) error {
			for chunk := range slices.Chunk(batch, moveChunk) {
				if err := insert(tx, t, columns, chunk); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for rows.Next() {
		row, err := scanRow(rows.Scan, len(columns))
		if err != nil {
			return err
		}
		if batch = append(batch, row); len(batch) == moveBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return flush()
}

const (
	sqlPostgresSequence = `SELECT pg_get_serial_sequence($1, 'id')`
	sqlSQLiteRaise      = `UPDATE sqlite_sequence SET seq = CASE WHEN seq < $1 THEN $1 ELSE seq END WHERE name = $2`
	sqlSQLiteNumber     = `INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)`
)

// copyNumber lets ids go on from where the server stopped: one is never given
// twice, also not that of somebody who has gone.
func (e postgres) copyNumber(ctx context.Context, c *conn, to *Store, t moveTable) error {
	var sequence string
	if err := c.row(sqlPostgresSequence, []any{t.name}, &sequence); err != nil {
		return err
	}
	var last int64
	var given bool
	if err := c.c.QueryRowContext(ctx, "SELECT last_value, is_called FROM "+sequence).Scan(&last, &given); err != nil || !given {
		return err
	}
	return to.Update(ctx, func(tx *Tx) error {
		n, err := tx.exec(sqlSQLiteRaise, last, t.name)
		if err == nil && n == 0 {
			_, err = tx.exec(sqlSQLiteNumber, t.name, last)
		}
		return err
	})
}

const sqlPersonKeys = `SELECT person, wrapped FROM person_key`

// Verify reads the whole store in the file at o.Path, which nobody else has open:
// the structure of the file, what refers to what, and whether the master key opens
// the key of each person.
func Verify(ctx context.Context, o Options) (found Sound, err error) {
	s, err := Open(ctx, o)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	err = s.reading(ctx, s.engine.begin(false), func(c *conn) error {
		for pragma, good := range map[string]string{"integrity_check": "ok", "foreign_key_check": ""} {
			var said string
			err := c.c.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&said)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("verify: %w", err)
			}
			if said != good {
				return fmt.Errorf("verify: the file is damaged (%s)", pragma)
			}
		}
		return c.rows(sqlPersonKeys, nil, func(scan func(...any) error) error {
			var person int64
			var wrapped []byte
			if err := scan(&person, &wrapped); err != nil {
				return err
			}
			if _, err := s.master.Unwrap(person, wrapped); err != nil {
				found.Broken++
			} else {
				found.Keys++
			}
			return nil
		})
	})
	if err != nil {
		return found, err
	}
	found.Schema = NewestSchema()
	if found.Counts, err = s.Counts(ctx); err != nil {
		return found, err
	}
	return found, s.Scrub(ctx) // everything into the one file
}
