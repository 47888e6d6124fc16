package bot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// discreetly are scripts with a greeting, a private look back, and what a person
// may set about what comes by itself.
var discreetly = map[string]string{
	"word":      "flow: word\ntitle: Word\nstart: [own]\nsteps:\n  - ask: Which?\n    text: {forget: true}\n  - secret: word\n",
	"line":      "flow: line\ntitle: Line\nstart: [line]\nsteps:\n  - set: {discreet_line: The bus is late.}\n  - say: OK.\n",
	"only":      "flow: only\ntitle: Only\nstart: [only]\nsteps:\n  - set: {discreet_word: parsley}\n  - say: OK.\n",
	"safe":      "flow: safe\ntitle: Safe\nstart: [safe]\nsteps:\n  - ask: When?\n    text: {}\n    keep: safe_times\n  - ask: And not?\n    text: {}\n    keep: quiet_days\n  - say: OK.\n",
	"look":      "flow: look\ntitle: Look\nstart: [look]\nsteps:\n  - every: look\n    flow: look.back\n    at: \"21:00\"\n    step_down: look.less\n  - say: Look is set.\n",
	"look.back": "flow: look.back\ntitle: Look back\nprivate: true\nresume: false\nsteps:\n  - ask: Is now all right?\n    greeting: true\n    pick: {\"yes\": {}, \"no\": {end: }}\n    no_reply: {after: 30m, do: [{say: Another day.}, {end: }]}\n  - say: Dear diary.\n",
	"look.less": "flow: look.less\ntitle: Less\nsteps:\n  - ask: Shall it go on?\n    greeting: true\n    pick: {\"yes\": {}, \"no\": {}}\n    no_reply: {after: 2h, end: }\n  - say: OK.\n",
}

// newDiscreet is a person with a look back at nine in the evening.
func newDiscreet(t *testing.T, texts ...string) *world {
	t.Helper()
	w := newWorld(t).with(discreetly)
	for _, text := range append([]string{"hello", "look"}, texts...) {
		w.says(text)
	}
	return w
}

// evening moves the clock to nine in the evening, or behind it.
func (w *world) evening(after time.Duration) []string {
	w.t.Helper()
	day := time.Date(w.now.Year(), w.now.Month(), w.now.Day(), 21, 0, 0, 0, time.UTC)
	if !day.After(w.now) {
		day = day.AddDate(0, 0, 1)
	}
	w.until(day.Add(after))
	return w.heard()
}

const greeting = "Is now all right?\n1 yes\n2 no"

func TestOwnLineComesFirst(t *testing.T) {
	t.Parallel()
	w := newDiscreet(t, "line")
	if got := w.evening(time.Minute); !slices.Equal(got, []string{"The bus is late."}) {
		t.Fatalf("by itself: %q", got)
	}
	if got := w.says("which one"); !slices.Equal(got, []string{"Dear diary."}) {
		t.Errorf("after an answer: %q", got)
	}
	w.says("only")
	w.evening(time.Minute)
	for _, text := range []string{"what is this", "yes", "daily", "1"} {
		if got := w.says(text); !slices.Equal(got, []string{"text noted"}) {
			t.Errorf("%q without the word: %q", text, got)
		}
	}
	if got := w.says("PARSLEY"); !slices.Equal(got, []string{"Dear diary."}) {
		t.Errorf("with the word: %q", got)
	}
}

