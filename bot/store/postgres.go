package store

// Everything that only PostgreSQL knows is in this file: how it is reached, how
// other copies are kept away, what is asserted about it, its transactions and
// its error habits. What it takes for several copies to work side by side is in
// postgres_shared.go.
//
// The lock that keeps other copies away belongs to the session that writes: a
// connection of the writing pool exists only while it holds the lock, alone or
// together with copies that were opened to share, so that
// losing the lock and losing the means to write are one event. A connection that
// was cut off keeps the lock until the server has ended its session, and with it
// whatever it was still doing, so that a commit of unknown outcome is over
// before the next one can begin.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"go.mau.fi/util/dbutil"
)

// postgres is the engine of a database on a PostgreSQL server.
type postgres struct {
	config *pgx.ConnConfig
	shared bool // with other copies
}

const (
	postgresLock    = 0x68616e647261696c    // advisory lock, per database; the letters are "handrail"
	postgresOldest  = 140000                // server version 14
	postgresConnect = 10 * time.Second      // to reach the server
	postgresPatient = 30 * time.Second      // for one statement
	lockTries       = 60                    // how often the lock is asked for,
	upgradeTries    = 300                   // and how often while another copy may be making the schema,
	lockPause       = 50 * time.Millisecond // with this pause: a dead session needs a moment to go
)

// CheckURL tells what is wrong with an address for Options.URL, without
// connecting and without quoting it.
func CheckURL(address string) error {
	_, err := newPostgres(address, "")
	return err
}

// Reach tells whether the database at o.URL can be reached and used, beside a
// copy of the program that may have it open. It changes nothing.
func Reach(ctx context.Context, o Options) error {
	e, err := newPostgres(o.URL, o.Password)
	if err != nil {
		return err
	}
	c, err := pgx.ConnectConfig(ctx, e.config)
	if err != nil {
		return e.fault(err)
	}
	return errors.Join(e.fault(assertPostgres(ctx, c)), c.Close(ctx))
}

// newPostgres reads the address. No error of it quotes the address, which could
// hold a password by mistake.
func newPostgres(address, password string) (postgres, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return postgres{}, errors.New("the address of the database is not of the form postgres://user@host/name")
	}
	q := u.Query()
	if _, there := u.User.Password(); there || q.Has("password") || q.Has("sslpassword") {
		return postgres{}, errors.New("the password does not belong into the address of the database: give it apart")
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return postgres{}, errors.New("the address of the database cannot be read: look at the names and values behind the question mark")
	}
	near := local(config.Host)
	for _, other := range config.Fallbacks {
		near = near && local(other.Host)
	}
	if !q.Has("sslmode") && !near {
		return postgres{}, fmt.Errorf("%w: add ?sslmode=verify-full to its address (or sslmode=disable, if the network "+
			"between here and there is yours alone)", ErrUnsafeDatabase)
	}
	if password != "" {
		config.Password = password
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = postgresConnect
	}
	for name, value := range map[string]string{
		"application_name": "handrail",
		"timezone":         "UTC",
		// A copy that hangs or is cut off must not hold the lock for ever.
		"idle_in_transaction_session_timeout": "10s",
		"tcp_keepalives_idle":                 "10",
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
		"tcp_user_timeout":                    "20s",
		// Each query has its index, and a server that has not counted its rows yet, or
		// counted them before a great many were due, must not read whole tables.
		"enable_seqscan":   "off",
		"enable_hashjoin":  "off",
		"enable_mergejoin": "off",
		// What is due is read in the order of its index. The server thinks that few
		// of it are the copy's own, and would rather collect all that is due, on
		// several processors, and sort it, once for each page: 0.9 s in the place of
		// 0.03 with 100,000 due.
		"enable_bitmapscan":               "off",
		"max_parallel_workers_per_gather": "0",
		"jit":                             "off", // 40 ms for a query that takes 5
	} {
		config.RuntimeParams[name] = value
	}
	return postgres{config: config}, nil
}

// local tells whether a host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// lock does nothing: each writing connection takes the lock itself.
func (postgres) lock() (release func() error, err error) { return func() error { return nil }, nil }

