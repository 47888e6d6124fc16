package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Plan is a time on the wall without a zone, once or repeating, to the minute or
// somewhere inside a window. The zero Plan never comes due.
type Plan struct {
	text   string
	spec   cron.Schedule // what the clock on the wall shows, written as UTC
	width  int           // minutes of the window that begins there; 0: none
	step   int           // it comes every so many dates; 0: on each that spec names
	from   time.Time     // midnight UTC of a date on which it comes, if step > 0
	often  bool          // it may come more than once a date
	moment time.Time     // the one instant at which it comes, whatever the zone
}

// Words of the text of a plan.
const (
	onceMark   = "once "
	momentMark = "moment "
	widthMark  = " for "
	stepMark   = " each "
)

// Bounds of a plan.
const (
	// LongestWindow keeps the drawn minutes of two dates apart, and in order.
	LongestWindow = 12 * time.Hour
	// LongestStep is the most days from one to the next.
	LongestStep = 31
	// horizon is how far Find looks ahead.
	horizon = 5
)

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
	fields := strings.Fields(text)
	p := Plan{text: strings.Join(fields, " "), spec: spec}
	minute, err1 := strconv.Atoi(fields[0])
	hour, err2 := strconv.Atoi(fields[1])
	if p.often = err1 != nil || err2 != nil; !p.often {
		if set, ok := readWeekdays(fields[2:]); ok {
			p.spec = onDays{time.Duration(hour*60+minute) * time.Minute, set}
		}
	}
	return p, nil
}

// readWeekdays reads the last three fields of cron text if they name days of the
// week by number and nothing else.
func readWeekdays(fields []string) (daySet, bool) {
	if fields[0] != "*" || fields[1] != "*" {
		return 0, false
	}
	if fields[2] == "*" {
		return everyDay, true
	}
	var set daySet
	for day := range strings.SplitSeq(fields[2], ",") {
		n, err := strconv.Atoi(day)
		if err != nil || n < 0 || n > 6 {
			return 0, false
		}
		set |= 1 << n
	}
	return set, true
}

// onDays is what most plans are: one time of day on some days of the week. It
// gives what the matcher of cron text gives, and many times as fast.
type onDays struct {
	clock time.Duration
	days  daySet
}

// Next is part of cron.Schedule.
func (o onDays) Next(after time.Time) time.Time {
	const day = 24 * time.Hour
	wall := after.Truncate(day).Add(o.clock)
	for !wall.After(after) || !o.days.has(wall.Weekday()) {
		wall = wall.Add(day)
	}
	return wall
}

