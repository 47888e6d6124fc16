package console

import (
	"testing"
	"time"
)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestParseMove(t *testing.T) {
	t.Parallel()
	loc := berlin(t)
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	eve := at("2026-03-28T20:59:00+01:00").In(loc)
	autumn := at("2026-10-24T20:59:00+02:00").In(loc)
	tests := []struct {
		name, text string
		now, want  time.Time
	}{
		{"minutes", "+20m", eve, at("2026-03-28T21:19:00+01:00")},
		{"seconds", "+90s", eve, at("2026-03-28T21:00:30+01:00")},
		{"a day into summer time is 23 hours", "+1d", eve, at("2026-03-29T20:59:00+02:00")},
		{"a day out of summer time is 25 hours", "+1d", autumn, at("2026-10-25T20:59:00+01:00")},
		{"a week", "+1w", eve, at("2026-04-04T20:59:00+02:00")},
		{"mixed", "+1d2h", eve, at("2026-03-29T22:59:00+02:00")},
		{"later today", "21:00", eve, at("2026-03-28T21:00:00+01:00")},
		{"tomorrow", "08:00", eve, at("2026-03-29T08:00:00+02:00")},
		{"now is not later", "20:59", eve, at("2026-03-29T20:59:00+02:00")},
		{"date in the person's zone", "2026-03-29T21:00", eve, at("2026-03-29T21:00:00+02:00")},
		{"date in a named zone", "2026-03-29T21:00 America/New_York", eve, at("2026-03-29T21:00:00-04:00")},
		{"date with an offset", "2026-03-29T21:00:00+09:00", eve, at("2026-03-29T21:00:00+09:00")},
		{"the same without seconds", "2026-10-25T02:30+02:00", eve, at("2026-10-25T02:30:00+02:00")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseMove(tt.text, tt.now)
			if err != nil || !got.Equal(tt.want) {
				t.Errorf("ParseMove(%q) = %v, %v, want %v", tt.text, got, err, tt.want)
			}
		})
	}
	for _, bad := range []string{"", "+", "+d", "+1", "+1y", "tomorrow", "25:00", "2026-02-30T10:00", "2026-03-28T20:59 Berlin", "2026-03-28T20:59+01:00 Europe/Berlin", "+99999d", "+99999999999999999999m", "-1d"} {
		if got, err := ParseMove(bad, eve); err == nil {
			t.Errorf("ParseMove(%q) = %v, want an error", bad, got)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	still := NewClock(start, nil)
	still.Advance(start.Add(-time.Hour))
	if !still.Now().Equal(start) {
		t.Error("a clock went back")
	}
	still.Advance(start.Add(time.Hour))
	if !still.Now().Equal(start.Add(time.Hour)) {
		t.Error("a clock did not move")
	}
	wall := time.Unix(5000, 0)
	running := NewClock(start, func() time.Time { return wall })
	wall = wall.Add(3 * time.Second)
	if got := running.Now(); !got.Equal(start.Add(3 * time.Second)) {
		t.Errorf("running clock is at %v", got)
	}
	running.Advance(start.Add(time.Hour))
	wall = wall.Add(-time.Minute) // the system's clock was set back
	if got := running.Now(); got.Before(start.Add(time.Hour)) {
		t.Errorf("running clock went back to %v", got)
	}
}
