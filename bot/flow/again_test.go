package flow

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// asksAgain are scripts with a talk that can be gone back to, one that is heard
// at any moment, and one in which words are kept.
func asksAgain(t *testing.T) *Library {
	return library(t, map[string]string{
		"journal":  "start: [journal]\nsteps: [{ask: Write., text: {}}, {say: Written.}]",
		"pause":    "anywhere: [pause]\nresume: false\nsteps: [{say: Quiet.}]",
		"info":     "start: [info]\nresume: false\nsteps: [{say: Info.}]",
		"numbers":  "anywhere: [numbers]\nresume: false\nsteps: [{say: Numbers.}]",
		"evening":  "resume: false\nsteps: [{ask: 'How was it?', pick: {fine: {}, heavy: {}}}, {say: Noted.}]",
		"crisis":   "resume: false\nsteps: [{say: Crisis.}]",
		"story":    "start: [story]\nsteps: [{ask: 'What happened?', text: {}, witness: true, keep: what}, {ask: 'And then?', text: {}}, {say: Told.}]",
		"sleeping": "resume: false\nsteps: [{ask: 'Awake?', pick: {here: {}, gone: {}}, no_reply: {after: 10m, end: }}]",
	})
}

const backTo = "Shall we go back to"

// TestGoingBackIsAskedOnce: whoever answers the question whether to go back with
// something else has let the talk go.
func TestGoingBackIsAskedOnce(t *testing.T) {
	t.Parallel()
	lib := asksAgain(t)
	now := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	text := func(s string) Input { return Input{Kind: InText, Text: s} }
	for _, tc := range []struct {
		name   string
		inputs []Input
		want   string // of the last
	}{
		{"a phrase heard at any moment", []Input{text("journal"), text("pause"), text("pause")}, "Quiet."},
		{"the same after two others", []Input{text("journal"), text("numbers"), text("pause"), text("numbers")}, "Numbers."},
		{"a phrase that opens a talk", []Input{text("journal"), text("numbers"), text("info")}, "Info."},
		{"danger", []Input{text("journal"), text("numbers"), {Kind: InInterrupt, Flow: "crisis"}}, "Crisis."},
		{
			"something that comes by itself and is answered",
			[]Input{text("journal"), text("numbers"), {Kind: InStart, Flow: "evening"}, text("fine")},
			"Noted.",
		},
		{"yes still goes back", []Input{text("journal"), text("numbers"), text("yes")}, "Write."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := Session{}
			var out []Effect
			for i, in := range tc.inputs {
				var err error
				in.Now = now.Add(time.Duration(i) * time.Minute)
				in.Vars = map[string]any{"welcomed": true}
				if s, out, err = lib.Step(s, in); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(said(out), "\n"); got != tc.want {
				t.Errorf("said %q, want %q", got, tc.want)
			}
			if s.Parked != nil {
				t.Error("the talk is still parked")
			}
		})
	}
}

// TestKeptTalkIsOfferedOnTwoDays: a talk that has the person's words is not
// dropped by another one, and is not asked about again in the same hours.
func TestKeptTalkIsOfferedOnTwoDays(t *testing.T) {
	t.Parallel()
	lib := asksAgain(t)
	start := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	type step struct {
		after time.Duration
		in    Input
		asks  bool // whether to go back
		kept  bool // the talk is still there
	}
	text := func(s string) Input { return Input{Kind: InText, Text: s} }
	told := []step{
		{0, text("story"), false, false},
		{time.Minute, Input{Kind: InWitness, Text: "he shouted", Flow: "crisis", About: "crisis"}, true, true},
	}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"the same evening it waits in silence, and a day later is asked once more, and then let go", []step{
			{2 * time.Minute, text("pause"), false, true},
			{3 * time.Minute, text("numbers"), false, true},
			{24 * time.Hour, text("numbers"), true, true},
			{25 * time.Hour, text("numbers"), false, false},
			{72 * time.Hour, text("numbers"), false, false},
		}},
		{"other words are no drop either", []step{
			{2 * time.Minute, text("info"), false, true},
			{24 * time.Hour, text("info"), true, true},
			{24*time.Hour + time.Minute, text("1"), false, false},
		}},
		{"no ends it", []step{{2 * time.Minute, text("no"), false, false}, {24 * time.Hour, text("info"), false, false}}},
		{"a talk that ends in silence keeps it", []step{
			{2 * time.Minute, Input{Kind: InStart, Flow: "sleeping"}, false, true},
			{12 * time.Minute, Input{Kind: InTimer}, false, true},
			{24 * time.Hour, text("info"), true, true},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := Session{}
			for i, st := range append(told[:2:2], tc.steps...) {
				st.in.Now = start.Add(st.after)
				st.in.Vars = map[string]any{"welcomed": true}
				data, err := json.Marshal(s) // as the host keeps it
				if err != nil {
					t.Fatal(err)
				}
				s = Session{}
				if err := json.Unmarshal(data, &s); err != nil {
					t.Fatal(err)
				}
				var out []Effect
				if s, out, err = lib.Step(s, st.in); err != nil {
					t.Fatal(err)
				}
				if got := strings.Contains(strings.Join(said(out), "\n"), backTo); got != st.asks {
					t.Errorf("step %d: asked %t, said %q", i, got, strings.Join(said(out), "\n"))
				}
				if (s.Parked != nil) != st.kept {
					t.Errorf("step %d: parked %v", i, s.Parked)
				}
			}
		})
	}
}
