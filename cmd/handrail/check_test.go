package main

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"handrail/flows"
)

// copyFlows copies the built-in scripts to a folder, to be spoilt there, with
// one transcript in place of the many.
func copyFlows(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "scripts")
	if err := os.CopyFS(dir, flows.FS); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "testdata")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "testdata"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "testdata/stop.txt", "< STOP\n> ...\n! no timer\n")
	return dir
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCheckSound(t *testing.T) {
	t.Parallel()
	r := handrail(t, "", "check", copyFlows(t))
	if r.code != 0 || r.out != "" || !strings.Contains(r.err, " 1 transcript,") || !strings.Contains(r.err, "no faults") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestCheckNamesEveryFault(t *testing.T) {
	t.Parallel()
	dir := copyFlows(t)
	writeFile(t, dir, "spoilt.yaml", `flow: spoilt
title: Three mistakes
start: [spoilt]
steps:
  - sya: A verb that is none.
  - ask: How strong is it?
    scale: {from: ten, to: 10}
  - goto: nowhere
`)
	r := handrail(t, "", "check", dir)
	if r.code != 1 {
		t.Errorf("exit %d, %s", r.code, r.err)
	}
	file := regexp.QuoteMeta(filepath.Join(dir, "spoilt.yaml"))
	for _, at := range []string{`5:\d+`, `7:\d+`, `8:\d+`} {
		if !regexp.MustCompile(`(?m)^` + file + `:` + at + `: .+ \([a-z-]+\)$`).MatchString(r.out) {
			t.Errorf("nothing at %s in\n%s", at, r.out)
		}
	}
	if strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, "faults: mend them") {
		t.Errorf("standard error: %q", r.err)
	}
	if try := handrail(t, "hi\n", "try", "--scripts", dir); try.code != 1 || !strings.Contains(try.err, "run handrail check "+dir) {
		t.Errorf("try on faulty scripts: exit %d, %s", try.code, try.err)
	}
}

func TestCheckPlaysTranscripts(t *testing.T) {
	t.Parallel()
	dir := copyFlows(t)
	writeFile(t, dir, "testdata/spoilt.txt", "# a wrong word\n< STOP\n> Certainly not.\n")
	r := handrail(t, "", "check", dir)
	want := filepath.Join(dir, "testdata/spoilt.txt") + `:3:1: expected "Certainly not." but the bot said "`
	if r.code != 1 || !strings.HasPrefix(r.out, want) {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestCheckConfig(t *testing.T) {
	t.Parallel()
	scripts := "scripts: " + copyFlows(t) + "\n"
	path := writeConfig(t, goodConfig+scripts)
	if r := handrail(t, "", "check", "-c", path); r.code != 0 {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	bad := writeConfig(t, goodConfig+"zoen: UTC\nlog: {level: loud}\n"+scripts)
	r := handrail(t, "", "check", "-c", bad)
	if r.code != 1 || !strings.HasPrefix(r.out, bad+":4:1: unknown key") || !strings.Contains(r.out, bad+":5:14: unknown level") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := handrail(t, "", "run", "-c", bad); r.code != 1 || !strings.Contains(r.err, bad+":4:1: unknown key") {
		t.Errorf("run: exit %d, %s", r.code, r.err)
	}
}

func TestPlayUpdate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "talk.txt")
	const text = "# what stop says\n@ 2026-03-28T20:59 Europe/Berlin\n< STOP\n> Certainly not.\n! no timer\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := handrail(t, "", "flows", "play", path); r.code != 1 || !strings.HasPrefix(r.out, path+":4:1: expected ") {
		t.Errorf("play: exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := handrail(t, "", "flows", "play", "-update", path); r.code != 0 {
		t.Errorf("update: exit %d\n%s%s", r.code, r.out, r.err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(got), "# what stop says\n@ 2026-03-28T20:59 Europe/Berlin\n< STOP\n> ") || strings.Contains(string(got), "Certainly") {
		t.Errorf("%v\n%s", err, got)
	}
	if r := handrail(t, "", "flows", "play", path); r.code != 0 || r.out != "" {
		t.Errorf("play after the update: exit %d\n%s%s", r.code, r.out, r.err)
	}
}

// TestTranscripts plays every transcript that comes with the scripts, each as a
// test of its own.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	src, err := openSource("")
	if err != nil {
		t.Fatal(err)
	}
	all, err := src.sound()
	if err != nil {
		t.Fatal(err)
	}
	files, err := transcripts(src.fsys)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := fs.ReadFile(src.fsys, file)
			if err != nil {
				t.Fatal(err)
			}
			folder, err := fs.Sub(src.fsys, path.Dir(file))
			if err != nil {
				t.Fatal(err)
			}
			played, err := playFile(context.Background(), all, folder, "flows/"+file, data)
			if err != nil {
				t.Fatal(err)
			}
			if played.Fault != nil {
				t.Error(played.Fault)
			}
		})
	}
}

// TestCheckOldLines: the age of a help line is a fault for the operator, whose
// check names a configuration, and a note for everybody else.
func TestCheckOldLines(t *testing.T) {
	t.Parallel()
	own := ownLines(t, strings.ReplaceAll(ownLine, "2026-11-20", "2026-01-20"))
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, []byte("lines: "+own+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := handrail(t, "", "check", "-c", config, copyFlows(t)) // the age of lines needs no transcript
	if r.code != 1 || !strings.Contains(r.out, "(stale)") {
		t.Errorf("with a configuration: exit %d, %s%s", r.code, r.out, r.err)
	}
	if r := handrail(t, "", "lines", "check", "--own", own); r.code != 0 || !strings.Contains(r.err, "(stale)") {
		t.Errorf("without: exit %d, %s%s", r.code, r.out, r.err)
	}
}
