package store

import (
	"errors"

	"github.com/jackc/pgx/v5"
)

// What a crowd's statements look like to a server: one for many rows, with an
// array for each column. The rows of one call are of different persons.

// sqlPostgresOwnAll is sqlOwnPerson for many, in one order. Whom another copy
// has locked is left out.
const sqlPostgresOwnAll = `SELECT id FROM person WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`

const (
	sqlPostgresSaveAll = `UPDATE person SET state = r.state, quiet_until = r.quiet, seen = r.seen ` +
		`FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) AS r(state, quiet, seen, id, before) ` +
		`WHERE person.id = r.id AND substr(person.state, 1, 32) = r.before`
	sqlPostgresNeedAll = `UPDATE person SET state = r.state, quiet_until = r.quiet, seen = r.seen, edition = r.edition, parked_edition = r.parked ` +
		`FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[]) ` +
		`AS r(state, quiet, seen, edition, parked, id, before) ` +
		`WHERE person.id = r.id AND substr(person.state, 1, 32) = r.before`
	sqlPostgresMoveAll = `UPDATE schedule SET body = r.body, next_due = r.next, last_due = r.last ` +
		`FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) AS r(body, next, last, id, before) ` +
		`WHERE schedule.id = r.id AND substr(schedule.body, 1, 32) = r.before`
	sqlPostgresTakeAll = `UPDATE lane SET next_seq = r.next, next_try = COALESCE(next_try, r.now) ` +
		`FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) AS r(next, now, person, seq, key) ` +
		`WHERE lane.person = r.person AND lane.next_seq = r.seq ` +
		`AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.key = r.key) ` +
		`AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.person = r.person AND sent.key = r.key)`
	sqlPostgresPostAll = `INSERT INTO outbox (lane, seq, key, unprompted, body, doubt) ` +
		`SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::smallint[], $5::bytea[], $6::bigint[])`
	sqlPostgresTimeAll = `INSERT INTO timer (person, kind, seq, due) ` +
		`SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) ` +
		`ON CONFLICT (person, kind) DO UPDATE SET seq = excluded.seq, due = excluded.due`
	sqlPostgresUntimeAll = `DELETE FROM timer USING unnest($1::bigint[], $2::text[]) AS r(person, kind) ` +
		`WHERE timer.person = r.person AND timer.kind = r.kind`
	sqlPostgresClearAll = `DELETE FROM timer USING unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) AS r(person, kind, seq, due) ` +
		`WHERE timer.person = r.person AND timer.kind = r.kind AND timer.seq = r.seq AND timer.due = r.due`
)

// forMany is the statement for many rows in the place of one; "": there is none.
func forMany(query string) string {
	switch query {
	case sqlSaveDrafted:
		return sqlPostgresSaveAll
	case sqlNeedDrafted:
		return sqlPostgresNeedAll
	case sqlMoveDrafted:
		return sqlPostgresMoveAll
	case sqlTakeSeq:
		return sqlPostgresTakeAll
	case sqlAddPost:
		return sqlPostgresPostAll
	case sqlSetTimer:
		return sqlPostgresTimeAll
	case sqlClearDrafted:
		return sqlPostgresClearAll
	case sqlClearTimer:
		return sqlPostgresUntimeAll
	}
	return ""
}

// bulks runs statements, each for its rows, and fails with ErrAside where one has
// not changed what it must. On a server all travel at once.
func (c *conn) bulks(all []bulk) error {
	if c.e.remote() {
		return c.remoteBulks(all)
	}
	for _, b := range all {
		var n int64
		for _, args := range b.rows {
			one, err := c.exec(b.query, args...)
			if err != nil {
				return err
			}
			n += one
		}
		if err := b.changed(n); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) remoteBulks(all []bulk) error {
	var asked []kept
	answers := make([]int, len(all)) // how many each has
	for i, b := range all {
		before := len(asked)
		if many := forMany(b.query); many != "" {
			columns, err := turned(b.rows)
			if err != nil {
				return err
			}
			asked = append(asked, kept{many, columns})
		} else {
			for _, args := range b.rows {
				asked = append(asked, kept{b.query, args})
			}
		}
		answers[i] = len(asked) - before
	}
	var aside error
	err := c.pipe(nil, func(results pgx.BatchResults) error {
		for i, b := range all {
			var n int64
			for range answers[i] {
				tag, err := results.Exec()
				if err != nil {
					return err
				}
				n += tag.RowsAffected()
			}
			if aside == nil {
				aside = b.changed(n)
			}
		}
		return nil
	}, asked...)
	if aside != nil { // a later statement may have failed over the same thing
		return aside
	}
	return err
}

// turned makes an array of each column.
func turned(rows [][]any) ([]any, error) {
	columns := make([]any, len(rows[0]))
	for i := range columns {
		var err error
		switch first(rows, i).(type) {
		case []byte:
			columns[i], err = column[[]byte](rows, i)
		case string:
			columns[i], err = column[string](rows, i)
		case int:
			columns[i], err = column[int](rows, i)
		default:
			columns[i], err = column[int64](rows, i)
		}
		if err != nil {
			return nil, err
		}
	}
	return columns, nil
}

// first is the first value of a column that is there.
func first(rows [][]any, i int) any {
	for _, r := range rows {
		if r[i] != nil {
			return r[i]
		}
	}
	return nil
}

func column[T any](rows [][]any, i int) ([]*T, error) {
	list := make([]*T, len(rows))
	for j, r := range rows {
		if r[i] == nil {
			continue
		}
		v, ok := r[i].(T)
		if !ok {
			return nil, errors.New("a column of two types")
		}
		list[j] = &v
	}
	return list, nil
}
