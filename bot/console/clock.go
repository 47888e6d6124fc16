// Package console is a network without a network: one person at a terminal, or
// in a script, talking with the real bot over the real store, with a clock that
// the user moves. It is the simulator behind `handrail try` and the player of
// transcripts. It never opens a socket, never reads the system's clock by
// itself, and never keeps a word of the talk outside the store.
package console

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DefaultBegin is when a talk begins if nobody says otherwise: the same wall
// clock time always, so that the same input gives the same output. It is a
// Monday morning, away from every change of summer time.
func DefaultBegin(zone *time.Location) time.Time {
	return time.Date(2026, time.March, 2, 10, 0, 0, 0, zone)
}

// Clock is the simulator's time. It never runs backwards. Its methods may be
// called from several goroutines.
type Clock struct {
	mu    sync.Mutex
	base  time.Time
	wall  func() time.Time // nil: the clock stands still unless moved
	since time.Time
}

// NewClock starts a clock at a moment. With a nil wall it stands still and only
// Advance moves it; else it also runs on as wall does.
func NewClock(start time.Time, wall func() time.Time) *Clock {
	c := &Clock{base: start, wall: wall}
	if wall != nil {
		c.since = wall()
	}
	return c
}

// Now is the simulated time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.wall == nil {
		return c.base
	}
	return c.base.Add(max(0, c.wall().Sub(c.since)))
}

// Advance moves the clock forward to t; an earlier t changes nothing.
func (c *Clock) Advance(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !t.After(c.now()) {
		return
	}
	c.base = t
	if c.wall != nil {
		c.since = c.wall()
	}
}

// MoveHelp says which ways of moving the clock ParseMove understands.
const MoveHelp = "write +20m, +1d, 21:00, 2026-03-28T20:59 or 2026-03-28T20:59 Europe/Berlin"

// ParseMove reads what stands behind "@ " and returns the moment that it means,
// in now's zone or in the zone that it names. Days and weeks are calendar days:
// "+1d" is the same wall clock time tomorrow, also over a change of summer time.
// A bare "21:00" is the next time that the wall clock shows it.
func ParseMove(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "+"); ok {
		return addSpan(now, rest)
	}
	if hour, err := time.Parse("15:04", text); err == nil {
		at := time.Date(now.Year(), now.Month(), now.Day(), hour.Hour(), hour.Minute(), 0, 0, now.Location())
		if !at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()+1, hour.Hour(), hour.Minute(), 0, 0, now.Location())
		}
		return at, nil
	}
	return ParseMoment(text, now.Location())
}

// ParseMoment reads a date and time, "2026-03-28T20:59" with or without seconds,
// in loc, in a zone named behind it, or with an offset as RFC 3339 writes it.
func ParseMoment(text string, loc *time.Location) (time.Time, error) {
	when, zone, named := strings.Cut(strings.TrimSpace(text), " ")
	if named {
		l, err := time.LoadLocation(strings.TrimSpace(zone))
		if err != nil || strings.TrimSpace(zone) == "" {
			return time.Time{}, fmt.Errorf("unknown time zone %q: name it as in Europe/Berlin", strings.TrimSpace(zone))
		}
		loc = l
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, when, loc); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, when); err == nil && !named {
			return t.In(loc), nil
		}
	}
	return time.Time{}, fmt.Errorf("cannot read the time %q: %s", text, MoveHelp)
}

// maxSpan keeps a typing error from running the clock for centuries.
const maxSpan = 10 * 366

func addSpan(now time.Time, text string) (time.Time, error) {
	bad := fmt.Errorf("cannot read the time %q: %s", "+"+text, MoveHelp)
	if text == "" {
		return time.Time{}, bad
	}
	days, clock := 0, time.Duration(0)
	for rest := text; rest != ""; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if err != nil || digits == len(rest) || n > maxSpan*24*3600 {
			return time.Time{}, bad
		}
		switch rest[digits] {
		case 's':
			clock += time.Duration(n) * time.Second
		case 'm':
			clock += time.Duration(n) * time.Minute
		case 'h':
			clock += time.Duration(n) * time.Hour
		case 'd':
			days += n
		case 'w':
			days += 7 * n
		default:
			return time.Time{}, bad
		}
		rest = rest[digits+1:]
	}
	if days > maxSpan || clock > maxSpan*24*time.Hour {
		return time.Time{}, fmt.Errorf("the span %q is longer than ten years: move in smaller steps", "+"+text)
	}
	return now.AddDate(0, 0, days).Add(clock), nil
}
