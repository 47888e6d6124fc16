package store

import (
	"context"
	"fmt"
	"time"
)

// Timer is something that waits for a moment. A person has at most one of each
// kind. Seq is the session's number when it was set: a timer whose Seq is not
// the session's any more is stale.
type Timer struct {
	Person PersonID
	Kind   string // a word of the program, kept in clear
	Seq    int64
	Due    time.Time
}

const (
	sqlSetTimer = `INSERT INTO timer (person, kind, seq, due) VALUES ($1, $2, $3, $4) ` +
		`ON CONFLICT (person, kind) DO UPDATE SET seq = excluded.seq, due = excluded.due`
	sqlClearTimer = `DELETE FROM timer WHERE person = $1 AND kind = $2`
	sqlLoadTimer  = `SELECT seq, due FROM timer WHERE person = $1 AND kind = $2`
	sqlDueTimers  = `SELECT person, kind, seq, due FROM timer ` +
		`WHERE due <= $1 AND (abs(person % $2 - $3) < 1 OR due <= $4) ` +
		`AND ($5 = '' OR EXISTS (SELECT 1 FROM lane WHERE lane.person = timer.person AND lane.network = $5) OR ` +
		`EXISTS (SELECT 1 FROM person JOIN lane ON lane.person = person.id WHERE person.main = timer.person AND lane.network = $5)) ` +
		`ORDER BY due LIMIT $6`
)

// SetTimer sets the person's timer of this kind, in the place of the one that
// was there.
func (t *Tx) SetTimer(id PersonID, kind string, seq int64, due time.Time) error {
	if err := t.later(sqlSetTimer, int64(id), kind, seq, millis(due)); err != nil {
		return fmt.Errorf("set timer: %w", err)
	}
	return nil
}

// ClearTimer removes the person's timer of this kind, if there is one.
func (t *Tx) ClearTimer(id PersonID, kind string) error {
	if d := t.draft; d != nil && d.awaits(id, kind) {
		d.clear()
		return nil
	}
	if err := t.later(sqlClearTimer, int64(id), kind); err != nil {
		return fmt.Errorf("clear timer: %w", err)
	}
	return nil
}

// LoadTimer loads the person's timer of this kind, or fails with ErrNotFound. In
// an Update it locks the person (Own).
func (t *Tx) LoadTimer(id PersonID, kind string) (Timer, error) {
	if err := t.own(id); err != nil {
		return Timer{}, fmt.Errorf("load timer: %w", err)
	}
	if d := t.draft; d != nil && d.awaits(id, kind) {
		return d.Timer, nil
	}
	timer := Timer{Person: id, Kind: kind}
	var due int64
	if err := t.row(sqlLoadTimer, []any{int64(id), kind}, &timer.Seq, &due); err != nil {
		return Timer{}, fmt.Errorf("load timer: %w", err)
	}
	timer.Due = moment(due)
	return timer, nil
}

// othersAfter is how long something must be due before a copy looks at it that
// is another one's share: that one may hang.
const othersAfter = time.Minute

// DueTimers returns up to limit timers whose time has come, the earliest first,
// for the people who have a place on a network or for all ("").
// Firing one takes an Update that locks the person (Own) and loads it again.
// Copies that share the database each get their share.
func (s *Store) DueTimers(ctx context.Context, network string, now time.Time, limit int) ([]Timer, error) {
	var list []Timer
	n, k := s.share()
	args := []any{millis(now), n, k, millis(now.Add(-othersAfter)), network, limit}
	err := s.View(ctx, func(tx *Tx) error {
		return tx.rows(sqlDueTimers, args, func(scan func(...any) error) error {
			var timer Timer
			var due int64
			if err := scan(&timer.Person, &timer.Kind, &timer.Seq, &due); err != nil {
				return err
			}
			timer.Due = moment(due)
			list = append(list, timer)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("find due timers: %w", err)
	}
	return list, nil
}
