package bot_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// leaves is somebody who goes out of a room.
func (w *world) leaves(who chat.Address, room string) {
	w.t.Helper()
	m := w.message(who, "")
	m.Kind, m.From.Room = chat.KindLeft, room
	w.handle(m)
}

// TestToLeaveIsToStop: nothing comes any more, and to come back is no new yes.
func TestToLeaveIsToStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(hiding)
	for _, text := range []string{"hello", "daily", "waiting"} {
		w.says(text)
	}
	down := true
	w.net.fail = func(chat.Outgoing) error {
		if down {
			return errors.New("no network")
		}
		return nil
	}
	w.handle(w.message(ada, "menu"))
	w.heard()
	w.leaves(ada, ada.Room)
	down = false
	w.until(w.now.Add(48 * time.Hour))
	if got, _ := w.removed(); len(got) > 0 {
		t.Errorf("taken back: %q", got)
	}
	if got := w.heard(); len(got) > 0 {
		t.Errorf("after leaving: %q", got)
	}
	if left := w.schedules(); left != 0 {
		t.Errorf("%d schedules are left", left)
	}
	again := w.message(ada, "")
	again.Kind, again.From.Room = chat.KindOpened, "!new:example.org"
	w.handle(again)
	if got := w.heard(); !slices.Equal(got, []string{"text opened"}) {
		t.Errorf("on coming back: %q", got)
	}
	w.until(w.now.Add(48 * time.Hour))
	if got := w.heard(); len(got) > 0 {
		t.Errorf("by itself after coming back: %q", got)
	}
	err := w.store.View(t.Context(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(ada)
		if err == nil && !p.QuietUntil.Equal(store.Forever) {
			t.Errorf("quiet until %v", p.QuietUntil)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// schedules counts those of ada.
func (w *world) schedules() (n int) {
	w.t.Helper()
	err := w.store.View(w.t.Context(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(ada)
		if err != nil {
			return err
		}
		all, err := tx.Schedules(p.ID)
		n = len(all)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestToLeaveAnotherRoomIsNothing: neither does somebody whom the bot does not know
// become known by leaving, nor does somebody stay whose rows were erased.
func TestToLeaveAnotherRoomIsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	w.says("daily")
	w.leaves(ada, "!other:example.org")
	w.leaves(person("nobody"), "!nobody:example.org")
	if left := w.schedules(); left != 1 {
		t.Errorf("%d schedules are left", left)
	}
	w.says("erase")
	w.leaves(ada, ada.Room)
	w.until(w.now.Add(2 * time.Hour))
	if c, err := w.store.Counts(t.Context()); err != nil || c != (store.Counts{}) {
		t.Errorf("rows are left: %+v, %v", c, err)
	}
}

// TestToLeaveEndsATalk with an advocate, who is told.
func TestToLeaveEndsATalk(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	h.news()
	h.leaves(ada, ada.Room)
	wantNews(t, h.news(), "staff> text staff_withdrawn")
	wantNews(t, h.writes(ana, "are you there"), "staff> text staff_over")
}

// TestLeavingFastSweeps: on the way out what the person wrote is taken back, too,
// where the network lets the bot: what lies between the message that asked for it
// and twelve hours before, by the clock of the network.
func TestLeavingFastSweeps(t *testing.T) {
	t.Parallel()
	w := newTwoApps(t, "")
	w.says("hello")
	w.joins()
	w.both()
	m := w.message(ada, "x")
	m.Sent = w.now.Add(-3 * time.Second)
	w.handle(m)
	for network, n := range map[string]*net{"here": w.net, "there": w.there} {
		n.mu.Lock()
		sweeps := n.swept
		n.mu.Unlock()
		if len(sweeps) != 1 || !sweeps[0].Until.Equal(m.Sent) || !sweeps[0].Since.Equal(m.Sent.Add(-12*time.Hour)) {
			t.Errorf("%s: %+v", network, sweeps)
		}
	}
}
