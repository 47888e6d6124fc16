package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// use makes a set current.
func use(t *testing.T, s *Store, hash string, now time.Time) (number int64) {
	t.Helper()
	mustUpdate(t, s, func(tx *Tx) (err error) {
		number, err = tx.UseEdition(hash, map[string]string{"menu": hash + " menu"}, []byte("files of "+hash), now)
		return err
	})
	return number
}

// hashes lists what is kept, in the order of Editions.
func hashes(t *testing.T, s *Store) (list []string) {
	t.Helper()
	mustView(t, s, func(tx *Tx) error {
		editions, err := tx.Editions()
		for _, e := range editions {
			list = append(list, e.Hash)
		}
		return err
	})
	return list
}

// need makes a person need sets.
func need(t *testing.T, s *Store, id PersonID, edition, parked int64) {
	t.Helper()
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err != nil {
			return err
		}
		p.Edition, p.ParkedEdition = edition, parked
		return tx.SavePerson(p)
	})
	mustView(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err == nil && (p.Edition != edition || p.ParkedEdition != parked) {
			t.Errorf("the person needs %d and %d, want %d and %d", p.Edition, p.ParkedEdition, edition, parked)
		}
		return err
	})
}

func prune(t *testing.T, s *Store, now time.Time) {
	t.Helper()
	mustUpdate(t, s, func(tx *Tx) error { return tx.PruneEditions(now, time.Hour) })
}

// TestEditions: a set has one number for as long as it is there, also when it
// becomes current once more.
func TestEditions(t *testing.T) { forEach(t, testEditions) }

func testEditions(t *testing.T, db database) {
	s := db.newStore(t)
	if got := hashes(t, s); got != nil {
		t.Errorf("a new store has %q", got)
	}
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	one := use(t, s, "one", at(0))
	if again := use(t, s, "one", at(1)); again != one {
		t.Errorf("the same set is %d, then %d", one, again)
	}
	two := use(t, s, "two", at(2))
	use(t, s, "three", at(3))
	if got := hashes(t, s); !slices.Equal(got, []string{"three", "two", "one"}) {
		t.Errorf("order %q", got)
	}
	if back := use(t, s, "one", at(4)); back != one {
		t.Errorf("the first set came back as %d", back)
	}
	if got := hashes(t, s); !slices.Equal(got, []string{"one", "three", "two"}) {
		t.Errorf("order %q", got)
	}
	mustView(t, s, func(tx *Tx) error {
		list, err := tx.Editions()
		want := Edition{Number: two, Hash: "two", Replaced: at(3), Revs: map[string]string{"menu": "two menu"}}
		if len(list) != 3 || !reflect.DeepEqual(list[2], want) || !list[0].Replaced.IsZero() {
			t.Errorf("editions %+v", list)
		}
		scripts, errScripts := tx.Scripts(two)
		if string(scripts) != "files of two" {
			t.Errorf("scripts %q", scripts)
		}
		if _, err := tx.Scripts(99); !errors.Is(err, ErrNotFound) {
			t.Errorf("no such set: %v", err)
		}
		return errors.Join(err, errScripts)
	})
}

// TestPruneEditions: what somebody needs stays, within bounds.
func TestPruneEditions(t *testing.T) { forEach(t, testPruneEditions) }

func testPruneEditions(t *testing.T, db database) {
	s := db.newStore(t)
	ada, bea := create(t, s, alice), create(t, s, bob)
	var numbers []int64
	for i := range 5 {
		numbers = append(numbers, use(t, s, fmt.Sprint(i), start.Add(time.Duration(i)*time.Minute)))
	}
	need(t, s, ada, numbers[1], 0)
	need(t, s, bea, numbers[4], numbers[2])
	for _, tc := range []struct {
		name string
		do   func()
		now  time.Time
		want []string
	}{
		{"a turn may be under way", func() {}, start.Add(time.Hour), []string{"4", "3", "2", "1", "0"}},
		{"nobody needs two of them", func() {}, start.Add(2 * time.Hour), []string{"4", "2", "1"}},
		{"one talk is over", func() { need(t, s, ada, 0, 0) }, start.Add(3 * time.Hour), []string{"4", "2"}},
		{"the interrupted talk holds on", func() { need(t, s, bea, 0, numbers[2]) }, start.Add(80 * 24 * time.Hour), []string{"4", "2"}},
		{"too long ago for anybody", func() {}, start.Add(91 * 24 * time.Hour), []string{"4"}},
		{"the current one is never forgotten", func() {}, start.Add(999 * 24 * time.Hour), []string{"4"}},
	} {
		t.Run(tc.name, func(t *testing.T) { // each goes on where the last one ended
			tc.do()
			prune(t, s, tc.now)
			if got := hashes(t, s); !slices.Equal(got, tc.want) {
				t.Errorf("kept %q, want %q", got, tc.want)
			}
		})
	}
}

// TestTooManyEditions: beyond the bound the oldest go, whoever needs them.
func TestTooManyEditions(t *testing.T) { forEach(t, testTooManyEditions) }

func testTooManyEditions(t *testing.T, db database) {
	s := db.newStore(t)
	ada := create(t, s, alice)
	first := use(t, s, "first", start)
	need(t, s, ada, first, 0)
	for i := range maxEditions {
		use(t, s, fmt.Sprint(i), start.Add(time.Duration(i+1)*time.Second))
	}
	prune(t, s, start.Add(time.Minute))
	if n := len(hashes(t, s)); n != maxEditions+1 {
		t.Fatalf("%d sets before the bound", n)
	}
	use(t, s, "one more", start.Add(2*time.Minute))
	prune(t, s, start.Add(2*time.Minute))
	if got := hashes(t, s); len(got) != maxEditions+1 || slices.Contains(got, "first") || got[0] != "one more" {
		t.Errorf("%d sets after the bound: %q", len(got), got)
	}
}

// TestOldStoreLearnsEditions: people of a store without editions need none
// until their next turn says so.
func TestOldStoreLearnsEditions(t *testing.T) {
	t.Parallel()
	s := openStore(t, oldStore(t))
	if got := hashes(t, s); got != nil {
		t.Errorf("an old store has %q", got)
	}
	number := use(t, s, "new", start)
	use(t, s, "newer", start.Add(time.Minute))
	need(t, s, 1, number, 0)
	prune(t, s, start.Add(2*time.Hour))
	if got := hashes(t, s); !slices.Equal(got, []string{"newer", "new"}) {
		t.Errorf("kept %q", got)
	}
}

// TestNeedOfAForgottenEdition: who would need a set that is gone stays with the
// one that they needed before.
func TestNeedOfAForgottenEdition(t *testing.T) { forEach(t, testNeedOfAForgottenEdition) }

func testNeedOfAForgottenEdition(t *testing.T, db database) {
	s := db.newStore(t)
	ada := create(t, s, alice)
	number := use(t, s, "one", start)
	need(t, s, ada, number, number)
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(ada)
		if err != nil {
			return err
		}
		p.Edition, p.ParkedEdition = number+7, 0
		return tx.SavePerson(p)
	})
	need(t, s, ada, number, 0)
}
