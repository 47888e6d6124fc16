package flow

import "testing"

// TestTimes plays one small talk for each thing that a script says about what
// comes by itself.
func TestTimes(t *testing.T) {
	t.Parallel()
	playRows(t, []verbRow{
		{
			"every with a kind, a window, days between and a flow that asks whether to go on",
			`
steps:
  - set: {some: "2d"}
  - every: hello
    flow: d
    at: "18:00-20:00"
    days: 2d
    kind: checkin
    step_down: c
  - ask: When?
    time: {window: true}
    keep: when
  - every: hello
    flow: d
    at: when
    days: some
    kind: checkin
    step_down: c
  - every: news
    kind: note
    organization: true
  - cancel: {kind: checkin}
  - say: Set.`,
			"/start a\nsome time\nbetween six",
			`< /start a
! set some 2d
! every hello d 18:00-20:00 [2d]  0s checkin c false
> [ask] When?
< some time
> [ask] I did not catch that. A time like 9pm works, or a part of the day like 6 to 8pm.
< between six
! set when six-window
! every hello d six-window [2d]  0s checkin c false
! every news   []  0s note  true
! cancel  checkin
> Set.
! end`,
		},
		{
			"days of their own win over those of the time",
			`
steps:
  - set: {when: "mon,tue 08:00", some: ""}
  - every: hello
    flow: d
    at: when
    days: some
  - set: {some: "fri"}
  - every: hello
    flow: d
    at: when
    days: some
  - say: Set.`,
			"/start a",
			`< /start a
! set when mon,tue 08:00
! set some
! every hello d 08:00 [mon tue]  0s   false
! set some fri
! every hello d 08:00 [fri]  0s   false
> Set.
! end`,
		},
		{
			"at, so many days after a date or before it",
			`
steps:
  - ask: Which date?
    date: {}
    keep: day
  - at: week_after
    flow: d
    date: day
    plus: 7d
    kind: date
    time: "18:00-20:00"
  - at: day_before
    flow: d
    date: day
    plus: -1d
    time: "18:00"
    past: {say: Too late for the day before.}
  - say: Set.`,
			"/start a\n2026-03-03",
			`< /start a
> [ask] Which date?
< 2026-03-03
! set day 2026-03-03
! at week_after d 2026-03-10 18:00-20:00 0s date
> Too late for the day before.
> Set.
! end`,
		},
		{
			"snooze, of something that came and of nothing",
			`
steps:
  - if: prompted
    do: [{say: Something came.}]
    else: [{say: Nothing came.}]
  - ask: How long?
    span: {}
    keep: how_long
  - snooze: how_long
  - say: Over.`,
			"/start a\n1\n2d\n/prompted\n/start a\n30d\n/start a\nskip",
			`< /start a
> Nothing came.
> [ask] How long?
< 1
> [ask] I did not catch that. A length like 3 days or one hour works.
< 2d
! set how_long 2d
> Nothing came by itself today, so there is nothing to bring back.
> Over.
! end
< /prompted
< /start a
> Something came.
> [ask] How long?
< 30d
! set how_long 30d
! snooze 168h0m0s
> Over.
! end
< /start a
> Something came.
> [ask] How long?
< skip
! snooze 168h0m0s
> Over.
! end`,
		},
		{
			"quiet for as long as was said",
			`
steps:
  - ask: How long?
    span: {}
    keep: how_long
  - quiet: {for: how_long}
  - say: Over.`,
			"/start a\nskip\n/start a\n3d",
			`< /start a
> [ask] How long?
< skip
> Over.
! end
< /start a
> [ask] How long?
< 3d
! set how_long 3d
! quiet 72h0m0s false false
> Over.
! end`,
		},
	})
}

// TestOpening: the message that opened a flow may be its first answer, and can
// be taken back like one.
func TestOpening(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{
		"pause": `
anywhere: [pause, for 3]
start: [be quiet]
hears: [span]
steps:
  - say: All right.
  - ask: How long?
    span: {}
    opening: true
    keep: how_long
  - say: Quiet for {{how_long}}.
  - ask: How long after that?
    span: {}
    opening: true
  - say: Then {{answer}}.`,
		"other": "start: [other]\nsteps: [{say: Other.}, {run: pause}]",
		"menu":  "anywhere: [menu]\nsteps:\n  - menu: More?",
	})
	play(t, lib, "for 3\nback\n5d\n7d\npause\n1d\n2d\nfor 9\n8d\nmenu\nfor 4\nskip\n4\nother\nskip\nskip", `< for 3
> All right.
! set how_long 3d
> Quiet for for 3.
> [ask] How long after that?
< back
! set how_long <nil>
> [ask] One step back. / How long?
< 5d
! set how_long 5d
> Quiet for for 5.
> [ask] How long after that?
< 7d
> Then for 7.
! end
< pause
> All right.
> [ask] How long?
< 1d
! set how_long 1d
> Quiet for for 1.
> [ask] How long after that?
< 2d
> Then for 2.
! end
< for 9
> All right.
! set how_long 9d
> Quiet for for 9.
> [ask] How long after that?
< 8d
> Then for 8.
! end
< menu
> [ask] More?
< for 4
> All right.
! set how_long 4d
> Quiet for for 4.
> [ask] How long after that?
< skip
> Then .
! end
< 4
> [ask] More?
< other
> Other.
> All right.
> [ask] How long?
< skip
> Quiet for for 4.
> [ask] How long after that?
< skip
> Then .
! end`)
}
