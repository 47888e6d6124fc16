package flow

import "testing"

// TestPolitely: an article or courtesy around an answer changes nothing, and what
// could mean two things is no choice.
func TestPolitely(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{
		"out": `start: [out]
steps:
  - ask: What could fit?
    pick: {a walk: {}, tea: {also: [the kettle]}, some contact: {}, no contact: {}, date: {also: [a date]}, not now: {also: ["no"]}}
  - say: Chosen.`,
		"ready": "start: [ready now]\nsteps: [{ask: 'Ready?', yes_no: {\"yes\": {say: 'Yes.'}, \"no\": {say: 'No.'}}}]",
		"here":  "start: [here]\nsteps: [{ask: 'Are you safe?', pick: {\"yes\": {say: Calm.}, \"no\": {say: Danger.}, not sure: {say: Open.}}, safety: {danger: \"no\", unsure: not sure}}]",
		"cups":  "start: [the cups]\nsteps: [{ask: 'Which?', pick: {cups: {}, plates: {}}}, {say: Chosen.}]",
		"menu":  "anywhere: [menu]\nresume: false\nsteps: [{menu: Menu.}]",
		"rest":  "menu: 1\nsteps: [{say: Rested.}]",
		"walks": "title: A walk\nmenu: 2\nsteps: [{say: Walked.}]",
	})
	const miss = "I did not catch that."
	for _, tc := range []struct{ flow, text, want string }{
		{"out", "the walk", "Chosen."},
		{"out", "walk", "Chosen."},
		{"out", "a walk please", "Chosen."},
		{"out", "ok, a walk, thank you", "Chosen."},
		{"out", "the tea", "Chosen."},
		{"out", "a kettle", "Chosen."},
		{"out", "the second one", "Chosen."},
		{"out", "the second one, please", "Chosen."},
		{"out", "ok 2", "Chosen."},
		{"out", "please, the third", "Chosen."},
		{"out", "ok no thanks", "Chosen."},
		{"out", "a second", miss},
		{"out", "contact", miss},
		{"out", "ok thanks a lot for the tea", miss},
		{"out", "not the walk", miss},
		{"out", "the walk or the tea", miss},
		{"out", "ok please", miss},
		{"ready", "yes please", "Yes."},
		{"ready", "ok yes", "Yes."},
		{"ready", "yes thanks", "Yes."},
		{"ready", "ok, sure, thank you", "Yes."},
		{"ready", "ok no", "No."},
		{"ready", "no, please, thanks", "No."},
		{"ready", "please no", "No."},
		{"ready", "i am ok", miss},
		{"ready", "ok thx", miss},
		{"ready", "well yes", miss},
		{"ready", "yes no", miss},
		{"here", "ok yes", "Calm."},
		{"here", "yes please", "Calm."},
		{"here", "ok thanks", "All right."},
		{"here", "thanks i am ok", "Open."},
		{"here", "please no", "Open."},
		{"menu", "number two please", "Walked."},
		{"menu", "ok 1", "Rested."},
		{"menu", "the walk", "Walked."},
	} {
		t.Run(tc.flow+": "+tc.text, func(t *testing.T) {
			s, _, err := lib.Step(Session{}, Input{Kind: InStart, Flow: tc.flow})
			if err != nil {
				t.Fatal(err)
			}
			_, out, err := lib.Step(s, Input{Kind: InText, Text: tc.text, Vars: map[string]any{"welcomed": true}})
			if err != nil {
				t.Fatal(err)
			}
			got := said(out)
			if len(got) == 0 || got[0] != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	s, _, err := lib.Step(Session{}, Input{Kind: InStart, Flow: "out"})
	if err != nil {
		t.Fatal(err)
	}
	_, out, err := lib.Step(s, Input{Kind: InText, Text: "the cups", Vars: map[string]any{"welcomed": true}})
	if err != nil || said(out)[0] != "Which?" {
		t.Errorf("a phrase with an article opens %q, %v", said(out), err)
	}
	s, _, err = lib.Step(s, Input{Kind: InText, Text: "the cups", Vars: map[string]any{"welcomed": true}})
	if err != nil {
		t.Fatal(err)
	}
	if s, _, err = lib.Step(s, Input{Kind: InText, Text: "ok the first", Vars: map[string]any{"welcomed": true}}); err != nil || s.Wait == nil || s.Wait.Kind != waitResume {
		t.Fatalf("no question whether to go back: %+v, %v", s.Wait, err)
	}
	if _, out, err = lib.Step(s, Input{Kind: InText, Text: "ok yes please", Vars: map[string]any{"welcomed": true}}); err != nil || said(out)[0] != "What could fit?" {
		t.Errorf("went back to %q, %v", said(out), err)
	}
}
