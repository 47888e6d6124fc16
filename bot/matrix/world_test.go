package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

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

// guest is a person with a client.
type guest struct {
	cli  *mautrix.Client
	help *cryptohelper.CryptoHelper
	room id.RoomID

	mu      sync.Mutex
	events  []*event.Event // everything of others, decrypted
	changed chan struct{}
}

// newGuest logs a person in; prepare runs before their client syncs.
func newGuest(t *testing.T, server *homeserver.Server, kind string, prepare ...func(*guest)) *guest {
	t.Helper()
	ctx := testContext(t)
	name := createUser(t, server, kind)
	cli, err := mautrix.NewClient(server.URL(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = cli.Login(ctx, &mautrix.ReqLogin{
		Type: mautrix.AuthTypePassword, Password: password, StoreCredentials: true,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{cli: cli, changed: make(chan struct{})}
	if g.help, err = cryptohelper.NewCryptoHelper(cli, []byte("guest"), filepath.Join(t.TempDir(), "guest.db")); err != nil {
		t.Fatal(err)
	}
	if err := g.help.Init(ctx); err != nil {
		t.Fatal(err)
	}
	cli.Crypto = g.help
	cli.Syncer.(mautrix.ExtensibleSyncer).OnEvent(func(_ context.Context, evt *event.Event) {
		if evt.Sender == cli.UserID || evt.RoomID == "" || evt.Type == event.EventEncrypted {
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.events = append(g.events, evt)
		close(g.changed)
		g.changed = make(chan struct{})
	})
	for _, fn := range prepare {
		fn(g)
	}
	sctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sctx.Err() == nil {
			_ = cli.SyncWithContext(sctx)
			_ = sleep(sctx, 50*time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done; _ = g.help.Close() })
	return g
}

// openRoom makes a room with the bot in it.
func (g *guest) openRoom(t *testing.T, bot id.UserID, encrypted bool, others ...id.UserID) {
	t.Helper()
	req := &mautrix.ReqCreateRoom{Preset: "trusted_private_chat", IsDirect: true, Invite: append([]id.UserID{bot}, others...)}
	if encrypted {
		req.InitialState = []*event.Event{{
			Type: event.StateEncryption, StateKey: new(string),
			Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
		}}
	}
	resp, err := g.cli.CreateRoom(testContext(t), req)
	if err != nil {
		t.Fatal(err)
	}
	g.room = resp.RoomID
}

// openChat makes an encrypted room and waits until the bot is ready in it and
// the guest knows that.
func (g *guest) openChat(t *testing.T, b *bot) {
	t.Helper()
	g.openRoom(t, b.self, true)
	b.wait(t, chat.KindOpened, func(m chat.Message) bool { return m.From.Room == g.room.String() })
	g.awaitJoin(t, b.self)
}

func (g *guest) awaitJoin(t *testing.T, user id.UserID) {
	t.Helper()
	g.await(t, "a join", func(evt *event.Event) bool {
		return evt.Type == event.StateMember && evt.GetStateKey() == user.String() && evt.Content.AsMember().Membership == event.MembershipJoin
	})
}

func (g *guest) address() chat.Address {
	return chat.Address{Network: NetworkName, User: g.cli.UserID.String(), Room: g.room.String()}
}

func (g *guest) say(t *testing.T, words string) id.EventID {
	t.Helper()
	return g.send(t, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgText, Body: words})
}

func (g *guest) send(t *testing.T, kind event.Type, content any) id.EventID {
	t.Helper()
	resp, err := g.cli.SendMessageEvent(testContext(t), g.room, kind, content)
	if err != nil {
		t.Fatal(err)
	}
	return resp.EventID
}

func (g *guest) await(t *testing.T, what string, fits func(*event.Event) bool) *event.Event {
	t.Helper()
	deadline := time.After(limit)
	for {
		g.mu.Lock()
		changed := g.changed
		for _, evt := range g.events {
			if evt.RoomID == g.room && fits(evt) {
				g.mu.Unlock()
				return evt
			}
		}
		g.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("the guest waited in vain for %s", what)
		}
	}
}

func (g *guest) awaitText(t *testing.T, words string) *event.Event {
	t.Helper()
	return g.await(t, "the words "+words, func(evt *event.Event) bool {
		return evt.Type == event.EventMessage && evt.Content.AsMessage().Body == words
	})
}

func (g *guest) countText(words string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, evt := range g.events {
		if evt.Type == event.EventMessage && evt.Content.AsMessage().Body == words {
			n++
		}
	}
	return n
}

// wire is a proxy between bot and homeserver that a test can disturb.
type wire struct {
	url    string
	puts   atomic.Int64                             // requests to send an event that reached the homeserver
	drop   atomic.Pointer[func(*http.Request) bool] // true: forward, then break the connection
	deny   atomic.Pointer[func(*http.Request) bool] // true: break the connection before it is forwarded
	reply  atomic.Pointer[func(*http.Request) *http.Response]
	hidden atomic.Int64 // how many events were taken out
	hide   atomic.Value // string: whose timeline events are taken out of sync responses
}

func newWire(t *testing.T, server *homeserver.Server) *wire {
	t.Helper()
	target, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(rw http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) }
	proxy.ModifyResponse = w.hideEvents
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if asks(&w.deny, r) {
			panic(http.ErrAbortHandler)
		}
		if reply := w.reply.Load(); reply != nil {
			if resp := (*reply)(r); resp != nil {
				for name, values := range resp.Header {
					rw.Header()[name] = values
				}
				rw.WriteHeader(resp.StatusCode)
				_, _ = io.Copy(rw, resp.Body)
				return
			}
		}
		if isPut(r) {
			w.puts.Add(1)
		}
		if asks(&w.drop, r) {
			proxy.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(rw, r)
	}))
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(front.Close)
	w.url = front.URL
	return w
}

func asks(hook *atomic.Pointer[func(*http.Request) bool], r *http.Request) bool {
	fn := hook.Load()
	return fn != nil && (*fn)(r)
}

func isPut(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/send/")
}

// once makes a hook that says yes to the first request that fits.
func once(fits func(*http.Request) bool) *func(*http.Request) bool { return times(1, fits) }

// times makes a hook that says yes to the first requests that fit. net/http
// repeats a GET by itself when a used connection breaks; one yes is not seen.
func times(n int64, fits func(*http.Request) bool) *func(*http.Request) bool {
	var said atomic.Int64
	hook := func(r *http.Request) bool { return fits(r) && said.Add(1) <= n }
	return &hook
}

func newAnswer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// hideEvents takes somebody's events out of a sync response.
func (w *wire) hideEvents(resp *http.Response) error {
	sender, _ := w.hide.Load().(string)
	if sender == "" || !strings.HasSuffix(resp.Request.URL.Path, "/sync") {
		return nil
	}
	var body map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		return err
	}
	joined := object(object(body, "rooms"), "join")
	for room := range joined {
		timeline := object(object(joined, room), "timeline")
		events, _ := timeline["events"].([]any)
		timeline["events"] = slices.DeleteFunc(events, func(evt any) bool {
			fields, _ := evt.(map[string]any)
			gone := text(fields, "sender") == sender && fields["state_key"] == nil
			if gone {
				w.hidden.Add(1)
			}
			return gone
		})
	}
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	resp.ContentLength = int64(len(data))
	resp.Header.Set("Content-Length", strconv.Itoa(len(data)))
	return nil
}
