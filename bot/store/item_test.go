package store

import (
	"errors"
	"testing"
)

// Lines name the message they came from without telling it, and go with it.
func TestLinesKnowTheirMessage(t *testing.T) { forEach(t, testLinesKnowTheirMessage) }

func testLinesKnowTheirMessage(t *testing.T, db database) {
	s := db.newStore(t)
	a, b := create(t, s, alice), create(t, s, bob)
	mustUpdate(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.AddItem(a, "reasons", "one", "$1", start), tx.AddItem(a, "people", "two", "$1", start),
			tx.AddItem(a, "reasons", "three", "$2", start), tx.AddItem(a, "reasons", "four", "", start),
			tx.AddItem(b, "reasons", "five", "$1", start),
		)
	})
	mustUpdate(t, s, func(tx *Tx) error {
		items, err := tx.Items(a, "reasons", 0)
		if err != nil {
			return err
		}
		if items[0].From != tx.Source(a, "$1") || items[1].From != tx.Source(a, "$2") || items[2].From != "" {
			t.Errorf("lines come from %q", texts(items))
		}
		if tx.Source(a, "$1") == tx.Source(b, "$1") || tx.Source(a, "$1") == "$1" {
			t.Error("the name of a message tells whose it is, or which")
		}
		if err := tx.DropItemsOf(a, []string{tx.Source(a, "$1"), "", "no name at all"}); err != nil {
			return err
		}
		for id, want := range map[PersonID]string{a: "3:three 4:four", b: "1:five"} {
			items, err := tx.Items(id, "reasons", 0)
			if err != nil {
				return err
			}
			if got := texts(items); got != want {
				t.Errorf("person %d has %q, want %q", id, got, want)
			}
		}
		return nil
	})
}
