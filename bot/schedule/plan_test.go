package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

func TestPlanText(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, when string
		days       []string
		want       string // empty: refused
		gap        int
	}{
		{"a window", "18:00-20:00", nil, "0 18 * * * for 120m", 1},
		{"a window past midnight", "22:30-00:30", nil, "30 22 * * * for 120m", 1},
		{"days and a window", "mon,thu 18:00-20:00", nil, "0 18 * * 1,4 for 120m", 3},
		{"every other day", "21:00", []string{"2d"}, "0 21 * * * each 2d 1970-01-01", 2},
		{"every third day in a window", "3d 08:00-09:00", nil, "0 8 * * * for 60m each 3d 1970-01-01", 3},
		{"each day is daily", "21:00", []string{"1d"}, "0 21 * * *", 1},
		{"once a week", "21:00", []string{"sun"}, "0 21 * * 0", 7},
		{"an empty window", "18:00-18:00", nil, "", 0},
		{"a window that is nearly a day", "20:00-19:00", nil, "", 0},
		{"half a window", "18:00-", nil, "", 0},
		{"every so many days and a day", "21:00", []string{"2d", "mon"}, "", 0},
		{"every zero days", "21:00", []string{"0d"}, "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Daily(row.when, row.days)
			if (err != nil) != (row.want == "") || p.String() != row.want {
				t.Fatalf("got %q, %v; want %q", p, err, row.want)
			}
			if err != nil {
				return
			}
			if p.Gap() != row.gap {
				t.Errorf("the gap is %d days, want %d", p.Gap(), row.gap)
			}
			again, err := ReadPlan(p.String())
			if err != nil || again.String() != p.String() {
				t.Fatalf("read again: %q, %v", again, err)
			}
			w := Want{After: at(t, "2026-03-01T00:00:00Z"), Loc: zone(t, "Europe/Berlin"), Seed: 7}
			for range 40 {
				a, ok1 := p.Find(w)
				b, ok2 := again.Find(w)
				if a != b || !ok1 || !ok2 {
					t.Fatalf("after %s: %v, read again %v", w.After, a, b)
				}
				w.After = a.At
			}
		})
	}
}

