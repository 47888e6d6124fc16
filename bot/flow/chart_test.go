package flow

import (
	"strings"
	"testing"
	"time"
)

// TestChart: what is on a list of numbers becomes marks by day, in the person's
// zone, and says the same in words.
func TestChart(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{
		"a": "title: A\nsteps: [{chart: marks, title: Two days, days: 2, from: 0, to: 10}]",
		"b": "title: B\nsteps: [{ask: 'How?', scale: {from: 0, to: 10}, keep: {list: marks}}, {chart: marks, title: All of it, alt: How it was}]",
	})
	tokyo := time.FixedZone("", 9*60*60)
	now := time.Date(2026, 3, 2, 20, 0, 0, 0, tokyo)
	mark := func(text string, before time.Duration) Item {
		return Item{ID: 1, Text: text, At: now.Add(-before).UTC()}
	}
	for _, row := range []struct {
		name  string
		flow  string
		items []Item
		want  string
	}{
		{"none", "a", nil, "There are no marks from the last 2 days."},
		{"too old, and no number", "a", []Item{mark("3", 45*time.Hour), mark("a line", time.Hour), mark("NaN", time.Hour)}, "There are no marks from the last 2 days."},
		{"one", "a", []Item{mark("3", 43*time.Hour)}, "There is one mark from the last 2 days: 3, on 1 March 2026."},
		{
			"some", "a",
			[]Item{mark("3", 43*time.Hour), mark("7.5", 2*time.Hour), mark("4", time.Hour)},
			"Two days. 2026-03-01: 3; 2026-03-02: 7.5, 4",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			in := Input{Kind: InStart, Flow: row.flow, Now: now, Lists: map[string][]Item{"marks": row.items}}
			_, effects, err := lib.Step(Session{}, in)
			if err != nil {
				t.Fatal(err)
			}
			switch e := effects[0].(type) {
			case Say:
				if e.Text != row.want {
					t.Errorf("said %q, want %q", e.Text, row.want)
				}
			case Chart:
				if e.Alt != row.want || len(e.Marks) != len(row.items) || e.Low != 0 || e.High != 10 || e.Title != "Two days" {
					t.Errorf("chart %+v", e)
				}
			default:
				t.Errorf("effect %T", e)
			}
		})
	}
	k := newTalk(t, lib)
	k.lists["marks"] = []Item{{ID: 7, Text: "12", At: k.now.Add(-time.Hour)}}
	k.do("/start b")
	k.do("5")
	if got := k.out.String(); !strings.Contains(got, "! chart All of it How it was. 2026-03-02: 12, 5 14 ") {
		t.Errorf("an answer of this moment is not in it:\n%s", got)
	}
}
