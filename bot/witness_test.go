package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	hitMe    = "he hit me and took my phone"
	nextTold = "What were you told"
)

// told begins an entry and writes words as what happened.
func (w *world) told(words string) string {
	for _, text := range []string{"new entry", "yesterday", "skip"} {
		w.says(text)
	}
	return strings.Join(w.says(words), "\n")
}

// kept tells what the entry holds for a name.
func (w *world) kept(name string) string {
	s, _ := w.person().Vars[name].(string)
	return s
}

func asksOnce(got string) bool { return strings.Contains(got, "ask this once") }

// What happened is kept, whatever is heard in it; the question comes once, and
// the entry goes on behind the words.
func TestWitnessKeepsTheWords(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"no", "it was before", "3", "skip"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			w := newShipped(t)
			if got := w.told(hitMe); !asksOnce(got) || strings.Contains(got, "Nobody reads") {
				t.Fatalf("asked %q", got)
			}
			if got := w.kept("journal_what"); got != hitMe {
				t.Fatalf("kept %q", got)
			}
			if got := strings.Join(w.says(answer), "\n"); !strings.Contains(got, nextTold) || strings.Contains(got, "go back") {
				t.Fatalf("after %q: %q", answer, got)
			}
			for _, more := range []string{"he said he will break my arm", "he choked me", "i am scared of him"} {
				if got := strings.Join(w.says(more), "\n"); asksOnce(got) || strings.Contains(got, "obody reads") {
					t.Fatalf("asked again: %q", got)
				}
			}
			for _, text := range []string{"skip", "skip", "keep it"} {
				w.says(text)
			}
			w.says("enough")
			w.says("read my journal")
			all := strings.Join(w.says("1"), "\n")
			for _, part := range []string{hitMe, "break my arm", "he choked me", "scared of him"} {
				if !strings.Contains(all, part) {
					t.Errorf("%q is not in the entry %q", part, all)
				}
			}
		})
	}
}

// A yes has the answer to the danger that was heard, and then the entry goes on
// at the next question.
func TestWitnessNow(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	w.told(hitMe)
	if got := strings.Join(w.says("yes"), "\n"); !strings.Contains(got, "get somewhere safer") && !strings.Contains(got, "get to somewhere safer") {
		t.Fatalf("yes is answered with %q", got)
	}
	got := w.says("yes")
	for i := 0; i < 6 && !strings.Contains(strings.Join(got, ""), "go back"); i++ {
		got = w.says("skip")
	}
	if got = w.says("yes"); !strings.Contains(strings.Join(got, ""), nextTold) {
		t.Fatalf("back at %q", got)
	}
	if got := w.kept("journal_what"); got != hitMe {
		t.Errorf("kept %q", got)
	}
}

// A danger that is there without a doubt has its answer at once, and the words
// are kept.
func TestWitnessOfPresentDanger(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	const words = "i am going to kill myself"
	if got := w.told(words); !strings.Contains(got, "Are you safe this minute") {
		t.Fatalf("answered with %q", got)
	}
	if got := w.kept("journal_what"); got != words {
		t.Errorf("kept %q", got)
	}
	got := w.says("not that")
	if !strings.Contains(strings.Join(got, "\n"), "Shall we go back") {
		t.Fatalf("after it %q", got)
	}
	if got = w.says("yes"); !strings.Contains(strings.Join(got, ""), nextTold) {
		t.Errorf("back at %q", got)
	}
}

// Where somebody reads along nothing of the entry shows, and its words stay.
func TestWitnessWatched(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	got := w.told("he is reading my messages")
	if strings.Contains(got, "ask") || strings.Contains(got, "back") || !strings.Contains(got, "water") && !strings.Contains(got, "Water") {
		t.Errorf("answered with %q", got)
	}
	if got := w.kept("journal_what"); got != "he is reading my messages" {
		t.Errorf("kept %q", got)
	}
}

// Words to leave, to get help or to go on are no story.
func TestWitnessLeavesWordsAlone(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"skip", "help", "x", "stop", "sos"} {
		w := newShipped(t)
		w.told(word)
		if got := w.kept("journal_what"); got != "" {
			t.Errorf("%q is kept as %q", word, got)
		}
	}
}

// Own lines and letters keep such words, too.
func TestWitnessOfLists(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	for _, text := range []string{"letters", "write one"} {
		w.says(text)
	}
	if got := strings.Join(w.says("remember that he hit you"), "\n"); !asksOnce(got) && !strings.Contains(got, "Kept") {
		t.Fatalf("answered with %q", got)
	}
	w.now = w.now.Add(time.Minute)
	w.says("no")
	w.says("letters")
	if got := w.says("read the last one"); !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "he hit you") }) {
		t.Errorf("the letter is %q", got)
	}
}
