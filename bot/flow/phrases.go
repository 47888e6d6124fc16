package flow

import "slices"

// phrases refuses phrases that two flows claim, that the engine needs itself,
// and choices that can never be chosen by their word.
func (ld *loader) phrases() {
	ld.phrasesOf(slices.DeleteFunc(slices.Clone(ld.parsers), func(p *parser) bool { return InDecoy(p.id) }))
	ld.phrasesOf(slices.DeleteFunc(slices.Clone(ld.parsers), func(p *parser) bool { return !InDecoy(p.id) }))
}

// phrasesOf looks at flows that are heard together.
func (ld *loader) phrasesOf(parsers []*parser) {
	owner := map[string]heard{}
	global := map[string]*flow{}
	menu := map[int]*flow{}
	engine := map[string]string{}
	for key, list := range map[string][]string{
		"words_skip": ld.words.skip, "words_done": ld.words.done, "words_repeat": ld.words.repeat, "words_back": ld.words.back,
		"words_yes": ld.words.yes, "words_no": ld.words.no,
	} {
		for _, w := range list {
			engine[w] = key
		}
	}
	for _, p := range parsers {
		f := p.flow
		for i, list := range [][]phrase{f.first1, f.any1, f.start1, f.idle1} {
			for _, ph := range list {
				if o, ok := owner[ph.norm]; ok {
					ld.c.add(ph.pos, rulePhrase, "%q is said already in %s line %d", ph.text, o.pos.file, o.pos.line)
					continue
				}
				owner[ph.norm] = heard{ph, f}
				if i < 2 {
					global[ph.norm] = f
					if key := engine[ph.norm]; key != "" {
						ld.c.add(ph.pos, rulePhrase, "%q stands in %s, where it would not be heard any more", ph.text, key)
					}
				}
			}
		}
		if o := menu[f.Menu]; f.Menu > 0 && o != nil {
			ld.c.add(f.pos, ruleMenu, "position %d of the menu is taken by %q", f.Menu, o.ID)
		} else {
			menu[f.Menu] = f
		}
	}
	for _, p := range parsers {
		for _, n := range p.flow.nodes {
			if o, ok := n.op.(*askOp); ok {
				ld.hidden(n, o, global)
			}
		}
	}
	ld.alike(parsers)
}

// alike refuses phrases of two flows that the word lists make the same: the
// person would always be asked which of the two is meant.
func (ld *loader) alike(parsers []*parser) {
	f := ld.folder(ld.baseWords, ld.rewrites)
	owner := map[string]heard{}
	for _, p := range parsers {
		for _, list := range [][]phrase{p.flow.any1, p.flow.start1, p.flow.idle1} {
			for _, ph := range list {
				key := joined(f.fold(ph.norm))
				o, ok := owner[key]
				switch {
				case !ok:
					owner[key] = heard{ph, p.flow}
				case o.flow != p.flow && o.norm != ph.norm:
					ld.c.add(ph.pos, rulePhrase, "%q is heard like %q in %s line %d", ph.text, o.text, o.pos.file, o.pos.line)
				}
			}
		}
	}
}

// hidden reports a choice whose word another flow hears first.
func (ld *loader) hidden(n *node, o *askOp, global map[string]*flow) {
	for i := range o.options {
		opt := &o.options[i]
		if len(opt.words) == 0 {
			continue
		}
		f := global[opt.words[0]]
		if f == nil || leadsTo(opt.first, f) {
			continue
		}
		ld.c.add(opt.pos, ruleHiddenOption, "who writes %q gets the flow %q instead of this choice", opt.label, f.ID)
	}
}

func leadsTo(n *node, f *flow) bool {
	if n == nil {
		return false
	}
	switch o := n.op.(type) {
	case *callOp:
		return o.target == f
	case *runOp:
		return o.target == f
	}
	return false
}
