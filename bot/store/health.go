package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Health is how a store is doing, in numbers alone. Nothing in it tells of one
// person.
type Health struct {
	People int64 // enrolled
	Talks  int64 // people who are in the middle of a script, or were interrupted in one

	Timers, TimersDue       int64 // steps that wait for a time, and whose time has come
	Schedules, SchedulesDue int64 // the same of what comes by itself
	// Late is how long the longest waiting of those that are due is overdue.
	Late time.Duration

	Waiting int64 // messages to send
	Lanes   int64 // conversations with something to send
	Due     int64 // those whose next try is due
	// Lag is how long the longest waiting of these has been due.
	Lag time.Duration
	// Tries is how often the most stubborn message was tried in vain.
	Tries int64

	Dead    int64 // messages that were given up, of people who are there
	DeadDay int64 // those of the last 24 hours
}

const (
	sqlHealthPeople = `SELECT (SELECT COUNT(*) FROM person), (SELECT COUNT(*) FROM person WHERE edition IS NOT NULL)`
	sqlHealthTimers = `SELECT COUNT(*), COUNT(CASE WHEN due <= $1 THEN 1 END), MIN(due) FROM timer`
	sqlHealthPlans  = `SELECT COUNT(*), COUNT(CASE WHEN next_due <= $1 THEN 1 END), MIN(next_due) FROM schedule WHERE next_due IS NOT NULL`
	sqlHealthOutbox = `SELECT COUNT(*) FROM outbox`
	sqlHealthLanes  = `SELECT COUNT(*), COUNT(CASE WHEN next_try <= $1 THEN 1 END), MIN(next_try), MAX(attempts) ` +
		`FROM lane WHERE next_try IS NOT NULL`
	sqlHealthDead = `SELECT COUNT(*), COUNT(CASE WHEN at > $1 THEN 1 END) FROM dead`
)

// Health counts. It reads whole indexes: for a status page, not for a loop.
func (s *Store) Health(ctx context.Context, now time.Time) (h Health, err error) {
	at := millis(now)
	err = s.View(ctx, func(tx *Tx) error {
		var timer, plan, lane, tries sql.NullInt64
		for _, q := range []struct {
			query string
			args  []any
			dest  []any
		}{
			{sqlHealthPeople, nil, []any{&h.People, &h.Talks}},
			{sqlHealthTimers, []any{at}, []any{&h.Timers, &h.TimersDue, &timer}},
			{sqlHealthPlans, []any{at}, []any{&h.Schedules, &h.SchedulesDue, &plan}},
			{sqlHealthOutbox, nil, []any{&h.Waiting}},
			{sqlHealthLanes, []any{at}, []any{&h.Lanes, &h.Due, &lane, &tries}},
			{sqlHealthDead, []any{at - (24 * time.Hour).Milliseconds()}, []any{&h.Dead, &h.DeadDay}},
		} {
			if err := tx.row(q.query, q.args, q.dest...); err != nil {
				return err
			}
		}
		h.Tries = tries.Int64
		h.Late, h.Lag = max(overdue(timer, at), overdue(plan, at)), overdue(lane, at)
		return nil
	})
	if err != nil {
		return Health{}, fmt.Errorf("look at the health of the store: %w", err)
	}
	return h, nil
}

// overdue is how long ago a moment was; 0 if there is none, or it is to come.
func overdue(due sql.NullInt64, now int64) time.Duration {
	if !due.Valid || due.Int64 > now {
		return 0
	}
	return time.Duration(now-due.Int64) * time.Millisecond
}

const sqlNotes = `SELECT kind, SUM(n) FROM note WHERE day >= $1 GROUP BY kind`

// Notes are how often each kind of thing was noted since the day of that moment
// (UTC). Their names are words of the program.
func (s *Store) Notes(ctx context.Context, since time.Time) (map[string]int64, error) {
	notes := map[string]int64{}
	err := s.View(ctx, func(tx *Tx) error {
		return tx.rows(sqlNotes, []any{since.Unix() / (24 * 60 * 60)}, func(scan func(...any) error) error {
			var kind string
			var n int64
			err := scan(&kind, &n)
			notes[kind] = n
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count the notes: %w", err)
	}
	return notes, nil
}

// Alive returns nil when the writer of the store takes its turn, whether or not
// the database lets it write; else the error of ctx.
func (s *Store) Alive(ctx context.Context) error {
	_ = s.Update(ctx, func(*Tx) error { return nil }) // an answer is a sign of life
	return ctx.Err()
}

// Health is Store.Health.
func (r *Reader) Health(ctx context.Context, now time.Time) (Health, error) {
	return r.s.Health(ctx, now)
}

// Notes is Store.Notes.
func (r *Reader) Notes(ctx context.Context, since time.Time) (map[string]int64, error) {
	return r.s.Notes(ctx, since)
}

// InUse tells whether a bot, or another program that may write, has the store
// open.
func (r *Reader) InUse(ctx context.Context) (used bool, err error) {
	if used, err = r.s.engine.inUse(ctx, r); err != nil {
		return false, fmt.Errorf("look for the lock: %w", err)
	}
	return used, nil
}

// inUse asks for the lock in a way that several may, and gives it back at once;
// lockFile waits for so long.
func (e sqlite) inUse(context.Context, *Reader) (bool, error) {
	f, err := os.Open(e.path + ".lock")
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // the lock goes with it
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err {
	case nil:
		return false, syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	case syscall.EWOULDBLOCK:
		return true, nil
	default:
		return false, err
	}
}

const sqlPostgresInUse = `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 ` +
	`AND classid = ($1::bigint >> 32) AND objid = ($1::bigint & 4294967295) ` +
	`AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`

func (postgres) inUse(ctx context.Context, r *Reader) (used bool, err error) {
	err = r.View(ctx, func(tx *Tx) error { return tx.row(sqlPostgresInUse, []any{int64(postgresLock)}, &used) })
	return used, err
}
