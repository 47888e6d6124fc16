package store

import (
	"context"
	"errors"
	"fmt"

	"handrail/bot/seal"
)

// A rotation of the master key wraps the key of each person anew; what these
// sealed stays as it is. It is cut off and gone on with at any point: the check of
// the store comes first, so that from then on the old key alone is refused, and a
// mark says how far it came.

// metaRotated is the row of meta with the last person whose key was wrapped anew.
const metaRotated = "rotated"

const rotateBatch = 500 // keys in one commit

const (
	sqlKeysAfter = `SELECT person, wrapped FROM person_key WHERE person > $1 ORDER BY person LIMIT $2`
	sqlSetKey    = `UPDATE person_key SET wrapped = $1 WHERE person = $2`
	sqlCountKeys = `SELECT COUNT(*) FROM person_key`
	sqlSetCheck  = `UPDATE meta SET value = $1 WHERE name = $2`
	sqlDropMeta  = `DELETE FROM meta WHERE name = $1`
)

// Rotate brings the store at o from an old master key to a new one. Both opens
// what either sealed and seals with the new one; one is the new one alone. On nil
// the store opens with one, which was tried with the key of each person, and the
// old key opens nothing any more; broken is how many keys no key opens: they were
// damaged before, and stay as they are. After an error the same call goes on. The bot
// must not run: ErrLocked. Say is called as it goes on.
func Rotate(ctx context.Context, o Options, both, one *seal.Master, say func(done, all int64)) (broken int64, err error) {
	o.Master = both
	s, err := Open(ctx, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var all, done, last int64
	err = s.Update(ctx, func(tx *Tx) error {
		if _, err := tx.exec(sqlSetCheck, both.Check(), metaKeyCheck); err != nil {
			return err
		}
		mark, err := tx.meta(metaRotated)
		if err == nil && mark != nil {
			_, err = fmt.Sscan(string(mark), &last, &done)
		}
		if err != nil {
			return err
		}
		return tx.row(sqlCountKeys, nil, &all)
	})
	for more := err == nil; more && err == nil; {
		say(done, all)
		if err = ctx.Err(); err == nil {
			more, err = s.rewrap(ctx, both, &last, &done)
		}
	}
	if err == nil {
		broken, err = s.tryKeys(ctx, both, one, all)
	}
	if err == nil {
		err = s.Update(ctx, func(tx *Tx) error {
			_, err := tx.exec(sqlDropMeta, metaRotated)
			return err
		})
	}
	if err == nil {
		err = s.Scrub(ctx) // the old keys are in no file any more
	}
	if err != nil {
		return broken, fmt.Errorf("rotate: %w", err)
	}
	return broken, nil
}

// rewrap wraps the next keys anew; more is false when there were none.
func (s *Store) rewrap(ctx context.Context, both *seal.Master, last, done *int64) (more bool, err error) {
	type row struct {
		person  int64
		wrapped []byte
	}
	var rows []row
	to, n := *last, *done
	err = s.Update(ctx, func(tx *Tx) error {
		rows, to, n = nil, *last, *done
		err := tx.rows(sqlKeysAfter, []any{*last, rotateBatch}, func(scan func(...any) error) error {
			var r row
			err := scan(&r.person, &r.wrapped)
			rows = append(rows, r)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			to, n = r.person, n+1
			anew, err := both.Rewrap(r.person, r.wrapped)
			if err != nil {
				continue // tryKeys counts it
			}
			if _, err := tx.exec(sqlSetKey, anew, r.person); err != nil {
				return err
			}
		}
		return tx.putMeta(metaRotated, fmt.Append(nil, to, " ", n))
	})
	if err == nil {
		*last, *done = to, n
	}
	return len(rows) > 0, err
}

// tryKeys opens the key of each person with the new master key, and counts those
// that neither opens.
func (s *Store) tryKeys(ctx context.Context, both, one *seal.Master, all int64) (broken int64, err error) {
	var n int64
	err = s.reading(ctx, s.engine.begin(false), func(c *conn) error {
		n, broken = 0, 0
		return c.rows(sqlPersonKeys, nil, func(scan func(...any) error) error {
			var person int64
			var wrapped []byte
			if err := scan(&person, &wrapped); err != nil {
				return err
			}
			n++
			if _, err := one.Unwrap(person, wrapped); err == nil {
				return nil
			}
			if _, err := both.Unwrap(person, wrapped); err == nil {
				return errors.New("a key was left out: run it again")
			}
			broken++
			return nil
		})
	})
	if err == nil && n != all {
		err = fmt.Errorf("%d keys were there, and are %d now", all, n)
	}
	return broken, err
}
