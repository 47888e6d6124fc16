package schedule

import (
	_ "embed"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed zones.txt
var zoneTable string

//go:embed cities.txt
var cityTable string

//go:embed countries.txt
var countryTable string

// rows calls fn with the fields of each line until it returns false.
func rows(table string, fn func(fields []string) bool) {
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if !fn(strings.Split(strings.TrimSuffix(line, "\n"), "\t")) {
			return
		}
	}
}

// ReadZone reads a time zone that a person typed: an IANA name in any case, its
// last part, a large city, a country that has one time only, or several of them
// that agree ("Berlin, Germany"). value is the IANA name; echo adds the time
// there at now, which shows a mistake at once. Offsets ("UTC+2") and
// abbreviations ("CET", "EST", "BST") are refused, since they do not follow the
// clocks of a place; so is a country with several times and any name that could
// mean two zones. "UTC" alone is taken as it is.
func ReadZone(text string, now time.Time) (value, echo string, ok bool) {
	if len(text) > maxTyped {
		return "", "", false
	}
	name, ok := findZone(plain(text), strings.TrimSpace(text))
	if !ok {
		return "", "", false
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return "", "", false
	}
	if now.IsZero() {
		return name, name, true
	}
	return name, name + ", where it is " + now.In(loc).Format("15:04") + " now", true
}

// findZone tries the whole text first and its parts at a comma then.
func findZone(name, raw string) (string, bool) {
	if strings.ContainsAny(name, "0123456789") || name == "" {
		return "", false
	}
	for _, n := range []string{
		name,
		strip(name, []string{"in the", "the", "in", "near", "i am in", "im in", "i live in", "we live in", "i live near"}, []string{"time", "time zone", "timezone", "please"}),
	} {
		if z, ok := zoneNamed(n); ok {
			return z, true
		}
		if c, ok := countryNamed(n); ok && c.zone != "-" {
			return c.zone, true
		}
	}
	city, country, found := strings.Cut(raw, ",")
	if !found {
		return "", false
	}
	z, ok := findZone(plain(city), city)
	c, known := countryNamed(plain(country))
	if !ok || !known || zoneCountry(z) != c.code {
		return "", false
	}
	return z, true
}

// zoneNamed looks a name up among zones, their older names, their last parts
// and the cities. False when nothing fits or two zones do.
func zoneNamed(name string) (string, bool) {
	if name == "utc" {
		return "UTC", true
	}
	whole, last, twice := "", "", false
	rows(zoneTable, func(f []string) bool {
		for i, n := range append([]string{f[1]}, strings.Split(f[2], ",")...) {
			switch {
			case n == "":
			case plain(n) == name:
				whole = f[1]
				// A proper name beats an older one of another zone.
				return i > 0
			case plain(n[strings.LastIndexByte(n, '/')+1:]) == name:
				twice = twice || (last != "" && last != f[1])
				last = f[1]
			}
		}
		return true
	})
	if whole != "" {
		return whole, true
	}
	rows(cityTable, func(f []string) bool {
		for _, n := range strings.Split(f[1], ",") {
			if n == name {
				twice = twice || (last != "" && last != f[0])
				last = f[0]
			}
		}
		return true
	})
	return last, last != "" && !twice
}

func zoneCountry(zone string) (code string) {
	rows(zoneTable, func(f []string) bool {
		if f[1] == zone {
			code = f[0]
		}
		return code == ""
	})
	return code
}

// ReadCountry reads a country that a person typed: its English name, a usual
// other name ("england", "usa"), or its two-letter code. value is the ISO 3166-1
// alpha-2 code, echo the English name. Small words that are codes too ("no",
// "it", "me") are taken as codes in capitals only, "no" never. A name that could
// mean two countries is not ok. now is not used yet.
func ReadCountry(text string, _ time.Time) (value, echo string, ok bool) {
	if len(text) > maxTyped {
		return "", "", false
	}
	raw := strings.Trim(strings.TrimSpace(text), ".!")
	name := plain(text)
	c, ok := countryNamed(name)
	if !ok {
		name = strip(name, []string{
			"in the", "in", "i am in the", "i am in", "im in the", "im in", "i live in the", "i live in",
			"we live in the", "we live in", "the", "country",
		}, []string{"please"})
		c, ok = countryNamed(name)
	}
	if !ok {
		c, ok = countryCoded(raw)
	}
	if !ok {
		return "", "", false
	}
	echo = c.name
	if c.code == "GE" {
		echo = "Georgia (the country, not the US state)"
	}
	return c.code, echo, true
}

type country struct{ code, name, zone string }

func countryNamed(name string) (c country, ok bool) {
	switch name { // typed with points
	case "":
		return c, false
	case "u k":
		name = "uk"
	case "u s", "u s a":
		name = "usa"
	}
	rows(countryTable, func(f []string) bool {
		if like := f[1][0]|0x20 == name[0] || f[1][0] >= utf8.RuneSelf; like { // folding all of them is slow
			ok = plain(f[1]) == name
		}
		if !ok && strings.Contains(f[3], name) {
			ok = slices.Contains(strings.Split(f[3], ","), name)
		}
		if ok {
			c = country{code: f[0], name: f[1], zone: f[2]}
		}
		return !ok
	})
	return c, ok
}

func countryCoded(raw string) (c country, ok bool) {
	switch raw {
	case "am", "as", "at", "be", "by", "do", "ga", "id", "in", "is", "it", "la", "ma", "me", "my", "pa", "pm", "so", "to", "no", "NO", "No", "nO", "PM", "AM":
		return c, false
	}
	code := strings.ToUpper(raw)
	if code != raw && strings.ToLower(raw) != raw {
		return c, false // "At", "In" at the beginning of a sentence
	}
	rows(countryTable, func(f []string) bool {
		if ok = f[0] == code; ok {
			c = country{code: f[0], name: f[1], zone: f[2]}
		}
		return !ok
	})
	return c, ok
}
