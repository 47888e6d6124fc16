package bot_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/lines"
	"handrail/bot/schedule"
	"handrail/bot/seal"
	"handrail/bot/store"
)

// scripts are the smallest set in which every path of the host can be walked.
var scripts = map[string]string{
	"welcome": `
flow: welcome
title: Welcome
steps:
  - set: {welcomed: true}
  - say: Welcome text.
`,
	"menu": `
flow: menu
title: Menu
anywhere: [menu]
steps:
  - say: Menu text.
`,
	"crisis": `
flow: crisis
title: Crisis
steps:
  - say: Crisis text.
  - lines: dv
  - ask: Are you safe right now?
    yes_no: {"yes": {}, "no": {}}
`,
	"crisis.check": `
flow: crisis.check
title: Check
steps:
  - ask: Is it happening now?
    yes_no: {"yes": {}, "no": {}}
`,
	"stop": `
flow: stop
title: Stop
first: [stop]
steps:
  - cancel: all
  - quiet: stop
  - say: OK. No more messages.
`,
	"start": `
flow: start
title: Start
first: [start]
steps:
  - quiet: off
  - say: Messages are on.
`,
	"daily": `
flow: daily
title: Daily
start: [daily]
steps:
  - every: daily
    flow: daily.ask
    at: "21:00"
    fresh_for: 2h
  - say: Daily is set.
`,
	"daily.ask": `
flow: daily.ask
title: Daily question
steps:
  # lint: allow no-reply because a test waits for longer
  - ask: Is now all right?
    pick: {"yes": {}, later: {}}
  - say: Noted.
`,
	"typed": `
flow: typed
title: Typed
start: [typed]
steps:
  - ask: When?
    text: {}
    keep: typed_time
  - every: typed
    flow: daily.ask
    at: typed_time
    fresh_for: 2h
  - say: Typed is set.
`,
	"waiting": `
flow: waiting
title: Waiting
start: [waiting]
steps:
  - say: We wait.
  - wait: 15m
  - say: The wait is over.
`,
	"name": `
flow: name
title: Name
start: [name]
steps:
  - ask: What shall I call you?
    text: {}
    keep: {list: names}
  - say: "I wrote down {{answer}}."
`,
	"zone": `
flow: zone
title: Zone
start: [zone]
steps:
  - ask: Where?
    zone: {}
    keep: zone
  - say: Zone is set.
`,
	"move": `
flow: move
title: Move
start: [move]
steps:
  - pace: {in: 4, out: 6, rounds: 1}
  - say: Done breathing.
`,
}

// net is a transport into memory that fails when told to. It stands in for a
// network in tests of the host only; real networks are tested in bot/e2e.
type net struct {
	mu   sync.Mutex
	sent []chat.Outgoing

	swept []chat.Outgoing           // what the person wrote that is to be taken back
	quit  []string                  // the rooms that the bot went out of
	fail  func(chat.Outgoing) error // called without the lock
	wait  chan struct{}             // not nil: Ready waits for it to be closed
}

func (n *net) Network() string { return "test" }

func (n *net) Run(ctx context.Context, _ chat.Handler) error {
	<-ctx.Done()
	return nil
}

