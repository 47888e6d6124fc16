package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"handrail/bot/store"
)

// TestMonthHidesSmallCounts: a count below five is never a number, neither alone
// nor as what is missing from a sum.
func TestMonthHidesSmallCounts(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	m := newMonth(day(1), []store.Note{
		{Kind: "desk_case_asked", Day: day(2), N: 12},
		{Kind: "desk_case_asked", Day: day(9), N: 7},
		{Kind: "desk_nobody", Day: day(3), N: 4},
		{Kind: "desk_claimed", Day: day(3), N: 9},
		{Kind: "desk_claimed", Day: day(30), N: 1},
		{Kind: "crisis", Day: day(3), N: 99},
	})
	var text, table bytes.Buffer
	m.text(&text)
	if err := m.csv(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"The desk in January 2026", "asked for a person                              19   by week: 12 7 0 0 0", "nobody came in time                        under 5\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	want := `what,month,days 1-7,days 8-14,days 15-21,days 22-28,days 29-31
asked for a person,19,12,7,0,0,0
reached an advocate,10,,,,,
nobody came in time,under 5,,,,,
`
	if table.String() != want {
		t.Errorf("got\n%s\nwant\n%s", table.String(), want)
	}
	data, err := m.picture()
	if err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
		t.Errorf("%d bytes of a picture, %v", len(data), err)
	}
	var none bytes.Buffer
	newMonth(day(1), nil).text(&none)
	if !strings.Contains(none.String(), "Nothing was counted.") {
		t.Error(none.String())
	}
}

// TestMonthHidesWhatIsMissing: a small count cannot be worked out from the others
// of its sum, by month or by week, nor from the picture.
func TestMonthHidesWhatIsMissing(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	m := newMonth(day(1), []store.Note{
		{Kind: "desk_case_asked", Day: day(2), N: 12},
		{Kind: "desk_case_danger", Day: day(2), N: 2},
		{Kind: "desk_claimed", Day: day(2), N: 11},
		{Kind: "desk_claimed", Day: day(9), N: 6},
		{Kind: "desk_waited_05", Day: day(2), N: 8},
		{Kind: "desk_waited_05", Day: day(9), N: 6},
		{Kind: "desk_waited_15", Day: day(2), N: 3},
	})
	var table bytes.Buffer
	if err := m.csv(&table); err != nil {
		t.Fatal(err)
	}
	want := `what,month,days 1-7,days 8-14,days 15-21,days 22-28,days 29-31
asked for a person,12,,,,,
asked for a person in danger,under 5,,,,,
reached an advocate,17,,,,,
"waited, minutes up to: 5",not shown,,,,,
"waited, minutes up to: 15",under 5,,,,,
`
	if table.String() != want {
		t.Errorf("got\n%s\nwant\n%s", table.String(), want)
	}
	fewer := newMonth(day(1), []store.Note{{Kind: "desk_case_asked", Day: day(2), N: 10}})
	a, err := m.picture()
	b, err2 := fewer.picture()
	if err != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Errorf("the picture shows who is not shown: %v, %v", err, err2)
	}
}

// TestMonthPicture: the days after the fourth week are in it, where there are any.
func TestMonthPicture(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		year  int
		month time.Month
		seen  bool
	}{{2026, time.January, true}, {2026, time.February, false}, {2028, time.February, true}} {
		from := time.Date(c.year, c.month, 1, 0, 0, 0, 0, time.UTC)
		end := from.AddDate(0, 1, -1)
		draw := func(n int64) []byte {
			t.Helper()
			data, err := newMonth(from, []store.Note{{Kind: "desk_case_asked", Day: from, N: 10}, {Kind: "desk_case_asked", Day: end, N: n}}).picture()
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		if few, many := draw(0), draw(10); bytes.Equal(few, many) {
			t.Errorf("%s: what was on the last day is not drawn", from.Format("2006-01"))
		} else if c.seen && bytes.Equal(draw(5), many) {
			t.Errorf("%s: the last week is not drawn by itself", from.Format("2006-01"))
		}
	}
}

// TestMonthIsOver: there is no report of a part of a month.
func TestMonthIsOver(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for text, ok := range map[string]bool{"2026-02": true, "2025-12": true, "2026-03": false, "2026-04": false, "march": false, "": false} {
		if from, err := monthOf(text, now); (err == nil) != ok || ok && from.Day() != 1 {
			t.Errorf("%q: %s, %v", text, from, err)
		}
	}
}
