package store

import (
	"context"
	"database/sql"

	"go.mau.fi/util/dbutil"
)

// engine is what differs between the databases. The queries are the same.
type engine interface {
	// lock keeps a second copy of the program away until release; open has not
	// been called yet.
	lock() (release func() error, err error)
	// open opens the pool of the one writing connection and the pool for reading.
	open(ctx context.Context) (*dbutil.Database, error)
	// peek opens a pool for reading beside whoever holds the lock; ErrNoStore:
	// there is nothing to read.
	peek(ctx context.Context) (*dbutil.Database, error)
	// aloneFor makes sure that nobody else has the database open if its schema is
	// older than version; over ends that.
	aloneFor(ctx context.Context, db *dbutil.Database, version int) (over func() error, err error)
	// check refuses a connection that would lose what it has committed, and for
	// the writing one also what it would leave behind or let another copy do.
	check(ctx context.Context, c *sql.Conn, writes bool) error
	// query is a query of this package as the driver wants it.
	query(text string) string
	// begin is the statement that opens a transaction.
	begin(writes bool) string
	// control runs a statement that begins, ends or divides a transaction.
	control(c *conn, statement string) error
	// failed tells that a statement failed in the open transaction and that
	// nothing but rolling back is possible since.
	failed(c *conn) bool
	// patience bounds one statement.
	patience() (context.Context, context.CancelFunc)
	// fault takes out of an error of the driver what could quote a value.
	fault(err error) error
	// scrub takes what was deleted out of the files, as far as it can.
	scrub(ctx context.Context, s *Store) error
	// snapshot writes what one reading transaction sees into a new file at path.
	snapshot(ctx context.Context, r *Reader, path string) error
	// inUse tells whether anybody holds the lock.
	inUse(ctx context.Context, r *Reader) (bool, error)
	// remote tells that the database can go away and come back by itself.
	remote() bool
	// several tells that other copies of the program may have the database open.
	several() bool
	// again tells that an error is of a statement that got into the way of another
	// copy's, so that the same may work in a moment.
	again(err error) bool
	// clock is a query for the database's own time in unix milliseconds.
	clock() string
}
