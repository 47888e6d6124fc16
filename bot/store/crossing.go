package store

import (
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
)

// Crossing is a message that crossed between a person and staff, and its copy.
type Crossing struct {
	Lane  PersonID     // of the case
	Event string       // event id of the message
	Copy  string       // send key of the copy
	Staff bool         // the message was of staff, else of the person
	By    desk.StaffID // who of staff wrote it
	// Place is the row of the place where the person wrote it; 0 for what staff
	// wrote, and of an older program.
	Place PersonID
}

// crossingBody is the sealed part of a crossing.
type crossingBody struct {
	Event string       `json:"event"`
	Copy  string       `json:"copy"`
	Staff bool         `json:"staff,omitempty"`
	By    desk.StaffID `json:"by,omitempty"`
	Place PersonID     `json:"place,omitempty"`
}

const fieldCrossing = "desk_crossing.body"

const sqlCross = `INSERT INTO desk_crossing (event, copy, lane, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`

// Cross remembers the copy of a message from a network, for as long as the case
// is kept.
func (t *Tx) Cross(network string, c Crossing) error {
	body, err := t.seal(c.Lane, crossingBody{c.Event, c.Copy, c.Staff, c.By, c.Place}, fieldCrossing)
	if err == nil {
		_, err = t.exec(sqlCross, t.s.event(network, c.Event), t.s.sendKey(c.Copy), int64(c.Lane), body)
	}
	if err != nil {
		return fmt.Errorf("note a crossing: %w", err)
	}
	return nil
}

const (
	sqlCrossed = `SELECT lane, body FROM desk_crossing WHERE event = $1`
	sqlCopied  = `SELECT lane, body FROM desk_crossing WHERE copy = $1`
)

// Crossed finds the crossing of a message of a network; ok is false if it never
// crossed.
func (t *Tx) Crossed(network, event string) (c Crossing, ok bool, err error) {
	return t.crossing(sqlCrossed, t.s.event(network, event))
}

// Copied finds the crossing by the send key of the copy.
func (t *Tx) Copied(key string) (c Crossing, ok bool, err error) {
	return t.crossing(sqlCopied, t.s.sendKey(key))
}

func (t *Tx) crossing(query string, arg []byte) (c Crossing, ok bool, err error) {
	var sealed []byte
	err = t.row(query, []any{arg}, &c.Lane, &sealed)
	if errors.Is(err, ErrNotFound) {
		return Crossing{}, false, nil
	}
	var body crossingBody
	if err == nil {
		err = t.unseal(c.Lane, sealed, &body, fieldCrossing)
	}
	if err != nil {
		return Crossing{}, false, fmt.Errorf("find a crossing: %w", err)
	}
	c.Event, c.Copy, c.Staff, c.By, c.Place = body.Event, body.Copy, body.Staff, body.By, body.Place
	return c, true, nil
}

// Of one of a person's places, the one that a post went to or waits for.
const sqlRowWith = `SELECT person FROM sent WHERE person IN (SELECT id FROM person WHERE main = $1) AND key = $2 ` +
	`UNION ALL SELECT lane FROM outbox WHERE lane IN (SELECT id FROM person WHERE main = $1) AND key = $2`

const sqlDropPostOf = `DELETE FROM outbox WHERE lane = $1 AND key = $2`

// TakeBack removes the post with this key from the network, or from the lane if
// it still waits there. Team tells that it was meant for staff, in the room to; what
// went to the person is taken back where it is.
func (t *Tx) TakeBack(id PersonID, key string, team bool, to chat.Address, now time.Time) error {
	row := id
	err := t.row(sqlRowWith, []any{int64(id), t.s.sendKey(key)}, &row)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("take back: %w", err)
	}
	if _, err := t.exec(sqlDropPostOf, int64(row), t.s.sendKey(key)); err != nil {
		return fmt.Errorf("take back: %w", err)
	}
	m := sentBody{Key: key, Team: team}
	if where := personAddress(to); team {
		m.To = &where
	}
	if err := t.remove(row, m, now); err != nil {
		return fmt.Errorf("take back: %w", err)
	}
	return nil
}
