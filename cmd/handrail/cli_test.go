package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// result is what a run of the program left.
type result struct {
	code     int
	out, err string
}

// handrail runs the program in this process.
func handrail(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), args, streams{strings.NewReader(stdin), &out, &errs})
	return result{code, out.String(), errs.String()}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	tests := []struct {
		name string
		args []string
		code int
		err  string // a part of the one line on standard error; empty: no line
	}{
		{"no command shows the help", nil, 0, ""},
		{"help", []string{"--help"}, 0, ""},
		{"help of a command", []string{"try", "--help"}, 0, ""},
		{"unknown command", []string{"fly"}, 2, "see handrail --help"},
		{"unknown flag", []string{"try", "--fly"}, 2, "see handrail --help"},
		{"run without a configuration", []string{"run"}, 2, "--config"},
		{"run with a missing one", []string{"run", "-c", missing}, 1, "config.example.yaml"},
		{"check of a missing folder", []string{"check", missing}, 2, "cannot read the folder"},
		{"check of a missing configuration", []string{"check", "-c", missing}, 2, "no configuration at"},
		{"play of a missing file", []string{"flows", "play", missing}, 1, "read the transcript"},
		{"try in an unknown zone", []string{"try", "--zone", "Berlin"}, 2, "as in Europe/Berlin"},
		{"try from an unknown time", []string{"try", "--now", "soon"}, 2, "2026-03-28T20:59"},
		{"try of an unknown flow", []string{"try", "--flow", "nothing"}, 2, "handrail flows list"},
		{"try in a language that is not there", []string{"try", "--lang", "tlh"}, 2, "there is en"},
		{"lines of no country", []string{"lines", "Atlantis"}, 2, "no country is called"},
		{"lines at no time", []string{"lines", "GB", "--at", "noon"}, 2, "--at: "},
		{"scripts that are not there", []string{"flows", "list", "--scripts", missing}, 1, "cannot read the folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := handrail(t, "", tt.args...)
			if r.code != tt.code {
				t.Errorf("exit %d, want %d: %s", r.code, tt.code, r.err)
			}
			if tt.err == "" {
				if r.err != "" || r.out == "" {
					t.Errorf("out %q, err %q", r.out, r.err)
				}
				return
			}
			if !strings.HasPrefix(r.err, "handrail: ") || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, tt.err) {
				t.Errorf("standard error is %q, want one line with %q", r.err, tt.err)
			}
			if r.out != "" {
				t.Errorf("standard output is %q", r.out)
			}
		})
	}
}

// shape is the format of a talk on standard output.
var shape = regexp.MustCompile(`\A(?:(?:< .*|> .*)\n(?:  .*\n)*)*\z`)

func TestTryIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	const script = "hi\nyes\n1\nmenu\n1\n@ +20m\nskip\nbreathe\n@ +2m\ndone\nreasons\nqwertyuiop\nthank you\n@ +1d\nstop\n"
	one := handrail(t, script, "try", "--zone", "Europe/Berlin")
	two := handrail(t, script, "try", "--zone", "Europe/Berlin")
	if one.code != 0 || one.err != "" {
		t.Fatalf("exit %d, %s", one.code, one.err)
	}
	if one != two {
		t.Errorf("two runs differ:\n%s\n---\n%s", one.out, two.out)
	}
	if !shape.MatchString(one.out) {
		t.Errorf("not the transcript format:\n%s", one.out)
	}
	for said := range strings.Lines(script) {
		if !strings.HasPrefix(said, "@") && !strings.Contains(one.out, "< "+said) {
			t.Errorf("%q is not in the talk", said)
		}
	}
	// No silence: something of the bot stands between two lines of the person.
	lines := strings.Split(one.out, "\n")
	for i := range lines {
		if strings.HasPrefix(lines[i], "< ") && (i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "> ")) {
			t.Errorf("no reply to %q in\n%s", lines[i], one.out)
		}
	}
}

func TestTryBadClock(t *testing.T) {
	t.Parallel()
	r := handrail(t, "hi\n@ soon\n", "try")
	if r.code != 1 || !strings.Contains(r.err, "line 2 of the input: cannot read the time") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("exit %d, %q", r.code, r.err)
	}
}

