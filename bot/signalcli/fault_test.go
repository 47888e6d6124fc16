package signalcli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot/account"
	"handrail/bot/chat"
	"handrail/bot/signalcli/fakedaemon"
)

// TestDoubt: a message of which the outcome is not known is proved by a receipt,
// or else treated as its policy wants it.
func TestDoubt(t *testing.T) {
	t.Parallel()
	lost := fakedaemon.Fault{Silent: true, Hangup: true}
	half := fakedaemon.Fault{Half: true}
	undone := fakedaemon.Fault{Ignore: true, Silent: true, Hangup: true}
	failed := fakedaemon.Fault{Code: codeInternal}
	for _, test := range []struct {
		name   string
		fault  fakedaemon.Fault
		off    bool // the phone is off: no receipt
		policy chat.OnDoubt
		want   []string
		gives  bool // Send gives it up
		state  State
	}{
		{"the answer is lost", lost, false, chat.OnDoubtResend, []string{"one"}, false, State{Proved: 1}},
		{"half the answer comes", half, false, chat.OnDoubtDrop, []string{"one"}, false, State{Proved: 1}},
		{"the answer is lost and the phone is off", lost, true, chat.OnDoubtResend, []string{"one", "one"}, false, State{Resent: 1}},
		{"the same, never twice", lost, true, chat.OnDoubtDrop, []string{"one"}, true, State{Dropped: 1}},
		{"the same, ask", lost, true, chat.OnDoubtAsk, []string{"one"}, true, State{Asked: 1}},
		{"the request is lost", undone, false, chat.OnDoubtResend, []string{"one"}, false, State{Resent: 1}},
		{"the request is lost, never twice", undone, false, chat.OnDoubtDrop, nil, true, State{Dropped: 1}},
		{"the daemon fails", failed, false, chat.OnDoubtResend, []string{"one"}, false, State{Resent: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakedaemon.Options{})
			p := w.d.Person(alice)
			w.say(p, "hi")
			if test.off {
				p.TurnOff()
			}
			var sends atomic.Int64
			w.d.SetFault(func(c fakedaemon.Call) fakedaemon.Fault {
				if c.Method == "send" && sends.Add(1) == 1 {
					return test.fault
				}
				return fakedaemon.Fault{}
			})
			out := chat.Outgoing{Key: "1", To: to1(alice), Text: "one", OnDoubt: test.policy}
			if _, err := w.send(out); err == nil {
				t.Fatal("nobody noticed")
			}
			id, err := w.send(out)
			var doubt *chat.DoubtError
			if errors.As(err, &doubt) != test.gives || !test.gives && err != nil {
				t.Fatalf("%v\n%s", err, w.logged())
			}
			wantPhone(t, p, test.want...)
			if phone := p.Phone(); !test.gives && id != ownID(phone[len(phone)-1].Stamp) {
				t.Errorf("event id %q", id)
			}
			s := w.tr.State()
			if got := (State{Proved: s.Proved, Resent: s.Resent, Dropped: s.Dropped, Asked: s.Asked}); got != test.state {
				t.Errorf("counted %+v, want %+v", got, test.state)
			}
			w.restart()
			if again := w.tr.State(); again.Resent != s.Resent || again.Proved != s.Proved {
				t.Error("the counts are lost")
			}
		})
	}
}

// TestProofIsOfThisMessage: neither a receipt for an earlier message, nor one for a
// change of the time after which messages disappear, nor one of somebody else
// passes for that of a message in doubt.
func TestProofIsOfThisMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{}, func(c *Config) { c.Timer = time.Hour })
	p, q := w.d.Person(alice), w.d.Person(bob)
	w.say(p, "hi")
	w.say(q, "hi")
	p.TurnOff()
	w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"}) // with the time set: two receipts wait on the phone
	w.d.SetFault(func(c fakedaemon.Call) fakedaemon.Fault {
		if c.Content == "two" {
			return fakedaemon.Fault{Ignore: true, Silent: true, Hangup: true}
		}
		return fakedaemon.Fault{}
	})
	if _, err := w.send(chat.Outgoing{Key: "2", To: to1(alice), Text: "two"}); err == nil {
		t.Fatal("nobody noticed")
	}
	w.d.SetFault(nil)
	w.must(chat.Outgoing{Key: "3", To: to1(bob), Text: "three"})
	p.TurnOn()
	w.must(chat.Outgoing{Key: "2", To: to1(alice), Text: "two"})
	wantPhone(t, p, "one", "two")
	if s := w.tr.State(); s.Proved != 0 || s.Resent != 1 {
		t.Errorf("counted %+v", s)
	}
}

