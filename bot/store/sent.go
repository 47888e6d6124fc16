package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// sentBody is what is sealed of a sent message. It repeats the key, so that a
// row cannot take the body of another.
type sentBody struct {
	Key   string `json:"key"`
	Event string `json:"event"`
	// To is where it was sent; nil for messages of earlier versions, and where
	// the person was.
	To *personAddress `json:"to,omitempty"`
	// Team: it was sent to staff.
	Team bool `json:"team,omitempty"`
	// Seq was its number in the lane: what was sent in the same millisecond has
	// an order too. 0 for messages of earlier versions and where nobody knows.
	Seq int64 `json:"seq,omitempty"`
}

const fieldSent = "sent.body"

func (s *Store) event(network, eventID string) []byte { return s.index("event", network, eventID) }

const sqlRemember = `INSERT INTO sent (person, key, event, body, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`

// remember notes under which event id a post went out, so that an edit finds
// its target and a reaction its message; "" notes that it never did. Of to, all but
// the network may be unknown.
func (t *Tx) remember(p Parcel, eventID string, now time.Time) error {
	id, to, key := p.Person, p.Out.To, p.Key
	var event, sealed []byte
	if eventID != "" && !isRemoval(key) { // a removal cannot be edited or taken back
		var err error
		event = t.s.event(to.Network, eventID)
		body := sentBody{Key: key, Event: eventID, Seq: p.Seq, Team: p.Out.Team}
		if to.Room != "" || body.Team {
			where := personAddress(to)
			body.To = &where
		}
		if sealed, err = t.seal(id, body, fieldSent); err != nil {
			return err
		}
	}
	err := t.later(sqlRemember, int64(id), t.s.sendKey(key), event, sealed, millis(now))
	return err
}

// sentEvent finds the event id of a post by its key, or fails with ErrNotFound.
func (t *Tx) sentEvent(id PersonID, key string) (string, error) {
	var sealed []byte
	if err := t.row(sqlSentBody, []any{int64(id), t.s.sendKey(key)}, &sealed); err != nil {
		return "", err
	}
	var body sentBody
	if err := t.unseal(id, sealed, &body, fieldSent); err != nil {
		return "", err
	}
	if body.Key != key {
		return "", fmt.Errorf("%w: a sent row with the body of another", ErrBroken)
	}
	return body.Event, nil
}

const sqlSentAt = `SELECT at FROM sent WHERE person = $1 AND key = $2`

// SentAt tells when a post was sent or buried; ok is false while it waits, and
// for one of more than seven days ago.
func (t *Tx) SentAt(id PersonID, key string) (at time.Time, ok bool, err error) {
	var ms int64
	err = t.everywhere(id, func(row PersonID) error {
		if ok {
			return nil
		}
		err := t.row(sqlSentAt, []any{int64(row), t.s.sendKey(key)}, &ms)
		if ok = err == nil; errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("find sent message: %w", err)
	}
	return moment(ms), ok, nil
}

const sqlReached = `SELECT 1 FROM sent WHERE person = $1 AND key = $2 AND event IS NOT NULL`

// Reached tells whether a post was sent in the last seven days, and not given up.
func (t *Tx) Reached(id PersonID, key string) (reached bool, err error) {
	err = t.everywhere(id, func(row PersonID) error {
		if reached {
			return nil
		}
		var err error
		reached, err = t.any(sqlReached, int64(row), t.s.sendKey(key))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("find sent message: %w", err)
	}
	return reached, nil
}

const (
	sqlSentBody = `SELECT body FROM sent WHERE person = $1 AND key = $2 AND event IS NOT NULL`
	sqlSentKey  = `SELECT person, body, at FROM sent WHERE event = $1`
)

// SentKey tells which post is on the network under this event id. Where a network
// knows an edit by the id of what it changed, it is the post that was changed. It
// knows the last seven days; ok is false for anything else.
func (s *Store) SentKey(ctx context.Context, network, eventID string) (key string, person PersonID, ok bool, err error) {
	type row struct {
		person PersonID
		sealed []byte
		at     int64
	}
	var body sentBody
	err = s.View(ctx, func(tx *Tx) error {
		var rows []row
		err := tx.rows(sqlSentKey, []any{s.event(network, eventID)}, func(scan func(...any) error) error {
			var r row
			err := scan(&r.person, &r.sealed, &r.at)
			rows = append(rows, r)
			return err
		})
		if err != nil {
			return err
		}
		var first int64
		for _, r := range rows {
			var b sentBody
			if err := tx.unseal(r.person, r.sealed, &b, fieldSent); err != nil {
				return err
			}
			if !ok || cmp.Or(cmp.Compare(r.at, first), cmp.Compare(b.Seq, body.Seq)) < 0 {
				person, body, first, ok = r.person, b, r.at, true
			}
		}
		if !ok {
			return ErrNotFound
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrNotFound) && !ok:
		return "", 0, false, nil
	case err != nil:
		return "", 0, false, fmt.Errorf("find sent message: %w", err)
	case body.Event != eventID:
		return "", 0, false, fmt.Errorf("find sent message: %w: a row with the body of another", ErrBroken)
	}
	return body.Key, person, true, nil
}
