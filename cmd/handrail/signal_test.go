package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"handrail/bot/signalcli/fakedaemon"
)

// safeFlags are those of the service that is printed.
func safeFlags(t *testing.T) []string {
	t.Helper()
	text := strings.ReplaceAll(does(t, "signal-cli", 0, "[Unit]", "unit", "signal-cli").out, "\\\n", " ")
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(line, "ExecStart="); ok {
			return strings.Fields(command)
		}
	}
	t.Fatal("the service starts nothing")
	return nil
}

func TestSignalFlags(t *testing.T) {
	t.Parallel()
	without := func(gone string) (args []string) {
		for _, arg := range safeFlags(t) {
			if arg != gone {
				args = append(args, arg)
			}
		}
		return args
	}
	var compose struct {
		Services map[string]struct{ Command []string }
	}
	if err := yaml.Unmarshal([]byte(does(t, "compose", 0, "services:", "unit", "signal-compose").out), &compose); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, level, text string // "" level: nothing is found
		args              []string
	}{
		{"the service", "", "", safeFlags(t)},
		{"the container", "", "", append([]string{"/opt/signal-cli/bin/signal-cli"}, compose.Services["signal-cli"].Command...)},
		{"a flag with its value in one", "", "", append(without("manual"), "--receive-mode=manual")},
		{"another program", levelWarn, "no signal-cli", []string{"/usr/bin/socat", "-"}},
		{"output", levelFail, "plain text", without("--no-receive-stdout")},
		{"attachments", levelFail, "pictures", without("--ignore-attachments")},
		{"receives at once", levelFail, "is lost", append(without("manual"), "--receive-mode=on-start")},
		{"receives by default", levelFail, "is lost", without("--receive-mode")},
		{"trusts everybody", levelFail, "holds a person's number", append(without("on-first-use"), "--trust-new-identities=always")},
		{"trusts nobody", levelWarn, "nobody new", append(without("on-first-use"), "--trust-new-identities=never")},
		{"read receipts", levelWarn, "may have lost", append(safeFlags(t), "--send-read-receipts")},
		{"more doors", levelWarn, "--http", append(safeFlags(t), "--http", "localhost:8080")},
		{"talks much", levelWarn, "who writes", append(safeFlags(t), "--verbose")},
		{"stories", levelWarn, "--ignore-stories", without("--ignore-stories")},
	} {
		found := checkFlags(tt.args)
		switch {
		case tt.level == "" && len(found) > 0:
			t.Errorf("%s: %v", tt.name, found)
		case tt.level != "" && (len(found) != 1 || found[0].Level != tt.level || !strings.Contains(found[0].Text, tt.text)):
			t.Errorf("%s: %v, want %s about %q", tt.name, found, tt.level, tt.text)
		}
	}
}

// signalFolder is a folder with a configuration that names a daemon.
func signalFolder(t *testing.T, socket string) (config string) {
	t.Helper()
	_, config = runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	if err := createSecret(config, append(text, "signal: {socket: '"+socket+"'}\n"...)); err != nil {
		t.Fatal(err)
	}
	return config
}

