package schedule

import (
	"errors"
	"strings"
	"time"
)

// errDay does not repeat what it could not read: a person may have typed it.
var errDay = errors.New("unknown day: use mon, tue, wed, thu, fri, sat, sun")

// daySet is a set of weekdays, one bit each.
type daySet uint8

const (
	everyDay daySet = 1<<7 - 1
	weekdays daySet = 1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday
	weekends daySet = 1<<time.Saturday | 1<<time.Sunday
)

// nth is the order in which days are written: the week begins on Monday (0).
func nth(i int) time.Weekday { return time.Weekday((i + 1) % 7) }

func (s daySet) has(d time.Weekday) bool { return s&(1<<d) != 0 }

// value is the stored form: "mon,wed".
func (s daySet) value() string {
	var out []string
	for i := range 7 {
		if d := nth(i); s.has(d) {
			out = append(out, strings.ToLower(d.String()[:3]))
		}
	}
	return strings.Join(out, ",")
}

// echo says the set in words, so that the person can see what was understood.
func (s daySet) echo() string {
	switch s {
	case everyDay:
		return "every day"
	case weekdays:
		return "Monday to Friday"
	}
	var out []string
	for i := range 7 {
		if d := nth(i); s.has(d) {
			out = append(out, d.String())
		}
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// parseDays reads stored day names; no names means every day.
func parseDays(names []string) (daySet, error) {
	var set daySet
	for _, n := range names {
		d, ok := weekday(strings.ToLower(strings.TrimSpace(n)))
		if !ok {
			return 0, errDay
		}
		set |= 1 << d
	}
	if set == 0 {
		return everyDay, nil
	}
	return set, nil
}

// weekday reads one day name in lower case, long, short or plural.
func weekday(word string) (time.Weekday, bool) {
	switch word {
	case "mon", "monday", "mondays":
		return time.Monday, true
	case "tue", "tues", "tuesday", "tuesdays":
		return time.Tuesday, true
	case "wed", "weds", "wednesday", "wednesdays":
		return time.Wednesday, true
	case "thu", "thur", "thurs", "thursday", "thursdays":
		return time.Thursday, true
	case "fri", "friday", "fridays":
		return time.Friday, true
	case "sat", "saturday", "saturdays":
		return time.Saturday, true
	case "sun", "sunday", "sundays":
		return time.Sunday, true
	}
	return 0, false
}
