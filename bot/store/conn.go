package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// conn is one database connection with the statements prepared on it so far.
// One goroutine uses it at a time. Its statements run to their end whatever
// becomes of the caller's context: they are short, and a statement cut off in
// the middle could take the transaction of many callers with it.
type conn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

func openConn(ctx context.Context, db *sql.DB) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := assertSQLite(ctx, c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &conn{c: c, stmts: map[string]*sql.Stmt{}}, nil
}

// stmt returns the prepared form of a query, which is a constant of this
// package with $1, $2 ... in order of appearance.
func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(context.Background(), placeholders(query))
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	c.stmts[query] = s
	return s, nil
}

// exec runs a query and tells how many rows it changed.
func (c *conn) exec(query string, args ...any) (int64, error) {
	s, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// row runs a query and scans its one row into dest; no row is sql.ErrNoRows.
func (c *conn) row(query string, args []any, dest ...any) error {
	s, err := c.stmt(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(dest...)
}

// rows runs a query and calls each for every row.
func (c *conn) rows(query string, args []any, each func(scan func(...any) error) error) error {
	s, err := c.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// close gives the connection back to its pool.
func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.c.Close())...)
}

// discard ends the connection for good, and with it whatever transaction it
// may still be in.
func (c *conn) discard() {
	for _, s := range c.stmts {
		_ = s.Close() // the connection ends anyway
	}
	_ = c.c.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.c.Close() // ErrConnDone: Raw has closed it
}
