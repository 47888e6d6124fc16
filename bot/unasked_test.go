package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/schedule"
	"handrail/bot/store"
)

// unasked are scripts that set up what comes by itself.
var unasked = map[string]string{
	"many": `
flow: many
title: Many
start: [many]
steps:
  - every: first
    flow: one.ask
    kind: checkin
    at: "18:00"
  - every: second
    flow: two.ask
    kind: checkin
    at: "18:10"
  - every: third
    flow: three.say
    kind: reasons
    at: "18:20"
  - say: All are set.
`,
	"one.ask": `
flow: one.ask
title: One
resume: false
steps:
  - ask: One, is now all right?
    yes_no: {}
    no_reply: {after: 90m, end: }
  - say: Noted one.
`,
	"two.ask": `
flow: two.ask
title: Two
resume: false
steps:
  - ask: Two, is now all right?
    yes_no: {}
    no_reply: {after: 90m, end: }
  - say: Noted two.
`,
	"three.say": `
flow: three.say
title: Three
steps:
  - say: A line for you.
`,
	"window": `
flow: window
title: Window
start: [a window]
steps:
  - every: first
    flow: three.say
    kind: checkin
    at: "18:00-20:00"
  - say: A window is set.
`,
	"slow": `
flow: slow
title: Slow
start: [slow down]
steps:
  - every: first
    flow: one.ask
    kind: checkin
    at: "18:00"
    step_down: still
  - say: It slows down.
`,
	"still": `
flow: still
title: Still
resume: false
steps:
  - ask: Shall these go on?
    yes_no: {"yes": {run: slow}, "no": {}}
    no_reply: {after: 2h, end: }
  - cancel: first
`,
	"weekly": `
flow: weekly
title: Weekly
start: [weekly]
steps:
  - every: weekly
    flow: three.say
    kind: week
    at: "18:00"
    days: [mon]
  - say: Weekly is set.
`,
	"later": `
flow: later
title: Later
start: [later please]
steps:
  - snooze: 30m
  - if: prompted
    do: [{say: It comes again.}]
`,
	"hours": `
flow: hours
title: Hours
start: [my hours]
steps:
  - set: {quiet_hours: "17:30-19:30"}
  - say: Hours are set.
`,
	"news": `
flow: news
title: News
start: [the news]
steps:
  - every: news
    kind: note
    organization: true
  - say: News are on.
`,
	"no.news": `
flow: no.news
title: No news
start: [no news]
steps:
  - cancel: {kind: note}
  - say: News are off.
`,
}

const (
	askOne = "One, is now all right?\n1 yes\n2 no"
	askTwo = "Two, is now all right?\n1 yes\n2 no"
	line   = "A line for you."
	still  = "Shall these go on?\n1 yes\n2 no"
)

// at is a moment of January 2026, which begins on a Thursday; the world begins
// on Monday the 5th at 20:00.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, 1, day, hour, minute, 0, 0, time.UTC)
}

// sentAt moves the clock on, minute by minute, and tells what was sent when.
func (w *world) sentAt(to time.Time) []string {
	w.t.Helper()
	var out []string
	for w.now.Before(to) {
		next, ok, err := w.bot.NextDue(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if !ok || next.After(to) {
			next = to
		}
		if next.Before(w.now) {
			next = w.now
		}
		w.until(next)
		w.pass()
		for _, text := range w.heard() {
			first, _, _ := strings.Cut(text, ",")
			first, _, _ = strings.Cut(first, " ")
			out = append(out, w.now.Format("02 15:04 ")+first)
		}
		if next.Equal(to) {
			break
		}
	}
	return out
}

// TestOneWaitsAndAnHourLiesBetween: three at once come one by one, in order, and
// what would come too late is left out.
func TestOneWaitsAndAnHourLiesBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	w.says("hello")
	w.says("many")
	// Nobody answers: the question is open for 90 minutes, then the next may come;
	// its own question is open when the third is four hours late.
	want := []string{"06 18:00 One", "06 19:30 Two", "06 21:00 A"}
	if got := w.sentAt(at(7, 12, 0)); !slices.Equal(got, want) {
		t.Errorf("unanswered: %q, want %q", got, want)
	}
	// Answered at once, an hour lies between all the same.
	w.now = at(7, 17, 59)
	got := w.sentAt(at(7, 18, 1))
	w.says("yes")
	got = append(got, w.sentAt(at(7, 19, 1))...)
	w.says("no")
	got = append(got, w.sentAt(at(8, 12, 0))...)
	if want := []string{"07 18:00 One", "07 19:00 Two", "07 20:00 A"}; !slices.Equal(got, want) {
		t.Errorf("answered: %q, want %q", got, want)
	}
}

