package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"handrail/bot/chart"
	"handrail/bot/store"
)

// reportCmd counts what the desk did in a month.
type reportCmd struct {
	Config string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Month  string `required:"" placeholder:"2026-01" help:"Which month."`
	CSV    string `name:"csv" placeholder:"FILE" help:"Also write it as CSV; - is standard output, and then nothing else is."`
	PNG    string `name:"png" placeholder:"FILE" help:"Also draw the requests of each week."`
}

// Help is shown by handrail report --help.
func (reportCmd) Help() string {
	return `Counts what the desk did in a month, for the organization's board: how many asked for a person and why, how long they waited, how it ended. It knows no person and no content. The bot may be running.

A small number can point at somebody. So a count below 5 is shown as "under 5", and what would tell it by what is missing from a sum is left out, too; the picture is drawn in steps of 5; and a month has to be over, because two reports of it would differ by single people. A week is seven days of the month, from its first day on, in UTC.

  handrail report -c config.yaml --month 2026-01 --csv january.csv --png january.png`
}

// fewest is the smallest count that is shown.
const fewest = 5

// Run prints the report.
func (c *reportCmd) Run(ctx context.Context, s streams) error {
	from, err := monthOf(c.Month, time.Now())
	if err != nil {
		return err
	}
	return readStore(ctx, c.Config, s, func(_ Config, tx *store.Tx) error {
		notes, err := tx.DayNotes(from, from.AddDate(0, 1, 0))
		if err != nil {
			return err
		}
		m := newMonth(from, notes)
		if c.PNG != "" {
			data, err := m.picture()
			if err != nil {
				return err
			}
			if err := os.WriteFile(c.PNG, data, 0o600); err != nil {
				return fail("write the picture: %v", err)
			}
		}
		if c.CSV == "-" {
			return m.csv(s.out)
		}
		if c.CSV != "" {
			var b strings.Builder
			if err := m.csv(&b); err != nil {
				return err
			}
			if err := os.WriteFile(c.CSV, []byte(b.String()), 0o600); err != nil {
				return fail("write the table: %v", err)
			}
		}
		m.text(s.out)
		return nil
	})
}

// monthOf is the first day of a month that is over.
func monthOf(text string, now time.Time) (time.Time, error) {
	from, err := time.Parse("2006-01", text)
	if err != nil {
		return from, misuse("--month: %q is no month: write it as in 2026-01", text)
	}
	if end := from.AddDate(0, 1, 0); now.Before(end) {
		return from, misuse("--month: %s is not over: two reports of it would differ by single people. Ask again on %s", text, end.Format("2 January 2006"))
	}
	return from, nil
}

// month is what was counted in one.
type month struct {
	from  time.Time
	kinds []string
	total map[string]int64
	weeks map[string][6]int64 // by week of the month, which begins on its first day
}

// newMonth sorts the counts of the desk.
func newMonth(from time.Time, notes []store.Note) month {
	m := month{from: from, total: map[string]int64{}, weeks: map[string][6]int64{}}
	for _, n := range notes {
		kind, ok := strings.CutPrefix(n.Kind, "desk_")
		if !ok {
			continue
		}
		if m.total[kind] == 0 {
			m.kinds = append(m.kinds, kind)
		}
		m.total[kind] += n.N
		w := m.weeks[kind]
		w[(n.Day.Day()-1)/7] += n.N
		m.weeks[kind] = w
	}
	slices.Sort(m.kinds)
	return m
}

// What is said of a count that is not shown: it is small, or it would tell one
// that is.
const (
	small = "under 5"
	left  = "not shown"
)

// cells are the columns of a count: the month, and its five weeks.
func (m month) cells(kind string) []int64 {
	weeks := m.weeks[kind]
	return append([]int64{m.total[kind]}, weeks[:5]...)
}

// family are the counts that make up a sum which is shown, or that a reader could
// add up: those who waited are those who reached an advocate.
func family(kind string) string {
	if kind == "claimed" {
		return "waited"
	}
	f, _, _ := strings.Cut(kind, "_")
	return f
}

