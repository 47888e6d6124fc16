package flow

import (
	"slices"
	"unicode/utf8"
)

// Library is a set of compiled scripts. It is read only and may be used by any
// number of goroutines at the same time.
type Library struct {
	flows map[string]*flow
	infos []Info
	lists []string // of all editions
	own   []string // of this set alone
	scope *scope

	texts map[string]*text
	words words

	first    map[string]*flow // `first` phrases, normal
	anywhere map[string]*flow
	start    map[string]*flow
	idle     map[string]*flow // `idle` phrases
	free     *index           // phrases for what is not exactly one
	close    map[int][]heard  // `start` and `anywhere` phrases that a misspelling reaches, by length
	menu     []*flow          // in menu order

	older    map[revision]*flow // flows of editions that this set does not have
	editions []Edition          // newest first
}

// heard is a phrase and the flow it reaches.
type heard struct {
	phrase
	flow *flow
}

// words are the engine's own word lists, normal.
type words struct {
	skip, done, repeat, back, yes, no []string
	yesLabel, noLabel                 string
}

// Info tells about one flow what a person who runs the program may want to see.
type Info struct {
	ID    string
	Title string
	About string
	File  string
	Start []string // every phrase that reaches it: first, anywhere, start, idle
	Menu  int      // position in the menu; 0: not in the menu
	Modes []string // contact modes it is offered in; nil: all
	Rev   string   // changes when a waiting session could misread it
}

// Flows lists every flow by id.
func (l *Library) Flows() []Info { return slices.Clone(l.infos) }

// Has tells whether there is a flow of that id.
func (l *Library) Has(id string) bool { return l.flows[id] != nil }

// Lists names every list that the scripts use, sorted.
func (l *Library) Lists() []string { return slices.Clone(l.lists) }

// First tells whether the whole text is a phrase that is heard before all else.
func (l *Library) First(text string) (flow string, ok bool) {
	f := l.first[hear(text)]
	if f == nil {
		return "", false
	}
	return f.ID, true
}

// Match finds the flow that a text reaches when nothing waits, and the phrase
// as the script writes it. Where two are too close to tell apart it is the
// first that the engine would offer. Phrases of `first` are not looked at.
func (l *Library) Match(text string) (flow, phrase string, ok bool) {
	h := l.hears(hear(text))
	if len(h) == 0 {
		return "", "", false
	}
	return h[0].flow.ID, h[0].text, true
}

// hears is what a normal text reaches when nothing waits: nothing, one phrase,
// or those of the two flows to offer.
func (l *Library) hears(norm string) []heard {
	if h, ok := l.exact(norm); ok {
		return []heard{h}
	}
	if f := choose(l.free.search(norm, false)); len(f) > 0 {
		out := make([]heard, len(f))
		for i := range f {
			out[i] = f[i].heard
		}
		return out
	}
	if h, ok := l.misspelt(norm); ok {
		return []heard{h}
	}
	return nil
}

// Text gives one of the sentences of texts.yaml with its placeholders filled.
// Where there are variants it is the first one. An unknown key is a fault of
// the program; it gives the key itself.
func (l *Library) Text(key string, values map[string]string) string {
	t := l.texts[key]
	if t == nil {
		return key
	}
	return t.variants[0].fill(func(name string) string { return values[name] })
}

// hear is the normal form of what a person wrote, of the first part of it if it
// is long: no phrase is longer, and a long text must not cost more.
func hear(text string) string {
	if len(text) <= maxHeard {
		return Normalise(text)
	}
	i := maxHeard
	for i > 0 && !utf8.RuneStart(text[i]) {
		i--
	}
	return Normalise(text[:i])
}

func (l *Library) exact(norm string) (heard, bool) {
	for _, m := range []map[string]*flow{l.anywhere, l.start, l.idle} {
		if f := m[norm]; f != nil && norm != "" {
			return heard{f.phrase(norm), f}, true
		}
	}
	return heard{}, false
}

// misspelt finds the one flow whose phrase is a close misspelling of the text.
func (l *Library) misspelt(norm string) (best heard, ok bool) {
	for n := len(norm) - utf8.UTFMax; n <= len(norm)+utf8.UTFMax; n++ {
		for _, h := range l.close[n] {
			if !closeTo(norm, h.norm) {
				continue
			}
			if ok && best.flow != h.flow {
				return heard{}, false
			}
			best, ok = h, true
		}
	}
	return best, ok
}

func (f *flow) phrase(norm string) phrase {
	for _, list := range [][]phrase{f.any1, f.start1, f.idle1, f.first1} {
		for _, p := range list {
			if p.norm == norm {
				return p
			}
		}
	}
	return phrase{}
}
