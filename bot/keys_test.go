package bot_test

import (
	"strings"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/store"
)

// keysOf is the news that the keys of somebody are others than before.
func (w *world) keysOf(who chat.Address) chat.Message {
	m := w.message(who, "")
	m.Kind = chat.KindKeysChanged
	return m
}

// TestChangedKeysAreNothingThePersonDid: they move neither the time of the last
// message nor the place of a person, make nobody known, and are told to staff in
// the middle of a flood.
func TestChangedKeysAreNothingThePersonDid(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.change = func(c *bot.Config) { c.Burst, c.Refill = 3, 0.001 }
	h.open()
	h.ada("hello")
	seen := h.now
	h.now = h.now.Add(time.Hour)
	told := func(who chat.Address) bool {
		h.handle(h.keysOf(who))
		for _, s := range h.news() {
			if strings.HasPrefix(s, "> ") {
				t.Errorf("said to the person: %q", s)
			}
			if s == "staff> text staff_keys_nobody" {
				return true
			}
		}
		return false
	}
	if !told(ada) {
		t.Error("staff hear nothing")
	}
	err := h.store.View(t.Context(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(ada)
		if err == nil && !p.Seen.Equal(seen) {
			t.Errorf("last heard of at %v, want %v", p.Seen, seen)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		h.ada("menu")
	}
	if !told(ada) {
		t.Error("in a flood staff hear nothing")
	}
	if told(person("nobody")) {
		t.Error("staff hear of somebody who never wrote")
	}
	if c, err := h.store.Counts(t.Context()); err != nil || c.People != 2 { // and the room of staff
		t.Errorf("%d people, %v", c.People, err)
	}
}
