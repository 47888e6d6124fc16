package schedule

import (
	"testing"
	"time"
)

func TestReadSpan(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, value, echo string }{
		{"3 days", "3d", "3 days"},
		{"three days please", "3d", "3 days"},
		{"for a week", "7d", "7 days"},
		{"in an hour", "1h", "1 hour"},
		{"half an hour", "30m", "30 minutes"},
		{"an hour and a half", "90m", "90 minutes"},
		{"in 45 minutes", "45m", "45 minutes"},
		{"120 min", "2h", "2 hours"},
		{"90 minutes", "90m", "90 minutes"},
		{"60 days", "60d", "60 days"},
		{"a few days", "3d", "3 days"},
		{"a couple of weeks", "14d", "14 days"},
		{"a month", "30d", "30 days"},
		{"tomorrow", "1d", "1 day"},
		{"until tomorrow", "1d", "1 day"},
		{"next week", "7d", "7 days"},
		{"pause for 3 days", "3d", "3 days"},
		{"pause 3", "3d", "3 days"},
		{"pause messages for two weeks", "14d", "14 days"},
		{"Snooze for an hour.", "1h", "1 hour"},
		{"remind me in 2h", "2h", "2 hours"},
		{"twenty four hours", "1d", "1 day"},
		{"2 days from now", "2d", "2 days"},

		{"3", "", ""},
		{"snooze 10", "", ""},
		{"pause", "", ""},
		{"snooze", "", ""},
		{"0 days", "", ""},
		{"400 days", "", ""},
		{"a while", "", ""},
		{"3 days and nights", "", ""},
		{"he was gone for 3 days", "", ""},
		{"-3 days", "", ""},
		{"3 to 4 days", "", ""},
		{"", "", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			value, echo, ok := ReadSpan(row.text, time.Time{})
			if value != row.value || echo != row.echo || ok != (row.value != "") {
				t.Errorf("got %q, %q, %v; want %q, %q", value, echo, ok, row.value, row.echo)
			}
		})
	}
}

func TestReadWindow(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, value, echo string }{
		{"between 6 and 8 in the evening", "18:00-20:00", "between 18:00 and 20:00"},
		{"6 to 8pm", "18:00-20:00", "between 18:00 and 20:00"},
		{"from 18:00 to 20:00", "18:00-20:00", "between 18:00 and 20:00"},
		{"18-20", "18:00-20:00", "between 18:00 and 20:00"},
		{"18:30\u201319:15", "18:30-19:15", "between 18:30 and 19:15"},
		{"between six and eight tonight", "18:00-20:00", "between 18:00 and 20:00"},
		{"8 to 10", "08:00-10:00", "between 08:00 and 10:00"},
		{"between 10 and 2 pm", "10:00-14:00", "between 10:00 and 14:00"},
		{"11 to 1 am", "23:00-01:00", "between 23:00 and 01:00"},
		{"11am to 1", "11:00-13:00", "between 11:00 and 13:00"},
		{"noon to 2pm", "12:00-14:00", "between 12:00 and 14:00"},
		{"half past six to half past seven in the evening", "18:30-19:30", "between 18:30 and 19:30"},
		{"weekdays between 6 and 8pm", "mon,tue,wed,thu,fri 18:00-20:00", "Monday to Friday, between 18:00 and 20:00"},
		{"between 6 and 8pm on mondays", "mon 18:00-20:00", "Monday, between 18:00 and 20:00"},
		{"every other day between 6 and 8pm", "2d 18:00-20:00", "every other day, between 18:00 and 20:00"},
		{"sometime between 9 and 11 in the morning", "09:00-11:00", "between 09:00 and 11:00"},

		{"10 to 8", "", ""},
		{"9pm", "", ""},
		{"between 6 and 6", "", ""},
		{"9pm to 10am", "", ""}, // too long for a window
		{"between 6 and 8 and 10", "", ""},
		{"between him and me", "", ""},
		{"between 6", "", ""},
		{"25 to 26", "", ""},
		{"", "", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			value, echo, ok := ReadWindow(row.text, time.Time{})
			if value != row.value || echo != row.echo || ok != (row.value != "") {
				t.Fatalf("got %q, %q, %v; want %q, %q", value, echo, ok, row.value, row.echo)
			}
			if !ok {
				return
			}
			if _, err := Daily(value, nil); err != nil {
				t.Errorf("%q cannot be planned: %v", value, err)
			}
		})
	}
}

func TestReadHours(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, value, echo string }{
		{"10pm to 8am", "22:00-08:00", "from 22:00 to 08:00"},
		{"between 10 at night and 8 in the morning", "22:00-08:00", "from 22:00 to 08:00"},
		{"10pm to 8", "22:00-08:00", "from 22:00 to 08:00"},
		{"9pm to 10am", "21:00-10:00", "from 21:00 to 10:00"},
		{"from 22:00 until 07:30", "22:00-07:30", "from 22:00 to 07:30"},
		{"midnight to 9", "00:00-09:00", "from 00:00 to 09:00"},

		{"weekdays 10pm to 8am", "", ""},
		{"at night", "", ""},
		{"10 to 10", "", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			value, echo, ok := ReadHours(row.text, time.Time{})
			if value != row.value || echo != row.echo || ok != (row.value != "") {
				t.Errorf("got %q, %q, %v; want %q, %q", value, echo, ok, row.value, row.echo)
			}
		})
	}
}

func TestReadEveryOtherDay(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, days, clock string }{
		{"every other day", "2d", ""},
		{"every second day please", "2d", ""},
		{"every 3 days", "3d", ""},
		{"every three days", "3d", ""},
		{"not on sundays", "mon,tue,wed,thu,fri,sat", ""},
		{"no sundays", "mon,tue,wed,thu,fri,sat", ""},
		{"never on mondays", "tue,wed,thu,fri,sat,sun", ""},
		{"every other day at 9pm", "", "2d 21:00"},
		{"9pm every other day", "", "2d 21:00"},
		{"not on sundays at 9pm", "", "mon,tue,wed,thu,fri,sat 21:00"},

		{"every other monday", "", ""},
		{"every other day and monday", "", ""},
		{"monday and every other day", "", ""},
		{"every 1 days", "", ""},
		{"every 40 days", "", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			days, _, _ := ReadDays(row.text, time.Time{})
			clock, _, _ := ReadTime(row.text, time.Time{})
			if days != row.days || clock != row.clock {
				t.Errorf("days %q, time %q; want %q, %q", days, clock, row.days, row.clock)
			}
		})
	}
}
