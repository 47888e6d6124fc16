package schedule

import (
	"strings"
	"time"
)

// sayer is one of the Readers.
type sayer = func(text, lang string, now time.Time) (value, echo string, ok bool)

// safeSayers say what ReadSafe reads, windows and quiet days, in words: no
// question asks for these as a whole. ok is false where one of them cannot be
// read.
func safeSayers(all map[string]*tongue, read map[string]sayer) (times, days sayer) {
	each := func(text string, parts []string, lang string, say func(own *tongue, part string) (string, bool)) (value, echo string, ok bool) {
		var said []string
		for _, part := range parts {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			echo, ok := say(all[spoken(lang)], part)
			if !ok {
				return "", "", false
			}
			said = append(said, echo)
		}
		if len(said) == 0 {
			return "", "", false
		}
		return text, strings.Join(said, "; "), true
	}
	times = func(text, lang string, now time.Time) (value, echo string, ok bool) {
		return each(text, strings.Split(text, ";"), lang, func(_ *tongue, part string) (string, bool) {
			days, hours, found := strings.Cut(part, " ")
			if !found {
				_, said, ok := read["hours"](part, lang, now)
				return said, ok
			}
			_, on, ok1 := read["days"](days, lang, now)
			_, from, ok2 := read["hours"](hours, lang, now)
			stepped := parseStep(days) > 0 // which ReadSafe holds on every day
			return on + ", " + from, ok1 && ok2 && !stepped
		})
	}
	days = func(text, lang string, now time.Time) (value, echo string, ok bool) {
		return each(text, strings.Fields(text), lang, func(own *tongue, part string) (string, bool) {
			d, ok := readQuietDay(part)
			if d.week != 0 || !ok {
				_, said, also := read["days"](part, lang, now)
				return said, ok && also
			}
			date := func(n int) string {
				day := time.Unix(int64(n)*24*60*60, 0).UTC()
				if own != nil {
					return own.echoDate(day.Format(dateValue))
				}
				return day.Format(dateEcho)
			}
			switch {
			case d.step == 7 && d.from == d.until:
				return own.or("week", "every week from {date}", "date", date(d.from)), true
			case d.step == 14 && d.from == d.until:
				return own.or("two weeks", "every other week from {date}", "date", date(d.from)), true
			case d.step > 0:
				return "", false
			case d.from != d.until:
				return own.or("dates", "{from} to {to}", "from", date(d.from), "to", date(d.until)), true
			}
			return date(d.from), true
		})
	}
	return times, days
}

// or is fill in this language, or in English where it is nil.
func (t *tongue) or(key, english string, pairs ...string) string {
	if t == nil {
		t = &tongue{say: map[string]string{key: english}}
	}
	return t.fill(key, pairs...)
}
