package flow

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// goings ties calls, runs and schedules to their flows.
func (ld *loader) goings() {
	for _, p := range ld.parsers {
		for _, g := range p.goings {
			if g.name == "" {
				continue
			}
			f := ld.flows[g.name]
			if f == nil && ld.broken[g.name] {
				continue
			}
			if f == nil {
				hint := ""
				for _, id := range slices.Sorted(maps.Keys(ld.flows)) {
					if closeTo(g.name, id) {
						hint = fmt.Sprintf("; did you mean %q?", id)
					}
				}
				ld.c.add(g.pos, ruleUnknownFlow, "there is no flow %q%s", g.name, hint)
				continue
			}
			g.set(f)
		}
	}
}

// variables learns the type of each variable from where it is set, then
// compiles every condition against the types. Computed values may build on each
// other, so they are tried until nothing new is learned.
func (ld *loader) variables() {
	ld.vars = map[string]varKind{"mode": varString, "welcomed": varBool, "zone": varString, "country": varString, "lang": varString, varQuietHours: varString}
	from := map[string]place{}
	ld.lists = map[string]bool{}
	var later []variable
	learn := func(v variable) {
		k, known := ld.vars[v.name]
		switch {
		case !known || k == varAny:
			ld.vars[v.name], from[v.name] = v.kind, v.pos
		case v.kind != varAny && v.kind != k:
			where := "always"
			if p, ok := from[v.name]; ok {
				where = fmt.Sprintf("in %s line %d", p.file, p.line)
			}
			ld.c.add(v.pos, ruleVarType, "%q is %s here, but %s %s", v.name, v.kind, k, where)
		}
	}
	for _, p := range ld.parsers {
		for _, v := range p.sets {
			if v.expr != nil {
				later = append(later, v)
				continue
			}
			learn(v)
		}
		for _, k := range p.keeps {
			ld.lists[k.name] = true
		}
	}
	for len(later) > 0 {
		var left []variable
		for _, v := range later {
			if !ld.ready(v.expr) {
				left = append(left, v)
				continue
			}
			v.expr.compile(ld.c, ld.vars, ld.lists)
			v.kind = v.expr.kind
			learn(v)
		}
		if len(left) == len(later) {
			break
		}
		later = left
	}
	for _, p := range ld.parsers {
		for _, e := range p.exprs {
			e.compile(ld.c, ld.vars, ld.lists)
		}
	}
	delete(ld.lists, "")
}

// ready tells whether every name of the expression has a type by now.
func (ld *loader) ready(e *expression) bool {
	for _, id := range e.ids {
		if _, ok := envType(id, ld.vars); !ok {
			return false
		}
	}
	return true
}

// names checks the placeholders of every text, and the lists.
func (ld *loader) names() {
	for _, p := range ld.parsers {
		for _, t := range p.texts {
			for _, v := range t.variants {
				names := holders(v)
				if v.plural != nil {
					names = append(names, v.plural.count)
				}
				for _, name := range names {
					list, counts := strings.CutPrefix(name, "count_")
					_, set := ld.vars[name]
					if !set && !(counts && ld.lists[list]) && name != "answer" && name != "time" && name != "until" && name != nameSource && name != nameDeskAbout && name != nameFirstLine && name != nameAgreed {
						ld.c.add(v.pos, ruleUnknownVar, "no step sets {{%s}}", name)
					}
				}
			}
		}
		for _, u := range p.uses {
			if u.name != "" && !ld.lists[u.name] {
				ld.c.add(u.pos, ruleUnknownList, "no step keeps anything on the list %q", u.name)
			}
		}
	}
}

// schedules checks the names that every and cancel share, and the variables
// that hold times and days.
func (ld *loader) schedules() {
	names := map[string]bool{}
	for _, p := range ld.parsers {
		for _, e := range p.every {
			names[e.name] = true
		}
	}
	for _, p := range ld.parsers {
		for _, c := range p.cancels {
			if !names[c.name] {
				ld.c.add(c.pos, ruleSchedule, "no step sets up a schedule %q", c.name)
			}
		}
		for _, n := range p.flow.nodes {
			for _, h := range timesOf(n.op) {
				if h.name == "" {
					continue
				}
				if k, ok := ld.vars[h.name]; !ok {
					ld.c.add(h.pos, ruleUnknownVar, "no step sets %q", h.name)
				} else if k != varString && k != varAny {
					ld.c.add(h.pos, ruleVarType, "%q is %s, not a time, days or a date", h.name, k)
				} else if kind := ld.holds(h.name); kind != "" && kind != h.kind {
					ld.c.add(h.pos, ruleVarType, "%q holds the answer to a question with %s; here it has to be one with %s", h.name, kind, h.kind)
				}
			}
		}
	}
}

// until tells a text that says {{until}} how long the pause after it is.
func (ld *loader) until(n *node) {
	var t *text
	switch o := n.op.(type) {
	case *sayOp:
		t = o.text
	case *askOp:
		t = o.text
	}
	if t == nil || !t.uses("until") {
		return
	}
	seen := map[*node]bool{}
	for next := n.next; next != nil && !seen[next]; next = next.next {
		seen[next] = true
		if w, ok := next.op.(*waitOp); ok {
			t.until = w.length
			return
		}
		if next.waits() {
			break
		}
	}
	ld.c.add(t.pos, ruleTemplate, "{{until}} needs a step with wait after it")
}
