package crisis

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// report says what the learned words, with the rules, hear in sentences that
// they were not made from.
func (s *school) report(t *testing.T, verdicts []verdict, m limits) {
	t.Logf("enough %.3v, doubt %.3v", m.enough, m.doubt)
	for _, isLater := range []bool{true, false} {
		var sum Tally
		for _, lang := range slices.Sorted(maps.Keys(s.langs)) {
			var one, rules Tally
			for i := range s.lessons {
				l := &s.lessons[i]
				if l.lang != lang || l.later != isLater {
					continue
				}
				expected := None
				if l.danger {
					expected = Crisis
				}
				got := None
				if m.heard(l, verdicts[i]) {
					got = Crisis
				}
				one.add(tallyOf(expected, got, l.direct))
				rules.add(tallyOf(expected, l.level, l.direct))
			}
			sum.add(one)
			t.Logf("later %v, %s: %s; rules alone: %s", isLater, lang, shares(one), shares(rules))
		}
		t.Logf("later %v, all: %s", isLater, shares(sum))
	}
}

func shares(a Tally) string {
	return fmt.Sprintf("direct %.1f %% of %d, indirect %.1f %% of %d, all %.1f %%, false alarms %.1f %% of %d", percent(a.DirectHeard, a.Direct), a.Direct,
		percent(a.Heard-a.DirectHeard, a.All-a.Direct), a.All-a.Direct, percent(a.Heard, a.All), percent(a.Alarms, a.None), a.None)
}

// write makes the words from all lessons and writes them.
func (s *school) write(t *testing.T, danger []float64, m limits) {
	cats := Categories()
	byCategory := make([][]float64, len(cats))
	parallel(len(cats), func(k int) {
		byCategory[k] = s.fit(func(l *lesson) int {
			switch {
			case !l.danger:
				return 0
			case l.category == cats[k]:
				return 1
			}
			return -1
		})
	})
	files := map[string]*strings.Builder{"": {}}
	head := head(t)
	files[""].WriteString(head)
	for lang := range s.langs {
		files[lang] = &strings.Builder{}
		fmt.Fprintf(files[lang], "%s=enough\t%.3f\n=doubt\t%.3f\n", head, m.enough[lang], m.doubt[lang])
	}
	fmt.Fprintf(files[""], "=bias\t%.3f\n", danger[0])
	for _, n := range slices.Sorted(maps.Keys(m.judgment)) {
		fmt.Fprintf(files[""], "=%s\t%.3f\n", n, m.judgment[n])
	}
	order := make([]int, len(s.names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(s.names[a], s.names[b]) })
	whole := func(v float64) int { return int(math.Round(max(-127, min(127, v*learnedUnit)))) }
	kept := 0
	for _, f := range order {
		d := whole(danger[f+1])
		if d >= -1 && d <= 1 {
			continue
		}
		kept++
		out := files[s.of[f]]
		fmt.Fprintf(out, "%s\t%d", s.names[f], d)
		if !strings.Contains(s.names[f], " ") {
			for k, c := range cats {
				if n := whole(byCategory[k][f+1]); n > 3 || n < -3 {
					fmt.Fprintf(out, "\t%s:%d", c, n)
				}
			}
		}
		out.WriteByte('\n')
	}
	t.Logf("%d features are written", kept)
	for lang, text := range files {
		name := lang
		if lang == "" {
			name = "senses"
		}
		if err := os.WriteFile("../../flows/crisis/"+name+".words", []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// head is the first line of the files of words. It tells from which sentences
// and senses they were made.
func head(t *testing.T) string {
	files, err := filepath.Glob("../../flows/testdata/crisis/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	sum := uint64(0)
	for _, file := range append(files, "../../flows/crisis/senses.tsv") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum = sum*31 + hash(data)
	}
	return fmt.Sprintf("# Learned words, written by go test ./bot/crisis -run TestLearn -update from %016x\n", sum)
}
