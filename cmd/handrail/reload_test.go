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

	"handrail/bot"
	"handrail/flows"
)

// reloading is a reloader over a copy of the shipped content, without a bot.
type reloading struct {
	*testing.T
	dir, own string
	r        *reloader
	log      bytes.Buffer
	swaps    int
	fails    error // what the next swap returns
	inUse    bot.Content
}

func newReloading(t *testing.T) *reloading {
	t.Helper()
	w := &reloading{T: t, dir: filepath.Join(t.TempDir(), "content"), own: ownLines(t, ownLine)}
	if err := os.CopyFS(w.dir, flows.FS); err != nil {
		t.Fatal(err)
	}
	src, err := openSource(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	all, err := src.sound()
	if err != nil {
		t.Fatal(err)
	}
	if all.lines, err = soundLines(src, w.own); err != nil {
		t.Fatal(err)
	}
	w.inUse = bot.Content{Library: all.library, Lexicon: all.lexicon, Lines: all.lines}
	swap := func(_ context.Context, c bot.Content) error {
		w.swaps++
		if err := w.fails; err != nil {
			w.fails = nil
			return err
		}
		w.inUse = c
		return nil
	}
	w.r = newReloader(src, w.own, w.inUse, swap, slog.New(slog.NewTextHandler(&w.log, nil)))
	return w
}

// edit replaces text in a file of the content, as an editor does: written aside
// and moved.
func (w *reloading) edit(name, old, now string) {
	w.Helper()
	file := filepath.Join(w.dir, name)
	data, err := os.ReadFile(file)
	if err != nil {
		w.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		w.Fatalf("%s has no %q", name, old)
	}
	w.write(file, strings.Replace(string(data), old, now, 1))
}

func (w *reloading) write(file, text string) {
	w.Helper()
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		w.Fatal(err)
	}
}

// looks is what a second look after an edit does, and what it logs. The first
// one must do nothing, unless something is to be tried again.
func (w *reloading) looks(again bool) (swapped bool, log string) {
	w.Helper()
	before := w.swaps
	w.log.Reset()
	w.r.look(w.Context())
	if w.swaps != before && !again {
		w.Error("files were read before they had been still for a while")
	}
	w.r.look(w.Context())
	return w.swaps > before, w.log.String()
}

