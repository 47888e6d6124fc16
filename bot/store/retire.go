package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	sqlSentBefore = `SELECT DISTINCT person FROM sent WHERE at < $1 AND event IS NOT NULL AND person > $2 ORDER BY person LIMIT $3`
	sqlOldSent    = `SELECT at, key, body FROM sent WHERE person = $1 AND at < $2 AND event IS NOT NULL`
	sqlUnsent     = `UPDATE sent SET event = NULL, body = NULL WHERE person = $1 AND key = $2`
)

// SentBefore lists people to whom something went out before a time that is still
// there, in the order of their numbers, behind one of them.
func (s *Store) SentBefore(ctx context.Context, before time.Time, behind PersonID, limit int) (ids []PersonID, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		return tx.rows(sqlSentBefore, []any{millis(before), int64(behind), limit}, func(scan func(...any) error) error {
			var id int64
			if err := scan(&id); err != nil {
				return err
			}
			ids = append(ids, PersonID(id))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("find old messages: %w", err)
	}
	return ids, nil
}

// Retire enqueues the removal of what went out to a person before a time, the
// oldest first and up to limit, and forgets what it was. It tells how many there
// were. Doing it again takes back nothing twice.
func (t *Tx) Retire(id PersonID, before, now time.Time, limit int) (int, error) {
	type row struct {
		at        int64
		key, body []byte
	}
	var old []row
	err := t.rows(sqlOldSent, []any{int64(id), millis(before)}, func(scan func(...any) error) error {
		var r row
		if err := scan(&r.at, &r.key, &r.body); err != nil {
			return err
		}
		old = append(old, r)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("retire: %w", err)
	}
	// A person's own messages are few, and the index of all people's is no help.
	slices.SortStableFunc(old, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	old = old[:min(limit, len(old))]
	for _, r := range old {
		var body sentBody
		err := t.unseal(id, r.body, &body, fieldSent)
		if err == nil {
			err = t.remove(id, body, now)
		}
		if err != nil && !errors.Is(err, ErrBroken) { // a broken one cannot be told, and is let go
			return 0, fmt.Errorf("retire: %w", err)
		}
		if _, err := t.exec(sqlUnsent, int64(id), r.key); err != nil {
			return 0, fmt.Errorf("retire: %w", err)
		}
	}
	return len(old), nil
}
