package flow

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// What a person may do with their own data: take it along, and have it erased.

// exportOp sends the person's own data as a file.
type exportOp struct {
	lists []ref // nil: everything
	seal  ref   // what holds the passphrase; no name: not sealed
}

// forgetOp erases: everything, one list, or some variables.
type forgetOp struct {
	all  bool
	list ref
	vars []ref
}

func (*exportOp) isOp() {}
func (*forgetOp) isOp() {}

func (p *parser) export(v pair) op {
	o := &exportOp{}
	if isNull(v.v) {
		return o
	}
	if v.v.Kind == yaml.MappingNode {
		return p.sealed(o, v)
	}
	for _, it := range p.strs(v.v, "export") {
		l := p.listName(it, "export")
		o.lists = append(o.lists, l)
		p.uses = append(p.uses, l)
	}
	if len(o.lists) == 0 {
		p.c.add(at(p.file, v.v), ruleValue, "export names no list; without a value it is everything")
	}
	return o
}

// sealed reads an export of one list under a passphrase.
func (p *parser) sealed(o *exportOp, v pair) op {
	keys, _ := p.mapping(v.v, "export")
	p.known(keys, "export", "list", "seal")
	list, hasList := find(keys, "list")
	seal, hasSeal := find(keys, "seal")
	if !hasList || !hasSeal {
		p.c.add(at(p.file, v.v), ruleMissing, "a sealed export needs list and seal")
		return o
	}
	l := p.listName(list.v, "list")
	o.lists, o.seal = []ref{l}, p.ref(seal.v, "seal")
	p.uses = append(p.uses, l)
	if o.seal.name != "answer" && o.seal.name != "" {
		p.c.add(o.seal.pos, ruleValue, "seal is answer: a passphrase is not kept")
	}
	return o
}

// export leaves the effect. Without a passphrase nothing is sealed, so nothing
// goes out.
func (r *run) export(o *exportOp) {
	e := Export{Lists: refNames(o.lists)}
	r.sees(e.Lists...)
	if o.seal.name != "" {
		if e.Phrase, _ = r.s.Answer.(string); e.Phrase == "" {
			r.speak("noted", false)
			return
		}
	}
	r.out = append(r.out, e)
	r.spoke = true
}

func (p *parser) forgetStep(v pair) op {
	o := &forgetOp{}
	switch {
	case v.v.Kind == yaml.MappingNode:
		keys, _ := p.mapping(v.v, "forget")
		p.known(keys, "forget", "list")
		if l, ok := find(keys, "list"); ok {
			o.list = p.listName(l.v, "list")
			p.uses = append(p.uses, o.list)
		} else {
			p.c.add(at(p.file, v.v), ruleMissing, "forget needs all, a name, names, or list")
		}
	case v.v.Kind == yaml.ScalarNode && v.v.Value == "all":
		o.all = true
	case v.v.Kind == yaml.ScalarNode:
		o.vars = []ref{p.variable(v.v, "forget")}
	default:
		for _, it := range p.strs(v.v, "forget") {
			o.vars = append(o.vars, p.variable(it, "forget"))
		}
	}
	p.forgets = append(p.forgets, o.vars...)
	return o
}

// refNames are the names that refs point at.
func refNames(refs []ref) (names []string) {
	for _, r := range refs {
		names = append(names, r.name)
	}
	return names
}

// forgets checks what is forgotten: names that exist, and that nothing waits for
// an answer of somebody who has just been forgotten.
func (ld *loader) forgets() {
	for _, p := range ld.parsers {
		for _, v := range p.forgets {
			if _, ok := ld.vars[v.name]; !ok && v.name != "" {
				ld.c.add(v.pos, ruleUnknownVar, "no step sets %q", v.name)
			}
		}
		for _, n := range p.flow.inOrder() {
			if o, ok := n.op.(*forgetOp); ok && o.all {
				if w := goesOn(n.next); w != nil {
					ld.c.add(n.pos, ruleForget, "line %d waits or goes elsewhere, but the person is forgotten here", w.pos.line)
				}
			}
		}
	}
}

// goesOn finds a step from n on that does more than speak.
func goesOn(n *node) *node {
	var found *node
	visit(func(n *node) bool {
		switch n.op.(type) {
		case *sayOp, *linesOp, *ifOp, *gotoOp, *endOp:
			return true
		}
		found = n
		return false
	}, n)
	return found
}

// forgetNow erases for the rest of this step, and leaves the effect for the host.
func (r *run) forgetNow(o *forgetOp) {
	r.forgot = true
	switch {
	case o.all:
		r.erased = true
		in := *r.in
		in.Vars, in.Lists, in.Items = nil, nil, nil
		r.in, r.vars, r.lists, r.owned = &in, nil, nil, nil
		r.s.Frames = r.s.Frames[len(r.s.Frames)-1:]
		r.s.Parked, r.s.Answer, r.s.Echo = nil, nil, ""
		r.hushed = true
		r.out = slices.DeleteFunc(r.out, func(e Effect) bool { // what was to be kept is not
			switch e.(type) {
			case Say, Lines, Hide, Export:
				return false
			}
			return true
		})
		r.out = append(r.out, Forget{All: true})
	case o.list.name != "":
		if r.lists == nil {
			r.lists = map[string][]Item{}
		}
		r.lists[o.list.name] = []Item{}
		r.out = slices.DeleteFunc(r.out, func(e Effect) bool {
			k, ok := e.(Keep)
			return ok && k.List == o.list.name
		})
		r.out = append(r.out, Forget{List: o.list.name})
	default:
		for _, v := range o.vars {
			r.set(v.name, nil)
		}
	}
}

// forgetPast leaves nothing in the session from which what was forgotten could
// come back.
func (r *run) forgetPast() {
	if r.erased {
		r.s, r.ended = Session{Seq: r.s.Seq}, true
		r.wait = 0
		return
	}
	r.s.Past = nil
	if r.s.Parked != nil {
		p := *r.s.Parked
		p.Past = nil
		r.s.Parked = &p
	}
}

// Show writes the value that a variable of a person holds as people write it.
func (v Voice) Show(name string, value any) string {
	r := &run{lib: v.lib, tongue: v.own, scope: v.lib.scope, in: &Input{Vars: map[string]any{name: value}}}
	if _, known := v.lib.scope.vars[name]; !known {
		return show(value, v.own.words.yesLabel, v.own.words.noLabel)
	}
	return strings.TrimSpace(r.word(name))
}

// keptNames reads how what is kept is called.
func (ld *loader) keptNames(from lists) map[string]string {
	all, pos, ok := from("words_kept")
	if !ok {
		return nil
	}
	out := map[string]string{}
	for entry := range strings.SplitSeq(all, ",") {
		name, said, ok := strings.Cut(entry, "=")
		name, said = strings.TrimSpace(name), strings.TrimSpace(said)
		if !ok || name == "" || said == "" {
			ld.c.add(pos, ruleValue, "words_kept holds entries like: reasons = My reasons; not %q", strings.TrimSpace(entry))
			continue
		}
		out[name] = said
	}
	return out
}

// Name is how a variable or a list is called to a person.
func (v Voice) Name(id string) string {
	for _, sp := range v.own.own() {
		if said := sp.words.kept[id]; said != "" {
			return said
		}
	}
	return strings.ReplaceAll(id, "_", " ")
}

// Title is what a person knows a flow by, "" when there is none of that id.
func (v Voice) Title(id string) string {
	f := v.lib.flows[id]
	if f == nil {
		return ""
	}
	return f.titleIn(v.own.lang)
}
