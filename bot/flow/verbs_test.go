package flow

import "testing"

// verbRow is one small talk: a script, what is said, and the whole transcript.
type verbRow struct{ name, script, cmds, want string }

// playRows plays each row beside a few other flows.
func playRows(t *testing.T, rows []verbRow) {
	t.Helper()
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			lib := library(t, map[string]string{
				"a": tc.script,
				"b": "steps: [{ask: 'In b?', number: {}}, {end: }]",
				"c": "menu: 1\nsteps: [{say: In c.}]",
				"d": "menu: 2\nmodes: [together]\nsteps: [{say: In d.}]",
				"e": "menu: 3\nmodes: [deciding]\nsteps: [{say: In e.}]",
			})
			play(t, lib, tc.cmds, tc.want)
		})
	}
}

// TestVerbs plays one small talk for each verb but ask. Every step goes through
// JSON.
func TestVerbs(t *testing.T) {
	t.Parallel()
	playRows(t, []verbRow{
		{
			"say", "steps: [{say: One.}, {say: Two.}]", "/start a",
			"< /start a\n> One.\n> Two.\n! end",
		},
		{
			"pace",
			`
steps:
  - pace: {in: 4, hold: 0, out: 6, rounds: 2}
    words: {out: And out}
  - say: Over.`,
			"/start a\n/timer\n/later 2s\nhm\n/timer\n/timer\n/timer",
			`< /start a
> [anchor] In, 4 / Round 1 of 2
! wait 4s
< /timer
> [edit] And out, 6 / Round 1 of 2
! wait 6s
< /later 2s
< hm
> We are in the middle of this. Say done to end it at any time.
! wait 4s
< /timer
> [anchor] In, 4 / Round 2 of 2
! wait 4s
< /timer
> [edit] And out, 6 / Round 2 of 2
! wait 6s
< /timer
> Over.
! end`,
		},
		{
			"pace ended by a word, with nothing to say",
			"steps: [{pace: {in: 4, out: 4, rounds: 5}}]",
			"/start a\ndone",
			`< /start a
> [anchor] In, 4 / Round 1 of 5
! wait 4s
< done
> Noted.
! end`,
		},
		{
			"wait",
			`
steps:
  - say: Back at {{until}}.
  - wait: 15m
  - say: It is {{time}}.
  - wait: 2h
  - say: Over.`,
			"/start a\n/later 5m\nhello\n/timer\ndone",
			`< /start a
> Back at 20:15.
! wait 15m0s
< /later 5m
< hello
> I will be back at 20:15. Say done to go on now.
! wait 10m0s
< /timer
> It is 20:15.
! wait 2h0m0s
< done
> Over.
! end`,
		},
		{
			"if, set and computed values",
			`
steps:
  - set: {n: 2, name: "Kim", glad: true}
  - set: {twice: "= n * 2 + 1", hello: "Hi {{name}}", odd: "= n > 1 and glad"}
  - if: twice >= 5 and hello == "Hi Kim" and odd
    do: [{say: "{{hello}}, {{twice}}."}]
    else: [{say: No.}]
  - set: {n: null}
  - if: n > 0
    do: [{say: Wrong.}]
  - if: hour == 20 and weekday == "mon"
    do: [{say: Monday evening.}]`,
			"/start a",
			`< /start a
! set n 2
! set name Kim
! set glad true
! set twice 5
! set hello Hi Kim
! set odd true
> Hi Kim, 5.
! set n <nil>
> Monday evening.
! end`,
		},
		{
			"keep, show, drop",
			`
steps:
  - show: reasons
  - show: reasons
    none: None yet.
  # lint: allow messages because the test shows them all
  - show: reasons
    none: {say: Truly none.}
  - keep: {list: reasons, text: "first"}
  - keep: {list: reasons}
    text: "second {{time}}"
  - ask: Third?
    text: {}
  - keep: {list: reasons}
  - show: reasons
    numbered: true
    newest: true
    up_to: 2
  - show: reasons
    up_to: 1
  - drop: reasons
    number: 2
  - drop: reasons
    number: count_reasons + 1
  - drop: reasons
    number: 2
  # lint: allow messages because the test shows them all
  - show: reasons`,
			"/start a\nthird",
			`< /start a
> There is nothing on this list yet.
> None yet.
> Truly none.
! keep reasons first
! keep reasons second 20:00
> [ask] Third?
< third
> 3 third / 2 second 20:00
> - first
! drop reasons 2
> I found no line with that number.
> - first
! end`,
		},
		{
			"goto",
			`
steps:
  - say: One.
  - goto: three
  - say: Two.
    name: two
  - end:
  - say: Three.
    name: three
  - goto: two`,
			"/start a",
			"< /start a\n> One.\n> Three.\n> Two.\n! end",
		},
		{
			"call, end in a called flow, run",
			`
steps:
  - call: b
  - say: Back with {{answer}}.
  - run: c
`,
			"/start a\n5",
			`< /start a
> [ask] In b?
< 5
> Back with 5.
> In c.
! end`,
		},
		{
			"menu",
			`
steps:
  - set: {mode: together}
  - menu: What now?
  - say: Nothing then.`,
			"/start a\n9\nwhat can you do\nthe c floww\n/start a\n/react 1️⃣\n/start a\nskip",
			`< /start a
! set mode together
> [ask] What now? / 1 The c flow / 2 The d flow
< 9
> [ask] I did not catch that. / 1 The c flow / 2 The d flow
< what can you do
> [ask] I did not catch that. You can say skip to leave this one out, or menu for everything else.
< the c floww
> In c.
! end
< /start a
! set mode together
> [ask] What now? / 1 The c flow / 2 The d flow
< /react 1️⃣
> In c.
! end
< /start a
! set mode together
> [ask] What now? / 1 The c flow / 2 The d flow
< skip
> Nothing then.
! end`,
		},
		{
			"every, cancel, quiet, lines",
			`
steps:
  - ask: When?
    text: {}
    keep: when
  - every: daily
    flow: d
    at: when
    fresh_for: 2h
  - every: fixed
    flow: d
    at: "21:00"
    days: [mon, fri]
  - set: {some: "tue,wed"}
  - every: fixed
    flow: d
    at: "07:30"
    days: some
  - every: cron
    flow: d
    cron: 0 21 * * *
  - cancel: fixed
  - quiet: {for: 7d}
  - quiet: off
  - lines: dv
  - lines: {need: child, up_to: 2}
  # lint: allow messages because the test shows them all
  - lines:
  - quiet: stop
  - cancel: all`,
			"/start a\nmon,tue 08:00",
			`< /start a
> [ask] When?
< mon,tue 08:00
! set when mon,tue 08:00
! every daily d 08:00 [mon tue]  2h0m0s   false
! every fixed d 21:00 [mon fri]  0s   false
! set some tue,wed
! every fixed d 07:30 [tue wed]  0s   false
! every cron d  [] 0 21 * * * 0s   false
! cancel fixed
! quiet 168h0m0s false false
! quiet 0s false false
! lines dv 0
! lines child 2
! lines  0
! quiet 0s true false
! cancel all
! end`,
		},
	})
}
