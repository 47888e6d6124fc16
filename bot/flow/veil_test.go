package flow

import (
	"slices"
	"testing"
	"time"
)

// veiledTalk is a set with something to leak beside a greeting: a card with a
// source, and a talk that can be interrupted.
func veiledTalk(t *testing.T) *Library {
	t.Helper()
	return greets(t, map[string]string{
		"card":   "flow: card\ntitle: Card\nstart: [card]\nsteps:\n  - say: A fact about harm.\n    source: \"A book about harm\"\n",
		"source": "flow: source\ntitle: Source\nstart: [source]\nsteps:\n  - say: \"From: {{source}}\"\n",
		"letter": "flow: letter\ntitle: A letter to them\nstart: [letter]\nsteps:\n  - ask: What shall it say?\n    name: what\n    yes_no: {\"yes\": {}, \"no\": {}}\n  - ask: Which name?\n    text: {}\n  - say: The letter is done.\n",
	})
}

// TestGreetingWordComesFirst: where the person has set a word, nothing else opens
// what waits behind a greeting, nor anything beside it.
func TestGreetingWordComesFirst(t *testing.T) {
	t.Parallel()
	lib := veiledTalk(t)
	now := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, line, word string
		before           []string // said before it comes
		in               []Input
		want             []string // first lines from then on
	}{
		{"a thumb up", "book", "parsley", nil, []Input{{Kind: InReaction, Text: "👍"}}, []string{"Noted."}},
		{"a keycap", "", "parsley", nil, []Input{{Kind: InReaction, Text: "1️⃣"}}, []string{"Noted."}},
		{"a thumb down ends it", "book", "parsley", nil, []Input{{Kind: InReaction, Text: "👎"}}, []string{"Another day."}},
		{"a thumb up where there is no word", "book", "", nil, []Input{{Kind: InReaction, Text: "👍"}}, []string{"Content."}},
		{"a thumb under an older question", "book", "parsley", []string{"letter", "yes"}, []Input{{Kind: InReaction, Text: "👎", Target: "q1"}}, []string{"Noted."}},
		{"a reply to an older question", "book", "parsley", []string{"letter", "yes"}, []Input{{Text: "yes", Target: "q1"}}, []string{"Noted."}},
		{"source", "book", "parsley", []string{"card"}, []Input{{Text: "source"}}, []string{"Noted."}},
		{"thanks is a word like any", "book", "thanks", nil, []Input{{Text: "Thanks"}}, []string{"Content."}},
		{"thanks goes on where there is no word", "book", "", nil, []Input{{Text: "thanks"}}, []string{"Content."}},
		{"a corrected word", "book", "parsley", nil, []Input{{Text: "sorry, menu"}, {Text: "I meant who is this"}}, []string{"Noted.", "Noted."}},
		{"no tells nothing of another talk", "book", "parsley", []string{"letter", "yes"}, []Input{{Text: "no"}}, []string{"Another day."}},
		{"back", "book", "parsley", []string{"letter", "yes"}, []Input{{Text: "back"}}, []string{"Noted."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]any{"discreet_line": tt.line, "discreet_word": tt.word}
			s := Session{}
			var got []string
			step := func(in Input, key string) {
				t.Helper()
				in.Now, in.Vars = now, vars
				next, effects, err := lib.Step(s, in)
				if err != nil {
					t.Fatal(err)
				}
				s, got = next, append(got, said(effects)...)
				if key != "" {
					s.Asked = []string{key}
				}
			}
			for i, text := range tt.before {
				step(Input{Text: text}, []string{"q1", "q2"}[i])
			}
			step(Input{Kind: InStart, Flow: "hello"}, "hi")
			got = nil
			for _, in := range tt.in {
				if in.Kind == InReaction && in.Target == "" {
					in.Target = "hi"
				}
				step(in, "")
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("said %q\nwant %q", got, tt.want)
			}
		})
	}
}