// What is private comes as a line, too, and goes on after the own word alone.
func TestPrivateLookBackWaitsForTheWord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		texts []string
		want  []string
	}{
		{"the word at once", []string{"blue teapot"}, []string{"Dear diary."}},
		{"an answer, then the word", []string{"yes", "blue teapot"}, []string{"text lock_ask", "Dear diary."}},
		{"no", []string{"no"}, []string{"text noted"}},
	} {
		w := newDiscreet(t, "own", "blue teapot")
		if got := w.evening(time.Minute); !slices.Equal(got, []string{greeting}) {
			t.Fatalf("%s: by itself: %q", tt.name, got)
		}
		var got []string
		for _, text := range tt.texts {
			got = append(got, w.says(text)...)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestSafeTimes: what falls outside is dropped, in none of the ways by which it
// could come later does it come, and the next one comes as planned.
func TestSafeTimes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, windows, quiet string
		want                 []int // days from the first, a Monday, on which it comes
	}{
		{"nothing said", "", "", []int{0, 1, 2, 3, 4, 5, 6}},
		{"some days", "mon,wed 20:00-22:00", "", []int{0, 2}},
		{"another hour", "08:00-12:00", "", nil},
		{"a visit", "", "2026-01-06..2026-01-08", []int{0, 4, 5, 6}},
		{"a hand-over each week", "", "fri", []int{0, 1, 2, 3, 5, 6}},
		{"what cannot be read is taken out at once, and told", "whenever", "", []int{0, 1, 2, 3, 4, 5, 6}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			said := []string{"safe", tt.windows, tt.quiet}
			for i, text := range said {
				if text == "" {
					said[i] = "skip"
				}
			}
			w := newDiscreet(t, said...)
			w.heard()
			var came []int
			for day := range 7 {
				n := count(w.evening(29*time.Minute), greeting)
				if n > 1 {
					t.Errorf("day %d: %d of them", day, n)
				}
				if n == 1 {
					came = append(came, day)
					w.says("no")
				}
				w.until(w.now.Add(6 * time.Hour))
				if got := w.heard(); len(got) != 0 {
					t.Errorf("day %d, later: %q", day, got)
				}
			}
			if !slices.Equal(came, tt.want) {
				t.Errorf("it came on %v, want %v", came, tt.want)
			}
		})
	}
}

// TestOldSafeTimes: times that an older program kept, and that none can read now,
// do not silence anybody for good.
func TestOldSafeTimes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, windows, quiet string
		comes                bool // before the person writes
	}{
		{"every third day, in hours that fit", "3d 20:00-22:00", "", true},
		{"every third day, in other hours", "3d 08:00-10:00", "", false},
		{"no words of any program", "whenever", "", false},
		{"a day of no program", "", "some day", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newDiscreet(t)
			err := w.store.Update(t.Context(), func(tx *store.Tx) error {
				p, err := tx.FindPerson(ada)
				if err != nil {
					return err
				}
				p.Vars["safe_times"], p.Vars["quiet_days"] = tt.windows, tt.quiet
				return tx.SavePerson(p)
			})
			if err != nil {
				t.Fatal(err)
			}
			w.heard()
			if got := w.evening(time.Minute); slices.Contains(got, greeting) != tt.comes {
				t.Errorf("by itself: %q", got)
			}
			got := w.says("no")
			if want := "text safe_unread"; len(got) == 0 || got[len(got)-1] != want {
				t.Errorf("the next talk: %q", got)
			}
			if got := w.says("hello again"); slices.Contains(got, "text safe_unread") {
				t.Errorf("told twice: %q", got)
			}
			if got := w.evening(time.Minute); tt.windows != "3d 08:00-10:00" && !slices.Contains(got, greeting) {
				t.Errorf("the next evening: %q", got)
			}
		})
	}
}

// What cannot be sent while it is safe is not sent afterwards, and no timer
// speaks then.
func TestSafeTimeEnds(t *testing.T) {
	t.Parallel()
	w := newDiscreet(t, "safe", "20:00-21:10", "skip")
	w.heard()
	w.net.fail = func(chat.Outgoing) error { return errors.New("no network") }
	w.evening(15 * time.Minute)
	w.net.fail = nil
	w.until(w.now.Add(2 * time.Hour))
	if got := w.heard(); len(got) != 0 {
		t.Errorf("sent after the end: %q", got)
	}
	w.says("menu")
	if got := w.evening(time.Minute); !slices.Equal(got, []string{greeting}) {
		t.Fatalf("the next day: %q", got)
	}
	w.until(w.now.Add(2 * time.Hour)) // nobody answers, and the words for that would come after the end
	if got := w.heard(); len(got) != 0 {
		t.Errorf("a timer speaks after the end: %q", got)
	}
}

// A schedule that could never come is said to be so.
func TestScheduleOutsideSafeTimes(t *testing.T) {
	t.Parallel()
	w := newDiscreet(t, "safe", "08:00-12:00", "skip")
	if got := strings.Join(w.says("look"), "\n"); !strings.Contains(got, "text safe_never") {
		t.Errorf("said %q", got)
	}
}

// Quiet days that are over do not pile up until nothing is read any more.
func TestQuietDaysGo(t *testing.T) {
	t.Parallel()
	w := newDiscreet(t, "safe", "skip", "2025-12-24 2026-01-09 2026-01-09 fri")
	if got := w.person().Vars["quiet_days"]; got != "2026-01-09 fri" {
		t.Errorf("quiet days %q", got)
	}
}
