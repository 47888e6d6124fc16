package flow

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// world is a small library in which flows can get in each other's way.
func world() map[string]string {
	return map[string]string{
		"welcome": "steps: [{say: Welcome.}, {set: {welcomed: true}}]",
		"menu":    "anywhere: [menu]\nresume: false\nsteps: [{menu: Menu.}]",
		"thanks":  "idle: [ok, thank you]\nsteps: [{say: All right.}]",
		"stop":    "first: [stop, stop it]\nsteps: [{say: Stopped.}, {cancel: all}, {quiet: stop}]",
		"help":    "anywhere: [help]\nsteps: [{ask: 'Help how?', pick: {lines: {say: Lines.}, words: {}}}]",
		"info":    "start: [info, tell me more]\nsteps: [{say: Info.}]",
		"hush":    "start: [hush]\nsteps: [{say: Hushed.}, {cancel: all}]",
		"urge": `title: The urge
menu: 1
start: [urge, i want to text them]
steps:
  - ask: How strong?
    scale: {from: 0, to: 10}
    keep: pull
    no_reply: {after: 20m, say: Still here.}
  - say: "{{pull}}."
  - wait: 15m
  - say: Over.`,
		"journal": "start: [journal]\nsteps: [{ask: Write., text: {}}, {say: Kept.}]",
		"breathe": "start: [breathe]\nsteps: [{pace: {in: 4, out: 6, rounds: 2}}, {say: Done.}]",
		"checkin": "steps: [{ask: 'How is it?', pick: {light: {}, heavy: {}}, no_reply: {after: 2h, end: }}, {say: Noted.}]",
		"hello":   "steps: [{say: Hello.}]",
		"chooser": "start: [choose]\nresume: false\nsteps: [{ask: 'Which?', pick: {left: {}, right: {}}}, {say: Chosen.}]",
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()
	lib := library(t, world())
	for _, tc := range []struct{ name, cmds, want string }{
		{
			"the first word of a new person gets the welcome, whatever it is",
			"ok\nok\nxyz",
			`< ok
> Welcome.
! set welcomed true
! end
< ok
> All right.
! end
< xyz
> [ask] Menu. / 1 The urge`,
		},
		{
			"start phrases: whole, inside, misspelt",
			"INFO.\nplease tell me more about it\ninfoo",
			`< INFO.
> Info.
! end
< please tell me more about it
> Info.
! end
< infoo
> Info.
! end`,
		},
		{
			"a question waits: the answer first, then start phrases, then the question again",
			"urge\n7\ninfo\nyes\nok",
			`< urge
> [ask] How strong?
! wait 20m0s
< 7
! set pull 7
> 7.
! wait 15m0s
< info
> Info.
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< yes
> I will be back at 20:15. Say done to go on now.
! wait 15m0s
< ok
> I will be back at 20:15. Say done to go on now.
! wait 15m0s`,
		},
		{
			"anywhere beats an open question, and a free answer is not taken for a misspelt one",
			"journal\nhelpp\njournal\nhelp\nlines\n1\nback to it",
			`< journal
> [ask] Write.
< helpp
> Kept.
! end
< journal
> [ask] Write.
< help
> [ask] Help how? / 1 lines / 2 words
< lines
> Lines.
> [ask] Shall we go back to The journal flow? / 1 yes / 2 no
< 1
> [ask] Write.
< back to it
> Kept.
! end`,
		},
		{
			"resume: no, and something else",
			"journal\ninfo\nno\njournal\ninfo\ninfo\njournal\nhelp\n2\n/react 👍",
			`< journal
> [ask] Write.
< info
> Kept.
! end
< no
> Welcome.
! set welcomed true
! end
< journal
> [ask] Write.
< info
> Kept.
! end
< info
> Info.
! end
< journal
> [ask] Write.
< help
> [ask] Help how? / 1 lines / 2 words
< 2
> [ask] Shall we go back to The journal flow? / 1 yes / 2 no
< /react 👍
> [ask] Write.`,
		},
		{
			"the resume question answered with no, and dropped by another text",
			"urge\nhelp\n2\nnah\nurge\nhelp\n2\nurge\nhelp\n2\nxyz",
			`< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< 2
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< nah
> All right. We leave it there.
! end
< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< 2
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< 2
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< xyz
> Welcome.
! set welcomed true
! end`,
		},
		{
			"one deep: the older talk is dropped",
			"urge\nhelp\ntell me more\n2\nyes\n1",
			`< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< tell me more
> Info.
> [ask] Shall we go back to The help flow? / 1 yes / 2 no
< 2
> All right. We leave it there.
! end
< yes
> Welcome.
! set welcomed true
! end
< 1
> [ask] Menu. / 1 The urge`,
		},
		{
			"asked for again: it begins anew, nothing is parked",
			"help\nhelp\n1\nurge\nhelp\nurge\n5\ndone",
			`< help
> [ask] Help how? / 1 lines / 2 words
< help
> [ask] Help how? / 1 lines / 2 words
< 1
> Lines.
! end
< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< urge
> [ask] How strong?
! wait 20m0s
< 5
! set pull 5
> 5.
! wait 15m0s
< done
> Over.
> [ask] Shall we go back to The help flow? / 1 yes / 2 no`,
		},
		{
			"the menu and flows with resume: false are not come back to",
			"menu\ninfo\nchoose\ninfo",
			`< menu
> [ask] Menu. / 1 The urge
< info
> Info.
! end
< choose
> [ask] Which? / 1 left / 2 right
< info
> Info.
! end`,
		},
		{
			"first words are heard in every state and leave nothing behind",
			"journal\nhelp\nStop!\nyes",
			`< journal
> [ask] Write.
< help
> [ask] Help how? / 1 lines / 2 words
< Stop!
> Stopped.
! cancel all
! quiet 0s true
! end
< yes
> Welcome.
! set welcomed true
! end`,
		},
		{
			"a flow that ends all schedules ends the parked talk too",
			"urge\nhush",
			`< urge
> [ask] How strong?
! wait 20m0s
< hush
> Hushed.
! cancel all
! end`,
		},
		{
			"a scheduled flow parks; when it ends at once the question waits on unasked",
			"urge\n/start hello\n/timer\n6\n/start checkin\nlight\nyes",
			`< urge
> [ask] How strong?
! wait 20m0s
< /start hello
> Hello.
! wait 20m0s
< /timer
> Still here.
< 6
! set pull 6
> 6.
! wait 15m0s
< /start checkin
> [ask] How is it? / 1 light / 2 heavy
! wait 2h0m0s
< light
> Noted.
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< yes
> I will be back at 20:35. Say done to go on now.
! wait 15m0s`,
		},
		{
			"a scheduled flow that nobody answers asks nothing either",
			"urge\n/start checkin\n/timer\n5",
			`< urge
> [ask] How strong?
! wait 20m0s
< /start checkin
> [ask] How is it? / 1 light / 2 heavy
! wait 2h0m0s
< /timer
! end
< 5
> Welcome.
! set welcomed true
! end`,
		},
		{
			"the same schedule again begins anew",
			"/start checkin\n/start checkin\nheavy",
			`< /start checkin
> [ask] How is it? / 1 light / 2 heavy
! wait 2h0m0s
< /start checkin
> [ask] How is it? / 1 light / 2 heavy
! wait 2h0m0s
< heavy
> Noted.
! end`,
		},
		{
			"an interrupt parks and asks afterwards",
			"journal\n/interrupt hello\nyes",
			`< journal
> [ask] Write.
< /interrupt hello
> Hello.
> [ask] Shall we go back to The journal flow? / 1 yes / 2 no
< yes
> [ask] Write.`,
		},
		{
			"a pace is taken up from its beginning",
			"breathe\n/timer\ninfo\nyes\n/timer",
			`< breathe
> [anchor] In, 4 / Round 1 of 2
! wait 4s
< /timer
> [edit] Out, 6 / Round 1 of 2
! wait 6s
< info
> Info.
> [ask] Shall we go back to The breathe flow? / 1 yes / 2 no
< yes
> [anchor] In, 4 / Round 1 of 2
! wait 4s
< /timer
> [edit] Out, 6 / Round 1 of 2
! wait 6s`,
		},
		{
			"a pause that is over by the time one comes back",
			"urge\n3\nhelp\n/later 1h\n2\nyes",
			`< urge
> [ask] How strong?
! wait 20m0s
< 3
! set pull 3
> 3.
! wait 15m0s
< help
> [ask] Help how? / 1 lines / 2 words
< /later 1h
< 2
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< yes
> Over.
! end`,
		},
		{
			"reactions that say nothing are acknowledged",
			"journal\n/react ❤️\nhelp\n/react 🎉\n/react 👍\n/react 9️⃣",
			`< journal
> [ask] Write.
< /react ❤️
> Noted.
< help
> [ask] Help how? / 1 lines / 2 words
< /react 🎉
> Noted.
< /react 👍
> [ask] I did not catch that. / 1 lines / 2 words
< /react 9️⃣
> [ask] I did not catch that. You can say skip to leave this one out, or menu for everything else. / 1 lines / 2 words`,
		},
		{
			"a timer when nothing of the kind waits",
			"/timer\njournal\n/timer\ninfo",
			`< /timer
< journal
> [ask] Write.
< /timer
< info
> Kept.
! end`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			play(t, lib, tc.cmds, tc.want)
		})
	}
}

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
	in := Input{Kind: InStart, Flow: "a", Lists: map[string][]Item{"l": {{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}}}}
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
		`"parked":{"frames":[{"flow":"b","rev":"s","step":"1"}],"answer":true,"echo":"e"},"answer":7,"echo":"x","last":{"a#1":2}}`
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
	if reflect.TypeOf(s).NumField() != 7 {
		t.Error("a field of Session is not in this test")
	}
}
