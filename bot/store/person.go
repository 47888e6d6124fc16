package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
	"handrail/bot/flow"
)

// PersonID names a person within this store. An id is never given twice.
type PersonID int64

// Person is one person and where they are in the scripts.
type Person struct {
	ID PersonID
	// Addr is where the person is: where they write from now, or did last. Row is
	// the row of that place, under which what goes there waits; it is ID for who
	// has one place alone.
	Addr    chat.Address
	Row     PersonID
	Vars    map[string]any // string, float64 or bool; never nil when loaded
	Session flow.Session
	// Anchor is the send key of the last anchored message, for edits.
	Anchor string
	// QuietUntil holds unprompted messages back: zero not at all, Forever
	// until the person asks.
	QuietUntil    time.Time
	Created, Seen time.Time
	// Edition and ParkedEdition number the sets of scripts that the talk and the
	// interrupted one need; 0: none.
	Edition, ParkedEdition int64
	// Place is the Row from which they wrote last, and Home the one to which they
	// want what comes by itself; 0: that of the person's own row.
	Place, Home PersonID
	// Linked: there is another place.
	Linked bool

	loaded chat.Address // as the database has it; zero when made by hand
	needed [2]int64     // editions as the database has them
}

// Begun tells whether anything is known of the person but where they are. It is
// not so for a stranger, and for what is left of somebody who was erased.
func (p *Person) Begun() bool { return p.Session.Seq > 0 || len(p.Vars) > 0 }

// personState is what is sealed of a person besides the address.
type personState struct {
	Vars    map[string]any `json:"vars,omitempty"`
	Session flow.Session   `json:"session"`
	Anchor  string         `json:"anchor,omitempty"`
	Place   PersonID       `json:"place,omitempty"`
	Home    PersonID       `json:"home,omitempty"`
	Linked  bool           `json:"linked,omitempty"`
}

// personAddress is the sealed form of an address.
type personAddress struct {
	Network string `json:"network"`
	User    string `json:"user"`
	Room    string `json:"room"`
}

const (
	fieldAddress = "person.address"
	fieldState   = "person.state"
)

func (t *Tx) who(a chat.Address) []byte { return t.s.index("who", a.Network, a.User) }

const (
	sqlFindPerson = `SELECT id, address, state, quiet_until, created, seen, edition, parked_edition, main FROM person WHERE who = $1`
	sqlLoadPerson = `SELECT id, address, state, quiet_until, created, seen, edition, parked_edition, main FROM person WHERE id = $1`
	sqlFindAlone  = sqlFindPerson + lockPlain
	sqlLoadAlone  = sqlLoadPerson + lockPlain
)

// FindPerson loads the person with this network and user, whatever the room, or
// fails with ErrNotFound. Of somebody with two places, Addr and Row are those of
// this one. If the stored state cannot be opened, it returns
// ErrBroken and a person with id and address all the same, who has not begun:
// saving that one makes the row sound again, so that nobody goes unanswered.
func (t *Tx) FindPerson(a chat.Address) (*Person, error) {
	p, _, err := t.readPlace(t.alone(sqlFindPerson, sqlFindAlone), t.who(a))
	if err != nil {
		err = fmt.Errorf("find person: %w", err)
	}
	if p != nil && p.Addr == (chat.Address{}) {
		p.Addr = a
	}
	return p, err
}

// LoadPerson loads a person by id, or fails with ErrNotFound. The id of another
// place of theirs does, too. Addr and Row are those of the place where they wrote
// last. ErrBroken is as with FindPerson, but the address may be missing.
func (t *Tx) LoadPerson(id PersonID) (*Person, error) {
	p, another, err := t.readPlace(t.alone(sqlLoadPerson, sqlLoadAlone), int64(id))
	if p != nil && !another && p.Place != 0 && p.Place != p.Row {
		err = errors.Join(err, t.Stand(p, p.Place))
	}
	if err != nil {
		err = fmt.Errorf("load person: %w", err)
	}
	return p, err
}

// alone chooses between a query and the same that locks the person.
func (t *Tx) alone(query, locking string) string {
	if t.readOnly || !t.s.engine.several() {
		return query
	}
	return locking
}

// personRow is a row of person as the database has it.
type personRow struct {
	id                   PersonID
	address, state       []byte
	quiet, created, seen int64
	edition, parked, of  sql.NullInt64
}

// readRow reads a row of person; main is whose place it is, 0 for a person.
func (t *Tx) readRow(query string, arg any) (p *Person, main PersonID, err error) {
	if d := t.draft; d != nil {
		p, err := d.person(arg)
		return p, 0, err
	}
	var r personRow
	if err := t.row(query, []any{arg}, &r.id, &r.address, &r.state, &r.quiet, &r.created, &r.seen, &r.edition, &r.parked, &r.of); err != nil {
		return nil, 0, err
	}
	t.loaded[r.id] = true
	p, err = t.openPerson(r)
	return p, PersonID(r.of.Int64), err
}