func (n *net) Ready(ctx context.Context) error {
	if n.wait == nil {
		return nil
	}
	select {
	case <-n.wait:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *net) Send(_ context.Context, o chat.Outgoing) (string, error) {
	if n.fail != nil {
		if err := n.fail(o); err != nil {
			return "", err
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if o.Form == chat.FormSweep {
		n.swept = append(n.swept, o)
		return "", nil
	}
	if o.Form == chat.FormLeave && !o.Team {
		n.quit = append(n.quit, o.To.Room)
		return "", nil
	}
	n.sent = append(n.sent, o)
	return "$" + o.Key, nil
}

// world is a bot on a file store with a clock that the test moves.
type world struct {
	database  string
	t         testing.TB
	dir       string
	now       time.Time
	net       *net
	more      []chat.Transport // of other networks
	lib       *flow.Library
	store     *store.Store
	bot       *bot.Bot
	log       io.Writer
	staff     *bot.Staff
	transport chat.Transport // instead of net
	takeBack  time.Duration
	change    func(*bot.Config) // of the next open
	workers   int               // 0: one

	broadcasts []bot.Broadcast
	seen       int
	n          int
}

func library(t testing.TB, files map[string]string) *flow.Library {
	t.Helper()
	m := fstest.MapFS{}
	texts := "texts:\n"
	for _, r := range flow.RequiredTexts() {
		text := "text " + r.Key
		if r.Words || len(r.Must) > 0 {
			text = r.Example
		}
		texts += fmt.Sprintf("  %s: %q\n", r.Key, text)
	}
	m["texts.yaml"] = &fstest.MapFile{Data: []byte(texts)}
	for id, y := range files {
		m[id+".yaml"] = &fstest.MapFile{Data: []byte(strings.TrimLeft(y, "\n"))}
	}
	lib, findings, err := flow.Load(m, flow.Options{Readers: schedule.Readers()})
	if err != nil {
		t.Fatal(err)
	}
	if lib == nil {
		t.Fatalf("scripts: %v", findings)
	}
	return lib
}

func newWorld(t testing.TB) *world { return newWorldOn(t, "") }

// newWorldOn is a world with its store in the database at an address; empty: in
// a file.
func newWorldOn(t testing.TB, database string) *world {
	t.Helper()
	w := &world{
		database: database,
		t:        t, dir: t.TempDir(), now: time.Date(2026, 1, 5, 20, 0, 0, 0, time.UTC),
		net: &net{}, lib: library(t, scripts), log: io.Discard,
	}
	w.open()
	return w
}

// open starts the bot on the world's folder; a second call is a restart.
func (w *world) open() {
	w.t.Helper()
	if w.store != nil {
		if err := w.store.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(w.dir, "data"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	o := store.Options{Path: filepath.Join(w.dir, "data", "handrail.db"), Master: master(w.t)}
	if w.database != "" {
		o.Path, o.URL = "", w.database
	}
	s, err := store.Open(context.Background(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	w.store = s
	transport := chat.Transport(w.net)
	if w.transport != nil {
		transport = w.transport
	}
	c := bot.Config{
		Store: s, Library: w.lib, Lexicon: lexicon(w.t), Lines: directory(w.t),
		Transports: append([]chat.Transport{transport}, w.more...), Now: func() time.Time { return w.now }, Workers: max(w.workers, 1), TakeBack: w.takeBack, Broadcasts: w.broadcasts, Staff: w.staff,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if w.change != nil {
		w.change(&c)
	}
	if w.bot, err = bot.New(c); err != nil {
		w.t.Fatal(err)
	}
}

var masterFile = sync.OnceValues(seal.NewMasterKey)

func master(t testing.TB) *seal.Master {
	t.Helper()
	file, err := masterFile()
	if err != nil {
		t.Fatal(err)
	}
	m, err := seal.OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var ada = chat.Address{Network: "test", User: "@ada:example.org", Room: "!ada:example.org"}

func person(name string) chat.Address {
	return chat.Address{Network: "test", User: "@" + name + ":example.org", Room: "!" + name + ":example.org"}
}

// message gives a text a fresh id.
func (w *world) message(from chat.Address, text string) chat.Message {
	w.n++
	return chat.Message{ID: fmt.Sprintf("$in%d", w.n), From: from, Text: chat.Text(text), Sent: w.now}
}

// handle hands one message up and sends what is due.
func (w *world) handle(m chat.Message) {
	w.t.Helper()
	if err := w.bot.Handle(context.Background(), m); err != nil {
		w.t.Fatal(err)
	}
	w.pass()
}

// says is a text from ada and what it was answered with.
func (w *world) says(text string) []string {
	w.t.Helper()
	w.handle(w.message(ada, text))
	return w.heard()
}

// pass runs what is due now.
func (w *world) pass() {
	w.t.Helper()
	if _, err := w.bot.FireDue(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.bot.DeliverDue(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// until moves the clock, running everything at the moment it falls due.
func (w *world) until(to time.Time) {
	w.t.Helper()
	for range 10_000 {
		next, ok, err := w.bot.NextDue(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if !ok || next.After(to) {
			w.now = to
			return
		}
		if next.After(w.now) {
			w.now = next
		}
		w.pass()
	}
	w.t.Fatal("the clock does not get on: something stays due")
}

// heard is what was sent since the last call.
func (w *world) heard() []string {
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	var out []string
	for _, o := range w.net.sent[w.seen:] {
		out = append(out, string(o.Text))
	}
	w.seen = len(w.net.sent)
	return out
}

// words are the crisis words, which are read only and take long to read.
var words struct {
	sync.Once
	lexicon *crisis.Lexicon
	err     error
}

func lexicon(t testing.TB) *crisis.Lexicon {
	t.Helper()
	sub := crisisFS(t)
	words.Do(func() { words.lexicon, words.err = crisis.Load(sub) })
	if words.err != nil {
		t.Fatal(words.err)
	}
	return words.lexicon
}

func directory(t testing.TB) *lines.Directory {
	t.Helper()
	d, findings, err := lines.Load(linesFS(t))
	if err != nil || d == nil {
		t.Fatal(err, findings)
	}
	return d
}
