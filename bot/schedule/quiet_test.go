package schedule

import (
	"testing"
	"time"
)

func TestQuietHours(t *testing.T) {
	t.Parallel()
	night := QuietHours{From: "22:00", To: "08:00"}
	nap := QuietHours{From: "13:00", To: "15:00"}
	small := QuietHours{From: "22:00", To: "02:30"}
	for _, row := range []struct {
		name  string
		q     QuietHours
		now   string
		until string // empty: not quiet
	}{
		{"evening before", night, "2026-01-10T21:59:00+01:00", ""},
		{"begins", night, "2026-01-10T22:00:00+01:00", "2026-01-11T08:00:00+01:00"},
		{"after midnight", night, "2026-01-11T03:00:00+01:00", "2026-01-11T08:00:00+01:00"},
		{"ends", night, "2026-01-11T08:00:00+01:00", ""},
		{"last day of a month", night, "2026-01-31T23:00:00+01:00", "2026-02-01T08:00:00+01:00"},
		{"over the spring change", night, "2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00"},
		{"inside one day", nap, "2026-01-10T14:00:00+01:00", "2026-01-10T15:00:00+01:00"},
		{"before, inside one day", nap, "2026-01-10T12:59:00+01:00", ""},
		{"ends in the gap", small, "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"second pass of the repeated hour", small, "2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00"},
		{"none", QuietHours{}, "2026-01-11T03:00:00+01:00", ""},
		{"equal ends", QuietHours{From: "08:00", To: "08:00"}, "2026-01-11T08:00:00+01:00", ""},
		{"unreadable", QuietHours{From: "late", To: "08:00"}, "2026-01-11T03:00:00+01:00", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			end, quiet := row.q.Until(at(t, row.now).In(zone(t, "Europe/Berlin")))
			got := ""
			if quiet {
				got = end.Format(time.RFC3339)
			}
			if got != row.until {
				t.Errorf("got %q, want %q", got, row.until)
			}
		})
	}
}

func TestQuietHoursCheck(t *testing.T) {
	t.Parallel()
	for _, q := range []QuietHours{{}, {"22:00", "08:00"}} {
		if err := q.Check(); err != nil {
			t.Errorf("%v: %v", q, err)
		}
	}
	for _, q := range []QuietHours{{"22:00", ""}, {"", "08:00"}, {"10pm", "08:00"}, {"22:00", "24:00"}} {
		if q.Check() == nil {
			t.Errorf("%v passed", q)
		}
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()
	due := at(t, "2026-01-10T21:00:00Z")
	for _, row := range []struct {
		name string
		late time.Duration
		keep time.Duration
		want bool
	}{
		{"on time", 0, time.Hour, true},
		{"early", -time.Minute, time.Hour, true},
		{"at the edge", time.Hour, time.Hour, true},
		{"too late", time.Hour + 1, time.Hour, false},
		{"no limit", 1000 * time.Hour, 0, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := Fresh(due, due.Add(row.late), row.keep); got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for attempt := range 70 {
		middle := 15 * time.Minute
		if attempt < 11 {
			middle = min(middle, time.Second<<max(attempt-1, 0))
		}
		seen := map[time.Duration]bool{}
		for seed := range uint64(200) {
			got := Backoff(attempt, seed)
			if got < middle*8/10 || got > middle*12/10 {
				t.Fatalf("attempt %d, seed %d: %s is out of bounds", attempt, seed, got)
			}
			if got != Backoff(attempt, seed) {
				t.Fatalf("attempt %d, seed %d is not repeatable", attempt, seed)
			}
			seen[got] = true
		}
		if len(seen) < 150 {
			t.Errorf("attempt %d: %d different waits of 200", attempt, len(seen))
		}
	}
	if got := Backoff(-5, 1); got <= 0 {
		t.Errorf("negative attempt gives %s", got)
	}
}
