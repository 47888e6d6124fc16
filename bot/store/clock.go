package store

import (
	"context"
	"fmt"
	"time"
)

const (
	sqlFarLanes = `SELECT person FROM lane WHERE next_try > $1 ORDER BY next_try LIMIT $2`
	sqlNearLane = `UPDATE lane SET next_try = $1 WHERE person = $2 AND next_try > $3`
)

// nearPage is how many lanes one Nearer changes.
const nearPage = 1000

// Nearer makes every lane due whose next try lies more than most ahead, which
// is longer than anybody is made to wait: the clock was ahead when it was set,
// and has been put right since. It returns how many there were, at most 1000.
func (s *Store) Nearer(ctx context.Context, now time.Time, most time.Duration) (int, error) {
	var far []int64
	limit := millis(now.Add(most))
	err := s.View(ctx, func(tx *Tx) error {
		return tx.rows(sqlFarLanes, []any{limit, nearPage}, func(scan func(...any) error) error {
			var lane int64
			if err := scan(&lane); err != nil {
				return err
			}
			far = append(far, lane)
			return nil
		})
	})
	for _, lane := range far {
		if err != nil {
			break
		}
		err = s.Update(ctx, func(tx *Tx) error {
			if err := tx.own(PersonID(lane)); err != nil {
				return err
			}
			_, err := tx.exec(sqlNearLane, millis(now), lane, limit)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("bring tries nearer: %w", err)
	}
	return len(far), nil
}
