package bot_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/journal"
)

var journaling = map[string]string{
	"log": `
flow: log
title: Log
start: [log]
steps:
  - ask: When?
    date: {past: true}
    keep: log_day
  - ask: At what time?
    time: {}
    keep: log_time
  - ask: What?
    text: {}
    keep: log_what
  - ask: Who?
    text: {}
    keep: log_who
  - record: log
    date: log_day
    time: log_time
    happened: log_what
    people: log_who
  - say: "Entry {{count_log}}."
`,
	"mend": `
flow: mend
title: Mend
start: [mend]
steps:
  - ask: Which?
    number: {}
    keep: log_number
  - ask: What instead?
    text: {}
    keep: log_what
  - record: log
    happened: log_what
    changes: log_number
  - say: Both stand.
`,
	"take": `
flow: take
title: Take
start: [take]
steps:
  - ask: The words?
    text: {min: 8, forget: true}
  - export: {list: log, seal: answer}
  - say: Sent.
`,
	"copy": `
flow: copy
title: Copy
start: [copy]
steps:
  - export:
`,
	"read": `
flow: read
title: Read
start: [read]
steps:
  - show: log
    short: true
`,
}

// files are the files that were sent since the last call of heard.
func (w *world) files() map[string][]byte {
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	out := map[string][]byte{}
	for _, o := range w.net.sent[w.seen:] {
		if o.Form == chat.FormFile {
			out[o.Name] = o.Data
		}
	}
	return out
}

// TestJournalGoesOutSealedAndWhole writes entries over two days, corrects one,
// tries to take one back, and opens what is sent.
func TestJournalGoesOutSealedAndWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(journaling)
	for _, text := range []string{"hello", "zone", "Berlin", "log", "yesterday", "18:30", "the door", "my sister, the neighbour"} {
		w.says(text)
	}
	if got := w.says("back"); slices.Contains(got, "Who?") {
		t.Errorf("an entry was taken back: %q", got)
	}
	w.until(w.now.Add(24 * time.Hour))
	for _, text := range []string{"log", "today", "skip", "the car", "skip", "mend", "1"} {
		w.says(text)
	}
	if got := w.says("the kitchen door"); !slices.Equal(got, []string{"Both stand."}) {
		t.Errorf("said %q", got)
	}
	w.says("take")
	w.handle(w.message(ada, "seven blue teapots"))
	sent := w.files()
	if got := w.heard(); got[len(got)-1] != "Sent." || len(sent) != 2 {
		t.Fatalf("said %q, %d files", got, len(sent))
	}
	pdf, err := journal.Open(sent["notes.pdf.age"], "seven blue teapots")
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("the PDF: %v", err)
	}
	plain, err := journal.Open(sent["notes.json.age"], "seven blue teapots")
	if err != nil {
		t.Fatal(err)
	}
	book, err := journal.ReadJSON(plain)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range book.Entries {
		got = append(got, fmt.Sprint(e.Written, " ", e.Zone, " ", e.Date, " ", e.Time, " ", e.Happened, " ", e.People, " ", e.Changes))
	}
	want := []string{
		"2026-01-05T21:00:00+01:00 Europe/Berlin 2026-01-04 18:30 the door [my sister the neighbour] 0",
		"2026-01-06T21:00:00+01:00 Europe/Berlin 2026-01-06  the car [] 0",
		"2026-01-06T21:00:00+01:00 Europe/Berlin   the kitchen door [] 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("entries:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	plain[bytes.Index(plain, []byte("the car"))] ^= 1
	if _, err := journal.ReadJSON(plain); !errors.Is(err, journal.ErrBroken) {
		t.Errorf("one changed byte: %v", err)
	}
	if got := w.says("read"); len(got) != 1 || !strings.HasPrefix(got[0], "1. 2026-01-04 18:30 text journal_changed 3. the door") {
		t.Errorf("shown %q", got)
	}
	w.handle(w.message(ada, "copy"))
	if all := string(w.files()["notes.txt"]); !strings.Contains(all, "the kitchen door") || strings.Contains(all, `"salt"`) || strings.Contains(all, "log what") {
		t.Errorf("the copy of everything:\n%s", all)
	}
}

// TestSealedExportOfNothing: an empty journal, and a passphrase that was not
// given, send no file and still an answer.
func TestSealedExportOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(journaling)
	w.says("hello")
	w.says("take")
	if got := w.says("seven blue teapots"); len(w.files()) != 0 || got[0] != "text export_nothing" {
		t.Errorf("said %q", got)
	}
	w.says("take")
	if got := w.says("short"); len(got) != 1 {
		t.Errorf("too short: %q", got)
	}
	if got := w.says("skip"); !slices.Equal(got, []string{"text noted", "Sent."}) {
		t.Errorf("skipped: %q", got)
	}
}
