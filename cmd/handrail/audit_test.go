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
	for _, want := range []string{"The desk in January 2026", "asked for a person: asked                      19", "nobody came in time                       under 5"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	want := `what,month,days 1-7,days 8-14,days 15-21,days 22-28,days 29-31
asked for a person: asked,19,12,7,0,0,0
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
