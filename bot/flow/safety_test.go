package flow

import "testing"

// TestSafety: an answer to a question about safety is read in its light, and
// never as the calm one unless it is.
func TestSafety(t *testing.T) {
	t.Parallel()
	const calm, danger, unsure, misread, other = "Calm.", "Danger.", "Unsure.", "Misread.", "Other."
	lib := library(t, map[string]string{
		"safe": `
start: [safe, i miss them]
steps:
  - ask: Safe?
    pick:
      "yes": {also: [im safe, ok for now], say: Calm.}
      "no": {also: [not safe], say: Danger.}
      not sure: {say: Unsure.}
      not that: {say: Misread.}
    safety: {danger: "no", unsure: not sure, misread: not that}`,
		"now": `
steps:
  - ask: Is it happening now?
    yes_no: {"yes": {say: Danger.}, "no": {say: Calm.}}
    safety: {danger: "yes"}`,
		"other":  "start: [other, go elsewhere]\nanywhere: [help]\nsteps: [{say: Other.}]",
		"thanks": "idle: [thanks, thank you]\nsteps: [{say: Fine.}]",
	})
	tests := []struct {
		name, flow, text string
		danger           bool
		want             string
	}{
		{"yes", "safe", "yes", false, calm},
		{"a word of the choice", "safe", "I'm safe", false, calm},
		{"yes and thanks", "safe", "yes, thank you", false, calm},
		{"yes twice", "safe", "yes im safe", false, calm},
		{"no", "safe", "No.", false, danger},
		{"no and more", "safe", "no he is still here", false, danger},
		{"not safe and more", "safe", "not safe at all", false, danger},
		{"half a yes", "safe", "kind of", false, unsure},
		{"half a yes that the script takes", "safe", "ok for now", false, calm},
		{"yes, half", "safe", "yes kind of", false, unsure},
		{"yes but", "safe", "yes but he keeps calling", false, unsure},
		{"a contradiction", "safe", "no I'm safe", false, unsure},
		{"not really", "safe", "not really", false, unsure},
		{"words that mean nothing here", "safe", "it is complicated", false, unsure},
		{"words of danger", "safe", "he's back", true, danger},
		{"yes with words of danger", "safe", "yes he's back", true, danger},
		{"a false alarm", "safe", "no I meant the film", false, misread},
		{"a phrase of the flow that asks", "safe", "i miss them", false, unsure},
		{"a phrase of another flow", "safe", "go elsewhere", false, other},
		{"heard anywhere", "safe", "help", false, other},
		{"the other way round: no", "now", "no", false, calm},
		{"the other way round: half a no", "now", "not really", false, danger},
		{"the other way round: yes and more", "now", "yes in the kitchen", false, danger},
		{"the other way round: not understood", "now", "what do you mean", false, danger},
		{"the other way round: no but", "now", "no but he will come", false, danger},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _, err := lib.Step(Session{}, Input{Kind: InStart, Flow: tt.flow})
			if err != nil {
				t.Fatal(err)
			}
			if safety, senses := lib.Asks(s); !safety || senses {
				t.Fatalf("Asks = %t, %t", safety, senses)
			}
			_, out, err := lib.Step(s, Input{Kind: InText, Text: tt.text, Danger: tt.danger})
			if err != nil {
				t.Fatal(err)
			}
			first, _ := out[0].(Say)
			if first.Text != tt.want {
				t.Errorf("%q is read as %v, want %q", tt.text, out, tt.want)
			}
		})
	}
}

func TestAsksAboutSenses(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{"see": "steps:\n  - ask: Three things you see.\n    text: {forget: true}\n    senses: true"})
	s, _, err := lib.Step(Session{}, Input{Kind: InStart, Flow: "see"})
	if err != nil {
		t.Fatal(err)
	}
	if safety, senses := lib.Asks(s); safety || !senses {
		t.Errorf("Asks = %t, %t", safety, senses)
	}
	if safety, senses := lib.Asks(Session{}); safety || senses {
		t.Errorf("idle: Asks = %t, %t", safety, senses)
	}
}
