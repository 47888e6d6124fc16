package schedule

import (
	"fmt"
	"time"
)

// hoursMost is the longest part of a day that ReadHours takes, in minutes.
const hoursMost = 23 * 60

// ReadWindow reads a part of the day inside which something may come, with or
// without days: "between 6 and 8 in the evening", "weekdays 18:00-20:00", "from
// 6 to 8pm". value is "18:00-20:00", or "mon,wed 18:00-20:00"; echo says it in
// words. A window is at most twelve hours long; "8 to 10" is in the morning, as
// with ReadTime. now is not used yet.
func ReadWindow(text string, _ time.Time) (value, echo string, ok bool) {
	r := reader{toks: tokens(text)}
	from, to, ok := r.readWindow()
	if !ok || span(from, to) > int(LongestWindow/time.Minute) {
		return "", "", false
	}
	value = hours(from, to)
	echo = fmt.Sprintf("between %s and %s", clock(from), clock(to))
	if days, said := r.chosen(); days != "" {
		value, echo = days+" "+value, said+", "+echo
	}
	return value, echo, true
}

// ReadPart reads a part of the day by its name alone, with or without days, as
// the answer to a question that wants a window: "in the evening", "weekday
// mornings". Value and echo are those of ReadWindow. now is not used yet.
func ReadPart(text string, _ time.Time) (value, echo string, ok bool) {
	r := reader{toks: tokens(text)}
	if len(r.toks) == 0 || !r.read() || r.clock >= 0 {
		return "", "", false
	}
	window := map[string]string{
		"morning": "08:00-11:00", "forenoon": "08:00-11:00", "noontime": "12:00-14:00", "afternoon": "14:00-17:00",
		"tarde": "17:00-20:00", "evening": "18:00-21:00", "night": "20:00-22:00",
	}[r.part]
	if window == "" {
		return "", "", false
	}
	if days, _ := r.chosen(); days != "" {
		window = days + " " + window
	}
	return ReadWindow(window, time.Time{})
}

// ReadHours reads a part of the day, as for quiet hours: "10pm to 8am", "from
// 22:00 until 7". value is "22:00-08:00", echo "from 22:00 to 08:00". now is not
// used yet.
func ReadHours(text string, _ time.Time) (value, echo string, ok bool) {
	r := reader{toks: tokens(text)}
	from, to, ok := r.readWindow()
	if days, _ := r.chosen(); !ok || days != "" {
		return "", "", false
	}
	return hours(from, to), fmt.Sprintf("from %s to %s", clock(from), clock(to)), true
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

func hours(from, to int) string { return clock(from) + "-" + clock(to) }

// span is how many minutes there are from one time of day to another.
func span(from, to int) int { return (to - from + 24*60) % (24 * 60) }

// readWindow takes days, then two times of day, then days, and tells whether all
// tokens fitted and the two times make a window.
func (r *reader) readWindow() (from, to int, ok bool) {
	var a, b *reader
	for r.skipPolite(); r.at < len(r.toks); r.skipPolite() {
		start := r.at
		if a == nil {
			if a, b = r.twoClocks(); a != nil {
				continue
			}
			r.at = start
		}
		if !r.first(r.readDayPhrase, r.skipJoin) {
			return 0, 0, false
		}
	}
	if a == nil {
		return 0, 0, false
	}
	return agree(a, b)
}

// twoClocks reads "between A and B" or "A to B", each with its part of the day.
func (r *reader) twoClocks() (a, b *reader) {
	_ = r.take("any", "time") || r.take("anytime") || r.take("some", "time") || r.take("sometime")
	between := r.take("between")
	from := !between && (r.take("from") || r.take("of"))
	if a = r.oneClock(); a == nil {
		return nil, nil
	}
	switch {
	case between && (r.take("and") || r.take("andplus") || r.take("&") || r.take("-") || r.take("to")):
	case from && r.take("at"): // as the Spanish "de las 6 a las 8"
	case !between && (r.take("-") || r.take("to") || r.take("till") || r.take("til") || r.take("until")):
	default:
		return nil, nil
	}
	if b = r.oneClock(); b == nil {
		return nil, nil
	}
	return a, b
}

// oneClock reads one time of day with am, pm or a part of the day behind it.
func (r *reader) oneClock() *reader {
	one := reader{toks: r.toks, at: r.at, clock: -1}
	one.take("at")
	past := one.peek(0) == "half" || one.peek(0) == "quarter"
	ok := false
	switch {
	case one.take("noon"), one.take("midday"):
		ok = one.setClock(12*60, false)
	case one.take("midnight"):
		ok = one.setClock(0, false)
	case past:
		ok = one.readPast()
	default: // not readPast: "6 to 8" is no time of day
		ok = one.first(one.readDigits, one.readHourWords) && one.readMinutes(false)
	}
	if !ok {
		return nil
	}
	if start := one.at; !one.readPart() {
		one.at = start
	}
	r.at = one.at
	return &one
}

// agree settles two times of day that may have one part of the day between them:
// "6 to 8pm", "10pm to 8", "11 to 1 in the afternoon".
func agree(a, b *reader) (from, to int, ok bool) {
	aOpen, bOpen := a.half == "" && a.part == "", b.half == "" && b.part == ""
	switch {
	case aOpen && !bOpen:
		to, ok = b.settle()
		if !ok {
			return 0, 0, false
		}
		same := *a
		same.half, same.part = b.half, b.part
		from, ok = pickClock(a, &same, func(t int) int { return span(t, to) })
	case bOpen && !aOpen:
		from, ok = a.settle()
		if !ok {
			return 0, 0, false
		}
		same := *b
		same.half, same.part = a.half, a.part
		to, ok = pickClock(b, &same, func(t int) int { return span(from, t) })
	default:
		var ok1, ok2 bool
		from, ok1 = a.settle()
		to, ok2 = b.settle()
		ok = ok1 && ok2 && !a.vague && !b.vague
	}
	n := span(from, to)
	return from, to, ok && n > 0 && n <= hoursMost
}

// pickClock takes the half of the day that was said of the other time if that
// makes a window of at most twelve hours, else the other half.
func pickClock(as, same *reader, length func(int) int) (int, bool) {
	const most = 12 * 60
	if t, ok := same.settle(); ok && length(t) > 0 && length(t) <= most {
		return t, true
	}
	if !as.bare && !as.vague {
		return as.clock, true
	}
	for _, t := range []int{as.clock, (as.clock + most) % (24 * 60)} {
		if length(t) > 0 && length(t) <= most {
			return t, true
		}
	}
	return 0, false
}
