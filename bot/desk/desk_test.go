package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handrail/bot/desk"
)

const (
	ana, ben, cleo, dana = desk.StaffID("@ana:x"), desk.StaffID("@ben:x"), desk.StaffID("@cleo:x"), desk.StaffID("@dana:x")
	stranger             = desk.StaffID("@stranger:x")
)

func berlin(t testing.TB) *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

var week = [7]bool{true, true, true, true, true, true, true}

// house is a desk with two on call by day, one of whom writes Spanish, a third
// in the list, and one who is asked directly.
func house(t testing.TB) desk.Desk {
	d := desk.Desk{
		Rota: desk.Rota{
			Members: []desk.Member{
				{ID: ana, Name: "Ana", Langs: []string{"en"}},
				{ID: ben, Name: "Ben", Langs: []string{"en", "es"}, Skills: []string{"housing"}},
				{ID: cleo, Name: "Cleo", Langs: []string{"en"}},
				{ID: dana, Name: "Dana"},
			},
			Shifts: []desk.Shift{{Who: []desk.StaffID{ana, ben}, Days: week, From: 8 * 60, To: 20 * 60, Zone: berlin(t)}},
		},
		Fallback: dana,
	}
	if bad := d.Rota.Check(); len(bad) > 0 {
		t.Fatal(bad)
	}
	return d
}

// line writes an effect as one short line, so that a test reads like a talk.
func line(e desk.Effect) string {
	switch e := e.(type) {
	case desk.Tell:
		s := "tell " + e.Text
		if !e.From.IsZero() {
			s += e.From.Format(" Mon 15:04")
		}
		return s
	case desk.Post:
		return strings.TrimSpace(fmt.Sprintf("post %s %s", e.Text, strings.Trim(fmt.Sprint(e.To), "[]")))
	case desk.Direct:
		return fmt.Sprintf("direct %s %s", e.Text, string(e.To))
	case desk.Refuse:
		return fmt.Sprintf("refuse %s %s", e.Text, string(e.To))
	case desk.Reveal:
		return "reveal " + string(e.Share)
	case desk.Carry:
		return map[desk.Side]string{desk.ToPerson: "carry to person", desk.ToStaff: "carry to staff"}[e.To]
	case desk.Lines:
		return "lines"
	case desk.Survey:
		return "survey"
	case desk.Record:
		return strings.TrimSpace(fmt.Sprintf("record %s %s %s", e.Action, string(e.By), string(e.On)))
	}
	return "?"
}

// story plays events, a line each, and writes what is seen.
type story struct {
	t    testing.TB
	d    desk.Desk
	c    desk.Case
	now  time.Time
	away []desk.StaffID
	out  []string
}

func (s *story) tell(e desk.Event) {
	s.out = append(s.out, strings.TrimPrefix(fmt.Sprintf("%T", e), "desk."))
	var effects []desk.Effect
	s.c, effects = s.d.Step(s.c, e, s.away, s.now)
	for _, e := range effects {
		s.out = append(s.out, "  "+line(e))
	}
}

// past moves to the deadline and tells that it is due.
func (s *story) past() {
	if s.c.Deadline.IsZero() {
		s.t.Fatal("nothing is awaited")
	}
	s.now = s.c.Deadline
	s.tell(desk.Due{})
}

func (s *story) want(lines string) {
	s.t.Helper()
	var want []string
	for l := range strings.Lines(strings.TrimSpace(lines)) {
		want = append(want, strings.Replace(strings.TrimRight(l, "\n"), "\t\t", "", 1))
	}
	if !slices.Equal(s.out, want) {
		s.t.Errorf("got:\n%s\nwant:\n%s", strings.Join(s.out, "\n"), strings.Join(want, "\n"))
	}
	s.out = nil
}

func begin(t testing.TB, hour int) *story {
	d := house(t)
	return &story{t: t, d: d, c: desk.Case{ID: 7}, now: time.Date(2026, 3, 3, hour, 0, 0, 0, berlin(t))}
}

