package schedule

import (
	"strings"
	"testing"
	"time"
)

func TestReadTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, value, echo string }{
		{"9pm", "21:00", ""},
		{"9 PM", "21:00", ""},
		{"9 p.m.", "21:00", ""},
		{"9p.m", "21:00", ""},
		{"9p", "21:00", ""},
		{"at 9pm please", "21:00", ""},
		{"around 9pm", "21:00", ""},
		{"９ｐｍ", "21:00", ""},
		{"12am", "00:00", ""},
		{"12pm", "12:00", ""},
		{"12:30 am", "00:30", ""},
		{"21:30", "21:30", ""},
		{"21.30", "21:30", ""},
		{"21.30.", "21:30", ""},
		{"2130", "21:30", ""},
		{"0800", "08:00", ""},
		{"0800 hrs", "08:00", ""},
		{"21h", "21:00", ""},
		{"20h30", "20:30", ""},
		{"20 h 30", "20:30", ""},
		{"9 30", "09:30", ""},
		{"09:05", "09:05", ""},
		{"00:00", "00:00", ""},
		{"24:00", "00:00", ""},
		{"21:30 pm", "21:30", ""},
		{"8", "08:00", ""},
		{"12", "12:00", ""},
		{"eight", "08:00", ""},
		{"half past eight", "08:30", ""},
		{"half eight", "08:30", ""},
		{"half eight in the evening", "20:30", ""},
		{"half past eight tonight", "20:30", ""},
		{"half past twelve", "12:30", ""},
		{"half past midnight", "00:30", ""},
		{"quarter to ten pm", "21:45", ""},
		{"a quarter past 7", "07:15", ""},
		{"quarter to 12 at night", "23:45", ""},
		{"quarter to one in the afternoon", "12:45", ""},
		{"quarter to one at night", "00:45", ""},
		{"ten past nine in the evening", "21:10", ""},
		{"20 to 9 pm", "20:40", ""},
		{"five minutes to nine", "08:55", ""},
		{"ten to midnight", "23:50", ""},
		{"nine thirty", "09:30", ""},
		{"nine thirty pm", "21:30", ""},
		{"nine oh five", "09:05", ""},
		{"twenty one thirty", "21:30", ""},
		{"twenty-one", "21:00", ""},
		{"nine o'clock", "09:00", ""},
		{"9 o’clock at night", "21:00", ""},
		{"9 in the evening", "21:00", ""},
		{"8 in the morning", "08:00", ""},
		{"evening 7", "19:00", ""},
		{"in the evening at 7:15", "19:15", ""},
		{"12 at night", "00:00", ""},
		{"2 at night", "02:00", ""},
		{"3 in the afternoon", "15:00", ""},
		{"tonight at 10", "22:00", ""},
		{"noon", "12:00", ""},
		{"12 noon", "12:00", ""},
		{"midday", "12:00", ""},
		{"Midnight!", "00:00", ""},
		{"every day at 9pm", "21:00", ""},
		{"9pm daily", "21:00", ""},
		{"every night at 10", "22:00", ""},
		{"every morning at 8", "08:00", ""},
		{"in the evenings, at 8", "20:00", ""},
		{"weekdays at 8", "mon,tue,wed,thu,fri 08:00", "Monday to Friday at 08:00"},
		{"every weekday at 8", "mon,tue,wed,thu,fri 08:00", "Monday to Friday at 08:00"},
		{"mon-fri 8pm", "mon,tue,wed,thu,fri 20:00", "Monday to Friday at 20:00"},
		{"weekday evenings at 8", "mon,tue,wed,thu,fri 20:00", "Monday to Friday at 20:00"},
		{"monday 9", "mon 09:00", "Monday at 09:00"},
		{"Mondays and Wednesdays at half past eight", "mon,wed 08:30", "Monday and Wednesday at 08:30"},
		{"9pm on mon, wed & fri", "mon,wed,fri 21:00", "Monday, Wednesday and Friday at 21:00"},
		{"friday night at 10", "fri 22:00", "Friday at 22:00"},
		{"at weekends at noon", "sat,sun 12:00", "Saturday and Sunday at 12:00"},
		{"friday to monday at 7", "mon,fri,sat,sun 07:00", "Monday, Friday, Saturday and Sunday at 07:00"},
		{"every day except sunday at 9", "mon,tue,wed,thu,fri,sat 09:00", "Monday, Tuesday, Wednesday, Thursday, Friday and Saturday at 09:00"},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			if row.echo == "" {
				row.echo = row.value
			}
			value, echo, ok := ReadTime(row.text, time.Time{})
			if !ok || value != row.value || echo != row.echo {
				t.Errorf("got %q, %q, %v; want %q, %q", value, echo, ok, row.value, row.echo)
			}
		})
	}
}

func TestReadTimeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "no", "later", "in the evening", "monday", "every day", "bedtime",
		"25:00", "9:60", "24:30", "9:5", "99", "930", "9999", "-9", "9-10", "+9",
		"9am and 9pm", "9 or 10", "between 8 and 9", "8 to 10", "1 to 5", "ten to twelve", "10 11",
		"not 9pm", "anything but 9pm", "after 9", "before 9pm",
		"tomorrow at 9", "tomorrow morning at 9", "today at 9pm", "in 2 hours", "now", "next tuesday at noon", "2026-01-02 09:00",
		"9am in the evening", "8am tonight", "21:30 am", "0pm", "13 am", "noon in the evening", "09:00 in the evening",
		"12 in the evening", "12 in the morning", "3 in the evening", "10 in the afternoon",
		"quarter to one", "ten to twelve pm", "half to nine", "quarter nine",
		"every other tuesday at 9", "every 2 hours", "twice a day at 9", "every day except funday at 9", "never at 9",
		"monday to 9", "9pm berlin", "9pm utc", "mañana a las 9", "morgen um 9 Uhr", "9pm he is here",
		"21,30", "1.5", "12.05.2026", "😀 9pm", strings.Repeat("9", 200), strings.Repeat("monday ", 30) + "9",
		"except monday tuesday wednesday thursday friday saturday sunday at 9",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if value, echo, ok := ReadTime(text, time.Time{}); ok || value != "" || echo != "" {
				t.Errorf("read as %q, %q", value, echo)
			}
		})
	}
}

func TestReadDays(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, value, echo string }{
		{"monday", "mon", "Monday"},
		{"mon, wed and fri", "mon,wed,fri", "Monday, Wednesday and Friday"},
		{"fri mon", "mon,fri", "Monday and Friday"},
		{"weekdays", "mon,tue,wed,thu,fri", "Monday to Friday"},
		{"monday through friday", "mon,tue,wed,thu,fri", "Monday to Friday"},
		{"at the weekend", "sat,sun", "Saturday and Sunday"},
		{"weekends and mondays", "mon,sat,sun", "Monday, Saturday and Sunday"},
		{"every day", "mon,tue,wed,thu,fri,sat,sun", "every day"},
		{"daily please", "mon,tue,wed,thu,fri,sat,sun", "every day"},
		{"sat-mon", "mon,sat,sun", "Monday, Saturday and Sunday"},
		{"Tues/Thurs", "tue,thu", "Tuesday and Thursday"},
		{"every day but not sundays", "mon,tue,wed,thu,fri,sat", "Monday, Tuesday, Wednesday, Thursday, Friday and Saturday"},
		{"any day", "", ""},
		{"no", "", ""},
		{"mondays at 9", "", ""},
		{"mornings", "", ""},
		{"every other tuesday", "", ""},
		{"monday to", "", ""},
		{"tomorrow", "", ""},
		{"3", "", ""},
		{"", "", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			value, echo, ok := ReadDays(row.text, time.Time{})
			if ok != (row.value != "") || value != row.value || echo != row.echo {
				t.Errorf("got %q, %q, %v; want %q, %q", value, echo, ok, row.value, row.echo)
			}
		})
	}
}

func TestReadZone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct{ text, value, echo string }{
		{"Europe/Berlin", "Europe/Berlin", "Europe/Berlin, where it is 14:00 now"},
		{"europe/berlin", "Europe/Berlin", "Europe/Berlin, where it is 14:00 now"},
		{"america/new york", "America/New_York", "America/New_York, where it is 08:00 now"},
		{"London", "Europe/London", "Europe/London, where it is 13:00 now"},
		{"new york", "America/New_York", ""},
		{"NYC", "America/New_York", ""},
		{"berlin time", "Europe/Berlin", ""},
		{"I live in Munich.", "Europe/Berlin", ""},
		{"Köln", "Europe/Berlin", ""},
		{"São Paulo", "America/Sao_Paulo", ""},
		{"Berlin, Germany", "Europe/Berlin", ""},
		{"Paris, France", "Europe/Paris", ""},
		{"Germany", "Europe/Berlin", ""},
		{"england", "Europe/London", ""},
		{"the UK", "Europe/London", ""},
		{"uk", "Europe/London", ""},
		{"UK time", "Europe/London", ""},
		{"Asia/Calcutta", "Asia/Kolkata", ""},
		{"us/eastern", "America/New_York", ""},
		{"pacific time", "America/Los_Angeles", ""},
		{"utc", "UTC", ""},
		{"Kiev", "Europe/Kyiv", ""},
		{"St. John's", "America/St_Johns", ""},
		{"utc+2", "", ""},
		{"gmt", "", ""},
		{"GMT+1", "", ""},
		{"CET", "", ""},
		{"EST", "", ""},
		{"BST", "", ""},
		{"+2", "", ""},
		{"Etc/GMT+5", "", ""},
		{"USA", "", ""},
		{"spain", "", ""},
		{"Birmingham", "", ""},
		{"portland", "", ""},
		{"eastern", "", ""},
		{"London, Ontario", "", ""},
		{"Paris, Texas", "", ""},
		{"Berlin, Berlin", "", ""},
		{"local", "", ""},
		{"Local", "", ""},
		{"no", "", ""},
		{"../../etc/passwd", "", ""},
		{"", "", ""},
		{",", "", ""},
		{strings.Repeat("a", 5000), "", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			value, echo, ok := ReadZone(row.text, now)
			if ok != (row.value != "") || value != row.value || (row.echo != "" && echo != row.echo) || ok != (echo != "") {
				t.Errorf("got %q, %q, %v; want %q, %q", value, echo, ok, row.value, row.echo)
			}
		})
	}
}

