package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDecodeStrict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml string
		want       []string // the findings, file and rule left out
	}{
		{"empty is all defaults", "", nil},
		{"only a comment", "# nothing\n", nil},
		{"bare key keeps the default", "zone:\n", nil},
		{"values", "zone: Europe/Berlin\nfresh_for: 1d\nmatrix: {user: bot, invites: {open: false, servers: [a.org]}}\n", nil},
		{"unknown key", "zonee: UTC\n", []string{`1:1: unknown key "zonee": did you mean zone?`}},
		{"unknown nested key", "matrix:\n  pasword_file: x\n", []string{`2:3: unknown key "pasword_file": did you mean password_file?`}},
		{"key with a hyphen", "fresh-for: 1h\n", []string{`1:1: unknown key "fresh-for": did you mean fresh_for?`}},
		{"unlike anything", "log: {verbosity: 3}\n", []string{`1:7: unknown key "verbosity": known here are level, format`}},
		{"given twice", "zone: UTC\nzone: UTC\n", []string{"2:1: zone is given twice"}},
		{"number for text", "zone: 5\n", []string{"1:7: zone must be text: put it into quotes"}},
		{"text for a flag", "matrix: {invites: {open: maybe}}\n", []string{"1:26: matrix.invites.open must be true or false"}},
		{"word for a span", "fresh_for: soon\n", []string{"1:12: fresh_for must be a span of time such as 90s, 15m, 2h or 1d"}},
		{"word for a list", "matrix: {invites: {servers: a.org}}\n", []string{"1:29: matrix.invites.servers must be a list, as in [a, b]"}},
		{"word for keys", "matrix: hello\n", []string{"1:9: matrix must hold keys, as in config.example.yaml"}},
		{"list at the top", "- a\n", []string{"1:1: the configuration must hold keys, as in config.example.yaml"}},
		{"keys for text", "zone: {a: b}\n", []string{"1:7: zone must be a single value"}},
		{"anchor", "zone: &z UTC\nlang: *z\n", []string{
			"1:7: zone: anchors and aliases are not understood here: write the value out",
			"2:7: lang: anchors and aliases are not understood here: write the value out",
		}},
		{"two documents", "zone: UTC\n---\nzone: UTC\n", []string{"1:1: a configuration is one document: remove what follows the line ---"}},
		{"all in one run", "zonee: UTC\nlang: 7\nmatrix:\n  user: [a]\n", []string{
			`1:1: unknown key "zonee": did you mean zone?`, "2:7: lang must be text: put it into quotes", "4:9: matrix.user must be a single value",
		}},
		{"no YAML", "zone: UTC\n  lang: en\n", []string{"2:1: mapping values are not allowed in this context"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := defaults()
			_, faults := decodeStrict("c.yaml", []byte(tt.yaml), &c)
			var got []string
			for _, f := range faults {
				text, _ := strings.CutPrefix(f.String(), "c.yaml:")
				got = append(got, text[:strings.LastIndex(text, " (")])
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
	c := defaults()
	decodeStrict("c.yaml", []byte(tests[3].yaml), &c)
	if c.Zone != "Europe/Berlin" || c.FreshFor != 24*time.Hour || c.Matrix.User != "bot" || c.Matrix.Invites.Open || c.Matrix.Invites.Servers[0] != "a.org" || c.Lang != "" {
		t.Errorf("decoded %+v", c)
	}
}

// writeConfig makes a folder with a sound configuration and its secrets.
func writeConfig(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"config.yaml": yaml, "master.key": "k\n", "matrix.password": "secret word\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config.yaml")
}

const goodConfig = "matrix:\n  homeserver: https://matrix.example.org\n  user: handrail\n"

func TestLoadConfig(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, goodConfig+"  password_file: matrix.password\n")
	c, faults, err := loadConfig(path)
	if err != nil || len(faults) > 0 {
		t.Fatalf("faults %v, %v", faults, err)
	}
	if c.Data != filepath.Join(filepath.Dir(path), "data") || c.Scripts != "" {
		t.Errorf("paths: data %q, scripts %q", c.Data, c.Scripts)
	}
	secret, err := readSecret(c.Matrix.PasswordFile)
	if err != nil || secret != "secret word" {
		t.Errorf("secret %q, %v", secret, err)
	}
}

func TestLoadConfigFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, yaml, want string }{
		{"account missing", "zone: UTC\n", "config.yaml:1:1: matrix.homeserver is missing: "},
		{"zone", goodConfig + "zone: Berlin\n", `config.yaml:4:7: unknown time zone "Berlin"`},
		{"homeserver", "matrix: {homeserver: matrix.example.org, user: a}\n", `config.yaml:1:22: "matrix.example.org" is no address`},
		{"quiet hours", goodConfig + "quiet_hours: {from: late, to: \"08:00\"}\n", `config.yaml:4:21: "late" is no time of the day`},
		{"half of the quiet hours", goodConfig + "quiet_hours: {from: \"\"}\n", "config.yaml:4:14: quiet_hours needs both"},
		{"schedule without a flow", goodConfig + "schedules:\n  - {name: a, kind: note, at: \"18:00\"}\n", "config.yaml:5:5: schedules: flow is missing"},
		{"unknown kind", goodConfig + "schedules:\n  - {name: a, kind: news, flow: menu, at: \"18:00\"}\n", `config.yaml:5:21: unknown kind "news": take one of checkin`},
		{"no time", goodConfig + "schedules:\n  - {name: a, kind: note, flow: menu, at: noon}\n", `config.yaml:5:43: "noon" is no time of the day`},
		{"a window of a whole day", goodConfig + "schedules:\n  - {name: a, kind: note, flow: menu, at: \"08:00-07:00\"}\n", `config.yaml:5:43: "08:00-07:00" is no time`},
		{"unknown day", goodConfig + "schedules:\n  - {name: a, kind: note, flow: menu, at: \"08:00\", days: [sunday, noday]}\n", "config.yaml:5:58: unknown day"},
		{"two of a name", goodConfig + "schedules:\n  - &x {name: a, kind: note, flow: menu, at: \"08:00\"}\n", "config.yaml:5:5: schedules.0: anchors"},
		{"the same name twice", goodConfig + "schedules:\n  - {name: a, kind: note, flow: menu, at: \"08:00\"}\n  - {name: a, kind: note, flow: menu, at: \"09:00\"}\n", `config.yaml:6:12: two schedules are named "a"`},
		{"no list", goodConfig + "schedules: weekly\n", "config.yaml:4:12: schedules must be a list"},
		{"level", goodConfig + "log: {level: loud}\n", `config.yaml:4:14: unknown level "loud"`},
		{"format", goodConfig + "log: {format: xml}\n", `config.yaml:4:15: unknown format "xml"`},
		{"nobody may come", goodConfig + "  invites: {open: false}\n", "config.yaml:4:12: nobody may invite the bot"},
		{"server name", goodConfig + "  invites: {servers: ['@a:b']}\n", `config.yaml:4:22: "@a:b" is no server name`},
		{"user name", goodConfig + "  invites: {users: [ada]}\n", `config.yaml:4:20: "ada" is no user`},
		{"no key file", goodConfig + "master_key_file: other.key\n", "config.yaml:4:18: there is no file "},
		{"password in the database's address", goodConfig + "database: postgres://a:b@localhost/x\n", "config.yaml:4:11: the password does not belong"},
		{"another database", goodConfig + "database: mysql://a@localhost/x\n", "config.yaml:4:11: the address of the database is not"},
		{"no password file", goodConfig + "database_password_file: none\n", "config.yaml:4:25: there is no file "},
		{"no picture", goodConfig + "  picture: none.png\n", "config.yaml:4:12: there is no file "},
		{"a picture that is none", goodConfig + "  picture: config.yaml\n", "config.yaml:4:12: "},
		{"no span", goodConfig + "fresh_for: 0s\n", "config.yaml:4:12: fresh_for must be longer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := writeConfig(t, tt.yaml)
			_, faults, err := loadConfig(path)
			if err != nil || len(faults) == 0 {
				t.Fatalf("faults %v, %v", faults, err)
			}
			var all []string
			for _, f := range faults {
				text := strings.TrimPrefix(f.String(), filepath.Dir(path)+"/")
				if strings.HasPrefix(text, tt.want) {
					return
				}
				all = append(all, text)
			}
			t.Errorf("got %q\nwant one that begins %q", all, tt.want)
		})
	}
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.key")
	if err := createSecret(path, []byte("word\n")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := createSecret(path, []byte("other\n")); err == nil {
		t.Error("an existing key was overwritten")
	}
	for mode, ok := range map[os.FileMode]bool{0o400: true, 0o600: true, 0o440: false, 0o404: false, 0o644: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := readSecret(path)
		if (err == nil) != ok {
			t.Errorf("mode %04o: %v", mode, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "chmod 0400") || strings.Contains(err.Error(), "word")) {
			t.Errorf("the error does not help, or tells the secret: %v", err)
		}
	}
	if _, err := readSecret(dir); err == nil {
		t.Error("a folder was read as a secret")
	}
}
