package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"handrail/bot/chart"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// auditCmd prints the record of what staff did.
type auditCmd struct {
	Config string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Since  string `placeholder:"SUM" help:"The sum of a line that was noted elsewhere: print what came after it, and fail if it is not there."`
}

// Help is shown by handrail audit --help.
func (auditCmd) Help() string {
	return `Verifies the record of what staff did and prints it, a line each: number, time (UTC), case, who, what, whom it concerns, and the sum of the line. It holds no word of any talk. The bot may be running.

Each sum is a hash over the line and the sum before, so a line that was changed or taken out breaks the chain. Who can write the whole store can write a new chain: note the last sum elsewhere from time to time, and give it with --since.

Exit code 0: the record is whole, 1: it is not.

  handrail audit -c config.yaml`
}

// Run verifies and prints.
func (c *auditCmd) Run(ctx context.Context, s streams) error {
	return readStore(ctx, c.Config, s, func(cfg Config, tx *store.Tx) error {
		entries, err := tx.Entries()
		if err != nil {
			return err
		}
		if err := desk.Verify(desk.Entry{}, entries); err != nil {
			return fail("the record of what staff did is broken: %v", err)
		}
		from := 0
		if c.Since != "" {
			from = 1 + slices.IndexFunc(entries, func(e desk.Entry) bool { return e.Sum == c.Since })
			if from == 0 {
				return fail("the record has no line with that sum: it was replaced, or the sum is of another store")
			}
		}
		for _, e := range entries[from:] {
			name := "-"
			if e.Case != 0 {
				name = desk.Case{ID: e.Case}.Name()
			}
			on := string(e.On)
			if on == "" {
				on = "-"
			}
			fmt.Fprintf(s.out, "%d %s %s %s %q %s %s\n", e.Seq, e.At.Format(time.RFC3339), name, string(e.By), e.Action, on, e.Sum)
		}
		fmt.Fprintf(s.err, "%s, whole\n", count(len(entries), "line"))
		return nil
	})
}

// readStore opens the store beside a bot that may run.
func readStore(ctx context.Context, config string, s streams, fn func(Config, *store.Tx) error) (err error) {
	cfg, master, err := loadKeys(s, config)
	if err != nil {
		return err
	}
	o, err := cfg.storeOptions(master, nil)
	if err != nil {
		return err
	}
	r, err := store.OpenReader(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return r.View(ctx, func(tx *store.Tx) error { return fn(cfg, tx) })
}

// reportCmd counts what the desk did in a month.
type reportCmd struct {
	Config string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Month  string `required:"" placeholder:"2026-01" help:"Which month."`
	CSV    string `name:"csv" placeholder:"FILE" help:"Also write it as CSV; - is standard output, and then nothing else is."`
	PNG    string `name:"png" placeholder:"FILE" help:"Also draw the requests of each week."`
}

// Help is shown by handrail report --help.
func (reportCmd) Help() string {
	return `Counts what the desk did in a month, for the organization's board: how many asked for a person and why, how long they waited, how it ended. It knows no person and no content. A count below 5 is shown as "under 5", because a small number can point at somebody. The bot may be running.

  handrail report -c config.yaml --month 2026-01 --csv january.csv --png january.png`
}

// fewest is the smallest count that is shown.
const fewest = 5

// Run prints the report.
func (c *reportCmd) Run(ctx context.Context, s streams) error {
	from, err := time.Parse("2006-01", c.Month)
	if err != nil {
		return misuse("--month: %q is no month: write it as in 2026-01", c.Month)
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

// shown is a count as it may be shown: small ones are not.
func shown(n int64) string {
	switch {
	case n == 0:
		return "0"
	case n < fewest:
		return fmt.Sprintf("under %d", fewest)
	}
	return fmt.Sprint(n)
}

// title puts the name of a count into words.
func title(kind string) string {
	for prefix, words := range map[string]string{
		"case_": "asked for a person: ", "closed_": "ended: ", "waited_": "waited, minutes up to: ", "survey_": "rated it: ",
	} {
		if rest, ok := strings.CutPrefix(kind, prefix); ok {
			return words + strings.ReplaceAll(rest, "_", " ")
		}
	}
	switch kind {
	case "claimed":
		return "reached an advocate"
	case "nobody":
		return "nobody came in time"
	case "alarm":
		return "danger heard meanwhile"
	}
	return strings.ReplaceAll(kind, "_", " ")
}

func (m month) text(w io.Writer) {
	fmt.Fprintf(w, "The desk in %s\n\n", m.from.Format("January 2006"))
	if len(m.kinds) == 0 {
		fmt.Fprintln(w, "Nothing was counted.")
		return
	}
	for _, kind := range m.kinds {
		fmt.Fprintf(w, "%-40s %8s\n", title(kind), shown(m.total[kind]))
	}
	fmt.Fprintf(w, "\nCounts below %d are not shown as numbers.\n", fewest)
}

// csv writes a line for each count: its name, the month, and the weeks. A week
// is left out where it, or the rest of the month beside it, is small: from the
// sum a small one could be worked out.
func (m month) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"what", "month", "days 1-7", "days 8-14", "days 15-21", "days 22-28", "days 29-31"}}
	for _, kind := range m.kinds {
		row := []string{title(kind), shown(m.total[kind])}
		weeks := m.weeks[kind]
		small := slices.ContainsFunc(weeks[:5], func(n int64) bool { return n > 0 && n < fewest })
		for _, n := range weeks[:5] {
			cell := shown(n)
			if small {
				cell = ""
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// picture draws how many asked for a person in each week; small counts are
// drawn as none.
func (m month) picture() ([]byte, error) {
	days := m.from.AddDate(0, 1, -1).Day()
	c := chart.Chart{Title: "Asked for a person, by week", Days: days, Until: m.from.AddDate(0, 1, 0).Add(-time.Second)}
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
		at := m.from.AddDate(0, 0, 7*i+3)
		if at.Month() != m.from.Month() {
			break
		}
		if n < fewest {
			n = 0
		}
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
