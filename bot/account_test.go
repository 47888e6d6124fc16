package bot_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

// square is a network with one account, as a homeserver sees it: what people
// wrote, how far the account has read, and what was said to them. The same key
// twice is one message.
type square struct {
	mu      sync.Mutex
	written []chat.Message
	read    int
	said    map[string][]string // by person
	keys    map[string]bool
	opened  int // how often somebody spoke for the account
	now     int // how many do at this moment
	most    int
}

func (q *square) write(from chat.Address, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	id := fmt.Sprint("$", len(q.written))
	q.written = append(q.written, chat.Message{ID: id, From: from, Text: chat.Text(text), Sent: time.Now()})
}

func (q *square) count(a chat.Address, text string) (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, words := range q.said[a.User] {
		if words == text {
			n++
		}
	}
	return n
}

func (q *square) open(context.Context) (bot.Opened, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.opened++
	q.now++
	q.most = max(q.most, q.now)
	return &voice{q: q, caught: make(chan struct{})}, nil
}

// voice is one opening of the account.
type voice struct {
	q      *square
	caught chan struct{}
}

func (v *voice) Network() string { return "test" }

func (v *voice) Run(ctx context.Context, h chat.Handler) error {
	for caught := false; ctx.Err() == nil; {
		v.q.mu.Lock()
		at := v.q.read
		var next []chat.Message
		if at < len(v.q.written) {
			next = v.q.written[at : at+1]
		}
		v.q.mu.Unlock()
		if len(next) == 0 {
			if !caught {
				caught = true
				close(v.caught)
			}
			if rand.IntN(200) == 0 {
				return fmt.Errorf("%w: a whim", bot.ErrReopen)
			}
			time.Sleep(5 * time.Millisecond)
			continue
		}
		if err := h.Handle(ctx, next[0]); err != nil {
			continue
		}
		v.q.mu.Lock()
		v.q.read = max(v.q.read, at+1)
		v.q.mu.Unlock()
	}
	return nil
}

func (v *voice) Ready(ctx context.Context) error {
	select {
	case <-v.caught:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *voice) Send(ctx context.Context, o chat.Outgoing) (string, error) {
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	v.q.mu.Lock()
	defer v.q.mu.Unlock()
	if !v.q.keys[o.Key] {
		v.q.keys[o.Key] = true
		v.q.said[o.To.User] = append(v.q.said[o.To.User], string(o.Text))
	}
	return "$" + o.Key, nil
}

func (v *voice) Close() error {
	v.q.mu.Lock()
	defer v.q.mu.Unlock()
	v.q.now--
	return nil
}

// copyOf runs a copy of the bot until stop is called.
func copyOf(t *testing.T, url string, q *square, label string) (stop func()) {
	t.Helper()
	_, stop = copyWith(t, url, q, label, scripts, io.Discard)
	return stop
}

func copyWith(t *testing.T, url string, q *square, label string, scripts map[string]string, log io.Writer) (b *bot.Bot, stop func()) {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{URL: url, Master: master(t), Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	b, err = bot.New(bot.Config{
		Store: st, Library: library(t, scripts), Lexicon: lexicon(t), Lines: directory(t), Log: slog.New(slog.NewTextHandler(log, nil)),
		Accounts: []bot.Account{{Network: "test", Open: q.open}}, Label: label, LeaseTTL: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	return b, sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, st.Close()); err != nil {
			t.Error(err)
		}
	})
}

// TestCopiesShareAnAccount: copies come and go while people write. Each message
// is answered once, and one copy speaks at a time.
func TestCopiesShareAnAccount(t *testing.T) {
	t.Parallel()
	database := pgtest.ForTest(t, "").Empty(t)
	const people, rounds = 5, 12
	q := &square{said: map[string][]string{}, keys: map[string]bool{}}
	stops := []func(){copyOf(t, database, q, "a"), copyOf(t, database, q, "b")}
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	who := make([]chat.Address, people)
	for i := range who {
		who[i] = person(fmt.Sprint("p", i))
		q.write(who[i], "hello")
	}
	for round := range rounds {
		for _, a := range who {
			q.write(a, "menu")
		}
		time.Sleep(100 * time.Millisecond)
		if round%3 == 2 {
			i := round % 2
			stops[i]()
			stops[i] = copyOf(t, database, q, fmt.Sprint("copy", round))
		}
	}
	deadline := time.Now().Add(time.Minute)
	for _, a := range who {
		for q.count(a, "Menu text.") < rounds && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
		if n := q.count(a, "Menu text."); n != rounds {
			t.Errorf("%d answers to %d messages", n, rounds)
		}
		if n := q.count(a, "Welcome text."); n != 1 {
			t.Errorf("%d welcomes", n)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.most != 1 {
		t.Errorf("%d copies spoke at a time", q.most)
	}
	t.Logf("the account was opened %d times", q.opened)
}

// TestCopiesKnowEachOthersScripts: a talk that began on the scripts of one copy
// goes on as it began on another copy, which has others.
func TestCopiesKnowEachOthersScripts(t *testing.T) {
	t.Parallel()
	database := pgtest.ForTest(t, "").Empty(t)
	newer := maps.Clone(scripts)
	newer["name"] = strings.Replace(scripts["name"], "steps:\n", "steps:\n  - say: A step that is new.\n", 1)
	newer["name"] = strings.Replace(newer["name"], "I wrote down", "Now noted is", 1)
	q := &square{said: map[string][]string{}, keys: map[string]bool{}}
	log := &lockedLog{}
	old, stopOld := copyWith(t, database, q, "old", scripts, log)
	defer stopOld()
	fresh, stopNew := copyWith(t, database, q, "new", newer, io.Discard)
	defer stopNew()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(log.String(), "taken in"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the old copy does not learn of the new scripts")
		}
	}
	for i, step := range []struct {
		bot  *bot.Bot
		says string
	}{{fresh, "hello"}, {fresh, "name"}, {old, "Ada Lovelace"}} {
		m := chat.Message{ID: fmt.Sprint("$direct", i), From: ada, Text: chat.Text(step.says), Sent: time.Now()}
		if err := step.bot.Handle(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	const want = "Now noted is Ada Lovelace."
	for deadline := time.Now().Add(time.Minute); q.count(ada, want) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			q.mu.Lock()
			t.Fatalf("the talk did not go on: %q", q.said[ada.User])
		}
	}
}

// lockedLog is a log that can be read while it is written.
type lockedLog struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestSharedNeedsASharedStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := bot.New(bot.Config{
		Store: w.store, Library: w.lib, Lexicon: lexicon(t), Lines: directory(t),
		Accounts: []bot.Account{{Network: "other"}},
	})
	if err == nil {
		t.Error("an account is shared through a file")
	}
}
