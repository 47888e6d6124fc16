package store

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

const sqlSchedulesAfter = `SELECT id, person, name, body, COALESCE(next_due, 0), last_due FROM schedule WHERE id > $1 ORDER BY id LIMIT $2`

// SchedulesAfter returns up to limit schedules of anybody whose ID is larger
// than after, in order, and the ID to go on from; 0: these were all. Those that
// cannot be opened are left out.
func (s *Store) SchedulesAfter(ctx context.Context, after int64, limit int) (list []Schedule, last int64, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		var broken []int64
		list, broken, err = tx.readSchedules(sqlSchedulesAfter, after, limit)
		last = 0
		if len(list)+len(broken) == limit {
			for _, x := range list {
				last = max(last, x.ID)
			}
			for _, id := range broken {
				last = max(last, id)
			}
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("walk the schedules: %w", err)
	}
	return list, last, nil
}

// What the program notes about itself, nothing about a person.
const (
	metaClock      = "clock"      // unix ms: the latest time that it has seen
	metaBroadcasts = "broadcasts" // hash of what the organization sends
)

// Clock returns the latest time that was noted with NoteClock; zero: none was.
func (s *Store) Clock(ctx context.Context) (at time.Time, err error) {
	text, err := s.noted(ctx, metaClock)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, nil // of another program: as if there were none
	}
	return time.UnixMilli(ms), nil
}

// NoteClock notes what time it is.
func (s *Store) NoteClock(ctx context.Context, now time.Time) error {
	return s.note(ctx, metaClock, strconv.FormatInt(now.UnixMilli(), 10))
}

// Broadcasts returns what NoteBroadcasts noted last, "" for nothing.
func (s *Store) Broadcasts(ctx context.Context) (string, error) { return s.noted(ctx, metaBroadcasts) }

// NoteBroadcasts notes a hash of what the organization sends.
func (s *Store) NoteBroadcasts(ctx context.Context, hash string) error {
	return s.note(ctx, metaBroadcasts, hash)
}

func (s *Store) noted(ctx context.Context, name string) (text string, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		value, err := tx.meta(name)
		text = string(value)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read what the program noted: %w", err)
	}
	return text, nil
}

func (s *Store) note(ctx context.Context, name, text string) error {
	err := s.Update(ctx, func(tx *Tx) error {
		_, err := tx.exec(sqlPutMeta, name, []byte(text))
		return err
	})
	if err != nil {
		return fmt.Errorf("note about the program: %w", err)
	}
	return nil
}
