package signalcli

import (
	"errors"
	"testing"

	"handrail/bot/chat"
	"handrail/bot/signalcli/fakedaemon"
)

// TestGone: who has no account any more counts as one who has left. What was to be
// sent is given up, and who writes again is answered.
func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.say(p, "hi")
	p.Outcome = fakedaemon.Unregistered
	var never *chat.PermanentError
	if _, err := w.send(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"}); !errors.As(err, &never) {
		t.Fatalf("sent with %v", err)
	}
	left := func() (n int) {
		for _, m := range w.h.all() {
			if m.Kind == chat.KindLeft && m.From == to1(alice) && m.Text == "" {
				n++
			}
		}
		return n
	}
	w.until("it is told", func() bool { return left() == 1 })
	w.restart()
	w.ready()
	if n := left(); n != 1 {
		t.Errorf("told %d times", n)
	}
	p.Outcome = ""
	w.say(p, "I am back")
	w.must(chat.Outgoing{Key: "2", To: to1(alice), Text: "two"})
	wantPhone(t, p, "two")
}

// TestForgetsWhoWasErased: the daemon drops contact and keys, and the ledger who
// it was. Nothing goes to them then until they write again.
func TestForgetsWhoWasErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.say(p, "hi")
	w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"})
	for range 2 {
		w.must(chat.Outgoing{Key: "2", To: to1(alice), Form: chat.FormLeave})
	}
	if calls := w.d.Calls("removeContact"); len(calls) != 2 || calls[0].Params["forget"] != true {
		t.Errorf("%d calls", len(calls))
	}
	if _, known, err := w.tr.ledger.contact(t.Context(), w.tr.keys.who(alice)); known || err != nil {
		t.Errorf("still known: %v %v", known, err)
	}
	var never *chat.PermanentError
	if _, err := w.send(chat.Outgoing{Key: "3", To: to1(alice), Text: "three"}); !errors.As(err, &never) {
		t.Errorf("sent to a stranger: %v", err)
	}
	w.say(p, "hi again")
	w.must(chat.Outgoing{Key: "4", To: to1(alice), Text: "four"})
	wantPhone(t, p, "one", "four")
}
