package bot_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/store"
)

// tea is a script in which people wait while it is edited.
const tea = `
flow: tea
title: Tea
start: [some tea]
safe: pour
steps:
  - ask: Which one?
    pick: {green: {}, black: {}}
  - say: It is hot.
    name: pour
  - ask: And sugar?
    text: {}
  - say: Drink well.
`

// sets makes contents of the small set of scripts with a version of tea; "" is
// without.
func sets(t *testing.T) func(text string) bot.Content {
	t.Helper()
	lex, dir := lexicon(t), directory(t)
	return func(text string) bot.Content {
		files := maps.Clone(scripts)
		if text != "" {
			files["tea"] = text
		}
		return bot.Content{Library: library(t, files), Lexicon: lex, Lines: dir}
	}
}

func (w *world) swap(c bot.Content) {
	w.t.Helper()
	if err := w.bot.Swap(context.Background(), c); err != nil {
		w.t.Fatal(err)
	}
}

// rest restarts the bot until nothing is kept for turns that might be under way.
func (w *world) rest() {
	w.t.Helper()
	for range 2 {
		w.open()
		w.now = w.now.Add(2 * time.Hour)
	}
	w.open()
}

// editions is how many sets the store keeps.
func (w *world) editions() (n int) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx *store.Tx) error {
		list, err := tx.Editions()
		n = len(list)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestSwap follows one talk over edits, restarts and long times.
func TestSwap(t *testing.T) {
	t.Parallel()
	const moved = "text moved"
	set := sets(t)
	reworded := strings.Replace(tea, "It is hot.", "It is very hot.", 1)
	changed := strings.Replace(tea, "black: {}", "white: {}", 1)
	changed = strings.Replace(changed, "It is hot.", "Careful.", 1)
	for _, tc := range []struct {
		name string
		do   func(w *world)
		want string // what "green" is answered with
		kept int    // sets that the store keeps, in the end
	}{
		{"nothing happens", func(*world) {}, "It is hot. And sugar?", 1},
		{"reworded", func(w *world) { w.swap(set(reworded)) }, "It is very hot. And sugar?", 2},
		{"changed", func(w *world) { w.swap(set(changed)) }, "It is hot. And sugar?", 2},
		{"the same once more", func(w *world) { w.swap(set(tea)) }, "It is hot. And sugar?", 1},
		{"taken away", func(w *world) { w.swap(set("")) }, "It is hot. And sugar?", 2},
		{"changed and back", func(w *world) { w.swap(set(changed)); w.swap(set(reworded)); w.swap(set(tea)) }, "It is hot. And sugar?", 3},
		{"a restart on changed scripts", func(w *world) { w.lib = set(changed).Library; w.open() }, "It is hot. And sugar?", 2},
		{"two restarts", func(w *world) {
			w.lib = set(changed).Library
			w.open()
			w.lib = set("").Library
			w.open()
		}, "It is hot. And sugar?", 3},
		{"sets that nobody needs go", func(w *world) {
			w.swap(set(changed))
			w.swap(set(""))
			w.now = w.now.Add(2 * time.Hour)
			w.swap(set(reworded))
		}, "It is very hot. And sugar?", 3}, // changed is gone; the empty one may still be under way
		{"a long silence", func(w *world) { w.swap(set(changed)); w.now = w.now.Add(89 * 24 * time.Hour); w.open() }, "It is hot. And sugar?", 2},
		{"too long a silence", func(w *world) {
			w.swap(set(changed))
			w.now = w.now.Add(91 * 24 * time.Hour)
			w.lib = set(changed).Library
			w.open()
		}, moved + " Careful. And sugar?", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.lib = set(tea).Library
			w.rest()
			w.says("hello")
			w.says("some tea")
			tc.do(w)
			if got := strings.Join(w.says("green"), " "); got != tc.want {
				t.Errorf("green: %q, want %q", got, tc.want)
			}
			if got := strings.Join(w.says("none"), " "); !strings.HasPrefix(got, "Drink well.") {
				t.Errorf("none: %q", got)
			}
			if got := w.editions(); got != tc.kept {
				t.Errorf("%d sets are kept, want %d", got, tc.kept)
			}
			w.rest()
			if got := w.editions(); got != 1 {
				t.Errorf("%d sets are kept when nobody needs one", got)
			}
		})
	}
}

// TestSwapRefuses: what a bot cannot run on changes nothing.
func TestSwapRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := sets(t)
	good := set(tea)
	w.swap(good)
	lacking := maps.Clone(scripts)
	delete(lacking, "menu")
	for name, c := range map[string]bot.Content{
		"nothing":       {},
		"no help lines": {Library: good.Library, Lexicon: good.Lexicon},
		"no words":      {Library: good.Library, Lines: good.Lines},
		"no menu":       {Library: library(t, lacking), Lexicon: good.Lexicon, Lines: good.Lines},
	} {
		if err := w.bot.Swap(context.Background(), c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.bot.Swap(ctx, set("")); err == nil {
		t.Error("taken though the store was not asked")
	}
	w.says("hello")
	if got := w.says("some tea"); len(got) != 1 || !strings.HasPrefix(got[0], "Which one?") {
		t.Errorf("after all that: %q", got)
	}
}
