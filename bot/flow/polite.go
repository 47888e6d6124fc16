package flow

import (
	"slices"
	"strings"
)

// courtesy are the words of a language that stand around an answer and change
// nothing, normal, the longest first.
type courtesy struct {
	polite  []string // on either side: please, thank you
	opening []string // before it only, since "i am ok" is no "i am": ok
	article []string // before it, and no number behind it: a, the
}

// readCourtesy takes the lists of a language.
func readCourtesy(from lists) courtesy {
	list := func(key string) []string {
		out := slices.DeleteFunc(wordList(from, key), func(w string) bool { return w == "" })
		slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
		return out
	}
	return courtesy{list("words_polite"), list("words_opening"), list("words_article")}
}

// core is a normal text without the courtesy around it: "ok yes", "the second
// one please". It is empty where nothing else is there, or nothing that says what
// is meant: "ok thanks" is no yes.
func (sp *speech) core(norm string) string {
	for _, s := range sp.own() {
		c := &s.words.courtesy
		if slices.Contains(c.polite, norm) || slices.Contains(c.opening, norm) {
			return ""
		}
		for _, w := range c.polite {
			if t, ok := strings.CutSuffix(norm, " "+w); ok {
				return sp.core(t)
			}
		}
		for _, w := range slices.Concat(c.polite, c.opening) {
			if t, ok := strings.CutPrefix(norm, w+" "); ok {
				return sp.core(t)
			}
		}
	}
	return norm
}

// bare is a normal text without the article that it begins with.
func (sp *speech) bare(norm string) string {
	for _, s := range sp.own() {
		for _, w := range s.words.courtesy.article {
			if t, ok := strings.CutPrefix(norm, w+" "); ok {
				return t
			}
		}
	}
	return norm
}

// politely finds the one choice that a text names with an article or with
// courtesy around it; -1 for none. A phrase that opens a flow is none, since it
// may be meant as that, and neither is "a second", which is no number. What a
// question about safety makes of such words, weigh says.
func (o *askOp) politely(own *speech, norm string) int {
	core := own.core(norm)
	if core == "" || o.safety != nil || own.byPhrase(norm, (*speech).starts) != nil {
		return -1
	}
	if core != norm {
		if i := o.exact(own, core, ""); i >= 0 {
			return i
		}
	}
	bare, found := own.bare(core), -1
	for i := range o.options {
		for _, w := range o.options[i].heard(own.lang) {
			if own.bare(w) != bare {
				continue
			}
			if found >= 0 && found != i {
				return -1
			}
			found = i
		}
	}
	return found
}

// agrees tells whether a normal text stands in one of the engine's word lists,
// also with courtesy around it.
func (r *run) agrees(norm, list string) bool {
	if r.is(norm, list) {
		return true
	}
	core := r.tongue.core(norm)
	return core != "" && r.is(core, list)
}

// chooses finds the choice that a text means without doubt, as it is or with
// courtesy around it; -1 for none.
func (o *askOp) chooses(own *speech, norm, raw string) int {
	if i := o.exact(own, norm, raw); i >= 0 {
		return i
	}
	return o.politely(own, norm)
}
