package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// maxEditions is how many sets of scripts that are not current are kept at
	// most. Each costs the bot half a megabyte and its start 40 ms. A talk that
	// needs an older one goes on at its flow's safe step.
	maxEditions = 50
	// maxEditionAge is how long a set is kept after another took its place,
	// whoever still needs it: nobody who comes back after that expects to be in
	// the middle of a question.
	maxEditionAge = 90 * 24 * time.Hour
)

// Edition is a set of scripts that is current or that somebody may be in the
// middle of. Nothing in it is about a person.
type Edition struct {
	Number   int64
	Hash     string            // of the files
	Replaced time.Time         // when another took its place; zero: it is current
	Revs     map[string]string // the revision of each flow when the set was new
}

const (
	sqlFindEdition = `SELECT id FROM edition WHERE hash = $1`
	sqlAddEdition  = `INSERT INTO edition (hash, revs, scripts) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id`
	sqlReplace     = `UPDATE edition SET replaced = $1 WHERE replaced = 0 AND id <> $2`
	sqlUseEdition  = `UPDATE edition SET replaced = 0 WHERE id = $1 AND replaced <> 0`
	sqlEditions    = `SELECT id, hash, replaced, revs FROM edition WHERE replaced >= 0 ORDER BY replaced`
	sqlHasEdition  = `SELECT id FROM edition WHERE id = $1`
	sqlScripts     = `SELECT scripts FROM edition WHERE id = $1`
)

// UseEdition makes the set with this hash the current one and returns its
// number, which the set keeps for as long as it is there. Revs and the packed
// scripts are only looked at when it is new.
func (t *Tx) UseEdition(hash string, revs map[string]string, scripts []byte, now time.Time) (number int64, err error) {
	err = t.row(sqlFindEdition, []any{hash}, &number)
	if errors.Is(err, ErrNotFound) {
		number, err = t.addEdition(hash, revs, scripts)
	}
	if err != nil {
		return 0, fmt.Errorf("use edition: %w", err)
	}
	if _, err := t.exec(sqlReplace, max(millis(now), 1), number); err != nil {
		return 0, fmt.Errorf("use edition: %w", err)
	}
	if _, err := t.exec(sqlUseEdition, number); err != nil {
		return 0, fmt.Errorf("use edition: %w", err)
	}
	return number, nil
}

func (t *Tx) addEdition(hash string, revs map[string]string, scripts []byte) (number int64, err error) {
	names, err := json.Marshal(revs)
	if err != nil {
		return 0, fmt.Errorf("write revisions: %w", err)
	}
	err = t.change(sqlAddEdition, []any{hash, names, scripts}, &number)
	if errors.Is(err, ErrNotFound) { // another copy was quicker
		err = t.row(sqlFindEdition, []any{hash}, &number)
	}
	return number, err
}

// Editions lists the sets that there are: the current one, then the others, the
// one that was current last first.
func (t *Tx) Editions() ([]Edition, error) {
	var list []Edition
	err := t.rows(sqlEditions, nil, func(scan func(...any) error) error {
		var (
			e        Edition
			replaced int64
			revs     []byte
		)
		if err := scan(&e.Number, &e.Hash, &replaced, &revs); err != nil {
			return err
		}
		if err := json.Unmarshal(revs, &e.Revs); err != nil {
			return fmt.Errorf("read revisions: %w", err)
		}
		e.Replaced = moment(replaced)
		list = append(list, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list editions: %w", err)
	}
	if len(list) > 0 && list[0].Replaced.IsZero() {
		slices.Reverse(list[1:])
	} else {
		slices.Reverse(list)
	}
	return list, nil
}

// Scripts returns the packed files of a set, or fails with ErrNotFound.
func (t *Tx) Scripts(number int64) (scripts []byte, err error) {
	if err := t.row(sqlScripts, []any{number}, &scripts); err != nil {
		return nil, fmt.Errorf("load scripts: %w", err)
	}
	return scripts, nil
}

// kept returns the number of a set that a person is to need, or the one before
// where that set was forgotten meanwhile: the one before has the talk as well.
func (t *Tx) kept(number, before int64) (sql.NullInt64, error) {
	if number != 0 {
		err := t.row(sqlHasEdition, []any{number}, &number)
		if errors.Is(err, ErrNotFound) {
			number, err = before, nil
		}
		if err != nil {
			return sql.NullInt64{}, err
		}
	}
	return sql.NullInt64{Int64: number, Valid: number != 0}, nil
}

const (
	sqlPruneEditions = `DELETE FROM edition WHERE replaced > 0 AND (replaced < $1 ` +
		`OR replaced < $2 AND NOT EXISTS (SELECT 1 FROM person WHERE person.edition = edition.id) ` +
		`AND NOT EXISTS (SELECT 1 FROM person WHERE person.parked_edition = edition.id))`
	sqlCapEditions = `DELETE FROM edition WHERE replaced > 0 AND id IN ` +
		`(SELECT id FROM edition WHERE replaced > 0 ORDER BY replaced DESC, id DESC LIMIT 100000 OFFSET $1)`
)

// PruneEditions forgets the sets that nobody needs any more and that were
// replaced longer than grace ago, those that were replaced too long ago for
// anybody, and the oldest when there are too many. Within grace a turn that
// began on a set may still be about to say that it needs it.
func (t *Tx) PruneEditions(now time.Time, grace time.Duration) error {
	_, err := t.exec(sqlPruneEditions, millis(now.Add(-maxEditionAge)), millis(now.Add(-grace)))
	if err == nil {
		_, err = t.exec(sqlCapEditions, maxEditions)
	}
	if err != nil {
		return fmt.Errorf("prune editions: %w", err)
	}
	return nil
}
