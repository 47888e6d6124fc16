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
	e     engine
	c     *sql.Conn
	stmts map[string]*sql.Stmt
	owed  string // a statement that the engine puts in front of the next one
	kept  []kept // statements kept back, see later
	saved bool   // the next savepoint is there already
	lame  bool   // a statement failed before the transaction that was owed began
}

func openConn(ctx context.Context, e engine, db *sql.DB, writes bool) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", e.fault(err))
	}
	if err := e.check(ctx, c, writes); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &conn{e: e, c: c, stmts: map[string]*sql.Stmt{}}, nil
}

// control runs a statement that begins, ends or divides a transaction. What was
// kept back and not settled is of a caller that failed, and forgotten.
func (c *conn) control(statement string) error {
	c.kept = nil
	saved := c.saved
	c.saved = false
	if saved && statement == sqlSavepoint {
		return nil
	}
	return c.e.control(c, statement)
}

// failed tells that the open transaction can only be rolled back.
func (c *conn) failed() bool { return c.e.failed(c) }

// stmt returns the prepared form of a query, which is a constant of this
// package with $1, $2 ... in order of appearance.
func (c *conn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(ctx, c.e.query(query))
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", c.e.fault(err))
	}
	c.stmts[query] = s
	return s, nil
}

// exec runs a query and tells how many rows it changed.
func (c *conn) exec(query string, args ...any) (int64, error) {
	if c.waiting() {
		return c.pipedExec(query, args)
	}
	ctx, done := c.e.patience()
	defer done()
	s, err := c.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, c.e.fault(err)
	}
	return res.RowsAffected()
}

// row runs a query and scans its one row into dest; no row is sql.ErrNoRows.
func (c *conn) row(query string, args []any, dest ...any) error {
	if c.waiting() {
		return c.piped(query, args, dest...)
	}
	ctx, done := c.e.patience()
	defer done()
	s, err := c.stmt(ctx, query)
	if err != nil {
		return err
	}
	return c.e.fault(s.QueryRowContext(ctx, args...).Scan(dest...))
}

// rows runs a query and calls each for every row.
func (c *conn) rows(query string, args []any, each func(scan func(...any) error) error) error {
	if err := c.flush(); err != nil {
		return err
	}
	ctx, done := c.e.patience()
	defer done()
	s, err := c.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return c.e.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return c.e.fault(rows.Err())
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
