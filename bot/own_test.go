package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

var owning = map[string]string{
	"erase": `
flow: erase
title: Erase
start: [erase]
steps:
  - hide: all
  - forget: all
  - say: It is erased.
`,
	"names.gone": `
flow: names.gone
title: No names
start: [no names]
steps:
  - forget: {list: names}
  - forget: [typed_time]
  - say: "{{typed_time | or \"none\"}}"
  - if: count_names == 0
    do: [{say: No names left.}]
`,
	"copy": `
flow: copy
title: Copy
start: [copy]
steps:
  - export:
`,
	"copy.names": `
flow: copy.names
title: Copy of the names
start: [copy names]
steps:
  - export: [names]
`,
}

// file is the last file that was sent.
func (w *world) file() string {
	w.t.Helper()
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	for _, o := range slices.Backward(w.net.sent) {
		if o.Form == chat.FormFile {
			if o.Name != "notes.txt" {
				w.t.Errorf("the file is called %q", o.Name)
			}
			return string(o.Data)
		}
	}
	w.t.Fatal("no file was sent")
	return ""
}

func TestExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	w.says("name")
	w.says("Kim\nand Robin")
	w.says("zone")
	w.says("Berlin")
	w.says("daily")
	w.says("copy")
	want := "What is kept, on 2026-01-05 21:00\n\ntext export_settings\nwelcomed: yes\nzone: Europe/Berlin\n\nnames\n- 2026-01-05  Kim\n  and Robin\n\n" +
		"text export_times\nDaily question, next on 2026-01-06 21:00\n"
	if got := w.file(); got != want {
		t.Errorf("the file:\n%s\nwant:\n%s", got, want)
	}
	w.says("copy names")
	if got := w.file(); got != "What is kept, on 2026-01-05 21:00\n\nnames\n- 2026-01-05  Kim\n  and Robin\n" {
		t.Errorf("the names alone:\n%s", got)
	}
}

func TestForgetOneListAndSomeNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	for _, text := range []string{"hello", "name", "Kim", "typed", "22:00"} {
		w.says(text)
	}
	if got := w.says("no names"); !slices.Equal(got, []string{"none", "No names left."}) {
		t.Errorf("said %q", got)
	}
	w.says("copy")
	if got := w.file(); strings.Contains(got, "Kim") || strings.Contains(got, "typed time") || !strings.Contains(got, "welcomed") {
		t.Errorf("what is left:\n%s", got)
	}
}

func TestForgetAllLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	for _, text := range []string{"hello", "name", "a canary of a name", "typed", "22:00", "waiting"} {
		w.says(text)
	}
	w.handle(w.message(ada, "erase"))
	gone, said := w.removed()
	if !slices.Contains(said, "It is erased.") || len(gone) < 5 {
		t.Errorf("said %q, taken back %d", said, len(gone))
	}
	w.until(w.now.Add(time.Minute))
	c, err := w.store.Counts(context.Background())
	if err != nil || c != (store.Counts{}) {
		t.Errorf("rows are left: %+v %v", c, err)
	}
	if got := w.says("hello"); !slices.Equal(got, []string{"Welcome text."}) {
		t.Errorf("afterwards: %q", got)
	}
}

func TestForgetAllOverACrashAndABrokenNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	w.says("daily")
	down := true
	w.net.fail = func(chat.Outgoing) error {
		if down {
			return errors.New("no network")
		}
		return nil
	}
	w.handle(w.message(ada, "menu")) // waits, and goes with the person
	w.handle(w.message(ada, "erase"))
	w.open() // the program ends here
	w.until(w.now.Add(5 * time.Minute))
	down = false
	w.until(w.now.Add(5 * time.Minute))
	gone, said := w.removed()
	if !slices.Equal(said, []string{"It is erased."}) || len(gone) != 2 {
		t.Errorf("said %q, taken back %q", said, gone)
	}
	if c, err := w.store.Counts(context.Background()); err != nil || c != (store.Counts{}) {
		t.Errorf("rows are left: %+v %v", c, err)
	}
	down = true
	w.handle(w.message(ada, "hello"))
	w.handle(w.message(ada, "erase"))
	w.until(w.now.Add(2 * time.Hour)) // never: it ends all the same
	if c, err := w.store.Counts(context.Background()); err != nil || c != (store.Counts{}) {
		t.Errorf("with no network, rows are left: %+v %v", c, err)
	}
}

func TestWhoComesBackAtOnceStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	w.says("name")
	w.says("Kim")
	w.says("erase")
	w.handle(chat.Message{ID: "$removal", From: ada, Kind: chat.KindRemoval, Target: "$in1"}) // no sign of coming back
	if got := w.says("hello"); !slices.Equal(got, []string{"Welcome text."}) {
		t.Errorf("said %q", got)
	}
	w.until(w.now.Add(3 * time.Hour))
	w.says("copy")
	if got := w.file(); !strings.Contains(got, "welcomed: yes") || strings.Contains(got, "Kim") {
		t.Errorf("kept:\n%s", got)
	}
	w.says("erase")
	w.handle(chat.Message{ID: "$removal2", From: ada, Kind: chat.KindRemoval, Target: "$in2"})
	w.until(w.now.Add(time.Minute))
	if c, err := w.store.Counts(context.Background()); err != nil || c != (store.Counts{}) {
		t.Errorf("rows are left: %+v %v", c, err)
	}
}

// TestForgottenWhileASendIsUnderWay: the answer of the network comes when there
// is nobody any more whom it is about.
func TestForgottenWhileASendIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	erased := false
	w.net.fail = func(o chat.Outgoing) error {
		if o.Text == "Menu text." && !erased {
			erased = true
			if err := w.bot.Handle(context.Background(), w.message(ada, "erase")); err != nil {
				return fmt.Errorf("erase: %w", err)
			}
		}
		return nil
	}
	w.handle(w.message(ada, "menu"))
	w.until(w.now.Add(time.Minute))
	if _, said := w.removed(); !slices.Equal(said, []string{"Menu text.", "It is erased."}) {
		t.Errorf("said %q", said)
	}
	if c, err := w.store.Counts(context.Background()); err != nil || c != (store.Counts{}) {
		t.Errorf("rows are left: %+v %v", c, err)
	}
}
