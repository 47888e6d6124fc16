package bot_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// kind is a text from ada that the network tells as something else.
func (w *world) kind(k chat.Kind, text, room string) []string {
	w.t.Helper()
	m := w.message(ada, text)
	m.Kind = k
	if room != "" {
		m.From.Room = room
	}
	w.handle(m)
	return w.heard()
}

// A room without encryption is told so each time, and the quiet in a room with
// others is of that room alone.
func TestHushIsOfOneRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(nil)
	w.says("hello")
	for _, tt := range []struct {
		name string
		kind chat.Kind
		room string
		want []string
	}{
		{"a crowd", chat.KindCrowd, "", []string{"text crowd"}},
		{"the same crowd", chat.KindCrowd, "", nil},
		{"another crowd", chat.KindCrowd, "!other:example.org", []string{"text crowd"}},
		{"that one again", chat.KindCrowd, "!other:example.org", nil},
		{"no encryption", chat.KindUnencrypted, "!plain:example.org", []string{"text unencrypted"}},
		{"still none", chat.KindUnencrypted, "!plain:example.org", []string{"text unencrypted"}},
		{"none in the room of the crowd", chat.KindUnencrypted, "", []string{"text unencrypted"}},
	} {
		if got := w.kind(tt.kind, "menu", tt.room); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// damage makes what is kept of everybody's state unreadable.
func (w *world) damage() {
	w.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.dir, "data", "handrail.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE person SET state = x'00112233'"); err != nil {
		w.t.Fatal(err)
	}
}

// Whose row is damaged keeps the words of their own and stays in the decoy.
func TestDamagedRowKeepsLockAndDecoy(t *testing.T) {
	t.Parallel()
	w := withOwnWords(t)
	w.away()
	w.damage()
	w.says("hello")
	w.says("no")
	if got := first(w.says("reasons")); got != askWord {
		t.Errorf("behind the lock: %q", got)
	}
	if got := first(w.says("blue teapot")); !strings.HasPrefix(got, "Your own reasons.") {
		t.Errorf("with the word: %q", got)
	}
	w.says("yellow lamp")
	w.damage()
	for _, text := range []string{"hello", "reasons", "menu"} {
		if got := strings.ToLower(strings.Join(w.says(text), "\n")); !strings.Contains(got, "glass") && !strings.Contains(got, "water") || strings.Contains(got, "reason") {
			t.Errorf("in the decoy, %q: %q", text, got)
		}
	}
	w.says("blue teapot")
	w.damage()
	if got := first(w.says("lavender")); !strings.Contains(got, "ater") {
		t.Errorf("the word to leave with: %q", got)
	}
	for _, text := range []string{"own word", "blue teapot", "take them away", "yes"} {
		w.says(text)
	}
	w.damage()
	w.says("hello")
	w.says("no")
	if got := first(w.says("reasons")); got == askWord {
		t.Error("a word that was taken away came back")
	}
}

// Whatever goes wrong inside a step, nothing is said to who may be looking, but a
// clear danger has its number.
func TestRescueWhileHidden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		vars       string
		want       string
	}{
		{"hidden", "hello", "hide me", "text noted"},
		{"watched", "hello", "look out", "text noted"},
		{"hidden, in danger", "he has a knife", "hide me", "text safe_reply"},
		{"nobody looks", "hello", "", "text safe_reply"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).with(map[string]string{
				"hide": "flow: hide\ntitle: Hide\nstart: [hide me]\nsteps:\n  - set: {hidden: true}\n  - say: OK.\n",
				"look": "flow: look\ntitle: Look\nstart: [look out]\nsteps:\n  - set: {watched: true}\n  - say: OK.\n",
			})
			w.says("hello")
			if tt.vars != "" {
				w.says(tt.vars)
			}
			if got := w.kind(chat.Kind(99), tt.text, ""); len(got) == 0 || got[0] != tt.want || tt.want == "text noted" && len(got) != 1 {
				t.Errorf("said %q", got)
			}
		})
	}
}

// The one question after a talk with an advocate is no answer for who is hidden.
func TestSurveyWhileHidden(t *testing.T) {
	t.Parallel()
	h := newQuietly(t)
	h.ada("human")
	h.ada("nothing")
	h.writes(ana, "claim")
	h.writes(ana, "close done")
	h.ada("away now")
	for _, seen := range forAda(h.ada("4")) {
		if strings.Contains(seen, "desk_") {
			t.Errorf("whoever holds the phone sees %q", seen)
		}
	}
	h.ada("near")
	wantNews(t, h.ada("4"), "> text desk_survey_thanks")
}

// A message that is taken back shows nothing of what is private.
func TestRemovalStopsAtTheLock(t *testing.T) {
	t.Parallel()
	w := withOwnWords(t)
	w.says("new entry")
	m := w.message(ada, "yesterday")
	w.handle(m)
	w.heard()
	gone := w.message(ada, "")
	gone.Kind, gone.Target = chat.KindRemoval, m.ID
	w.now = w.now.Add(6 * time.Minute)
	w.handle(gone)
	if got := w.heard(); len(got) != 0 {
		t.Fatalf("said %q", got)
	}
	if got := first(w.says("last friday")); got != askWord {
		t.Errorf("then %q", got)
	}
	if got := strings.Join(w.says("blue teapot"), "\n"); got == "" || strings.Contains(got, askWord) {
		t.Errorf("with the word %q", got)
	}
}

// The word for danger is heard in a message that was changed, too.
func TestDuressWordInAnEdit(t *testing.T) {
	t.Parallel()
	w := withOwnWords(t)
	m := w.message(ada, "grounding")
	w.handle(m)
	w.heard()
	e := w.message(ada, "Yellow lamp")
	e.Kind, e.Target = chat.KindEdit, m.ID
	w.handle(e)
	gone, said := w.removed()
	if len(said) != 1 || !strings.Contains(said[0], "ater") || len(gone) < 5 {
		t.Errorf("said %q, took back %d", said, len(gone))
	}
	if got := strings.ToLower(first(w.says("reasons"))); !strings.Contains(got, "water") {
		t.Errorf("then %q", got)
	}
}

// What is being done at this moment has its answer, also behind the one question,
// and the words are kept.
func TestWitnessOfWhatIsHappening(t *testing.T) {
	t.Parallel()
	const now = "he is hitting me"
	for _, tt := range []struct {
		name   string
		before []string
	}{
		{"at once", nil},
		{"behind the question", []string{hitMe, "no"}},
	} {
		w := newShipped(t)
		for _, text := range append([]string{"new entry", "yesterday", "skip"}, tt.before...) {
			w.says(text)
		}
		if got := strings.Join(w.says(now), "\n"); !strings.Contains(got, "obody reads") && !strings.Contains(got, "Are you safe") {
			t.Errorf("%s: %q", tt.name, got)
		}
		if w.kept("journal_what") != now && w.kept("journal_told") != now {
			t.Errorf("%s: the words are lost", tt.name)
		}
	}
}
