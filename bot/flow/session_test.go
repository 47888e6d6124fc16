package flow

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// TestMoved plays sessions that outlive their script.
func TestMoved(t *testing.T) {
	t.Parallel()
	before := map[string]string{
		"menu": "steps: [{menu: Menu.}]",
		"a": `
safe: again
steps:
  - ask: One?
    text: {}
  - say: Two.
    name: again
  - call: b`,
		"b":    "steps: [{ask: In b., text: {}}]",
		"gone": "steps: [{ask: Old., text: {}}]",
		"help": "anywhere: [help]\nsteps: [{say: Help.}]",
	}
	change := func(id, old, now string) map[string]string {
		after := map[string]string{}
		for k, v := range before {
			if k == id {
				v = strings.ReplaceAll(v, old, now)
			}
			after[k] = v
		}
		return after
	}
	without := func(id string) map[string]string {
		after := change("", "", "")
		delete(after, id)
		return after
	}
	for _, tc := range []struct {
		name, first, then, want string
		after                   map[string]string
	}{
		{
			"a corrected message moves nobody", "/start a", "x",
			"< x\n> Three.\n> [ask] In b.", change("a", "Two.", "Three."),
		},
		{
			"a question that reads differently", "/start a", "x",
			"< x\n> Something changed here while we were talking. I will start from a good place.\n> Two.\n> [ask] In b.",
			change("a", "One?", "Not one?"),
		},
		{
			"the same for a timer", "/start a", "/timer",
			"< /timer\n> Something changed here while we were talking. I will start from a good place.\n> Two.\n> [ask] In b.",
			change("a", "One?", "Not one?"),
		},
		{
			"the caller changed", "/start a\nx", "x",
			"< x\n> Something changed here while we were talking. I will start from a good place.\n> Two.\n> [ask] In b.",
			change("a", "One?", "Not one?"),
		},
		{
			"the flow is gone", "/start gone", "x",
			"< x\n> Something changed here while we were talking. I will start from a good place.\n> [ask] Menu.",
			without("gone"),
		},
		{
			"the parked flow is gone", "/start gone", "help",
			"< help\n> Help.\n! end",
			without("gone"),
		},
		{
			"help is heard all the same, and then the changed script", "/start a", "help\nyes",
			`< help
> Help.
> [ask] Shall we go back to The a flow? / 1 yes / 2 no
< yes
> Something changed here while we were talking. I will start from a good place.
> Two.
> [ask] In b.`,
			change("a", "One?", "Not one?"),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t, library(t, before))
			k.quiet = true
			for cmd := range strings.SplitSeq(tc.first, "\n") {
				k.do(cmd)
			}
			k.lib, k.quiet = library(t, tc.after), false
			for cmd := range strings.SplitSeq(tc.then, "\n") {
				k.do(cmd)
			}
			compare(t, k.out.String(), tc.want)
		})
	}
}

// TestLimits goes to the edge of each limit of a session.
func TestLimits(t *testing.T) {
	t.Parallel()
	t.Run("steps", func(t *testing.T) {
		t.Parallel()
		says := func(n int) string {
			return "steps:\n" + strings.Repeat("  - set: {a: 1}\n", n-1) + "  - say: Over.\n"
		}
		k := newTalk(t, library(t, map[string]string{"fits": says(MaxSteps), "more": says(MaxSteps + 1)}))
		if e, err := k.step(Input{Kind: InStart, Flow: "fits"}); err != nil || len(e) != MaxSteps+1 {
			t.Errorf("%d steps: %d effects, %v", MaxSteps, len(e), err)
		}
		before := string(k.session)
		if _, err := k.step(Input{Kind: InStart, Flow: "more"}); !errors.Is(err, ErrSteps) {
			t.Errorf("%d steps: error %v, want ErrSteps", MaxSteps+1, err)
		}
		if string(k.session) != before {
			t.Error("a failed step changed the session")
		}
	})
	t.Run("calls", func(t *testing.T) {
		t.Parallel()
		chain := map[string]string{}
		for i := range MaxCalls {
			chain["c"+strconv.Itoa(i)] = "steps: [{call: c" + strconv.Itoa(i+1) + "}, {say: Back.}]"
		}
		chain["c"+strconv.Itoa(MaxCalls)] = "steps: [{ask: Deep., text: {}}]"
		k := newTalk(t, library(t, chain))
		k.do("/start c0")
		if n := len(k.load().Frames); n != MaxCalls+1 {
			t.Errorf("%d frames, want %d", n, MaxCalls+1)
		}
		k.do("x")
		compare(t, k.out.String(), "< /start c0\n> [ask] Deep.\n< x"+strings.Repeat("\n> Back.", MaxCalls)+"\n! end")
	})
	t.Run("answer and message", func(t *testing.T) {
		t.Parallel()
		k := newTalk(t, library(t, map[string]string{"a": `
steps:
  - ask: Write.
    text: {}
    keep: {list: l}
  - show: l`}))
		k.quiet = true
		k.do("/start a")
		e, _ := k.step(Input{Text: strings.Repeat("ä", MaxAnswer+1)})
		if s, _ := e[0].(Say); !strings.HasPrefix(s.Text, "That is a lot") {
			t.Errorf("too long an answer got %q", s.Text)
		}
		e, _ = k.step(Input{Text: strings.Repeat("ä", MaxAnswer)})
		if len(e) < 2 {
			t.Fatalf("effects %v", e)
		}
		if keep, _ := e[0].(Keep); len(keep.Text) != 2*MaxAnswer {
			t.Errorf("kept %d bytes", len(keep.Text))
		}
		if s, _ := e[1].(Say); len([]rune(s.Text)) != MaxSay || !strings.HasSuffix(s.Text, "…") {
			t.Errorf("shown %d runes", len([]rune(s.Text)))
		}
	})
	t.Run("no flow", func(t *testing.T) {
		t.Parallel()
		lib := library(t, map[string]string{"a": "steps: [{say: x}]"})
		for _, kind := range []InputKind{InStart, InInterrupt} {
			if _, _, err := lib.Step(Session{}, Input{Kind: kind, Flow: "b"}); !errors.Is(err, ErrNoFlow) {
				t.Errorf("kind %d: error %v, want ErrNoFlow", kind, err)
			}
		}
		if _, _, err := lib.Step(Session{}, Input{Kind: 99}); err == nil {
			t.Error("an unknown kind of input is no error")
		}
	})
}

