// Package schedule answers "when": it turns cron text, a wall clock and a time
// zone into the next instant, reads the times, days, zones and countries that
// people type, and keeps quiet hours, freshness and backoff.
//
// It never reads a clock, sleeps, does I/O or keeps state: every function is a
// value in and a value out, and the time is an argument.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	// The zones must be there on a machine without any of its own.
	_ "time/tzdata"

	"github.com/robfig/cron/v3"
)

// ErrZone refuses cron text that names a zone: the zone is the person's, and
// the parser panics on a half-written one.
var ErrZone = errors.New("cron text must not name a time zone")

// ErrNever refuses cron text that matches no date, such as 30 February.
var ErrNever = errors.New("cron text never matches")

// errClock does not repeat what it could not read: a person may have typed it.
var errClock = errors.New("time of day is not HH:MM")

// Plan is a wall-clock time without a zone, once or repeating. The zero Plan
// never comes due.
type Plan struct {
	text string
	spec cron.Schedule
}

// Cron reads five fields of cron text: minute, hour, day of month, month, day
// of week. Descriptors ("@daily"), seconds and zones are refused.
func Cron(text string) (Plan, error) {
	if strings.Contains(strings.ToUpper(text), "TZ=") {
		return Plan{}, ErrZone
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	spec, err := parser.Parse(text)
	if err != nil {
		return Plan{}, fmt.Errorf("parse cron text: %w", err)
	}
	// 2000 to 2005 holds every weekday, month and a leap day.
	if spec.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Plan{}, ErrNever
	}
	return Plan{text: strings.Join(strings.Fields(text), " "), spec: spec}, nil
}

// Daily plans one time of day, on all days or on some. when is "21:00" or
// "mon,tue 08:00"; days in when win over the days argument, and no days at all
// means every day.
func Daily(when string, days []string) (Plan, error) {
	clock := strings.TrimSpace(when)
	if front, back, found := strings.Cut(clock, " "); found {
		clock = strings.TrimSpace(back)
		days = strings.Split(front, ",")
	}
	minutes, err := parseClock(clock)
	if err != nil {
		return Plan{}, err
	}
	set, err := parseDays(days)
	if err != nil {
		return Plan{}, err
	}
	field := "*"
	if set != everyDay {
		var nums []string
		for i := range 7 {
			if d := nth(i); set.has(d) {
				nums = append(nums, fmt.Sprint(int(d)))
			}
		}
		field = strings.Join(nums, ",")
	}
	return Cron(fmt.Sprintf("%d %d * * %s", minutes%60, minutes/60, field))
}

// String returns the text that ReadPlan reads: cron text, or that of one date.
func (p Plan) String() string { return p.text }

// Next returns the first occurrence strictly after the given instant on the
// wall clock of loc. A wall time inside a gap (clocks going forward) becomes
// the first valid minute after it; a wall time that comes twice (clocks going
// back) fires the first time only; a date that a zone leaves out altogether is
// skipped. False means that there is none within five years.
func (p Plan) Next(after time.Time, loc *time.Location) (time.Time, bool) {
	if p.spec == nil || loc == nil {
		return time.Time{}, false
	}
	// Every wall time up to that of `after` maps to an instant that is not
	// after it, so the search may start there. In a repeated hour the wall
	// times ahead can lie in the past: those are passed over. A day is the
	// longest step back that any zone has made.
	for wall := wallOf(after, loc); ; {
		wall = p.spec.Next(wall)
		if wall.IsZero() {
			return time.Time{}, false
		}
		if at, ok := onWall(wall, loc); ok && at.After(after) {
			return at, true
		}
	}
}

// wallOf returns what a clock on the wall in loc shows, written as if it were
// UTC, so that arithmetic on it knows no zone.
func wallOf(t time.Time, loc *time.Location) time.Time {
	l := t.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
}

// onWall maps a wall time to an instant by the rule told at Next. False: the
// date does not exist in loc.
func onWall(wall time.Time, loc *time.Location) (time.Time, bool) {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
	start, end := t.ZoneBounds()
	shown := wallOf(t, loc)
	if shown.Equal(wall.Truncate(time.Second)) {
		return firstOf(t, start), true
	}
	// A gap: t lies on one side of it, and the transition is the bound of that
	// side which faces the gap.
	edge := end
	if shown.After(wall) {
		edge = start
	}
	at := wallOf(edge, loc)
	before := wallOf(edge.Add(-time.Second), loc)
	if at.Sub(wall) > 0 && wall.YearDay() != before.YearDay() && wall.YearDay() != at.YearDay() {
		return time.Time{}, false
	}
	return edge, true
}

// firstOf returns the earlier of the two instants that show the same wall time
// as t, where there are two. start is where t's zone offset began.
func firstOf(t, start time.Time) time.Time {
	if start.IsZero() {
		return t
	}
	_, now := t.Zone()
	_, was := start.Add(-time.Second).Zone()
	if was <= now {
		return t
	}
	early := t.Add(-time.Duration(was-now) * time.Second)
	if early.Before(start) {
		return early
	}
	return t
}

// parseClock reads "HH:MM" and returns minutes since midnight.
func parseClock(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != 5 {
		return 0, errClock
	}
	return t.Hour()*60 + t.Minute(), nil
}
