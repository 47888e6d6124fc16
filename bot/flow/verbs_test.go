package flow

import "testing"

// TestVerbs plays one small talk for each verb. Every step goes through JSON.
func TestVerbs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, script, cmds, want string
	}{
		{
			"say", "steps: [{say: One.}, {say: Two.}]", "/start a",
			"< /start a\n> One.\n> Two.\n! end",
		},
		{
			"ask pick by number, word, also, misspelling",
			`
steps:
  - ask: Which?
    name: q
    pick:
      walk: {say: Walking.}
      read a book: [{say: Reading.}, {say: Still.}]
      rest a bit: {also: [sleep, lie down], do: [{say: Resting.}]}
      leave: {goto: out}
  - goto: q
  - say: Out.
    name: out`,
			"/start a\n1\nread a book\nSleep!\nwallk\nnumber 2\nleve",
			`< /start a
> [ask] Which? / 1 walk / 2 read a book / 3 rest a bit / 4 leave
< 1
> Walking.
> [ask] Which? / 1 walk / 2 read a book / 3 rest a bit / 4 leave
< read a book
> Reading.
> Still.
> [ask] Which? / 1 walk / 2 read a book / 3 rest a bit / 4 leave
< Sleep!
> Resting.
> [ask] Which? / 1 walk / 2 read a book / 3 rest a bit / 4 leave
< wallk
> Walking.
> [ask] Which? / 1 walk / 2 read a book / 3 rest a bit / 4 leave
< number 2
> Reading.
> Still.
> [ask] Which? / 1 walk / 2 read a book / 3 rest a bit / 4 leave
< leve
> Out.
! end`,
		},
		{
			"ask yes_no with keep, thumbs and synonyms",
			`
steps:
  - ask: Sure?
    name: q
    keep: sure
    yes_no: {yes: {say: "Yes, {{answer}}."}, no: {say: "No, {{sure}}."}}
  - goto: q`,
			"/start a\nyep\n/react 👎🏽\n/react 1️⃣\n👍\nskip",
			`< /start a
> [ask] Sure? / 1 yes / 2 no
< yep
! set sure true
> Yes, yes.
> [ask] Sure? / 1 yes / 2 no
< /react 👎🏽
! set sure false
> No, no.
> [ask] Sure? / 1 yes / 2 no
< /react 1️⃣
! set sure true
> Yes, yes.
> [ask] Sure? / 1 yes / 2 no
< 👍
! set sure true
> Yes, yes.
> [ask] Sure? / 1 yes / 2 no
< skip
> [ask] Sure? / 1 yes / 2 no`,
		},
		{
			"ask scale",
			`
steps:
  - ask: How strong?
    scale: {from: 0, to: 10}
    keep: pull
  - say: "{{pull}} noted."`,
			"/start a\n12\nsix or seven\nabout 7/10",
			`< /start a
> [ask] How strong?
< 12
> [ask] I did not catch that. A number from 0 to 10 is enough.
< six or seven
> [ask] I did not catch that. A number from 0 to 10 is enough. You can say skip to leave this one out, or menu for everything else.
< about 7/10
! set pull 7
> 7 noted.
! end`,
		},
		{
			"ask number and text",
			`
steps:
  - ask: How many?
    number: {}
    keep: n
  - ask: Why?
    text: {max: 10}
    keep: {list: reasons}
  - ask: And?
    text:
    keep: word
  - say: "{{n}} {{word}} {{answer}}"`,
			"/start a\nmany\nthree\nthis is far too long\n  because \nskip",
			`< /start a
> [ask] How many?
< many
> [ask] I did not catch that. A number is enough, like 3.
< three
! set n 3
> [ask] Why?
< this is far too long
> [ask] That is a lot of text, more than I can keep in one go. Could you send it in smaller parts?
< because
! keep reasons because
> [ask] And?
< skip
> 3
! end`,
		},
		{
			"ask time, zone, country, days",
			`
steps:
  - ask: When?
    time: {}
    keep: at_time
  - say: "{{answer}}, kept as {{at_time}}."
  - ask: Where?
    zone: {}
  - ask: Land?
    country: {}
    keep: land
  - ask: Days?
    days: {}
    keep: some_days
  - say: "{{at_time}} {{some_days}} {{land | or \"nowhere\"}}"`,
			"/start a\nsoon\nAt 9\nin Ulm\npass\non mon",
			`< /start a
> [ask] When?
< soon
> [ask] I did not catch that. A time like 9pm or 21:30 works.
< At 9
! set at_time 9:00
> at 9, kept as at 9.
> [ask] Where?
< in Ulm
> [ask] Land?
< pass
> [ask] Days?
< on mon
! set some_days monday
> at 9 on mon nowhere
! end`,
		},
		{
			"no_reply once, then the question waits on",
			`
steps:
  - ask: There?
    pick: {here: {say: Good.}, gone: {}}
    no_reply: {after: 15m, say: No hurry.}`,
			"/start a\n/timer\n/timer\nwhat\nhere",
			`< /start a
> [ask] There? / 1 here / 2 gone
! wait 15m0s
< /timer
> No hurry.
< /timer
< what
> [ask] I did not catch that. / 1 here / 2 gone
< here
> Good.
! end`,
		},
		{
			"no_reply that leaves",
			`
steps:
  - ask: There?
    text: {}
    no_reply: {after: 1h, do: [{say: Later.}, {end: }]}
  - say: Not reached by silence.`,
			"/start a\n/timer",
			`< /start a
> [ask] There?
! wait 1h0m0s
< /timer
> Later.
! end`,
		},
		{
			"not_understood as an aside",
			`
steps:
  - ask: Colour?
    pick: {red: {}, blue: {}}
    not_understood: {say: Red or blue.}
    no_reply: {after: 5m, end: }
  - say: "{{answer}}"`,
			"/start a\ngreen\nyellow\nblue",
			`< /start a
> [ask] Colour? / 1 red / 2 blue
! wait 5m0s
< green
> Red or blue.
! wait 5m0s
< yellow
> Red or blue.
! wait 5m0s
< blue
> blue
! end`,
		},
		{
			"skip false, repeat",
			`
steps:
  - ask: Agree?
    yes_no: {}
    skip: false
  - say: Thanks.`,
			"/start a\nskip\nagain\nno",
			`< /start a
> [ask] Agree? / 1 yes / 2 no
< skip
> [ask] This one I need before we can go on. You can also say menu.
< again
> [ask] Agree? / 1 yes / 2 no
< no
> Thanks.
! end`,
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
> [ask] I did not catch that. You can say skip to leave this one out, or menu for everything else. / 1 The c flow / 2 The d flow
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
    flow: b
    at: when
    fresh_for: 2h
  - every: fixed
    flow: b
    at: "21:00"
    days: [mon, fri]
  - set: {some: "tue,wed"}
  - every: fixed
    flow: b
    at: "07:30"
    days: some
  - every: cron
    flow: b
    cron: 0 21 * * *
  - cancel: fixed
  - quiet: {for: 7d}
  - quiet: off
  - lines: dv
  - lines: {need: child, up_to: 2}
  - lines:
  - quiet: stop
  - cancel: all`,
			"/start a\nmon,tue 08:00",
			`< /start a
> [ask] When?
< mon,tue 08:00
! set when mon,tue 08:00
! every daily b 08:00 [mon tue]  2h0m0s
! every fixed b 21:00 [mon fri]  0s
! set some tue,wed
! every fixed b 07:30 [tue wed]  0s
! every cron b  [] 0 21 * * * 0s
! cancel fixed
! quiet 168h0m0s false
! quiet 0s false
! lines dv 0
! lines child 2
! lines  0
! quiet 0s true
! cancel all
! end`,
		},
	} {
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
