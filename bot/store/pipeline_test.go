package store

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestKeptBack(t *testing.T) { forEach(t, testKeptBack) }

// testKeptBack: a statement that nobody waits for fails its own caller and nobody
// else, is seen by what comes after it, and goes with a caller that fails.
func testKeptBack(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	const nobody = PersonID(4711)
	at := start.Add(time.Hour)
	timer := func(id PersonID, kind string) func(tx *Tx) error {
		return func(tx *Tx) error { return tx.SetTimer(id, kind, 1, at) }
	}
	if err := s.Update(context.Background(), timer(nobody, "wait")); err == nil {
		t.Error("a lone caller does not hear that its statement failed")
	}
	errs := together(t, s,
		timer(id, "a"),
		timer(nobody, "b"),
		func(tx *Tx) error { return errors.Join(tx.SetTimer(id, "c", 1, at), errCaller) },
		func(tx *Tx) error {
			if err := tx.SetTimer(id, "d", 7, at); err != nil {
				return err
			}
			if got, err := tx.LoadTimer(id, "d"); err != nil || got.Seq != 7 {
				t.Errorf("a timer just set is %+v, %v", got, err)
			}
			return tx.SetTimer(id, "e", 1, at)
		},
		timer(id, "f"))
	for i, bad := range []bool{false, true, true, false, false} {
		if (errs[i] != nil) != bad {
			t.Errorf("caller %d got %v", i, errs[i])
		}
	}
	mustView(t, s, func(tx *Tx) error {
		for kind, want := range map[string]bool{"a": true, "b": false, "c": false, "d": true, "e": true, "f": true} {
			if _, err := tx.LoadTimer(id, kind); (err == nil) != want {
				t.Errorf("timer %s: %v, want it there: %v", kind, err, want)
			}
		}
		return nil
	})
	err := s.Update(context.Background(), func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err != nil {
			return err
		}
		if err := tx.ErasePerson(id); err != nil {
			return err
		}
		return tx.SavePerson(p)
	})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("somebody who was erased is saved: %v", err)
	}
	if err := s.View(context.Background(), timer(id, "g")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a view writes: %v", err)
	}
}

// TestPostgresOverlooksNothing: a statement that the server does not even take is
// no less a failure when the caller goes on as if nothing had been.
func TestPostgresOverlooksNothing(t *testing.T) {
	t.Parallel()
	s := openStore(t, postgresOptions(t))
	id := create(t, s, alice)
	err := s.Update(context.Background(), func(tx *Tx) error {
		if err := tx.SetTimer(id, "kept", 1, start); err != nil {
			return err
		}
		_, err := tx.any(`SELECT nonsense FROM nowhere`)
		if err == nil {
			t.Error("the server takes anything")
		}
		return nil
	})
	if !errors.Is(err, errOverlooked) {
		t.Errorf("Update: %v, want %v", err, errOverlooked)
	}
	mustUpdate(t, s, func(tx *Tx) error { return tx.SetTimer(id, "after", 1, start) })
	mustView(t, s, func(tx *Tx) error {
		_, err := tx.LoadTimer(id, "kept")
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("kept: %v", err)
		}
		_, err = tx.LoadTimer(id, "after")
		return err
	})
}