// TestNothingWhileOneIsOnItsWay: a message that is not sent yet is one that waits.
func TestNothingWhileOneIsOnItsWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	w.says("hello")
	w.says("many")
	id := w.person().ID
	w.until(at(6, 17, 59))
	err := w.store.Update(context.Background(), func(tx *store.Tx) error {
		return tx.Enqueue(id, store.Post{Key: "stuck", Unprompted: true}, at(9, 0, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.sentAt(at(6, 18, 30)); len(got) != 0 {
		t.Errorf("while another waits to be sent: %q", got)
	}
}

func TestUnansweredOnesComeLessOftenAndRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	w.says("hello")
	w.says("slow down")
	var dates []string
	for w.now.Before(at(70, 0, 0)) {
		for _, s := range w.sentAt(w.now.Add(24 * time.Hour)) {
			dates = append(dates, w.now.AddDate(0, 0, -1).Format("01-02")+s[8:])
		}
	}
	want := []string{
		"01-06 One", "01-07 One", "01-08 One", "01-10 One", "01-12 One", "01-14 One", "01-21 One", "01-28 One", "02-04 Shall",
	}
	got := fmt.Sprint(dates)
	for _, d := range want {
		_, word, _ := strings.Cut(d, " ")
		if !strings.Contains(got, word) {
			t.Fatalf("%q lacks %s", dates, word)
		}
	}
	if len(dates) != len(want) {
		t.Errorf("in 65 days came %q, want as many as %q", dates, want)
	}
	w.says("slow down")
	if got := w.sentAt(w.now.Add(24 * time.Hour)); len(got) != 1 {
		t.Errorf("set again, and %q came", got)
	}
}

// TestAnyWordBringsTheRhythmBack: who writes, about anything, is asked daily again.
func TestAnyWordBringsTheRhythmBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	w.says("hello")
	w.says("slow down")
	got := w.sentAt(at(10, 20, 0))
	w.now = at(11, 12, 0)
	w.says("menu")
	got = append(got, w.sentAt(at(13, 20, 0))...)
	want := []string{
		"06 18:00 One", "07 18:00 One", "08 18:00 One", "10 18:00 One",
		"11 18:00 One", "12 18:00 One", "13 18:00 One",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSnoozeBringsTheSameAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	w.says("hello")
	if got := w.says("later please"); !slices.Equal(got, []string{"text snooze_none"}) {
		t.Errorf("with nothing to put off: %q", got)
	}
	w.says("many")
	w.sentAt(at(6, 18, 1))
	w.says("later please")
	w.open() // a restart in between
	// Half an hour later although an hour lies between else: it was asked for.
	if got, want := w.sentAt(at(6, 19, 0)), []string{"06 18:31 One"}; !slices.Equal(got, want) {
		t.Errorf("put off: %q, want %q", got, want)
	}
}

func TestOwnQuietHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	w.says("hello")
	w.says("many")
	w.says("my hours")
	w.now = at(6, 17, 59)
	w.says("menu")
	// A chosen time inside the hours comes. The second is too late when the
	// question of the first is over.
	w.now = at(6, 19, 0) // the program was away for an hour
	got := w.sentAt(at(7, 12, 0))
	if want := []string{"06 19:00 One", "06 20:30 A"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFreshnessOfEachKind: after an outage, at most the newest comes, and only
// while it is fresh.
func TestFreshnessOfEachKind(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, set string
		away      time.Time
		want      int
	}{
		{"a check-in two hours late", "slow down", at(9, 20, 0), 1},
		{"a check-in three hours late", "slow down", at(9, 21, 0), 0},
		{"a weekly one a day late", "weekly", at(13, 17, 0), 1},
		{"a weekly one two days late", "weekly", at(14, 18, 30), 0},
		{"a weekly one, months of them", "weekly", at(89, 12, 0), 0},
		{"a weekly one, months of them, the newest a few hours old", "weekly", at(82, 23, 0), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).with(unasked)
			w.says("hello")
			w.says(tc.set)
			w.now = tc.away
			w.pass()
			w.pass()
			if got := w.heard(); len(got) != tc.want {
				t.Errorf("after the outage came %q, want %d", got, tc.want)
			}
		})
	}
}

// TestWindowMinuteIsNotMovedByARestart: the minute is the same before and after,
// and another one the next day.
func TestWindowMinuteIsNotMovedByARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	w.says("hello")
	w.says("a window")
	seen := map[string]bool{}
	for day := 6; day < 16; day++ {
		before := w.next()
		w.says("a window") // set again: the same minute
		w.open()
		if again := w.next(); !again.Equal(before) {
			t.Fatalf("it moved from %s to %s", before, again)
		}
		if before.Day() != day || before.Hour() < 18 || before.Hour() >= 20 {
			t.Fatalf("on day %d it comes at %s", day, before)
		}
		seen[before.Format("15:04")] = true
		w.until(before)
		w.pass()
		if got := w.heard(); count(got, line) != 1 {
			t.Fatalf("at %s came %q", before, got)
		}
	}
	if len(seen) < 6 {
		t.Errorf("ten days, and only the minutes %v", seen)
	}
}