func TestTalk(t *testing.T) {
	t.Parallel()
	s := begin(t, 9)
	s.tell(desk.Request{Reason: desk.Asked, Share: desk.ShareMessages})
	s.want(`
Request
  post staff_new
  post staff_offer @ana:x
  tell desk_asked`)
	s.tell(desk.Claim{By: ana})
	s.tell(desk.Claim{By: ben})
	s.tell(desk.Claim{By: ana})
	s.want(`
Claim
  record claim @ana:x
  post staff_claimed
  reveal messages
  tell desk_claimed
Claim
  refuse staff_held @ben:x
Claim
  refuse staff_yours @ana:x`)
	s.tell(desk.Said{By: ben})
	s.tell(desk.Said{By: ana})
	s.tell(desk.Wrote{})
	s.tell(desk.Alarm{Category: "weapon"})
	s.tell(desk.Invite{By: ana, Who: cleo})
	s.tell(desk.Said{By: cleo})
	s.want(`
Said
  refuse staff_held @ben:x
Said
  carry to person
Wrote
  carry to staff
Alarm
  post staff_alarm @ana:x
Invite
  record invite @ana:x @cleo:x
  post staff_invited @cleo:x
  tell desk_joined
Said
  carry to person`)
	s.tell(desk.Pause{By: ana})
	s.tell(desk.Wrote{})
	s.tell(desk.Resume{By: ana})
	s.tell(desk.Pass{By: ana, To: stranger})
	s.tell(desk.Pass{By: ana, To: ben})
	s.tell(desk.Claim{By: ben})
	s.tell(desk.Close{By: ana})
	s.tell(desk.Close{By: ben, Why: "done"})
	s.tell(desk.Said{By: ben})
	s.want(`
Pause
  record pause @ana:x
  post staff_paused
  tell desk_paused
Wrote
Resume
  record resume @ana:x
  post staff_resumed
  tell desk_resumed
Pass
  refuse staff_unknown @ana:x
Pass
  record pass @ana:x @ben:x
  post staff_passed @ben:x
  tell desk_passed
Claim
  record claim @ben:x
  post staff_claimed
  reveal messages
  tell desk_claimed
Close
  refuse staff_held @ana:x
Close
  record close @ben:x
  post staff_closed
  tell desk_closed
  survey
Said
  refuse staff_over @ben:x`)
}

func TestLadder(t *testing.T) {
	t.Parallel()
	s := begin(t, 9)
	start := s.now
	s.tell(desk.Request{Reason: desk.Asked, Share: desk.ShareNothing})
	s.past() // Ana did not come
	s.past() // Ben neither
	s.past() // nor anybody
	s.past() // nor Dana
	s.want(`
Request
  post staff_new
  post staff_offer @ana:x
  tell desk_asked
Due
  post staff_offer @ben:x
Due
  post staff_everyone @ana:x @ben:x @cleo:x @dana:x
  tell desk_still_asking
Due
  direct staff_fallback @dana:x
  tell desk_asking_one
Due
  post staff_nobody
  tell desk_nobody_until Wed 08:00
  lines`)
	if wait := s.now.Sub(start); wait != s.d.Longest(2) {
		t.Errorf("the honest word came after %s, promised %s", wait, s.d.Longest(2))
	}
	s.past() // the next shift begins
	s.tell(desk.Claim{By: ana})
	s.past() // Ana says nothing
	s.past() // and nothing
	s.tell(desk.Claim{By: ben})
	s.tell(desk.Said{By: ben})
	s.past() // the person says nothing
	s.past() // and nothing
	s.want(`
Due
  post staff_offer @ana:x
  tell desk_asked_anew
Claim
  record claim @ana:x
  post staff_claimed
  reveal nothing
  tell desk_claimed
Due
  post staff_reminder @ana:x
Due
  record silent @ana:x
  post staff_taken_back @ana:x
  post staff_offer @ben:x
  tell desk_again
Claim
  record claim @ben:x
  post staff_claimed
  reveal nothing
  tell desk_claimed
Said
  carry to person
Due
  tell desk_still_there
  post staff_asked_still_there
Due
  record quiet @ben:x
  post staff_quiet @ben:x
  tell desk_quiet`)
}

