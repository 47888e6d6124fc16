package store

import (
	"context"
	"fmt"
	"time"
)

// The few posts that answer somebody are the way into this query, and not the
// many lanes that are due (CROSS JOIN keeps SQLite to that order, and PostgreSQL,
// which may have counted the lanes before a crowd was due, has no index for a sum).
const sqlDueAnswers = `SELECT DISTINCT lane.next_try, lane.person FROM outbox CROSS JOIN lane ` +
	`WHERE outbox.unprompted <> 1 AND lane.person = outbox.lane AND lane.next_try + 0 <= $1 AND lane.network = $2 ` +
	`ORDER BY lane.next_try LIMIT $3`

// DueAnswers is DueLanes for the lanes alone in which something waits that is no
// unprompted message: who is talking now comes before a crowd that is to hear
// something by itself.
func (s *Store) DueAnswers(ctx context.Context, network string, now time.Time, limit int) ([]int64, error) {
	lanes, err := s.lanes(ctx, sqlDueAnswers, network, now, limit)
	if err != nil {
		return nil, fmt.Errorf("find due answers: %w", err)
	}
	return lanes, nil
}

// lanes returns the lanes that a query finds, which gives the time of each in
// front of it.
func (s *Store) lanes(ctx context.Context, query, network string, now time.Time, limit int) ([]int64, error) {
	var lanes []int64
	err := s.View(ctx, func(tx *Tx) error {
		return tx.rows(query, []any{millis(now), network, limit}, func(scan func(...any) error) error {
			var due, lane int64
			if err := scan(&due, &lane); err != nil {
				return err
			}
			lanes = append(lanes, lane)
			return nil
		})
	})
	return lanes, err
}
