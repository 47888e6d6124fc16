package crisis

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gate is what a language must reach on its corpus, in per cent: how many direct
// statements and how many of all statements of danger it must hear, and how many
// harmless ones it may alarm at.
type gate struct{ direct, all, alarms float64 }

// The aim is {direct: 98, all: 85, alarms: 3} for every language. A corpus has two
// parts. The ordinary sentences were written as the rules were: they hold the aim
// in direct statements and in false alarms, not in all statements, of which two in
// three only hint at danger. The later sentences ("later" in the note) came after
// the rules and were chosen to be hard; they keep what they have reached.
var (
	ordinary = map[string]gate{
		"de": {direct: 98, all: 64, alarms: 3},
		"en": {direct: 98, all: 71, alarms: 3},
		"es": {direct: 98, all: 65, alarms: 3},
		"fr": {direct: 98, all: 64, alarms: 3},
		"pt": {direct: 98, all: 64, alarms: 3},
	}
	later = gate{direct: 82, all: 56, alarms: 3}
)

// tally counts the sentences of one category.
type tally struct{ direct, directHeard, all, heard, crisis, crisisHeard, none, alarms, sorted int }

func (a *tally) add(b tally) {
	a.direct += b.direct
	a.directHeard += b.directHeard
	a.all += b.all
	a.heard += b.heard
	a.crisis += b.crisis
	a.crisisHeard += b.crisisHeard
	a.none += b.none
	a.alarms += b.alarms
	a.sorted += b.sorted
}

func percent(n, of int) float64 {
	if of == 0 {
		return 100
	}
	return 100 * float64(n) / float64(of)
}

// TestCorpus holds each lexicon against sentences that were not written beside
// its rules: how many of those in danger it hears, and how often it frightens
// somebody for nothing. The sentences were used to improve the rules, so the
// scores here are kept, not promised.
func TestCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../flows/testdata/crisis/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		lang := strings.TrimSuffix(filepath.Base(file), ".tsv")
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			corpus(t, lang, file)
		})
	}
}

func corpus(t *testing.T, lang, file string) {
	x := only(t, lang)
	parts := map[bool]map[string]tally{false: {}, true: {}} // by category; the later sentences are true
	var watched []string                                    // taken for it, or not
	for _, c := range readCorpus(t, file) {
		got := x.Scan(c.text, lang)
		one := score(c.expected, level(got), strings.Contains(c.note, "style=direct"))
		if len(got) > 0 && c.expected > None && got[0].Category == c.label {
			one.sorted = 1
		}
		if len(got) > 0 && (c.label == "watched") != (got[0].Category == "watched") {
			watched = append(watched, fmt.Sprintf("%s heard as %s: %s", c.label, got[0].Rule, c.text))
		}
		part := parts[strings.Contains(c.note, "later")]
		sum := part[c.label]
		sum.add(one)
		part[c.label] = sum
		if (c.expected == None) != (len(got) == 0) {
			rule := ""
			if len(got) > 0 {
				rule = " by " + got[0].Rule
			}
			t.Logf("%s: want %s, got %s%s: %s", c.label, c.expected, level(got), rule, c.text)
		}
	}
	report(t, lang+", ordinary sentences", parts[false], ordinary[lang])
	report(t, lang+", later sentences", parts[true], later)
	t.Logf("%s: %d sentences are wrongly taken for watched, or for something else; an answer to watched shows no number:\n%s", lang, len(watched), strings.Join(watched, "\n"))
}

// sentence is one line of a corpus.
type sentence struct {
	label, text, note string
	expected          Level
}

// readCorpus reads a file whose first line names its columns.
func readCorpus(t *testing.T, file string) []sentence {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []sentence
	var column map[string]int
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if column == nil {
			column = map[string]int{}
			for i, name := range cells {
				column[name] = i
			}
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		get := func(name string) string {
			if i, ok := column[name]; ok && i < len(cells) {
				return cells[i]
			}
			return ""
		}
		expected, ok := parseLevel(get("expected"))
		if !ok || get("text") == "" {
			t.Errorf("no level or no text in %q", line)
			continue
		}
		out = append(out, sentence{get("label"), get("text"), get("note"), expected})
	}
	return out
}

func score(expected, got Level, direct bool) tally {
	heard, loud := 0, 0
	if got > None {
		heard = 1
	}
	if got == Crisis {
		loud = 1
	}
	if expected == None {
		return tally{none: 1, alarms: heard}
	}
	s := tally{all: 1, heard: heard}
	if expected == Crisis {
		s.crisis, s.crisisHeard = 1, loud
	}
	if direct {
		s.direct, s.directHeard = 1, heard
	}
	return s
}

// report prints the table of one part of a corpus and holds it against its gate.
func report(t *testing.T, name string, byCategory map[string]tally, g gate) {
	var names []string
	var sum tally
	for category, c := range byCategory {
		names = append(names, category)
		sum.add(c)
	}
	slices.Sort(names)
	var table strings.Builder
	fmt.Fprintf(&table, "%-16s %9s %9s %9s %9s %9s\n", "heard in %", "direct", "all", "as crisis", "category", "false")
	share := func(n, of int) string {
		if of == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f", percent(n, of))
	}
	row := func(name string, c tally) {
		fmt.Fprintf(&table, "%-16s %9s %9s %9s %9s %9s\n", name, share(c.directHeard, c.direct), share(c.heard, c.all),
			share(c.crisisHeard, c.crisis), share(c.sorted, c.heard), share(c.alarms, c.none))
	}
	for _, category := range names {
		row(category, byCategory[category])
	}
	row("sum", sum)
	direct, all, alarms := percent(sum.directHeard, sum.direct), percent(sum.heard, sum.all), percent(sum.alarms, sum.none)
	t.Logf("%s: direct %.1f %%, all %.1f %%, false alarms %.1f %%\n%s", name, direct, all, alarms, table.String())
	if direct < g.direct || all < g.all || (sum.none > 0 && alarms > g.alarms) {
		t.Errorf("%s hears too little or alarms too often: want direct %.0f, all %.0f, false alarms %.0f", name, g.direct, g.all, g.alarms)
	}
}