// shown are the columns of every count as they may be shown. Where one column of
// a family is small, that column of the others is left out unless it is zero;
// where a week is small, all weeks of the family are. The months of the family
// stay where none of them is small.
func (m month) shown() map[string][]string {
	months, weeks := map[string]bool{}, map[string]bool{} // families with a small number
	for _, kind := range m.kinds {
		for i, n := range m.cells(kind) {
			switch {
			case n == 0 || n >= fewest:
			case i == 0:
				months[family(kind)], weeks[family(kind)] = true, true
			default:
				weeks[family(kind)] = true
			}
		}
	}
	out := map[string][]string{}
	for _, kind := range m.kinds {
		for i, n := range m.cells(kind) {
			cell := fmt.Sprint(n)
			switch {
			case i == 0 && n > 0 && n < fewest:
				cell = small
			case i == 0 && months[family(kind)] && kind != "claimed" && family(kind) == "waited":
				cell = left
			case i > 0 && weeks[family(kind)]:
				cell = ""
			}
			out[kind] = append(out[kind], cell)
		}
	}
	return out
}

// title puts the name of a count into words.
func title(kind string) string {
	if words, ok := map[string]string{
		"claimed": "reached an advocate", "nobody": "nobody came in time", "alarm": "danger heard meanwhile",
		"case_asked": "asked for a person", "case_danger": "asked for a person in danger", "case_worried": "a script was worried",
		"case_missed": "the bot did not understand", "case_duress": "made to write by somebody", "case_other": "another script asked",
		"case_opened": "staff opened it", "closed_quiet": "ended: the person fell silent", "closed_withdrawn": "ended: the person took it back",
	}[kind]; ok {
		return words
	}
	for prefix, words := range map[string]string{"closed_": "ended: ", "waited_": "waited, minutes up to: ", "survey_": "rated it, of 5: "} {
		if rest, ok := strings.CutPrefix(kind, prefix); ok {
			return words + strings.ReplaceAll(strings.TrimPrefix(rest, "0"), "_", " ")
		}
	}
	return strings.ReplaceAll(kind, "_", " ")
}

func (m month) text(w io.Writer) {
	fmt.Fprintf(w, "The desk in %s\n\n", m.from.Format("January 2006"))
	if len(m.kinds) == 0 {
		fmt.Fprintln(w, "Nothing was counted.")
		return
	}
	shown := m.shown()
	for _, kind := range m.kinds {
		fmt.Fprintf(w, "%-40s %9s", title(kind), shown[kind][0])
		if weeks := strings.Join(shown[kind][1:], " "); strings.TrimSpace(weeks) != "" {
			fmt.Fprintf(w, "   by week: %s", weeks)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nCounts below %d are not shown as numbers, nor what would tell them.\n", fewest)
}

// csv writes a line for each count: its name, the month, and the weeks.
func (m month) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"what", "month", "days 1-7", "days 8-14", "days 15-21", "days 22-28", "days 29-31"}}
	shown := m.shown()
	for _, kind := range m.kinds {
		rows = append(rows, append([]string{title(kind)}, shown[kind]...))
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// picture draws how many asked for a person in each week, in whole steps of the
// smallest count that is shown, so that no single person makes a difference to be
// seen.
func (m month) picture() ([]byte, error) {
	days := m.from.AddDate(0, 1, -1).Day()
	c := chart.Chart{Title: "Asked for a person, by week, " + m.from.Format("January 2006"), Days: days, Until: m.from.AddDate(0, 1, 0).Add(-time.Second)}
	high := int64(10)
	var weeks [5]int64
	for kind, w := range m.weeks {
		if strings.HasPrefix(kind, "case_") {
			for i := range weeks {
				weeks[i] += w[i]
			}
		}
	}
	for i, n := range weeks {
		first, last := 7*i, min(7*i+6, days-1)
		if first > last { // a February of four weeks
			break
		}
		at := m.from.AddDate(0, 0, (first+last)/2)
		n -= n % fewest
		high = max(high, n)
		c.Points = append(c.Points, chart.Point{At: at, Value: float64(n)})
	}
	c.High = float64(high)
	data, err := c.PNG()
	if err != nil {
		return nil, fmt.Errorf("draw the picture: %w", err)
	}
	return data, nil
}