func TestNobodyOnCall(t *testing.T) {
	t.Parallel()
	s := begin(t, 23)
	s.tell(desk.Request{Reason: desk.Asked})
	s.tell(desk.Request{Reason: desk.Asked})
	s.tell(desk.Withdraw{})
	s.want(`
Request
  post staff_new
  post staff_nobody
  tell desk_nobody_until Wed 08:00
  lines
Request
  post staff_asks_again
  post staff_nobody
  tell desk_nobody_until Wed 08:00
  lines
Withdraw
  post staff_withdrawn
  tell desk_unasked`)
	s = begin(t, 23)
	s.tell(desk.Request{Reason: desk.Danger, Urgent: true})
	s.past()
	s.want(`
Request
  post staff_new
  direct staff_fallback @dana:x
  tell desk_asked
Due
  post staff_nobody
  tell desk_nobody_until Wed 08:00
  lines`)
	s = begin(t, 9)
	s.d.Fallback, s.away = "", []desk.StaffID{ana, ben, cleo, dana}
	s.tell(desk.Request{Reason: desk.Danger, Urgent: true})
	s.want(`
Request
  post staff_new
  post staff_nobody
  tell desk_nobody_until Wed 08:00
  lines`)
}

func TestAway(t *testing.T) {
	t.Parallel()
	s := begin(t, 9)
	s.tell(desk.Request{Reason: desk.Asked})
	s.away = []desk.StaffID{ana}
	s.tell(desk.Away{By: ana}) // while she was asked
	s.tell(desk.Claim{By: ben})
	s.away = []desk.StaffID{ana, ben}
	s.tell(desk.Away{By: ben}) // while he had it
	s.want(`
Request
  post staff_new
  post staff_offer @ana:x
  tell desk_asked
Away
  post staff_offer @ben:x
Claim
  record claim @ben:x
  post staff_claimed
  reveal 
  tell desk_claimed
Away
  record away @ben:x
  post staff_released
  direct staff_fallback @dana:x
  tell desk_again`)
}

// TestEveryChangeIsTold: what staff do to a case without writing to the person is
// told to the person.
func TestEveryChangeIsTold(t *testing.T) {
	t.Parallel()
	s := begin(t, 9)
	s.tell(desk.Request{Reason: desk.Asked})
	s.tell(desk.Claim{By: ana})
	s.out = nil
	s.tell(desk.Pause{By: ana})
	s.tell(desk.Said{By: ana}) // without a word that the break is over
	s.tell(desk.Invite{By: ana, Who: cleo})
	s.away = []desk.StaffID{cleo}
	s.tell(desk.Away{By: cleo})
	s.tell(desk.Invite{By: ana, Who: cleo})
	s.tell(desk.Pass{By: ana, To: cleo})
	s.want(`
Pause
  record pause @ana:x
  post staff_paused
  tell desk_paused
Said
  record resume @ana:x
  post staff_resumed
  tell desk_resumed
  carry to person
Invite
  record invite @ana:x @cleo:x
  post staff_invited @cleo:x
  tell desk_joined
Away
  tell desk_left
Invite
  refuse staff_absent @ana:x
Pass
  refuse staff_absent @ana:x`)
	s.tell(desk.Pause{By: ana})
	s.tell(desk.Pause{By: ana})
	s.past() // the break is long
	s.past() // and does not end
	s.tell(desk.Close{By: cleo, Why: "done"})
	s.want(`
Pause
  record pause @ana:x
  post staff_paused
  tell desk_paused
Pause
  refuse staff_paused_already @ana:x
Due
  post staff_still_paused @ana:x
Due
  record silent @ana:x
  post staff_taken_back @ana:x
  post staff_offer @ben:x
  tell desk_again
Close
  record close @cleo:x
  post staff_closed
  tell desk_request_over
  lines`)
}

// TestTheLastOneIsAway: who is asked directly and goes away holds nothing up.
func TestTheLastOneIsAway(t *testing.T) {
	t.Parallel()
	s := begin(t, 23)
	s.tell(desk.Request{Reason: desk.Danger, Urgent: true})
	s.out, s.away = nil, []desk.StaffID{dana}
	s.tell(desk.Away{By: dana})
	s.want(`
Away
  post staff_nobody
  tell desk_nobody_until Wed 08:00
  lines`)
}

