// Package schedule answers "when": it turns cron text, a wall clock and a time
// zone into the next instant, reads the times, days, zones and countries that
// people type, and keeps quiet hours, freshness and backoff.
//
// It never reads a clock, sleeps, does I/O or keeps state: every function is a
// value in and a value out, and the time is an argument.
//
// A Plan says when on the wall; Find maps that to an instant in a zone. What
// came already is told by keys, which name local dates: so neither a clock that
// is set back nor a move to another zone makes the same date come twice.
package schedule

import (
	"errors"
	"time"
	// The zones must be there on a machine without any of its own.
	_ "time/tzdata"
)

// ErrZone refuses cron text that names a zone: the zone is the person's, and
// the parser panics on a half-written one.
var ErrZone = errors.New("cron text must not name a time zone")

// ErrNever refuses cron text that matches no date, such as 30 February.
var ErrNever = errors.New("cron text never matches")

// errClock does not repeat what it could not read: a person may have typed it.
var errClock = errors.New("time of day is not HH:MM")

// errWindow refuses a window that is empty or so long that two of them meet.
var errWindow = errors.New("a window is at most twelve hours long")

// errDate does not repeat what it could not read: a person may have typed it.
var errDate = errors.New("date is not YYYY-MM-DD")

// wallOf returns what a clock on the wall in loc shows, written as if it were
// UTC, so that arithmetic on it knows no zone.
func wallOf(t time.Time, loc *time.Location) time.Time {
	l := t.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
}

// onWall maps a wall time to an instant by the rule told at Find. False: the
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
