package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/homeserver"
	"handrail/bot/store"
)

// said are the lines of a doctor by level and check.
func said(t *testing.T, config string, code int) map[string]string {
	t.Helper()
	r := handrail(t, "", "doctor", "-c", config, "--format", "json")
	var found []diagnosis
	if err := json.Unmarshal([]byte(r.out), &found); err != nil || r.code != code {
		t.Fatalf("exit %d, want %d, %v\n%s%s", r.code, code, err, r.out, r.err)
	}
	lines := map[string]string{}
	for _, f := range found {
		lines[f.Level+" "+f.Check] += f.Text + "\n"
	}
	return lines
}

func wantLines(t *testing.T, when string, lines map[string]string, want map[string]string) {
	t.Helper()
	for line, words := range want {
		if !strings.Contains(lines[line], words) || lines[line] == "" {
			t.Errorf("%s: no line %q with %q in %v", when, line, words, lines)
		}
	}
}

// TestDoctorFindsWhatIsBroken breaks one thing after the other.
func TestDoctorFindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	wantLines(t, "before the first start", said(t, config, 1), map[string]string{
		"ok config": "can be read", "ok scripts": "scripts", "ok help lines": "countries", "ok time zones": "2025", "warn data folder": "not there yet",
		"ok disk": "free", "ok master key": "its owner alone", "warn store": "none yet", "fail homeserver": "is the homeserver running",
	})
	st := storeToKeep(t, dir)
	wantLines(t, "while it runs", said(t, config, 1), map[string]string{
		"ok data folder": "can be written", "ok store": "the master key fits", "fail sending": "the longest waits for", "warn backup": "none was taken",
	})
	p, _, err := st.Head(context.Background(), 1)
	if err = errors.Join(err, st.Bury(context.Background(), p, "refused", time.Now())); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "with a message given up", said(t, config, 1), map[string]string{"ok sending": "nothing is late", "warn sending": "1 message given up"})
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	cfg, _, err := loadConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := noteBackup(cfg, time.Now().Add(-30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "at rest", said(t, config, 1), map[string]string{"warn sending": "no bot runs here", "warn backup": "30 days old"})
	if err := noteBackup(cfg, time.Now()); err != nil {
		t.Fatal(err)
	}
	taken, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	more := "monitor: {listen: '" + taken.Addr().String() + "'}\nscripts: none\n"
	text, err := os.ReadFile(config)
	if err = errors.Join(err, os.Remove(config), createSecret(config, append(text, more...)), os.Chmod(filepath.Join(dir, "data"), 0o755),
		os.Chmod(filepath.Join(dir, "matrix.password"), 0o644)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "much broken", said(t, config, 1), map[string]string{
		"fail config": "chmod 0400", "fail scripts": "cannot read the folder", "fail data folder": "chmod 0700", "fail monitor": "another program",
		"fail password": "chmod 0400", "ok backup": "old", "ok store": "SQLite",
	})
	_, other := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	key, err := os.ReadFile(filepath.Join(filepath.Dir(other), "master.key"))
	if err = errors.Join(err, os.Remove(filepath.Join(dir, "master.key")), createSecret(filepath.Join(dir, "master.key"), key)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "with another key", said(t, config, 1), map[string]string{"fail store": store.ErrWrongKey.Error()})
	if err := os.Chmod(filepath.Join(dir, "master.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "with an open key", said(t, config, 1), map[string]string{"fail master key": "chmod 400"})
	does(t, "for people", 1, "each line says what to do", "doctor", "-c", config)
}

// TestDoctorTellsOfAHomeserverThatHangs: it takes the connection and never answers.
// What was found before stands there while it is waited for.
func TestDoctorTellsOfAHomeserverThatHangs(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, config := runFolder(t, "http://"+silent.Addr().String(), "handrail", "not so secret")
	r := handrail(t, "", "doctor", "-c", config)
	if r.code != 1 {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	for _, line := range []string{"ok    config                 ", "fail  homeserver             "} {
		if !strings.Contains(r.out, line) {
			t.Errorf("no line %q in:\n%s", line, r.out)
		}
	}
	if !strings.Contains(r.out, "no answer from the homeserver in time") {
		t.Errorf("the homeserver hangs, and the doctor says:\n%s", r.out)
	}
}

func TestDoctorReadsTheClock(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]string{
		0: levelOK, -3 * time.Second: levelOK, 20 * time.Second: levelWarn, -20 * time.Second: levelWarn, -2 * time.Hour: levelFail,
	} {
		d := &doctor{}
		d.clock(skew)
		if d.found[0].Level != want {
			t.Errorf("%s: %+v", skew, d.found[0])
		}
	}
}

// TestDemoDoctor looks at a bot on a real homeserver: before it logged in, while
// it runs, after its login was ended, and after a restoration.
func TestDemoDoctor(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	server, err := homeserver.Start(ctx, homeserver.Options{Dir: filepath.Join(t.TempDir(), "homeserver"), InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	if err := server.CreateUser(ctx, "handrail", "a long password"); err != nil {
		t.Fatal(err)
	}
	dir, config := runFolder(t, server.URL(), "handrail", "a long password")
	wantLines(t, "before the first start", said(t, config, 0), map[string]string{"ok homeserver": "answers", "ok clock": "", "warn login": "has not logged in yet"})
	r := startRun(ctx, config)
	r.says(t, "msg=running")
	wantLines(t, "while it runs", said(t, config, 0), map[string]string{
		"ok login": "knows", "ok device": "no warning", "ok recovery key": "opens", "warn devices": "1 device", // that of the registration
		"ok sending": "nothing is late",
	})
	file := filepath.Join(dir, "backup")
	does(t, "backup", 0, "sound", "backup", file, "-c", config)
	r.ends(t)
	recovery := filepath.Join(dir, "data", "matrix", "recovery.key")
	key, err := os.ReadFile(recovery)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"there is no recovery key": "", "does not open": "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d\n"} {
		if err := os.WriteFile(recovery, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		wantLines(t, "another recovery key", said(t, config, 1), map[string]string{"ok device": "no warning", "fail recovery key": what})
	}
	if err := os.WriteFile(recovery, key, 0o600); err != nil {
		t.Fatal(err)
	}
	to, toConfig := sameKey(t, dir)
	password := filepath.Join(to, "matrix.password")
	text, err := os.ReadFile(config)
	if err = errors.Join(err, os.Remove(toConfig), createSecret(toConfig, text), os.Remove(password), createSecret(password, []byte("a long password\n"))); err != nil {
		t.Fatal(err)
	}
	does(t, "restore", 0, "takes a new device", "restore", file, "-c", toConfig)
	r = startRun(ctx, toConfig)
	r.says(t, "msg=running")
	wantLines(t, "after a restoration", said(t, toConfig, 0), map[string]string{
		"ok device": "no warning", "ok recovery key": "opens", "warn devices": "2 devices", "ok sending": "nothing is late",
	})
	r.ends(t)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "without the homeserver", said(t, config, 1), map[string]string{"fail homeserver": "is the homeserver running"})
}
