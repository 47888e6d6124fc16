package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"handrail/bot/chat"
)

// A person may write from two places, such as two networks. The first is the
// row of person that everything of theirs hangs from; the other is a row with an
// address, a key and a lane of its own, and with the number of the first in
// main. FindPerson and LoadPerson lead from either to the one person.

var (
	// ErrLinked says that a person has another place already.
	ErrLinked = errors.New("there is another place already")
	// ErrNotLinked says that a person has no other place.
	ErrNotLinked = errors.New("there is no other place")
)

const (
	sqlOthersOf = `SELECT id FROM person WHERE main = $1`
	sqlPlace    = `SELECT address FROM person WHERE id = $1 AND (id = $2 OR main = $2)`
	sqlSetMain  = `UPDATE person SET main = $1, state = $2, edition = NULL, parked_edition = NULL WHERE id = $3 AND main IS NULL`
	sqlFreeMain = `UPDATE person SET main = NULL WHERE id = $1`
)

// rowsOf lists the rows of a person, their own first.
func (t *Tx) rowsOf(id PersonID) (rows []PersonID, err error) {
	rows = []PersonID{id}
	err = t.rows(sqlOthersOf, []any{int64(id)}, func(scan func(...any) error) error {
		var row PersonID
		err := scan(&row)
		rows = append(rows, row)
		return err
	})
	if err != nil {
		return rows[:1], fmt.Errorf("find the places of a person: %w", err)
	}
	return rows, nil
}