// TestVariants: the seed decides, and no wording comes twice in a row.
func TestVariants(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{"a": `
steps:
  - say: One.
    any: [Two., Three.]`})
	k := newTalk(t, lib)
	k.quiet = true
	last, seen := "", map[string]bool{}
	for seed := range uint64(60) {
		k.seed = seed / 2 // also with the same seed twice
		e, err := k.step(Input{Kind: InStart, Flow: "a"})
		if err != nil {
			t.Fatal(err)
		}
		s := e[0].(Say).Text
		if s == last {
			t.Fatalf("%q came twice in a row", s)
		}
		last, seen[s] = s, true
	}
	if len(seen) != 3 {
		t.Errorf("only %v were used", seen)
	}
}

// TestRandomShow: random lines keep their order and depend on the seed alone.
func TestRandomShow(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{"a": `
steps:
  - show: l
    up_to: 2
    pick: random
  - keep: {list: l, text: x}`})
	in := Input{Kind: InStart, Flow: "a", Lists: map[string][]Item{"l": {{ID: 1, Text: "a"}, {ID: 2, Text: "b"}, {ID: 3, Text: "c"}, {ID: 4, Text: "d"}}}}
	seen := map[string]bool{}
	for seed := range uint64(50) {
		in.Seed = seed
		_, e, err := lib.Step(Session{}, in)
		if err != nil {
			t.Fatal(err)
		}
		seen[e[0].(Say).Text] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d of 6 pairs came up: %v", len(seen), seen)
	}
}

// TestSessionJSON keeps the stored form: months-old sessions must still be read.
func TestSessionJSON(t *testing.T) {
	t.Parallel()
	const stored = `{"seq":7,"frames":[{"flow":"a","rev":"r","step":"2.pick.1.1"}],` +
		`"wait":{"kind":"ask","tries":1,"until":"2026-03-02T20:15:00Z","nudged":true,"data":{"menu":"a b"}},` +
		`"parked":{"frames":[{"flow":"b","rev":"s","step":"1"}],"answer":true,"echo":"e","past":[{"ids":["m"]}],"asked":["k"]},` +
		`"past":[{"frames":[{"flow":"a","rev":"r","step":"1"}],"menu":"a b","answer":"x","echo":"y","vars":{"n":1,"old":null},` +
		`"ids":["m","n"],"asked":["k"],"at":"2026-03-02T20:15:00Z"},{"asked":["j"],"over":true}],"asked":["k","l"],"answer":7,"echo":"x","source":"u","lang":"es","last":{"a#1":2}}`
	var s Session
	if err := json.Unmarshal([]byte(stored), &s); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != stored {
		t.Errorf("stored form changed:\n got %s\nwant %s", b, stored)
	}
	if b, _ := json.Marshal(Session{}); string(b) != `{"seq":0}` {
		t.Errorf("the empty session is %s", b)
	}
	if !(Session{}).Idle() || (Session{Wait: &Waiting{Kind: waitResume}}).Idle() {
		t.Error("Idle is wrong about the empty session or the resume question")
	}
	if reflect.TypeOf(s).NumField() != 11 {
		t.Error("a field of Session is not in this test")
	}
}
