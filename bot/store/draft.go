package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A draft sees the person and the schedule, or the timer, as they were read ahead and writes
// nothing: what it would write is kept, with what it went by. Commit takes many
// drafts into one transaction and writes what is alike at once. If a person, a
// schedule or a timer is not as it was any more, nothing of that commit is kept, and the
// caller does each by itself, as it does where a draft gave up with ErrAside.

// Run lets fn be the draft's turn. Its Tx fails with ErrAside on whatever cannot
// be put off until Commit. Run it once.
func (d *Draft) Run(fn func(tx *Tx) error) error {
	tx := d.tx()
	defer func() { tx.over = true }()
	return tx.run(fn)
}

func (d *Draft) tx() *Tx {
	return &Tx{s: d.s, readOnly: true, draft: d, alones: map[PersonID]bool{d.Person: d.loaded != nil}}
}

func (d *Draft) add(query string, args []any, sole bool) {
	d.writes = append(d.writes, statement{query, args, sole})
}

// read reads past the draft, in a picture of its own. What the draft has written
// itself it would not see.
func (d *Draft) read(t *Tx, query string, fn func(*Tx) error) error {
	for _, w := range d.writes {
		if strings.Contains(query, table(w.query)) {
			return ErrAside
		}
	}
	return d.s.View(context.Background(), func(v *Tx) error { return fn(v) })
}

// table is what a statement writes to.
func table(query string) string {
	words := strings.Fields(query)
	if len(words) < 3 {
		return query
	}
	if words[0] == "UPDATE" {
		return words[1]
	}
	return words[2] // INSERT INTO, DELETE FROM
}

func (d *Draft) person(arg any) (*Person, error) {
	id, ok := arg.(int64)
	if !ok || PersonID(id) != d.Person || d.saved || d.loaded == nil {
		return nil, ErrAside
	}
	p := d.loaded
	d.loaded = nil // it is the turn's now
	return p, nil
}

// noCase is ErrNotFound, or ErrAside for somebody of whom staff know.
func (d *Draft) noCase(id PersonID) error {
	if d.cased || id != d.Person {
		return ErrAside
	}
	return ErrNotFound
}

const (
	sqlSaveDrafted = `UPDATE person SET state = $1, quiet_until = $2, seen = $3 WHERE id = $4 AND substr(state, 1, 32) = $5`
	sqlNeedDrafted = `UPDATE person SET state = $1, quiet_until = $2, seen = $3, edition = $4, parked_edition = $5 ` +
		`WHERE id = $6 AND substr(state, 1, 32) = $7`
	sqlSaveAgain = `UPDATE person SET state = $1, quiet_until = $2, seen = $3 WHERE id = $4`
)

// front is the part of something sealed that tells it from all that was ever sealed:
// the nonce of 12 random bytes is in it.
func front(sealed []byte) []byte { return sealed[:min(32, len(sealed))] }

// save writes a person back, once with the state that was read ahead.
func (d *Draft) save(p *Person, state []byte) error {
	args := []any{state, millis(p.QuietUntil), millis(p.Seen)}
	need := [2]int64{p.Edition, p.ParkedEdition}
	switch {
	case p.ID != d.Person || d.saved && need != p.needed:
		return ErrAside
	case d.saved:
		d.add(sqlSaveAgain, append(args, int64(p.ID)), true)
	case need == p.needed:
		d.add(sqlSaveDrafted, append(args, int64(p.ID), front(d.Ahead.person.state)), true)
	default:
		for _, number := range need {
			if number != 0 {
				d.needs = append(d.needs, number)
			}
			args = append(args, nullable(number))
		}
		p.needed = need
		d.add(sqlNeedDrafted, append(args, int64(p.ID), front(d.Ahead.person.state)), true)
	}
	d.saved = true
	return nil
}

func nullable(number int64) any {
	if number == 0 {
		return nil
	}
	return number
}

const (
	sqlMoveDrafted   = `UPDATE schedule SET body = $1, next_due = $2, last_due = $3 WHERE id = $4 AND substr(body, 1, 32) = $5`
	sqlCancelDrafted = `DELETE FROM schedule WHERE id = $1 AND substr(body, 1, 32) = $2`
)

// move gives the schedule its next time.
func (d *Draft) move(body []byte, next any, last int64) {
	d.moved = true
	d.add(sqlMoveDrafted, []any{body, next, last, d.ID, front(d.schedule.body)}, true)
}

// cancel ends the schedule.
func (d *Draft) cancel() {
	d.moved = true
	d.add(sqlCancelDrafted, []any{d.ID, front(d.schedule.body)}, true)
}

