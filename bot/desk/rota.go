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
		if !s.covers(now, r.Holidays) {
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
		local := now.In(s.Zone)
		for day := range 32 {
			y, m, d := local.AddDate(0, 0, day).Date()
			if !s.begins(time.Date(y, m, d, 12, 0, 0, 0, time.UTC), r.Holidays) {
				continue
			}
			at := time.Date(y, m, d, s.From/60, s.From%60, 0, 0, s.Zone)
			if !at.After(now) {
				continue
			}
			if best.IsZero() || at.Before(best) {
				best = at
			}
			break
		}
	}
	return best, !best.IsZero()
}

// Until is when the last of the shifts that cover now ends, for the words that
// tell staff of a change of shift; zero when nobody is on call.
func (r Rota) Until(now time.Time) time.Time {
	var end time.Time
	for _, s := range r.Shifts {
		if !s.covers(now, r.Holidays) {
			continue
		}
		local := now.In(s.Zone)
		y, m, d := local.Date()
		minute := local.Hour()*60 + local.Minute()
		if s.To <= s.From && minute >= s.From {
			d++
		}
		at := time.Date(y, m, d, s.To/60, s.To%60, 0, 0, s.Zone)
		if at.After(end) {
			end = at
		}
	}
	return end
}

// covers reports whether the shift is on at a moment.
func (s Shift) covers(now time.Time, holidays []string) bool {
	local := now.In(s.Zone)
	y, m, d := local.Date()
	today := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	minute := local.Hour()*60 + local.Minute()
	if s.To > s.From {
		return s.begins(today, holidays) && minute >= s.From && minute < s.To
	}
	return s.begins(today, holidays) && minute >= s.From ||
		s.begins(today.AddDate(0, 0, -1), holidays) && minute < s.To
}

// begins reports whether the shift begins on a date, which is given as noon in
// UTC so that no change of clocks moves it.
func (s Shift) begins(date time.Time, holidays []string) bool {
	return s.Days[date.Weekday()] && (s.Holidays || !slices.Contains(holidays, date.Format(time.DateOnly)))
}
