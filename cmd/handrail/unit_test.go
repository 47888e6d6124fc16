package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// TestUnits reads the files as their programs would, as far as that goes.
func TestUnits(t *testing.T) {
	t.Parallel()
	known := []string{"Unit", "Service", "Timer", "Install"}
	for kind, want := range map[string][]string{
		"systemd":    {"Type=notify", "WatchdogSec=", "ProtectSystem=strict", "LimitCORE=0", "ExecReload=", "handrail run -c"},
		"backup":     {"Type=oneshot", "handrail backup", "-delete"},
		"timer":      {"OnCalendar=", "Persistent=yes"},
		"signal-cli": {"--no-receive-stdout", "--ignore-attachments", "--receive-mode manual", "on-first-use", "StandardOutput=null", "UMask=0007", "LimitCORE=0"},
	} {
		text := does(t, kind, 0, "[Unit]", "unit", kind).out
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("%s lacks %q", kind, words)
			}
		}
		for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
			line = strings.TrimSpace(line)
			name, isSection := strings.CutPrefix(line, "[")
			key, _, isSetting := strings.Cut(line, "=")
			switch {
			case line == "" || strings.HasPrefix(line, "#"):
			case isSection && slices.Contains(known, strings.TrimSuffix(name, "]")):
			case isSetting && strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == "":
			default:
				t.Errorf("%s: the line %q is no setting", kind, line)
			}
		}
	}
	var compose struct {
		Services map[string]struct {
			ReadOnly    bool `yaml:"read_only"`
			Healthcheck struct{ Test []string }
		}
	}
	if err := yaml.Unmarshal([]byte(does(t, "compose", 0, "services:", "unit", "compose").out), &compose); err != nil {
		t.Fatal(err)
	}
	s, ok := compose.Services["handrail"]
	if !ok || !s.ReadOnly || !slices.Equal(s.Healthcheck.Test[1:4], []string{"/usr/local/bin/handrail", "status", "--ready"}) {
		t.Errorf("compose: %+v", compose)
	}
	does(t, "another", 2, "see handrail --help", "unit", "upstart")
}

// TestServiceManager listens as systemd does.
func TestServiceManager(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	env := map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000", "WATCHDOG_PID": "7"}
	log := slog.New(slog.DiscardHandler)
	get := func(name string) string { return env[name] }
	hear := func() string {
		t.Helper()
		if err := l.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, err := l.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
	ctx, cancel := context.WithCancel(context.Background())
	stuck := false
	beats := 0
	ran := startTask(func() error {
		newService(get, 7, log).run(ctx, func(context.Context) error {
			if beats++; beats > 3 {
				stuck = true
				cancel()
				return errors.New("stuck")
			}
			return nil
		})
		return nil
	})
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"} {
		if got := hear(); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	<-ran.done
	if !stuck {
		t.Error("it was not asked whether it makes progress")
	}
	if s := newService(get, 8, log); s.every != 0 {
		t.Error("it answers for another process")
	}
	env["NOTIFY_SOCKET"] = "@handrail-test"
	if s := newService(get, 7, log); s.socket != "\x00handrail-test" || s.every != time.Millisecond {
		t.Errorf("%q, %s", s.socket, s.every)
	}
	env = nil
	newService(get, 7, log).run(context.Background(), nil) // nobody asked: it returns at once
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	service{socket: path, log: log}.tell("READY=1") // that nobody listens is no fault of the bot
}

// TestStatusReady is what a supervisor without HTTP asks.
func TestStatusReady(t *testing.T) {
	t.Parallel()
	m, st, log := newTestMonitor(t)
	config := filepath.Join(filepath.Dir(m.cfg.Data), "config.yaml")
	does(t, "without an address", 2, "monitor.listen", "status", "--ready", "-c", config)
	free, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.cfg.Monitor.Listen = free.Addr().String()
	text, err := os.ReadFile(config)
	if err = errors.Join(err, free.Close(), os.Remove(config), createSecret(config, append(text, "monitor: {listen: '"+m.cfg.Monitor.Listen+"'}\n"...))); err != nil {
		t.Fatal(err)
	}
	does(t, "nobody answers", 1, "does not answer", "status", "--ready", "-c", config)
	stop, err := m.start(context.Background(), log)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	m.st.Store(st)
	does(t, "not ready", 1, "not heard of yet", "status", "--ready", "-c", config)
	m.meter.wrap(&fakeNetwork{}, time.Now)
	m.mu.Lock()
	m.read = time.Time{}
	m.mu.Unlock()
	does(t, "ready", 0, "ready", "status", "--ready", "-c", config)
}
