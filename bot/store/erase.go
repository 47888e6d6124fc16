package store

import (
	"fmt"
	"time"
)

const (
	sqlErasePerson = `DELETE FROM person WHERE id = $1`
	sqlDropList    = `DELETE FROM item WHERE person = $1 AND list = $2`
)

// ErasePerson destroys the person's key and deletes every row that is theirs,
// also what waits to be sent. What was deleted is out of the file of SQLite at
// once and out of its write-ahead log with the next Scrub, which also says what
// PostgreSQL keeps. A person who is not there is no error.
func (t *Tx) ErasePerson(id PersonID) error {
	cases, err := t.lanesOf(id)
	if err != nil {
		return fmt.Errorf("erase person: %w", err)
	}
	for _, lane := range cases {
		if err := t.ErasePerson(lane); err != nil {
			return err
		}
	}
	if _, err := t.exec(sqlErasePerson, int64(id)); err != nil {
		return fmt.Errorf("erase person: %w", err)
	}
	delete(t.loaded, id)
	t.s.keys.drop(id) // if this is taken back, it is read again
	delete(t.fresh, id)
	return nil
}

// Renew erases a person and makes one of the same address who has not begun,
// with a key of their own, so that something can still be said to them. What
// went out since then is taken back by the new one's lane, as is the message that
// may be on its way at this moment; a zero time takes nothing back, as nothing of
// the old one is left to know it by.
func (t *Tx) Renew(p *Person, since, now time.Time) (*Person, error) {
	var sent []sentBody
	if !since.IsZero() {
		var err error
		if sent, err = t.sentSince(p.ID, since); err != nil {
			return nil, fmt.Errorf("renew person: %w", err)
		}
		doubt, err := t.firstWaiting(p.ID)
		if err != nil {
			return nil, fmt.Errorf("renew person: %w", err)
		}
		if doubt.Key != "" {
			sent = append(sent, doubt)
		}
	}
	if err := t.ErasePerson(p.ID); err != nil {
		return nil, err
	}
	fresh, err := t.CreatePerson(p.Addr, now)
	if err != nil {
		return nil, err
	}
	for _, s := range sent {
		if err := t.remove(fresh.ID, s, now); err != nil {
			return nil, fmt.Errorf("renew person: %w", err)
		}
	}
	return fresh, nil
}

// Waits tells whether anything waits to be sent to the person.
func (t *Tx) Waits(id PersonID) (bool, error) {
	waits, err := t.any(sqlLaneWaits, int64(id))
	if err != nil {
		return false, fmt.Errorf("look at a lane: %w", err)
	}
	return waits, nil
}

// DropList removes every line of one of the person's own lists.
func (t *Tx) DropList(id PersonID, list string) error {
	if _, err := t.exec(sqlDropList, int64(id), t.list(id, list)); err != nil {
		return fmt.Errorf("drop list: %w", err)
	}
	return nil
}
