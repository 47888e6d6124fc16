package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/homeserver"
	"handrail/bot/seal"
)

// TestCanaryTellsOfAChange: the log hears of the first answer, of each failure
// and of the first answer after one; the metrics of all.
func TestCanaryTellsOfAChange(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := &probe{log: slog.New(slog.NewTextHandler(&log, nil))}
	if p.look() != nil || (*probe)(nil).look() != nil {
		t.Error("it knows before it asked")
	}
	began := time.Unix(1000, 0)
	for _, tt := range []struct {
		err  error
		ok   bool
		said string
	}{{nil, true, "the canary was answered"}, {nil, true, ""}, {errNoAnswer, false, "no answer came in time"}, {nil, true, "the canary was answered"}} {
		log.Reset()
		p.note(tt.err, began, began.Add(2*time.Second))
		r := p.look()
		if r.OK != tt.ok || r.Good == nil || r.Took != 2 || !strings.Contains(log.String(), tt.said) || tt.said == "" && log.Len() > 0 {
			t.Errorf("%v: %+v, %s", tt.err, r, log.String())
		}
		var out bytes.Buffer
		e := newExposition(&out)
		r.write(e, began.Add(12*time.Second))
		if err := e.w.Flush(); err != nil {
			t.Fatal(err)
		}
		values := parseMetrics(t, out.String())
		if (values["handrail_canary_ok"] == 1) != tt.ok || values["handrail_canary_answer_age_seconds"] != 10 {
			t.Errorf("%v", values)
		}
	}
	for c, fine := range map[Canary]bool{
		{}: true, canaryDefaults(): true, {User: "canary"}: false,
		{User: "canary", PasswordFile: "p", Every: time.Hour, Patience: time.Minute}: true, {User: "canary", Every: time.Hour, Patience: time.Minute}: false,
	} {
		if faults := c.check(positions{}); (len(faults) == 0) != fine {
			t.Errorf("%+v: %v", c, faults)
		}
	}
}

// TestCanaryTellsStaffOnce: staff hear of the first failure and of the first answer
// after it, also when the program was started again in between.
func TestCanaryTellsStaffOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var told []string
	var refuse error
	once := map[string]bool{}
	open := func() *probe {
		return &probe{cfg: Config{Data: dir}, tell: func(_ context.Context, text, id string) error {
			if refuse == nil && !once[text+id] { // as the bot does
				once[text+id] = true
				told = append(told, text)
			}
			return refuse
		}}
	}
	p, at := open(), time.Unix(1000, 0)
	for i, tt := range []struct {
		bad    error
		refuse error
		again  bool // the program is started again before
		want   string
	}{
		{nil, nil, false, ""},
		{errNoAnswer, errNoRoom, false, ""}, // the store was away
		{errNoAnswer, nil, false, "staff_canary_broken"},
		{errCanaryLogin, nil, false, ""},
		{errNoAnswer, nil, true, ""},
		{nil, errNoRoom, false, ""},
		{nil, nil, true, "staff_canary_well"},
		{nil, nil, false, ""},
		{errNoAnswer, nil, false, "staff_canary_broken"},
	} {
		if tt.again {
			p = open()
		}
		told, refuse = nil, tt.refuse
		if err := p.news(t.Context(), tt.bad, at.Add(time.Duration(i)*time.Hour)); !errors.Is(err, tt.refuse) {
			t.Errorf("%d: %v", i, err)
		}
		if got := strings.Join(told, " "); got != tt.want {
			t.Errorf("%d: staff were told %q, want %q", i, got, tt.want)
		}
	}
	if err := (&probe{}).news(t.Context(), errNoAnswer, at); err != nil {
		t.Errorf("without staff: %v", err)
	}
}

// TestDemoCanary lets the canary ask a bot on a real homeserver, before and after
// a restart of both, and when the bot is gone.
func TestDemoCanary(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	server, err := homeserver.Start(ctx, homeserver.Options{Dir: filepath.Join(t.TempDir(), "homeserver"), InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	for user, password := range map[string]string{"handrail": "a long password", "canary": "another password"} {
		if err := server.CreateUser(ctx, user, password); err != nil {
			t.Fatal(err)
		}
	}
	dir, config := runFolder(t, server.URL(), "handrail", "a long password")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	more := "monitor: {canary: {user: canary, every: 1s, patience: 1m}}\n"
	if err := errors.Join(os.Remove(config), createSecret(config, append(text, more...)),
		createSecret(filepath.Join(dir, "canary.password"), []byte("another password\n"))); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time with the room and the keys of the first
		r := startRun(ctx, config)
		r.says(t, "the canary was answered")
		r.ends(t)
		if text, _ := r.log.look(); strings.Contains(text, "another password") || strings.Contains(text, "@canary") || strings.Contains(text, "level=ERROR") {
			t.Errorf("the log:\n%s", text)
		}
	}
	cfg, _, err := loadConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	master, err := seal.LoadMaster(cfg.MasterKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Monitor.Canary.Patience = 5 * time.Second
	ask := func() error { return newProbe(cfg, master, slog.New(slog.DiscardHandler)).ask(ctx) }
	if err := ask(); !errors.Is(err, errNoAnswer) {
		t.Errorf("without the bot: %v", err)
	}
	if err := os.Remove(filepath.Join(cfg.Data, "canary", "room")); err != nil {
		t.Fatal(err)
	}
	if err := ask(); !errors.Is(err, errNoRoom) {
		t.Errorf("without the bot and a room: %v", err)
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := ask(); !errors.Is(err, errCanaryLogin) {
		t.Errorf("without the homeserver: %v", err)
	}
}
