package flow

import "testing"

// TestAsk plays one small talk for each kind of question and each of its
// branches.
func TestAsk(t *testing.T) {
	t.Parallel()
	playRows(t, []verbRow{
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
    skip: false # lint: allow no-skip because of the test
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
	})
}
