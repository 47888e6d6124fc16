package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Member is one advocate.
type Member struct {
	ID     StaffID
	Name   string   // how colleagues call them, and the person where names are shown
	Langs  []string // languages they can write, BCP 47
	Skills []string
}

// Shift is a span of the week in which its members are on call. It is read on
// the wall clock of its zone, so that a change of the clocks moves it along.
type Shift struct {
	Who      []StaffID // in the order in which they are asked
	Days     [7]bool   // by time.Weekday: the day on which the shift begins
	From, To int       // minutes after midnight; To at or before From is on the next day
	Zone     *time.Location
	Holidays bool // also on holidays
}

// Rota is who is on call when.
type Rota struct {
	Members  []Member
	Shifts   []Shift
	Holidays []string // dates, 2006-01-02, of the zone of each shift
}

// Check says what is wrong with a rota, each sentence with what to do. The rota
// of a Desk must be without fault.
func (r Rota) Check() []string {
	var bad []string
	seen := map[StaffID]bool{}
	for _, m := range r.Members {
		if seen[m.ID] {
			bad = append(bad, fmt.Sprintf("staff %q stands there twice; keep one", m.Name))
		}
		seen[m.ID] = true
		if m.ID == "" || m.Name == "" {
			bad = append(bad, "a member of staff has no id or no name; give both")
		}
	}
	for i, s := range r.Shifts {
		if len(s.Who) == 0 {
			bad = append(bad, fmt.Sprintf("shift %d has nobody; name who is on call", i+1))
		}
		for _, who := range s.Who {
			if !seen[who] {
				bad = append(bad, fmt.Sprintf("shift %d names somebody who is not in the list of staff; add them there", i+1))
			}
		}
		if s.Days == ([7]bool{}) {
			bad = append(bad, fmt.Sprintf("shift %d has no day; name its days", i+1))
		}
		if s.From < 0 || s.From >= 24*60 || s.To < 0 || s.To > 24*60 {
			bad = append(bad, fmt.Sprintf("shift %d has an hour that no day has; write 00:00 to 24:00", i+1))
		}
		if s.Zone == nil {
			bad = append(bad, fmt.Sprintf("shift %d has no time zone; name one, such as Europe/Berlin", i+1))
		}
	}
	for _, h := range r.Holidays {
		if _, err := time.Parse(time.DateOnly, h); err != nil {
			bad = append(bad, fmt.Sprintf("holiday %q is no date; write it as 2026-12-25", h))
		}
	}
	return bad
}

// Member reports whether somebody is in the list.
func (r Rota) Member(who StaffID) bool {
	return slices.ContainsFunc(r.Members, func(m Member) bool { return m.ID == who })
}

// Name is how somebody is called, or "staff" for an id that is unknown.
func (r Rota) Name(who StaffID) string {
	for _, m := range r.Members {
		if m.ID == who {
			return m.Name
		}
	}
	return "staff"
}

// On is who is on call at a moment, in the order in which they are asked.
func (r Rota) On(now time.Time, away []StaffID) []StaffID {
	var on []StaffID
	for _, s := range r.Shifts {
		if _, is := s.current(now, r.Holidays); !is {
			continue
		}
		for _, who := range s.Who {
			if !slices.Contains(on, who) && !slices.Contains(away, who) {
				on = append(on, who)
			}
		}
	}
	return on
}

// For is who is on call for a case: those who write its language and have its
// skill come first, the others after them, because any human is better than
// none.
func (r Rota) For(now time.Time, lang, skill string, away []StaffID) []StaffID {
	on := r.On(now, away)
	slices.SortStableFunc(on, func(a, b StaffID) int { return r.misfit(a, lang, skill) - r.misfit(b, lang, skill) })
	return on
}

// misfit counts what a member lacks for a case; the language weighs more.
func (r Rota) misfit(who StaffID, lang, skill string) int {
	n := 0
	for _, m := range r.Members {
		if m.ID != who {
			continue
		}
		if lang != "" && len(m.Langs) > 0 && !slices.ContainsFunc(m.Langs, func(l string) bool { return base(l) == base(lang) }) {
			n += 2
		}
		if skill != "" && !slices.Contains(m.Skills, skill) {
			n++
		}
	}
	return n
}