// TestDaysOfTheWeekAreCronText: the short way gives what the cron matcher gives.
func TestDaysOfTheWeekAreCronText(t *testing.T) {
	t.Parallel()
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	for _, text := range []string{"0 0 * * *", "59 23 * * *", "30 2 * * 0", "0 18 * * 1,4", "5 8 * * 0,1,2,3,4,5,6"} {
		want, err := parser.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Cron(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, short := got.spec.(onDays); !short {
			t.Fatalf("%q takes the long way", text)
		}
		a := at(t, "2023-12-30T23:59:59.5Z")
		b := a
		for range 1500 {
			if a, b = want.Next(a), got.spec.Next(b); !a.Equal(b) {
				t.Fatalf("%q: %s, and the matcher says %s", text, b, a)
			}
		}
	}
	for _, text := range []string{"0 18 1 * *", "0 18 * 2 *", "0 18 * * mon", "0 18 * * 1-5", "0 9,21 * * *"} {
		p, err := Cron(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, short := p.spec.(onDays); short {
			t.Errorf("%q takes the short way", text)
		}
	}
}

func TestOnceAndMoment(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	p, err := Once("2026-05-03", "18:00-20:00")
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadPlan(p.String())
	if err != nil || again.String() != "once 2026-05-03 18:00 for 120m" || !again.Once() || again.Gap() != 0 {
		t.Fatalf("read again: %q, %v", again, err)
	}
	o, ok := again.Find(Want{After: at(t, "2026-05-03T18:00:00+02:00"), Loc: berlin, Seed: 5})
	if !ok || o.Key != "2026-05-03" || o.At.Before(at(t, "2026-05-03T18:00:00+02:00")) || !o.At.Before(at(t, "2026-05-03T20:00:00+02:00")) {
		t.Errorf("the window gives %v, %v", o, ok)
	}
	if _, ok := again.Find(Want{After: o.At, Loc: berlin, Seed: 5}); ok {
		t.Error("it comes a second time")
	}

	m, err := ReadPlan(Moment(at(t, "2026-05-03T18:20:30.5+02:00")).String())
	if err != nil || m.String() != "moment 2026-05-03T16:20:30Z" || !m.Once() {
		t.Fatalf("read again: %q, %v", m, err)
	}
	for _, loc := range []*time.Location{berlin, time.UTC, zone(t, "Asia/Tokyo")} {
		if o, ok := m.Find(Want{After: at(t, "2026-05-03T00:00:00Z"), Loc: loc}); !ok || !o.At.Equal(at(t, "2026-05-03T16:20:30Z")) {
			t.Errorf("in %s it comes at %v, %v", loc, o, ok)
		}
	}
	for _, text := range []string{"moment soon", "once 2026-05-03", "0 18 * * * for 999m", "0 18 * * * each 2d soon", "0 18 * * * each 2w 2026-01-01"} {
		if p, err := ReadPlan(text); err == nil {
			t.Errorf("%q is read as %q", text, p)
		}
	}
}

// TestWindowDrawsAMinuteADate: the minute differs from date to date, stays in
// the window, and is the same however often and from wherever it is looked for.
func TestWindowDrawsAMinuteADate(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	p, err := Daily("18:00-20:00", nil)
	if err != nil {
		t.Fatal(err)
	}
	minutes, other := map[int]int{}, 0
	now := at(t, "2026-01-01T00:00:00+01:00")
	for d := range 400 {
		o, ok := p.Find(Want{After: now, Loc: berlin, Seed: 42})
		want := at(t, "2026-01-01T00:00:00Z").AddDate(0, 0, d).Format(time.DateOnly)
		wall := o.At.In(berlin)
		if !ok || o.Key != want || wall.Format(time.DateOnly) != want || wall.Hour() < 18 || wall.Hour() >= 20 {
			t.Fatalf("on %s it comes at %s", want, o.At)
		}
		minutes[wall.Hour()*60+wall.Minute()]++
		for _, before := range []time.Duration{time.Second, time.Hour, 17 * time.Hour} {
			if again, _ := p.Find(Want{After: o.At.Add(-before), Loc: berlin, Seed: 42}); again.Key == o.Key && again != o {
				t.Fatalf("looked for %s before, %s moves to %s", before, o.At, again.At)
			}
		}
		if b, _ := p.Find(Want{After: now, Loc: berlin, Seed: 43}); !b.At.Equal(o.At) {
			other++
		}
		now = o.At
	}
	if len(minutes) < 100 {
		t.Errorf("only %d different minutes of 120 in 400 days", len(minutes))
	}
	if other < 380 {
		t.Errorf("another person has the same minute on %d of 400 days", 400-other)
	}
}

func TestEveryOtherDayBeginsAtOnce(t *testing.T) {
	t.Parallel()
	p, err := Daily("21:00", []string{"2d"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, after, last, want string }{
		{"today is still to come", "2026-03-28T12:00:00Z", "", "2026-03-28 2026-03-30 2026-04-01 2026-04-03"},
		{"today is over", "2026-03-28T22:00:00Z", "", "2026-03-29 2026-03-31 2026-04-02 2026-04-04"},
		{"today came already", "2026-03-28T12:00:00Z", "2026-03-28", "2026-03-29 2026-03-31 2026-04-02 2026-04-04"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := Want{After: at(t, row.after), Loc: time.UTC, Last: row.last}
			a := p.Anchored(w)
			got := ""
			for range 4 {
				o, ok := a.Find(w)
				if !ok {
					t.Fatal("it never comes")
				}
				got += " " + o.Key
				w.After = o.At
			}
			if got[1:] != row.want {
				t.Errorf("it comes on%s, want %s", got, row.want)
			}
		})
	}
}

// TestKeysHoldBackWhatCame: a clock that is set back, a move over the date line
// and a plan that was changed the same day bring no date twice.
func TestKeysHoldBackWhatCame(t *testing.T) {
	t.Parallel()
	daily, err := Daily("08:00", nil)
	if err != nil {
		t.Fatal(err)
	}
	hours, err := Cron("0 9,21 * * *")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, after, zone, last, want string
		plan                          Plan
	}{
		{"the clock was set back by an hour", "2026-05-03T07:00:00Z", "UTC", "2026-05-03", "2026-05-04", daily},
		{"by three days", "2026-04-30T07:00:00Z", "UTC", "2026-05-03", "2026-05-04", daily},
		{"from Auckland to Honolulu", "2026-05-03T20:30:00Z", "Pacific/Honolulu", "2026-05-04", "2026-05-05", daily},
		{"from Honolulu to Auckland", "2026-05-03T20:30:00Z", "Pacific/Auckland", "2026-05-03", "2026-05-05", daily},
		{"twice a day, the first came", "2026-05-03T08:00:00Z", "UTC", "2026-05-03T09:00", "2026-05-03T21:00", hours},
		{"it came by date before it came by minute", "2026-05-03T08:00:00Z", "UTC", "2026-05-03", "2026-05-04T09:00", hours},
		{"it came by minute before it came by date", "2026-05-03T07:00:00Z", "UTC", "2026-05-03T06:00", "2026-05-04", daily},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			o, ok := row.plan.Find(Want{After: at(t, row.after), Loc: zone(t, row.zone), Last: row.last})
			if !ok || o.Key != row.want {
				t.Errorf("next is %v, %v; want %s", o, ok, row.want)
			}
		})
	}
}

func TestStepDown(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		gap  int
		want string // days for 0, 1, 2 ... unanswered; ? is the question
	}{
		{"daily", 1, "1 1 1 2 2 2 7 7 ?"},
		{"every other day", 2, "2 2 2 7 7 ?"},
		{"twice a week", 3, "3 3 3 7 7 ?"},
		{"weekly", 7, "7 7 ?"},
		{"monthly", 28, "28 28 ?"},
		{"not known", 0, "1 1 1 2 2 2 7 7 ?"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for n := range 20 {
				days, ask := StepDown(row.gap, n)
				if ask {
					got += " ?"
					break
				}
				got += fmt.Sprint(" ", days)
			}
			if got != " "+row.want {
				t.Errorf("got%s, want %s", got, row.want)
			}
		})
	}
}
