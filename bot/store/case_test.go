package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
)

// TestCaseGoesWithItsPerson: with whoever is erased, everything of their cases
// goes, and the record stays.
func TestCaseGoesWithItsPerson(t *testing.T) { forEach(t, testCaseGoesWithItsPerson) }

func testCaseGoesWithItsPerson(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	var c Case
	mustUpdate(t, s, func(tx *Tx) (err error) {
		if c, err = tx.NewCase(id, "matrix", start); err != nil {
			return err
		}
		c.State, c.Since, c.Said = desk.Offered, start, []string{"words"}
		return errors.Join(tx.PutCase(c), tx.Enqueue(c.Lane, text("k", "words"), start), tx.SetTimer(c.Lane, "case", 0, start),
			tx.Cross("matrix", Crossing{Lane: c.Lane, Event: "$e", Copy: "copy", Staff: true}),
			tx.Record(c.ID, desk.Record{By: "@ana", Action: "claim"}, start), tx.Record(c.ID, desk.Record{By: "@ana", Action: "close"}, start))
	})
	mustView(t, s, func(tx *Tx) error {
		got, err := tx.CaseOf(id)
		if err != nil || got.Lane != c.Lane || got.State != desk.Offered || len(got.Said) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		if all, err := tx.OpenCases(); err != nil || len(all) != 1 {
			t.Errorf("%d open cases, %v", len(all), err)
		}
		for _, find := range []func() (Crossing, bool, error){
			func() (Crossing, bool, error) { return tx.Crossed("matrix", "$e") },
			func() (Crossing, bool, error) { return tx.Copied("copy") },
		} {
			if x, ok, err := find(); err != nil || !ok || x != (Crossing{Lane: c.Lane, Event: "$e", Copy: "copy", Staff: true}) {
				t.Errorf("%+v, %v, %v", x, ok, err)
			}
		}
		return nil
	})
	counts, err := s.Counts(context.Background())
	if err != nil || counts.People != 1 {
		t.Errorf("%d people, %v", counts.People, err)
	}
	mustUpdate(t, s, func(tx *Tx) error { return tx.ErasePerson(id) })
	mustView(t, s, func(tx *Tx) error {
		if _, err := tx.LoadCase(c.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("the case: %v", err)
		}
		if _, err := tx.LoadPerson(c.Lane); !errors.Is(err, ErrNotFound) {
			t.Errorf("its lane: %v", err)
		}
		if _, ok, err := tx.Crossed("matrix", "$e"); ok || err != nil {
			t.Errorf("its crossing: %v, %v", ok, err)
		}
		entries, err := tx.Entries()
		if err != nil || len(entries) != 2 || desk.Verify(desk.Entry{}, entries) != nil {
			t.Errorf("the record: %+v, %v", entries, err)
		}
		return nil
	})
}

// TestThreadIsKnownOnceItsMessageIsOut: what goes into the thread of a case names
// the event that the thread hangs from, also after the store has been tidied up.
func TestThreadIsKnownOnceItsMessageIsOut(t *testing.T) { forEach(t, testThreadIsKnown) }

func testThreadIsKnown(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	var c Case
	mustUpdate(t, s, func(tx *Tx) (err error) {
		if c, err = tx.NewCase(id, "matrix", start); err != nil {
			return err
		}
		return errors.Join(tx.PutCase(c), tx.Enqueue(c.Lane, Post{Key: "root", Out: chat.Outgoing{Text: "K1", Team: true}}, start))
	})
	mustSent(t, s, head(t, s, c.Lane), "$root")
	if _, err := s.Prune(context.Background(), start.Add(365*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, s, func(tx *Tx) error {
		return tx.Enqueue(c.Lane, Post{Key: "more", ThreadOf: "root", Out: chat.Outgoing{Text: "x", Team: true, Mentions: []string{"@ana"}}}, start)
	})
	p := head(t, s, c.Lane)
	if p.Out.Thread != "$root" || !p.Out.Team || len(p.Out.Mentions) != 1 {
		t.Errorf("%q, %v, %v", p.Out.Thread, p.Out.Team, p.Out.Mentions)
	}
}

func TestAway(t *testing.T) { forEach(t, testAway) }

func testAway(t *testing.T, db database) {
	s := db.newStore(t)
	for _, why := range []string{"", AwaySaid, AwayKeys, ""} {
		mustUpdate(t, s, func(tx *Tx) error { return tx.SetAway("@ana", why) })
		mustView(t, s, func(tx *Tx) error {
			got, err := tx.Away("@ana")
			if err != nil || got != why {
				t.Errorf("%q, %v, want %q", got, err, why)
			}
			return nil
		})
	}
}
