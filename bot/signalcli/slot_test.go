package signalcli

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/signalcli/fakedaemon"
)

// TestLimitHeardWhileWaiting: what waited for its turn behind the call that heard
// of a limit is not sent into it.
func TestLimitHeardWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.say(p, "hi")
	w.until("receipts are out", func() bool { return len(w.d.Calls("sendReceipt")) == 1 })
	at, goOn := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	t.Cleanup(release) // the daemon does not end while it waits
	w.d.SetFault(func(c fakedaemon.Call) fakedaemon.Fault {
		if c.Content == "one" {
			return fakedaemon.Fault{Before: func() { close(at); <-goOn }, Outcome: fakedaemon.RateLimit, Retry: 3600}
		}
		return fakedaemon.Fault{}
	})
	results := make(chan error, 2)
	ask := func(text chat.Text) {
		_, err := w.send(chat.Outgoing{Key: string(text), To: to1(alice), Text: text})
		results <- err
	}
	go ask("one")
	<-at
	go ask("two")
	w.until("the second waits", func() bool { return w.tr.waiting.Load() == 1 })
	release()
	for range 2 {
		var pause *chat.RetryError
		if err := <-results; !errors.As(err, &pause) {
			t.Errorf("%v", err)
		}
	}
	if n := len(w.d.Calls("send")); n != 1 {
		t.Errorf("%d sends, the last into a limit", n)
	}
}

// TestTimerIsASend: what the daemon says when the time after which messages
// disappear is set holds for the message, but a refusal of that alone keeps
// nobody from being answered.
func TestTimerIsASend(t *testing.T) {
	t.Parallel()
	var pause *chat.RetryError
	var held *chat.HeldError
	for _, test := range []struct {
		name  string
		code  int
		sends int
		as    any // nil: it goes out
	}{
		{"a limit", codeRateLimit, 0, &pause},
		{"another safety number", codeUntrusted, 0, &held},
		{"it is refused", codeUser, 1, nil},
		{"it fails", codeInternal, 1, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, fakedaemon.Options{}, func(c *Config) { c.Timer = time.Hour })
			p := w.d.Person(alice)
			w.say(p, "hi")
			w.d.SetFault(func(c fakedaemon.Call) fakedaemon.Fault {
				if c.Method == "updateContact" {
					return fakedaemon.Fault{Code: test.code}
				}
				return fakedaemon.Fault{}
			})
			_, err := w.send(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"})
			if test.as == nil && err != nil || test.as != nil && !errors.As(err, test.as) {
				t.Errorf("%v", err)
			}
			if n := len(w.d.Calls("send")); n != test.sends {
				t.Errorf("%d sends", n)
			}
			if limited := !w.tr.State().LimitedUntil.IsZero(); limited != (test.code == codeRateLimit) {
				t.Errorf("limited: %v", limited)
			}
		})
	}
}

// TestCallAfterGivingUp: a connection that was given up is not used again, and
// what was asked over it meanwhile was certainly not asked.
func TestCallAfterGivingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	w.ready()
	for range 100 {
		c, err := w.tr.connection(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.close()
		if c.alive() {
			t.Fatal("it can be used")
		}
		if err := c.call(t.Context(), "version", nil, nil); !errors.Is(err, errUnsent) {
			t.Fatalf("%v", err)
		}
	}
}

// TestTidiesWhileConnected: the ledger forgets what is too old however long the
// connection lasts.
func TestTidiesWhileConnected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	w.stop()
	w.tidies = 20 * time.Millisecond
	w.start()
	w.say(w.d.Person(alice), "hi")
	left := func() (n int) {
		if _, err := w.tr.ledger.one(t.Context(), "SELECT COUNT(*) FROM hr_receipt", nil, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	old := w.tr.now().Add(-2 * receiptFor).UnixMilli()
	if _, err := w.tr.ledger.change(t.Context(), "INSERT INTO hr_receipt (who, stamp, at) VALUES ($1, 1, $2)", w.tr.keys.who(alice), old); err != nil {
		t.Fatal(err)
	}
	w.until("it is forgotten", func() bool { return left() == 0 })
}

// TestLostLedgerAndOtherKeys: somebody whose safety number changed is held, and
// staff are told, even if the ledger does not know them.
func TestLostLedgerAndOtherKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.say(p, "hi")
	w.stop()
	time.Sleep(2 * time.Millisecond) // keys and ledger are told apart by their times
	p.ChangeKeys()
	w.loseLedger()
	w.start()
	for range 2 {
		var held *chat.HeldError
		if _, err := w.send(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"}); !errors.As(err, &held) {
			t.Fatalf("sent to other keys: %v", err)
		}
	}
	w.until("staff are told", func() bool { return len(w.h.all()) == 2 })
	if m := w.h.all()[1]; m.Kind != chat.KindKeysChanged || m.From.User != alice {
		t.Errorf("kind %d", m.Kind)
	}
	if w.tr.State().Held != 1 {
		t.Error("the operator is not told")
	}
}

func manyACI(n int) string { return fmt.Sprintf("d0de0000-0000-4000-8000-%012d", n) }

// TestManyIdentities: the keys of very many people are read whole.
func TestManyIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	w.ready()
	const many = 12_000
	for n := range many {
		w.d.Known(manyACI(n))
	}
	last := w.d.Person(manyACI(many - 1))
	last.ChangeKeys()
	list, err := Untrusted(t.Context(), w.cfg)
	if err != nil || len(list) != 1 || list[0].SafetyNumber != last.SafetyNumber() {
		t.Fatalf("%d %v", len(list), err)
	}
	if d, err := Probe(t.Context(), w.d.Address()); err != nil || !d.Registered || d.Untrusted != 1 {
		t.Errorf("%+v %v", d, err)
	}
	// Where an answer is cut all the same, that is said at once.
	c, err := dial(t.Context(), w.d.Address())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.read(nil) }()
	if _, err := c.identities(t.Context(), ""); err == nil {
		t.Error("half an answer was taken for one")
	}
	if err := <-ended; !errors.Is(err, errTooLong) {
		t.Errorf("%v", err)
	}
}
