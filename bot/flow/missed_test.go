package flow

import (
	"slices"
	"testing"
	"time"
)

// TestAdvocateIsOfferedAtQuestions: three texts that a question did not follow
// bring the offer of an advocate; at a pause, a pace or a greeting there is
// nothing to follow, and the offer is not made inside itself.
func TestAdvocateIsOfferedAtQuestions(t *testing.T) {
	t.Parallel()
	lib := greets(t, map[string]string{
		"human.missed": "flow: human.missed\ntitle: Somebody\nsteps:\n  - ask: Shall I ask somebody?\n    yes_no: {\"yes\": {}, \"no\": {}}\n  - say: Asked.\n",
		"question":     "flow: question\ntitle: Question\nstart: [question]\nsteps:\n  - ask: Which?\n    yes_no: {\"yes\": {}, \"no\": {}}\n",
		"rest":         "flow: rest\ntitle: Rest\nstart: [rest]\nsteps:\n  - wait: 15m\n  - say: Back.\n",
		"pace":         "flow: pace\ntitle: Pace\nstart: [pace]\nsteps:\n  - pace: {in: 4, out: 6, rounds: 6}\n  - say: Done.\n",
	})
	for _, tt := range []struct {
		begin Input
		want  int // how often it is offered
	}{
		{Input{Text: "question"}, 1},
		{Input{Text: "menu"}, 0}, // nothing waits
		{Input{Text: "rest"}, 0},
		{Input{Text: "pace"}, 0},
		{Input{Kind: InStart, Flow: "hello"}, 0},
		{Input{Kind: InStart, Flow: "human.missed"}, 1},
	} {
		now := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
		s, got := Session{}, []string(nil)
		step := func(in Input) {
			t.Helper()
			in.Now, in.Desk, in.Vars = now, true, map[string]any{"welcomed": true}
			next, effects, err := lib.Step(s, in)
			if err != nil {
				t.Fatal(err)
			}
			s, got = next, append(got, said(effects)...)
		}
		step(tt.begin)
		for range 9 {
			now = now.Add(time.Second)
			step(Input{Text: "grey weather"})
		}
		n := 0
		for _, line := range got {
			if line == "Shall I ask somebody?" {
				n++
			}
		}
		if n != tt.want {
			t.Errorf("%s%s: offered %d times, want %d: %q", tt.begin.Text, tt.begin.Flow, n, tt.want, got)
		}
		if slices.Contains(got, "Asked.") {
			t.Errorf("%s%s: somebody was asked", tt.begin.Text, tt.begin.Flow)
		}
	}
}
