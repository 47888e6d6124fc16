package lines

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// usualLimit is how many entries one answer shows.
const usualLimit = 3

// Pick chooses lines for a country (ISO 3166-1 alpha-2, "" when it is not known)
// and a need: a kind, or "" for the usual three (one dv, one crisis, emergency).
// Every need but "emergency" ends with the emergency line where upTo leaves room
// for it; upTo of zero or less means three. Lines that are open come before
// those whose hours are not known and those that are closed, lines for
// everybody before lines for some. A need that the country has no line for
// falls back to a kindred one. Where there is nothing to show, the answer is a
// directory, with the asked country in its Country. Lines that nobody confirmed,
// and those checked more than a year before now, are never picked.
func (d *Directory) Pick(country, need string, now time.Time, upTo int) []Line {
	if upTo <= 0 {
		upTo = usualLimit
	}
	country = strings.ToUpper(strings.TrimSpace(country))
	urgent := d.of(country, KindEmergency, now)
	var out []Line
	switch need {
	case KindEmergency:
		out = first(urgent, upTo)
	case "":
		out = append(first(d.of(country, KindDV, now), 1), first(d.of(country, KindCrisis, now), 1)...)
		out = append(first(out, upTo), first(urgent, 1)...)
	default:
		found := d.of(country, need, now)
		for _, other := range kindred(need) {
			if len(found) > 0 {
				break
			}
			found = d.of(country, other, now)
		}
		room := upTo
		if len(urgent) > 0 && upTo > 1 {
			room--
		}
		out = append(first(found, room), first(urgent, 1)...)
	}
	out = first(out, upTo)
	if len(out) > 0 {
		return out
	}
	out = first(d.of(Anywhere, KindDirectory, now), 1)
	for i := range out {
		out[i].Country = country
	}
	return out
}

// kindred names the kinds that stand in for one that a country lacks.
func kindred(need string) []string {
	switch need {
	case KindSexual, KindChild:
		return []string{KindDV, KindCrisis}
	case KindDV, KindOwnBehaviour:
		return []string{KindCrisis}
	case KindCrisis:
		return []string{KindDV}
	}
	return []string{KindDV, KindCrisis}
}

// of returns the lines of a kind that may be shown, best first.
func (d *Directory) of(country, kind string, now time.Time) []Line {
	var out []Line
	for _, l := range d.lines {
		if l.Country == country && l.Kind == kind && l.shown(now) {
			out = append(out, l)
		}
	}
	rank := func(l Line) int {
		r := 0
		if l.For != "" {
			r += 8
		}
		if l.Region != "" {
			r += 4
		}
		switch l.at(now) {
		case unknown:
			r++
		case closed:
			r += 2
		}
		return r
	}
	slices.SortStableFunc(out, func(a, b Line) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// at tells whether the line is open at now.
func (l Line) at(now time.Time) state {
	if l.hours.always || !l.hours.known {
		return l.hours.at(now)
	}
	loc, err := time.LoadLocation(l.Zone)
	if err != nil {
		return unknown
	}
	return l.hours.at(now.In(loc))
}

// first returns a copy of at most n lines.
func first(ls []Line, n int) []Line {
	return slices.Clone(ls[:min(n, len(ls))])
}