func base(lang string) string {
	b, _, _ := strings.Cut(strings.ToLower(lang), "-")
	return b
}

// Everyone is the whole list but those who are away.
func (r Rota) Everyone(away []StaffID) []StaffID {
	var all []StaffID
	for _, m := range r.Members {
		if !slices.Contains(away, m.ID) {
			all = append(all, m.ID)
		}
	}
	return all
}

// Next is when the next shift begins after now, at most 31 days ahead. It is
// looked for on the wall clock of each shift, a day at a time.
func (r Rota) Next(now time.Time) (time.Time, bool) {
	var best time.Time
	for _, s := range r.Shifts {
		for day := range 32 {
			on, ok := s.on(now, day, r.Holidays)
			if !ok || !on.from.After(now) {
				continue
			}
			if best.IsZero() || on.from.Before(best) {
				best = on.from
			}
			break
		}
	}
	return best, !best.IsZero()
}

// Change is when somebody next comes on call or goes, so that staff are told;
// false when nothing is planned.
func (r Rota) Change(now time.Time) (time.Time, bool) {
	best, ok := r.Next(now)
	for _, s := range r.Shifts {
		if on, is := s.current(now, r.Holidays); is && (!ok || on.to.Before(best)) {
			best, ok = on.to, true
		}
	}
	return best, ok
}

// span is one time that a shift is on: from is in it, to is not.
type span struct{ from, to time.Time }

func (s span) covers(now time.Time) bool { return !now.Before(s.from) && now.Before(s.to) }

// current is the time of the shift that is on at a moment; false when it is not.
func (s Shift) current(now time.Time, holidays []string) (span, bool) {
	for _, day := range []int{-1, 0} {
		if on, ok := s.on(now, day, holidays); ok && on.covers(now) {
			return on, true
		}
	}
	return span{}, false
}

// on is the time of the shift that begins on the day of now in its zone, or as
// many days later; false when none begins then.
//
// An hour that the clock leaves out is its first minute after the gap. Of an hour
// that comes twice a shift begins with the first and ends with the second, so
// that no change of the clocks leaves a gap between two shifts that meet.
func (s Shift) on(now time.Time, day int, holidays []string) (span, bool) {
	y, m, d := now.In(s.Zone).Date()
	date := time.Date(y, m, d+day, 12, 0, 0, 0, time.UTC) // noon, which no change of clocks moves
	if !s.begins(date, holidays) {
		return span{}, false
	}
	end := date
	if s.To <= s.From {
		end = date.AddDate(0, 0, 1)
	}
	from, _ := moments(date, s.From, s.Zone)
	_, to := moments(end, s.To, s.Zone)
	return span{from, to}, true
}

// moments are the first and the last moment at which the clock of a zone shows a
// minute of a date; the same one twice but where the clocks go back. A minute
// that is left out is the first one after the gap.
func moments(date time.Time, minute int, zone *time.Location) (first, last time.Time) {
	y, m, d := date.Date()
	wall := time.Date(y, m, d, 0, minute, 0, 0, time.UTC)
	var found []time.Time
	for _, near := range []time.Time{wall.AddDate(0, 0, -1), wall.AddDate(0, 0, 1)} { // before and after a change
		_, offset := near.In(zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if ay, am, ad := at.Date(); ay == wall.Year() && am == wall.Month() && ad == wall.Day() && at.Hour() == wall.Hour() && at.Minute() == wall.Minute() {
			found = append(found, at)
		}
	}
	if len(found) == 0 { // in a gap: with the old offset it lies behind the change
		_, offset := wall.AddDate(0, 0, -1).In(zone).Zone()
		change, _ := wall.Add(-time.Duration(offset) * time.Second).In(zone).ZoneBounds()
		return change, change
	}
	first, last = found[0], found[len(found)-1]
	if last.Before(first) {
		first, last = last, first
	}
	return first, last
}

// begins reports whether the shift begins on a date, which is given as noon in
// UTC so that no change of clocks moves it.
func (s Shift) begins(date time.Time, holidays []string) bool {
	return s.Days[date.Weekday()] && (s.Holidays || !slices.Contains(holidays, date.Format(time.DateOnly)))
}
