package flow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// greets is a set in which a flow comes by itself.
func greets(t *testing.T, more map[string]string) *Library {
	t.Helper()
	texts := "texts:\n"
	for _, s := range RequiredTexts() {
		texts += "  " + s.Key + ": " + `"` + s.Example + `"` + "\n"
	}
	fsys := fstest.MapFS{"texts.yaml": {Data: []byte(texts)}}
	all := map[string]string{
		"menu":  "flow: menu\ntitle: Menu\nanywhere: [menu]\nsteps:\n  - say: The menu.\n",
		"help":  "flow: help\ntitle: Help\nanywhere: [help]\nsteps:\n  - say: Numbers.\n",
		"about": "flow: about\ntitle: About\nstart: [who is this]\nsteps:\n  - say: About this.\n",
		"line":  "flow: line\ntitle: Line\nsteps:\n  - set: {discreet_line: \"\", discreet_word: \"\"}\n  - say: Set.\n",
		"hello": "flow: hello\ntitle: Hello\nresume: false\nprivate: true\nsteps:\n  - ask: Hi. Is now fine?\n    greeting: true\n    pick: {\"yes\": {}, \"no\": {goto: leave}}\n    no_reply: {after: 1h, end: }\n  - say: Content.\n  - end:\n  - say: Another day.\n    name: leave\n",
	}
	for id, src := range more {
		all[id] = src
	}
	for id, src := range all {
		fsys[id+".yaml"] = &fstest.MapFile{Data: []byte(src)}
	}
	lib, found, err := Load(fsys, Options{})
	if err != nil || lib == nil {
		t.Fatal(err, found)
	}
	return lib
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	lib := greets(t, nil)
	for _, tt := range []struct {
		name, line, word string
		texts            []string
		want             []string // first lines of all that is said
	}{
		{"as the script has it", "", "", []string{"what", "yes"}, []string{"Hi. Is now fine?", "I did not catch that.", "Content."}},
		{"an own line, any answer", "The bus is late.", "", []string{"what"}, []string{"The bus is late.", "Content."}},
		{"an own line, no", "The bus is late.", "", []string{"no"}, []string{"The bus is late.", "Another day."}},
		{"a neutral line", "book", "", []string{"ok"}, []string{"Your book is due this week.", "Content."}},
		{"another flow instead", "book", "", []string{"who is this"}, []string{"Your book is due this week.", "About this."}},
		{"one word alone", "book", "Parsley", []string{"ok", "yes", "1", "who is this", "menu", "parsley."}, []string{
			"Your book is due this week.", "Noted.", "Noted.", "Noted.", "Noted.", "Noted.", "Content.",
		}},
		{"help is heard all the same", "book", "parsley", []string{"help"}, []string{"Your book is due this week.", "Numbers."}},
		{"a word without a line", "", "parsley", []string{"yes", "parsley"}, []string{"Hi. Is now fine?", "Noted.", "Content."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := Input{
				Kind: InStart, Flow: "hello", Now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC),
				Vars: map[string]any{"discreet_line": tt.line, "discreet_word": tt.word},
			}
			s, effects, err := lib.Step(Session{}, in)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(effects, Effect(Private{})) {
				t.Error("a greeting is private")
			}
			got := said(effects)
			if line := effects[0].(Say).Text; tt.line != "" && strings.Contains(line, "\n") {
				t.Errorf("there are choices under the line: %q", line)
			}
			if !lib.Greets(s) {
				t.Error("no greeting waits")
			}
			for _, text := range tt.texts {
				in.Kind, in.Text = InText, text
				if s, effects, err = lib.Step(s, in); err != nil {
					t.Fatal(err)
				}
				if slices.Contains(said(effects), "Content.") != slices.Contains(effects, Effect(Private{})) {
					t.Errorf("%q: what is private is not marked: %v", text, effects)
				}
				got = append(got, said(effects)...)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("said %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestOwnWordAnswersAGreeting: who gave their own word needs no other answer.
func TestOwnWordAnswersAGreeting(t *testing.T) {
	t.Parallel()
	lib := greets(t, nil)
	in := Input{Kind: InStart, Flow: "hello", Vars: map[string]any{"discreet_word": "parsley"}}
	s, _, err := lib.Step(Session{}, in)
	if err != nil {
		t.Fatal(err)
	}
	in.Kind, in.Text, in.Opened = InText, "blue teapot", true
	_, effects, err := lib.Step(s, in)
	if got := said(effects); err != nil || !slices.Equal(got, []string{"Content."}) {
		t.Errorf("said %q, %v", got, err)
	}
}

// TestWhatComesByItselfIsHarmless: in the shipped scripts, in each language and
// each wording, nothing that can come before an answer holds a telling word.
func TestWhatComesByItselfIsHarmless(t *testing.T) {
	t.Parallel()
	lib := shippedScripts(t)
	flows := map[string]bool{flowAgreed: true, flowKnock: true}
	for _, f := range lib.flows {
		for _, n := range f.nodes {
			switch o := n.op.(type) {
			case *everyOp:
				flows[o.flow.name], flows[o.stepDown.name] = true, true
			case *atOp:
				flows[o.flow.name] = true
			}
		}
	}
	delete(flows, "")
	if len(flows) < 10 {
		t.Fatalf("only %d flows come by themselves", len(flows))
	}
	for id := range flows {
		for _, l := range lib.Languages() {
			for _, line := range []string{"", "water", "book", "parcel"} {
				for seed := range uint64(12) {
					vars := map[string]any{"discreet_line": line, "welcomed": true}
					items := func(string) ([]Item, error) { return []Item{{ID: 1, Text: "his voice"}}, nil }
					_, effects, err := lib.Step(Session{}, Input{
						Kind: InStart, Flow: id, Lang: l.Tag, Seed: seed, Vars: vars, Items: items, Decoy: InDecoy(id),
						Now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC),
					})
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range effects {
						switch e := e.(type) {
						case Say:
							if w := lib.In(l.Tag).Telling(e.Text); w != "" || strings.Contains(e.Text, "his voice") {
								t.Errorf("%s in %s says %q before an answer: %q", id, l.Tag, w, e.Text)
							}
							if line != "" && !InDecoy(id) && strings.Contains(e.Text, "\n") {
								t.Errorf("%s in %s does not begin with the line alone: %q", id, l.Tag, e.Text)
							}
						case Lines, Export, Chart:
							t.Errorf("%s in %s shows %T before an answer", id, l.Tag, e)
						}
					}
				}
			}
		}
	}
}

// TestTellingWords: the words of the place, of a translation and of a text that
// comes after a long silence.
func TestTellingWords(t *testing.T) {
	t.Parallel()
	hello := "flow: day\ntitle: Day\nsteps:\n  - ask: %s\n    greeting: true\n    pick: {\"yes\": {}, \"no\": {}}\n    no_reply: {after: %s, do: [{say: %s}, {end: }]}\n  - every: day\n    flow: day\n    at: \"21:00\"\n    days: [sun]\n"
	for _, tt := range []struct {
		name, ask, after, silence string
		want                      string
	}{
		{"harmless", "Is now fine?", "1h", "Another day.", ""},
		{"the organization", "Harbour House here, is now fine?", "1h", "Another day.", "harbour house"},
		{"a list of the scripts", "Is the shelter fine?", "1h", "Another day.", "shelter"},
		{"after a long silence", "Is now fine?", "1h", "The helpline is there.", "helpline"},
		{"after a short one", "Is now fine?", "5m", "The helpline is there.", ""},
	} {
		texts := "texts:\n"
		for _, s := range RequiredTexts() {
			texts += "  " + s.Key + ": " + `"` + s.Example + `"` + "\n"
		}
		fsys := fstest.MapFS{"texts.yaml": {Data: []byte(texts)}, "day.yaml": {Data: fmt.Appendf(nil, hello, tt.ask, tt.after, tt.silence)}}
		_, found, err := Load(fsys, Options{Telling: []string{"Harbour House"}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range found {
			if f.Rule == ruleUnprompted {
				got = f.Message
			}
		}
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q (%v)", tt.name, got, found)
		}
	}
}
