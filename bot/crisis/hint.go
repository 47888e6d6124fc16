package crisis

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Hints hear what no rule hears: words that mean little alone and something
// together ("his car", "oh god"). Each theme adds up the weights of its kinds of
// words; enough within a few words of each other is worth a question. Hints only
// speak where every rule is silent, and never louder than Ask. The name of the
// finding's rule lists the kinds of words that were heard, never the words.

// hintSpan is how many words apart the words of a hint may stand.
const hintSpan = 30

// calmReach is how far a calm word silences the hints of its sentence.
const calmReach = 12

type hintFile struct {
	ID       yaml.Node      `yaml:"id"`
	Category string         `yaml:"category"`
	Why      string         `yaml:"why"`
	Enough   int            `yaml:"enough"` // the sum of weights that is worth a question
	Words    []hintKindFile `yaml:"words"`
	Calm     []yaml.Node    `yaml:"calm"` // words beside which this theme is silent
	Asks     []yaml.Node    `yaml:"asks"`
	Silent   []yaml.Node    `yaml:"silent"`
}

type hintKindFile struct {
	Name   string      `yaml:"name"`
	Weight int         `yaml:"weight"`
	Say    []yaml.Node `yaml:"say"`
}

// theme is a compiled hint.
type theme struct {
	id, category string
	enough       int
	kinds        []string
	weights      []int
	trust        float64 // what the learned words add for it
}

// hintWord tells what a pattern of a hint is; kind -1 is a calm one.
type hintWord struct{ theme, kind int16 }

// hints are all themes of a language.
type hints struct {
	themes   []theme
	programs []program
	words    []hintWord // what each program is
	byFirst  index      // words by the word they begin with
}

// clue is a word of a hint in a text.
type clue struct {
	hintWord
	start, end int // words
	sentence   int
}

// addHint compiles one theme.
func (l *language) addHint(f *hintFile, seen map[string]bool, faults *faultList) {
	id := f.ID.Value
	if id == "" || seen[id] {
		faults.add(&f.ID, "hint %q has no id, or one that is used before", id)
	}
	seen[id] = true
	if !slices.Contains(Categories(), f.Category) {
		faults.add(&f.ID, "hint %s: unknown category %q", id, f.Category)
	}
	if f.Enough < 2 || len(f.Words) == 0 || len(f.Words) > 64 {
		faults.add(&f.ID, "hint %s needs enough: 2 or more, and 1 to 64 kinds of words", id)
	}
	if len(f.Asks) == 0 || len(f.Silent) == 0 {
		faults.add(&f.ID, "hint %s needs examples: asks and silent", id)
	}
	t := theme{id: id, category: f.Category, enough: f.Enough}
	n := int16(len(l.hints.themes))
	for k, kind := range f.Words {
		if kind.Weight < 1 || kind.Name == "" || strings.ContainsAny(kind.Name, "\t\n+") {
			faults.add(&f.ID, "hint %s: every kind of words needs a name and a weight of 1 or more", id)
		}
		t.kinds, t.weights = append(t.kinds, kind.Name), append(t.weights, kind.Weight)
		l.addHintWords(kind.Say, n, int16(k), faults)
	}
	l.addHintWords(f.Calm, n, -1, faults)
	l.hints.themes = append(l.hints.themes, t)
	for _, ex := range []struct {
		list  []yaml.Node
		level Level
	}{{f.Asks, Ask}, {f.Silent, None}} {
		for _, e := range ex.list {
			l.examples = append(l.examples, Example{Lang: l.code, Category: f.Category, Rule: id, Text: e.Value, Level: ex.level})
		}
	}
}

func (l *language) addHintWords(list []yaml.Node, theme, kind int16, faults *faultList) {
	for _, p := range l.programsOf(list, faults).programs {
		l.hints.words = append(l.hints.words, hintWord{theme, kind})
		l.hints.programs = append(l.hints.programs, p)
	}
}

// hearing is the room in which hints are gathered; it is used again.
type hearing struct {
	clues, calm, own []clue
	last             []int // by theme: its last clue
}

