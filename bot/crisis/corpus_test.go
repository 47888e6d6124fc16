package crisis

import (
	"os"
	"strings"
	"testing"
)

// TestCorpus holds the lexicon against sentences that were not written beside
// its rules: how many of those in danger it hears, and how often it frightens
// somebody for nothing.
func TestCorpus(t *testing.T) {
	t.Parallel()
	x := only(t, "en")
	data, err := os.ReadFile("testdata/en.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var total, heard, right [Crisis + 1]int
	for line := range strings.Lines(string(data)) {
		want, text, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		expected, ok := parseLevel(want)
		if !found || !ok {
			continue
		}
		got := x.Scan(text, "en")
		total[expected]++
		if len(got) > 0 {
			heard[expected]++
		}
		if level(got) == expected {
			right[expected]++
			continue
		}
		rule := ""
		if len(got) > 0 {
			rule = got[0].Rule + " <" + text[got[0].Start:got[0].End] + ">"
		}
		t.Logf("want %s, got %s %s: %s", expected, level(got), rule, text)
	}
	t.Logf("crisis: %d of %d heard, %d as crisis; ask: %d of %d heard; none: %d of %d false alarms",
		heard[Crisis], total[Crisis], right[Crisis], heard[Ask], total[Ask], heard[None], total[None])
	if heard[Crisis]*100 < total[Crisis]*95 || heard[Ask]*100 < total[Ask]*85 || heard[None]*100 > total[None]*3 {
		t.Error("the lexicon hears too little or alarms too often")
	}
}
