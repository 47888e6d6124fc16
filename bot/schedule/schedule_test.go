package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCronRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, text string
		want       error
	}{
		{"zone", "TZ=Europe/Berlin 0 21 * * *", ErrZone},
		{"half a zone, on which the parser panics", "CRON_TZ=Europe/Berlin", ErrZone},
		{"zone in small letters", "tz=UTC 0 21 * * *", ErrZone},
		{"30 February", "0 0 30 2 *", ErrNever},
		{"descriptor", "@daily", nil},
		{"seconds", "0 0 21 * * *", nil},
		{"empty", "", nil},
		{"hour 24", "0 24 * * *", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Cron(row.text)
			if err == nil || (row.want != nil && !errors.Is(err, row.want)) {
				t.Fatalf("got plan %q, error %v; want error %v", p, err, row.want)
			}
		})
	}
}

func TestDaily(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, when string
		days       []string
		want       string // empty: an error
	}{
		{"every day", "21:00", nil, "0 21 * * *"},
		{"some days", "08:05", []string{"mon", "sun"}, "5 8 * * 1,0"},
		{"all days named", "08:05", []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "5 8 * * *"},
		{"days in the time win", "mon,tue 08:00", []string{"sun"}, "0 8 * * 1,2"},
		{"leap day is fine", "00:00", nil, "0 0 * * *"},
		{"no clock", "9pm", nil, ""},
		{"one digit", "9:00", nil, ""},
		{"unknown day", "funday 08:00", nil, ""},
		{"empty", "", nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Daily(row.when, row.days)
			if (err != nil) != (row.want == "") || p.String() != row.want {
				t.Fatalf("got %q, %v; want %q", p, err, row.want)
			}
			if err != nil && row.when != "" && strings.Contains(err.Error(), row.when) {
				t.Errorf("the error repeats what was typed: %v", err)
			}
		})
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, cron, zone, after string
		want                    []string
	}{
		{
			"plain evening", "0 21 * * *", "Europe/Berlin", "2026-01-10T20:00:00+01:00",
			[]string{"2026-01-10T21:00:00+01:00", "2026-01-11T21:00:00+01:00"},
		},
		{
			"strictly after", "0 21 * * *", "Europe/Berlin", "2026-01-10T21:00:00+01:00",
			[]string{"2026-01-11T21:00:00+01:00"},
		},
		{
			"evening over the spring change", "0 21 * * *", "Europe/Berlin", "2026-03-28T20:59:00+01:00",
			[]string{"2026-03-28T21:00:00+01:00", "2026-03-29T21:00:00+02:00", "2026-03-30T21:00:00+02:00"},
		},
		{
			"in the gap", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00+01:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"},
		},
		{
			"the repeated hour fires once", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00+02:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		},
		{
			"asked between the two passes", "30 2 * * *", "Europe/Berlin", "2026-10-25T02:10:00+01:00",
			[]string{"2026-10-26T02:30:00+01:00"},
		},
		{
			"two times in one gap are one", "0,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00+01:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"},
		},
		{
			"every quarter of an hour stands still in the second pass", "*/15 2 * * *", "Europe/Berlin", "2026-10-25T02:30:00+02:00",
			[]string{"2026-10-25T02:45:00+02:00", "2026-10-26T02:00:00+01:00"},
		},
		{
			"gap at midnight", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00+02:00",
			[]string{"2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"},
		},
		{
			"half-hour change", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30",
			[]string{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"},
		},
		{
			"a date that never was", "0 21 * * *", "Pacific/Apia", "2011-12-29T12:00:00-10:00",
			[]string{"2011-12-29T21:00:00-10:00", "2011-12-31T21:00:00+14:00"},
		},
		{
			"29 February waits for its year", "0 9 29 2 *", "America/New_York", "2025-01-01T00:00:00Z",
			[]string{"2028-02-29T09:00:00-05:00"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Cron(row.cron)
			if err != nil {
				t.Fatal(err)
			}
			loc, now := zone(t, row.zone), at(t, row.after)
			for _, want := range row.want {
				got, ok := p.Next(now, loc)
				if !ok || got.Format(time.RFC3339) != want {
					t.Fatalf("after %s got %s, %v; want %s", now, got.Format(time.RFC3339), ok, want)
				}
				now = got
			}
		})
	}
}

