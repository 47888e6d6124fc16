package flow

import (
	"strings"
	"testing"
)

// TestWitness: which texts a question about what happened keeps, and where the
// talk goes on.
func TestWitness(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{
		"story": `
steps:
  - ask: What happened?
    text: {max: 20}
    witness: true
    keep: happened
  - ask: And then?
    text: {}
    keep: then
  - say: Done.`,
		"crisis.witness": `
resume: false
steps:
  - ask: Now?
    pick:
      "yes": {run: crisis}
      "no": {}
    safety: {danger: "yes"}`,
		"crisis":         "resume: false\nsteps: [{say: Crisis.}]",
		"crisis.weapon":  "resume: false\nsteps: [{say: Weapon.}]",
		"elsewhere.open": "anywhere: [numbers]\nsteps: [{say: Numbers.}]",
	})
	start, _, err := lib.Step(Session{}, Input{Kind: InStart, Flow: "story"})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"he hit me": true, "skip": false, "numbers": false, "": false, "far too long for this question": false,
	} {
		if takes, asked := lib.In("").Witness(start, text); takes != want || asked {
			t.Errorf("%q: Witness = %t, %t, want %t", text, takes, asked, want)
		}
	}
	if takes, _ := lib.In("").Witness(Session{}, "he hit me"); takes {
		t.Error("taken where nothing waits")
	}
	in := Input{Kind: InWitness, Text: "he hit me", Flow: "crisis.witness", About: "crisis.weapon"}
	asked, out, err := lib.Step(start, in)
	if err != nil {
		t.Fatal(err)
	}
	if out[0] != (Set{"happened", "he hit me"}) {
		t.Errorf("not kept: %v", out)
	}
	for _, tc := range []struct{ answer, want string }{{"no", "And then?"}, {"skip", "And then?"}, {"yes", "Weapon."}} {
		s, out, err := lib.Step(asked, Input{Kind: InText, Text: tc.answer})
		if err != nil {
			t.Fatal(err)
		}
		if first, _ := out[0].(Say); first.Text != tc.want {
			t.Errorf("%q: %v", tc.answer, out)
		}
		if tc.answer == "yes" { // and back again
			if s, out, err = lib.Step(s, Input{Kind: InText, Text: "yes"}); err != nil {
				t.Fatal(err)
			}
			if first, _ := out[0].(Say); first.Text != "And then?" {
				t.Errorf("back at %v", out)
			}
		}
		if n := len(s.Frames); n != 1 || !s.Frames[0].Witnessed {
			t.Errorf("%q: it would be asked again: %v", tc.answer, s.Frames)
		}
	}
	in.Text = "far too long for this question"
	if _, out, err = lib.Step(start, in); err != nil {
		t.Fatal(err)
	}
	if first, _ := out[0].(Say); !strings.HasPrefix(first.Text, "Now?") {
		t.Errorf("what cannot be kept is answered with %v", out)
	}
	in.Flow = "nowhere"
	if _, _, err = lib.Step(start, in); err == nil {
		t.Error("a flow that is not there began")
	}
}

// TestWitnessIsForText: a choice keeps no words.
func TestWitnessIsForText(t *testing.T) {
	t.Parallel()
	found := load(t, files(t, map[string]string{"a": "steps:\n  - ask: Which?\n    yes_no: {}\n    witness: true"}))
	if len(found) != 1 || found[0].Rule != ruleValue {
		t.Errorf("found %v", found)
	}
}
