package flow

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// verbs are the keys that make a step. A mapping has exactly one.
func verbs() []string {
	return []string{
		"say", "ask", "pace", "wait", "if", "set", "show", "drop", "call", "goto", "run",
		"menu", "every", "cancel", "snooze", "quiet", "lines", "hide", "export", "forget", "hand_over", "chart", "record", "secret", "consent", "link", "end",
	}
}

// loneVerbs are verbs only where they stand without another.
func loneVerbs() []string { return []string{"keep", "at"} }

// verbKeys are the keys that a step with that verb may have beside it and its
// name.
func verbKeys(verb string) []string {
	switch verb {
	case "say", "menu":
		return []string{"any", "source"}
	case "ask":
		return append([]string{"any", "source", "keep", "no_reply", "not_understood", "skip", "safety", "senses", "witness", "greeting", "opening"}, askKinds()...)
	case "pace":
		return []string{"words"}
	case "if":
		return []string{"do", "else"}
	case "keep":
		return []string{"text"}
	case "show":
		return []string{"up_to", "numbered", "newest", "pick", "none", "short", "number"}
	case "record":
		return recordKeys()
	case "chart":
		return []string{"title", "alt", "days", "from", "to"}
	case "drop":
		return []string{"number"}
	case "every":
		return []string{"flow", "at", "days", "cron", "kind", "fresh_for", "step_down", "organization"}
	case "at":
		return []string{"flow", "date", "plus", "time", "kind", "fresh_for", "past"}
	}
	return nil
}

func hasVerb(pairs []pair) bool {
	for _, kv := range pairs {
		if slices.Contains(loneVerbs(), kv.key) || slices.Contains(verbs(), kv.key) {
			return true
		}
	}
	return false
}

// step reads one step; nil when it cannot be made sense of.
func (p *parser) step(n *yaml.Node, path string) *node {
	if n.Kind == yaml.ScalarNode && n.Value == "end" {
		st := &node{path: path, pos: at(p.file, n), op: &endOp{}}
		p.flow.nodes[path] = st
		return st
	}
	pairs, ok := p.mapping(n, "a step")
	if !ok {
		return nil
	}
	return p.stepOf(n, pairs, path)
}

func (p *parser) stepOf(n *yaml.Node, pairs []pair, path string) *node {
	st := &node{path: path, pos: at(p.file, n)}
	var verb pair
	for _, kv := range pairs {
		if !slices.Contains(verbs(), kv.key) {
			continue
		}
		if verb.key != "" {
			p.c.add(at(p.file, kv.k), ruleVerb, "a step does one thing: %s and %s cannot stand together", verb.key, kv.key)
			return nil
		}
		verb = kv
	}
	for _, key := range loneVerbs() {
		if verb.key == "" {
			verb, _ = find(pairs, key)
		}
	}
	if verb.key == "" {
		p.c.add(st.pos, ruleVerb, "a step needs a verb, one of %s", strings.Join(append(verbs(), loneVerbs()...), ", "))
		return nil
	}
	st.pos = at(p.file, verb.k)
	if name, ok := find(pairs, "name"); ok {
		p.name(st, name.v)
	}
	p.flow.nodes[path] = st
	st.op = p.verb(st, verb, pairs)
	return st
}

func (p *parser) name(st *node, n *yaml.Node) {
	name, ok := p.str(n, "name")
	if !ok {
		return
	}
	if !p.rx.step.MatchString(name) {
		p.c.add(at(p.file, n), ruleValue, "a step's name has small letters, digits, - and _")
		return
	}
	if other := p.flow.named[name]; other != nil {
		p.c.add(at(p.file, n), ruleName, "the name %q is taken in line %d", name, other.pos.line)
		return
	}
	st.name = name
	p.flow.named[name] = st
}