// everywhere does something for every row of a person. Nobody is asked about the
// others of somebody who was read here and has none.
func (t *Tx) everywhere(id PersonID, fn func(row PersonID) error) error {
	rows := []PersonID{id}
	if !t.alones[id] {
		var err error
		if rows, err = t.rowsOf(id); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

// Other returns the row of the place where the person is not; 0: there is none.
func (t *Tx) Other(p *Person) (PersonID, error) {
	rows, err := t.rowsOf(p.ID)
	for _, row := range rows {
		if row != p.Row {
			return row, err
		}
	}
	return 0, err
}

// AddressOf reads where one of the person's places is.
func (t *Tx) AddressOf(p *Person, row PersonID) (chat.Address, error) {
	var sealed []byte
	var addr personAddress
	err := t.row(sqlPlace, []any{int64(row), int64(p.ID)}, &sealed)
	if err == nil {
		err = t.unseal(row, sealed, &addr, fieldAddress)
	}
	if err != nil {
		return chat.Address{}, fmt.Errorf("find a place of a person: %w", err)
	}
	return chat.Address(addr), nil
}

// Stand lets a person be in one of their places: what is said to them goes there.
// With one that is not theirs, or that cannot be read, they stay where they are.
func (t *Tx) Stand(p *Person, row PersonID) error {
	if row == 0 {
		row = p.ID
	}
	if row == p.Row {
		return nil
	}
	addr, err := t.AddressOf(p, row)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrBroken) {
		return nil
	}
	if err == nil {
		p.Row, p.Addr, p.loaded = row, addr, addr
	}
	return err
}

// readPlace reads the person that a row leads to; another tells that it is the
// row of another place, where the person then is.
func (t *Tx) readPlace(query string, arg any) (p *Person, another bool, err error) {
	p, main, err := t.readRow(query, arg)
	if p == nil || main == 0 {
		return p, false, err
	}
	of, _, errOf := t.readRow(t.alone(sqlLoadPerson, sqlLoadAlone), int64(main))
	if of == nil && errors.Is(errOf, ErrNotFound) {
		return p, false, err // nobody is there: it stands for itself
	}
	if of == nil {
		return nil, false, errOf
	}
	of.Linked = true
	of.Row, of.Addr, of.loaded = p.Row, p.Addr, p.loaded
	return of, true, errors.Join(errOf, err)
}

const (
	sqlPutLinkCode  = `INSERT INTO link_code (person, code, until) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET code = excluded.code, until = excluded.until`
	sqlDropLinkCode = `DELETE FROM link_code WHERE person = $1`
	sqlLinkCode     = `SELECT person FROM link_code WHERE code = $1 AND until > $2`
	sqlOldLinkCodes = `DELETE FROM link_code WHERE until <= $1`
)

func (s *Store) linkCode(code string) []byte { return s.index("link", code) }

// PutLinkCode keeps a code with which another place can be connected to the
// person, until then and in the place of an earlier one. Only its keyed hash is
// kept.
func (t *Tx) PutLinkCode(id PersonID, code string, until time.Time) error {
	if err := t.later(sqlPutLinkCode, int64(id), t.s.linkCode(code), millis(until)); err != nil {
		return fmt.Errorf("keep a code: %w", err)
	}
	return nil
}

// DropLinkCode forgets the person's code, if there is one.
func (t *Tx) DropLinkCode(id PersonID) error {
	if err := t.later(sqlDropLinkCode, int64(id)); err != nil {
		return fmt.Errorf("forget a code: %w", err)
	}
	return nil
}

// LinkCode tells whose code this is, or fails with ErrNotFound: it is nobody's,
// or its time is over.
func (t *Tx) LinkCode(code string, now time.Time) (id PersonID, err error) {
	if err := t.row(sqlLinkCode, []any{t.s.linkCode(code), millis(now)}, &id); err != nil {
		return 0, fmt.Errorf("look for a code: %w", err)
	}
	return id, nil
}

const (
	sqlKeepsItems = `SELECT 1 FROM item WHERE person = $1 AND list <> $2 LIMIT 1`
	sqlKeepsTimes = `SELECT 1 FROM schedule WHERE person = $1 LIMIT 1`
	sqlKeepsCases = `SELECT 1 FROM desk_case WHERE person = $1 LIMIT 1`
)

// Keeps tells whether there is anything of a person's own: a case, times, or
// lines on any list but one.
func (t *Tx) Keeps(id PersonID, but string) (bool, error) {
	for _, query := range []string{sqlKeepsItems, sqlKeepsTimes, sqlKeepsCases} {
		args := []any{int64(id)}
		if query == sqlKeepsItems {
			args = append(args, t.list(id, but))
		}
		keeps, err := t.any(query, args...)
		if err != nil {
			return false, fmt.Errorf("look what is kept of a person: %w", err)
		}
		if keeps {
			return true, nil
		}
	}
	return false, nil
}

// Link makes the place of other another place of p. Lines, times and cases of
// other are p's from then on; of two times with the same name p's stays. What
// waits in either place goes out as it would have. Whatever else other holds is
// the caller's to keep. ErrLinked: one of them has two places already.
func (t *Tx) Link(p, other *Person) error {
	if err := t.link(p, other); err != nil {
		return fmt.Errorf("link two places: %w", err)
	}
	return nil
}

func (t *Tx) link(p, other *Person) error {
	for _, who := range []*Person{p, other} {
		if rows, err := t.rowsOf(who.ID); err != nil || len(rows) > 1 {
			return errors.Join(err, ErrLinked)
		}
	}
	if p.ID == other.ID {
		return ErrLinked
	}
	for _, query := range []string{sqlDropTimers, sqlDropLinkCode} { // of a talk that ends here
		if _, err := t.exec(query, int64(other.ID)); err != nil {
			return err
		}
	}
	if err := t.absorb(p.ID, other.ID); err != nil {
		return err
	}
	none, err := t.seal(other.ID, personState{}, fieldState)
	if err != nil {
		return err
	}
	n, err := t.exec(sqlSetMain, int64(p.ID), none, int64(other.ID))
	if err == nil && n == 0 {
		err = ErrLinked
	}
	if err != nil {
		return err
	}
	p.Linked = true
	delete(t.alones, p.ID)
	return t.DropLinkCode(p.ID)
}

// Unlink parts a person from one of their two places, of which nothing is kept;
// what is theirs stays with the other. Gone is a person without a past in that
// place, who takes back what went out there since then; it is erased like one
// from Renew. ErrNotLinked: there is only one place. p must not be used any more.
func (t *Tx) Unlink(p *Person, place PersonID, since, now time.Time) (stay, gone *Person, err error) {
	stay, gone, err = t.unlink(p, place, since, now)
	if err != nil {
		return nil, nil, fmt.Errorf("part two places: %w", err)
	}
	return stay, gone, nil
}

func (t *Tx) unlink(p *Person, place PersonID, since, now time.Time) (stay, gone *Person, err error) {
	rows, err := t.rowsOf(p.ID)
	if err != nil {
		return nil, nil, err
	}
	if len(rows) != 2 || place != rows[0] && place != rows[1] {
		return nil, nil, ErrNotLinked
	}
	left, err := t.leave(place, since)
	if err != nil {
		return nil, nil, err
	}
	if place == p.Row {
		left.addr = p.Addr
	}
	q := *p
	stay = &q
	if rest := rows[0] + rows[1] - place; stay.Row != rest {
		addr, err := t.AddressOf(p, rest)
		if err != nil {
			return nil, nil, err
		}
		stay.Row, stay.Addr, stay.loaded = rest, addr, addr
	}
	if _, err := t.exec(sqlFreeMain, int64(rows[1])); err != nil {
		return nil, nil, err
	}
	if stay.ID != stay.Row { // everything moves
		if err := t.absorb(stay.Row, stay.ID); err != nil {
			return nil, nil, err
		}
		stay.ID, stay.needed = stay.Row, [2]int64{}
	}
	stay.Place, stay.Home, stay.Linked = 0, 0, false
	if err := t.savePerson(stay); err != nil {
		return nil, nil, err
	}
	if err := t.ErasePerson(place); err != nil {
		return nil, nil, err
	}
	if left.addr == (chat.Address{}) { // it cannot be read: nothing can be said there
		return stay, nil, nil
	}
	gone, err = t.arrive(left, now)
	return stay, gone, err
}

const (
	sqlAllItems   = `SELECT n, source, body, created FROM item WHERE person = $1`
	sqlDropItems  = `DELETE FROM item WHERE person = $1`
	sqlTakeTimers = `UPDATE timer SET person = $1 WHERE person = $2`
	sqlDropTimers = `DELETE FROM timer WHERE person = $1`
	sqlTakeCases  = `UPDATE desk_case SET person = $1 WHERE person = $2`
)

// absorb makes lines, times, timers and cases of one row those of another.
func (t *Tx) absorb(to, from PersonID) error {
	if err := t.absorbItems(to, from); err != nil {
		return err
	}
	schedules, err := t.Schedules(from)
	if err != nil {
		return err
	}
	for _, s := range schedules {
		s.Person = to
		_, err := t.FindSchedule(to, s.Name)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrBroken) {
			err = t.PutSchedule(s)
		}
		if err != nil {
			return err
		}
	}
	if err := t.CancelSchedule(from, "all"); err != nil {
		return err
	}
	for _, query := range []string{sqlTakeTimers, sqlTakeCases} {
		if _, err := t.exec(query, int64(to), int64(from)); err != nil {
			return err
		}
	}
	return nil
}

// absorbItems seals the lines of one row for another, oldest first. The index of
// the message that a line came from stays: it goes by the place.
func (t *Tx) absorbItems(to, from PersonID) error {
	type row struct {
		n, created   int64
		source, body []byte
	}
	var rows []row
	err := t.rows(sqlAllItems, []any{int64(from)}, func(scan func(...any) error) error {
		var r row
		err := scan(&r.n, &r.source, &r.body, &r.created)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.n, b.n)) })
	for _, r := range rows {
		var body personItem
		err := t.unseal(from, r.body, &body, fieldItem, r.n)
		if errors.Is(err, ErrBroken) {
			t.s.log.Error("a line of a list cannot be opened", "person", int64(from), "item", r.n)
			continue
		}
		if err != nil {
			return err
		}
		if err := t.addItem(to, body, r.source, r.created); err != nil {
			return err
		}
	}
	_, err = t.exec(sqlDropItems, int64(from))
	return err
}
