package flow

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// ask reads a question: its text, exactly one kind, and what may happen to it.
func (p *parser) ask(st *node, v pair, pairs []pair) op {
	kinds := askKinds()
	o := &askOp{text: p.said(st, v, pairs), skip: true, max: MaxAnswer, kind: -1}
	for _, kv := range pairs {
		i := slices.Index(kinds, kv.key)
		if i < 0 {
			continue
		}
		if o.kind >= 0 {
			p.c.add(at(p.file, kv.k), ruleVerb, "a question has one kind: %s and %s cannot stand together", kinds[o.kind], kv.key)
			continue
		}
		o.kind = askKind(i)
		p.kind(st, o, kv)
	}
	if o.kind < 0 {
		p.c.add(st.pos, ruleMissing, "ask needs a kind, one of %s", strings.Join(kinds, ", "))
		o.kind = askText
	}
	for _, kv := range pairs {
		switch kv.key {
		case "keep":
			p.keepAnswer(o, kv)
		case "no_reply":
			p.noReply(st, o, kv)
		case "not_understood":
			o.miss = true
			o.missBlock = p.branch(kv.v, st.path+".not_understood")
			if len(o.missBlock) == 0 {
				p.c.add(at(p.file, kv.k), ruleMissing, "not_understood is empty")
			}
		case "skip":
			if o.skip = p.boolean(kv.v, "skip"); !o.skip {
				p.c.add(at(p.file, kv.k), ruleNoSkip, "this question cannot be skipped")
			}
		case "senses":
			o.senses = p.boolean(kv.v, "senses")
		case "witness":
			if o.witness = p.boolean(kv.v, "witness"); o.witness && o.kind != askText {
				p.c.add(at(p.file, kv.k), ruleValue, "witness goes with text: the words themselves are what is kept")
			}
		case "greeting":
			if o.greeting = p.boolean(kv.v, "greeting"); o.greeting && o.kind != askPick && o.kind != askYesNo {
				p.c.add(at(p.file, kv.k), ruleValue, "greeting goes with pick or yes_no: the first choice goes on, the last one ends it")
			}
		case "opening":
			if o.opening = p.boolean(kv.v, "opening"); o.opening && (o.kind < askScale || o.kind == askText || o.kind == askLanguage) {
				p.c.add(at(p.file, kv.k), ruleValue, "opening goes with a number, a time, days, a date or a span: any message would be taken for a text")
			}
		}
	}
	if kv, ok := find(pairs, "safety"); ok {
		p.safety(o, kv)
	}
	return o
}

func (p *parser) kind(st *node, o *askOp, kv pair) {
	switch o.kind {
	case askPick:
		p.pick(st, o, kv)
	case askYesNo:
		keys, _ := p.mapping(kv.v, "yes_no")
		p.known(keys, "yes_no", "yes", "no")
		for _, label := range []string{"yes", "no"} {
			opt := option{label: label, words: []string{label}, pos: at(p.file, kv.k)}
			if b, ok := find(keys, label); ok {
				opt.block = p.branch(b.v, st.path+".yes_no."+label)
			}
			o.options = append(o.options, opt)
		}
	case askScale, askNumber:
		p.bounds(o, kv)
	case askText:
		keys := p.empty(kv)
		p.known(keys, "text", "min", "max", "forget", "plain", "own")
		if kv, ok := find(keys, "plain"); ok {
			o.plain = p.boolean(kv.v, "plain")
		}
		if kv, ok := find(keys, "own"); ok {
			o.own = p.boolean(kv.v, "own")
		}
		if kv, ok := find(keys, "min"); ok {
			o.min = p.integer(kv.v, "min", 1, 100)
		}
		if kv, ok := find(keys, "forget"); ok {
			o.forget = p.boolean(kv.v, "forget")
		}
		if m, ok := find(keys, "max"); ok {
			o.max = p.integer(m.v, "max", 1, MaxAnswer)
		}
	case askDate:
		keys := p.empty(kv)
		p.known(keys, "date", "past")
		if kv, ok := find(keys, "past"); ok {
			o.past = p.boolean(kv.v, "past")
		}
		name := "date"
		if o.past {
			name = "past_date"
		}
		if o.reader = p.opt.Readers[name]; o.reader == nil {
			p.c.add(at(p.file, kv.k), ruleReader, "this program has no reader for %s", name)
		}
	case askDays:
		keys := p.empty(kv)
		p.known(keys, "days", "week")
		if kv, ok := find(keys, "week"); ok {
			o.week = p.boolean(kv.v, "week")
		}
		if o.reader = p.opt.Readers[kv.key]; o.reader == nil {
			p.c.add(at(p.file, kv.k), ruleReader, "this program has no reader for %s", kv.key)
		}
	case askLanguage: // the choices are made when the translations are known
		p.known(p.empty(kv), kv.key)
	case askTime:
		keys := p.empty(kv)
		p.known(keys, kv.key, "window")
		if o.reader = p.opt.Readers[kv.key]; o.reader == nil {
			p.c.add(at(p.file, kv.k), ruleReader, "this program has no reader for %s", kv.key)
		}
		if w, ok := find(keys, "window"); ok && p.boolean(w.v, "window") {
			if o.window = p.opt.Readers[readWindow]; o.window == nil {
				p.c.add(at(p.file, w.k), ruleReader, "this program has no reader for a window")
			}
			o.part = p.opt.Readers[readPart]
		}
	default:
		p.known(p.empty(kv), kv.key)
		if o.reader = p.opt.Readers[kv.key]; o.reader == nil {
			p.c.add(at(p.file, kv.k), ruleReader, "this program has no reader for %s", kv.key)
		}
	}
}

