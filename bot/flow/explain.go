package flow

import (
	"fmt"
	"slices"
	"strings"
)

// Candidate is a flow that a message may mean, and why.
type Candidate struct {
	Flow   string
	Phrase string   // as the script writes it
	Points int      // what the match is worth
	Needed int      // what it must be worth in this message
	Why    []string // how it came about, a line each
}

// Verdict is what a message reaches when nothing waits.
type Verdict struct {
	// Best are the flows: none, one, or the two that are too close to tell
	// apart, which the engine then offers.
	Best []Candidate
	// Others came behind or fell short.
	Others []Candidate
	// Exact tells that the whole message is the phrase.
	Exact bool
}

// Explain tells what a text reaches when nothing waits, as Match does, with the
// reasons and with what came behind.
func (v Voice) Explain(text string) Verdict {
	norm, sp := hear(text), v.own
	if h, ok := sp.exact(norm); ok {
		return Verdict{Exact: true, Best: []Candidate{{Flow: h.flow.ID, Phrase: h.text, Why: []string{"the message is the phrase"}}}}
	}
	list := sp.search(norm, false)
	best := choose(list)
	var out Verdict
	for i, f := range list {
		c := f.candidate()
		if slices.ContainsFunc(best, func(b found) bool { return b.sought == f.sought }) {
			out.Best = append(out.Best, c)
		} else if i < mostShown && 2*f.points >= f.need {
			out.Others = append(out.Others, c)
		}
	}
	if len(best) == 0 {
		if h, ok := sp.misspelt(norm); ok {
			out.Best = []Candidate{{Flow: h.flow.ID, Phrase: h.text, Why: []string{"the message is the phrase but for one slip"}}}
		}
	}
	return out
}

// Explain is Voice.Explain in the language of the scripts.
func (l *Library) Explain(text string) Verdict { return l.In("").Explain(text) }

// candidate puts a match into words.
func (f *found) candidate() Candidate {
	c := Candidate{Flow: f.flow.ID, Phrase: f.text, Points: f.points, Needed: f.need}
	words := f.heardAs
	var plain, small, rewritten []string
	strong := 0
	for _, at := range f.at {
		t := words[at]
		if t.strong {
			strong++
		}
		if !t.means() {
			small = append(small, t.word)
		} else {
			plain = append(plain, t.word)
		}
		if t.from != "" && t.from != t.as {
			how := "heard as"
			if t.typo {
				how = "taken for a misspelt"
			}
			if line := fmt.Sprintf("%q is %s %q", t.from, how, t.as); !slices.Contains(rewritten, line) {
				rewritten = append(rewritten, line)
			}
		}
	}
	if f.equal {
		c.Why = append(c.Why, "it is the whole message")
	}
	if len(plain) > 0 {
		c.Why = append(c.Why, fmt.Sprintf("words with a meaning: %s (+%d)", strings.Join(plain, ", "), pointsWord*len(plain)))
	}
	if strong > 0 {
		c.Why = append(c.Why, fmt.Sprintf("strong words among them: %d (+%d)", strong, pointsStrong*strong))
	}
	if len(small) > 0 && len(f.at) == len(f.words) {
		c.Why = append(c.Why, fmt.Sprintf("small words: %s (+%d)", strings.Join(small, ", "), pointsSmall*len(small)))
	}
	if f.gap > 0 {
		c.Why = append(c.Why, fmt.Sprintf("words in between: %d (-%d)", f.gap, pointsGap*f.gap))
	}
	c.Why = append(c.Why, rewritten...)
	if !f.equal {
		c.Why = append(c.Why, fmt.Sprintf("other words with a meaning: %d, so %d points are needed", f.rest, f.need))
	}
	return c
}