// TestReload edits the content while a bot would run on it.
func TestReload(t *testing.T) {
	t.Parallel()
	w := newReloading(t)
	aside := filepath.Join(t.TempDir(), "aside")
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	night := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name    string
		edit    func()
		swapped bool
		says    []string
	}{
		{"nothing happened", func() {}, false, nil},
		{"a message", func() { w.edit("thanks.yaml", "title: Thank you", "title: Thanks") }, true, []string{`msg="scripts read again"`, "thanks.yaml count=1"}},
		{"a file saved as it was", func() { w.edit("thanks.yaml", "flow", "flow") }, false, nil},
		{
			"a fault in a script, and a corrected number", func() {
				w.edit("thanks.yaml", "title: Thanks", "title: Thanks\nmenue: 3")
				w.write(filepath.Join(w.own, "gb.yaml"), strings.Replace(ownLine, "Harbour House", "Harbour", 1))
			}, true,
			[]string{"thanks.yaml:3:1: ", "(unknown-key)", "scripts not taken, the last good ones stay in use", "handrail check " + w.dir, `msg="help lines read again"`},
		},
		{"the fault is still there", func() {}, false, nil},
		{"mended", func() { w.edit("thanks.yaml", "\nmenue: 3", "") }, true, []string{`msg="scripts read again"`}},
		{"a flow that the bot needs is gone", func() { move(filepath.Join(w.dir, "welcome.yaml"), aside) }, false, []string{"scripts not taken"}},
		{"it is back", func() { move(aside, filepath.Join(w.dir, "welcome.yaml")) }, true, []string{"welcome.yaml count=1"}},
		{"a fault in the crisis words", func() { w.edit("crisis/en.yaml", "language: en", "language: en\nnonsense: 1") }, false, []string{"crisis/en.yaml:12:1: field nonsense", "crisis words not taken"}},
		{"mended words", func() { w.edit("crisis/en.yaml", "\nnonsense: 1", "") }, true, []string{`msg="crisis words read again"`}},
		{"a fault in the help lines", func() {
			w.write(filepath.Join(w.own, "gb.yaml"), strings.Replace(ownLine, "mon-fri", "weekdays", 1))
		}, false, []string{"gb.yaml:8:12: hours are", "help lines not taken"}},
		{"no help lines at all", func() {
			move(filepath.Join(w.dir, "lines"), aside)
			w.write(filepath.Join(w.own, "gb.yaml"), ownLine)
		}, false, []string{"help lines cannot be read"}},
		{"they are back", func() { move(aside, filepath.Join(w.dir, "lines")) }, true, []string{`msg="help lines read again"`}},
		{"the whole folder is away", func() { move(w.dir, aside) }, false, []string{"scripts cannot be read", "crisis words cannot be read", "help lines cannot be read"}},
		{"the folder is back as it was", func() { move(aside, w.dir) }, false, nil},
		{"an editor's own file", func() {
			if err := os.Symlink("nobody@nowhere", filepath.Join(w.dir, "crisis", ".#en.yaml")); err != nil {
				t.Fatal(err)
			}
		}, false, nil},
		{"words with an editor's own file beside them", func() { w.edit("crisis/en.yaml", "language: en", "language: en # English") }, true, []string{`msg="crisis words read again"`}},
		{"the store fails", func() {
			w.fails = errors.New("disk full")
			w.edit("thanks.yaml", "title: Thanks", "title: Thank you")
		}, true, []string{"cannot be put in use, trying again", "disk full"}},
		{"the store works again", func() {}, true, []string{`msg="scripts read again"`}},
	} {
		row.edit()
		swapped, log := w.looks(row.name == "the store works again")
		if swapped != row.swapped {
			t.Errorf("%s: swapped %t\n%s", row.name, swapped, log)
		}
		for _, words := range row.says {
			if !strings.Contains(log, words) {
				t.Errorf("%s: the log does not say %q\n%s", row.name, words, log)
			}
		}
		if len(row.says) == 0 && log != "" {
			t.Errorf("%s: the log says\n%s", row.name, log)
		}
	}
	if got := w.inUse.Lines.Pick("GB", "dv", night, 1); len(got) != 1 || got[0].Name != "Harbour House" {
		t.Errorf("help lines %v", got)
	}
}

// TestReloadAtOnce: a signal does not wait for the next look, nor for files that
// are still.
func TestReloadAtOnce(t *testing.T) {
	t.Parallel()
	w := newReloading(t)
	ctx, stop := context.WithCancel(t.Context())
	taken := make(chan bot.Content, 2) // the first signal may find the edit already
	w.r.swap = func(_ context.Context, c bot.Content) error { taken <- c; return nil }
	asked := make(chan os.Signal)
	running := startTask(func() error { w.r.run(ctx, asked, time.Hour); return nil })
	asked <- os.Interrupt
	w.edit("thanks.yaml", "title: Thank you", "title: Thanks")
	asked <- os.Interrupt
	found := false
	var now bot.Content
	select {
	case now = <-taken:
	case <-running.done:
	case <-time.After(time.Minute):
	}
	if now.Library == nil {
		t.Fatalf("nothing was taken\n%s", w.log.String())
	}
	for _, f := range now.Library.Flows() {
		found = found || f.ID == "thanks" && f.Title == "Thanks"
	}
	if !found {
		t.Error("the edit is not in what was taken")
	}
	stop()
	<-running.done
	if log := w.log.String(); strings.Count(log, "nothing has changed") != 1 {
		t.Errorf("the log says\n%s", log)
	}
}