func TestDoctorLooksAtSignal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	config := signalFolder(t, socket)
	wantLines(t, "without a daemon", said(t, config, 1), map[string]string{"fail signal socket": "handrail unit signal-cli"})
	d, err := fakedaemon.Listen("unix", socket, fakedaemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, "with one", said(t, config, 1), map[string]string{
		"ok signal socket": "others cannot", "ok signal": "answers at", "ok signal account": "registered",
		"warn signal flags":   "no signal-cli", // this test
		"warn signal sending": "not spoken",
	})
	cfg, _, err := loadConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	state := func(text string) {
		t.Helper()
		if err := os.MkdirAll(cfg.signalDir(), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cfg.signalDir(), "state.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	state(`{"challenge": "token-of-signal", "held": 2}`)
	wantLines(t, "limited", said(t, config, 1), map[string]string{"fail signal sending": "handrail signal captcha", "fail signal safety numbers": "2 "})
	state(`{"limited_until": "` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}`)
	wantLines(t, "limited for a time", said(t, config, 1), map[string]string{"fail signal sending": "lets nothing more out until"})
	state(`{"waiting": 5000, "resent": 1, "proved": 2}`)
	wantLines(t, "much to do", said(t, config, 1), map[string]string{"warn signal sending": "5000", "ok signal doubts": "2 were shown to be sent, 1 were sent again"})
	at := `"at": "` + time.Now().Format(time.RFC3339) + `"`
	for name, tt := range map[string]struct{ state, says, about string }{
		"gone":    {at + `, "fault": "signal-cli is not there"`, "fail signal connection", "is not there"},
		"refused": {at + `, "connected_since": "2026-01-02T03:04:05Z", "fault": "start it with -a"`, "fail signal connection", "start it with -a"},
		"stopped": {at + `, "fault": "stopped"`, "warn signal connection", "was stopped"},
		"begins":  {at, "warn signal connection", "yet"},
		"old":     {`"at": "2026-01-02T03:04:05Z", "connected_since": "2026-01-02T03:04:05Z"`, "warn signal connection", "noted nothing"},
		"there":   {at + `, "connected_since": "2026-01-02T03:04:05Z"`, "ok signal connection", "since 2026-01-02"},
	} {
		state("{" + tt.state + "}")
		wantLines(t, name, said(t, config, 1), map[string]string{tt.says: tt.about})
	}
	d.Known("0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b")
	d.Person("0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b").ChangeKeys()
	wantLines(t, "the daemon alone knows", said(t, config, 1), map[string]string{"fail signal safety numbers": "1 person"})
	state(`{}`)
	wantLines(t, "all well", said(t, config, 1), map[string]string{"ok signal sending": "nothing stands"})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := fakedaemon.Listen("unix", socket, fakedaemon.Options{Version: "0.13.1"})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, "an old one", said(t, config, 1), map[string]string{"fail signal": "too old"})
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSignalCommands(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "s")
	d, err := fakedaemon.Listen("unix", socket, fakedaemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	config := signalFolder(t, socket)
	does(t, "nobody waits", 0, "Nobody's", "signal", "safety", "-c", config)
	does(t, "nobody to trust", 1, "nobody of that name", "signal", "trust", "abc", "12345", "-c", config)
	does(t, "no captcha asked for", 1, "asks for no captcha", "signal", "captcha", "signalcaptcha://x", "-c", config)
	does(t, "no captcha", 2, "begins with signalcaptcha://", "signal", "captcha", "x", "-c", config)
	const aci = "0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b"
	p := d.Person(aci)
	p.Say("hello")
	p.ChangeKeys()
	list := does(t, "one waits", 0, "since", "signal", "safety", "-c", config).out
	if strings.Contains(list, aci) {
		t.Error("the list tells who it is")
	}
	name, _, _ := strings.Cut(list, "\t")
	does(t, "a wrong number", 1, "not taken", "signal", "trust", name, "11111", "22222", "-c", config)
	does(t, "the right one", 0, "It is trusted", append([]string{"signal", "trust", name, "-c", config}, strings.Fields(p.SafetyNumber())...)...)
	does(t, "nobody waits any more", 0, "Nobody's", "signal", "safety", "-c", config)
	_, without := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	does(t, "no account", 1, "no account on Signal", "signal", "safety", "-c", without)
}

func TestFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		matrix         string
		signal         Signal
		onMatrix, onSG string
	}{
		{"neither", "handrail", Signal{}, "", ""},
		{"a whole name", "@h:example.org", Signal{}, "@h:example.org", ""},
		{"a number", "h", Signal{Socket: "/s", Account: "+4930123456"}, "", "+4930123456"},
		{"a username", "h", Signal{Socket: "/s", Account: "+4930123456", Found: "helper.42"}, "", "helper.42"},
		{"no daemon", "h", Signal{Account: "+4930123456"}, "", ""},
	} {
		var c Config
		c.Matrix.User, c.Signal = tt.matrix, tt.signal
		if got := c.found(); got["matrix"] != tt.onMatrix || got["signal"] != tt.onSG {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestSocketForms: every way of writing the path of a socket is the same socket.
func TestSocketForms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil { //nolint:gosec // a directory needs the x bit
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	d, err := fakedaemon.Listen("unix", socket, fakedaemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	wantLines(t, "unix:", said(t, signalFolder(t, "unix:"+socket), 1), map[string]string{
		"ok signal socket": "others cannot", "ok signal": "answers at", "warn signal flags": "no signal-cli",
	})
}