func (e postgres) open(ctx context.Context) (*dbutil.Database, error) {
	write := stdlib.OpenDB(*e.config, stdlib.OptionAfterConnect(e.claim))
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	read := e.readPool()
	db, err := dbutil.NewWithDB(write, "pgx")
	if err == nil {
		db.Owner, db.ReadOnlyDB = "handrail", read
		err = refuseForeign(ctx, write)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", e.fault(err)), write.Close(), read.Close())
	}
	return db, nil
}

// readPool makes the pool of the connections that only read.
func (e postgres) readPool() *sql.DB {
	config := e.config.Copy()
	config.RuntimeParams["default_transaction_read_only"] = "on"
	read := stdlib.OpenDB(*config)
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return read
}

const sqlPostgresMade = `SELECT to_regclass('person') IS NOT NULL`

const sqlPostgresForeign = `SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() ` +
	`AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = 'database_owner')`

// refuseForeign refuses a database in which another program has its tables.
func refuseForeign(ctx context.Context, db *sql.DB) error {
	var tables int
	if err := db.QueryRowContext(ctx, sqlPostgresForeign).Scan(&tables); err != nil {
		return err
	}
	if tables > 0 {
		return fmt.Errorf("%w: give Handrail a database of its own", dbutil.ErrForeignTables)
	}
	return nil
}

// claim makes a new connection fit for writing, or ends it.
func (e postgres) claim(ctx context.Context, c *pgx.Conn) error {
	err := assertPostgres(ctx, c)
	if err == nil {
		err = e.lockSession(ctx, c)
	}
	if err != nil {
		_ = c.Close(ctx) // the first error is the one to tell
	}
	return err
}

const sqlPostgresState = `SELECT current_setting('server_version_num')::int, current_setting('fsync'), ` +
	`current_setting('full_page_writes'), current_setting('synchronous_commit'), ` +
	`current_setting('transaction_read_only'), pg_backend_pid()`

// assertPostgres refuses a server that would lose what it has committed, and a
// connection that is not a session of its own.
func assertPostgres(ctx context.Context, c *pgx.Conn) error {
	var version int
	var fsync, pages, commit, readOnly string
	var pid uint32
	err := c.QueryRow(ctx, sqlPostgresState, pgx.QueryExecModeSimpleProtocol).Scan(&version, &fsync, &pages, &commit, &readOnly, &pid)
	if err != nil {
		return fmt.Errorf("read the settings of the server: %w", err)
	}
	for _, t := range []struct {
		bad  bool
		says string
	}{
		{version < postgresOldest, fmt.Sprintf("PostgreSQL 14 or newer is needed, this is version %d", version)},
		{fsync != "on", "fsync is off: set it to on in postgresql.conf"},
		{pages != "on", "full_page_writes is off: set it to on in postgresql.conf"},
		{commit == "off", "synchronous_commit is off: set it to on for this user and database"},
		{readOnly != "off", "it is read-only: is this a replica?"},
		{pid != c.PgConn().PID(), "there is a pooler in between that shares sessions: connect to the server itself"},
	} {
		if t.bad {
			return fmt.Errorf("%w: %s", ErrUnsafeDatabase, t.says)
		}
	}
	return nil
}

