package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
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
	want := "What is kept, on 2026-01-05 21:00\n\ntext export_settings\nconsent other: 2026-01-05 v0\nwelcomed: yes\nTime zone: Europe/Berlin\n\nnames\n- 2026-01-05  Kim\n  and Robin\n\n" +
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

// TestForgetAllFindsWhatWasOnItsWay: the request for a message broke, the network
// had taken it, and its news come after the person was erased.
func TestForgetAllFindsWhatWasOnItsWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	key := w.losesTheNewsOf("Menu text.")
	w.handle(w.message(ada, "menu"))
	w.handle(w.message(ada, "erase"))
	if err := w.bot.Delivered(t.Context(), "test", *key, "$"+*key); err != nil {
		t.Fatal(err)
	}
	w.until(w.now.Add(5 * time.Minute))
	if gone, _ := w.removed(); !slices.Contains(gone, "Menu text.") {
		t.Errorf("taken back %q", gone)
	}
	c, err := w.store.Counts(context.Background())
	if err != nil || c != (store.Counts{}) {
		t.Errorf("rows are left: %+v %v", c, err)
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
	w.until(w.now.Add(4 * 24 * time.Hour)) // never: it ends all the same
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

func TestHandOverWithoutADesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(map[string]string{"someone": `
flow: someone
title: Someone
start: [someone]
steps:
  - hand_over: {reason: asked, urgent: true}
  - if: desk
    do: [{say: Somebody comes.}]
    else: [{say: Still here.}]
`})
	w.says("hello")
	got := w.says("someone")
	if len(got) != 3 || got[0] != "text desk_none" || got[1] == "" || got[2] != "Still here." {
		t.Errorf("said %q", got)
	}
}

func TestChartIsAPictureWithWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(map[string]string{"mark": `
flow: mark
title: Mark
start: [mark]
steps:
  - ask: How heavy?
    scale: {from: 0, to: 10}
    keep: {list: marks}
  - chart: marks
    title: Two weeks
    from: 0
    to: 10
`})
	w.says("hello")
	w.says("mark")
	if got := w.says("3"); len(got) != 1 || !strings.HasPrefix(got[0], "There is one mark") {
		t.Errorf("with one mark: %q", got)
	}
	w.now = w.now.Add(24 * time.Hour)
	w.says("mark")
	w.handle(w.message(ada, "7"))
	out := w.net.sent[len(w.net.sent)-1]
	if out.Form != chat.FormImage || out.Name != "picture.png" || string(out.Alt) != "Two weeks. 2026-01-05: 3; 2026-01-06: 7" {
		t.Errorf("form %d, %s, %q", out.Form, out.Name, string(out.Alt))
	}
	if img, err := png.Decode(bytes.NewReader(out.Data)); err != nil || img.Bounds().Dx() < 400 {
		t.Errorf("the picture: %v", err)
	}
}

func TestPictureThatIsRefusedIsSaidInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(map[string]string{"two": `
flow: two
title: Two
start: [two]
steps:
  - ask: "One?"
    scale: {from: 0, to: 10}
    keep: {list: marks}
  - ask: "Two?"
    scale: {from: 0, to: 10}
    keep: {list: marks}
  - chart: marks
    title: Both
`})
	w.net.fail = func(o chat.Outgoing) error {
		if o.Form == chat.FormImage {
			return &chat.PermanentError{Err: errors.New("too large")}
		}
		return nil
	}
	for _, text := range []string{"hello", "two", "3"} {
		w.says(text)
	}
	if got := w.says("7"); !slices.Equal(got, []string{"Both. 2026-01-05: 3, 7"}) {
		t.Errorf("said %q", got)
	}
}

func TestLongExportComesInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(owning)
	w.says("hello")
	for range 90 {
		w.says("name")
		w.says(strings.Repeat("ä", 3990))
	}
	w.says("copy")
	total := 0
	for _, o := range w.net.sent {
		if len(o.Data) > 1<<19 {
			t.Errorf("a file of %d bytes", len(o.Data))
		}
		total += len(o.Data)
	}
	if total < 90*2*3990 {
		t.Errorf("%d bytes in all", total)
	}
}
