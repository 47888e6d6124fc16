package store

import (
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
)

// Case is a case of the desk as it is kept. Lane is the row of person that stands
// for it: what staff are told goes through its lane, its timer is the case's
// deadline, and with it everything of the case is erased.
type Case struct {
	desk.Case
	Person PersonID // who was handed over; 0: erased meanwhile
	Lane   PersonID
	// Said are the last messages that the person agreed to share, until they
	// are shown.
	Said []string
}

// caseBody is the sealed part of a case. The case inside repeats the number, so
// that a row cannot take the body of another.
type caseBody struct {
	Case desk.Case `json:"case"`
	Said []string  `json:"said,omitempty"`
}

const fieldCase = "desk_case.body"

const (
	sqlAddCase  = `INSERT INTO desk_case (person, body) VALUES ($1, $2) RETURNING id`
	sqlCaseLane = `UPDATE desk_case SET lane = $1 WHERE id = $2`
	sqlPutCase  = `UPDATE desk_case SET body = $1, open = $2 WHERE id = $3`
)

// NewCase makes a case of a person that nothing has happened to yet. Staff reads
// of it on the network.
func (t *Tx) NewCase(person PersonID, network string, now time.Time) (Case, error) {
	c := Case{Person: person}
	if err := t.change(sqlAddCase, []any{int64(person), []byte{}}, &c.ID); err != nil {
		return Case{}, fmt.Errorf("new case: %w", err)
	}
	lane, err := t.CreatePerson(chat.Address{Network: network, User: c.Name()}, now)
	if err != nil {
		return Case{}, fmt.Errorf("new case: %w", err)
	}
	c.Lane = lane.ID
	if _, err := t.exec(sqlCaseLane, int64(c.Lane), c.ID); err != nil {
		return Case{}, fmt.Errorf("new case: %w", err)
	}
	return c, nil
}

// PutCase writes a case back.
func (t *Tx) PutCase(c Case) error {
	sealed, err := t.seal(c.Lane, caseBody{c.Case, c.Said}, fieldCase, c.ID)
	if err != nil {
		return fmt.Errorf("put case: %w", err)
	}
	open := 0
	if c.Open() {
		open = 1
	}
	n, err := t.exec(sqlPutCase, sealed, open, c.ID)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("put case: %w", err)
	}
	return nil
}

const (
	sqlLoadCase  = `SELECT id, COALESCE(person, 0), lane, body FROM desk_case WHERE id = $1 AND lane IS NOT NULL`
	sqlCaseOf    = `SELECT id, COALESCE(person, 0), lane, body FROM desk_case WHERE person = $1 AND lane IS NOT NULL ORDER BY id DESC LIMIT 1`
	sqlCaseIn    = `SELECT id, COALESCE(person, 0), lane, body FROM desk_case WHERE lane = $1`
	sqlOpenCases = `SELECT id, COALESCE(person, 0), lane, body FROM desk_case WHERE open = 1 AND lane IS NOT NULL ORDER BY id`
	sqlPersonOf  = `SELECT COALESCE(person, 0) FROM desk_case WHERE lane = $1`
)

// LoadCase loads a case by its number, or fails with ErrNotFound.
func (t *Tx) LoadCase(id int64) (Case, error) { return t.oneCase(sqlLoadCase, id) }

// CaseOf loads the newest case of a person, or fails with ErrNotFound. In an
// Update the person is locked already (Own).
func (t *Tx) CaseOf(person PersonID) (Case, error) {
	if d := t.draft; d != nil {
		return Case{}, d.noCase(person)
	}
	return t.oneCase(sqlCaseOf, int64(person))
}

// CaseIn loads the case with this lane, or fails with ErrNotFound. In an Update
// it locks the person of the case first (Own), who is changed with it.
func (t *Tx) CaseIn(lane PersonID) (Case, error) {
	if t.s.engine.several() && !t.readOnly {
		var person int64
		if err := t.row(sqlPersonOf, []any{int64(lane)}, &person); err != nil {
			return Case{}, fmt.Errorf("find case: %w", err)
		}
		if err := t.own(PersonID(person)); err != nil {
			return Case{}, fmt.Errorf("find case: %w", err)
		}
	}
	return t.oneCase(sqlCaseIn, int64(lane))
}

func (t *Tx) oneCase(query string, arg int64) (Case, error) {
	list, err := t.cases(query, arg)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Case{}, fmt.Errorf("find case: %w", err)
	}
	return list[0], nil
}

// OpenCases returns every case that is not over, oldest first, but for those
// that cannot be opened.
func (t *Tx) OpenCases() ([]Case, error) {
	list, err := t.cases(sqlOpenCases)
	if err != nil && !errors.Is(err, ErrBroken) {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return list, nil
}

// cases reads cases; along with ErrBroken come those that can be read.
func (t *Tx) cases(query string, args ...any) (list []Case, err error) {
	type row struct {
		id, person, lane int64
		body             []byte
	}
	var rows []row
	err = t.rows(query, args, func(scan func(...any) error) error {
		var r row
		if err := scan(&r.id, &r.person, &r.lane, &r.body); err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var broken error
	for _, r := range rows {
		var body caseBody
		err := t.unseal(PersonID(r.lane), r.body, &body, fieldCase, r.id)
		if err == nil && body.Case.ID != r.id {
			err = fmt.Errorf("%w: a case with the body of another", ErrBroken)
		}
		if errors.Is(err, ErrBroken) {
			broken = err
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, Case{Case: body.Case, Person: PersonID(r.person), Lane: PersonID(r.lane), Said: body.Said})
	}
	return list, broken
}

const (
	sqlLanesOf   = `SELECT lane FROM desk_case WHERE person = $1 AND lane IS NOT NULL`
	sqlLeaveCase = `UPDATE desk_case SET person = NULL, open = 0 WHERE person = $1`
)

// LeaveCases parts a person from their cases before they are erased, and returns
// the lanes: what was said there is to be taken back, and then they end
// (ErasePerson).
func (t *Tx) LeaveCases(person PersonID) ([]PersonID, error) {
	lanes, err := t.lanesOf(person)
	if err == nil && len(lanes) > 0 {
		_, err = t.exec(sqlLeaveCase, int64(person))
	}
	if err != nil {
		return nil, fmt.Errorf("leave cases: %w", err)
	}
	return lanes, nil
}

func (t *Tx) lanesOf(person PersonID) (lanes []PersonID, err error) {
	err = t.rows(sqlLanesOf, []any{int64(person)}, func(scan func(...any) error) error {
		var lane PersonID
		if err := scan(&lane); err != nil {
			return err
		}
		lanes = append(lanes, lane)
		return nil
	})
	return lanes, err
}