// lockSession takes the lock of the database for this session, alone or with
// other copies, or fails with ErrLocked.
func (e postgres) lockSession(ctx context.Context, c *pgx.Conn) error {
	query := sqlPostgresLock
	if e.shared {
		query = sqlPostgresLockShared
	}
	for range lockTries {
		var got bool
		if err := c.QueryRow(ctx, query, int64(postgresLock)).Scan(&got); err != nil {
			return fmt.Errorf("lock the database: %w", err)
		}
		if got {
			return nil
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ErrLocked
}

// check does nothing: claim has looked before anything was written.
func (postgres) check(context.Context, *sql.Conn, bool) error { return nil }

func (postgres) query(text string) string { return text }

const sqlPostgresView = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`

// begin needs no isolation for the writer: it is alone, or with other copies
// locks the person whom it is about before it reads what it goes by.
func (postgres) begin(writes bool) string {
	if writes {
		return sqlBegin
	}
	return sqlPostgresView
}

// The states of a transaction as the server reports them.
const (
	txNone   = 'I'
	txOpen   = 'T'
	txFailed = 'E'
)

var (
	errNotCommitted = errors.New("the server did not commit")
	errClosed       = errors.New("the connection was lost")
)

// control speaks to the server without database/sql, which hides what became of
// a commit: in a failed transaction the server takes COMMIT for ROLLBACK, and
// outside of one it says COMMIT too.
func (e postgres) control(c *conn, statement string) error {
	if statement == sqlBegin {
		c.owed, c.lame = statement, false // travels with the first statement
		return nil
	}
	err := onPostgres(c, func(pg *pgconn.PgConn) error {
		if c.owed == sqlBegin && (statement == sqlCommit || statement == sqlRollback) { // nothing was done
			c.owed = ""
			switch {
			case pg.IsClosed():
				return errClosed
			case statement == sqlCommit && c.lame:
				return errNotCommitted
			}
			return nil
		}
		commit := statement == sqlCommit
		if commit && pg.TxStatus() != txOpen {
			return errNotCommitted
		}
		text := statement
		switch {
		case statement == sqlRelease && pg.TxStatus() == txOpen:
			c.owed = statement // travels with the next savepoint; a commit releases by itself
			return nil
		case statement == sqlSavepoint && c.owed != "":
			text = c.owed + ";" + statement
		}
		c.owed = ""
		ctx, done := e.patience()
		defer done()
		results, err := pg.Exec(ctx, text).ReadAll()
		if err != nil {
			return err
		}
		if commit && (len(results) != 1 || results[0].CommandTag.String() != sqlCommit) {
			return errNotCommitted
		}
		return nil
	})
	return e.fault(err)
}

func (postgres) failed(c *conn) (failed bool) {
	err := onPostgres(c, func(pg *pgconn.PgConn) error {
		failed = pg.TxStatus() == txFailed
		return nil
	})
	return c.lame || failed && err == nil
}

// onPostgres hands fn the driver's own connection.
func onPostgres(c *conn, fn func(pg *pgconn.PgConn) error) error {
	return c.c.Raw(func(raw any) error {
		inner, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of the wrong driver: %T", raw)
		}
		return fn(inner.Conn().PgConn())
	})
}

func (postgres) patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), postgresPatient)
}

// postgresFault is an error of the server without what could quote a value.
type postgresFault struct{ err *pgconn.PgError }

// Error tells the code and, where that is safe, what the server said.
func (f postgresFault) Error() string {
	const dataException = "22" // quotes the value that did not fit
	if strings.HasPrefix(f.err.Code, dataException) {
		return "postgres: a value does not fit (SQLSTATE " + f.err.Code + ")"
	}
	return "postgres: " + f.err.Message + " (SQLSTATE " + f.err.Code + ")"
}

func (postgres) fault(err error) error {
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &connect):
		return err // names host, user and database
	case errors.As(err, &server):
		return postgresFault{server}
	case strings.Contains(err.Error(), "failed to encode"):
		return errors.New("postgres: an argument does not fit its statement") // the cause quotes it
	}
	return err
}

func (postgres) remote() bool { return true }

const sqlPostgresTables = `SELECT string_agg(quote_ident(tablename), ', ') FROM pg_catalog.pg_tables WHERE schemaname = current_schema()`

// scrub vacuums on a reading connection, so that nobody who writes has to wait.
func (e postgres) scrub(ctx context.Context, s *Store) error {
	return s.reading(ctx, sqlPing, func(c *conn) error {
		var tables string
		if err := c.row(sqlPostgresTables, nil, &tables); err != nil {
			return fmt.Errorf("list the tables: %w", err)
		}
		if _, err := c.c.ExecContext(ctx, "VACUUM (ANALYZE) "+tables); err != nil {
			return fmt.Errorf("vacuum: %w", e.fault(err))
		}
		return nil
	})
}
