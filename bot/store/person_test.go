package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/flow"
)

func TestPersonRoundTrip(t *testing.T) { forEach(t, testPersonRoundTrip) }

func testPersonRoundTrip(t *testing.T, db database) {
	s := db.newStore(t)
	var made *Person
	mustUpdate(t, s, func(tx *Tx) (err error) { made, err = tx.CreatePerson(alice, start); return err })
	if made.Vars == nil || !made.Created.Equal(start) || !made.Seen.Equal(start) {
		t.Errorf("made %#v", made)
	}
	session := flow.Session{
		Seq: 7, Frames: []flow.Frame{{Flow: "urge", Rev: "r", Step: "2.do.1"}},
		Wait:   &flow.Waiting{Kind: "pause", Until: start.Add(time.Hour), Data: map[string]any{"n": 3.0}},
		Parked: &flow.Parked{Frames: []flow.Frame{{Flow: "menu"}}, Answer: "x"}, Answer: 4.0, Last: map[string]int{"a": 1},
	}
	want := Person{
		ID: made.ID, Row: made.ID, Addr: alice, Session: session, Anchor: "k1", QuietUntil: Forever, Created: start, Seen: start.Add(time.Minute),
		Vars: map[string]any{"name": "A", "count": 2.5, "welcomed": true}, loaded: alice,
	}
	want.Addr.Room = "!new:example.org"
	mustUpdate(t, s, func(tx *Tx) error {
		p := *made
		p.Addr, p.Session, p.Vars, p.Anchor, p.QuietUntil, p.Seen = want.Addr, want.Session, want.Vars, want.Anchor, want.QuietUntil, want.Seen
		return tx.SavePerson(&p)
	})
	want.loaded = want.Addr
	check := func(tx *Tx) error {
		for _, a := range []chat.Address{alice, want.Addr} { // by network and user, whatever the room
			p, err := tx.FindPerson(a)
			if err != nil || !reflect.DeepEqual(*p, want) {
				t.Errorf("FindPerson = %+v, %v", p, err)
			}
		}
		p, err := tx.LoadPerson(made.ID)
		if err != nil || !reflect.DeepEqual(*p, want) {
			t.Errorf("LoadPerson = %+v, %v", p, err)
		}
		return nil
	}
	mustView(t, s, check)
	mustUpdate(t, s, check)
}

func TestPersonFaults(t *testing.T) { forEach(t, testPersonFaults) }

