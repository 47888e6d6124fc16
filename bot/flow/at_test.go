package flow

import "testing"

// TestAt plays starts at a date. The talk begins on Monday 2 March 2026, 20:00.
func TestAt(t *testing.T) {
	t.Parallel()
	const ask = `
steps:
  - ask: When is it?
    date: {}
    keep: hearing
  - ask: What time?
    time: {}
    keep: hour_of
`
	playRows(t, []verbRow{
		{
			"a kept date and time, said back in words",
			ask + "  - {at: court, flow: d, date: hearing, time: hour_of, fresh_for: 2h}\n  - say: \"{{hearing}}\"",
			"/start a\nsoon\n2026-05-03\nat 18",
			`< /start a
> [ask] When is it?
< soon
> [ask] I did not catch that. A date like 3 May, 2026-05-03 or next Friday works.
< 2026-05-03
! set hearing 2026-05-03
> [ask] What time?
< at 18
! set hour_of 18:00
! at court d 2026-05-03 18:00 2h0m0s
> 3 May 2026
! end`,
		},
		{
			"days ahead", `steps: [{at: later, flow: d, date: "+7d", time: "09:30"}, {say: Set.}]`, "/start a",
			"< /start a\n! at later d 2026-03-09 09:30 0s\n> Set.\n! end",
		},
		{
			"skipped, so nothing is set", "\nsteps:\n  - ask: When?\n    date: {}\n    keep: hearing\n  - {at: court, flow: d, date: hearing, time: \"09:30\"}\n  - say: Over.",
			"/start a\nskip", "< /start a\n> [ask] When?\n< skip\n> Over.\n! end",
		},
		{
			"over already", `steps: [{at: now, flow: d, date: "+0d", time: "20:00"}, {say: Next.}]`, "/start a",
			"< /start a\n> That time is over already, so I set nothing.\n> Next.\n! end",
		},
		{
			"over, and the script knows what to do",
			`steps: [{at: now, flow: d, date: "+0d", time: "19:59", past: {say: That day is over.}}, {say: Next.}]`, "/start a",
			"< /start a\n> That day is over.\n> Next.\n! end",
		},
		{
			"a minute from now, and ended", `steps: [{at: now, flow: d, date: "+0d", time: "20:01"}, {cancel: now}]`, "/start a",
			"< /start a\n! at now d 2026-03-02 20:01 0s\n! cancel now\n! end",
		},
	})
}
