package lines

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// limit is how many entries one answer shows at most: who has to choose from
// more, chooses none.
const limit = 3

// Pick chooses lines for a country (ISO 3166-1 alpha-2, "" when it is not known)
// and a need: a kind, or "" for the usual three (one dv, one crisis, emergency).
// NeedDanger is the usual three with the emergency line first, NeedMore what those
// leave out; every other need but "emergency" ends with the emergency line where
// upTo leaves room for it. upTo of zero or less, or of more than three, means
// three. Lines that are open come before those whose hours are not known and those that are
// closed, lines of the whole country before those of a part, lines for everybody
// before lines for some; a line for women counts as one for everybody unless
// another is as good.
//
// A need that the country has no line for falls back to one line of a kindred
// kind, and a directory follows, as the sign that it is not quite what was asked
// for. Where there is nothing at all to show, the answer is a directory alone.
// Both have the asked country in their Country. Lines that nobody confirmed, and
// those checked more than a year before now, are never picked.
func (d *Directory) Pick(country, need string, now time.Time, upTo int) []Line {
	if upTo <= 0 || upTo > limit {
		upTo = limit
	}
	country = strings.ToUpper(strings.TrimSpace(country))
	urgent := d.of(country, KindEmergency, now)
	if need == KindEmergency {
		return d.orElsewhere(first(urgent, upTo), country, now)
	}
	if need == NeedMore {
		return d.orElsewhere(first(d.more(country, now), upTo), country, now)
	}
	kind, usual := need, need == "" || need == NeedDanger
	if usual {
		kind = KindDV
	}
	found, exact := d.of(country, kind, now), true
	for _, other := range kindred(kind) {
		if len(found) > 0 {
			break
		}
		found, exact = first(d.of(country, other, now), 1), false
	}
	room := upTo
	if len(urgent) > 0 && upTo > 1 {
		room--
	}
	if usual && exact {
		found = append(first(found, 1), first(d.of(country, KindCrisis, now), 1)...)
	}
	out := append(first(found, room), first(urgent, 1)...)
	if need == NeedDanger {
		out = append(first(urgent, 1), first(found, room)...)
	}
	if !exact {
		out = append(out, d.elsewhere(country, now)...)
	}
	return d.orElsewhere(first(out, upTo), country, now)
}

// more is what the usual three leave out. Where that is more than one answer
// holds, another line leads each day, so that each has its turn.
func (d *Directory) more(country string, now time.Time) []Line {
	usual := d.Pick(country, "", now, limit)
	var some, others []Line
	for _, kind := range []string{KindDV, KindCrisis} {
		for _, l := range d.of(country, kind, now) {
			switch {
			case slices.ContainsFunc(usual, func(u Line) bool { return u.ID == l.ID }):
			case l.For != "" || l.Region != "":
				some = append(some, l)
			default:
				others = append(others, l)
			}
		}
	}
	if len(some) > limit {
		day := int(now.Unix()/(24*60*60)) % len(some)
		some = append(slices.Clone(some[day:]), some[:day]...)
	}
	return append(some, others...)
}

// orElsewhere is found, or a directory where that is empty.
func (d *Directory) orElsewhere(found []Line, country string, now time.Time) []Line {
	if len(found) > 0 {
		return found
	}
	return d.elsewhere(country, now)
}

// elsewhere is one directory of lines, the country's own if it has one.
func (d *Directory) elsewhere(country string, now time.Time) []Line {
	out := first(append(d.of(country, KindDirectory, now), d.of(Anywhere, KindDirectory, now)...), 1)
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
	for _, l := range d.all() {
		if l.Country == country && l.Kind == kind && l.Shown(now) {
			out = append(out, l)
		}
	}
	rank := func(l Line) int {
		r := 0
		switch {
		case strings.HasPrefix(l.For, "women"): // the main line of many countries
			r++
		case l.For != "":
			r += 16
		}
		if l.Region != "" {
			r += 8
		}
		switch l.at(now) {
		case unknown:
			r += 2
		case closed:
			r += 4
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
	return l.hours.at(now.In(l.place))
}

// first returns a copy of at most n lines.
func first(ls []Line, n int) []Line {
	return slices.Clone(ls[:min(n, len(ls))])
}
