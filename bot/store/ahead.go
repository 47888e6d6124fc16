package store

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"handrail/bot/chat"
	"handrail/bot/seal"
)

// Ahead is a schedule or a timer whose time has come, with all that its turn is
// likely to read about the person: read for many at once, still sealed.
type Ahead struct {
	ID     int64 // of the schedule; 0: it is the timer
	Timer  Timer
	Person PersonID

	schedule     scheduleRow
	person       personRow
	wrapped      []byte // key
	nextSeq      int64  // of the lane
	waits, cased bool   // something unprompted waits; there is or was a case
}

// aheadOf is what both queries read of the person whose lane it is.
const aheadOf = `person.address, person.state, person.quiet_until, person.created, person.seen, person.edition, person.parked_edition, person.main, ` +
	`person_key.wrapped, lane.next_seq, ` +
	`EXISTS (SELECT 1 FROM outbox WHERE outbox.lane = lane.person AND outbox.unprompted = 1), ` +
	`EXISTS (SELECT 1 FROM desk_case WHERE desk_case.person = lane.person) `

// The order of next_due leads (CROSS JOIN keeps SQLite to it). abs(x - $3) < 1 is
// x = $3, of which PostgreSQL would think that it seldom holds, and sort.
const sqlDueAhead = `SELECT schedule.id, schedule.person, schedule.name, schedule.body, schedule.next_due, schedule.last_due, ` + aheadOf +
	`FROM schedule CROSS JOIN person CROSS JOIN person_key CROSS JOIN lane ` +
	`WHERE schedule.next_due <= $1 AND (abs(schedule.person % $2 - $3) < 1 OR schedule.next_due <= $4) ` +
	`AND person.id = schedule.person AND person_key.person = schedule.person AND lane.person = schedule.person ` +
	`AND ($5 = '' OR lane.network = $5) ORDER BY schedule.next_due LIMIT $6`

const sqlTimersAhead = `SELECT timer.person, timer.seq, timer.due, ` + aheadOf +
	`FROM timer CROSS JOIN person CROSS JOIN person_key CROSS JOIN lane ` +
	`WHERE timer.due <= $1 AND (abs(timer.person % $2 - $3) < 1 OR timer.due <= $4) ` +
	`AND person.id = timer.person AND person_key.person = timer.person AND lane.person = timer.person ` +
	`AND ($5 = '' OR lane.network = $5) AND timer.kind = $6 ORDER BY timer.due LIMIT $7`

// DueAhead is DueSchedules for many, to be run as drafts. One that lacks
// something, or cannot be opened, is left to DueSchedules.
func (s *Store) DueAhead(ctx context.Context, network string, now time.Time, limit int) ([]Ahead, error) {
	return s.ahead(ctx, sqlDueAhead, network, now, limit, func(a *Ahead, rest []any) []any {
		r := &a.schedule
		return append([]any{&r.id, &r.person, &r.name, &r.body, &r.next, &r.last}, rest...)
	})
}

// TimersAhead is DueTimers for many timers of one kind, to be run as drafts.
func (s *Store) TimersAhead(ctx context.Context, network, kind string, now time.Time, limit int) ([]Ahead, error) {
	return s.ahead(ctx, sqlTimersAhead, network, now, limit, func(a *Ahead, rest []any) []any {
		a.Timer.Kind = kind
		return append([]any{&a.schedule.person, &a.Timer.Seq, &a.schedule.next}, rest...)
	}, kind)
}

// ahead reads the rows that a query finds; head puts what is special to it before
// the fields that a row ends with.
func (s *Store) ahead(ctx context.Context, query, network string, now time.Time, limit int,
	head func(a *Ahead, rest []any) []any, kind ...any,
) ([]Ahead, error) {
	var list []Ahead
	n, k := s.share()
	args := append([]any{millis(now), n, k, millis(now.Add(-othersAfter)), network}, kind...)
	err := s.View(ctx, func(tx *Tx) error {
		list = nil // mostly nothing is due, or a few
		return tx.rows(query, append(args, limit), func(scan func(...any) error) error {
			var a Ahead
			r, p := &a.schedule, &a.person
			err := scan(head(&a, []any{
				&p.address, &p.state, &p.quiet, &p.created, &p.seen, &p.edition, &p.parked, &p.of,
				&a.wrapped, &a.nextSeq, &a.waits, &a.cased,
			})...)
			a.ID, a.Person = r.id, PersonID(r.person)
			a.Timer.Person, a.Timer.Due = a.Person, moment(r.next)
			p.id = a.Person
			list = append(list, a)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("find what is due for many: %w", err)
	}
	return list, nil
}

// Draft makes a draft for what is due, or fails with ErrAside if it cannot be
// opened.
func (s *Store) Draft(a Ahead) (*Draft, error) {
	d := &Draft{s: s, Ahead: a}
	k, ok := s.keys.get(a.Person)
	if !ok { // a crowd must not drive those out of the cache who talk
		var err error
		if k, err = s.master.Unwrap(int64(a.Person), a.wrapped); err != nil {
			return nil, ErrAside
		}
	}
	d.key = k
	tx := d.tx()
	p, err := tx.openPerson(a.person)
	if err != nil || !tx.alones[p.ID] {
		return nil, ErrAside
	}
	d.loaded, d.Addr = p, p.Addr
	if a.ID == 0 {
		return d, nil
	}
	if d.planned, err = tx.openSchedule(a.schedule); err != nil {
		return nil, ErrAside
	}
	return d, nil
}

// scheduleRow is a row of schedule as the database has it.
type scheduleRow struct {
	id, person, next, last int64
	name, body             []byte
}

// openSchedule opens a row, or fails with ErrBroken.
func (t *Tx) openSchedule(r scheduleRow) (Schedule, error) {
	var body scheduleBody
	person := PersonID(r.person)
	if err := t.unseal(person, r.body, &body, fieldSchedule); err != nil {
		return Schedule{}, err
	}
	if !bytes.Equal(t.s.scheduleName(person, body.Name), r.name) {
		return Schedule{}, ErrBroken
	}
	return Schedule{
		ID: r.id, Person: person, Name: body.Name, Flow: body.Flow, Cron: body.Cron, Zone: body.Zone,
		FreshFor: body.FreshFor, NextDue: moment(r.next), LastDue: moment(r.last), Asked: moment(body.Asked),
		Kind: body.Kind, StepDown: body.StepDown, Organization: body.Organization,
		Key: body.Key, NextKey: body.NextKey, Began: moment(body.Began), Missed: body.Missed,
	}, nil
}

// Draft is what the turn of one person would write. It is made beside the
// writer, from what was read ahead, and Commit writes it together with those of
// others if what it went by is still so.
type Draft struct {
	Ahead
	Addr chat.Address

	s       *Store
	key     *seal.Key
	loaded  *Person
	planned Schedule
	moved   bool // the schedule has its next time, or the timer is gone
	saved   bool // so has the person
	posts   int64
	writes  []statement
	needs   []int64 // editions that must be there
}

// statement is one of a draft. A sole one must change one row, or what the
// draft went by is not so any more.
type statement struct {
	query string
	args  []any
	sole  bool
}