// verb reads the verb with its value and keys. It always returns an op, so that
// one fault does not hide the next.
func (p *parser) verb(st *node, v pair, pairs []pair) op {
	p.known(pairs, "a step with "+v.key, append(verbKeys(v.key), v.key, "name")...)
	switch v.key {
	case "say":
		return &sayOp{p.said(st, v, pairs)}
	case "ask":
		return p.ask(st, v, pairs)
	case "pace":
		return p.pace(st, v, pairs)
	case "wait":
		return &waitOp{p.length(v.v, "wait", longestWait)}
	case "if":
		return p.cond(st, v, pairs)
	case "set":
		return p.set(st, v)
	case "keep":
		return p.keep(st, v, pairs)
	case "show":
		return p.show(st, v, pairs)
	case "drop":
		return p.drop(v, pairs)
	case "at":
		return p.at(st, v, pairs)
	case "chart":
		return p.chart(st, v, pairs)
	case "record":
		return p.record(v, pairs)
	case "menu":
		return &menuOp{p.said(st, v, pairs)}
	default:
		return p.plain(v, pairs)
	}
}

// plain reads the verbs that only point somewhere or tell the host something.
func (p *parser) plain(v pair, pairs []pair) op {
	switch v.key {
	case "call":
		o := &callOp{flow: p.ref(v.v, "call")}
		p.goings = append(p.goings, going{o.flow, func(f *flow) { o.target = f }})
		return o
	case "goto":
		return &gotoOp{step: p.ref(v.v, "goto")}
	case "run":
		o := &runOp{flow: p.ref(v.v, "run")}
		p.goings = append(p.goings, going{o.flow, func(f *flow) { o.target = f }})
		return o
	case "every":
		return p.schedule(v, pairs)
	case "cancel":
		return p.cancel(v)
	case "snooze":
		return p.snooze(v)
	case "quiet":
		return p.quiet(v)
	case "lines":
		return p.lines(v)
	case "hide":
		return p.hide(v)
	case "hand_over":
		return p.handOver(v)
	case "export":
		return p.export(v)
	case "secret":
		return p.secret(v)
	case "consent":
		return p.consent(v)
	case "link":
		return p.link(v)
	case "forget":
		return p.forgetStep(v)
	default: // end
		if !isNull(v.v) {
			p.c.add(at(p.file, v.v), ruleType, "end takes no value")
		}
		return &endOp{}
	}
}

func (p *parser) said(st *node, v pair, pairs []pair) *text {
	var variants *yaml.Node
	source := ""
	if kv, ok := find(pairs, "any"); ok {
		variants = kv.v
	}
	if kv, ok := find(pairs, "source"); ok {
		source, _ = p.str(kv.v, "source")
	}
	t := p.text(st.path, v.key, v.v, variants)
	t.source = source
	return t
}

// phases are the parts of one breath, in order.
func phases() []string { return []string{"in", "hold", "out", "rest"} }

func (p *parser) pace(st *node, v pair, pairs []pair) op {
	o := &paceOp{rounds: 1}
	phases := phases()
	words := map[string]*text{}
	if kv, ok := find(pairs, "words"); ok {
		ws, _ := p.mapping(kv.v, "words")
		p.known(ws, "words", phases...)
		for _, w := range ws {
			words[w.key] = p.text(st.path+"."+w.key, "words", w.v, nil)
		}
	}
	keys, ok := p.mapping(v.v, "pace")
	if !ok {
		return o
	}
	p.known(keys, "pace", append(phases, "rounds")...)
	for _, ph := range phases {
		kv, ok := find(keys, ph)
		if !ok {
			continue
		}
		if s := p.integer(kv.v, ph, 0, 60); s > 0 {
			o.cues = append(o.cues, cue{seconds: s, phase: words[ph], key: "phase_" + ph})
		}
	}
	if len(o.cues) == 0 {
		p.c.add(at(p.file, v.v), ruleValue, "pace needs at least one phase of a second or more")
	}
	if kv, ok := find(keys, "rounds"); ok {
		o.rounds = p.integer(kv.v, "rounds", 1, 100)
	} else {
		p.c.add(at(p.file, v.v), ruleMissing, "pace needs rounds")
	}
	return o
}

func (p *parser) cond(st *node, v pair, pairs []pair) op {
	o := &ifOp{cond: p.expression(v.v, exprBool)}
	if kv, ok := find(pairs, "do"); ok {
		o.do = p.steps(kv.v, st.path+".do.")
	} else {
		p.c.add(st.pos, ruleMissing, "if needs do")
	}
	if kv, ok := find(pairs, "else"); ok {
		o.other = p.steps(kv.v, st.path+".else.")
	}
	return o
}

