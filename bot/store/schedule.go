package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Schedule starts a flow for a person, once or again and again.
type Schedule struct {
	ID       int64 // given by the store, kept when the schedule is replaced, never given twice
	Person   PersonID
	Name     string
	Flow     string
	Cron     string
	Zone     string // IANA name
	FreshFor time.Duration
	NextDue  time.Time // zero: never
	LastDue  time.Time // zero: not yet
	// Asked is the occurrence that was put off to NextDue; zero: NextDue is one
	// itself.
	Asked time.Time

	// Kind is what it is, "" for none; see flow.Kinds.
	Kind string
	// StepDown is the flow that asks once whether to go on; "": none does.
	StepDown string
	// Organization: Flow and Cron are those of the configuration, for its Kind.
	Organization bool
	// Key names the occurrence that came last, NextKey the one of NextDue or
	// Asked: see schedule.Occurrence. "": none.
	Key, NextKey string
	// Began is when the last one came, and Missed how many in a row nobody
	// answered before it.
	Began  time.Time
	Missed int
}

// scheduleBody is the sealed part of a schedule. It repeats the name, so that a
// row cannot take the body of another.
type scheduleBody struct {
	Name     string        `json:"name"`
	Flow     string        `json:"flow"`
	Cron     string        `json:"cron"`
	Zone     string        `json:"zone"`
	FreshFor time.Duration `json:"fresh_for"`
	Asked    int64         `json:"asked,omitempty"` // unix ms

	Kind         string `json:"kind,omitempty"`
	StepDown     string `json:"step_down,omitempty"`
	Organization bool   `json:"organization,omitempty"`
	Key          string `json:"key,omitempty"`
	NextKey      string `json:"next_key,omitempty"`
	Began        int64  `json:"began,omitempty"` // unix ms
	Missed       int    `json:"missed,omitempty"`
}

const fieldSchedule = "schedule.body"

func (s *Store) scheduleName(id PersonID, name string) []byte {
	return s.index("schedule", strconv.FormatInt(int64(id), 10), name)
}

const sqlPutSchedule = `INSERT INTO schedule (person, name, body, next_due, last_due) VALUES ($1, $2, $3, $4, $5) ` +
	`ON CONFLICT (person, name) DO UPDATE SET body = excluded.body, next_due = excluded.next_due, last_due = excluded.last_due`

// PutSchedule stores a schedule under its person and name, in the place of the
// one that was there. The ID given in s is not looked at.
func (t *Tx) PutSchedule(s Schedule) error {
	body, err := t.seal(s.Person, scheduleBody{
		Name: s.Name, Flow: s.Flow, Cron: s.Cron, Zone: s.Zone, FreshFor: s.FreshFor, Asked: millis(s.Asked),
		Kind: s.Kind, StepDown: s.StepDown, Organization: s.Organization,
		Key: s.Key, NextKey: s.NextKey, Began: millis(s.Began), Missed: s.Missed,
	}, fieldSchedule)
	if err != nil {
		return fmt.Errorf("put schedule: %w", err)
	}
	var next any
	if !s.NextDue.IsZero() {
		next = millis(s.NextDue)
	}
	if d := t.draft; d != nil && d.ID != 0 && !d.moved && s.Name == d.planned.Name {
		d.move(body, next, millis(s.LastDue))
		return nil
	}
	if err := t.later(sqlPutSchedule, int64(s.Person), t.s.scheduleName(s.Person, s.Name), body, next, millis(s.LastDue)); err != nil {
		return fmt.Errorf("put schedule: %w", err)
	}
	return nil
}

const (
	sqlCancelSchedule  = `DELETE FROM schedule WHERE person = $1 AND name = $2`
	sqlCancelSchedules = `DELETE FROM schedule WHERE person = $1`
)

// CancelSchedule removes the schedule of this name, or with "all" every one of
// the person. That there is none is no error.
func (t *Tx) CancelSchedule(id PersonID, name string) error {
	var err error
	if d := t.draft; d != nil && d.ID != 0 && !d.moved && name == d.planned.Name {
		d.cancel()
		return nil
	}
	if name == "all" {
		err = t.later(sqlCancelSchedules, int64(id))
	} else {
		err = t.later(sqlCancelSchedule, int64(id), t.s.scheduleName(id, name))
	}
	if err != nil {
		return fmt.Errorf("cancel schedule: %w", err)
	}
	return nil
}

