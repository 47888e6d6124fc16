package flow

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLibrary(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{
		"b.one": `title: One
about: The first.
menu: 2
modes: [together]
first: [Stop, "stop it!"]
anywhere: [help me]
start: [box, "i want to text them", "want to text"]
idle: [ok]
steps: [{ask: Write., text: {}, keep: {list: zebras}}, {keep: {list: apes, text: x}}]`,
		"a": "start: [boxes]\nsteps: [{say: x}]",
	})
	infos := lib.Flows()
	if len(infos) != 2 || infos[0].ID != "a" || infos[1].ID != "b.one" {
		t.Fatalf("Flows: %v", infos)
	}
	want := Info{
		ID: "b.one", Title: "One", About: "The first.", File: "b.one.yaml", Menu: 2, Modes: []string{"together"},
		Start: []string{"Stop", "stop it!", "help me", "box", "i want to text them", "want to text", "ok"}, Rev: infos[1].Rev,
	}
	if !reflect.DeepEqual(infos[1], want) || want.Rev == "" {
		t.Errorf("Info is %+v, want %+v", infos[1], want)
	}
	if !lib.Has("a") || lib.Has("b") {
		t.Error("Has is wrong")
	}
	if got := lib.Lists(); !slices.Equal(got, []string{"apes", "zebras"}) {
		t.Errorf("Lists: %v", got)
	}
	if got := lib.Text("resume", map[string]string{"title": "{{x}}"}); got != "Shall we go back to {{x}}?" {
		t.Errorf("Text: %q", got)
	}
	if got := lib.Text("no such text", nil); got != "no such text" {
		t.Errorf("Text of an unknown key: %q", got)
	}
	for text, ok := range map[string]bool{"STOP!": true, " stop it ": true, "stop please": false, "stopp": false, "": false, "ok": false} {
		if f, got := lib.First(text); got != ok || got && f != "b.one" {
			t.Errorf("First(%q) = %q, %t", text, f, got)
		}
	}
	for text, want := range map[string]string{
		"Box":                            "b.one box",
		"boxes":                          "a boxes",
		"boxez":                          "a boxes",
		"boxe":                           "a boxes",
		"Help me!":                       "b.one help me",
		"help mee":                       "",
		"helpp me":                       "b.one help me",
		"ok":                             "b.one ok",
		"okk":                            "",
		"stop":                           "",
		"so i want to text them tonight": "b.one i want to text them",
		"do you want to text":            "b.one want to text",
		"want to texture":                "",
		"":                               "",
		"?":                              "",
		strings.Repeat("x ", 5000) + "i want to text them":  "", // beyond what is heard
		"i want to text them " + strings.Repeat("é ", 5000): "b.one i want to text them",
	} {
		f, phrase, ok := lib.Match(text)
		if got := strings.TrimSpace(f + " " + phrase); got != want || ok != (want != "") {
			t.Errorf("Match(%.30q) = %q, %t, want %q", text, got, ok, want)
		}
	}
}

