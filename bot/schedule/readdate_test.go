package schedule

import (
	"strings"
	"testing"
	"time"
)

func TestReadDate(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	now := time.Date(2026, 3, 4, 23, 30, 0, 0, berlin) // a Wednesday, and tomorrow in no other zone
	for _, row := range []struct{ text, value string }{
		{"2026-05-03", "2026-05-03"},
		{"2026/05/03", "2026-05-03"},
		{"2026-5-3", "2026-05-03"},
		{"3 May", "2026-05-03"},
		{"3 may 2027", "2027-05-03"},
		{"the 3rd of May", "2026-05-03"},
		{"May 3rd 2026", "2026-05-03"},
		{"May 3rd, 2026", "2026-05-03"},
		{"May the 3rd", "2026-05-03"},
		{"may 3 27", "2027-05-03"},
		{"3-May-2026", "2026-05-03"},
		{"on Sunday, 3 May 2026 please", "2026-05-03"},
		{"Sunday, 3 May 2026", "2026-05-03"},
		{"sun 3.5.", "2026-05-03"},
		{"Monday 3 May 2026", ""}, // it is a Sunday
		{"3.5.", "2026-05-03"},
		{"3.5.2026", "2026-05-03"},
		{"03.05.26", "2026-05-03"},
		{"5.13.", ""},
		{"13/05", "2026-05-13"},
		{"05/13", "2026-05-13"},
		{"05/13/2026", "2026-05-13"},
		{"5/5", "2026-05-05"},
		{"03/05", ""},
		{"03-05-2026", ""},
		{"3/4/26", ""},
		{"31 April", ""},
		{"30.2.2026", ""},
		{"29 February", "2028-02-29"},
		{"3 March", "2027-03-03"},
		{"4 March", "2026-03-04"},
		{"3 March 2026", "2026-03-03"},
		{"today", "2026-03-04"},
		{"tomorrow", "2026-03-05"},
		{"the day after tomorrow", "2026-03-06"},
		{"yesterday", "2026-03-03"},
		{"in 10 days", "2026-03-14"},
		{"in ten days", "2026-03-14"},
		{"10 days from now", "2026-03-14"},
		{"in a week", "2026-03-11"},
		{"in a week's time", "2026-03-11"},
		{"in two weeks", "2026-03-18"},
		{"a fortnight from now", "2026-03-18"},
		{"in 3 months", "2026-06-04"},
		{"in a year", "2027-03-04"},
		{"3 days ago", "2026-03-01"},
		{"10 days", ""},
		{"in 999 years", ""},
		{"friday", "2026-03-06"},
		{"this friday", "2026-03-06"},
		{"next friday", "2026-03-13"},
		{"friday next week", "2026-03-13"},
		{"friday week", "2026-03-13"},
		{"wednesday", "2026-03-11"},
		{"next sunday", "2026-03-15"},
		{"next monday", "2026-03-09"},
		{"the 15th", "2026-03-15"},
		{"the 2nd", "2026-04-02"},
		{"the 31st", "2026-03-31"},
		{"thursday the 5th", "2026-03-05"},
		{"15", ""},
		{"the 32nd", ""},
		{"1850-01-01", ""},
		{"3 May at 9", ""},
		{"tomorrow or friday", ""},
		{"soon", ""},
		{"may", ""},
		{"2026", ""},
		{"", ""},
		{"2026-13-01", ""},
		{strings.Repeat("1 ", 400), ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			value, echo, ok := ReadDate(row.text, now)
			if ok != (row.value != "") || value != row.value {
				t.Errorf("got %q, %q, %v; want %q", value, echo, ok, row.value)
			}
		})
	}
	if value, echo, _ := ReadDate("next friday", now); value != "2026-03-13" || echo != "Friday, 13 March 2026" {
		t.Errorf("said back as %q", echo)
	}
	if value, echo, ok := ReadDate("2026-05-03", time.Time{}); value != "2026-05-03" || echo != "Sunday, 3 May 2026" || !ok {
		t.Errorf("a stored date is said as %q", echo)
	}
}

// FuzzReadDate: no text panics, and what is understood is understood the same
// way when its value or its echo is typed.
func FuzzReadDate(f *testing.F) {
	for _, text := range []string{
		"3 May", "May 3rd, 2026", "2026-05-03", "3.5.", "31/12/26", "in 10 days", "next friday", "friday week", "the 31st",
		"29 feb", "in 13 months", "\xff3 May", "３.５.", "0.0.0", "99.99.9999", "a couple of years ago", "",
	} {
		f.Add(text, int64(1772600000))
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		now := time.Unix(unix%(1<<36), 0).UTC()
		value, echo, ok := ReadDate(text, now)
		if !ok {
			if value != "" || echo != "" {
				t.Fatal("not ok, yet with a value")
			}
			return
		}
		for _, typed := range []string{value, echo} {
			if again, said, ok := ReadDate(typed, now); !ok || again != value || said != echo {
				t.Fatalf("%q read again is %q, %q, %v; want %q", typed, again, said, ok, value)
			}
		}
		if _, err := Once(value, "12:00"); err != nil {
			t.Fatalf("value %q: %v", value, err)
		}
	})
}

func TestOnce(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, date, clock, zone, after, want string }{
		{"to come", "2026-05-03", "18:00", "Europe/Berlin", "2026-05-03T15:59:59Z", "2026-05-03T16:00:00Z"},
		{"over", "2026-05-03", "18:00", "Europe/Berlin", "2026-05-03T16:00:00Z", ""},
		{"another zone", "2026-05-03", "18:00", "Asia/Tokyo", "2026-05-01T00:00:00Z", "2026-05-03T09:00:00Z"},
		{"in a gap", "2026-03-29", "02:30", "Europe/Berlin", "2026-03-01T00:00:00Z", "2026-03-29T01:00:00Z"},
		{"in a repeated hour", "2026-10-25", "02:30", "Europe/Berlin", "2026-10-01T00:00:00Z", "2026-10-25T00:30:00Z"},
		{"the first of the two is over", "2026-10-25", "02:30", "Europe/Berlin", "2026-10-25T00:30:00Z", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			made, err := Once(row.date, row.clock)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := ReadPlan(made.String())
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(time.RFC3339, row.after)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if next, ok := plan.Next(after, zone(t, row.zone)); ok {
				got = next.UTC().Format(time.RFC3339)
			}
			if got != row.want {
				t.Errorf("next is %q, want %q", got, row.want)
			}
		})
	}
	for _, bad := range [][2]string{{"2026-02-30", "18:00"}, {"tomorrow", "18:00"}, {"2026-05-03", "25:00"}, {"2026-05-03", ""}} {
		if _, err := Once(bad[0], bad[1]); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
	if plan, err := ReadPlan("0 9 * * 1"); err != nil || plan.String() != "0 9 * * 1" {
		t.Errorf("cron text: %v %v", plan, err)
	}
}
