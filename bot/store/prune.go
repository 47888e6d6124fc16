package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	inboxAge   = 60 * 24 * time.Hour // how long a handled message is remembered
	sentAge    = 7 * 24 * time.Hour  // how long a sent message can be edited or reacted to
	pruneBatch = 500                 // rows in one Update, so that others get their turn
)

const (
	sqlPruneInbox = `DELETE FROM inbox WHERE event IN (SELECT event FROM inbox WHERE at < $1 ORDER BY at LIMIT $2)`
	// What went out about a case is known as long as the case is: its thread
	// hangs from it.
	sqlPruneSent = `DELETE FROM sent WHERE (person, key) IN (SELECT person, key FROM sent WHERE at < $1 ` +
		`AND NOT EXISTS (SELECT 1 FROM desk_case WHERE desk_case.lane = sent.person) ORDER BY at LIMIT $2)`
)

// Prune forgets the event ids of messages handled more than 60 days ago and of
// messages sent more than 7 days ago, and takes what was deleted since the last
// time out of the files (Scrub). It returns how many rows went. Once a day is
// enough.
func (s *Store) Prune(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for _, p := range []struct {
		query string
		age   time.Duration
	}{{sqlPruneInbox, inboxAge}, {sqlPruneSent, sentAge}} {
		for {
			var n int64
			err := s.Update(ctx, func(tx *Tx) (err error) {
				n, err = tx.exec(p.query, millis(now.Add(-p.age)), pruneBatch)
				return err
			})
			if err != nil {
				return total, fmt.Errorf("prune: %w", err)
			}
			total += int(n)
			if n < pruneBatch {
				break
			}
		}
	}
	err := s.Update(ctx, func(tx *Tx) error { return tx.later(sqlOldLinkCodes, millis(now)) })
	if err == nil {
		err = s.Scrub(ctx)
	}
	if err != nil {
		return total, fmt.Errorf("prune: %w", err)
	}
	return total, nil
}

// Scrub takes deleted rows out of the files of the store. On SQLite they are in
// no file any more afterwards. On PostgreSQL it vacuums: deleted rows leave
// their tables, but their bytes can stay in freed space until that is used
// again, in the write-ahead log until it is recycled, and in whatever archive or
// replica that log was sent to. What was sealed stays unreadable there without
// the master key.
func (s *Store) Scrub(ctx context.Context) error { return s.engine.scrub(ctx, s) }

// Counts are how many rows there are of what an operator asks about.
type Counts struct{ People, Outbox, Timers, Schedules, Dead int64 }

// What stands for a case, for the record or for another place is nobody.
const sqlCounts = `SELECT (SELECT COUNT(*) FROM person) - (SELECT COUNT(*) FROM desk_case WHERE lane IS NOT NULL) ` +
	`- (SELECT COUNT(*) FROM desk_record WHERE seq = 1) - (SELECT COUNT(*) FROM person WHERE main IS NOT NULL), (SELECT COUNT(*) FROM outbox), (SELECT COUNT(*) FROM timer), ` +
	`(SELECT COUNT(*) FROM schedule), (SELECT COUNT(*) FROM dead)`

// Counts counts. It reads whole indexes: for a status page, not for a loop.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	err := s.View(ctx, func(tx *Tx) error {
		return tx.row(sqlCounts, nil, &c.People, &c.Outbox, &c.Timers, &c.Schedules, &c.Dead)
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count: %w", err)
	}
	return c, nil
}

const sqlNextDue = `SELECT MIN(due) FROM (SELECT MIN(due) AS due FROM timer ` +
	`UNION ALL SELECT MIN(next_due) FROM schedule WHERE next_due IS NOT NULL ` +
	`UNION ALL SELECT MIN(next_try) FROM lane WHERE next_try IS NOT NULL) AS next`

// NextDue tells when the earliest timer, schedule or lane is due, and false
// when nothing waits at all.
func (s *Store) NextDue(ctx context.Context) (time.Time, bool, error) {
	var due sql.NullInt64
	err := s.View(ctx, func(tx *Tx) error { return tx.row(sqlNextDue, nil, &due) })
	if err != nil {
		return time.Time{}, false, fmt.Errorf("find what is due next: %w", err)
	}
	return moment(due.Int64), due.Valid, nil
}