func TestTryKeepsASealedStore(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kept")
	const secret = "marzipanflamingo"
	r := handrail(t, "hi\n"+secret+"\nreasons\nbecause "+secret+"\n@ +3d\n", "try", "--data", dir, "--flow", "reasons")
	if r.code != 0 {
		t.Fatalf("exit %d: %s", r.code, r.err)
	}
	info, err := os.Stat(filepath.Join(dir, "master.key"))
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("master key: %v, %v", info, err)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if bytes.Contains(bytes.ToLower(data), []byte(secret)) {
			t.Errorf("%s holds what was typed", filepath.Base(path))
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files, %v", files, err)
	}
	// The next talk goes on three days later: earlier is refused, and its
	// messages are not taken for repetitions of the first ones.
	if r := handrail(t, "hi\n", "try", "--data", dir, "--now", "2026-03-02T10:00"); r.code != 2 || !strings.Contains(r.err, "this folder has reached 2026-03-05T10:00") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	r = handrail(t, "menu\n", "try", "--data", dir)
	if r.code != 0 || !strings.HasPrefix(r.out, "< menu\n> ") {
		t.Errorf("exit %d, %s%s", r.code, r.out, r.err)
	}
	if err := os.Chmod(filepath.Join(dir, "master.key"), 0o444); err != nil {
		t.Fatal(err)
	}
	if r := handrail(t, "hi\n", "try", "--data", dir); r.code != 1 || !strings.Contains(r.err, "chmod") {
		t.Errorf("a key that others can read: exit %d, %s", r.code, r.err)
	}
}

func TestTryWithoutDataLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if r := handrail(t, "hi\n", "try"); r.code != 0 {
		t.Fatalf("exit %d: %s", r.code, r.err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// setCheckin answers the questions of the check-in: nine in the evening, Berlin.
const setCheckin = "/start checkin\nyes\nBerlin\n9pm\nyes\n"

var hello = regexp.MustCompile(`(?m)^> (Hi|Hello)\. Is `)

// TestCheckinOverSummerTime: a day is a day on the wall clock, also on the one
// with 23 hours and the one with 25.
func TestCheckinOverSummerTime(t *testing.T) {
	t.Parallel()
	for _, begin := range []string{"2026-03-28T20:00", "2026-10-24T20:00"} {
		t.Run(begin, func(t *testing.T) {
			t.Parallel()
			for days, want := range []int{0, 1, 2, 3} {
				script := setCheckin + strings.Repeat("@ +1d\n", days)
				r := handrail(t, script, "try", "--now", begin, "--zone", "Europe/Berlin")
				if n := len(hello.FindAllString(r.out, -1)); r.code != 0 || n != want {
					t.Errorf("after %d days it came %d times, exit %d\n%s%s", days, n, r.code, r.out, r.err)
				}
			}
			early := handrail(t, setCheckin+"@ +1d\n@ 20:59\n", "try", "--now", begin, "--zone", "Europe/Berlin")
			sharp := handrail(t, setCheckin+"@ +1d\n@ 21:00\n", "try", "--now", begin, "--zone", "Europe/Berlin")
			if e, s := len(hello.FindAllString(early.out, -1)), len(hello.FindAllString(sharp.out, -1)); e != 1 || s != 2 {
				t.Errorf("on the day of the change: %d by 20:59, %d by 21:00", e, s)
			}
		})
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	r := handrail(t, "he has a gun\n\nthe weather is nice\nhe strangled me\n", "crisis", "scan")
	lines := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if r.code != 0 || len(lines) != 4 {
		t.Fatalf("exit %d, %q %s", r.code, r.out, r.err)
	}
	row := regexp.MustCompile(`^(crisis|ask|none)\t(-|[a-z_]+)\t\S+$`)
	for _, line := range lines {
		if !row.MatchString(line) {
			t.Errorf("row %q", line)
		}
	}
	if !strings.HasPrefix(lines[0], "crisis\tweapon\t") || lines[1] != "none\t-\t-" || lines[2] != "none\t-\t-" || strings.HasPrefix(lines[3], "none") {
		t.Errorf("rows %q", lines)
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	r := handrail(t, "STOP!\nqwertyuiop\n\nbreathe\n", "flows", "match")
	want := "stop\tstop\n-\t-\n-\t-\nbreathing\tbreathe\n"
	if r.code != 0 || r.out != want {
		t.Errorf("exit %d, got %q, want %q %s", r.code, r.out, want, r.err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"breathe"}, "breathing\tbreathe\n"},
		{[]string{"help", "me", "breathe"}, "breathing\thelp me breathe\n"},
		{[]string{""}, "-\t-\n"},
	} {
		if r := handrail(t, "not read\n", append([]string{"flows", "match"}, tt.args...)...); !strings.HasPrefix(r.out, tt.want) {
			t.Errorf("match %q: %q %s", tt.args, r.out, r.err)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	if r := handrail(t, "", "lines"); r.code != 0 || !strings.Contains(r.out, "GB\n") || !strings.Contains(r.out, "US\n") {
		t.Errorf("countries: exit %d, %q %s", r.code, r.out, r.err)
	}
	code := handrail(t, "", "lines", "GB", "--at", "2026-11-20T12:00")
	name := handrail(t, "", "lines", "England", "--at", "2026-11-20T12:00")
	if code.code != 0 || code.out == "" || code != name {
		t.Errorf("GB: %+v\nEngland: %+v", code, name)
	}
	if r := handrail(t, "", "lines", "check"); r.code != 0 && !strings.Contains(r.out, "(stale)") && !strings.Contains(r.out, "(hidden)") {
		t.Errorf("check: exit %d, %q %s", r.code, r.out, r.err)
	}
}

func TestKeygen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	if r := handrail(t, "", "keygen", path); r.code != 0 || r.out != "" {
		t.Fatalf("exit %d, %q %s", r.code, r.out, r.err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("key file: %v, %v", info, err)
	}
	if r := handrail(t, "", "keygen", path); r.code != 1 || !strings.Contains(r.err, "not overwritten") {
		t.Errorf("second key: exit %d, %s", r.code, r.err)
	}
	one, two := handrail(t, "", "keygen"), handrail(t, "", "keygen")
	if one.code != 0 || len(one.out) < 100 || one.out == two.out {
		t.Errorf("keys on standard output: %d and %d bytes", len(one.out), len(two.out))
	}
}

func TestReadableOutput(t *testing.T) {
	t.Parallel()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "k"), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !readable(f) {
		t.Error("a file that others can read passes for a safe place")
	}
	if err := f.Chmod(0o600); err != nil {
		t.Fatal(err)
	}
	if readable(f) {
		t.Error("a file for its owner alone passes for a readable one")
	}
}

func TestParseSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "15m": 15 * time.Minute, "1d": 24 * time.Hour} {
		if got, err := parseSpan(text); err != nil || got != want {
			t.Errorf("parseSpan(%q) = %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "soon", "d", "-1d", "9999d", "5"} {
		if got, err := parseSpan(bad); err == nil {
			t.Errorf("parseSpan(%q) = %v", bad, got)
		}
	}
}

// TestInterrupt: a program that waits for input ends when it is told to, and
// leaves nothing behind.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, args := range [][]string{{"try"}, {"crisis", "scan"}, {"flows", "match"}} {
		t.Run(args[0], func(t *testing.T) {
			in, w := io.Pipe()
			defer w.Close()
			go func() { _, _ = io.WriteString(w, "hi\n") }() // and nothing after it
			ctx, cancel := context.WithCancel(context.Background())
			out := cancelOnWrite{cancel}
			var errs bytes.Buffer
			if code := run(ctx, args, streams{in, out, &errs}); code != 1 || !strings.Contains(errs.String(), "interrupted") && !strings.Contains(errs.String(), "canceled") {
				t.Errorf("exit %d, %q", code, errs.String())
			}
		})
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// cancelOnWrite tells the program to stop as soon as it says something.
type cancelOnWrite struct{ cancel func() }

func (c cancelOnWrite) Write(p []byte) (int, error) {
	c.cancel()
	return len(p), nil
}
