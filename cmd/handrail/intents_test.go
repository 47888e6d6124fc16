package main

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"handrail/flows"
)

// intentsWanted is the share of the labelled messages that have to reach the
// flow that their label names.
const intentsWanted = 0.90

// intent is a message as a person may type it, and the flow that it means.
type intent struct{ text, want string }

// readIntents reads a list of labelled messages: text, tab, flow or "-".
func readIntents(t *testing.T, file string) (list []intent) {
	t.Helper()
	f, err := flows.FS.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, 2
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		list = append(list, intent{row[0], row[1]})
	}
	return list
}

// TestIntents holds the matching to what people mean. With -v it prints what
// was taken for what.
func TestIntents(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(flows.FS, "testdata/intents/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no labelled messages: %v", err)
	}
	src, err := openSource("")
	if err != nil {
		t.Fatal(err)
	}
	all, err := src.sound()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		list := readIntents(t, file)
		wrong := map[string]map[string]int{}
		total, right := map[string]int{}, map[string]int{}
		offers, good := 0, 0
		var misses strings.Builder
		for _, m := range list {
			if m.want != "-" && !all.library.Has(m.want) {
				t.Errorf("%s: there is no flow %q", file, m.want)
			}
			got, phrase, _ := strings.Cut(matched(all.library.In(""), m.text), "\t")
			total[m.want]++
			if len(all.library.Explain(m.text).Best) > 1 {
				offers++
			}
			if got == m.want {
				good++
				right[m.want]++
				continue
			}
			if wrong[m.want] == nil {
				wrong[m.want] = map[string]int{}
			}
			wrong[m.want][got]++
			fmt.Fprintf(&misses, "  %q means %s, reached %s by %q\n", m.text, m.want, got, phrase)
		}
		share := float64(good) / float64(max(len(list), 1))
		var table strings.Builder
		for _, want := range slices.Sorted(maps.Keys(total)) {
			fmt.Fprintf(&table, "  %-24s %3d of %3d", want, right[want], total[want])
			for _, got := range slices.Sorted(maps.Keys(wrong[want])) {
				fmt.Fprintf(&table, "   %s %d", got, wrong[want][got])
			}
			table.WriteByte('\n')
		}
		t.Logf("%s: %d of %d agree (%.1f %%), %d would be offered two flows\n%s%s", file, good, len(list), 100*share, offers, table.String(), misses.String())
		if len(list) < 300 || 3*total["-"] < len(list) || share < intentsWanted {
			t.Errorf("%s: %.1f %% of %d messages (%d without a flow) agree; wanted %.0f %% of 300 or more, a third without one", file, 100*share, len(list), total["-"], 100*intentsWanted)
		}
	}
}
