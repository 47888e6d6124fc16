package schedule

import "time"

// Once plans one time of day or window on one date: date is "2026-05-03", clock
// "18:00" or "18:00-20:00".
func Once(date, clock string) (Plan, error) {
	minutes, width, err := parseWindow(clock)
	if err != nil {
		return Plan{}, err
	}
	day, err := time.Parse(dateValue, date)
	if err != nil {
		return Plan{}, errDate
	}
	wall := day.Add(time.Duration(minutes) * time.Minute)
	p := Plan{text: onceMark + wall.Format("2006-01-02 15:04"), spec: once{wall}, width: width}
	return p.written(), nil
}

// Moment plans one instant, which stays when the person moves: "in an hour".
// Parts of a second are dropped.
func Moment(at time.Time) Plan {
	at = at.UTC().Truncate(time.Second)
	return Plan{text: momentMark + at.Format(time.RFC3339), moment: at}
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