func TestZoneTables(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	rows(countryTable, func(f []string) bool {
		codes[f[0]] = true
		return true
	})
	rows(zoneTable, func(f []string) bool {
		if value, _, ok := ReadZone(f[1], time.Time{}); !ok || value != f[1] {
			t.Errorf("%s is read as %q, %v", f[1], value, ok)
		}
		if !codes[f[0]] {
			t.Errorf("%s: unknown country %s", f[1], f[0])
		}
		for _, n := range strings.Split(f[2], ",") {
			if value, _, ok := ReadZone(n, time.Time{}); n != "" && (!ok || value != f[1]) {
				t.Errorf("%s is read as %q, %v; want %s", n, value, ok, f[1])
			}
		}
		return true
	})
	rows(cityTable, func(f []string) bool {
		for _, n := range strings.Split(f[1], ",") {
			if value, _, ok := ReadZone(n, time.Time{}); !ok || value != f[0] {
				t.Errorf("%s is read as %q, %v; want %s", n, value, ok, f[0])
			}
		}
		return true
	})
	rows(countryTable, func(f []string) bool {
		if f[2] == "-" {
			return true
		}
		if value, _, ok := ReadZone(f[2], time.Time{}); !ok || value != f[2] {
			t.Errorf("%s: zone %s is read as %q, %v", f[0], f[2], value, ok)
		}
		return true
	})
}

func TestReadCountry(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, value, echo string }{
		{"Germany", "DE", "Germany"},
		{"germany.", "DE", "Germany"},
		{"I live in Germany", "DE", "Germany"},
		{"the UK", "GB", "United Kingdom"},
		{"uk", "GB", "United Kingdom"},
		{"u.k.", "GB", "United Kingdom"},
		{"England", "GB", "United Kingdom"},
		{"Northern Ireland", "GB", "United Kingdom"},
		{"Ireland", "IE", "Ireland"},
		{"usa", "US", "United States"},
		{"U.S.A.", "US", "United States"},
		{"US", "US", "United States"},
		{"us", "US", "United States"},
		{"america", "US", "United States"},
		{"texas", "US", "United States"},
		{"the netherlands", "NL", "Netherlands"},
		{"Côte d'Ivoire", "CI", "Ivory Coast"},
		{"Türkiye", "TR", "Turkey"},
		{"bosnia & herzegovina", "BA", "Bosnia and Herzegovina"},
		{"de", "DE", "Germany"},
		{"IT", "IT", "Italy"},
		{"Kosovo", "XK", "Kosovo"},
		{"georgia", "GE", "Georgia (the country, not the US state)"},
		{"no", "", ""},
		{"NO", "", ""},
		{"it", "", ""},
		{"me", "", ""},
		{"In", "", ""},
		{"korea", "", ""},
		{"congo", "", ""},
		{"not germany", "", ""},
		{"germany or austria", "", ""},
		{"earth", "", ""},
		{"-", "", ""},
		{"", "", ""},
		{strings.Repeat("germany ", 500), "", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			value, echo, ok := ReadCountry(row.text, time.Time{})
			if ok != (row.value != "") || value != row.value || echo != row.echo {
				t.Errorf("got %q, %q, %v; want %q, %q", value, echo, ok, row.value, row.echo)
			}
		})
	}
}

// FuzzReadTime: no text panics, and what is understood can be planned and is
// understood the same way when it is typed again.
func FuzzReadTime(f *testing.F) {
	for _, text := range []string{
		"9pm", "half past eight", "weekdays at 8", "every day except sunday at 21.30", "quarter to one", "12 at night",
		"mon-fri 20h30", "\xff9pm", "９ p.m.", "", "24:00", "twenty-one thirty",
		"every other day at 9pm", "every 3 days at 8",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, echo, ok := ReadTime(text, time.Time{})
		if !ok {
			if value != "" || echo != "" {
				t.Fatal("not ok, yet with a value")
			}
			return
		}
		if echo == "" {
			t.Fatal("nothing to say back")
		}
		if _, err := Daily(value, nil); err != nil {
			t.Fatalf("value %q: %v", value, err)
		}
		again, said, ok := ReadTime(value, time.Time{})
		if !ok || again != value || said != echo {
			t.Fatalf("%q read again is %q, %q, %v; want %q", value, again, said, ok, echo)
		}
		if seen, _, ok := ReadTime(echo, time.Time{}); !ok || seen != value {
			t.Fatalf("echo %q reads as %q, %v", echo, seen, ok)
		}
	})
}