func testPersonFaults(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	tests := []struct {
		name string
		fn   func(tx *Tx) error
		want error
	}{
		{"create again", func(tx *Tx) error { _, err := tx.CreatePerson(alice, start); return err }, ErrExists},
		{"create again elsewhere", func(tx *Tx) error {
			a := alice
			a.Room = "!other:example.org"
			_, err := tx.CreatePerson(a, start)
			return err
		}, ErrExists},
		{"create without user", func(tx *Tx) error { _, err := tx.CreatePerson(chat.Address{Network: "matrix"}, start); return err }, nil},
		{"find a stranger", func(tx *Tx) error { _, err := tx.FindPerson(bob); return err }, ErrNotFound},
		{"find on another network", func(tx *Tx) error {
			_, err := tx.FindPerson(chat.Address{Network: "signal", User: alice.User})
			return err
		}, ErrNotFound},
		{"load a stranger", func(tx *Tx) error { _, err := tx.LoadPerson(99); return err }, ErrNotFound},
		{"save a stranger", func(tx *Tx) error { return tx.SavePerson(&Person{ID: 99, Addr: bob}) }, ErrNotFound},
		{"save as somebody else", func(tx *Tx) error { return tx.SavePerson(&Person{ID: id, Addr: bob}) }, ErrNotFound},
		{"save what JSON cannot hold", func(tx *Tx) error {
			return tx.SavePerson(&Person{ID: id, Addr: alice, Vars: map[string]any{"x": func() {}}})
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := s.Update(context.Background(), tt.fn)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestPersonMadeByHandCanBeSaved(t *testing.T) { forEach(t, testPersonMadeByHandCanBeSaved) }

func testPersonMadeByHandCanBeSaved(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	mustUpdate(t, s, func(tx *Tx) error { return tx.SavePerson(&Person{ID: id, Addr: alice, Anchor: "k"}) })
	mustView(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err == nil && (p.Anchor != "k" || !p.QuietUntil.IsZero() || !p.Seen.IsZero()) {
			t.Errorf("person %+v", p)
		}
		return err
	})
}

func TestRowsCannotBeSwapped(t *testing.T) { forEach(t, testRowsCannotBeSwapped) }

func testRowsCannotBeSwapped(t *testing.T, db database) {
	s := db.newStore(t)
	a, b := create(t, s, alice), create(t, s, bob)
	s.keys = newKeyCache(0) // every key is read from its row
	mustUpdate(t, s, func(tx *Tx) error {
		for _, text := range []string{"one", "two"} {
			if err := tx.AddItem(a, "reasons", text, "", start); err != nil {
				return err
			}
		}
		p, err := tx.FindPerson(alice)
		if err != nil {
			return err
		}
		p.Vars["name"] = "x"
		if err := errors.Join(tx.SavePerson(p), tx.AddItem(a, "people", "three", "", start)); err != nil {
			return err
		}
		if err := tx.PutSchedule(Schedule{Person: a, Name: "x", Zone: "UTC"}); err != nil {
			return err
		}
		return tx.PutSchedule(Schedule{Person: a, Name: "y", Zone: "UTC"})
	})
	items := func(tx *Tx) string {
		list, err := tx.Items(a, "reasons", 0)
		return texts(list) + fmt.Sprint(err)
	}
	tests := []struct {
		name, query string
		read        func(tx *Tx) string
		want        string
	}{
		{
			"state of another person", `UPDATE person SET state = (SELECT state FROM person WHERE id = 2) WHERE id = 1`,
			func(tx *Tx) string {
				p, err := tx.FindPerson(alice)
				return fmt.Sprint(p.ID, p.Addr == alice, len(p.Vars), errors.Is(err, ErrBroken))
			}, "1 true 0 true",
		},
		{
			"address of another person", `UPDATE person SET address = (SELECT address FROM person WHERE id = 2) WHERE id = 1`,
			func(tx *Tx) string {
				p, err := tx.FindPerson(alice)
				return fmt.Sprint(p.ID, p.Addr == alice, len(p.Vars), errors.Is(err, ErrBroken))
			}, "1 true 1 true",
		},
		{
			"key of another person", `UPDATE person_key SET wrapped = (SELECT wrapped FROM person_key WHERE person = 1) WHERE person = 2`,
			func(tx *Tx) string {
				p, err := tx.LoadPerson(b)
				return fmt.Sprint(p.ID, p.Addr == bob, errors.Is(err, ErrBroken))
			}, "2 false true",
		},
		{
			"no key", `DELETE FROM person_key WHERE person = 2`,
			func(tx *Tx) string {
				p, err := tx.FindPerson(bob)
				return fmt.Sprint(p.ID, p.Addr == bob, errors.Is(err, ErrBroken))
			}, "2 true true",
		},
		{"item in another row", `UPDATE item SET body = (SELECT body FROM item WHERE n = 2) WHERE n = 1`, items, "2:two<nil>"},
		{"item in another list", `UPDATE item SET list = (SELECT list FROM item WHERE n = 2) WHERE n = 3`, items, "1:one 2:two<nil>"},
		{
			"schedule under another name", `UPDATE schedule SET body = (SELECT body FROM schedule WHERE id = 1) WHERE id = 2`,
			func(tx *Tx) string {
				list, err := tx.Schedules(a)
				_, errLoad := tx.LoadSchedule(2)
				return fmt.Sprint(len(list), err, errors.Is(errLoad, ErrBroken))
			}, "1 <nil> true",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := s.Update(context.Background(), func(tx *Tx) error {
				clear(tx.fresh)
				if n, err := tx.exec(tt.query); err != nil || n != 1 {
					t.Fatalf("change: %d, %v", n, err)
				}
				if got := tt.read(tx); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				return errCaller // undo
			})
			if !errors.Is(err, errCaller) {
				t.Error(err)
			}
		})
	}
}

func TestBrokenPersonCanBeMadeSound(t *testing.T) { forEach(t, testBrokenPersonCanBeMadeSound) }

func testBrokenPersonCanBeMadeSound(t *testing.T, db database) {
	s := db.newStore(t)
	create(t, s, alice)
	mustUpdate(t, s, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE person SET state = $1, address = $1`, []byte("damaged"))
		return err
	})
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(alice)
		if !errors.Is(err, ErrBroken) {
			t.Fatalf("FindPerson: %v, want ErrBroken", err)
		}
		p.Vars["welcomed"] = true
		return tx.SavePerson(p)
	})
	mustView(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(1)
		if err == nil && (p.Addr != alice || p.Vars["welcomed"] != true) {
			t.Errorf("person %+v", p)
		}
		return err
	})
}

func TestKeyCache(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	c := newKeyCache(2)
	for id := range PersonID(3) {
		k, _, err := m.NewPerson(int64(id))
		if err != nil {
			t.Fatal(err)
		}
		c.put(id, k)
		c.put(id, k)
		if _, ok := c.get(0); !ok {
			t.Errorf("after %d: the key used last is gone", id)
		}
	}
	for id, want := range []bool{true, false, true} {
		if _, ok := c.get(PersonID(id)); ok != want {
			t.Errorf("key %d there: %v, want %v", id, ok, want)
		}
	}
	if len(c.byID) != 2 || c.order.Len() != 2 {
		t.Errorf("%d and %d keys held, want 2", len(c.byID), c.order.Len())
	}
}
