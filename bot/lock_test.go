package bot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// withOwnWords is a world with the scripts that are shipped, and a person who has
// a word, a word for danger and a word to leave with, a line and a daily hello.
func withOwnWords(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.lib = shipped(t)
	w.open()
	for _, text := range []string{
		"add a reason", "the garden", "no",
		"own word", "set a word", "blue teapot", "yes", "yellow lamp", "yes",
		"own word", "a word to leave fast", "lavender",
	} {
		w.says(text)
	}
	return w
}

// away lets so much time go by that what is private is locked again.
func (w *world) away() {
	w.until(w.now.Add(10 * time.Minute))
	w.heard()
}

func first(said []string) string {
	if len(said) == 0 {
		return ""
	}
	line, _, _ := strings.Cut(said[0], "\n")
	return line
}

const askWord = "Your word first, please."

func TestOwnWordOpensWhatIsPrivate(t *testing.T) {
	t.Parallel()
	w := withOwnWords(t)
	if got := first(w.says("reasons")); got == askWord {
		t.Error("asked for the word right after it was set")
	}
	tests := []struct {
		name  string
		texts []string
		want  string // how the last answer begins
	}{
		{"a private flow", []string{"reasons"}, askWord},
		{"with the word", []string{"reasons", "Blue  TEAPOT!"}, "Your own reasons."},
		{"open for a while", []string{"reasons", "blue teapot", "not now", "reasons"}, "Your own reasons."},
		{"a wrong word", []string{"reasons", "green lamp"}, "Not that one."},
		{"two wrong ones, then right", []string{"reasons", "green lamp", "red lamp", "blue teapot"}, "Your own reasons."},
		{"another thing instead", []string{"reasons", "breathe"}, "Some people"},
		{"danger at the gate", []string{"reasons", "he has a knife"}, "I do not know your country"},
		{"help at the gate", []string{"reasons", "help"}, "I do not know your country"},
		{"everything as a file", []string{"export"}, askWord},
		{"what is not private", []string{"breathe"}, "Some people"},
		{"erasing needs no word", []string{"delete my data"}, "I can erase"},
	}
	for _, tt := range tests {
		w.away()
		w.says("stop")
		var got string
		for _, text := range tt.texts {
			got = first(w.says(text))
		}
		if tt.want == "Some people" {
			if got == askWord || got == "" {
				t.Errorf("%s: %q", tt.name, got)
			}
			continue
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if len(w.files()) > 0 {
			t.Errorf("%s: a file was sent", tt.name)
		}
	}
}

// TestLockOutlivesARestart: neither the gate nor the decoy is in memory alone,
// and a talk that waited in a private flow needs the word, too.
func TestLockOutlivesARestart(t *testing.T) {
	t.Parallel()
	w := withOwnWords(t)
	w.says("add a reason")
	w.away()
	w.open()
	if got := first(w.says("the sea")); got != askWord {
		t.Fatalf("in the middle of a private flow: %q", got)
	}
	w.open()
	if got := first(w.says("blue teapot")); !strings.HasPrefix(got, "Kept.") && !strings.HasPrefix(got, "It is kept.") {
		t.Errorf("what was held: %q", got)
	}
	w.says("yellow lamp")
	w.open()
	if got := first(w.says("my journal")); !strings.Contains(got, "ater") {
		t.Errorf("after the word for danger: %q", got)
	}
	w.open()
	if got := first(w.says("blue teapot")); !strings.HasPrefix(got, "I am here again.") {
		t.Errorf("the way back: %q", got)
	}
}

// traces are words that the decoy must never say.
var traces = []string{
	"journal", "reason", "abuse", "support", "safe", "help", "menu", "advocate", "private", "setting", "line", "program", "plan", "own word",
	"lock", "check", "breath", "export", "stop", "partner", "secret", "country", "erase", "chat",
}

// TestDecoyShowsNoTrace tries everything that somebody with the phone in their
// hands may try, for days and over a restart.
func TestDecoyShowsNoTrace(t *testing.T) {
	t.Parallel()
	for name, way := range map[string][]string{
		"the word for danger": {"yellow lamp"},
		"wrong three times":   {"reasons", "aaaaaaa", "bbbbbbb", "ccccccc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := withOwnWords(t)
			w.says("grounding")
			w.away()
			for _, text := range way[:len(way)-1] {
				w.says(text)
			}
			w.handle(w.message(ada, way[len(way)-1]))
			gone, said := w.removed()
			if len(said) != 1 || !strings.Contains(said[0], "ater") || len(gone) < 10 {
				t.Fatalf("said %q, took back %d", said, len(gone))
			}
			probes := []string{
				"my journal", "help", "what is this", "reasons", "privacy", "settings", "my own word", "export", "delete my data", "safety plan",
				"menu", "grounding", "i texted them", "i feel sad", "human", "back", "skip", "repeat", "i meant 3", "thanks", "2", "x", "lavender",
				"yellow lamp", "he is reading this", "ayuda", "nonsense words", "more nonsense",
			}
			if len(way) > 1 { // the same place: a few are enough
				probes = probes[:5]
			}
			for i, text := range probes {
				if i%20 == 19 {
					w.open()
				}
				said := w.says(text)
				if len(said) == 0 {
					t.Errorf("%q: no answer", text)
				}
				for _, s := range said {
					for _, trace := range traces {
						if strings.Contains(strings.ToLower(s), trace) {
							t.Errorf("%q: %q has %q in it", text, s, trace)
						}
					}
				}
			}
			for _, form := range []chat.Message{
				{Kind: chat.KindMedia},
				{Kind: chat.KindOpened},
				{Kind: chat.KindStart, Text: "journal"},
				{Kind: chat.KindEdit, Text: "journal", Target: "$in3"},
				{Kind: chat.KindReaction, Text: "👍"},
			} {
				form.ID, form.From = w.message(ada, "").ID, ada
				w.handle(form)
				for _, s := range w.heard() {
					if strings.Contains(strings.ToLower(s), "journal") || strings.Contains(s, "reason") {
						t.Errorf("kind %d: %q", form.Kind, s)
					}
				}
			}
			w.says("remind me")
			w.says("once a day")
			w.until(w.now.Add(72 * time.Hour))
			if got := w.heard(); len(got) != 3 {
				t.Errorf("three days of reminders: %q", got)
			}
			if got := first(w.says("blue teapot")); !strings.HasPrefix(got, "I am here again.") {
				t.Errorf("the way back: %q", got)
			}
			w.says("no")
			if got := w.says("reasons"); !strings.HasPrefix(first(got), "Your own reasons.") {
				t.Errorf("behind it: %q", got)
			}
			w.until(w.now.Add(72 * time.Hour))
			if got := strings.Join(w.heard(), " "); strings.Contains(got, "water") {
				t.Errorf("the reminders go on: %q", got)
			}
		})
	}
}