// Daily plans one time of day, or a window, on all days or on some. when is
// "21:00", "18:00-20:00" or either with days before it: "mon,tue 08:00". A day is
// "mon" to "sun"; "2d" alone means every other day, and so on. Days in when win
// over the days argument, and no days at all means every day. A plan of every
// other day wants Anchored.
func Daily(when string, days []string) (Plan, error) {
	clock := strings.TrimSpace(when)
	if front, back, found := strings.Cut(clock, " "); found {
		clock = strings.TrimSpace(back)
		days = strings.Split(front, ",")
	}
	minutes, width, err := parseWindow(clock)
	if err != nil {
		return Plan{}, err
	}
	set, step := everyDay, 0
	if len(days) == 1 {
		step = parseStep(days[0])
	}
	if step == 0 {
		if set, err = parseDays(days); err != nil {
			return Plan{}, err
		}
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
	p, err := Cron(fmt.Sprintf("%d %d * * %s", minutes%60, minutes/60, field))
	if err != nil {
		return Plan{}, err
	}
	p.width = width
	if step > 1 {
		p.step, p.from = step, time.Unix(0, 0).UTC()
	}
	return p.written(), nil
}

// written gives the plan the text that says all of it.
func (p Plan) written() Plan {
	text, _, _ := strings.Cut(p.text, widthMark)
	text, _, _ = strings.Cut(text, stepMark)
	if p.width > 0 {
		text += widthMark + strconv.Itoa(p.width) + "m"
	}
	if p.step > 0 {
		text += stepMark + strconv.Itoa(p.step) + "d " + p.from.Format(time.DateOnly)
	}
	p.text = text
	return p
}

// Anchored makes a plan of every so many days begin with the first date on which
// it could come: w says from when. Other plans stay as they are.
func (p Plan) Anchored(w Want) Plan {
	if p.step == 0 {
		return p
	}
	each := p
	each.step = 0
	if first, ok := each.Find(w); ok {
		if day, err := time.Parse(time.DateOnly, first.Key); err == nil {
			p.from = day
		}
	}
	return p.written()
}

// ReadPlan reads what Plan.String wrote, or cron text.
func ReadPlan(text string) (Plan, error) {
	if at, ok := strings.CutPrefix(text, momentMark); ok {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return Plan{}, errDate
		}
		return Moment(t), nil
	}
	text, each, _ := strings.Cut(text, stepMark)
	text, width, _ := strings.Cut(text, widthMark)
	var p Plan
	var err error
	if rest, ok := strings.CutPrefix(text, onceMark); ok {
		date, clock, _ := strings.Cut(rest, " ")
		p, err = Once(date, clock)
	} else {
		p, err = Cron(text)
	}
	if err != nil {
		return Plan{}, err
	}
	if width != "" {
		p.width, err = strconv.Atoi(strings.TrimSuffix(width, "m"))
		if err != nil || p.width < 0 || p.width > int(LongestWindow/time.Minute) {
			return Plan{}, errClock
		}
	}
	if each != "" {
		step, day, _ := strings.Cut(each, " ")
		if p.step = parseStep(step); p.step == 0 {
			return Plan{}, errDay
		}
		if p.from, err = time.Parse(time.DateOnly, day); err != nil {
			return Plan{}, errDate
		}
	}
	return p.written(), nil
}

// String returns the text that ReadPlan reads.
func (p Plan) String() string { return p.text }

// Once tells whether the plan comes one time and is over then.
func (p Plan) Once() bool {
	_, dated := p.spec.(once)
	return dated || !p.moment.IsZero()
}

// Gap returns the fewest days from one occurrence to the next: 1 for a daily
// plan, and for one that comes several times a day; 0 for one that comes once.
func (p Plan) Gap() int {
	switch {
	case p.spec == nil || p.Once():
		return 0
	case p.often:
		return 1
	}
	const looks = 60 // dates of a plan: a year of weekly ones
	least := 0
	for i, wall := 0, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); i < looks; i++ {
		next := p.spec.Next(wall)
		if next.IsZero() {
			break
		}
		if days := dayNumber(next) - dayNumber(wall); i > 0 && (least == 0 || days < least) {
			least = days
		}
		wall = next
	}
	return max(least, p.step, 1)
}

func dayNumber(wall time.Time) int { return int(wall.Unix() / (24 * 60 * 60)) }

// parseStep reads "2d"; 0: it is none.
func parseStep(s string) int {
	days, ok := strings.CutSuffix(strings.TrimSpace(s), "d")
	n, err := strconv.Atoi(days)
	if !ok || err != nil || n < 1 || n > LongestStep {
		return 0
	}
	return n
}

// parseWindow reads "HH:MM" or "HH:MM-HH:MM" and returns minutes since midnight
// and how long the window is. One that ends before it begins passes midnight.
func parseWindow(text string) (minutes, width int, err error) {
	from, to, window := strings.Cut(text, "-")
	if minutes, err = parseClock(from); err != nil || !window {
		return minutes, 0, err
	}
	end, err := parseClock(to)
	if err != nil {
		return 0, 0, err
	}
	width = (end - minutes + 24*60) % (24 * 60)
	if width == 0 || width > int(LongestWindow/time.Minute) {
		return 0, 0, errWindow
	}
	return minutes, width, nil
}
