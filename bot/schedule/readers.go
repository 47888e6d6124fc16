package schedule

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Readers gives the readers of what people type, by name: time, window, part,
// days, date, past_date, span, hours, zone and country; safe_times and quiet_days
// say what ReadSafe reads. lang is a BCP 47 tag.
// What is typed is read in that language, else in English, else in any other
// that there is; what was understood is said back in lang, or in English where
// there are no words of it. The value is the same in every language, and a value
// is read as itself. It panics when a file of the languages is broken, which the
// tests rule out.
func Readers() map[string]sayer {
	all, err := tongues()
	if err != nil {
		panic("schedule: " + err.Error())
	}
	out := map[string]sayer{}
	for name, read := range map[string]func(string, time.Time) (string, string, bool){
		"time": ReadTime, "window": ReadWindow, "part": ReadPart, "days": ReadDays, "date": ReadDate,
		"past_date": ReadPastDate, "span": ReadSpan, "hours": ReadHours, "zone": ReadZone, "country": ReadCountry,
	} {
		out[name] = func(text, lang string, now time.Time) (value, echo string, ok bool) {
			own := all[spoken(lang)]
			for _, t := range order(all, own) {
				if value, echo, ok = t.read(name, text, now, read); ok {
					break
				}
			}
			if ok && own != nil {
				echo = own.echo(name, value, now)
			}
			return value, echo, ok
		}
	}
	out["safe_times"], out["quiet_days"] = safeSayers(all, out)
	return out
}

// ShortDate writes a day and its month in a language, a BCP 47 tag: "3 May", in
// Spanish "3 may". It panics where Readers does.
func ShortDate(lang string) func(time.Time) string {
	all, err := tongues()
	if err != nil {
		panic("schedule: " + err.Error())
	}
	t := all[spoken(lang)]
	return func(at time.Time) string {
		if t == nil {
			return at.Format("2 Jan")
		}
		month := []rune(t.say[fmt.Sprint("month ", int(at.Month()))])
		return fmt.Sprint(at.Day(), " ", string(month[:min(3, len(month))]))
	}
}

// spoken is the language of a tag: "es" of "es-MX".
func spoken(tag string) string {
	lang, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return lang
}

// order is in which languages a text is tried: the person's, English (nil), the
// others by name.
func order(all map[string]*tongue, own *tongue) []*tongue {
	out := []*tongue{nil}
	if own != nil {
		out = []*tongue{own, nil}
	}
	for _, tag := range sortedKeys(all) {
		if all[tag] != own {
			out = append(out, all[tag])
		}
	}
	return out
}

func sortedKeys(all map[string]*tongue) []string {
	var tags []string
	for tag := range all {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}

// read reads a text in a language, nil for English.
func (t *tongue) read(name, text string, now time.Time, english func(string, time.Time) (string, string, bool)) (value, echo string, ok bool) {
	switch {
	case t == nil:
		return english(text, now)
	case len(text) > maxTyped:
		return "", "", false
	case name == "zone":
		where := t.place(text)
		if zone := t.cities[where]; zone != "" {
			return ReadZone(zone, now)
		}
		if code := t.countries[where]; code != "" {
			return ReadZone(countryName(code), now)
		}
		return ReadZone(where, now)
	case name == "country":
		if code := cmp.Or(t.countries[plain(text)], t.countries[t.place(text)]); code != "" {
			return ReadCountry(countryName(code), now)
		}
		return "", "", false
	}
	return english(t.english(text), now)
}

// countryName is the English name of a country.
func countryName(code string) (name string) {
	rows(countryTable, func(f []string) bool {
		if f[0] == code {
			name = f[1]
		}
		return name == ""
	})
	return name
}

// echo says a value in the language.
func (t *tongue) echo(name, value string, now time.Time) string {
	switch name {
	case "zone":
		return t.echoZone(value, now)
	case "country":
		return t.names[value]
	case "date", "past_date":
		return t.echoDate(value)
	case "span":
		return t.echoSpan(value)
	case "hours":
		return t.between("hours", value)
	case "days":
		return t.echoDays(value)
	}
	days, at, both := strings.Cut(value, " ")
	if !both {
		days, at = "", value
	}
	said := ""
	if days != "" {
		said = t.echoDays(days)
	}
	switch {
	case strings.Contains(at, "-") && both:
		return t.fill("window days", "days", said, "window", t.between("window", at))
	case strings.Contains(at, "-"):
		return t.between("window", at)
	case both:
		return t.fill(oneOClock("at", at), "days", said, "time", at)
	}
	return at
}

// fill puts values into something said: name, value, name, value.
func (t *tongue) fill(key string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(t.say[key])
}

// oneOClock is the key for a time between one and two, of which some languages
// speak in another form.
func oneOClock(key, at string) string {
	if strings.HasPrefix(at, "01:") {
		return key + " 1"
	}
	return key
}

// between says two times of day.
func (t *tongue) between(key, value string) string {
	from, to, _ := strings.Cut(value, "-")
	return t.fill(key, "from", from, "to", to)
}

// echoDays says days as they are stored.
func (t *tongue) echoDays(value string) string {
	switch step := parseStep(value); step {
	case 0:
	case 2:
		return t.say["other day"]
	default:
		return t.fill("days step", "n", strconv.Itoa(step))
	}
	set, err := parseDays(strings.Split(value, ","))
	if err != nil {
		return value
	}
	switch set {
	case everyDay:
		return t.say["every day"]
	case weekdays:
		return t.say["workdays"]
	}
	var out []string
	for i := range 7 {
		if d := nth(i); set.has(d) {
			out = append(out, t.day(d))
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	last := len(out) - 1
	return t.fill("list", "list", strings.Join(out[:last], ", "), "last", out[last])
}

// day is the name of a day of the week.
func (t *tongue) day(d time.Weekday) string { return t.say[strings.ToLower(d.String()[:3])] }

func (t *tongue) echoDate(value string) string {
	at, err := time.Parse(dateValue, value)
	if err != nil {
		return value
	}
	return t.fill("date", "weekday", t.day(at.Weekday()), "day", strconv.Itoa(at.Day()),
		"month", t.say[fmt.Sprint("month ", int(at.Month()))], "year", strconv.Itoa(at.Year()))
}

func (t *tongue) echoSpan(value string) string {
	n, unit := value[:len(value)-1], value[len(value)-1:]
	key := map[string]string{"m": "minutes", "h": "hours many", "d": "days many"}[unit]
	if n == "1" {
		key = map[string]string{"m": "minute", "h": "hour", "d": "day"}[unit]
	}
	return t.fill(key, "n", n)
}

func (t *tongue) echoZone(value string, now time.Time) string {
	loc, err := time.LoadLocation(value)
	if err != nil || now.IsZero() {
		return value
	}
	at := now.In(loc).Format("15:04")
	return t.fill(oneOClock("zone", at), "zone", value, "time", at)
}
