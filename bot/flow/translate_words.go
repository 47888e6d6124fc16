package flow

import (
	"strings"

	"handrail/bot/po"
)

// choiceIn gives a choice its words in a language and refuses words that choose
// two things, and a label that opens another flow.
func (ld *loader) choiceIn(c *catalog, sp *speech, opt *option, label, also *po.Entry, i int, seen map[string]int) {
	in := chosen{lang: c.lang}
	pos := place{c.file, 1, 1}
	take := func(word string, quiet bool) {
		w := Normalise(word)
		_, isNumber := digits(w)
		switch other, taken := seen[w]; {
		case quiet && (taken || w == ""):
		case w == "" || isNumber:
			ld.c.add(pos, ruleOption, "a choice needs letters: %q", word)
		case taken && other != i:
			ld.c.add(pos, ruleOption, "%q chooses two things in this question", word)
		case !taken:
			seen[w] = i
			in.words = append(in.words, w)
		}
	}
	switch {
	case label != nil:
		pos = c.at(label)
		in.label = strings.TrimSpace(label.Str[0])
		take(in.label, false)
		w := Normalise(in.label)
		for _, m := range []map[string]*flow{sp.first, sp.anywhere} {
			if f := m[w]; f != nil && !leadsTo(opt.first, f) {
				ld.c.add(pos, ruleHiddenOption, "who writes %q gets the flow %q instead of this choice", in.label, f.ID)
			}
		}
	case opt.sign == signYes:
		in.label = sp.words.yesLabel
	case opt.sign == signNo:
		in.label = sp.words.noLabel
	default: // a language: its name is the same in all
		in.label, in.words = opt.label, opt.words
	}
	if also != nil && also.Str[0] != "" && !none(also.Str[0]) {
		pos = c.at(also)
		for w := range strings.SplitSeq(also.Str[0], ",") {
			take(w, false)
		}
	}
	if opt.sign == signYes || opt.sign == signNo {
		take(in.label, true)
		list := sp.words.yes
		if opt.sign == signNo {
			list = sp.words.no
		}
		for _, w := range list {
			take(w, true)
		}
	}
	opt.said = append(opt.said, in)
}

// phrasesIn reads the phrases of a flow in a language.
func (ld *loader) phrasesIn(c *catalog, units []*unit) (out []heardIn) {
	var h heardIn
	for _, u := range units {
		e := c.find(u)
		if u.kind == "" || e == nil || e.Str[0] == "" || none(e.Str[0]) {
			continue
		}
		h.flow = u.flow
		var list []phrase
		for s := range strings.SplitSeq(e.Str[0], ",") {
			ph := phrase{strings.TrimSpace(s), Normalise(s), c.at(e)}
			if ph.norm == "" {
				ld.c.add(ph.pos, rulePhrase, "a phrase needs letters or digits")
				continue
			}
			list = append(list, ph)
		}
		switch u.kind {
		case "first":
			h.first = list
		case "anywhere":
			h.anywhere = list
		case "start":
			h.start = list
		case "idle":
			h.idle = list
		}
	}
	if h.flow == nil {
		return nil
	}
	return []heardIn{h}
}

// collisions refuses phrases of a language that two flows claim, or that the
// engine needs itself.
func (ld *loader) collisions(sp *speech, list []heardIn) {
	owner := map[string]heard{}
	for _, h := range list {
		for i, phrases := range [][]phrase{h.first, h.anywhere, h.start, h.idle} {
			for _, ph := range phrases {
				if o, ok := owner[ph.norm]; ok && o.flow != h.flow {
					ld.c.add(ph.pos, rulePhrase, "%q is said already in line %d, for %s", ph.text, o.pos.line, o.flow.ID)
					continue
				}
				owner[ph.norm] = heard{ph, h.flow}
				if key := sp.meaning[ph.norm]; i < 2 && key != "" {
					ld.c.add(ph.pos, rulePhrase, "%q stands in %s, where it would not be heard any more", ph.text, key)
				}
			}
		}
	}
}
