package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/store"
)

// fakeNetwork hands up one message and takes or refuses what it is given.
type fakeNetwork struct{ fails []error }

func (*fakeNetwork) Network() string             { return "matrix" }
func (*fakeNetwork) Ready(context.Context) error { return nil }

func (*fakeNetwork) Run(ctx context.Context, h chat.Handler) error {
	return h.Handle(ctx, chat.Message{ID: "$zephyrcanary", Text: "zephyrcanary"})
}

func (f *fakeNetwork) Send(context.Context, chat.Outgoing) (string, error) {
	err := f.fails[0]
	f.fails = f.fails[1:]
	return "$sent", err
}

type fakeHandler struct{ err error }

func (h fakeHandler) Handle(context.Context, chat.Message) error            { return h.err }
func (fakeHandler) Delivered(context.Context, string, string, string) error { return nil }
func (fakeHandler) Vouch(context.Context, string, string, string) (bool, error) {
	return false, nil
}

// newTestMonitor watches a store with one person, for whom a message waits.
func newTestMonitor(t *testing.T) (*monitor, *store.Store, *slog.Logger) {
	t.Helper()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	cfg, _, err := loadConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	st := storeToKeep(t, dir)
	t.Cleanup(func() { _ = st.Close() })
	err = st.Update(context.Background(), func(tx *store.Tx) error {
		return errors.Join(tx.Note("crisis", 1, time.Now()), tx.Note("Not a word: @a:example.org", 1, time.Now()))
	})
	if err != nil {
		t.Fatal(err)
	}
	log := newLog(io.Discard, Log{Level: "info", Format: "text"})
	m := newMonitor(cfg, dialOf(log))
	return m, st, log
}