// TestDecoyHoldsPrivateSchedulesBack: what was to come by itself does not come
// in the decoy, is not piled up, and comes again afterwards.
func TestDecoyHoldsPrivateSchedulesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(map[string]string{
		"word":        "flow: word\ntitle: Word\nstart: [own]\nsteps:\n  - ask: Which?\n    text: {forget: true}\n  - secret: word\n  - ask: And which?\n    text: {forget: true}\n  - secret: duress\n",
		"decoy":       "flow: decoy\ntitle: Water\nsteps:\n  - say: Water.\n",
		"decoy.start": "flow: decoy.start\ntitle: Water\nsteps:\n  - every: drink\n    flow: decoy.drink\n    at: \"09:00\"\n  - say: A glass.\n",
		"decoy.drink": "flow: decoy.drink\ntitle: Drink\nsteps:\n  # lint: allow no-reply because a test waits for longer\n  - ask: Drink?\n    pick: {yes: {}, no: {}}\n",
	})
	for _, text := range []string{"hello", "daily", "own", "blue teapot", "yellow lamp"} {
		w.says(text)
	}
	if got := w.says("yellow lamp"); len(got) == 0 || got[0] != "A glass." {
		t.Fatalf("said %q", got)
	}
	w.until(w.now.Add(3 * 24 * time.Hour))
	got := w.heard()
	if count(got, question) != 0 || count(got, "Drink?\n1 yes\n2 no") != 3 {
		t.Errorf("in the decoy: %q", got)
	}
	w.says("blue teapot")
	w.until(w.now.Add(2 * 24 * time.Hour))
	if got := w.heard(); count(got, question) != 2 || count(got, "Drink?\n1 yes\n2 no") != 0 {
		t.Errorf("afterwards: %q", got)
	}
}

