package bot_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
)

// second is another network. While away it has not caught up; every send over it
// gives fail.
type second struct {
	away chan struct{}
	mu   sync.Mutex
	fail error
	sent []chat.Outgoing
}

func (s *second) Network() string { return "second" }

func (s *second) Run(ctx context.Context, _ chat.Handler) error { <-ctx.Done(); return nil }

func (s *second) Ready(ctx context.Context) error {
	select {
	case <-s.away:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *second) Send(_ context.Context, o chat.Outgoing) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return "", s.fail
	}
	s.sent = append(s.sent, o)
	return "$" + o.Key, nil
}

func (s *second) texts() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.sent {
		list = append(list, string(o.Text))
	}
	return list
}

// withSecond is a world whose bot speaks on two networks.
func withSecond(t *testing.T) (*world, *second) {
	t.Helper()
	w := newWorld(t)
	other := &second{away: make(chan struct{})}
	now := time.Now()
	w.now = now
	var err error
	w.bot, err = bot.New(bot.Config{
		Store: w.store, Library: w.lib, Lexicon: lexicon(t), Lines: directory(t),
		Transports: []chat.Transport{w.net, other}, Now: func() time.Time { return now.Add(time.Since(now) * 10_000) }, FreshFor: 100 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, other
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for: " + what)
		}
	}
}

func (n *net) texts() (list []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range n.sent {
		list = append(list, string(o.Text))
	}
	return list
}

// TestNetworkAway: a network that is away holds up nobody on another: they are
// answered, and what they wait for comes.
func TestNetworkAway(t *testing.T) {
	t.Parallel()
	w, other := withSecond(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.bot.Run(ctx) }()
	ben := chat.Address{Network: "second", User: "ben", Room: "ben"}
	for _, who := range []chat.Address{ben, ada} {
		for _, text := range []string{"hello", "waiting"} {
			if err := w.bot.Handle(ctx, w.message(who, text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	waitFor(t, "what ada waits for", func() bool { return count(w.net.texts(), "The wait is over.") == 1 })
	if got := other.texts(); len(got) != 0 {
		t.Errorf("a network that is away was given %q", got)
	}
	close(other.away)
	waitFor(t, "what ben waits for", func() bool { return count(other.texts(), "The wait is over.") == 1 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestNetworkLimited: a network that asks for a pause slows down no other, and one
// conversation that is held stops nobody else.
func TestNetworkLimited(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]error{
		"limited": &chat.RetryError{After: time.Hour, Err: errors.New("later")},
		"held":    &chat.HeldError{Err: errors.New("look first")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, other := withSecond(t)
			other.fail = fail
			close(other.away)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- w.bot.Run(ctx) }()
			ben := chat.Address{Network: "second", User: "ben", Room: "ben"}
			for _, who := range []chat.Address{ben, ada} {
				for _, text := range []string{"hello", "waiting"} {
					if err := w.bot.Handle(ctx, w.message(who, text)); err != nil {
						t.Fatal(err)
					}
				}
			}
			waitFor(t, "what ada waits for", func() bool { return count(w.net.texts(), "The wait is over.") == 1 })
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestInDoubt: a message that is not sent again by its policy is given up, and the
// next one goes out; keys that changed are told to staff and not to the person.
func TestInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.heard()
	w.net.fail = func(o chat.Outgoing) error {
		if o.Text == "Menu text." {
			return &chat.DoubtError{Policy: chat.OnDoubtAsk, Err: errors.New("who knows")}
		}
		return nil
	}
	w.says("menu")
	if got := w.says("waiting"); count(got, "We wait.") != 1 {
		t.Errorf("behind a message in doubt: %q", got)
	}
	w.net.fail = nil
	m := w.message(ada, "")
	m.Kind = chat.KindKeysChanged
	w.handle(m)
	w.pass()
	if got := w.heard(); len(got) != 0 {
		t.Errorf("to changed keys: %q", got)
	}
}

// TestPolicyInDoubt: the policy for messages in doubt goes out with each message,
// but with no answer to danger.
func TestPolicyInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bot.OnDoubt = chat.OnDoubtDrop
	w.says("hello")
	w.says("I want to kill myself")
	policies := map[string]chat.OnDoubt{}
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	for _, o := range w.net.sent {
		policies[string(o.Text)] = o.OnDoubt
	}
	for text, want := range map[string]chat.OnDoubt{"Welcome text.": chat.OnDoubtDrop, "Crisis text.": chat.OnDoubtResend} {
		if got, said := policies[text]; !said || got != want {
			t.Errorf("%q went out under policy %d (%v), want %d", text, got, said, want)
		}
	}
}