// awaits tells whether a timer is the one that the draft is about, and still there.
func (d *Draft) awaits(id PersonID, kind string) bool {
	return d.ID == 0 && !d.moved && id == d.Person && kind == d.Timer.Kind
}

const sqlClearDrafted = `DELETE FROM timer WHERE person = $1 AND kind = $2 AND seq = $3 AND due = $4`

// clear takes the timer away, if it is still the one that was read.
func (d *Draft) clear() {
	d.moved = true
	d.add(sqlClearDrafted, []any{int64(d.Person), d.Timer.Kind, d.Timer.Seq, millis(d.Timer.Due)}, true)
}

const sqlTakeSeq = `UPDATE lane SET next_seq = $1, next_try = COALESCE(next_try, $2) WHERE person = $3 AND next_seq = $4 ` +
	`AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.key = $5) ` +
	`AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.person = $3 AND sent.key = $5)`

// take is sqlNextSeq for a draft.
func (d *Draft) take(id PersonID, key []byte, now time.Time) (int64, error) {
	if id != d.Person {
		return 0, ErrAside
	}
	seq := d.nextSeq + d.posts
	d.posts++
	d.add(sqlTakeSeq, []any{seq + 1, millis(now), int64(d.Person), seq, key}, true)
	return seq, nil
}

// Commit writes drafts together, or nothing and fails: with ErrAside where one
// of them is about something that changed meanwhile, or that another copy is at.
// Two drafts must not be of the same person. Who calls Update goes first, every
// other time. As with Update, the outcome of a
// commit that failed is unknown, and each must be safe to do again.
func (s *Store) Commit(ctx context.Context, drafts []*Draft) error {
	err := s.writer.do(ctx, &update{crowd: true, answer: make(chan error, 1), fn: func(tx *Tx) error {
		if err := tx.ownAll(drafts); err != nil {
			return err
		}
		there, err := tx.haveEditions(drafts)
		if err != nil {
			return err
		}
		return tx.writeAll(drafts, there)
	}})
	if err != nil {
		return fmt.Errorf("write for many: %w", err)
	}
	return nil
}

// ownAll is own for many.
func (t *Tx) ownAll(drafts []*Draft) error {
	if !t.s.engine.several() {
		return nil
	}
	ids := make([]int64, 0, len(drafts))
	for _, d := range drafts {
		ids = append(ids, int64(d.Person))
	}
	got := 0
	err := t.rows(sqlPostgresOwnAll, []any{ids}, func(scan func(...any) error) error {
		var id int64
		got++
		return scan(&id)
	})
	if err == nil && got != len(drafts) {
		return ErrAside
	}
	return err
}

// haveEditions looks whether the sets that drafts need are there. What a server is
// asked for that is for writeAll to send along.
func (t *Tx) haveEditions(drafts []*Draft) (bulk, error) {
	there := bulk{query: sqlHasEdition, sole: true}
	var seen []int64
	for _, d := range drafts {
		for _, number := range d.needs {
			if slices.Contains(seen, number) {
				continue
			}
			seen = append(seen, number)
			if t.s.engine.remote() {
				there.rows = append(there.rows, []any{number})
				continue
			}
			if there, err := t.any(sqlHasEdition, number); err != nil || !there {
				if err == nil {
					err = ErrAside
				}
				return bulk{}, err
			}
		}
	}
	return there, nil
}

// writeAll asks what is to be asked first, and writes what is alike of all drafts
// at once, and of each in its order.
func (t *Tx) writeAll(drafts []*Draft, first bulk) error {
	if t.over {
		return ErrTxOver
	}
	left := make([][]statement, len(drafts))
	for i, d := range drafts {
		left[i] = d.writes
	}
	all := []bulk{first}
	for {
		var next bulk
		for i, w := range left {
			if len(w) > 0 && (next.query == "" || w[0].query == next.query) {
				next.query, next.sole = w[0].query, w[0].sole
				next.rows = append(next.rows, w[0].args)
				left[i] = w[1:]
			}
		}
		if len(next.rows) == 0 {
			return t.c.bulks(all)
		}
		all = append(all, next)
	}
}

// bulk is a statement that is run once for each row. A sole one must change one
// row each time.
type bulk struct {
	query string
	rows  [][]any
	sole  bool
}

// changed is ErrAside if a sole statement has not changed as many as it must.
func (b bulk) changed(n int64) error {
	if b.sole && n != int64(len(b.rows)) {
		return ErrAside
	}
	return nil
}
