package schedule

import (
	"fmt"
	"time"
)

// QuietHours is the part of the day in which nothing comes unasked, as "HH:MM"
// on the person's wall clock. To may be smaller than From: the night is one
// span. The zero value, and equal ends, mean no quiet hours.
type QuietHours struct{ From, To string }

// Check tells whether both ends can be read.
func (q QuietHours) Check() error {
	if q == (QuietHours{}) {
		return nil
	}
	for _, end := range []string{q.From, q.To} {
		if _, err := parseClock(end); err != nil {
			return fmt.Errorf("quiet hours: %w", err)
		}
	}
	return nil
}

// Until tells whether t falls into the quiet hours, and when they end. t must be
// in the person's zone. Hours that cannot be read are no quiet hours: see Check.
func (q QuietHours) Until(t time.Time) (end time.Time, quiet bool) {
	if q.Check() != nil || q.From == q.To {
		return time.Time{}, false
	}
	from, _ := parseClock(q.From)
	to, _ := parseClock(q.To)
	wall := wallOf(t, t.Location())
	now := wall.Hour()*60 + wall.Minute()
	day := wall.Day()
	switch {
	case from < to && (now < from || now >= to):
		return time.Time{}, false
	case from > to && now >= to && now < from:
		return time.Time{}, false
	case from > to && now >= from:
		day++
	}
	stop := time.Date(wall.Year(), wall.Month(), day, to/60, to%60, 0, 0, time.UTC)
	end, ok := onWall(stop, t.Location())
	if !ok || !end.After(t) {
		// The second pass of a repeated hour: count on from here.
		end = t.Add(stop.Sub(wall))
	}
	return end, true
}

// Fresh tells whether something due at due may still be sent at now. A freshFor
// of zero or less sets no limit.
func Fresh(due, now time.Time, freshFor time.Duration) bool {
	return freshFor <= 0 || now.Sub(due) <= freshFor
}

const (
	backoffFirst = time.Second
	backoffLast  = 15 * time.Minute
)

// Backoff returns how long to wait after the given number of failures in a row:
// one second after the first (and for 0), doubling up to fifteen minutes, each
// moved by up to a fifth either way. The same attempt and seed give the same
// answer; the seed keeps many lanes from coming back at the same moment.
func Backoff(attempt int, seed uint64) time.Duration {
	wait := backoffFirst
	for i := 1; i < attempt && wait < backoffLast; i++ {
		wait *= 2
	}
	wait = min(wait, backoffLast)
	part := mix(seed+uint64(max(attempt, 0))) % 4001 // 0..4000, in ten-thousandths
	return wait*8/10 + wait*time.Duration(part)/10000
}

// mix spreads the bits of x (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