func TestDangerInTheDecoy(t *testing.T) {
	t.Parallel()
	w := withOwnWords(t)
	w.says("my country")
	w.says("Germany")
	w.says("yellow lamp")
	tests := []struct {
		text string
		want []string
		none []string
	}{
		{"he has a knife at my throat", []string{"Police"}, []string{"Hilfetelefon", "safe"}},
		{"i want to kill myself", []string{"TelefonSeelsorge", "Police"}, []string{"Hilfetelefon", "safe"}},
		{"he is reading this", nil, []string{"Police", "Hilfetelefon"}},
		{"i feel a bit low", nil, []string{"Police", "Hilfetelefon"}},
	}
	for _, tt := range tests {
		got := strings.Join(w.says(tt.text), "\n")
		for _, s := range tt.want {
			if !strings.Contains(got, s) {
				t.Errorf("%q: %q is missing:\n%s", tt.text, s, got)
			}
		}
		for _, s := range tt.none {
			if strings.Contains(got, s) {
				t.Errorf("%q: %q is there:\n%s", tt.text, s, got)
			}
		}
	}
	if got := first(w.says("journal")); !strings.Contains(got, "ater") {
		t.Errorf("after all that: %q", got)
	}
}

func TestWordsThatCannotBeSecret(t *testing.T) {
	t.Parallel()
	w := withOwnWords(t)
	for _, text := range []string{"own word", "another word", "blue teapot"} { // the same once more
		w.says(text)
	}
	for _, word := range []string{"menu please", "yellow lamp"} {
		w.says("stop")
		w.says("own word")
		w.says("another word")
		if got := first(w.says(word)); got == "That word is set. Capitals do not matter. You could delete the message that has it." {
			t.Errorf("%q was taken", word)
		}
		if word == "yellow lamp" { // that one was heard first
			w.says("blue teapot")
		}
	}
	w.away()
	w.says("reasons")
	if got := first(w.says("blue teapot")); !strings.HasPrefix(got, "Your own reasons.") {
		t.Errorf("the old word: %q", got)
	}
}

// TestExitOutlivesACrash: the way out is written down before anything is sent.
// Whatever the network took when the program died, all of it is taken back, once
// each, and the plain line comes once.
func TestExitOutlivesACrash(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"x", "exit", "Lavender."} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := withOwnWords(t)
			w.says("my journal")
			w.until(w.now.Add(time.Minute))
			before := len(w.net.sent)
			left := 4 // sends until the program dies
			w.net.fail = func(chat.Outgoing) error {
				if left--; left < 0 {
					return errors.New("no network")
				}
				return nil
			}
			w.handle(w.message(ada, word))
			w.open()
			w.net.fail = nil
			w.until(w.now.Add(5 * time.Minute))
			gone, said := w.removed()
			if len(said) != 1 || !strings.Contains(said[0], "ater") {
				t.Errorf("said %q", said)
			}
			if len(gone) != before {
				t.Errorf("%d of %d messages were taken back", len(gone), before)
			}
			if slices.Contains(gone, said[0]) {
				t.Error("the plain line was taken back")
			}
			w.says("hello there")
			if gone, _ := w.removed(); len(gone) > 0 {
				t.Errorf("taken back twice: %q", gone)
			}
		})
	}
}

// TestExitIsFast: the way out of a long talk is there at once,
// and all is taken back within two seconds of the bot's own work.
func TestExitIsFast(t *testing.T) {
	t.Parallel()
	w := withOwnWords(t)
	for range 30 {
		w.handle(chat.Message{ID: w.message(ada, "").ID, From: ada, Kind: chat.KindCall})
		w.now = w.now.Add(30 * time.Second)
	}
	w.heard()
	before := len(w.net.sent)
	began := time.Now()
	w.handle(w.message(ada, "x"))
	took := time.Since(began)
	gone, said := w.removed()
	if len(gone) < 40 || len(said) != 1 || w.net.sent[before].Form == chat.FormRemove {
		t.Errorf("said %q, took back %d", said, len(gone))
	}
	t.Logf("%d messages in %v", len(gone), took)
	if took > 20*time.Second { // a loaded machine; 2 s where nothing else runs
		t.Errorf("it took %v", took)
	}
}
