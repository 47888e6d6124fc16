package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// A statement of which nobody needs the outcome before the transaction goes on
// is kept back on a server and travels with the next one that somebody waits
// for: what costs time there are the ways there and back. It has failed or not
// when its caller's part of the transaction ends (settle). A file has no way to
// go, and runs it at once.

// kept is a statement that was kept back.
type kept struct {
	query string
	args  []any
}

// later runs a query whose outcome can wait until settle.
func (c *conn) later(query string, args ...any) error {
	if c.e.remote() {
		c.kept = append(c.kept, kept{query, args})
		return nil
	}
	_, err := c.exec(query, args...)
	return err
}

// waiting tells whether something goes before the next statement: what was kept
// back, or the beginning of the transaction.
func (c *conn) waiting() bool { return len(c.kept) > 0 || c.owed == sqlBegin }

// settle runs what was kept back. Within a savepoint it ends that as well and
// begins the next one, all on one way, and tells so.
func (c *conn) settle(saved bool) (released bool, err error) {
	if len(c.kept) == 0 {
		return false, nil
	}
	var ends []string
	if saved {
		ends = []string{sqlRelease, sqlSavepoint}
	}
	err = c.pipe(ends, func(pgx.BatchResults) error { return nil })
	if err != nil {
		return false, err
	}
	c.saved = saved
	return saved, nil
}

// flush runs what was kept back before something that cannot go with it.
func (c *conn) flush() error {
	if !c.waiting() {
		return nil
	}
	return c.pipe(nil, func(pgx.BatchResults) error { return nil })
}

// piped is row for a query that travels with what was kept back.
func (c *conn) piped(query string, args []any, dest ...any) error {
	return c.pipe(nil, func(r pgx.BatchResults) error { return r.QueryRow().Scan(dest...) }, kept{query, args})
}

// pipedExec is exec for a query that travels with what was kept back.
func (c *conn) pipedExec(query string, args []any) (n int64, err error) {
	err = c.pipe(nil, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		n = tag.RowsAffected()
		return err
	}, kept{query, args})
	return n, err
}

// before takes what goes before the next statement, in its order. Where there is the
// beginning of the transaction among it, it stays owed until begun.
func (c *conn) before() (list []kept) {
	if c.owed == sqlBegin {
		list = append(list, kept{query: sqlBegin})
	}
	list = append(list, c.kept...)
	c.kept = nil
	return list
}

// begun looks whether a transaction that was owed has begun. Where it has not, since
// something could not even be sent, what follows must not run outside of one, and
// what was kept back is lost: the caller has failed.
func (c *conn) begun(conn *pgx.Conn) {
	switch {
	case c.owed != sqlBegin:
	case conn.PgConn().TxStatus() != txNone:
		c.owed = ""
	default:
		c.lame = true
	}
}

// pipe sends everything that was kept back, the statements at the end and the
// query for which read reads the answer, and takes the answers.
func (c *conn) pipe(ends []string, read func(pgx.BatchResults) error, asked ...kept) (err error) {
	ctx, done := c.e.patience()
	defer done()
	before := c.before()
	err = onPgx(c, func(conn *pgx.Conn) (err error) {
		var batch pgx.Batch
		for _, k := range before {
			batch.Queue(k.query, k.args...)
		}
		for _, statement := range ends {
			batch.Queue(statement)
		}
		for _, k := range asked {
			batch.Queue(k.query, k.args...)
		}
		results := conn.SendBatch(ctx, &batch)
		defer func() { err = errors.Join(err, results.Close()); c.begun(conn) }()
		for range len(before) + len(ends) {
			if _, err := results.Exec(); err != nil {
				return err
			}
		}
		return read(results)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return sql.ErrNoRows
	}
	return c.e.fault(err)
}

// onPgx hands fn the driver's own connection.
func onPgx(c *conn, fn func(*pgx.Conn) error) error {
	return c.c.Raw(func(raw any) error {
		inner, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of the wrong driver: %T", raw)
		}
		return fn(inner.Conn())
	})
}
