package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// linkedAndLocked is a person with two apps, a line on a list, a word for it, and
// a hello at eight in the evening in the first app.
func linkedAndLocked(t *testing.T) *twoApps {
	t.Helper()
	w := newTwoApps(t, "")
	for _, text := range []string{
		"add a reason", "the garden", "no", "my time zone", "Berlin", "checkin", "yes", "22:00", "yes",
		"own word", "set a word", "blue teapot", "no",
	} {
		w.says(text)
	}
	w.joins()
	_, _ = w.both()
	return w
}

// TestShutWhereOneIsNot: what the person's word opened in one app is shut in the
// other, whichever way the talk gets there.
func TestShutWhereOneIsNot(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(w *twoApps) []string // what is said where the word was not given
	}{
		{"something came by itself", func(w *twoApps) []string {
			w.until(time.Date(2026, 1, 5, 20, 57, 0, 0, time.UTC))
			w.saysThere("reasons")
			if _, there := w.saysThere("blue teapot"); !has(there, "Your own reasons.") {
				w.t.Fatalf("the word opens nothing: %q", there)
			}
			w.saysThere("not now")
			w.until(time.Date(2026, 1, 5, 21, 1, 0, 0, time.UTC))
			if here, _ := w.both(); len(here) == 0 {
				w.t.Fatal("nothing came by itself")
			}
			return w.says("reasons")
		}},
		{"the app in which it was given is disconnected", func(w *twoApps) []string {
			w.until(w.now.Add(10 * time.Minute))
			w.says("disconnect")
			w.says("blue teapot")
			if here := w.says("this app"); !has(here, "This app is not connected any more.") {
				w.t.Fatalf("not disconnected: %q", here)
			}
			_, there := w.saysThere("reasons")
			return there
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.do(linkedAndLocked(t)); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, askWord) }) {
				t.Errorf("it is open: %q", got)
			}
		})
	}
}
