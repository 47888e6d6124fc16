package bot_test

import (
	"slices"
	"testing"
	"time"
)

// TestRetire: what the bot said goes after a day, or when the person wants, and
// not twice; for whom it stays, it stays.
func TestRetire(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, choice string
		usual        time.Duration
		after        time.Duration
		want         []string
	}{
		{"a day, not yet", "", 24 * time.Hour, 23 * time.Hour, nil},
		{"a day", "", 24 * time.Hour, 25 * time.Hour, []string{"Welcome text."}},
		{"off", "", 0, 100 * time.Hour, nil},
		{"sooner", "some hours", 24 * time.Hour, 7 * time.Hour, []string{"Welcome text."}},
		{"sooner where it is off", "some hours", 0, 7 * time.Hour, []string{"Welcome text."}},
		{"later", "six days", 24 * time.Hour, 100 * time.Hour, nil},
		{"for good", "they stay", 24 * time.Hour, 100 * time.Hour, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			more := map[string]string{"traces": "flow: traces\ntitle: Traces\nstart: [traces]\nsteps:\n  - set: {take_back: \"" + tt.choice + "\"}\n  - say: Noted.\n"}
			w := newWorld(t).with(more)
			w.takeBack = tt.usual
			w.open()
			w.says("hello")
			w.now = w.now.Add(tt.after)
			if tt.choice != "" {
				w.says("traces")
			}
			w.heard()
			for range 3 { // and a restart
				if _, err := w.bot.Retire(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.pass()
				w.open()
			}
			if gone, _ := w.removed(); !slices.Equal(gone, tt.want) {
				t.Errorf("taken back %q, want %q", gone, tt.want)
			}
		})
	}
}
