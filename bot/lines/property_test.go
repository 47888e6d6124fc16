package lines

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPickKeepsItsPromises asks for every country, need, number of entries and
// age of the records.
func TestPickKeepsItsPromises(t *testing.T) {
	t.Parallel()
	d := shipped(t)
	countries := []string{"", "AD", "zz", "EU", "XX"}
	for _, l := range d.All("") {
		if !slices.Contains(countries, l.Country) {
			countries = append(countries, l.Country)
		}
	}
	var moments []time.Time
	for _, days := range []int{0, 362, 2000} {
		for h := range 7 * 2 {
			moments = append(moments, today.AddDate(0, 0, days).Add(time.Duration(h)*12*time.Hour))
		}
	}
	needs := []string{"", KindDV, KindCrisis, KindEmergency, KindSexual, KindChild, KindOwnBehaviour, "plumbing"}
	for _, country := range countries {
		urgent := slices.ContainsFunc(d.All(country), func(l Line) bool {
			return country != "" && l.Kind == KindEmergency && l.Confirmed()
		})
		for _, need := range needs {
			for _, now := range moments {
				for _, upTo := range []int{0, 1, 2, 50} {
					got := d.Pick(country, need, now, upTo)
					if why := broken(got, country, need, now, upTo, urgent); why != "" {
						t.Fatalf("Pick(%q, %q, %s, %d): %s: %s", country, need, now, upTo, why, ids(got))
					}
				}
			}
		}
	}
}

// broken tells which promise an answer breaks.
func broken(got []Line, country, need string, now time.Time, upTo int, urgent bool) string {
	kinds := map[string]int{}
	for _, l := range got {
		kinds[l.Kind]++
		old := now.Sub(day(l.CheckedOn)) > 365*24*time.Hour
		switch {
		case !l.Confirmed():
			return "not confirmed: " + l.ID
		case old && l.Kind != KindEmergency && l.Kind != KindDirectory:
			return "too old: " + l.ID
		case l.Kind != KindDirectory && l.Country != strings.ToUpper(country):
			return "of another country: " + l.ID
		}
	}
	switch {
	case len(got) == 0:
		return "nothing"
	case len(got) > 3 || upTo > 0 && len(got) > upTo:
		return "too many"
	case urgent && kinds[KindEmergency] == 0 && (upTo != 1 || need == KindEmergency):
		return "no emergency number"
	case need == "" && upTo != 1 && upTo != 2 && kinds[KindDV] == 0 && kinds[KindDirectory] == 0:
		return "silent about having no line for domestic violence"
	}
	return ""
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

// TestNoLineForThis is a country with nothing confirmed for domestic violence.
func TestNoLineForThis(t *testing.T) {
	t.Parallel()
	weak := strings.Replace(record("a", ""), "operator", "unverified", 1)
	urgent := strings.NewReplacer("kind: dv", "kind: emergency", "0800 2222", "112").Replace(record("b", ""))
	page := strings.NewReplacer("kind: dv", "kind: directory", "    phone: 0800 3333\n", "").Replace(record("c", ""))
	d := must(t, weak+urgent+page)
	for _, need := range []string{"", KindDV, KindSexual, KindCrisis} {
		if got := ids(d.Pick("DE", need, today, 0)); got != "de-b de-c" {
			t.Errorf("%q: got %s", need, got)
		}
	}
	got := Render(d.Pick("DE", "dv", today, 0), today, english)
	for _, want := range []string{"Call 112.", "None of these is for exactly this.", "https://example.org"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
}

// TestOpenOverAWeek holds opening hours against a reading of their text that
// knows nothing of weeks in minutes, every five minutes of two weeks, in one of
// which the clock changes.
func TestOpenOverAWeek(t *testing.T) {
	t.Parallel()
	made := must(t, record("a", "hours: fri,sat 22:00-06:00; sun 20:00-02:00")+record("b", "hours: daily 18:00-00:30\nzone: Asia/Kolkata")+
		record("c", "hours: mon-thu 09:00-12:00,13:00-17:00; sat-sun 00:00-24:00\nzone: America/Santiago"))
	seen := 0
	for _, l := range append(shipped(t).All(""), made.All("")...) {
		if !l.hours.known || l.hours.always {
			continue
		}
		seen++
		zone, err := time.LoadLocation(l.Zone)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)
		for now := begin; now.Before(begin.AddDate(0, 0, 14)); now = now.Add(5 * time.Minute) {
			want := closed
			if readAloud(l.Hours, now.In(zone)) {
				want = open
			}
			if got := l.at(now); got != want {
				t.Fatalf("%s, %q at %s: got %d, want %d", l.ID, l.Hours, now.In(zone), got, want)
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d lines with hours", seen)
	}
}

// readAloud tells whether the hours say open: today's spans, and what is left of
// yesterday's.
func readAloud(hours string, now time.Time) bool {
	clock := now.Format("15:04")
	today := strings.ToLower(now.Weekday().String()[:3])
	yesterday := strings.ToLower(((now.Weekday() + 6) % 7).String()[:3])
	for part := range strings.SplitSeq(hours, "; ") {
		days, spans, _ := strings.Cut(part, " ")
		for span := range strings.SplitSeq(spans, ",") {
			from, to, ok := strings.Cut(strings.TrimSpace(span), "-")
			switch {
			case !ok:
			case to > from && named(days, today) && clock >= from && clock < to,
				to <= from && named(days, today) && clock >= from,
				to <= from && named(days, yesterday) && clock < to:
				return true
			}
		}
	}
	return false
}

func named(days, day string) bool {
	const week = "mon tue wed thu fri sat sun mon tue wed thu fri sat sun"
	for item := range strings.SplitSeq(days, ",") {
		from, to, span := strings.Cut(item, "-")
		if item == "daily" || item == day {
			return true
		}
		if span {
			rest := week[strings.Index(week, from):]
			if strings.Contains(rest[:strings.Index(rest, to)+3], day) {
				return true
			}
		}
	}
	return false
}
