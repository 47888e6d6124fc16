package flow

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// repairs is a library for what people mend in a talk.
func repairs() map[string]string {
	return map[string]string{
		"welcome": "steps: [{set: {welcomed: true}}, {say: Welcome.}]",
		"menu":    "anywhere: [menu]\nresume: false\nsteps: [{menu: Menu.}]",
		"stop":    "first: [stop]\nsteps: [{say: Stopped.}, {cancel: all}, {quiet: stop}]",
		"help":    "anywhere: [help]\nsteps: [{say: Numbers.}]",
		"breathe": "start: [breathe]\nmenu: 2\nsteps: [{say: Breathe.}, {ask: 'Again?', yes_no: {}}]",
		"day": `menu: 1
start: [day]
steps:
  - ask: How heavy?
    pick: {light: {}, heavy: {call: inner}}
    keep: load
  - ask: The pull?
    scale: {from: 0, to: 10}
    keep: pull
    no_reply: {after: 5m, say: No hurry.}
  - set: {twice: "= pull * 2"}
  - ask: One line.
    text: {}
    keep: {list: mine}
  - if: pull > 5
    do: [{say: "A lot, {{twice}}."}]
  - ask: Rest now?
    yes_no: {"yes": {wait: 1h}, "no": {}}
  - say: Over.`,
		"inner": "steps: [{ask: 'Safe?', yes_no: {}, keep: safe}, {say: Good to know.}]",
	}
}

func TestBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, cmds, want string }{
		{
			"one step, and the variable is what it was", "day\nlight\n7\nback\n3\nx",
			`< day
> [ask] How heavy? / 1 light / 2 heavy
< light
! set load light
> [ask] The pull?
! wait 5m0s
< 7
! set pull 7
! set twice 14
> [ask] One line.
< back
! set pull <nil>
! set twice <nil>
> [ask] One step back. / The pull?
! wait 5m0s
< 3
! set pull 3
! set twice 6
> [ask] One line.
< x
! keep mine x
> [ask] Rest now? / 1 yes / 2 no`,
		},
		{
			"lines are taken back", "day\nlight\n7\nI like tea\nback",
			`< day
> [ask] How heavy? / 1 light / 2 heavy
< light
! set load light
> [ask] The pull?
! wait 5m0s
< 7
! set pull 7
! set twice 14
> [ask] One line.
< I like tea
! keep mine I like tea
> A lot, 14.
> [ask] Rest now? / 1 yes / 2 no
< back
! undo [m4]
> [ask] One step back. / One line.`,
		},
		{
			"into a called flow, out of it, and no further", "day\nheavy\nyes\nback\nback\nback",
			`< day
> [ask] How heavy? / 1 light / 2 heavy
< heavy
! set load heavy
> [ask] Safe? / 1 yes / 2 no
< yes
! set safe true
> Good to know.
> [ask] The pull?
! wait 5m0s
< back
! set safe <nil>
> [ask] One step back. / Safe? / 1 yes / 2 no
< back
! set load <nil>
> [ask] One step back. / How heavy? / 1 light / 2 heavy
< back
> [ask] There is nothing before this to go back to. / How heavy? / 1 light / 2 heavy`,
		},
		{
			"a skipped question", "day\nskip\nback",
			`< day
> [ask] How heavy? / 1 light / 2 heavy
< skip
> [ask] The pull?
! wait 5m0s
< back
> [ask] One step back. / How heavy? / 1 light / 2 heavy`,
		},
		{
			"out of a pause", "day\nlight\n1\nx\nyes\nback",
			`< day
> [ask] How heavy? / 1 light / 2 heavy
< light
! set load light
> [ask] The pull?
! wait 5m0s
< 1
! set pull 1
! set twice 2
> [ask] One line.
< x
! keep mine x
> [ask] Rest now? / 1 yes / 2 no
< yes
> Noted.
! wait 1h0m0s
< back
> [ask] One step back. / Rest now? / 1 yes / 2 no`,
		},
		{
			"to the menu", "menu\n2\nback\nbreathe\nback",
			`< menu
> [ask] Menu. / 1 The day flow / 2 The breathe flow
< 2
> Breathe.
> [ask] Again? / 1 yes / 2 no
< back
> [ask] One step back. / Menu. / 1 The day flow / 2 The breathe flow
< breathe
> Breathe.
> [ask] Again? / 1 yes / 2 no
< back
> [ask] One step back. / Menu. / 1 The day flow / 2 The breathe flow`,
		},
		{
			"right after the end, not later", "/start breathe\nyes\nback\nno\n/later 11m\nback",
			`< /start breathe
> Breathe.
> [ask] Again? / 1 yes / 2 no
< yes
> Noted.
! end
< back
> [ask] One step back. / Again? / 1 yes / 2 no
< no
> Noted.
! end
< /later 11m
< back
! set welcomed true
> Welcome.
! end`,
		},
		{
			"never into the talk that is parked", "day\nlight\nbreathe\nback\nno\nyes\nback",
			`< day
> [ask] How heavy? / 1 light / 2 heavy
< light
! set load light
> [ask] The pull?
! wait 5m0s
< breathe
> Breathe.
> [ask] Again? / 1 yes / 2 no
< back
> [ask] There is nothing before this to go back to. / Again? / 1 yes / 2 no
< no
> [ask] Shall we go back to The day flow? / 1 yes / 2 no
< yes
> [ask] The pull?
! wait 5m0s
< back
! set load <nil>
> [ask] One step back. / How heavy? / 1 light / 2 heavy`,
		},
		{
			"back to the talk that was interrupted", "day\nlight\nhelp\nback",
			`< day
> [ask] How heavy? / 1 light / 2 heavy
< light
! set load light
> [ask] The pull?
! wait 5m0s
< help
> Numbers.
> [ask] Shall we go back to The day flow? / 1 yes / 2 no
< back
> [ask] The pull?
! wait 5m0s`,
		},
		{
			"not across an alarm", "day\nlight\n/interrupt help\nyes\nback",
			`< day
> [ask] How heavy? / 1 light / 2 heavy
< light
! set load light
> [ask] The pull?
! wait 5m0s
< /interrupt help
> Numbers.
> [ask] Shall we go back to The day flow? / 1 yes / 2 no
< yes
> [ask] The pull?
! wait 5m0s
< back
> [ask] There is nothing before this to go back to. / The pull?
! wait 5m0s`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			play(t, library(t, repairs()), tc.cmds, tc.want)
		})
	}
}

// TestPastIsBounded: what can be taken back never grows without end.
func TestPastIsBounded(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{"a": `
steps:
  - ask: Write.
    name: again
    text: {}
    keep: words
  - goto: again`})
	k := newTalk(t, lib)
	k.do("/start a")
	most := 0
	for i := range 40 {
		k.do(fmt.Sprint(strings.Repeat("w", MaxAnswer-3), i))
		most = max(most, len(k.load().Past))
	}
	s := k.load()
	b, err := json.Marshal(s.Past)
	if err != nil {
		t.Fatal(err)
	}
	if most > MaxPast || len(b) > MaxPastBytes+4096 {
		t.Errorf("up to %d points, now %d bytes", most, len(b))
	}
	for i := range MaxPast + 2 {
		k.do(fmt.Sprint(i))
	}
	if got := len(k.load().Past); got != MaxPast {
		t.Errorf("%d points after many short answers, want %d", got, MaxPast)
	}
	if got := AddAsked([]string{"a", "b", "c"}, "d"); strings.Join(got, "") != "acd" {
		t.Errorf("keys of the question: %q", got)
	}
}