// openPerson opens a row. What is broken is empty, with ErrBroken.
func (t *Tx) openPerson(r personRow) (*Person, error) {
	p := &Person{
		ID: r.id, Row: r.id, QuietUntil: moment(r.quiet), Created: moment(r.created), Seen: moment(r.seen),
		Edition: r.edition.Int64, ParkedEdition: r.parked.Int64,
	}
	p.needed = [2]int64{p.Edition, p.ParkedEdition}
	var addr personAddress
	errAddress := t.unseal(p.ID, r.address, &addr, fieldAddress)
	if errAddress == nil {
		p.Addr = chat.Address(addr)
		p.loaded = p.Addr
	}
	var state personState
	errState := t.unseal(p.ID, r.state, &state, fieldState)
	if errState == nil {
		p.Vars, p.Session, p.Anchor, p.Place, p.Home, p.Linked = state.Vars, state.Session, state.Anchor, state.Place, state.Home, state.Linked
		t.alones[p.ID] = !p.Linked && !r.of.Valid
	}
	if p.Vars == nil {
		p.Vars = map[string]any{}
	}
	for _, err := range []error{errAddress, errState} {
		if err != nil && !errors.Is(err, ErrBroken) {
			return nil, err
		}
	}
	return p, errors.Join(errAddress, errState)
}

const (
	sqlAddPerson = `INSERT INTO person (network, who, address, state, created, seen) ` +
		`VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id`
	sqlAddKey  = `INSERT INTO person_key (person, wrapped) VALUES ($1, $2)`
	sqlAddLane = `INSERT INTO lane (person, network) VALUES ($1, $2)`
	sqlFill    = `UPDATE person SET address = $1, state = $2 WHERE id = $3`
)

// CreatePerson makes a person with a key and a lane of their own. If there is
// one with this network and user already, it fails with ErrExists.
func (t *Tx) CreatePerson(a chat.Address, now time.Time) (*Person, error) {
	p, err := t.createPerson(a, now)
	if err != nil {
		return nil, fmt.Errorf("create person: %w", err)
	}
	return p, nil
}

func (t *Tx) createPerson(a chat.Address, now time.Time) (*Person, error) {
	if a.Network == "" || a.User == "" {
		return nil, errors.New("the address lacks network or user")
	}
	p := &Person{Addr: a, Vars: map[string]any{}, Created: moment(millis(now)), Seen: moment(millis(now)), loaded: a}
	none := []byte{} // the id must be known before anything can be sealed
	err := t.change(sqlAddPerson, []any{a.Network, t.who(a), none, none, millis(now), millis(now)}, &p.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrExists
	}
	if err != nil {
		return nil, err
	}
	k, wrapped, err := t.s.master.NewPerson(int64(p.ID))
	if err != nil {
		return nil, err
	}
	t.fresh[p.ID] = k
	p.Row = p.ID
	if err := t.later(sqlAddKey, int64(p.ID), wrapped); err != nil {
		return nil, err
	}
	if err := t.later(sqlAddLane, int64(p.ID), a.Network); err != nil {
		return nil, err
	}
	address, err := t.seal(p.ID, personAddress(a), fieldAddress)
	if err != nil {
		return nil, err
	}
	state, err := t.seal(p.ID, personState{}, fieldState)
	if err != nil {
		return nil, err
	}
	err = t.later(sqlFill, address, state, int64(p.ID))
	return p, err
}

const (
	sqlSavePerson = `UPDATE person SET state = $1, quiet_until = $2, seen = $3 WHERE id = $4`
	sqlNeed       = `UPDATE person SET edition = $1, parked_edition = $2 WHERE id = $3`
	sqlMovePerson = `UPDATE person SET address = $1 WHERE id = $2 AND who = $3`
)

// SavePerson writes back what a Person holds. Network and User cannot change;
// Room can. A person who is no longer there is ErrNotFound.
func (t *Tx) SavePerson(p *Person) error {
	if err := t.savePerson(p); err != nil {
		return fmt.Errorf("save person: %w", err)
	}
	return nil
}

func (t *Tx) savePerson(p *Person) error {
	if p.Addr != p.loaded {
		row := cmp.Or(p.Row, p.ID)
		address, err := t.seal(row, personAddress(p.Addr), fieldAddress)
		if err != nil {
			return err
		}
		n, err := t.exec(sqlMovePerson, address, int64(row), t.who(p.Addr))
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("no person with this id and address: %w", ErrNotFound)
		}
		p.loaded = p.Addr
	}
	state, err := t.seal(p.ID, personState{Vars: p.Vars, Session: p.Session, Anchor: p.Anchor, Place: p.Place, Home: p.Home, Linked: p.Linked}, fieldState)
	if err != nil {
		return err
	}
	if d := t.draft; d != nil {
		return d.save(p, state)
	}
	args := []any{state, millis(p.QuietUntil), millis(p.Seen), int64(p.ID)}
	if t.loaded[p.ID] {
		err = t.later(sqlSavePerson, args...)
	} else {
		var n int64
		if n, err = t.exec(sqlSavePerson, args...); err == nil && n == 0 {
			err = ErrNotFound
		}
	}
	if err != nil {
		return err
	}
	if need := [2]int64{p.Edition, p.ParkedEdition}; need != p.needed { // apart, because it is indexed and seldom changes
		return t.need(p)
	}
	return nil
}

// need notes which sets of scripts a person needs by now.
func (t *Tx) need(p *Person) error {
	edition, err := t.kept(p.Edition, p.needed[0])
	if err != nil {
		return err
	}
	parked, err := t.kept(p.ParkedEdition, p.needed[1])
	if err != nil {
		return err
	}
	p.Edition, p.ParkedEdition = edition.Int64, parked.Int64
	p.needed = [2]int64{p.Edition, p.ParkedEdition}
	_, err = t.exec(sqlNeed, edition, parked, int64(p.ID))
	return err
}