// next is when something is due next.
func (w *world) next() time.Time {
	w.t.Helper()
	next, _, err := w.bot.NextDue(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return next.UTC()
}

// TestTheSameDateNeverTwice: what came today does not come again because the
// time was changed, the clock was set back, or the person moved.
func TestTheSameDateNeverTwice(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		then func(w *world)
	}{
		{"the time is changed to a later one", func(w *world) { w.says("daily") }},
		{"the clock is set back by two hours", func(w *world) { w.now = w.now.Add(-2 * time.Hour) }},
		{"by two days", func(w *world) { w.now = w.now.Add(-48 * time.Hour) }},
		{"by two days, and a restart", func(w *world) { w.now = w.now.Add(-48 * time.Hour); w.open() }},
		{"a move to where it is earlier", func(w *world) { w.says("zone"); w.says("Los Angeles") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).with(map[string]string{
				"early": "\nflow: early\ntitle: Early\nstart: [early]\nsteps:\n  - every: daily\n    flow: daily.ask\n    at: \"18:00\"\n  - say: Early is set.\n",
			})
			w.says("hello")
			w.says("early")
			w.until(at(6, 18, 1))
			w.says("yes")
			tc.then(w)
			w.heard()
			for w.now.Before(at(6, 23, 59)) {
				w.until(w.now.Add(30 * time.Minute))
				w.pass()
			}
			if n := count(w.heard(), question); n != 0 {
				t.Errorf("it came %d more times on the same date", n)
			}
			for w.now.Before(at(8, 7, 0)) {
				w.until(w.now.Add(30 * time.Minute))
				w.pass()
			}
			if n := count(w.heard(), question); n != 1 {
				t.Errorf("on the day after it came %d times", n)
			}
		})
	}
}

// TestClockThatWasAheadForAWhile: it was 2036 for a minute. Nothing comes twice,
// and nothing stays away until then.
func TestClockThatWasAheadForAWhile(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		w := newWorld(t).with(unasked)
		w.says("hello")
		w.says("slow down")
		w.says("a window")
		w.until(at(6, 12, 0))
		w.pass()
		w.heard()
		w.now = w.now.AddDate(10, 0, 0)
		w.pass()
		w.heard()
		w.now = at(6, 12, 5)
		if restart {
			w.open()
		}
		w.pass()
		got := w.sentAt(at(8, 23, 0))
		if len(got) != 3 {
			t.Errorf("restart %t: in three evenings came %q", restart, got)
		}
	}
}

func TestOrganizationSendsToWhoOptedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	plan, err := schedule.Daily("18:00", []string{"sun"})
	if err != nil {
		t.Fatal(err)
	}
	w.broadcasts = []bot.Broadcast{{Name: "weekly", Kind: "note", Flow: "three.say", Plan: plan}}
	w.open()
	w.says("hello")
	w.says("zone")
	w.says("Tokyo")
	w.says("the news")
	if got, want := w.next(), at(11, 9, 0); !got.Equal(want) {
		t.Fatalf("it comes at %s, want %s: Sunday evening in Tokyo", got, want)
	}
	if got := w.sentAt(at(12, 12, 0)); len(got) != 1 {
		t.Errorf("on Sunday came %q", got)
	}

	// Another plan in the configuration counts from the next start on.
	if plan, err = schedule.Daily("12:00", []string{"wed"}); err != nil {
		t.Fatal(err)
	}
	w.broadcasts[0].Plan = plan
	w.open()
	w.pass()
	if got, want := w.next(), at(14, 3, 0); !got.Equal(want) {
		t.Errorf("after the change it comes at %s, want %s", got, want)
	}
	if got := w.sentAt(at(15, 12, 0)); len(got) != 1 {
		t.Errorf("on Wednesday came %q", got)
	}

	// Nothing set up: who opted in stays so.
	w.broadcasts = nil
	w.open()
	w.pass()
	if got := w.sentAt(at(30, 12, 0)); len(got) != 0 {
		t.Errorf("nothing is set up, and %q came", got)
	}
	w.broadcasts = []bot.Broadcast{{Name: "weekly", Kind: "note", Flow: "three.say", Plan: plan}}
	w.open()
	w.pass()
	if got := w.sentAt(at(36, 12, 0)); len(got) != 1 {
		t.Errorf("set up again, and %q came", got)
	}
	w.says("no news")
	if got := w.sentAt(at(60, 12, 0)); len(got) != 0 {
		t.Errorf("opted out, and %q came", got)
	}
}

// TestBroadcastInTheNight: nobody chose its time, so it waits for the morning.
func TestBroadcastInTheNight(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(unasked)
	plan, err := schedule.Daily("18:00", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.broadcasts = []bot.Broadcast{{Name: "daily", Kind: "note", Flow: "three.say", Plan: plan}}
	w.open()
	w.says("hello")
	w.says("my hours")
	w.says("the news")
	if got, want := w.sentAt(at(7, 12, 0)), []string{"06 19:30 A"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