const (
	sqlSchedules    = `SELECT id, person, name, body, COALESCE(next_due, 0), last_due FROM schedule WHERE person = $1 ORDER BY id`
	sqlLoadSchedule = `SELECT id, person, name, body, COALESCE(next_due, 0), last_due FROM schedule WHERE id = $1`
	sqlDueSchedules = `SELECT id, person, name, body, next_due, last_due FROM schedule ` +
		`WHERE next_due <= $1 AND (abs(person % $2 - $3) < 1 OR next_due <= $4) ` +
		`AND ($5 = '' OR EXISTS (SELECT 1 FROM lane WHERE lane.person = schedule.person AND lane.network = $5) OR ` +
		`EXISTS (SELECT 1 FROM person JOIN lane ON lane.person = person.id WHERE person.main = schedule.person AND lane.network = $5)) ` +
		`ORDER BY next_due LIMIT $6`
)

// Schedules returns every schedule of the person, oldest first, but for those
// that cannot be opened.
func (t *Tx) Schedules(id PersonID) ([]Schedule, error) {
	list, _, err := t.readSchedules(sqlSchedules, int64(id))
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return list, nil
}

// LoadSchedule loads one schedule, or fails with ErrNotFound or ErrBroken. In an
// Update it locks the person (Own).
func (t *Tx) LoadSchedule(id int64) (Schedule, error) {
	if d := t.draft; d != nil {
		if d.moved || id != d.ID || id == 0 {
			return Schedule{}, ErrAside
		}
		return d.planned, nil
	}
	list, broken, err := t.readSchedules(sqlLoadSchedule, id)
	if err == nil && len(list) == 1 && t.s.engine.several() && !t.readOnly {
		if err = t.own(list[0].Person); err == nil { // what was read before the lock may be over
			list, broken, err = t.readSchedules(sqlLoadSchedule, id)
		}
	}
	if err != nil {
		return Schedule{}, fmt.Errorf("load schedule: %w", err)
	}
	if len(broken) > 0 {
		return Schedule{}, fmt.Errorf("load schedule: %w", ErrBroken)
	}
	if len(list) == 0 {
		return Schedule{}, fmt.Errorf("load schedule: %w", ErrNotFound)
	}
	return list[0], nil
}

const sqlParkSchedule = `UPDATE schedule SET next_due = NULL WHERE id = $1`

// DueSchedules returns up to limit schedules whose time has come, the earliest
// first, for the people who have a place on a network or for all (""). Firing one
// takes an Update that locks the person (Own) and loads it again. Copies that share the database each get their share. A schedule that cannot
// be opened is logged by its number and never due again, so that it does not
// stand in the way of the others.
func (s *Store) DueSchedules(ctx context.Context, network string, now time.Time, limit int) ([]Schedule, error) {
	var list []Schedule
	var broken []int64
	n, k := s.share()
	args := []any{millis(now), n, k, millis(now.Add(-othersAfter)), network, limit}
	err := s.View(ctx, func(tx *Tx) (err error) {
		list, broken, err = tx.readSchedules(sqlDueSchedules, args...)
		return err
	})
	if err == nil && len(broken) > 0 {
		s.log.Error("schedules cannot be opened and are stopped", "schedules", broken)
		err = s.Update(ctx, func(tx *Tx) error {
			for _, id := range broken {
				if _, err := tx.exec(sqlParkSchedule, id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("find due schedules: %w", err)
	}
	return list, nil
}

// readSchedules returns the schedules that a query finds, and the ids of those
// that cannot be opened.
func (t *Tx) readSchedules(query string, args ...any) (list []Schedule, broken []int64, err error) {
	var rows []scheduleRow
	err = t.rows(query, args, func(scan func(...any) error) error {
		var r scheduleRow
		if err := scan(&r.id, &r.person, &r.name, &r.body, &r.next, &r.last); err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		s, err := t.openSchedule(r)
		if errors.Is(err, ErrBroken) {
			broken = append(broken, r.id)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		list = append(list, s)
	}
	return list, broken, nil
}
