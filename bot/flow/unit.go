package flow

import (
	"cmp"
	"slices"
	"strings"
)

// unit is one text that is translated, or one list of words that each language
// has its own of.
type unit struct {
	context string // flow, step and what of it
	group   string // the flow, or "texts"
	id      string // the text in the language of the scripts
	plural  string // the text for many, where it has two forms
	own     bool   // a list of the language's own, not a translation
	pos     place
	about   []string // what a translator has to know

	// What it is; one of these.
	text   *text // a wording of a text, the one at
	at     int
	flow   *flow  // its title, or its phrases of a kind
	kind   string // first, anywhere, start, idle
	ask    *askOp // a choice, the one at; own: the words beside its label
	sample string // texts.yaml: a word list
}

// groupTexts is the group of the sentences of texts.yaml.
const groupTexts = "texts"

// gather lists every unit, in the order of the files and of their lines.
func (ld *loader) gather() []unit {
	var all []unit
	for _, p := range ld.parsers {
		list := ld.unitsOf(p)
		slices.SortStableFunc(list, func(a, b unit) int { return cmp.Or(a.pos.line-b.pos.line, a.pos.col-b.pos.col) })
		all = append(all, list...)
	}
	var own []unit
	for _, s := range RequiredTexts() {
		t := ld.texts[s.Key]
		if t == nil {
			continue
		}
		u := unit{context: groupTexts + " " + s.Key, group: groupTexts, pos: t.pos, about: []string{"A sentence that the program itself says: " + s.About + "."}}
		if s.Words {
			u.own, u.sample, u.id = true, s.Key, t.variants[0].src
			u.about = []string{"Words that the program listens for: " + s.About + ".", "A comma list. " + ownList}
			own = append(own, u)
			continue
		}
		own = append(own, wordingUnits(u, t)...)
	}
	slices.SortStableFunc(own, func(a, b unit) int { return a.pos.line - b.pos.line })
	return append(all, own...)
}

// ownList is what a translator is told about lists of words.
const ownList = "This is your language's own list, not a translation: what people there write. A - alone is for none."

// wordingUnits makes a unit of each wording of a text.
func wordingUnits(u unit, t *text) []unit {
	var out []unit
	for i, v := range t.variants {
		if !hasLetters(v) {
			continue
		}
		w := u
		w.text, w.at, w.id, w.plural, w.pos = t, i, v.src, v.many(), v.pos
		w.about = slices.Clone(u.about)
		if v.plural != nil {
			w.about = append(w.about, "Depends on a number, {{"+v.plural.count+"}}: first the text for one, then the one for more.")
		}
		if len(t.variants) > 1 {
			w.about = append(w.about, "One of several wordings that take turns.")
		}
		if t.source != "" {
			w.about = append(w.about, "Source: "+t.source)
		}
		out = append(out, w)
	}
	return out
}

// hasLetters tells whether there is anything to translate beside placeholders.
func hasLetters(t template) bool {
	if t.plural != nil {
		return true
	}
	if t.parts == nil {
		return Normalise(t.src) != ""
	}
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.name == "" && Normalise(p.lit) != "" || p.fallback != "" })
}

// unitsOf lists the units of a flow.
func (ld *loader) unitsOf(p *parser) (out []unit) {
	f := p.flow
	add := func(u unit) {
		u.group = f.ID
		out = append(out, u)
	}
	if f.Title != "" {
		add(unit{context: f.ID + " title", id: f.Title, pos: f.titlePos, flow: f, about: []string{"Title, shown in the menu and when the person is asked whether to go back."}})
	}
	for _, l := range []struct {
		kind, when string
		list       []phrase
	}{
		{"first", "heard before everything else, as a whole message", f.first1},
		{"anywhere", "heard at any moment, as a whole message", f.any1},
		{"start", "that open this flow when no question waits; one that ends in a full stop is heard only when the message says nothing else", f.start1},
		{"idle", "heard when nothing is open, as a whole message", f.idle1},
	} {
		if len(l.list) == 0 {
			continue
		}
		var phrases []string
		for _, ph := range l.list {
			phrases = append(phrases, ph.text)
		}
		add(unit{
			context: f.ID + " " + l.kind, id: strings.Join(phrases, ", "), own: true, pos: l.list[0].pos, flow: f, kind: l.kind,
			about: []string{"Phrases " + l.when + ".", "A comma list. " + ownList},
		})
	}
	for _, t := range p.texts {
		if t.what == "" {
			continue
		}
		context, n := f.contextOf(t.path)
		about := []string{aboutText(t.what)}
		if n != nil {
			if o, ok := n.op.(*askOp); ok && o.text == t {
				about = append(about, o.kindOf())
			}
		}
		for _, u := range wordingUnits(unit{context: context, about: about}, t) {
			add(u)
		}
	}
	for _, n := range f.inOrder() {
		if o, ok := n.op.(*askOp); ok && o.kind == askPick {
			for _, u := range choiceUnits(f, n, o) {
				add(u)
			}
		}
	}
	return out
}

// kindOf tells a translator what kind of answer a question wants.
func (o *askOp) kindOf() string {
	if len(o.options) == 0 {
		return "Answered with: " + askKinds()[o.kind] + "."
	}
	var labels []string
	for _, opt := range o.options {
		labels = append(labels, opt.label)
	}
	return "Choices: " + strings.Join(labels, " / ") + "."
}

// choiceUnits are the labels of a question's choices and the words beside them.
// Choices named yes and no take theirs from texts.yaml.
func choiceUnits(f *flow, n *node, o *askOp) (out []unit) {
	context, _ := f.contextOf(n.path)
	question := "Choice of: " + short(o.text.variants[0].src)
	for i := range o.options {
		opt := &o.options[i]
		if opt.sign == signNone {
			out = append(out, unit{context: context + " pick", id: opt.label, pos: opt.pos, ask: o, at: i, about: []string{question}})
		}
		if len(opt.also) > 0 {
			out = append(out, unit{
				context: context + " also " + opt.label, id: strings.Join(opt.also, ", "), own: true, pos: opt.pos, ask: o, at: i,
				about: []string{question, "Other words for the choice \"" + opt.label + "\". A comma list. " + ownList},
			})
		}
	}
	return out
}

// contextOf names a step so that it stays the same while other steps come and
// go: by the nearest name that it or a step around it has, else by its place. A
// path that goes on behind a step says what of it is meant.
func (f *flow) contextOf(path string) (context string, at *node) {
	step, kind := path, ""
	for f.nodes[step] == nil {
		i := strings.LastIndexByte(step, '.')
		if i < 0 {
			return f.ID + " " + path, nil
		}
		step, kind = step[:i], strings.TrimPrefix(step[i+1:]+"."+kind, ".")
	}
	kind = strings.TrimSuffix(kind, ".")
	at = f.nodes[step]
	for outer := step; ; {
		if n := f.nodes[outer]; n != nil && n.name != "" {
			step = n.name + step[len(outer):]
			break
		}
		i := strings.LastIndexByte(outer, '.')
		if i < 0 {
			break
		}
		outer = outer[:i]
	}
	return strings.TrimSuffix(f.ID+" "+step+" "+kind, " "), at
}

// aboutText says what kind of text stands under a key.
func aboutText(what string) string {
	switch what {
	case "say":
		return "A message."
	case "ask":
		return "A question."
	case "menu":
		return "Stands above the menu."
	case "none":
		return "Said when the list is empty."
	case "words":
		return "Name of a part of a breath."
	}
	return "A text (" + what + ")."
}
