package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	ownLine = `country: GB
zone: Europe/London
lines:
  - id: gb-harbour
    name: Harbour House
    kind: dv
    phone: 020 7946 0000
    hours: mon-fri 22:00-06:00
    source: our own line
    checked_on: 2026-11-20
    confidence: operator
`
	ownConfirms = "confirmed_on: 2026-11-20\nconfirmed: [gb-childline]\n"
)

// ownLines makes a folder with help lines of the organization.
func ownLines(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	writeLines(t, dir, text)
	return dir
}

func writeLines(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "gb.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLinesShown(t *testing.T) {
	t.Parallel()
	own := ownLines(t, ownLine+ownConfirms)
	for _, tt := range []struct {
		name string
		args []string
		want []string // in this order
	}{
		{"emergency is there", []string{"DE"}, []string{"116 016", "0800 111 0 111", "110"}},
		{"a word of talk that is a code", []string{"IN"}, []string{"Call 181.", "Call 14416.", "Call 112."}},
		{"no line for this", []string{"Canada", "--need", "dv"}, []string{"988", "911", "exactly this", "findahelpline.com"}},
		{"an emergency number and no more", []string{"KR"}, []string{"Call 112.", "exactly this", "findahelpline.com"}},
		{"danger", []string{"GB", "--need", "danger"}, []string{"999", "0808 2000 247", "116 123"}},
		{"more", []string{"GB", "--need", "more"}, []string{"Only for Scotland", "Only for Wales", "For men"}},
		{"no record at all", []string{"Andorra"}, []string{"no checked number", "findahelpline.com"}},
		{"police answer", []string{"CO"}, []string{"Línea 155 (the National Police)"}},
		{"one's own comes first, open over midnight", []string{"GB", "--own", own, "--at", "2026-11-25T02:00"}, []string{"Harbour House", "Open now.", "Samaritans"}},
		{"one's own closed comes behind", []string{"GB", "--own", own, "--at", "2026-11-25T12:00", "--need", "dv"}, []string{"Refuge", "Call 999."}},
		{"confirmed by the organization", []string{"GB", "--own", own, "--need", "child"}, []string{"0800 1111", "999"}},
		{"not confirmed", []string{"GB", "--need", "child"}, []string{"0808 2000 247", "999", "exactly this"}},
		{"every record", []string{"GB", "--all", "--own", own}, []string{"gb-harbour", "gb-dsah", "not confirmed", "gb-childline", "shown", "confirmed   2026-11-20"}},
		{"every record, years later", []string{"US", "--all", "--at", "2030-01-01T00:00"}, []string{"us-ndvh", "too old", "us-emergency", "shown"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := handrail(t, "", append([]string{"lines"}, tt.args...)...)
			if r.code != 0 {
				t.Fatalf("exit %d: %s", r.code, r.err)
			}
			rest := r.out
			for _, want := range tt.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("%q is not there, or not in its place:\n%s", want, r.out)
				}
				rest = after
			}
		})
	}
}

func TestLinesCheck(t *testing.T) {
	t.Parallel()
	own := ownLines(t, ownLine+ownConfirms)
	bad := ownLines(t, strings.Replace(ownLine, "020 7946 0000", "+44 20 7946 0000", 1)+"confirmed_on: 2026-11-20\nconfirmed: [gb-nobody]\n")
	for _, tt := range []struct {
		name, at, own string
		code          int
		out, err      string // a part of each; empty: nothing on standard output
	}{
		{"sound", "2026-11-25T00:00", "", 0, "", "no faults, 0 warnings"},
		{"with one's own", "2026-11-25T00:00", own, 0, "", "no faults"},
		{"stale is a warning", "2027-03-01T00:00", own, 0, "", "(stale)"},
		{"hidden is a fault", "2027-12-01T00:00", "", 1, "(hidden)", "in the help lines"},
		{"emergency only grows stale", "2027-12-01T00:00", "", 1, "(hidden)", "us-emergency was checked more than 90 days ago"},
		{"a day to come is a fault", "2026-11-01T00:00", "", 1, "(future)", "in the help lines"},
		{"undialable, with its place", "2026-11-25T00:00", bad, 1, filepath.Join(bad, "gb.yaml") + ":7:12: phone: write the number", "in the help lines"},
		{"confirms nothing", "2026-11-25T00:00", bad, 1, ":13:13: no line of GB has the id gb-nobody: handrail lines GB --all lists them (unknown-id)", "in the help lines"},
		{"no such folder", "2026-11-25T00:00", filepath.Join(bad, "missing"), 2, "", "cannot read the folder"},
		{"no folder", "2026-11-25T00:00", filepath.Join(bad, "gb.yaml"), 2, "", "is not a folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := handrail(t, "", "lines", "check", "--at", tt.at, "--own", tt.own)
			if r.code != tt.code || !strings.Contains(r.out, tt.out) || !strings.Contains(r.err, tt.err) || (tt.out == "") != (r.out == "") {
				t.Errorf("exit %d\n%s\n%s", r.code, r.out, r.err)
			}
		})
	}
	if r := handrail(t, "", "lines", "GB", "--own", bad); r.code != 1 || !strings.Contains(r.err, "handrail lines check") {
		t.Errorf("faults and no check: exit %d %s", r.code, r.err)
	}
}

func TestLinesOfAConfiguration(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "x")
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("lines: own\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "own"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeLines(t, filepath.Join(dir, "own"), ownLine)
	if r := handrail(t, "", "lines", "GB", "-c", config, "--at", "2026-11-25T02:00"); !strings.Contains(r.out, "Harbour House") {
		t.Errorf("exit %d: %s %s", r.code, r.out, r.err)
	}
	writeLines(t, filepath.Join(dir, "own"), strings.Replace(ownLine, "mon-fri", "weekdays", 1))
	want := filepath.Join(dir, "own", "gb.yaml") + ":8:12: "
	for _, args := range [][]string{{"check", "-c", config, copyFlows(t)}, {"lines", "check", "-c", config}} {
		if r := handrail(t, "", args...); r.code != 1 || !strings.Contains(r.out, want) {
			t.Errorf("%v: exit %d: %s %s", args, r.code, r.out, r.err)
		}
	}
	if r := handrail(t, "", "run", "-c", config); r.code != 1 || !strings.Contains(r.err, want) {
		t.Errorf("run: exit %d: %s", r.code, r.err)
	}
}
