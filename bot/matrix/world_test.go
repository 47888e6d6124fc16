package matrix

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/e2e/homeserver"
)

const password = "correct horse battery"

// limit bounds one wait; nothing here takes a tenth of it on a quiet machine.
const limit = 60 * time.Second

var shared struct { //nolint:gochecknoglobals // one homeserver for all tests that do not stop it
	once   sync.Once
	server *homeserver.Server
	err    error
	dir    string
	names  atomic.Int64
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		shared.server.Kill()
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

func fastDir() (string, error) {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return os.MkdirTemp("/dev/shm", "handrail-matrix-")
	}
	return os.MkdirTemp("", "handrail-matrix-")
}

// sharedServer is one homeserver for every test that does not stop it.
func sharedServer(t *testing.T) *homeserver.Server {
	t.Helper()
	shared.once.Do(func() {
		if shared.dir, shared.err = fastDir(); shared.err != nil {
			return
		}
		shared.server, shared.err = homeserver.Start(context.Background(), homeserver.Options{Dir: shared.dir, InMemory: true})
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// ownServer is a homeserver for a test that stops it. Its queue is on disk.
func ownServer(t *testing.T) *homeserver.Server {
	t.Helper()
	dir, err := fastDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	server, err := homeserver.Start(context.Background(), homeserver.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	return server
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func newName(kind string) string { return fmt.Sprintf("%s%d", kind, shared.names.Add(1)) }

func createUser(t *testing.T, server *homeserver.Server, kind string) string {
	t.Helper()
	name := newName(kind)
	if err := server.CreateUser(testContext(t), name, password); err != nil {
		t.Fatal(err)
	}
	return name
}

// recorder is a handler that remembers.
type recorder struct {
	mu        sync.Mutex
	messages  []chat.Message
	delivered map[string]string
	fail      func(chat.Message) error // asked before a message is taken
	changed   chan struct{}
	known     map[string]string // identity that counts by user
	refused   []string          // users whose keys did not
}

func newRecorder() *recorder {
	return &recorder{delivered: make(map[string]string), changed: make(chan struct{})}
}

func (r *recorder) Handle(_ context.Context, m chat.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(m); err != nil {
			return err
		}
	}
	for _, old := range r.messages {
		if old.ID == m.ID {
			return nil // as a real handler would
		}
	}
	r.messages = append(r.messages, m)
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

func (r *recorder) Delivered(_ context.Context, network, key, eventID string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if network == NetworkName {
		r.delivered[key] = eventID
	}
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

// Vouch vouches for the first keys of each, and for those that were confirmed.
func (r *recorder) Vouch(_ context.Context, _, user, identity string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = make(map[string]string)
	}
	if r.known[user] == "" {
		r.known[user] = identity
	}
	if r.known[user] != identity {
		r.refused = append(r.refused, user)
	}
	return r.known[user] == identity, nil
}

// until waits for a condition over what was recorded.
func (r *recorder) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(limit)
	for {
		r.mu.Lock()
		done, changed := ok(), r.changed
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited in vain for %s; have %s", what, r.summary())
		}
	}
}

// wait returns the first message of this kind that fits.
func (r *recorder) wait(t *testing.T, kind chat.Kind, fits func(chat.Message) bool) (found chat.Message) {
	t.Helper()
	r.until(t, fmt.Sprintf("kind %d", kind), func() bool {
		for _, m := range r.messages {
			if m.Kind == kind && (fits == nil || fits(m)) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (r *recorder) waitText(t *testing.T, words string) chat.Message {
	t.Helper()
	return r.wait(t, chat.KindText, func(m chat.Message) bool { return string(m.Text) == words })
}

func (r *recorder) waitDelivered(t *testing.T, key string) (eventID string) {
	t.Helper()
	r.until(t, "the echo of a message", func() bool {
		eventID = r.delivered[key]
		return eventID != ""
	})
	return eventID
}

func (r *recorder) count(kind chat.Kind) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, m := range r.messages {
		if m.Kind == kind {
			n++
		}
	}
	return n
}

func (r *recorder) summary() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, m := range r.messages {
		fmt.Fprintf(&b, "[%d %q]", m.Kind, string(m.Text))
	}
	return b.String()
}

// logBook keeps what was logged, for a test that looks for leaks.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// bot is a running transport.
type bot struct {
	*Transport
	*recorder
	logs *logBook
	stop func() // ends Run and closes; may be called twice
}

func botConfig(t *testing.T, url, name string) Config {
	t.Helper()
	return Config{
		Homeserver: url, User: name, Password: password, Dir: filepath.Join(t.TempDir(), "matrix"),
		PickleKey: bytes.Repeat([]byte("k"), 32), Invites: Policy{Open: true}, Grace: time.Second,
	}
}

// startBot opens and runs; tune may change the transport before it runs.
func startBot(t *testing.T, cfg Config, r *recorder, tune func(*Transport)) *bot {
	t.Helper()
	b := &bot{recorder: r, logs: &logBook{}}
	cfg.Log = slog.New(slog.NewTextHandler(b.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	tr, err := Open(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	tr.settle = 100 * time.Millisecond
	if tune != nil {
		tune(tr)
	}
	b.Transport = tr
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- tr.Run(ctx, r) }()
	var once sync.Once
	b.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
			if err := tr.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	t.Cleanup(b.stop)
	return b
}

func (b *bot) say(t *testing.T, g *guest, key, words string) string {
	t.Helper()
	eventID, err := b.Send(testContext(t), chat.Outgoing{Key: key, To: g.address(), Text: chat.Text(words)})
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	return eventID
}