func TestNextOfZeroPlan(t *testing.T) {
	t.Parallel()
	if got, ok := (Plan{}).Next(at(t, "2026-01-01T00:00:00Z"), time.UTC); ok {
		t.Errorf("the zero plan came due at %s", got)
	}
}

// TestEveryZoneOncePerDate walks daily plans over every change of the clocks
// from 2024 to 2032, in every zone: once per local date, in order, at the time
// that an independent reckoning gives.
func TestEveryZoneOncePerDate(t *testing.T) {
	t.Parallel()
	var plans [48]Plan
	for i := range plans {
		p, err := Daily(time.Unix(int64(i)*1800, 0).UTC().Format("15:04"), nil)
		if err != nil {
			t.Fatal(err)
		}
		plans[i] = p
	}
	zones, changes := 0, 0
	rows(zoneTable, func(f []string) bool {
		loc := zone(t, f[1])
		zones++
		days := []time.Time{
			time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC),
			time.Date(2031, 7, 15, 12, 0, 0, 0, time.UTC),
		}
		last := time.Date(2033, 1, 1, 0, 0, 0, 0, time.UTC)
		for c := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).In(loc); ; {
			_, c = c.ZoneBounds()
			if c.IsZero() || c.After(last) {
				break
			}
			days = append(days, c)
			changes++
		}
		for _, day := range days {
			for i, p := range plans {
				checkDays(t, p, i*30, day.In(loc))
			}
		}
		return !t.Failed()
	})
	if zones < 400 || changes < 2000 {
		t.Errorf("only %d zones and %d changes seen", zones, changes)
	}
}

func checkDays(t *testing.T, p Plan, minute int, mid time.Time) {
	t.Helper()
	loc := mid.Location()
	first := time.Date(mid.Year(), mid.Month(), mid.Day()-2, 0, 0, 0, 0, time.UTC)
	now := reckon(first.Add(time.Duration(minute)*time.Minute), loc).Add(-time.Minute)
	for d := range 5 {
		wall := first.AddDate(0, 0, d).Add(time.Duration(minute) * time.Minute)
		want := reckon(wall, loc)
		got, ok := p.Next(now, loc)
		if !ok || !got.Equal(want) {
			t.Errorf("%s, %s on %s: got %s, want %s", loc, p, wall.Format(time.DateOnly), got, want)
			return
		}
		now = got
	}
}

// reckon finds the first instant at which the wall in loc shows this time or,
// where it never does, the end of the gap, by trying the offsets around. It
// trusts that no two changes lie within two days.
func reckon(wall time.Time, loc *time.Location) time.Time {
	var best, gap time.Time
	var offs [2]int
	for i, h := range []time.Duration{-26, 26} {
		probe := wall.Add(h * time.Hour).In(loc)
		_, offs[i] = probe.Zone()
		if start, _ := probe.ZoneBounds(); i == 1 {
			gap = start
		}
		cand := wall.Add(-time.Duration(offs[i]) * time.Second).In(loc)
		if _, off := cand.Zone(); off == offs[i] && (best.IsZero() || cand.Before(best)) {
			best = cand
		}
	}
	if best.IsZero() {
		return gap
	}
	return best
}

func BenchmarkNext(b *testing.B) {
	p, err := Daily("02:30", nil)
	if err != nil {
		b.Fatal(err)
	}
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		next, ok := p.Next(now, loc)
		if !ok {
			b.Fatal("no next time")
		}
		now = next
	}
}
