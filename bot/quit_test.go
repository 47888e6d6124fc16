package bot_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/store"
)

// rooms are those that the bot went out of, once each.
func (n *net) rooms() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := slices.Clone(n.quit)
	slices.Sort(all)
	return slices.Compact(all)
}

func (w *world) empty(when string) {
	w.t.Helper()
	if c, err := w.store.Counts(context.Background()); err != nil || c != (store.Counts{}) {
		w.t.Errorf("%s, rows are left: %+v %v", when, c, err)
	}
}

// TestErasedMeansGoneFromTheRoom: the bot goes out of the room behind the last
// line and all that is taken back, wherever it crashes and however often.
func TestErasedMeansGoneFromTheRoom(t *testing.T) {
	t.Parallel()
	for _, crash := range []int{-1, 0, 1, 2, 3} {
		w := newWorld(t).with(owning)
		w.says("hello")
		w.says("daily")
		if crash >= 0 {
			w.net.fail = func(o chat.Outgoing) error {
				if o.Form == chat.FormLeave {
					return errors.New("no network")
				}
				return nil
			}
		}
		w.handle(w.message(ada, "erase"))
		for range crash {
			w.open()
			w.until(w.now.Add(10 * time.Minute))
		}
		if left := w.net.rooms(); crash >= 0 && len(left) > 0 {
			t.Errorf("with no network, gone from %q", left)
		}
		w.net.fail = nil
		w.open()
		w.until(w.now.Add(time.Hour))
		if left := w.net.rooms(); !slices.Equal(left, []string{ada.Room}) {
			t.Errorf("crash %d: gone from %q", crash, left)
		}
		w.net.mu.Lock()
		last := w.net.sent[len(w.net.sent)-1]
		w.net.mu.Unlock()
		if last.Form != chat.FormRemove {
			t.Errorf("crash %d: the last thing in the room is of form %d", crash, last.Form)
		}
		w.empty("after it")
		// Who invites the bot anew is a stranger, to whom nothing comes by itself.
		again := w.message(ada, "")
		again.Kind, again.From.Room = chat.KindOpened, "!new:example.org"
		w.handle(again)
		if got := w.says("menu"); !slices.Contains(got, "Menu text.") {
			t.Errorf("invited anew: %q", got)
		}
		w.heard()
		w.until(w.now.Add(48 * time.Hour))
		if got := w.heard(); len(got) > 0 {
			t.Errorf("by itself afterwards: %q", got)
		}
		if left := w.net.rooms(); len(left) != 1 {
			t.Errorf("the new room was left: %q", left)
		}
	}
}

// TestWhoWritesBeforeTheBotIsGoneKeepsIt: nobody waits for an answer in a room
// without the bot.
func TestWhoWritesBeforeTheBotIsGoneKeepsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	w.net.fail = func(o chat.Outgoing) error {
		if o.Form == chat.FormLeave {
			return errors.New("no network")
		}
		return nil
	}
	w.says("erase")
	w.until(w.now.Add(5 * time.Minute)) // it is under way
	w.net.fail = nil
	w.heard()
	w.handle(w.message(ada, "hello"))
	w.until(w.now.Add(5 * 24 * time.Hour))
	if got := w.heard(); !slices.Equal(got, []string{"Welcome text."}) {
		t.Errorf("said %q", got)
	}
	if left := w.net.rooms(); len(left) > 0 {
		t.Errorf("gone from %q", left)
	}
	if got := w.says("menu"); !slices.Equal(got, []string{"Menu text."}) {
		t.Errorf("later: %q", got)
	}
}

// TestErasedInEveryPlace: with two apps, the bot goes out of both rooms; who parts
// the two keeps it in both.
func TestErasedInEveryPlace(t *testing.T) {
	t.Parallel()
	w := newTwoApps(t, "")
	w.says("hello")
	w.joins()
	w.handle(w.message(ada, "delete all"))
	w.handle(w.message(ada, "erase it all"))
	w.until(w.now.Add(time.Hour))
	if here, there := w.net.rooms(), w.there.rooms(); len(here) != 1 || len(there) != 1 {
		t.Errorf("gone from %q and %q", here, there)
	}
	w.empty("after it")
}

// TestForgetWithoutTheBot: an operator erases somebody while it is off. Nothing but
// where they are is left, and the bot goes out of the room when it runs again, if
// only weeks later.
func TestForgetWithoutTheBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	for _, text := range []string{"hello", "name", "Kim", "daily"} {
		w.says(text)
	}
	err := w.store.Update(t.Context(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(ada)
		if err != nil {
			return err
		}
		return bot.Forget(tx, p, w.now)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = w.store.View(t.Context(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(ada)
		if err != nil {
			return err
		}
		items, err := tx.Items(p.ID, "names", 0)
		if p.Begun() || len(items) > 0 {
			t.Errorf("something is kept: %d", len(items))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.heard()
	w.now = w.now.Add(30 * 24 * time.Hour)
	w.open()
	w.until(w.now.Add(time.Hour))
	if left := w.net.rooms(); !slices.Equal(left, []string{ada.Room}) {
		t.Errorf("gone from %q", left)
	}
	if got := w.heard(); len(got) > 0 {
		t.Errorf("said %q", got)
	}
	w.empty("after it")
}

// TestWhoSendsAnythingKeepsTheBot: what has no words has its answer in the room, too.
func TestWhoSendsAnythingKeepsTheBot(t *testing.T) {
	t.Parallel()
	for kind, stays := range map[chat.Kind]bool{chat.KindMedia: true, chat.KindUnreadable: true, chat.KindReaction: false, chat.KindRemoval: false} {
		w := newWorld(t).with(owning)
		w.says("hello")
		w.says("daily")
		w.says("erase")
		m := w.message(ada, "")
		m.Kind = kind
		w.handle(m)
		w.until(w.now.Add(2 * time.Hour))
		if gone := len(w.net.rooms()) > 0; gone == stays {
			t.Errorf("after a message of kind %d: gone is %v", kind, gone)
		}
	}
}

// TestErasedBeforeALongOutage: the bot goes out of the room also when it could not
// for longer than it tries.
func TestErasedBeforeALongOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	w.handle(w.message(ada, "erase"))
	w.now = w.now.Add(2 * quitFor)
	w.open()
	w.until(w.now.Add(2 * time.Hour))
	if left := w.net.rooms(); !slices.Equal(left, []string{ada.Room}) {
		t.Errorf("gone from %q", left)
	}
	if c, err := w.store.Counts(t.Context()); err != nil || c.People != 0 {
		t.Errorf("rows are left: %+v, %v", c, err)
	}
}

// quitFor is how long the bot tries to go out of a room.
const quitFor = 3 * 24 * time.Hour
