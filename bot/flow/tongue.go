package flow

import (
	"maps"
	"slices"
	"strings"
)

// varLang is the variable with the language that the person chose.
const varLang = "lang"

// flowOffer asks somebody new whether to go on in the language that they wrote
// in, if the library has it.
const flowOffer = "settings.offer"

// talk is the language of an input: that of the person, or of the talk that they
// began in another one.
func (l *Library) talk(s Session, in Input) *speech {
	if s.Lang != "" && !chose(in) {
		return l.in(s.Lang)
	}
	return l.in(in.Lang)
}

// chose tells whether the person has chosen a language.
func chose(in Input) bool {
	tag, _ := in.Vars[varLang].(string)
	return tag != ""
}

// tag names a language of the library.
func (l *Library) tag(sp *speech) string {
	if sp.lang == "" {
		return l.base
	}
	return sp.lang
}

// detect looks at the first words of somebody new. If they are a phrase or a
// word of one other language, and of no more, the talk goes on in it, and the
// person is asked whether that is right, unless they asked for something that
// must not wait.
func (r *run) detect(norm string) *flow {
	if norm == "" || r.s.Lang != "" || !r.s.Idle() || chose(*r.in) || r.welcomed() {
		return nil
	}
	var other *speech
	for i, sp := range r.tongue.order {
		if !sp.knows(norm) {
			continue
		}
		if i == 0 || sp.lang == "" || other != nil {
			return nil
		}
		other = sp
	}
	offer := r.lib.flows[flowOffer]
	if other == nil || offer == nil || offer.titleIn(other.lang) == offer.Title {
		return nil
	}
	r.tongue, r.s.Lang = other, other.lang
	if other.first[norm] != nil || other.anywhere[norm] != nil {
		return nil
	}
	return offer
}

// knows tells whether a normal text is a phrase or a word of a language.
func (sp *speech) knows(norm string) bool {
	_, phrase := sp.written[norm]
	return phrase || sp.meaning[norm] != ""
}

// askLanguages gives the questions for the language their choices: the languages
// that there are, each by its own name.
func (ld *loader) askLanguages(l *Library) {
	for _, p := range ld.parsers {
		for _, n := range p.flow.nodes {
			o, ok := n.op.(*askOp)
			if !ok || o.kind != askLanguage {
				continue
			}
			var labels []string
			for _, t := range l.tongues {
				opt := option{label: t.Name, tag: t.Tag, pos: n.pos, first: n.next, words: []string{Normalise(t.Name)}}
				for _, w := range slices.Sorted(maps.Keys(l.in(t.Tag).meaning)) {
					if l.in(t.Tag).meaning[w] == "words_language" && w != opt.words[0] {
						opt.words = append(opt.words, w)
					}
				}
				if tag := strings.ToLower(t.Tag); tag != opt.words[0] {
					opt.words = append(opt.words, tag)
				}
				o.options = append(o.options, opt)
				labels = append(labels, t.Name)
			}
			o.choices = numbered(labels)
			o.text.appendAll(o.choices)
			for i := range o.text.said {
				appendTo(o.text.said[i].variants, o.choices)
			}
		}
	}
}
