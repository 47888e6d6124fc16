package signalcli

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/signalcli/fakedaemon"
)

const alice, bob = "0a11ce00-0000-4000-8000-000000000001", "b0b00000-0000-4000-8000-000000000002"

// world is a fake daemon, a transport at it, and a handler that remembers.
type world struct {
	t      *testing.T
	d      *fakedaemon.Daemon
	dir    string
	tr     *Transport
	h      *handler
	log    *strings.Builder
	logMu  sync.Mutex
	cancel context.CancelFunc
	done   chan error
	cfg    Config
	quiet  time.Duration // see quietFor
	tidies time.Duration // see tidyEvery
}

// Write makes the world the place where its transport logs.
func (w *world) Write(p []byte) (int, error) {
	w.logMu.Lock()
	defer w.logMu.Unlock()
	return w.log.Write(p)
}

func (w *world) logged() string {
	w.logMu.Lock()
	defer w.logMu.Unlock()
	return w.log.String()
}

// newWorld starts a daemon and a transport.
func newWorld(t *testing.T, o fakedaemon.Options, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), h: newHandler(), log: &strings.Builder{}, quiet: 50 * time.Millisecond, tidies: tidyEvery}
	var err error
	if w.d, err = fakedaemon.Listen("unix", filepath.Join(w.dir, "socket"), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.d.Close() })
	w.cfg = Config{
		Address: w.d.Address(), Account: number, Dir: filepath.Join(w.dir, "signal"), Key: []byte(strings.Repeat("k", 32)),
		Log: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})), DB: ledgerDB(t),
	}
	for _, c := range change {
		c(&w.cfg)
	}
	w.start()
	t.Cleanup(w.stop)
	return w
}

// open opens the transport without running it.
func (w *world) open() *Transport {
	w.t.Helper()
	tr, err := Open(w.t.Context(), w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	tr.grace, tr.quiet, tr.tidies = 300*time.Millisecond, w.quiet, w.tidies
	return tr
}

func (w *world) start() {
	w.t.Helper()
	w.tr = w.open()
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel, w.done = cancel, make(chan error, 1)
	tr := w.tr
	go func() { w.done <- tr.Run(ctx, w.h) }()
}

func (w *world) stop() {
	if w.cancel == nil {
		return
	}
	w.cancel()
	if err := <-w.done; err != nil {
		w.t.Errorf("Run: %v", err)
	}
	if err := w.tr.Close(); err != nil {
		w.t.Errorf("Close: %v", err)
	}
	w.cancel = nil
	// What the daemon writes before it notices is lost, and no fault of the bot's.
	w.until("the daemon notices", func() bool { return w.d.Subscribers() == 0 })
}

// loseLedger lets the transport, which is stopped, find none.
func (w *world) loseLedger() {
	w.t.Helper()
	if err := os.RemoveAll(w.cfg.Dir); err != nil {
		w.t.Fatal(err)
	}
	w.cfg.DB = ledgerDB(w.t)
}

// restart is stop and start.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// until waits for something.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain for: %s\n%s", what, w.logged())
		}
	}
}

// ready waits until the backlog was read.
func (w *world) ready() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := w.tr.Ready(ctx); err != nil {
		w.t.Fatalf("%v\n%s", err, w.logged())
	}
}

func to1(aci string) chat.Address {
	return chat.Address{Network: NetworkName, User: aci, Room: aci}
}

func (w *world) send(out chat.Outgoing) (string, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return w.tr.Send(ctx, out)
}

// must sends and expects that it went well.
func (w *world) must(out chat.Outgoing) string {
	w.t.Helper()
	id, err := w.send(out)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.logged())
	}
	return id
}

// say lets somebody write and waits until that was handled.
func (w *world) say(p *fakedaemon.Person, text string) {
	w.t.Helper()
	id := eventID(p.ACI, p.Say(text))
	w.until("the message is handled", func() bool { return w.h.has(id) })
}

func shown(p *fakedaemon.Person) (texts []string) {
	for _, s := range p.Phone() {
		if s.Removed {
			texts = append(texts, "[removed]")
		} else {
			texts = append(texts, s.Text)
		}
	}
	return texts
}

func wantPhone(t *testing.T, p *fakedaemon.Person, want ...string) {
	t.Helper()
	if got := shown(p); !slices.Equal(got, want) {
		t.Errorf("on the phone: %q, want %q", got, want)
	}
}

// handler remembers what it got. fail, if set, is asked first.
type handler struct {
	mu   sync.Mutex
	got  []chat.Message
	seen map[string]int
	fail func(chat.Message) error
}

func newHandler() *handler { return &handler{seen: make(map[string]int)} }

func (h *handler) Handle(_ context.Context, m chat.Message) error {
	h.mu.Lock()
	fail := h.fail
	h.mu.Unlock()
	if fail != nil {
		if err := fail(m); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen[m.ID]++; h.seen[m.ID] == 1 {
		h.got = append(h.got, m)
	}
	return nil
}

func (h *handler) Delivered(context.Context, string, string, string) error { return nil }

func (h *handler) Vouch(context.Context, string, string, string) (bool, error) { return false, nil }

func (h *handler) has(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen[id] > 0
}

func (h *handler) all() []chat.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}

func (h *handler) setFail(fail func(chat.Message) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail = fail
}