// TestRev: the revision changes with what a running talk relies on, and with
// nothing else.
func TestRev(t *testing.T) {
	t.Parallel()
	const base = `start: [go]
steps:
  - say: One.
    any: [Uno.]
  - ask: Fine?
    pick: {good: {also: [great]}, bad: {say: Oh.}}
    no_reply: {after: 5m, say: Still here.}
  - set: {n: 1, s: x}
  - if: n > 1
    do: [{goto: last}]
  - call: other
  - pace: {in: 4, out: 6, rounds: 3}
    words: {in: In}
  - wait: 5m
  - keep: {list: l, text: Kept.}
  - show: l
    none: Nothing.
  - drop: l
    number: n
  - ask: How many?
    scale: {from: 0, to: 10}
    keep: n
  - every: hello
    flow: other
    at: "21:00"
    days: [sun]
  - cancel: hello
  - quiet: {for: 7d}
  - lines: dv
  - menu: More?
  - say: Two.
    name: last
  - run: other
`
	rev := func(body string) string {
		lib := library(t, map[string]string{"a": body, "other": "steps: [{ask: O., text: {}, no_reply: {after: 1h, end: }}]", "third": "menu: 1\nsteps: [{say: T.}]"})
		return lib.flows["a"].Rev
	}
	before := rev(base)
	for _, tc := range []struct {
		name, old, now string
		moves          bool
	}{
		{"nothing", "x", "x", false},
		{"a message", "One.", "Eins.", false},
		{"a variant of a message", "[Uno.]", "[Uno., Un.]", false},
		{"a comment", "steps:", "# new\nsteps:", false},
		{"punctuation of a question", "Fine?", "Fine", false},
		{"another word for a choice", "[great]", "[great, super]", false},
		{"what is said to silence", "Still here.", "Here.", false},
		{"what an empty list says", "Nothing.", "Empty.", false},
		{"the text of the menu", "More?", "What else?", false},
		{"a phrase", "[go]", "[go, let us go]", false},
		{"the title", "start:", "title: Another title\nstart:", false},
		{"a word of the pace", "{in: In}", "{in: Inwards}", false},
		{"a question", "Fine?", "Not fine?", true},
		{"an option", "bad:", "worse:", true},
		{"where an option leads", "{say: Oh.}", "{goto: last}", true},
		{"the time to silence", "after: 5m", "after: 6m", true},
		{"a value", "s: x", "s: y", true},
		{"a condition", "n > 1", "n > 2", true},
		{"the place of a step", "  - say: Two.\n    name: last\n  - run: other\n", "  - run: other\n  - say: Two.\n    name: last\n", true},
		{"a call", "call: other", "call: third", true},
		{"a run", "run: other", "run: third", true},
		{"the pace", "out: 6", "out: 7", true},
		{"a wait", "wait: 5m", "wait: 6m", true},
		{"what is kept", "text: Kept.", "text: Held.", true},
		{"how a list is shown", "    none:", "    newest: true\n    none:", true},
		{"what is dropped", "number: n", "number: n + 1", true},
		{"a scale", "to: 10", "to: 5", true},
		{"a schedule", "21:00", "20:00", true},
		{"a quiet", "7d", "8d", true},
		{"help lines", "lines: dv", "lines: crisis", true},
		{"a step before", "  - say: One.\n    any: [Uno.]\n", "", true},
		{"a step behind", "  - say: Two.\n", "  - say: Three.\n  - say: Two.\n", true},
		{"the name of a step", "last", "end", true},
		{"the kind", "pick: {good: {also: [great]}, bad: {say: Oh.}}", "text: {}", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			after := strings.Replace(base, tc.old, tc.now, 1)
			if tc.name == "the name of a step" {
				after = strings.ReplaceAll(base, tc.old, tc.now)
			}
			if after == base && tc.name != "nothing" {
				t.Fatalf("the script has no %q", tc.old)
			}
			if rev := rev(after); (rev != before) != tc.moves {
				t.Errorf("revision %s became %s", before, rev)
			}
		})
	}
}

// TestManyAtOnce: one library, many people at the same time. The race detector
// watches.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	lib := library(t, everything())
	want := ""
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			k := newTalk(t, lib)
			for _, c := range []string{"urge", "3", "/timer", "/timer", "my list", "yes", "a line", "menu", "1"} {
				k.do(c)
			}
			mu.Lock()
			defer mu.Unlock()
			if want == "" {
				want = k.out.String()
			}
			if k.out.String() != want {
				t.Error("the same talk went two ways")
			}
		})
	}
	all.Wait()
}

// TestConditions: what a condition may say, and what it gives for odd values.
func TestConditions(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		cond string
		vars map[string]any
		want bool
	}{
		{"n > 1", map[string]any{"n": 2.0}, true},
		{"n > 1", map[string]any{"n": 2}, true},
		{"n > 1", map[string]any{"n": "2"}, false}, // another type: as if not set
		{"n == 0 and s == '' and not b", nil, true},
		{"s in ['x', 'y']", map[string]any{"s": "y"}, true},
		{"s contains 'b' or s startsWith 'c'", map[string]any{"s": "abc"}, true},
		{"answer >= 7", nil, false},
		{"answer == nothing", map[string]any{"nothing": ""}, false},
		{"n / 0 > 1", map[string]any{"n": 1.0}, true},
		{"hour >= 20 && weekday == 'mon'", nil, true},
		{"count_l == 2", nil, true},
		{"b ? n == 0 : n == 1", map[string]any{"b": true}, true},
	} {
		t.Run(tc.cond, func(t *testing.T) {
			t.Parallel()
			lib := library(t, map[string]string{
				"a": "start: [go]\nsteps: [{if: \"" + tc.cond + "\", do: [{say: 'true'}], else: [{say: 'false'}]}]",
				"b": "steps: [{set: {n: 1, s: x, b: true, nothing: x}}, {set: {n: 3, s: y}}, {keep: {list: l, text: x}}]",
			})
			_, e, err := lib.Step(Session{}, Input{Text: "go", Now: now, Vars: tc.vars, Lists: map[string][]Item{"l": {{ID: 1, Text: "a"}, {ID: 2, Text: "b"}}}})
			if err != nil {
				t.Fatal(err)
			}
			if got := e[0].(Say).Text == "true"; got != tc.want {
				t.Errorf("gave %t", got)
			}
		})
	}
}
