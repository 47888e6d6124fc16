package store

import (
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"handrail/bot/seal"
)

// Tx is what Update and View hand to their function. It must not be used by two
// goroutines at once, nor after the function has returned.
type Tx struct {
	s        *Store
	c        *conn
	readOnly bool
	over     bool
	fresh    map[PersonID]*seal.Key // keys made or read here; nil in a View
	batch    map[PersonID]*seal.Key // those of the callers before, in the same commit
	loaded   map[PersonID]bool      // persons who are there as long as this lasts
	alones   map[PersonID]bool      // persons who were read here and have one place alone
	fenced   map[string]int64       // epochs of leases locked here
	fences   map[string]int64       // those of the callers before
	draft    *Draft                 // what is written goes there; nil: to the database
}

// exec changes rows and tells how many.
func (t *Tx) exec(query string, args ...any) (int64, error) {
	switch {
	case t.over:
		return 0, ErrTxOver
	case t.draft != nil:
		return 0, ErrAside
	case t.readOnly:
		return 0, ErrReadOnly
	}
	return t.c.exec(query, args...)
}

// later is exec for a change whose outcome nobody needs before the function
// returns: Update fails if it fails.
func (t *Tx) later(query string, args ...any) error {
	switch {
	case t.over:
		return ErrTxOver
	case t.draft != nil:
		t.draft.add(query, args, false)
		return nil
	case t.readOnly:
		return ErrReadOnly
	}
	return t.c.later(query, args...)
}

// change is exec for a query that returns one row.
func (t *Tx) change(query string, args []any, dest ...any) error {
	if t.draft != nil {
		return ErrAside
	}
	if t.readOnly {
		return ErrReadOnly
	}
	return t.row(query, args, dest...)
}

// any tells whether a query that selects one number finds a row.
func (t *Tx) any(query string, args ...any) (bool, error) {
	var one int
	err := t.row(query, args, &one)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// row reads one row; none is ErrNotFound.
func (t *Tx) row(query string, args []any, dest ...any) error {
	if t.over {
		return ErrTxOver
	}
	if t.draft != nil {
		return t.draft.read(t, query, func(v *Tx) error { return v.row(query, args, dest...) })
	}
	err := t.c.row(query, args, dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

func (t *Tx) rows(query string, args []any, each func(scan func(...any) error) error) error {
	if t.over {
		return ErrTxOver
	}
	if t.draft != nil {
		return t.draft.read(t, query, func(v *Tx) error { return v.rows(query, args, each) })
	}
	return t.c.rows(query, args, each)
}

const sqlGetKey = `SELECT wrapped FROM person_key WHERE person = $1`

// key returns the key of a person; ErrNotFound when there is no such person or
// the key was destroyed.
func (t *Tx) key(id PersonID) (*seal.Key, error) {
	if d := t.draft; d != nil {
		if id != d.Person {
			return nil, ErrAside
		}
		return d.key, nil
	}
	if k, ok := t.s.keys.get(id); ok {
		return k, nil
	}
	if k, ok := t.fresh[id]; ok {
		return k, nil
	}
	if k, ok := t.batch[id]; ok {
		return k, nil
	}
	var wrapped []byte
	if err := t.row(sqlGetKey, []any{int64(id)}, &wrapped); err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	k, err := t.s.master.Unwrap(int64(id), wrapped)
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	if t.fresh != nil {
		t.fresh[id] = k // it may have been made in this very commit
	} else {
		t.s.keys.put(id, k)
	}
	return k, nil
}

// seal writes v as JSON and seals it for a row of this person.
func (t *Tx) seal(id PersonID, v any, what string, row ...int64) ([]byte, error) {
	k, err := t.key(id)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, errors.New(what + ": cannot be written as JSON") // the cause could quote a value
	}
	return k.Seal(plain, what, append([]int64{int64(id)}, row...)...)
}

// unseal is the reverse of seal for a row that was found. Whatever is wrong
// with its bytes or its key is ErrBroken.
func (t *Tx) unseal(id PersonID, sealed []byte, v any, what string, row ...int64) error {
	k, err := t.key(id)
	if errors.Is(err, ErrNotFound) || errors.Is(err, seal.ErrOpen) {
		return fmt.Errorf("%w: no key for %s", ErrBroken, what)
	}
	if err != nil {
		return err
	}
	plain, err := k.Open(sealed, what, append([]int64{int64(id)}, row...)...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("%w: %s is not what it should be", ErrBroken, what) // the cause could quote a value
	}
	return nil
}

// index is the keyed look-up of parts, each kept apart from the next.
func (s *Store) index(domain string, parts ...string) []byte {
	var b strings.Builder
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		b.Write(n[:])
		b.WriteString(p)
	}
	return s.master.Index("store."+domain, b.String())
}

const sqlAdmit = `INSERT INTO inbox (event, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`

// Admit remembers that the message with this event id of this network was
// handled, and tells whether that is new. It is remembered for 60 days.
func (t *Tx) Admit(network, eventID string, now time.Time) (fresh bool, err error) {
	n, err := t.exec(sqlAdmit, t.s.index("inbox", network, eventID), millis(now))
	if err != nil {
		return false, fmt.Errorf("admit: %w", err)
	}
	return n == 1, nil
}

const sqlNote = `INSERT INTO note (kind, day, n) VALUES ($1, $2, 1) ` +
	`ON CONFLICT (kind, day) DO UPDATE SET n = note.n + 1`

// Note counts for operators that a kind of thing happened on this day (UTC).
// Whom it happened to is not kept. Kind is a word of the program, never of a
// person.
func (t *Tx) Note(kind string, _ PersonID, now time.Time) error {
	if err := t.later(sqlNote, kind, now.Unix()/(24*60*60)); err != nil {
		return fmt.Errorf("note: %w", err)
	}
	return nil
}

// Key makes a send key of 22 characters: the same for the same domain and
// parts, and telling nothing about them. A part is a string, a number, a
// boolean, a []byte or a time.Time, or has one of these for its underlying type;
// Key panics on anything else.
func (t *Tx) Key(domain string, parts ...any) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = keyPart(p)
	}
	return base64.RawURLEncoding.EncodeToString(t.s.index("key."+domain, texts...))
}

// keyPart writes a part with its sort in front. It goes by the underlying type,
// because types that hide their words print alike.
func keyPart(p any) string {
	switch p := p.(type) {
	case time.Time:
		return fmt.Sprintf("t%d", p.UnixMilli())
	case []byte:
		return "b" + string(p)
	}
	switch v := reflect.ValueOf(p); {
	case v.Kind() == reflect.String:
		return "s" + v.String()
	case v.CanInt():
		return fmt.Sprintf("i%d", v.Int())
	case v.CanUint():
		return fmt.Sprintf("u%d", v.Uint())
	case v.Kind() == reflect.Bool:
		return fmt.Sprintf("o%t", v.Bool())
	case v.CanFloat():
		return fmt.Sprintf("f%g", v.Float())
	}
	panic(fmt.Sprintf("store: key from a %T", p))
}

// millis is a time as the database keeps it; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment is the reverse of millis, in UTC.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