// hint looks for hints in the whole text and adds the first of each theme.
func (s *scanner) hint() {
	h := &s.hearing
	h.clues, h.calm = h.clues[:0], h.calm[:0]
	for len(h.last) < len(s.hints.themes) {
		h.last = append(h.last, 0)
	}
	for i := range h.last {
		h.last[i] = -1
	}
	s.eachSentence(func(n, from, to int) { s.gather(from, to, n) })
	h.clues = slices.DeleteFunc(h.clues, func(c clue) bool { return calmed(c, h.calm) })
	for t := range s.hints.themes {
		h.own = h.own[:0]
		for _, c := range h.clues {
			if c.theme == int16(t) {
				h.own = append(h.own, c)
			}
		}
		s.weighTheme(&s.hints.themes[t], h.own)
	}
}

// calmed tells whether a calm word of its own sentence silences a clue.
func calmed(c clue, calm []clue) bool {
	i, _ := slices.BinarySearchFunc(calm, c.start-calmReach-maxSpan, func(q clue, at int) int { return q.start - at })
	for ; i < len(calm) && calm[i].start < c.end+calmReach; i++ {
		q := &calm[i]
		if q.sentence == c.sentence && (q.theme == c.theme || q.theme < 0) && c.start < q.end+calmReach {
			return true
		}
	}
	return false
}

// gather adds the words of hints in the sentence at s.toks[from:to].
func (s *scanner) gather(from, to, sentence int) {
	h := &s.hearing
	m := matcher{tables: &s.tables, toks: s.toks[from:to]}
	for i := range m.toks {
		if i%maxSpan == 0 {
			s.see(m.toks[i:min(len(m.toks), i+2*maxSpan)])
			s.seen.clues.begin(s.language)
		}
		id := m.toks[i].id
		if id == 0 {
			continue
		}
		for _, set := range []*set{&s.past, &s.unreal, &s.dream} {
			if end := set.matchAt(&m, i); end > 0 {
				h.calm = append(h.calm, clue{hintWord{-1, -1}, from + i, from + end, sentence})
			}
		}
		for _, k := range s.seen.clues.of(s.language, &s.hints.byFirst, s.hints.programs, s.present, id) {
			hw := s.hints.words[k]
			end, ok := m.match(&s.hints.programs[k], i)
			if !ok {
				continue
			}
			c := clue{hw, from + i, from + end, sentence}
			if hw.kind < 0 {
				h.calm = append(h.calm, c)
			} else if s.denied(&m, i, end, m.skip) != denied {
				h.add(c)
			}
		}
	}
}

// add appends a clue, in place of one of its kind a word or two before it.
func (h *hearing) add(c clue) {
	if at := h.last[c.theme]; at >= 0 {
		if l := &h.clues[at]; l.kind == c.kind && l.sentence == c.sentence && c.start-l.start <= 2 {
			*l = c
			return
		}
	}
	h.last[c.theme] = len(h.clues)
	h.clues = append(h.clues, c)
}

// weighTheme reports the first place where the words of a theme weigh enough:
// within hintSpan words, and in at most two sentences that follow each other.
func (s *scanner) weighTheme(th *theme, clues []clue) {
	for i, from := range clues {
		if i+1 < len(clues) && clues[i+1].kind == from.kind && clues[i+1].sentence == from.sentence {
			continue // the next one hears all that this one does
		}
		var heard uint64
		sum, end := 0, 0
		for _, c := range clues[i:] {
			if c.start-from.start > hintSpan || c.sentence > from.sentence+1 {
				break
			}
			if heard&(1<<uint(c.kind)) != 0 {
				continue
			}
			heard |= 1 << uint(c.kind)
			sum += th.weights[c.kind]
			end = max(end, c.end)
			if sum < th.enough {
				continue
			}
			s.out = append(s.out, Finding{
				Level: Ask, Category: th.category, Rule: th.id + ":" + th.names(heard),
				Start: int(s.toks[from.start].start), End: int(s.toks[end-1].end), trust: th.trust,
			})
			return
		}
	}
}

// names lists kinds of words.
func (th *theme) names(heard uint64) string {
	var names []string
	for k, name := range th.kinds {
		if heard&(1<<uint(k)) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}
