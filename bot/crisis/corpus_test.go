package crisis

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// gate is what a language must reach in a part of its corpus, in per cent: how
// many direct statements and how many of all statements of danger it must hear,
// and how many harmless ones it may alarm at.
type gate struct{ direct, all, alarms float64 }

// The aim is {direct: 98, all: 85, alarms: 3} for every language. The ordinary
// part holds it in direct statements and in alarms, and hears 72 to 84 in a hundred of all
// statements, because two in three of its sentences only hint at danger. The later part
// keeps what it has reached. The unseen part has no direct statement, and nearly
// half of its harmless sentences are made of the words of a dangerous one: beside
// each figure stands what was measured.
var gates = map[Part]map[string]gate{
	Ordinary: {
		"de": {direct: 98, all: 73, alarms: 3}, // 98.8, 74.0, 0.0
		"en": {direct: 98, all: 75, alarms: 3}, // 99.3, 76.1, 0.1
		"es": {direct: 98, all: 73, alarms: 3}, // 99.7, 74.1, 0.4
		"fr": {direct: 98, all: 83, alarms: 3}, // 99.5, 84.2, 0.0
		"pt": {direct: 98, all: 71, alarms: 3}, // 99.2, 72.6, 0.0
	},
	Later: {
		"de": {direct: 85, all: 62, alarms: 3}, // 86.2, 63.3, 0.6
		"en": {direct: 85, all: 59, alarms: 3}, // 86.1, 60.3, 0.9
		"es": {direct: 87, all: 62, alarms: 3}, // 88.6, 63.8, 0.6
		"fr": {direct: 91, all: 73, alarms: 3}, // 92.8, 74.2, 0.4
		"pt": {direct: 86, all: 61, alarms: 3}, // 87.6, 62.0, 1.0
	},
	Unseen: {
		"de": {all: 84, alarms: 13}, // 84.2, 12.0
		"en": {all: 85, alarms: 3},  // 90.0, 2.6
		"es": {all: 82, alarms: 13}, // 82.0, 12.2
		"fr": {all: 78, alarms: 9},  // 80.0, 8.3
		"pt": {all: 85, alarms: 13}, // 95.0, 12.0
	},
}

// TestCorpus holds each lexicon against sentences that were not written beside
// its rules: how many of those in danger it hears, and how often it frightens
// somebody for nothing. Most were used to improve the rules, so the scores here
// are kept, not promised.
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
	x, list := only(t, lang), readCorpus(t, file)
	for _, c := range list {
		got := x.Scan(c.Text, lang)
		if (c.Expected == None) != (len(got) == 0) {
			rule := ""
			if len(got) > 0 {
				rule = " by " + got[0].Rule
			}
			t.Logf("%s, %s: want %s, got %s%s: %s", c.Part(), c.Label, c.Expected, level(got), rule, c.Text)
		}
		if len(got) > 0 && (c.Label == "watched") != (got[0].Category == "watched") { // an answer to watched shows no number
			t.Logf("%s heard as %s: %s", c.Label, got[0].Rule, c.Text)
		}
	}
	s := x.Score(lang, list)
	for _, p := range Parts() {
		sum, g := s.Sum(p), gates[p][lang]
		direct, all, alarms := percent(sum.DirectHeard, sum.Direct), percent(sum.Heard, sum.All), percent(sum.Alarms, sum.None)
		t.Logf("%s, %s sentences: direct %.1f %%, all %.1f %%, false alarms %.1f %%\n%s", lang, p, direct, all, alarms, s.Table(p))
		if direct < g.direct || all < g.all || alarms > g.alarms {
			t.Errorf("%s, %s sentences: too little is heard or it alarms too often: want direct %.0f, all %.0f, false alarms %.0f", lang, p, g.direct, g.all, g.alarms)
		}
	}
}

// readCorpus reads a file of sentences.
func readCorpus(t *testing.T, file string) []Sentence {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseCorpus(data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return list
}
