package bot_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// TestWhatWasDueBeforeTheRestoring: an occurrence that the lost copy may have sent
// is looked for on the network first; what comes later, and answers, are not.
func TestWhatWasDueBeforeTheRestoring(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	due := time.Date(2026, 1, 5, 21, 0, 0, 0, time.UTC)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.store = nil
	w.now = due.Add(10 * time.Minute)
	o := store.Options{Path: filepath.Join(w.dir, "data", "handrail.db"), Master: master(t)}
	if err := store.MarkRestored(context.Background(), o, due.Add(-time.Hour), w.now); err != nil {
		t.Fatal(err)
	}
	w.open()
	doubts := func(when string, want bool) {
		t.Helper()
		sent := w.net.sent
		w.net.sent = nil
		if len(sent) == 0 {
			t.Errorf("%s: nothing was sent", when)
		}
		for _, out := range sent {
			if got := out.Doubt != (chat.Doubt{}); got != want {
				t.Errorf("%s: in doubt %v, want %v: %+v", when, got, want, out.Doubt)
			}
			if want && (!out.Doubt.Since.Before(due) || out.Doubt.After == "") {
				t.Errorf("%s: it is looked for from %v, behind %q", when, out.Doubt.Since, out.Doubt.After)
			}
		}
	}
	w.net.sent = nil
	w.pass()
	doubts("the occurrence of before", true)
	w.handle(w.message(ada, "yes"))
	w.pass()
	doubts("an answer", false)
	w.until(due.Add(24*time.Hour + time.Minute))
	doubts("the next occurrence", false)
}
