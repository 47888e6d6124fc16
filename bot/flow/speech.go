package flow

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// speech is what a library hears and says in one language beside the texts of
// the flows, which carry their translations with them. It is read only.
type speech struct {
	lang    string // "" is the language that the scripts are written in
	words   words
	meaning map[string]string // each word of the engine's lists, normal: its list
	numbers numbers

	first    map[string]*flow // `first` phrases, normal
	anywhere map[string]*flow
	start    map[string]*flow
	idle     map[string]*flow  // `idle` phrases
	written  map[string]phrase // each phrase as it is written, by its normal form
	free     *index            // phrases for what is not exactly one
	close    map[int][]heard   // `start` and `anywhere` phrases that a misspelling reaches, by length

	// order is in which languages a message is tried: this one, that of the
	// scripts, then the others. A person in distress may write in any.
	order []*speech
	// hidden is the same language inside the decoy.
	hidden *speech
}

// heardIn are the phrases of a flow in one language.
type heardIn struct {
	flow                         *flow
	first, anywhere, start, idle []phrase
}

// words are the engine's own word lists, normal.
type words struct {
	skip, done, repeat, back, yes, no []string
	unsure, misread                   []string          // answers to a question about safety
	kept                              map[string]string // what is kept: how it is called
	seen                              []string          // how one begins to name what is around
	courtesy                          courtesy          // what stands around an answer
	yesLabel, noLabel                 string
}

// listen takes the phrases of a language.
func (sp *speech) listen(f *folder, list []heardIn) {
	sp.first, sp.anywhere, sp.start, sp.idle = map[string]*flow{}, map[string]*flow{}, map[string]*flow{}, map[string]*flow{}
	sp.written, sp.close = map[string]phrase{}, map[int][]heard{}
	for _, h := range list {
		put := func(m map[string]*flow, phrases []phrase, near bool) {
			for _, p := range phrases {
				m[p.norm] = h.flow
				sp.written[p.norm] = p
				if near {
					sp.close[len(p.norm)] = append(sp.close[len(p.norm)], heard{p, h.flow})
				}
			}
		}
		put(sp.first, h.first, false)
		put(sp.idle, h.idle, false)
		put(sp.start, h.start, true)
		put(sp.anywhere, h.anywhere, true)
	}
	sp.free = newIndex(f, list)
}

// in finds what the library knows in a language: "es-MX" is heard as "es" where
// there is no more of it. Any other language is that of the scripts.
func (l *Library) in(lang string) *speech {
	for lang != "" {
		if sp := l.langs[lang]; sp != nil {
			return sp
		}
		i := strings.LastIndexByte(lang, '-')
		if i < 0 {
			break
		}
		lang = lang[:i]
	}
	return l.speech
}

// byPhrase finds the flow whose phrase a normal text is, in the first language
// that has it. of picks the kind of phrases.
func (sp *speech) byPhrase(norm string, of func(*speech) map[string]*flow) *flow {
	for _, s := range sp.order {
		if f := of(s)[norm]; f != nil {
			return f
		}
	}
	return nil
}

func (sp *speech) firsts() map[string]*flow    { return sp.first }
func (sp *speech) anywheres() map[string]*flow { return sp.anywhere }
func (sp *speech) starts() map[string]*flow    { return sp.start }
func (sp *speech) idles() map[string]*flow     { return sp.idle }

// means names the list of engine words that a normal text stands in, as
// "words_skip"; "" for none. The first language that knows the word decides: the
// same letters may be yes in one and something else in another.
func (sp *speech) means(norm string) string {
	for _, s := range sp.order {
		if list := s.meaning[norm]; list != "" {
			return list
		}
	}
	return ""
}

// hears is what a normal text reaches when nothing waits: nothing, one phrase,
// or those of the two flows to offer.
func (sp *speech) hears(norm string) []heard {
	if h, ok := sp.exact(norm); ok {
		return []heard{h}
	}
	if f := choose(sp.search(norm, false)); len(f) > 0 {
		out := make([]heard, len(f))
		for i := range f {
			out[i] = f[i].heard
		}
		return out
	}
	if h, ok := sp.misspelt(norm); ok {
		return []heard{h}
	}
	return nil
}

// search looks for phrases in a normal message, in the first language in which
// it says enough. Misspelt words are guessed in the person's own only: in
// another, a guess would make a word of one language into one of the other.
func (sp *speech) search(norm string, asked bool) []found {
	var best []found
	for _, s := range sp.order {
		list := s.free.search(norm, asked, s == sp)
		if len(list) > 0 && list[0].enough() {
			return list
		}
		if best == nil {
			best = list
		}
	}
	return best
}

func (sp *speech) exact(norm string) (heard, bool) {
	if norm == "" {
		return heard{}, false
	}
	for _, s := range sp.order {
		for _, m := range []map[string]*flow{s.anywhere, s.start, s.idle} {
			if f := m[norm]; f != nil {
				return heard{s.written[norm], f}, true
			}
		}
	}
	return heard{}, false
}

// misspelt finds the one flow whose phrase is a close misspelling of the text.
func (sp *speech) misspelt(norm string) (best heard, ok bool) {
	for n := len(norm) - utf8.UTFMax; n <= len(norm)+utf8.UTFMax; n++ {
		for _, h := range sp.close[n] {
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

// spoken is a text in another language than that of the scripts.
type spoken struct {
	lang     string
	variants []template
}

// in gives the wordings of a text in a language, or those of the script.
func (t *text) in(lang string) []template {
	if lang != "" {
		for i := range t.said {
			if t.said[i].lang == lang {
				return t.said[i].variants
			}
		}
	}
	return t.variants
}

// titled is the title of a flow in another language.
type titled struct{ lang, title string }

// titleIn is the flow's title in a language, or the one of the script.
func (f *flow) titleIn(lang string) string {
	for _, t := range f.titles {
		if t.lang == lang {
			return t.title
		}
	}
	return f.Title
}

// chosen is a choice in another language.
type chosen struct {
	lang  string
	label string
	words []string // normal, the label's first
}

// in gives the label and the words of a choice in a language; ok is false where
// the script's own hold.
func (opt *option) in(lang string) (label string, words []string, ok bool) {
	if lang != "" {
		for i := range opt.said {
			if opt.said[i].lang == lang {
				return opt.said[i].label, opt.said[i].words, true
			}
		}
	}
	return opt.label, opt.words, false
}

// choicesIn lists the choices in a language, numbered, a line each.
func (o *askOp) choicesIn(lang string) string {
	if lang == "" || len(o.options) == 0 {
		return o.choices
	}
	labels := make([]string, len(o.options))
	for i := range o.options {
		labels[i], _, _ = o.options[i].in(lang)
	}
	return numbered(labels)
}

func numbered(labels []string) string {
	var b strings.Builder
	for i, label := range labels {
		b.WriteString("\n" + show(float64(i+1), "", "") + " " + label)
	}
	return b.String()
}

// has tells whether a normal text is one of the option's words, in the language
// where it has words of that one, else in the script's.
func (opt *option) has(lang, norm string) bool {
	_, words, _ := opt.in(lang)
	return slices.Contains(words, norm)
}
