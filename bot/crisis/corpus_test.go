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

// The aim is {direct: 98, all: 85, alarms: 3} for every language, and the ordinary
// part holds it. The later part keeps what it has reached. The unseen part has no
// direct statement, and nearly half of its harmless sentences are made of the words
// of a dangerous one: beside each figure stands what was measured.
var gates = map[Part]map[string]gate{
	Ordinary: {
		"de": {direct: 98, all: 85, alarms: 3}, // 99.3, 90.6, 0.0
		"en": {direct: 98, all: 85, alarms: 3}, // 99.9, 87.7, 0.2
		"es": {direct: 98, all: 85, alarms: 3}, // 100, 85.9, 0.4
		"fr": {direct: 98, all: 85, alarms: 3}, // 100, 92.9, 0.0
		"pt": {direct: 98, all: 85, alarms: 3}, // 99.7, 89.5, 0.0
	},
	Later: {
		"de": {direct: 94, all: 83, alarms: 3}, // 96.0, 84.9, 0.6
		"en": {direct: 91, all: 75, alarms: 3}, // 93.1, 77.4, 0.9
		"es": {direct: 92, all: 76, alarms: 3}, // 94.2, 77.9, 0.6
		"fr": {direct: 95, all: 84, alarms: 3}, // 97.0, 86.5, 0.4
		"pt": {direct: 94, all: 83, alarms: 3}, // 96.8, 84.7, 1.0
	},
	Unseen: {
		"de": {all: 84, alarms: 17}, // 89.5, 16.0
		"en": {all: 85, alarms: 3},  // 95.0, 2.6
		"es": {all: 82, alarms: 19}, // 86.0, 18.4
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
