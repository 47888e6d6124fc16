package store

import (
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
)

const (
	sqlErasePerson = `DELETE FROM person WHERE id = $1`
	sqlDropList    = `DELETE FROM item WHERE person = $1 AND list = $2`
)

// ErasePerson destroys the person's key and deletes every row that is theirs,
// in all their places, also what waits to be sent. What was deleted is out of the file of SQLite at
// once and out of its write-ahead log with the next Scrub, which also says what
// PostgreSQL keeps. A person who is not there is no error.
func (t *Tx) ErasePerson(id PersonID) error {
	gone, err := t.lanesOf(id)
	if err != nil {
		return fmt.Errorf("erase person: %w", err)
	}
	rows, err := t.rowsOf(id)
	if err != nil {
		return fmt.Errorf("erase person: %w", err)
	}
	for _, row := range append(gone, rows[1:]...) {
		if err := t.ErasePerson(row); err != nil {
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
// the old one is left to know it by. Others are those of the other places of the
// person, which take back what went out there; they go as the new one does.
func (t *Tx) Renew(p *Person, since, now time.Time) (fresh *Person, others []*Person, err error) {
	rows, err := t.rowsOf(p.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("renew person: %w", err)
	}
	var left []leaving
	for _, row := range rows {
		l, err := t.leave(row, since)
		if err != nil {
			return nil, nil, fmt.Errorf("renew person: %w", err)
		}
		if row == p.Row {
			l.addr = p.Addr
		}
		left = append(left, l)
	}
	if err := t.ErasePerson(p.ID); err != nil {
		return nil, nil, err
	}
	for _, l := range left {
		here := l.row == p.Row
		if !here && l.addr == (chat.Address{}) { // nothing can be said or done there
			continue
		}
		who, err := t.arrive(l, now)
		if err != nil {
			return nil, nil, fmt.Errorf("renew person: %w", err)
		}
		if here {
			fresh = who
		} else {
			others = append(others, who)
		}
	}
	return fresh, others, nil
}

// leaving is what is to be known of a row after it was erased.
type leaving struct {
	row  PersonID
	addr chat.Address
	sent []sentBody // to be taken back
}

// leave reads what is to be taken back of a row that will be erased. Where the
// address cannot be read, nothing can.
func (t *Tx) leave(row PersonID, since time.Time) (leaving, error) {
	l := leaving{row: row}
	p, _, err := t.readRow(sqlLoadPerson, int64(row))
	if p != nil && p.Addr != (chat.Address{}) {
		l.addr, err = p.Addr, nil
	}
	if errors.Is(err, ErrBroken) || err == nil && since.IsZero() {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	if l.sent, err = t.sentSince(row, since); err != nil {
		return l, err
	}
	doubt, err := t.firstWaiting(row)
	if doubt.Key != "" {
		l.sent = append(l.sent, doubt)
	}
	return l, err
}

// arrive makes a person without a past of what was left.
func (t *Tx) arrive(l leaving, now time.Time) (*Person, error) {
	fresh, err := t.CreatePerson(l.addr, now)
	if err != nil {
		return nil, err
	}
	for _, s := range l.sent {
		if err := t.remove(fresh.ID, s, now); err != nil {
			return nil, err
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
