package flow

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// locking is a set of scripts with a private flow, an open one that shows its
// list, and a decoy.
func locking(t *testing.T) *Library {
	t.Helper()
	texts := "texts:\n"
	for _, s := range RequiredTexts() {
		texts += "  " + s.Key + ": " + `"` + s.Example + `"` + "\n"
	}
	fsys := fstest.MapFS{"texts.yaml": {Data: []byte(texts)}}
	for id, src := range map[string]string{
		"menu":        "flow: menu\ntitle: Menu\nanywhere: [menu]\nsteps:\n  - say: The menu.\n",
		"stop":        "flow: stop\ntitle: Stop\nfirst: [stop]\nsteps:\n  - quiet: stop\n  - say: Stopped.\n",
		"diary":       "flow: diary\ntitle: Diary\nstart: [diary]\nprivate: true\nsteps:\n  - ask: A line?\n    text: {}\n    keep: {list: lines}\n  - say: Kept.\n",
		"look":        "flow: look\ntitle: Look\nstart: [look]\nsteps:\n  - show: lines\n",
		"other":       "flow: other\ntitle: Other\nstart: [other]\nsteps:\n  - ask: A thing?\n    text: {}\n    keep: {list: things}\n  - show: things\n",
		"take":        "flow: take\ntitle: Take\nstart: [take]\nsteps:\n  - export:\n",
		"word":        "flow: word\ntitle: Word\nstart: [set a word]\nsteps:\n  - ask: Which?\n    text: {min: 5, forget: true}\n  - secret: word\n",
		"decoy":       "flow: decoy\ntitle: Water\nstart: [menu, hello]\nsteps:\n  - ask: Water?\n    pick: {more: {run: decoy.glass}, nothing: {}}\n",
		"decoy.glass": "flow: decoy.glass\ntitle: A glass\nstart: [water]\nmenu: 1\nsteps:\n  - say: A glass.\n",
	} {
		fsys[id+".yaml"] = &fstest.MapFile{Data: []byte(src)}
	}
	lib, found, err := Load(fsys, Options{})
	if err != nil || lib == nil {
		t.Fatal(err, found)
	}
	return lib
}

// said are the messages among effects.
func said(effects []Effect) (out []string) {
	for _, e := range effects {
		if s, ok := e.(Say); ok {
			first, _, _ := strings.Cut(s.Text, "\n")
			out = append(out, first)
		}
	}
	return out
}

func TestPrivateStepsAreMarked(t *testing.T) {
	t.Parallel()
	lib := locking(t)
	lists := map[string][]Item{"lines": {{ID: 1, Text: "a line"}}}
	tests := []struct {
		name  string
		texts []string
		want  bool // of the last one
	}{
		{"the private flow opens", []string{"diary"}, true},
		{"it is answered", []string{"diary", "words"}, true},
		{"something else inside it", []string{"diary", "repeat"}, true},
		{"its list elsewhere", []string{"look"}, true},
		{"another list", []string{"other", "a thing"}, false},
		{"everything as a file", []string{"take"}, true},
		{"the menu", []string{"menu"}, false},
		{"away from it", []string{"diary", "stop"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s Session
			var got bool
			for i, text := range tt.texts {
				next, effects, err := lib.Step(s, Input{Kind: InText, Text: text, ID: string(rune('a' + i)), Now: time.Unix(1e9, 0), Lists: lists})
				if err != nil {
					t.Fatal(err)
				}
				s, got = next, slices.Contains(effects, Effect(Private{}))
			}
			if got != tt.want {
				t.Errorf("marked: %v", got)
			}
		})
	}
}

func TestDecoyAndTheRestHearNothingOfEachOther(t *testing.T) {
	t.Parallel()
	lib := locking(t)
	tests := []struct {
		text          string
		open, inDecoy string // the first message
	}{
		{"menu", "The menu.", "Water?"},
		{"hello", "The menu.", "Water?"},
		{"water", "The menu.", "A glass."},
		{"diary", "A line?", "Water?"},
		{"set a word", "Which?", "Water?"},
		{"stop", "Stopped.", "Stopped."},
		{"anything at all", "The menu.", "Water?"},
	}
	for _, tt := range tests {
		for _, in := range []Input{{Text: tt.text}, {Text: tt.text, Decoy: true}} {
			want := tt.open
			if in.Decoy {
				want = tt.inDecoy
			}
			_, effects, err := lib.Step(Session{}, in)
			if got := said(effects); err != nil || len(got) == 0 || got[0] != want {
				t.Errorf("%q, decoy %v: %q, %v; want %q", tt.text, in.Decoy, got, err, want)
			}
		}
	}
	s, _, _ := lib.Step(Session{}, Input{Text: "x", Decoy: true})
	for range 4 { // what is not understood names nothing that is not there
		next, effects, err := lib.Step(s, Input{Text: "nonsense", Decoy: true, Now: time.Unix(1e9, 0)})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said(effects) {
			if strings.Contains(strings.ToLower(m), "help") || strings.Contains(m, "menu") {
				t.Errorf("said %q", m)
			}
		}
		s = next
	}
	if _, _, err := lib.Step(Session{}, Input{Kind: InStart, Flow: "diary", Decoy: true}); err == nil {
		t.Error("another flow was begun in the decoy")
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	lib := locking(t)
	s, _, err := lib.Step(Session{}, Input{Text: "set a word"})
	if err != nil {
		t.Fatal(err)
	}
	short, effects, err := lib.Step(s, Input{Text: "abcd"})
	if err != nil || slices.ContainsFunc(effects, func(e Effect) bool { _, ok := e.(Secret); return ok }) {
		t.Errorf("too short: %v, %v", effects, err)
	}
	after, effects, err := lib.Step(short, Input{Text: "blue teapot"})
	if err != nil || !slices.Contains(effects, Effect(Secret{"word", "blue teapot"})) {
		t.Errorf("%v, %v", effects, err)
	}
	if after.Answer != nil || len(after.Past) > 0 && after.Past[len(after.Past)-1].Sum != 0 {
		t.Errorf("something of the word is left: %+v", after)
	}
	for text, want := range map[string]bool{"menu": true, "yes": true, "3": true, "stop": true, "": true, "blue teapot": false} {
		if got := lib.In("").Reserved(text); got != want {
			t.Errorf("%q reserved: %v", text, got)
		}
	}
	if lib.FirstPhrase("stop") != "stop" || lib.FirstPhrase("menu") != "" || lib.FirstPhrase("nothing") != "" {
		t.Error("first phrases")
	}
}
