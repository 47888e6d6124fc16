package schedule

import (
	"fmt"
	"strings"
	"time"
)

// spanMost is the longest span that ReadSpan takes, in minutes.
const spanMost = 366 * 24 * 60

// ReadSpan reads a span of time that a person typed: "3 days", "an hour", "in
// half an hour", "pause for two weeks", "until tomorrow". value is "3d", "1h" or
// "90m"; echo says it in words. A bare number is days behind the word pause, and
// else nothing. now is not used yet.
func ReadSpan(text string, _ time.Time) (value, echo string, ok bool) {
	r := reader{toks: tokens(text)}
	paused := false
	for again := true; again; {
		r.skipPolite()
		again = false
		switch {
		case r.take("pause"), r.take("quiet"), r.take("silence"):
			paused, again = true, true
		case r.take("snooze"), r.take("remind", "me"), r.take("again"), r.take("later"), r.take("write"), r.take("ask", "me"),
			r.take("come", "back"), r.take("for"), r.take("in"), r.take("just"), r.take("only"), r.take("another"), r.take("it"),
			r.take("messages"), r.take("me"), r.take("everything"), r.take("the", "messages"), r.take("of"):
			again = true
		}
	}
	minutes, ok := r.spanOf(paused)
	r.skipPolite()
	_ = r.take("from", "now") || r.take("later") || r.take("from", "today")
	r.skipPolite()
	if !ok || r.at != len(r.toks) || minutes < 1 || minutes > spanMost {
		return "", "", false
	}
	value, echo = sayMinutes(minutes)
	return value, echo, true
}

// sayMinutes writes a span in the largest unit that fits it.
func sayMinutes(minutes int) (value, echo string) {
	n, unit := minutes, "minute"
	switch {
	case minutes%(24*60) == 0:
		n, unit = minutes/(24*60), "day"
	case minutes%60 == 0:
		n, unit = minutes/60, "hour"
	}
	value, echo = fmt.Sprint(n, unit[:1]), fmt.Sprint(n, " ", unit)
	if n != 1 {
		echo += "s"
	}
	return strings.ReplaceAll(value, " ", ""), echo
}

// spanOf reads an amount and its unit, in minutes.
func (r *reader) spanOf(paused bool) (int, bool) {
	switch {
	case r.take("until", "tomorrow"), r.take("till", "tomorrow"), r.take("tomorrow"):
		return 24 * 60, true
	case r.take("until", "next", "week"), r.take("till", "next", "week"), r.take("next", "week"):
		return 7 * 24 * 60, true
	case r.take("half", "an", "hour"), r.take("half", "a", "hour"), r.take("a", "half", "hour"), r.take("half", "hour"):
		return 30, true
	case r.take("half", "a", "day"):
		return 12 * 60, true
	case r.take("a", "quarter", "of", "an", "hour"), r.take("quarter", "of", "an", "hour"):
		return 15, true
	}
	n, ok := 0, false
	switch {
	case r.take("a", "couple", "of"), r.take("a", "couple"), r.take("couple", "of"):
		n, ok = 2, true
	case r.take("a", "few"), r.take("some"), r.take("few"):
		n, ok = 3, true
	case r.take("a"), r.take("an"), r.take("the", "next"):
		n, ok = 1, true
	default:
		n, ok = r.count()
	}
	if !ok {
		n = 1 // "pause week", after which a unit has to stand
	}
	unit := r.unit()
	switch {
	case unit == 0 && paused && ok && r.at == len(r.toks):
		unit = 24 * 60
	case unit == 0:
		return 0, false
	}
	minutes := n * unit
	if unit == 60 && (r.take("and", "a", "half") || r.take("and", "half") || r.take("plus", "30")) {
		minutes += 30
	}
	return minutes, true
}

// count reads a number of up to three digits, or in words up to 59.
func (r *reader) count() (int, bool) {
	if n, ok := wholeNumber(r.peek(0), 3); ok {
		r.at++
		return n, true
	}
	return r.number()
}

// unit reads a unit of time and returns its minutes; 0: none.
func (r *reader) unit() int {
	switch {
	case r.take("minutes"), r.take("minute"), r.take("mins"), r.take("min"), r.takeLast("m"):
		return 1
	case r.take("hours"), r.take("hour"), r.take("hrs"), r.take("hr"), r.takeLast("h"):
		return 60
	case r.take("days"), r.take("day"), r.takeLast("d"), r.take("nights"), r.take("night"):
		return 24 * 60
	case r.take("weeks"), r.take("week"), r.takeLast("w"):
		return 7 * 24 * 60
	case r.take("months"), r.take("month"):
		return 30 * 24 * 60
	}
	return 0
}
