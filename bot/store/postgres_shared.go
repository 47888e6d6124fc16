package store

// What it takes for several copies of the program to work on one database, each
// with a session that writes. Together they keep one rule: whoever writes about
// a person first locks the row of that person, without waiting. Who does not get
// it is run again a little later (writer.later), so that no two transactions of
// many callers ever wait for each other. Under that lock everything holds that
// holds for the one writer of a file: what a person's rows say is what the last
// commit about them left.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mau.fi/util/dbutil"
)

const (
	sqlPostgresLock         = `SELECT pg_try_advisory_lock($1)`
	sqlPostgresLockShared   = `SELECT pg_try_advisory_lock_shared($1)`
	sqlPostgresUnlock       = `SELECT pg_advisory_unlock($1)`
	sqlPostgresUnlockShared = `SELECT pg_advisory_unlock_shared($1)`
	sqlPostgresVersioned    = `SELECT to_regclass('version') IS NOT NULL`
	sqlPostgresVersion      = `SELECT COALESCE(MAX(version), 0) FROM version`
	sqlPostgresClock        = `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`
)

// The ends of a query that locks the rows it reads until the transaction ends.
// On a file, whose writer is alone, they are left out.
const (
	lockPlain  = ` FOR NO KEY UPDATE NOWAIT`
	lockShared = ` FOR SHARE`
)

func (e postgres) several() bool { return e.shared }

func (postgres) clock() string { return sqlPostgresClock }

// What the server says when a statement got into the way of another session's.
const (
	stateLocked     = "55P03" // the row is locked, and the query does not wait
	stateDeadlock   = "40P01"
	stateSerialized = "40001"
)

func (postgres) again(err error) bool {
	var fault postgresFault
	if !errors.As(err, &fault) {
		return false
	}
	switch fault.err.Code {
	case stateLocked, stateDeadlock, stateSerialized:
		return true
	}
	return false
}

// aloneFor waits until the schema is as new as wanted, or until nobody else has
// the database open: copies that begin at the same moment make the schema once,
// and none is changed under the feet of a copy that works.
func (e postgres) aloneFor(ctx context.Context, db *dbutil.Database, version int) (func() error, error) {
	s := sessionLock{ctx: ctx, db: db.RawDB}
	done := func() error { return nil }
	if !e.shared || !s.older(version) || !s.ask(sqlPostgresUnlockShared) {
		return done, e.fault(s.err)
	}
	for range upgradeTries {
		if s.ask(sqlPostgresLock) {
			return func() error {
				s.ask(sqlPostgresLockShared)
				s.ask(sqlPostgresUnlock)
				return e.fault(s.err)
			}, e.fault(s.err)
		}
		if s.ask(sqlPostgresLockShared) {
			if !s.older(version) {
				return done, e.fault(s.err)
			}
			s.ask(sqlPostgresUnlockShared)
		}
		if s.err != nil {
			return done, e.fault(s.err)
		}
		time.Sleep(lockPause/2 + rand.N(lockPause)) //nolint:gosec // so that two do not keep step
	}
	return done, fmt.Errorf("the schema must be upgraded: %w", ErrLocked)
}

// sessionLock asks questions of the one writing session, until the first fault.
type sessionLock struct {
	ctx context.Context
	db  *sql.DB
	err error
}

func (s *sessionLock) ask(query string) (yes bool) {
	if s.err == nil {
		s.err = s.db.QueryRowContext(s.ctx, query, int64(postgresLock)).Scan(&yes)
	}
	return yes && s.err == nil
}

// older tells whether the schema is older than this version, or not there.
func (s *sessionLock) older(version int) bool {
	var there bool
	var have int
	if s.err == nil {
		s.err = s.db.QueryRowContext(s.ctx, sqlPostgresVersioned).Scan(&there)
	}
	if s.err == nil && there {
		s.err = s.db.QueryRowContext(s.ctx, sqlPostgresVersion).Scan(&have)
	}
	return s.err == nil && have < version
}
