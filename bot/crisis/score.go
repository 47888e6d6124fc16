package crisis

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sentence is a line of a corpus: what somebody may write, the category that it
// belongs to ("none" for a harmless one), the level that it should have, and a
// note on it.
type Sentence struct {
	Label, Text, Note string
	Expected          Level
}

// Direct tells that a sentence says what is done, and does not only hint at it
// ("style=direct" in the note).
func (s Sentence) Direct() bool { return strings.Contains(s.Note, "style=direct") }

// Part is the part of the corpus that a sentence belongs to.
func (s Sentence) Part() Part {
	switch {
	case strings.Contains(s.Note, string(Unseen)):
		return Unseen
	case strings.Contains(s.Note, string(Later)):
		return Later
	}
	return Ordinary
}

// Part is a part of a corpus. The ordinary sentences were written as the rules
// were. The later ones ("later" in the note) came after the rules and were chosen
// to be hard. Nothing is learned from the unseen ones ("unseen").
type Part string

// The parts of a corpus.
const (
	Ordinary Part = "ordinary"
	Later    Part = "later"
	Unseen   Part = "unseen"
)

// Parts returns the parts of a corpus in the order of reports.
func Parts() []Part { return []Part{Ordinary, Later, Unseen} }

// ParseCorpus reads lines with tabs between their cells. The first line names the
// columns: label, expected, text and note; others are passed over, as are lines
// that begin with #. Errors name the line.
func ParseCorpus(data []byte) ([]Sentence, error) {
	var out []Sentence
	var column map[string]int
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
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
			return nil, fmt.Errorf("line %d: no level or no text", n)
		}
		out = append(out, Sentence{get("label"), get("text"), get("note"), expected})
	}
	return out, nil
}

// Tally counts sentences: of direct statements of danger and of all of them how
// many are heard, of those that are a crisis how many are heard as one, of the
// heard ones how many in their category, and of harmless ones how many alarm.
type Tally struct {
	Direct, DirectHeard, All, Heard, Crisis, CrisisHeard, None, Alarms, Sorted int
}

func (a *Tally) add(b Tally) {
	a.Direct += b.Direct
	a.DirectHeard += b.DirectHeard
	a.All += b.All
	a.Heard += b.Heard
	a.Crisis += b.Crisis
	a.CrisisHeard += b.CrisisHeard
	a.None += b.None
	a.Alarms += b.Alarms
	a.Sorted += b.Sorted
}

// percent is the share of n, and 100 where there is nothing.
func percent(n, of int) float64 {
	if of == 0 {
		return 100
	}
	return 100 * float64(n) / float64(of)
}

// tallyOf counts one sentence.
func tallyOf(expected, got Level, direct bool) Tally {
	heard, loud := 0, 0
	if got > None {
		heard = 1
	}
	if got == Crisis {
		loud = 1
	}
	if expected == None {
		return Tally{None: 1, Alarms: heard}
	}
	s := Tally{All: 1, Heard: heard}
	if expected == Crisis {
		s.Crisis, s.CrisisHeard = 1, loud
	}
	if direct {
		s.Direct, s.DirectHeard = 1, heard
	}
	return s
}

// Scores are tallies by part and category.
type Scores map[Part]map[string]Tally

// Score scans sentences in a language and counts what is heard in each part.
func (x *Lexicon) Score(lang string, list []Sentence) Scores {
	out := Scores{}
	for _, c := range list {
		got := x.Scan(c.Text, lang)
		top := None
		if len(got) > 0 {
			top = got[0].Level
		}
		one := tallyOf(c.Expected, top, c.Direct())
		if top > None && c.Expected > None && got[0].Category == c.Label {
			one.Sorted = 1
		}
		p := c.Part()
		if out[p] == nil {
			out[p] = map[string]Tally{}
		}
		sum := out[p][c.Label]
		sum.add(one)
		out[p][c.Label] = sum
	}
	return out
}

// Sum adds up the categories of a part.
func (s Scores) Sum(p Part) Tally {
	var sum Tally
	for _, t := range s[p] {
		sum.add(t)
	}
	return sum
}

// Table is what is heard in a part, in per cent, a line for each category and one
// for their sum.
func (s Scores) Table(p Part) string {
	var table strings.Builder
	fmt.Fprintf(&table, "%-16s %9s %9s %9s %9s %9s %9s\n", "heard in %", "sentences", "direct", "all", "as crisis", "category", "false")
	share := func(n, of int) string {
		if of == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f", percent(n, of))
	}
	row := func(name string, c Tally) {
		fmt.Fprintf(&table, "%-16s %9d %9s %9s %9s %9s %9s\n", name, c.All+c.None, share(c.DirectHeard, c.Direct), share(c.Heard, c.All),
			share(c.CrisisHeard, c.Crisis), share(c.Sorted, c.Heard), share(c.Alarms, c.None))
	}
	for _, category := range slices.Sorted(maps.Keys(s[p])) {
		row(category, s[p][category])
	}
	row("sum", s.Sum(p))
	return table.String()
}