// TestBacklog: what waits at the daemon comes first, in order and once, and nothing
// is sent before it was handed up.
func TestBacklog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p, q := w.d.Person(alice), w.d.Person(bob)
	w.say(p, "hi")
	w.stop()
	w.quiet = 2 * time.Second // even on a machine with much else to do the first line comes within that
	var want []string
	for i := range 300 {
		want = append(want, fmt.Sprint("message ", i))
		p.Say(want[i])
		if i%3 == 0 {
			q.Say(want[i])
		}
	}
	var handled atomic.Int64
	stuck := make(chan struct{})
	w.h.setFail(func(m chat.Message) error {
		if handled.Add(1) > 200 {
			<-stuck
			return context.Canceled
		}
		return nil
	})
	w.start()
	w.until("some are handled", func() bool { return handled.Load() > 200 })
	if ok, _, _ := w.tr.ready.state(); ok {
		t.Error("ready while the backlog waits")
	}
	w.cancel() // the process ends in the middle
	close(stuck)
	w.stop()
	w.h.setFail(nil)
	w.start()
	w.ready()
	var got, theirs []string
	for _, m := range w.h.all()[1:] {
		if m.From.User == alice {
			got = append(got, string(m.Text))
		} else {
			theirs = append(theirs, string(m.Text))
		}
	}
	if !slices.Equal(got, want) || len(theirs) != 100 {
		t.Errorf("%d of %d, and %d of 100", len(got), len(want), len(theirs))
	}
	if n := w.tr.pending.Load(); n != 0 {
		t.Errorf("%d wait", n)
	}
	w.until("the inbox is empty", func() bool {
		rows, err := w.tr.ledger.waiting(context.Background(), 0, 9)
		return err == nil && len(rows) == 0
	})
}

// TestFailingHandler: a message that cannot be committed holds up nobody else, and
// what the same person wrote behind it waits.
func TestFailingHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	w.ready()
	p := w.d.Person(alice)
	var bad atomic.Bool
	bad.Store(true)
	w.h.setFail(func(m chat.Message) error {
		switch {
		case bad.Load() && m.From.User == alice && m.Text == "first":
			return errors.New("the store is gone: first")
		case bad.Load() && m.From.User == alice && m.Text == "panic":
			panic("panic of alice")
		}
		return nil
	})
	p.Say("first")
	p.Say("panic")
	w.say(w.d.Person(bob), "hi")
	if got := w.h.all(); len(got) != 1 {
		t.Errorf("%d messages", len(got))
	}
	bad.Store(false)
	w.until("the others", func() bool { return len(w.h.all()) == 3 })
	if got := w.h.all(); got[1].Text != "first" || got[2].Text != "panic" {
		t.Error("in another order")
	}
	w.leaks("the store is gone", "panic of alice")
}

// TestOddLines: what comes twice counts once, what comes in another order than it
// was written stays in that of Signal, and a line that is too long or no JSON is
// not the end of anything.
func TestOddLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	w.ready()
	p := w.d.Person(alice)
	line := func(stamp int, text string) []byte {
		return fmt.Appendf(nil, `{"envelope":{"source":"x","sourceNumber":null,"sourceUuid":%q,"sourceName":"A","sourceDevice":1,"timestamp":%d,`+
			`"dataMessage":{"timestamp":%d,"message":%q}},"account":%q}`, alice, stamp, stamp, text, number)
	}
	w.d.Raw(line(1790000000900, "later"))
	w.d.Raw(line(1790000000100, "earlier"))
	w.d.Raw(line(1790000000900, "later"))
	w.d.Raw([]byte(`no JSON at all {"`))
	w.d.Raw([]byte(``))
	w.d.Raw(line(1790000000950, strings.Repeat("x", maxLine)))
	w.say(p, "end")
	var got []string
	for _, m := range w.h.all() {
		got = append(got, fmt.Sprint(m.Kind, string(m.Text)))
	}
	if want := []string{"0later", "0earlier", fmt.Sprint(chat.KindUnreadable), "0end"}; !slices.Equal(got, want) {
		t.Errorf("%.100q", got)
	}
	for id, n := range w.h.seen {
		if n != 1 {
			t.Errorf("%q was handed up %d times", id, n)
		}
	}
}

// TestReconnect: the daemon goes and comes back; nothing is lost, nothing is sent
// meanwhile, and it is ready again.
func TestReconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.say(p, "hi")
	w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"})
	for i := range 3 {
		w.d.Hangup()
		w.say(p, fmt.Sprint("after ", i))
		w.must(chat.Outgoing{Key: fmt.Sprint("after", i), To: to1(alice), Text: chat.Text(fmt.Sprint(i))})
	}
	wantPhone(t, p, "one", "0", "1", "2")
	if n := w.d.Subscribers(); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
}

// TestOutOfOrder: answers find who waits for them, however they come.
func TestOutOfOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	w.ready()
	first := make(chan struct{})
	w.d.SetFault(func(c fakedaemon.Call) fakedaemon.Fault {
		switch c.Method {
		case "listIdentities":
			return fakedaemon.Fault{Before: func() { <-first }, Twice: true}
		case "version":
			return fakedaemon.Fault{After: func() { close(first) }, Junk: `{"jsonrpc":"2.0","result":{},"id":99}`}
		}
		return fakedaemon.Fault{}
	})
	c, err := dial(t.Context(), w.d.Address())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.read(nil) }()
	slow := make(chan error, 1)
	go func() {
		_, err := c.identities(t.Context(), "")
		slow <- err
	}()
	w.until("the first call is there", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.waits) == 1 })
	if v, err := c.version(t.Context()); err != nil || v != (Version{0, 14, 6}) {
		t.Errorf("%v %v", v, err)
	}
	if err := <-slow; err != nil {
		t.Error(err)
	}
	c.close()
	<-ended
	if err := c.call(t.Context(), "version", nil, nil); !errors.Is(err, errUnsent) {
		t.Errorf("after the end: %v", err)
	}
}