func (p *parser) set(st *node, v pair) op {
	o := &setOp{}
	pairs, _ := p.mapping(v.v, "set")
	if len(pairs) == 0 {
		p.c.add(at(p.file, v.v), ruleMissing, "set needs at least one name: value")
	}
	for _, kv := range pairs {
		a := assignment{name: ref{kv.key, at(p.file, kv.k)}}
		if !p.variableName(a.name) {
			continue
		}
		va := variable{ref: a.name}
		tag := ""
		if kv.v.Kind == yaml.ScalarNode {
			tag = kv.v.ShortTag()
		}
		switch {
		case tag == "!!null":
			va.kind = varAny
		case tag == "!!bool":
			a.value, va.kind = strings.EqualFold(kv.v.Value, "true"), varBool
		case tag == "!!int" || tag == "!!float":
			f, _ := p.number(kv.v, "the value")
			a.value, va.kind = f, varNumber
		case tag == "!!str" && strings.HasPrefix(kv.v.Value, "= "):
			a.expr, va.kind = p.expression(kv.v, exprAny), varAny
			va.expr = a.expr
		case tag == "!!str" || tag == "!!timestamp":
			a.value, va.kind = kv.v.Value, varString
			if strings.Contains(kv.v.Value, "{{") {
				pos := at(p.file, kv.v)
				a.text = p.newText(st.path, pos)
				a.text.variants = []template{p.template(kv.v.Value, pos)}
				p.texts = append(p.texts, a.text)
			}
		default:
			p.c.add(at(p.file, kv.v), ruleType, "a value is text, a number, true, false or null")
			continue
		}
		p.sets = append(p.sets, va)
		o.list = append(o.list, a)
	}
	return o
}

func (p *parser) keep(st *node, v pair, pairs []pair) op {
	o := &keepOp{}
	keys, ok := p.mapping(v.v, "keep as a step")
	if !ok {
		return o
	}
	p.known(keys, "keep", "list", "text")
	if kv, ok := find(keys, "list"); ok {
		o.list = p.listName(kv.v, "list")
		p.keeps = append(p.keeps, o.list)
	} else {
		p.c.add(at(p.file, v.v), ruleMissing, "keep as a step needs list")
	}
	kv, ok := find(pairs, "text")
	if !ok {
		kv, ok = find(keys, "text")
	}
	if ok {
		if s, ok := p.str(kv.v, "text"); ok {
			pos := at(p.file, kv.v)
			o.text = p.newText(st.path, pos)
			o.text.variants = []template{p.template(s, pos)}
			p.texts = append(p.texts, o.text)
		}
	}
	return o
}

func (p *parser) show(st *node, v pair, pairs []pair) op {
	o := &showOp{list: p.listName(v.v, "show")}
	p.uses = append(p.uses, o.list)
	for _, kv := range pairs {
		switch kv.key {
		case "up_to":
			o.upTo = p.integer(kv.v, "up_to", 1, 100)
		case "numbered":
			o.numbered = p.boolean(kv.v, "numbered")
		case "newest":
			o.newest = p.boolean(kv.v, "newest")
		case "short":
			o.short = p.boolean(kv.v, "short")
		case "number":
			o.number = p.expression(kv.v, exprNumber)
		case "pick":
			s, ok := p.str(kv.v, "pick")
			o.random = s == "random"
			if ok && s != "random" && s != "first" {
				p.c.add(at(p.file, kv.v), ruleValue, "pick is random or first")
			}
		case "none":
			if kv.v.Kind == yaml.ScalarNode && !isNull(kv.v) {
				o.none = p.text(st.path+".none", "none", kv.v, nil)
			} else {
				o.branched = true
				o.noneBlock = p.branch(kv.v, st.path+".none")
			}
		}
	}
	return o
}

func (p *parser) drop(v pair, pairs []pair) op {
	o := &dropOp{list: p.listName(v.v, "drop")}
	p.uses = append(p.uses, o.list)
	if kv, ok := find(pairs, "number"); ok {
		o.number = p.expression(kv.v, exprNumber)
	} else {
		p.c.add(at(p.file, v.k), ruleMissing, "drop needs number")
		o.number = &expression{}
	}
	return o
}