func TestLanguageComesFirst(t *testing.T) {
	t.Parallel()
	s := begin(t, 9)
	s.tell(desk.Request{Reason: desk.Asked, Lang: "es-MX"})
	s.past()
	s.want(`
Request
  post staff_new
  post staff_offer @ben:x
  tell desk_asked
Due
  post staff_offer @ana:x`)
	s.tell(desk.Claim{By: ana})
	s.tell(desk.Pass{By: ana, Lang: "es"})
	s.want(`
Claim
  record claim @ana:x
  post staff_claimed
  reveal 
  tell desk_claimed
Pass
  record pass @ana:x
  post staff_passed_on
  post staff_offer @ben:x
  tell desk_again`)
}

// Whatever happens in whatever order, the case is sound, and nobody is left
// without a word.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	everybody := []desk.StaffID{ana, ben, cleo, dana, stranger}
	rapid.Check(t, func(t *rapid.T) {
		d := house(&testing.T{})
		if rapid.Bool().Draw(t, "no fallback") {
			d.Fallback = ""
		}
		c := desk.Case{ID: 1}
		now := time.Date(2026, 3, 28, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, d.Rota.Shifts[0].Zone)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			who := rapid.SampledFrom(everybody).Draw(t, "who")
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute)
			event := rapid.SampledFrom([]desk.Event{
				desk.Request{Reason: desk.Asked, Urgent: who == ana},
				desk.Claim{By: who},
				desk.Take{By: who},
				desk.Release{By: who},
				desk.Pass{By: who, To: ben},
				desk.Pass{By: who, Lang: "es"},
				desk.Invite{By: who, Who: cleo},
				desk.Pause{By: who},
				desk.Resume{By: who},
				desk.Close{By: who, Why: "done"},
				desk.Said{By: who},
				desk.Wrote{},
				desk.Alarm{Category: "weapon"},
				desk.Withdraw{},
				desk.Away{By: who},
				desk.Due{},
			}).Draw(t, "event")
			if _, ok := event.(desk.Request); !ok && c.Since.IsZero() {
				continue
			}
			was := c
			var effects []desk.Effect
			c, effects = d.Step(was, event, nil, now)
			sound(t, d, was, c, event, effects, now)
		}
	})
}

func sound(t *rapid.T, d desk.Desk, was, c desk.Case, event desk.Event, effects []desk.Effect, now time.Time) {
	told, carried := false, false
	for _, e := range effects {
		switch e := e.(type) {
		case desk.Tell:
			told = true
		case desk.Carry:
			carried = true
			if said, ok := event.(desk.Said); ok && (!was.May(said.By) || e.To != desk.ToPerson) {
				t.Fatalf("%#v crossed from one who has no part in %#v", event, was)
			}
		}
	}
	if (c.Holder != "") != (c.State == desk.Claimed) {
		t.Fatalf("holder %q in state %s", string(c.Holder), c.State)
	}
	if c.Open() && c.Deadline.IsZero() {
		t.Fatalf("%#v waits for ever after %#v", c, event)
	}
	if c.Open() && c.Deadline.Before(now) && c.Deadline != was.Deadline {
		t.Fatalf("the deadline of %#v is past already", c)
	}
	if _, ok := event.(desk.Wrote); ok && was.Human() != carried {
		t.Fatalf("what the person wrote crossed: %t, a human has the talk: %t", carried, was.Human())
	}
	if was.Human() != c.Human() && !told {
		t.Fatalf("%#v changed who has the talk, and the person was not told", event)
	}
	if was.Open() && !c.Open() && !told {
		t.Fatalf("%#v ended the case, and the person was not told", event)
	}
	if was.State == desk.Returned && c.State == desk.Offered && !told {
		t.Fatalf("%#v asks anew, and the person was not told", event)
	}
	if was.Holder != c.Holder && !told {
		t.Fatalf("%#v changed who has the talk, and the person was not told", event)
	}
}

// BenchmarkStep measures what the desk adds to a message that crosses.
func BenchmarkStep(b *testing.B) {
	d := house(b)
	now := time.Date(2026, 3, 3, 9, 0, 0, 0, berlin(b))
	c, _ := d.Step(desk.Case{ID: 1}, desk.Request{Reason: desk.Asked}, nil, now)
	c, _ = d.Step(c, desk.Claim{By: ana}, nil, now)
	b.ReportAllocs()
	for b.Loop() {
		c, _ = d.Step(c, desk.Wrote{}, nil, now)
		c, _ = d.Step(c, desk.Said{By: ana}, nil, now)
	}
}
