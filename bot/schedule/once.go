package schedule

import (
	"errors"
	"strings"
	"time"
)

// errDate does not repeat what it could not read: a person may have typed it.
var errDate = errors.New("date is not YYYY-MM-DD")

// onceMark begins the text of a plan for one date.
const onceMark = "once "

// Once plans one time of day on one date: date is "2026-05-03", clock "18:00".
func Once(date, clock string) (Plan, error) {
	minutes, err := parseClock(clock)
	if err != nil {
		return Plan{}, err
	}
	day, err := time.Parse(dateValue, date)
	if err != nil {
		return Plan{}, errDate
	}
	return Plan{text: onceMark + date + " " + clock, spec: once{day.Add(time.Duration(minutes) * time.Minute)}}, nil
}

// ReadPlan reads what Plan.String wrote, or cron text.
func ReadPlan(text string) (Plan, error) {
	if rest, ok := strings.CutPrefix(text, onceMark); ok {
		date, clock, _ := strings.Cut(rest, " ")
		return Once(date, clock)
	}
	return Cron(text)
}

// once is one moment on the wall, written as if it were UTC.
type once struct{ wall time.Time }

// Next is part of cron.Schedule: the moment if it is still to come, else zero.
func (o once) Next(after time.Time) time.Time {
	if o.wall.After(after) {
		return o.wall
	}
	return time.Time{}
}
