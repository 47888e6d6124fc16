package bot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"handrail/bot/chat"
)

// TestFileThatIsRefusedIsSaid: a homeserver that never takes such a large file is
// no reason for silence, neither for the plain file nor for the sealed ones.
func TestFileThatIsRefusedIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(journaling)
	w.net.fail = func(o chat.Outgoing) error {
		if o.Form == chat.FormFile {
			return &chat.PermanentError{Err: errors.New("too large")}
		}
		return nil
	}
	for _, text := range []string{"hello", "log", "yesterday", "18:30", "the door", "my sister"} {
		w.says(text)
	}
	const refused = "text export_refused"
	if got := w.says("copy"); !slices.Contains(got, refused) {
		t.Errorf("the plain file: %q", got)
	}
	w.says("take")
	if got := w.says("seven blue teapots"); count(got, refused) != 2 || got[len(got)-1] != "Sent." {
		t.Errorf("the sealed files: %q", got)
	}
}

// TestExportHasWhatWasJustKept: what the same turn writes is in the file, though
// files are made of what was written before.
func TestExportHasWhatWasJustKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(map[string]string{"both": `
flow: both
title: Both
start: [both]
steps:
  - ask: What?
    text: {}
    keep: {list: things}
  - export: [things]
  - say: Sent.
`})
	for _, text := range []string{"hello", "both", "the sea", "both"} {
		w.says(text)
	}
	w.handle(w.message(ada, "the hills"))
	got := string(w.files()["notes.txt"])
	if !strings.Contains(got, "the sea") || !strings.Contains(got, "the hills") {
		t.Errorf("the file:\n%s", got)
	}
}
