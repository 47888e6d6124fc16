package schedule

import (
	"slices"
	"strings"
	"time"
)

// Safe are the times at which somebody may be written to unasked: windows on
// days of the week, and days on which nothing may come. The zero Safe holds
// nothing back.
type Safe struct {
	windows []safeWindow
	quiet   []quietDay
	none    bool // something is written that cannot be read: nothing is safe
}

// safeWindow is a part of some days of the week. One that ends before it begins
// passes midnight and belongs to the day on which it begins.
type safeWindow struct {
	days     daySet
	from, to int // minutes since midnight
	// stepped: its days were written as every so many days, by an older program.
	stepped bool
}

// quietDay is a span of dates, a day of the week, or a date that comes again.
type quietDay struct {
	from, until int // day numbers, both included
	step        int // from comes again every so many days; 0: it does not
	week        daySet
}

// mostSafe bounds how many windows, and how many quiet days, are read. Windows
// beyond it are no safe times; quiet days beyond it make every day one.
const mostSafe = 500

// ReadSafe reads what the scripts keep: windows like "mon,tue 09:00-12:00" with a
// semicolon between, and quiet days like "2026-12-24", "2026-12-24..2026-12-27",
// "fri" or "2026-11-27+14" (every fourteen days) with blanks between. What cannot
// be read holds everything back: nothing that was to be quiet is ever loud by a
// mistake. "3d 09:00-12:00", which says how often and not on which days, is held
// on every day. MendSafe takes what cannot be read out, once the person is there.
func ReadSafe(windows, quiet string) Safe {
	var s Safe
	for part := range strings.SplitSeq(windows, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		w, ok := readSafeWindow(part)
		switch {
		case !ok:
			s.none = true
		case len(s.windows) < mostSafe:
			s.windows = append(s.windows, w)
		}
	}
	for part := range strings.FieldsSeq(quiet) {
		d, ok := readQuietDay(part)
		if !ok || len(s.quiet) == mostSafe {
			s.none = true
			continue
		}
		s.quiet = append(s.quiet, d)
	}
	return s
}

// MendSafe leaves out what ReadSafe cannot read, and the days of a window that is
// held on every day; changed tells whether anything was. What was left out holds
// nothing back any more, so the person has to hear of it.
func MendSafe(windows, quiet string) (mendedWindows, mendedQuiet string, changed bool) {
	var times, days []string
	for part := range strings.SplitSeq(windows, ";") {
		part = strings.TrimSpace(part)
		w, ok := readSafeWindow(part)
		switch {
		case part == "":
		case !ok:
			changed = true
		case w.stepped:
			changed = true
			_, hours, _ := strings.Cut(part, " ")
			times = append(times, strings.TrimSpace(hours))
		default:
			times = append(times, part)
		}
	}
	for part := range strings.FieldsSeq(quiet) {
		if _, ok := readQuietDay(part); !ok {
			changed = true
			continue
		}
		days = append(days, part)
	}
	return strings.Join(times, ";"), strings.Join(days, " "), changed
}

// LastingDays leaves those of the quiet days out that are over on the date of
// now, in its zone, and those that are there twice. What cannot be read stays.
func LastingDays(quiet string, now time.Time) string {
	today := dayNumber(wallOf(now, now.Location()))
	var left []string
	for part := range strings.FieldsSeq(quiet) {
		d, ok := readQuietDay(part)
		over := ok && d.week == 0 && d.step == 0 && d.until < today
		if !over && !slices.Contains(left, part) {
			left = append(left, part)
		}
	}
	return strings.Join(left, " ")
}

func readSafeWindow(text string) (w safeWindow, ok bool) {
	days, hours, found := strings.Cut(text, " ")
	if !found {
		days, hours = "", text
	}
	var err error
	w.stepped = parseStep(days) > 0
	if w.days = everyDay; days != "" && !w.stepped {
		if w.days, err = parseDays(strings.Split(days, ",")); err != nil {
			return w, false
		}
	}
	from, to, found := strings.Cut(strings.TrimSpace(hours), "-")
	if !found {
		return w, false
	}
	if w.from, err = parseClock(from); err != nil {
		return w, false
	}
	w.to, err = parseClock(to)
	return w, err == nil
}

func readQuietDay(text string) (d quietDay, ok bool) {
	if set, err := parseDays(strings.Split(text, ",")); err == nil {
		return quietDay{week: set}, true
	}
	from, until, span := strings.Cut(text, "..")
	from, step, again := strings.Cut(from, "+")
	day, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return d, false
	}
	d.from = dayNumber(day)
	d.until = d.from
	if span {
		if day, err = time.Parse(time.DateOnly, until); err != nil {
			return d, false
		}
		d.until = max(d.from, dayNumber(day))
	}
	if again {
		if d.step = parseStep(step + "d"); d.step == 0 {
			return d, false
		}
	}
	return d, true
}

// On tells whether t, in the person's zone, is a safe time.
func (s Safe) On(t time.Time) bool {
	wall := wallOf(t, t.Location())
	if s.none || s.quietOn(wall) {
		return false
	}
	if len(s.windows) == 0 {
		return true
	}
	now := wall.Hour()*60 + wall.Minute()
	for _, w := range s.windows {
		today, before := w.days.has(wall.Weekday()), w.days.has(wall.AddDate(0, 0, -1).Weekday())
		switch {
		case w.from < w.to && today && now >= w.from && now < w.to,
			w.from >= w.to && today && now >= w.from,
			w.from >= w.to && before && now < w.to:
			return true
		}
	}
	return false
}

func (s Safe) quietOn(wall time.Time) bool {
	n := dayNumber(wall)
	for _, d := range s.quiet {
		if d.week != 0 {
			if d.week.has(wall.Weekday()) {
				return true
			}
			continue
		}
		switch {
		case d.step > 0 && n >= d.from && (n-d.from)%d.step <= d.until-d.from,
			n >= d.from && n <= d.until:
			return true
		}
	}
	return false
}

// safeLook is how far Until looks, and in which steps: windows are of minutes.
const safeLook = 24 * time.Hour

// Until is when the safe time at t ends, at the latest a day after t: what is on
// its way then comes no more. Where t is not safe it is t.
func (s Safe) Until(t time.Time) time.Time {
	if len(s.windows) == 0 && len(s.quiet) == 0 && !s.none {
		return t.Add(safeLook)
	}
	end := t
	for end.Sub(t) < safeLook && s.On(end) {
		end = end.Truncate(time.Minute).Add(time.Minute)
	}
	return end
}