// TestWrongDaemon: one that is too old, or was started wrongly, or serves another
// account is not worked with, and the operator hears why.
func TestWrongDaemon(t *testing.T) {
	t.Parallel()
	t.Run("too old", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fakedaemon.Options{Version: "0.13.4"})
		w.until("the operator hears it", func() bool { return strings.Contains(w.tr.State().Fault, "older than") })
		if d, err := Probe(t.Context(), w.d.Address()); err != nil || !d.Version.TooOld() {
			t.Errorf("probe: %+v %v", d, err)
		}
	})
	t.Run("for several accounts", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fakedaemon.Options{Multi: true})
		w.say(w.d.Person(alice), "hi")
		var never *chat.PermanentError
		if _, err := w.send(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"}); err == nil || errors.As(err, &never) {
			t.Errorf("%v", err)
		}
		if !strings.Contains(w.tr.State().Fault, "-a") {
			t.Errorf("the operator hears %q", w.tr.State().Fault)
		}
		if d, err := Probe(t.Context(), w.d.Address()); err != nil || d.Single {
			t.Errorf("probe: %+v %v", d, err)
		}
	})
	t.Run("of another account", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fakedaemon.Options{Account: "+15559999999"})
		w.d.Person(alice).Say("hi")
		err := <-w.done
		if !errors.Is(err, errAccount) || strings.Contains(err.Error(), "+1555") {
			t.Errorf("Run: %v", err)
		}
		w.done <- nil
	})
	t.Run("as it should be", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fakedaemon.Options{})
		w.ready()
		if d, err := Probe(t.Context(), w.d.Address()); err != nil || !d.Single || !d.Registered || d.Version.Outdated() {
			t.Errorf("probe: %+v %v", d, err)
		}
		if s := w.tr.State(); s.Version != "0.14.6" || s.ConnectedSince.IsZero() || s.Fault != "" || w.tr.Synced().IsZero() {
			t.Errorf("state %+v", s)
		}
		if list, err := Untrusted(t.Context(), w.cfg); err != nil || len(list) != 0 {
			t.Errorf("%d %v", len(list), err)
		}
		if err := SubmitCaptcha(t.Context(), w.cfg, "signalcaptcha://x"); !errors.Is(err, ErrNoChallenge) && err == nil {
			t.Errorf("a captcha that nobody asked for: %v", err)
		}
		if _, err := Open(t.Context(), w.cfg); err == nil {
			t.Error("two copies on one ledger")
		}
	})
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		if _, err := Probe(t.Context(), t.TempDir()+"/none"); err == nil || !strings.Contains(err.Error(), "not there") {
			t.Errorf("probe: %v", err)
		}
	})
}

// TestOtherKey: a ledger that another key sealed is not worked with in silence.
func TestOtherKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.h.setFail(func(chat.Message) error { return errors.New("not now") })
	p.Say("hi")
	w.until("it is on disk", func() bool { return w.tr.pending.Load() == 1 })
	w.stop()
	w.cfg.Key = []byte(strings.Repeat("x", 32))
	if tr, err := Open(t.Context(), w.cfg); err == nil {
		t.Errorf("opened, with %d lines that nobody can read", tr.pending.Load())
		_ = tr.Close()
	}
}

// TestSlowDisk: while something that was read is on its way to the disk, the
// backlog has not been handed up, however long that takes.
func TestSlowDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	w.ready()
	w.stop()
	tr := w.open()
	defer func() { _ = tr.Close() }()
	tr.ready.connected(tr.now())
	data := fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"receive","params":{"envelope":{"sourceUuid":%q,"sourceDevice":1,"timestamp":1790000000900,`+
		`"dataMessage":{"timestamp":1790000000900,"message":"stop"}}}}`, alice)
	taken := make(chan error, 1)
	caught := func() bool {
		tr.ready.look(tr.now().Add(time.Hour), w.quiet, tr.pending.Load())
		ok, _, _ := tr.ready.state()
		return ok
	}
	err := account.Txn(t.Context(), tr.ledger.db, func(context.Context) error { // the disk is busy
		go func() { taken <- tr.take(t.Context(), []line{{data: data}}) }()
		w.until("it was read", func() bool { return tr.pending.Load() > 0 })
		if caught() {
			t.Error("ready while something waits for the disk")
		}
		return nil
	})
	if err := errors.Join(err, <-taken); err != nil {
		t.Fatal(err)
	}
	if n := tr.pending.Load(); n != 1 || caught() {
		t.Errorf("%d lines wait for the handler, ready: %v", n, caught())
	}
}
