package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const knife = "he has a knife"

// newShipped is a world with the scripts that come with the program.
func newShipped(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.lib = shipped(t)
	w.open()
	return w
}

// An alarm is answered at whatever question it comes, also at the question
// whether to go back to a talk, where no flow is on top.
func TestAlarmAtTheQuestionWhetherToGoBack(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	w.says("add a reason")
	w.says(knife)
	if got := w.says("that was a joke"); !strings.Contains(strings.Join(got, "\n"), "Shall we go back") {
		t.Fatalf("after a false alarm: %q", got)
	}
	if got := w.says("he is going to kill me tonight"); len(got) != 2 || !strings.Contains(got[1], "obody reads") {
		t.Errorf("answered with %q", got)
	}
}

// A false alarm leaves the very same words alone in that talk, and no others.
func TestFalseAlarm(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	alarmed := func(words string) bool {
		t.Helper()
		got := w.says(words)
		if len(got) == 0 {
			t.Fatalf("%q was not answered", words)
		}
		return strings.Contains(got[len(got)-1], "obody reads")
	}
	if !alarmed(knife) {
		t.Fatal("the first time is no alarm")
	}
	if got := w.says("no I meant the game"); !strings.Contains(strings.Join(got, ""), "Your words matter more") {
		t.Errorf("the false alarm was answered with %q", got)
	}
	if alarmed("He has a knife!") {
		t.Error("the same words are an alarm again in the same talk")
	}
	if !alarmed("please, he has a knife here") {
		t.Error("other words are no alarm after a false one")
	}
	w.says("that was a joke")
	if alarmed(knife) {
		t.Error("the words of the false alarm before the last are an alarm again")
	}
	w.now = w.now.Add(90 * time.Minute)
	if !alarmed(knife) {
		t.Error("in a later talk the words are no alarm")
	}
}

// A false alarm takes back the quiet that it brought, and no other.
func TestFalseAlarmAndQuiet(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	quiet := func() time.Duration {
		t.Helper()
		p := w.person()
		return max(0, p.QuietUntil.Sub(w.now))
	}
	w.says(knife)
	if q := quiet(); q != 24*time.Hour {
		t.Errorf("after an alarm it is quiet for %v", q)
	}
	w.says("not that")
	if q := quiet(); q != 0 {
		t.Errorf("after a false alarm it is quiet for %v", q)
	}
	w.says("pause")
	w.says("three days")
	w.says("he is hitting me")
	w.says("that was a joke")
	if q := quiet(); q != 72*time.Hour {
		t.Errorf("a false alarm makes of a pause of three days %v", q)
	}
	w.says("start")
	w.says("i am going to kill myself tonight")
	w.says("no")
	w.says("skip")
	w.now = w.now.Add(time.Hour)
	w.says("i cut myself shaving")
	w.says("that was a joke")
	if q := quiet(); q != 23*time.Hour {
		t.Errorf("a gentle question that was misread leaves of the quiet of an alarm %v", q)
	}
}

// Where somebody may be reading along, nothing shows, until the person writes
// start or names a clear danger, or that talk is long over.
func TestWatchedShowsNothing(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	w.says("he is reading my messages")
	for _, words := range []string{"he's coming", "what is this", "i'm scared of him", "menu", "lines", "urge"} {
		if got := strings.Join(w.says(words), "\n"); strings.ContainsAny(got, "0123456789") || strings.Contains(got, "safe") {
			t.Errorf("%q is answered with %q", words, got)
		}
	}
	if got := w.says(knife); len(got) != 2 {
		t.Errorf("a clear danger is answered with %q", got)
	}
	if got := strings.Join(w.says("yes"), "\n"); !strings.Contains(got, "Distance comes first") {
		t.Errorf("its question is answered with %q", got)
	}
	w.says("he is reading my messages")
	if got := strings.Join(w.says("start"), "\n"); !strings.Contains(got, "good moment") {
		t.Errorf("start is answered with %q", got)
	}
	w.says("he is reading my messages")
	w.now = w.now.Add(25 * time.Hour)
	if got := strings.Join(w.says("help"), "\n"); !strings.Contains(got, "program") {
		t.Errorf("help on the next day is answered with %q", got)
	}
}

// The same danger within ten minutes has the shorter answer, numbers first.
func TestSameDangerAgain(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	w.says("country")
	w.says("UK")
	first := w.says("he is hitting me")
	w.says("yes")
	w.now = w.now.Add(5 * time.Minute)
	second := w.says("he is hitting me again")
	if len(second) != 2 || !strings.Contains(second[0], "999") || slices.Contains(first, second[1]) {
		t.Errorf("first %q, then %q", first, second)
	}
	w.says("yes")
	w.now = w.now.Add(20 * time.Minute)
	if third := w.says("he is hitting me"); len(third) != 2 || !strings.Contains(third[1], "somewhere safer") {
		t.Errorf("half an hour later %q", third)
	}
}

// Things that are named while a question about the senses waits are no alarm.
func TestSensesAreNoAlarm(t *testing.T) {
	t.Parallel()
	w := newShipped(t)
	w.says("five senses")
	w.says("long")
	for _, words := range []string{"I see a knife block", "a gun on the poster", "I can see pills", "blood oranges and a razor"} {
		if got := strings.Join(w.says(words), "\n"); strings.Contains(got, "program") {
			t.Errorf("%q is answered with %q", words, got)
		}
	}
	if got := strings.Join(w.says("the lamp and I hear him on the stairs and I am scared"), "\n"); !strings.Contains(got, "safe") {
		t.Errorf("a danger behind a thing is answered with %q", got)
	}
	w.says("no")
	w.says("five senses")
	w.says("long")
	if got := w.says("there is a gun on the shelf"); len(got) != 1 || !strings.Contains(got[0], "safe") {
		t.Errorf("a thing that may be a danger is answered with %q", got)
	}
	if got := w.says("not that"); !strings.Contains(strings.Join(got, "\n"), "Shall we go back") {
		t.Errorf("after the question %q", got)
	}
	w.says("yes")
	if got := w.says("he is in the house and he has a knife"); len(got) != 2 {
		t.Errorf("a clear danger is answered with %q", got)
	}
}
