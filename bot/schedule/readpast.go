package schedule

import (
	"strings"
	"time"
)

// ReadPastDate reads a date as ReadDate does, for something that has happened: a
// day of the week or a date without a year is the last one that there was, and
// "3 days ago", "last friday" and "last night" are understood. A date that is
// still to come is not ok.
func ReadPastDate(text string, now time.Time) (value, echo string, ok bool) {
	words := strings.ToLower(strings.Trim(strings.TrimSpace(text), ".!?"))
	switch words {
	case "this morning", "this afternoon", "this evening", "this tarde", "just now", "earlier", "earlier today", "now", "a moment ago":
		words = "today"
	case "last night", "yesterday evening", "yesterday morning", "yesterday afternoon", "the day before", "last evening":
		words = "yesterday"
	case "last week", "a week ago":
		words = "1 week ago"
	case "the day before yesterday", "day before yesterday":
		words = "2 days ago"
	}
	today := dateOf(now.Year(), now.Month(), now.Day())
	if rest, ago := strings.CutSuffix(words, " ago"); ago {
		if rest, one := strings.CutPrefix(rest, "a "); one {
			words = "1 " + rest
		} else {
			words = rest
		}
		value, _, ok = ReadDate("in "+words, now)
		if !ok {
			return "", "", false
		}
		to, _ := time.Parse(dateValue, value)
		at := today.Add(today.Sub(to))
		return at.Format(dateValue), at.Format(dateEcho), true
	}
	words, last := strings.CutPrefix(words, "last ")
	value, echo, ok = ReadDate(words, now)
	over := func() bool { // "last saturday" on a Saturday is not today
		return ok && (value < today.Format(dateValue) || !last && value == today.Format(dateValue))
	}
	if !ok || over() {
		return value, echo, ok
	}
	if next, _, _ := ReadDate(words, now.AddDate(0, 0, 1)); dayAfter(value) == next { // "tomorrow": counted from today
		return "", "", false
	}
	for _, before := range []time.Time{now.AddDate(0, 0, -7), now.AddDate(0, 0, -14), now.AddDate(-1, 0, 0)} {
		if value, echo, ok = ReadDate(words, before); over() {
			return value, echo, true
		}
	}
	return "", "", false
}

func dayAfter(value string) string {
	at, err := time.Parse(dateValue, value)
	if err != nil {
		return ""
	}
	return at.AddDate(0, 0, 1).Format(dateValue)
}