// empty reads the value of a kind that needs none: null or a mapping.
func (p *parser) empty(kv pair) []pair {
	if isNull(kv.v) {
		return nil
	}
	keys, _ := p.mapping(kv.v, kv.key)
	return keys
}

func (p *parser) bounds(o *askOp, kv pair) {
	keys := p.empty(kv)
	p.known(keys, kv.key, "from", "to")
	from, hasFrom := find(keys, "from")
	to, hasTo := find(keys, "to")
	if hasFrom != hasTo || o.kind == askScale && !hasFrom {
		p.c.add(at(p.file, kv.k), ruleMissing, "%s needs from and to", kv.key)
		return
	}
	if !hasFrom {
		return
	}
	var ok1, ok2 bool
	o.from, ok1 = p.number(from.v, "from")
	o.to, ok2 = p.number(to.v, "to")
	o.bounded = ok1 && ok2
	if o.bounded && o.from >= o.to {
		p.c.add(at(p.file, to.v), ruleValue, "to must be more than from")
	}
}

func (p *parser) pick(st *node, o *askOp, kv pair) {
	keys, ok := p.mapping(kv.v, "pick")
	if !ok {
		return
	}
	if len(keys) < 2 || len(keys) > 12 {
		p.c.add(at(p.file, kv.k), ruleOption, "a question has from 2 to 12 choices")
	} else if len(keys) > mostChoices {
		p.c.add(at(p.file, kv.k), ruleChoices, "%d choices are hard to take in; at most %d, one of them a way out", len(keys), mostChoices)
	}
	seen := map[string]int{}
	for i, k := range keys {
		opt := option{label: strings.TrimSpace(k.key), pos: at(p.file, k.k)}
		path := st.path + ".pick." + strconv.Itoa(i+1)
		p.wording(opt.label, at(p.file, k.k))
		p.optionWord(&opt, i+1, k.k, seen)
		opt.block = p.choice(&opt, i+1, k.v, path, seen)
		o.options = append(o.options, opt)
	}
}

// choice reads the branch of one option, which may have also beside it.
func (p *parser) choice(opt *option, number int, n *yaml.Node, path string, seen map[string]int) block {
	if n.Kind != yaml.MappingNode {
		return p.branch(n, path)
	}
	pairs, _ := p.mapping(n, "a choice")
	if also, ok := find(pairs, "also"); ok {
		for _, it := range p.strs(also.v, "also") {
			p.optionWord(opt, number, it, seen)
			opt.also = append(opt.also, strings.TrimSpace(it.Value))
		}
	}
	return p.rest(n, pairs, path, "also")
}

func (p *parser) optionWord(opt *option, number int, n *yaml.Node, seen map[string]int) {
	w := Normalise(n.Value)
	pos := at(p.file, n)
	_, isNumber := digits(w)
	switch {
	case w == "":
		p.c.add(pos, ruleOption, "a choice needs letters")
	case isNumber:
		p.c.add(pos, ruleOption, "a bare number cannot be a choice, since choices are numbered; use scale")
	case seen[w] == number: // another spelling of the same
	case seen[w] > 0:
		p.c.add(pos, ruleOption, "%q chooses two things in this question", n.Value)
	default:
		seen[w] = number
		opt.words = append(opt.words, w)
	}
}

func (p *parser) keepAnswer(o *askOp, kv pair) {
	if kv.v.Kind == yaml.MappingNode {
		keys, _ := p.mapping(kv.v, "keep")
		p.known(keys, "keep", "list")
		if l, ok := find(keys, "list"); ok {
			o.list = p.listName(l.v, "list")
			p.keeps = append(p.keeps, o.list)
		} else {
			p.c.add(at(p.file, kv.v), ruleMissing, "keep needs the name of a variable, or list")
		}
		return
	}
	o.keepVar = p.variable(kv.v, "keep")
	if o.keepVar.name == "" {
		return
	}
	v := variable{ref: o.keepVar}
	switch o.kind {
	case askYesNo:
		v.kind = varBool
	case askScale, askNumber:
		v.kind = varNumber
	default:
		v.kind = varString
		if o.kind >= askTime {
			v.read = askKinds()[o.kind]
		}
	}
	p.sets = append(p.sets, v)
}

func (p *parser) noReply(st *node, o *askOp, kv pair) {
	pairs, ok := p.mapping(kv.v, "no_reply")
	if !ok {
		return
	}
	o.noReply = longestWait
	if after, ok := find(pairs, "after"); ok {
		o.noReply = p.length(after.v, "after", longestWait)
	} else {
		p.c.add(at(p.file, kv.k), ruleMissing, "no_reply needs after")
	}
	o.noReplyBlock = p.rest(kv.v, pairs, st.path+".no_reply", "after")
	if len(o.noReplyBlock) == 0 {
		p.c.add(at(p.file, kv.k), ruleMissing, "no_reply needs a step beside after")
	}
}