func get(t *testing.T, m *monitor, path, host string) (int, string) {
	t.Helper()
	m.read = time.Time{}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestMonitorTellsHowItIs(t *testing.T) {
	t.Parallel()
	m, st, _ := newTestMonitor(t)
	src, err := openSource("")
	if err != nil {
		t.Fatal(err)
	}
	all, err := src.sound()
	if err != nil {
		t.Fatal(err)
	}
	swap := m.watch(bot.Content{Library: all.library, Lexicon: all.lexicon, Lines: all.lines}, func(context.Context, bot.Content) error { return nil })
	if err := swap(context.Background(), bot.Content{Library: all.library, Lexicon: all.lexicon, Lines: all.lines}); err != nil {
		t.Fatal(err)
	}
	asks := func(path string, code int, want string) {
		t.Helper()
		if got, body := get(t, m, path, "127.0.0.1:1"); got != code || !strings.Contains(body, want) {
			t.Errorf("%s: %d, want %d with %q in\n%s", path, got, code, want, body)
		}
	}
	asks("/readyz", 503, "store: the store is not open yet")
	asks("/healthz", 200, "ok")
	asks("/metrics", 200, "handrail_store_up 0")
	m.st.Store(st)
	asks("/readyz", 503, "network: not heard of yet")
	heard := time.Now().Add(-time.Hour)
	n := m.meter.wrap(&fakeNetwork{}, func() time.Time { return heard })
	asks("/readyz", 503, "network: not heard of for 1h0m")
	heard = time.Now()
	asks("/readyz", 200, "ok")
	asks("/healthz", 200, "ok")
	asks("/metrics", 200, "handrail_people 1\n")
	asks("/metrics", 200, `handrail_noted_today{kind="crisis"} 1`)
	asks("/status", 200, `"log_level":"INFO"`)
	asks("/", 404, "")
	if code, _ := get(t, m, "/metrics", "evil.example.org"); code != http.StatusForbidden {
		t.Errorf("another host: %d", code)
	}
	if n.Network() != "matrix" {
		t.Error("the wrapped network has another name")
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	asks("/readyz", 503, "store: ")
}

// TestMonitorTellsNobody: whatever is asked, nothing of a person is in it.
func TestMonitorTellsNobody(t *testing.T) {
	t.Parallel()
	m, st, log := newTestMonitor(t)
	m.st.Store(st)
	ctx := context.Background()
	n := &fakeNetwork{fails: []error{
		nil, errors.New("zephyrcanary"), &chat.PermanentError{Err: errors.New("zephyrcanary")}, &chat.RetryError{Err: errors.New("zephyrcanary")},
	}}
	w := m.meter.wrap(n, time.Now)
	if err := w.Run(ctx, fakeHandler{}); err != nil {
		t.Error(err)
	}
	if err := w.Run(ctx, fakeHandler{errors.New("zephyrcanary")}); err == nil {
		t.Error("the error of the handler is lost")
	}
	for range 4 {
		_, _ = w.Send(ctx, chat.Outgoing{Key: "k", Text: "zephyrcanary"})
	}
	log.Warn("one")
	log.Error("two")
	log.With("a", 1).WithGroup("g").Error("three")
	_, metrics := get(t, m, "/metrics", "localhost")
	values := parseMetrics(t, metrics)
	for name, want := range map[string]float64{
		"handrail_received_total": 1, "handrail_unhandled_total": 1, "handrail_sent_total": 1, "handrail_handle_seconds_count": 1,
		`handrail_send_failures_total{reason="refused"}`: 1, `handrail_send_failures_total{reason="wait"}`: 1,
		`handrail_send_failures_total{reason="other"}`: 1, `handrail_handle_seconds_bucket{le="+Inf"}`: 1,
		`handrail_log_records_total{level="warn"}`: 1, `handrail_log_records_total{level="error"}`: 2,
		"handrail_outbox_messages": 1, "handrail_outbox_conversations": 1, "handrail_store_up": 1,
	} {
		if got, ok := values[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	_, told := get(t, m, "/status", "localhost")
	var out bytes.Buffer
	for _, format := range []string{"text", "json"} {
		c := statusCmd{Config: filepath.Join(filepath.Dir(m.cfg.Data), "config.yaml"), Format: format}
		if err := c.Run(ctx, streams{out: &out, err: &out}); err != nil {
			t.Fatal(err)
		}
	}
	for where, text := range map[string]string{"the metrics": metrics, "/status": told, "handrail status": out.String()} {
		for _, s := range []string{"zephyrcanary", "example.org", "Not a word", "@a", "$sent"} {
			if strings.Contains(text, s) {
				t.Errorf("%q stands in %s:\n%s", s, where, text)
			}
		}
	}
}

// parseMetrics reads the text format strictly.
func parseMetrics(t *testing.T, text string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	kind := ""
	sample := regexp.MustCompile(`^([a-z_]+)(\{[a-z]+="[^"\\]*"\})? (\S+)$`)
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "# HELP ") {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			kind, _, _ = strings.Cut(rest, " ")
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil || !strings.HasPrefix(m[1], kind) {
			t.Fatalf("no sample of %s: %q", kind, line)
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if _, twice := values[m[1]+m[2]]; twice || err != nil {
			t.Fatalf("%q is there twice, or no number: %v", line, err)
		}
		values[m[1]+m[2]] = v
	}
	return values
}

func TestMonitorListens(t *testing.T) {
	t.Parallel()
	m, st, log := newTestMonitor(t)
	m.st.Store(st)
	free, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.cfg.Monitor.Listen = free.Addr().String()
	if _, err := m.start(context.Background(), log); err == nil || !strings.Contains(err.Error(), "is another program using this port") {
		t.Errorf("on a port that is taken: %v", err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	stop, err := m.start(context.Background(), log)
	if err != nil {
		t.Fatal(err)
	}
	told, err := askBot(context.Background(), m.cfg.Monitor.Listen)
	if err != nil || told.Version != version() {
		t.Errorf("the bot tells %+v, %v", told, err)
	}
	stop()
	if _, err := askBot(context.Background(), m.cfg.Monitor.Listen); err == nil {
		t.Error("it answers after it was stopped")
	}
	for address, fine := range map[string]bool{
		"127.0.0.1:8090": true, "[::1]:8090": true, "localhost:8090": true,
		"0.0.0.0:8090": false, ":8090": false, "192.0.2.1:8090": false, "127.0.0.1": false, "example.org:80": false,
	} {
		if faults := (Monitor{Listen: address}).check(positions{}); (len(faults) == 0) != fine {
			t.Errorf("%s: %v", address, faults)
		}
	}
}

// TestLogLevelWhileItRuns turns the log up twice and back again.
func TestLogLevelWhileItRuns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := newLog(&out, Log{Level: "warn", Format: "text"})
	d := dialOf(log)
	says := func(when string, info, debug bool) {
		t.Helper()
		out.Reset()
		log.Info("an info")
		log.Debug("a debug")
		if got := out.String(); strings.Contains(got, "an info") != info || strings.Contains(got, "a debug") != debug {
			t.Errorf("%s: %s", when, got)
		}
	}
	signals := make(chan os.Signal)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	turns := startTask(func() error { d.listen(ctx, signals, log); return nil })
	says("as configured", false, false)
	signals <- tellMore
	signals <- tellLess // received: the one before has been worked on
	signals <- tellMore
	signals <- tellMore
	signals <- tellMore
	cancel()
	<-turns.done
	if !strings.Contains(out.String(), "log level changed") || strings.Contains(out.String(), "level=ERROR") {
		t.Error("it does not say so")
	}
	says("two more", true, true)
	if d.turn(false) != slog.LevelWarn {
		t.Error("it does not come back")
	}
	says("as configured again", false, false)
	if dialOf(slog.New(slog.DiscardHandler)).turn(true) != slog.LevelDebug {
		t.Error("another log has no dial of its own")
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	does(t, "no store", 1, "there is no store at", "status", "-c", config)
	st := storeToKeep(t, dir)
	r := does(t, "while it runs", 0, "running", "status", "-c", config)
	for _, want := range []string{"1 enrolled", "1 to send", "none known", "help lines"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("it lacks %q:\n%s", want, r.out)
		}
	}
	does(t, "a backup", 0, "sound", "backup", filepath.Join(dir, "backup"), "-c", config)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	does(t, "at rest", 0, "not running", "status", "-c", config)
	var got status
	r = does(t, "for programs", 0, "", "status", "-c", config, "--format", "json")
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Running || got.People != 1 || got.Outbox.Messages != 1 || got.Database.Schema != store.NewestSchema() || got.Backup == nil || got.Lines == nil || got.Bot != nil {
		t.Errorf("%+v", got)
	}
	var out strings.Builder
	got.Bot = &told{Received: 3, Sent: 7}
	if err := got.print(&out, time.Now()); err != nil || !strings.Contains(out.String(), "3 received and 7 sent") {
		t.Errorf("of a bot that runs: %v\n%s", err, out.String())
	}
}
