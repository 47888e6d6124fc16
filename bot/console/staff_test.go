package console_test

import (
	"strings"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/console"
	"handrail/bot/desk"
)

// team is the desk of a transcript that names one: two on call at any hour.
func team(file string) *bot.Staff {
	if file == "" {
		return nil
	}
	return &bot.Staff{Network: console.Network, Threads: true, Who: "Advocates.", Desk: desk.Desk{
		Rota: desk.Rota{
			Members: []desk.Member{{ID: "@mara:example.org", Name: "Mara"}, {ID: "@ben:example.org", Name: "Ben"}},
			Shifts: []desk.Shift{{
				Who: []desk.StaffID{"@mara:example.org", "@ben:example.org"}, Zone: time.UTC,
				Days: [7]bool{true, true, true, true, true, true, true}, To: 24 * 60, Holidays: true,
			}},
		},
		Fallback: "@ben:example.org",
	}}
}

const shared = `# with staff
[desk]
@ 2026-03-02T20:00
< human
> I asked. ...
staff> K1 asks for a person. ...
staff> Mara, can you take this? ...
[restart +3m]
staff> Ben, can you take this? ...
@ +8m
> Nobody has come yet. ...
staff> Nobody on call has come. ...
> Still nobody. ...
staff(Ben)> K1 waits, and nobody has come. ...
staff(ben alone)< claim K1
> An advocate is here now. ...
staff> Ben has it. ...
staff> Nothing of what was said before is shared.
staff(Ben)< Hello,
  I am here.
> Hello,
  I am here.
staff(Ben)< [edited] Hello.
> [edited] Hello.
staff(Mara)< [at once] claim
staff(Ben room)< on call?
staff> On call until ...
staff> Ben has this case. That had no effect.
< thank you
staff> K1: thank you
staff(Ben)< [reaction 🙏]
> [reaction 🙏]
staff(Ben K1)< close
> The talk with the advocate is over. ...
staff> Ben closed it.
`

// TestPlayStaff: staff have lines of their own in a transcript.
func TestPlayStaff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, from, to string // what is changed in the sound transcript
		want           string // the fault
	}{
		{"sound", "", "", ""},
		{"another reader", "staff(Ben)> K1 waits", "staff> K1 waits", `a.txt:14:1: expected "staff> K1 waits, and nobody has come. ..." but the bot said "staff(Ben)> K1 waits, and nobody has come. Please look at it in the room of staff, or write claim K1 here." (transcript)`},
		{"to staff, not to the person", "> [reaction 🙏]", "staff> [reaction 🙏]", `a.txt:32:1: expected "staff> [reaction 🙏]" but the bot said "> [reaction 🙏]" (transcript)`},
		{"a message of staff too few", "staff> K1: thank you\n", "", `a.txt:29:1: expected nothing more but the bot said "K1: thank you" (transcript)`},
		{"a stranger", "staff(Mara)<", "staff(Eve)<", `a.txt:25:1: there is no "Eve" among staff: name a member (transcript)`},
		{"a case that is none", "staff(Ben K1)<", "staff(Ben K9)<", `a.txt:33:1: there is no case "K9" yet: write room, alone, or the name of a case (transcript)`},
		{"no desk", "[desk]\n", "", `a.txt:5:1: there is no desk here: begin the transcript with the line [desk] (transcript)`},
		{"a desk too late", "[restart +3m]", "[desk]", `a.txt:8:1: write [desk] or [desk FILE] before anything else, or [restart], [restart +20m], [second person joins], [second person leaves] or [person leaves] later: "[desk]" (transcript)`},
		{"a restart of no known length", "[restart +3m]", "[restart soon]", `a.txt:8:1: cannot read the time "soon": ` + console.MoveHelp + ` (transcript)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := play(t, strings.Replace(shared, tt.from, tt.to, 1))
			fault := ""
			if got.Fault != nil {
				fault = got.Fault.String()
			}
			if fault != tt.want {
				t.Fatalf("got  %s\nwant %s", fault, tt.want)
			}
			if got.Rewrite == nil {
				return
			}
			if again := play(t, string(got.Rewrite)); again.Fault != nil {
				t.Errorf("the rewritten file does not fit either: %v\n%s", again.Fault, got.Rewrite)
			}
			if tt.want == "" && string(got.Rewrite) != shared {
				t.Errorf("a sound file was rewritten:\n%s", got.Rewrite)
			}
		})
	}
}
