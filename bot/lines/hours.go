package lines

import (
	"errors"
	"strings"
	"time"
)

var errHours = errors.New(`hours are "24/7" or like "mon-fri 09:00-17:00; sat 10:00-14:00"`)

// hours is a week of opening times: minutes since Monday 00:00, each span from
// included to excluded. A span over the end of the week is cut in two.
type hours struct {
	spans  [][2]int
	known  bool
	always bool
	// workdays is set where the line is closed on holidays, which nobody here
	// knows.
	workdays bool
}

const weekMinutes = 7 * 24 * 60

// state of a line at a moment.
type state int

const (
	unknown state = iota
	open
	closed
)

// parseHours reads "24/7", or spans parted by ";": days ("mon-fri", "sat,sun",
// "daily"), then one or more "HH:MM-HH:MM" parted by ",". An end that is not
// after the beginning lies on the next day. A last part "not holidays" is kept
// for whoever shows the hours. Empty: not known.
func parseHours(text string) (hours, error) {
	switch strings.TrimSpace(text) {
	case "":
		return hours{}, nil
	case "24/7":
		return hours{known: true, always: true}, nil
	}
	h := hours{known: true}
	for part := range strings.SplitSeq(text, ";") {
		fields := strings.Fields(part)
		if strings.Join(fields, " ") == "not holidays" && len(h.spans) > 0 && !h.workdays {
			h.workdays = true
			continue
		}
		if h.workdays || len(fields) < 2 {
			return hours{}, errHours
		}
		days, err := parseDays(fields[0])
		if err != nil {
			return hours{}, err
		}
		for span := range strings.SplitSeq(strings.Join(fields[1:], ""), ",") {
			from, to, found := strings.Cut(span, "-")
			a, okFrom := minutes(from)
			b, okTo := minutes(to)
			if !found || !okFrom || !okTo || a == 24*60 {
				return hours{}, errHours
			}
			if b <= a {
				b += 24 * 60
			}
			for _, d := range days {
				h.add(d*24*60+a, d*24*60+b)
			}
		}
	}
	return h, nil
}

func (h *hours) add(from, to int) {
	if to > weekMinutes {
		h.spans = append(h.spans, [2]int{0, to - weekMinutes})
		to = weekMinutes
	}
	h.spans = append(h.spans, [2]int{from, to})
}

// at tells the state at t, which must be in the line's zone.
func (h hours) at(t time.Time) state {
	if !h.known {
		return unknown
	}
	if h.always {
		return open
	}
	m := (int(t.Weekday())+6)%7*24*60 + t.Hour()*60 + t.Minute()
	for _, s := range h.spans {
		if m >= s[0] && m < s[1] {
			return open
		}
	}
	return closed
}

func parseDays(text string) ([]int, error) {
	if text == "daily" {
		return []int{0, 1, 2, 3, 4, 5, 6}, nil
	}
	var out []int
	for item := range strings.SplitSeq(text, ",") {
		from, to, span := strings.Cut(item, "-")
		if !span {
			to = from
		}
		a, b := dayIndex(from), dayIndex(to)
		if a < 0 || b < 0 {
			return nil, errHours
		}
		for d := a; ; d = (d + 1) % 7 {
			out = append(out, d)
			if d == b {
				break
			}
		}
	}
	return out, nil
}

func dayIndex(name string) int {
	const names = "montuewedthufrisatsun"
	if i := strings.Index(names, name); len(name) == 3 && i >= 0 && i%3 == 0 {
		return i / 3
	}
	return -1
}

func minutes(text string) (int, bool) {
	if text == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil && len(text) == 5
}
