package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
)

// Keep is a database beside the store, in the same place but with tables of its
// own, for what the holder of a lease must find again when the lease moves: the
// keys of a device, how far it has read. It is one session of the server. When
// that ends, for whatever reason, it is not opened again: whoever has state in
// memory that goes with it must begin anew from what was committed, under
// another Keep.
type Keep struct {
	// DB has one connection.
	DB *sql.DB
	// Lost is closed when the session is found to have ended.
	Lost <-chan struct{}
}

// keepPatience is how long the server may take to give up a question.
const keepPatience = 5 * time.Second

var errNotShared = errors.New("this store is not shared")

// sqlPostgresEvict ends the sessions of holders before this one, and waits until
// they are gone: none of them can commit anything afterwards. A session says whose
// it is before it looks at the lease, so that one which still saw the old holder
// there is found here.
const sqlPostgresEvict = `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() ` +
	`AND starts_with(application_name, $1) AND application_name <> $2 AND NOT pg_terminate_backend(pid, 5000)`

// Keep opens the database beside the store for a lease that this copy holds
// (Pulse.Held). Whatever is still open of holders before is ended first. It fails
// with ErrFenced if the lease is gone.
func (s *Store) Keep(ctx context.Context, name string) (*Keep, error) {
	k, err := s.keep(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open what is kept for %s: %w", name, s.engine.fault(err))
	}
	return k, nil
}

func (s *Store) keep(ctx context.Context, name string) (*Keep, error) {
	e, ok := s.engine.(postgres)
	if !ok || !e.shared {
		return nil, errNotShared
	}
	epoch := s.epoch(name)
	if epoch <= 0 {
		return nil, ErrFenced
	}
	var home string // the schema of the store itself
	if err := s.View(ctx, func(tx *Tx) error { return tx.row(`SELECT current_schema()`, nil, &home) }); err != nil {
		return nil, err
	}
	prefix := "handrail keeps " + name + " "
	own := fmt.Sprintf("%s%d", prefix, epoch)
	schema := keptIn(name)
	config := e.config.Copy()
	config.RuntimeParams["application_name"] = own
	config.RuntimeParams["search_path"] = schema
	// A question that somebody does not wait for any more must not end the session.
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: keepPatience}
	}
	begin := func(ctx context.Context, c *pgx.Conn) error {
		if err := assertPostgres(ctx, c); err != nil {
			return err
		}
		var now, until int64
		if err := c.QueryRow(ctx, sqlPostgresClock).Scan(&now); err != nil {
			return err
		}
		err := c.QueryRow(ctx, `SELECT until FROM `+pgx.Identifier{home, "lease"}.Sanitize()+` WHERE name = $1 AND owner = $2 AND epoch = $3`,
			name, s.owner, epoch).Scan(&until)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && until <= now {
			return ErrFenced
		}
		if err != nil {
			return err
		}
		var left int
		if err := c.QueryRow(ctx, sqlPostgresEvict, prefix, own).Scan(&left); err != nil {
			return err
		}
		if left > 0 {
			return errors.New("a session of the holder before cannot be ended")
		}
		_, err = c.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+schema)
		return err
	}
	lost := make(chan struct{})
	var mu sync.Mutex
	opened := false
	once := func(ctx context.Context, c *pgx.Conn) error {
		mu.Lock()
		defer mu.Unlock()
		err := ErrFenced
		if !opened {
			if err = begin(ctx, c); err == nil {
				opened = true
				return nil
			}
		} else {
			select {
			case <-lost:
			default:
				close(lost)
			}
		}
		_ = c.Close(ctx) // the first error is the one to tell
		return err
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(once))
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Keep{DB: db, Lost: lost}, nil
}
