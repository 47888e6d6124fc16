package schedule

import (
	"hash/fnv"
	"time"
)

// Want is what Find looks for.
type Want struct {
	After time.Time      // the occurrence comes strictly later
	Loc   *time.Location // the person's zone
	// Seed draws the minute inside a window. The same seed and date give the same
	// minute, so nothing that is done again can move an occurrence.
	Seed uint64
	// Last is the key of what came already, "" for nothing: neither it nor
	// anything of an earlier key comes again.
	Last string
}

// Occurrence is one time at which a plan comes due.
type Occurrence struct {
	At time.Time
	// Key names the occurrence: the local date as planned, "2026-05-03", or the
	// minute where a plan comes several times a day, "2026-05-03T09:00". Keys
	// grow with time, and none of a plan comes twice.
	Key string
}

const minuteKey = "2006-01-02T15:04"

// Next is Find without a seed and without a past.
func (p Plan) Next(after time.Time, loc *time.Location) (time.Time, bool) {
	o, ok := p.Find(Want{After: after, Loc: loc})
	return o.At, ok
}

// Find returns the first occurrence after w.After on the wall clock of w.Loc. A
// wall time inside a gap (clocks going forward) becomes the first valid minute
// after it; a wall time that comes twice (clocks going back) fires the first
// time only; a date that a zone leaves out altogether is skipped. False means
// that there is none within five years.
func (p Plan) Find(w Want) (Occurrence, bool) {
	if !p.moment.IsZero() {
		o := Occurrence{p.moment, p.moment.UTC().Format(time.RFC3339)}
		return o, p.moment.After(w.After) && !Came(o.Key, w.Last)
	}
	if p.spec == nil || w.Loc == nil {
		return Occurrence{}, false
	}
	// Every wall time up to that of After maps to an instant that is not after
	// it, so the search may start there, or a window before. In a repeated hour
	// the wall times ahead can lie in the past: those are passed over.
	wall := wallOf(w.After, w.Loc)
	end := wall.AddDate(horizon, 0, 0)
	for wall = wall.Add(-time.Duration(p.width) * time.Minute); ; {
		wall = p.spec.Next(wall)
		if wall.IsZero() || wall.After(end) {
			return Occurrence{}, false
		}
		if p.step > 0 && (dayNumber(wall)-dayNumber(p.from))%p.step != 0 {
			continue
		}
		key := p.key(wall)
		if Came(key, w.Last) {
			continue
		}
		at, ok := onWall(wall.Add(p.drawn(key, w.Seed)), w.Loc)
		if ok && at.After(w.After) {
			return Occurrence{at, key}, true
		}
	}
}

// Came tells whether an occurrence with this key is over when the last one that
// came has the key last. Of a date and a minute of that date, either is over
// with the other.
func Came(key, last string) bool {
	n := min(len(key), len(last))
	return n > 0 && key[:n] <= last[:n]
}

// Today is the key of the local date at t.
func Today(t time.Time, loc *time.Location) string { return t.In(loc).Format(time.DateOnly) }

func (p Plan) key(wall time.Time) string {
	if p.often {
		return wall.Format(minuteKey)
	}
	return wall.Format(time.DateOnly)
}

// drawn is how far into its window an occurrence comes, in whole minutes.
func (p Plan) drawn(key string, seed uint64) time.Duration {
	if p.width == 0 {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(key))
	return time.Duration(mix(seed^mix(h.Sum64()))%uint64(p.width)) * time.Minute
}
