package store

import (
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
)

// Why a member of staff is not there.
const (
	AwaySaid = "away" // they said so
	AwayKeys = "keys" // their keys changed; somebody has to look
)

const (
	sqlSetAway   = `INSERT INTO desk_away (who, why) VALUES ($1, $2) ON CONFLICT (who) DO UPDATE SET why = excluded.why`
	sqlClearAway = `DELETE FROM desk_away WHERE who = $1`
	sqlAway      = `SELECT why FROM desk_away WHERE who = $1`
)

func (t *Tx) staff(who desk.StaffID) []byte { return t.s.index("staff", string(who)) }

// SetAway notes that a member of staff is not there, and why; "" that they are.
func (t *Tx) SetAway(who desk.StaffID, why string) error {
	var err error
	if why == "" {
		_, err = t.exec(sqlClearAway, t.staff(who))
	} else {
		_, err = t.exec(sqlSetAway, t.staff(who), why)
	}
	if err != nil {
		return fmt.Errorf("note who is away: %w", err)
	}
	return nil
}

// Away tells why a member of staff is not there; "" if they are.
func (t *Tx) Away(who desk.StaffID) (why string, err error) {
	err = t.row(sqlAway, []any{t.staff(who)}, &why)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look who is away: %w", err)
	}
	return why, nil
}

// recordKeeper stands for the record in person: it has the key.
func recordKeeper() chat.Address { return chat.Address{Network: networkDesk, User: "record"} }

// networkDesk is the network of rows of person that stand for no conversation.
const networkDesk = "desk"

// entryBody is the sealed part of a line of the record.
type entryBody struct {
	Case   int64  `json:"case"`
	By     string `json:"by"`
	Action string `json:"action"`
	On     string `json:"on,omitempty"`
	Sum    string `json:"sum"`
}

const fieldRecord = "desk_record.body"

const (
	sqlLastEntry = `SELECT seq, at, body FROM desk_record ORDER BY seq DESC LIMIT 1`
	sqlEntries   = `SELECT seq, at, body FROM desk_record ORDER BY seq`
	sqlAddEntry  = `INSERT INTO desk_record (seq, at, body) VALUES ($1, $2, $3)`
)

// Record adds a line to the record of what staff did.
func (t *Tx) Record(id int64, r desk.Record, now time.Time) error {
	if err := t.record(id, r, now); err != nil {
		return fmt.Errorf("add to the record: %w", err)
	}
	return nil
}

func (t *Tx) record(id int64, r desk.Record, now time.Time) error {
	keeper, err := t.FindPerson(recordKeeper()) // locks it, so that the chain has one end
	if errors.Is(err, ErrNotFound) {
		keeper, err = t.CreatePerson(recordKeeper(), now)
	}
	if err != nil {
		return err
	}
	list, err := t.entries(keeper.ID, sqlLastEntry)
	if err != nil {
		return err
	}
	var last desk.Entry
	if len(list) == 1 {
		last = list[0]
	}
	e := last.Next(now, id, r)
	sealed, err := t.seal(keeper.ID, entryBody{e.Case, string(e.By), e.Action, string(e.On), e.Sum}, fieldRecord, e.Seq)
	if err != nil {
		return err
	}
	_, err = t.exec(sqlAddEntry, e.Seq, millis(e.At), sealed)
	return err
}

// Entries returns the whole record, oldest first.
func (t *Tx) Entries() ([]desk.Entry, error) {
	keeper, err := t.FindPerson(recordKeeper())
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	var list []desk.Entry
	if err == nil {
		list, err = t.entries(keeper.ID, sqlEntries)
	}
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	return list, nil
}

func (t *Tx) entries(keeper PersonID, query string) ([]desk.Entry, error) {
	type row struct {
		seq, at int64
		body    []byte
	}
	var rows []row
	err := t.rows(query, nil, func(scan func(...any) error) error {
		var r row
		if err := scan(&r.seq, &r.at, &r.body); err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := make([]desk.Entry, 0, len(rows))
	for _, r := range rows {
		var b entryBody
		if err := t.unseal(keeper, r.body, &b, fieldRecord, r.seq); err != nil {
			return nil, err
		}
		list = append(list, desk.Entry{
			Seq: r.seq, At: moment(r.at), Case: b.Case, By: desk.StaffID(b.By), Action: b.Action, On: desk.StaffID(b.On), Sum: b.Sum,
		})
	}
	return list, nil
}

const sqlDayNotes = `SELECT kind, day, n FROM note WHERE day >= $1 AND day < $2 ORDER BY kind, day`

// Note is a count of a kind of thing on one day (UTC).
type Note struct {
	Kind string
	Day  time.Time
	N    int64
}

// DayNotes returns the counts of the days from one until another, which is not
// among them.
func (t *Tx) DayNotes(from, until time.Time) ([]Note, error) {
	const day = 24 * 60 * 60
	var list []Note
	err := t.rows(sqlDayNotes, []any{from.Unix() / day, until.Unix() / day}, func(scan func(...any) error) error {
		var n Note
		var at int64
		if err := scan(&n.Kind, &at, &n.N); err != nil {
			return err
		}
		n.Day = time.Unix(at*day, 0).UTC()
		list = append(list, n)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	return list, nil
}
