package flow

import (
	"fmt"
	"maps"
	"slices"
)

// goings ties calls, runs and schedules to their flows.
func (ld *loader) goings() {
	for _, p := range ld.parsers {
		for _, g := range p.goings {
			if g.name == "" {
				continue
			}
			f := ld.flows[g.name]
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
	ld.vars = map[string]varKind{"mode": varString, "welcomed": varBool, "zone": varString, "country": varString}
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
				for _, s := range v.parts {
					if s.name == "" || s.name == "answer" || s.name == "time" || s.name == "until" {
						continue
					}
					if _, ok := ld.vars[s.name]; !ok {
						ld.c.add(v.pos, ruleUnknownVar, "no step sets {{%s}}", s.name)
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
			o, ok := n.op.(*everyOp)
			if !ok {
				continue
			}
			for _, v := range []ref{o.atVar, o.dayVar} {
				if v.name == "" {
					continue
				}
				if k, ok := ld.vars[v.name]; !ok {
					ld.c.add(v.pos, ruleUnknownVar, "no step sets %q", v.name)
				} else if k != varString && k != varAny {
					ld.c.add(v.pos, ruleVarType, "%q is %s, not a time or days", v.name, k)
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

// reachable reports steps that no way leads to.
func (ld *loader) reachable(f *flow) {
	seen := map[*node]bool{nil: true}
	todo := []*node{f.first, f.safe}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		todo = append(todo, n.edges()...)
	}
	ld.unreached(f.block, seen)
}

// unreached reports the first step of each stretch that cannot be reached, not
// all that follow from it.
func (ld *loader) unreached(b block, seen map[*node]bool) {
	for i, n := range b {
		if !seen[n] {
			if i == 0 || seen[b[i-1]] {
				ld.c.add(n.pos, ruleUnreachable, "no way leads to this step")
			}
			continue
		}
		for _, inner := range n.blocks() {
			ld.unreached(inner, seen)
		}
	}
}

// blocks lists the branches of a step.
func (n *node) blocks() []block {
	switch o := n.op.(type) {
	case *askOp:
		var out []block
		for i := range o.options {
			out = append(out, o.options[i].block)
		}
		return append(out, o.noReplyBlock, o.missBlock)
	case *ifOp:
		return []block{o.do, o.other}
	case *showOp:
		return []block{o.noneBlock}
	}
	return nil
}

// calls refuses circles of calls and chains that are too deep.
func (ld *loader) calls() {
	const inWork, done = 1, 2
	state := map[*flow]int{}
	depth := map[*flow]int{}
	var visit func(f *flow)
	visit = func(f *flow) {
		state[f] = inWork
		for _, n := range f.inOrder() {
			o, ok := n.op.(*callOp)
			if !ok || o.target == nil {
				continue
			}
			if state[o.target] == 0 {
				visit(o.target)
			}
			if state[o.target] == inWork {
				ld.c.add(o.flow.pos, ruleCall, "the call of %q comes back to %q: a circle", o.flow.name, f.ID)
				continue
			}
			d := depth[o.target] + 1
			if d > MaxCalls && depth[f] <= MaxCalls {
				ld.c.add(o.flow.pos, ruleCall, "calls nest deeper than %d from here on", MaxCalls)
			}
			depth[f] = max(depth[f], d)
		}
		state[f] = done
	}
	for _, p := range ld.parsers {
		if state[p.flow] == 0 {
			visit(p.flow)
		}
	}
}

// inOrder gives the steps as written.
func (f *flow) inOrder() []*node {
	return slices.SortedFunc(maps.Values(f.nodes), func(a, b *node) int {
		if a.pos.line != b.pos.line {
			return a.pos.line - b.pos.line
		}
		return a.pos.col - b.pos.col
	})
}

// loops refuses a way that comes back to a step without waiting for the person
// or the clock in between. A call leads into its flow, and behind the call if
// that flow can end without waiting.
func (ld *loader) loops() {
	passes := ld.passing()
	const inWork, done = 1, 2
	state := map[*node]int{}
	var visit func(n *node)
	visit = func(n *node) {
		state[n] = inWork
		for _, to := range instant(n, passes) {
			if to == nil {
				continue
			}
			switch state[to] {
			case 0:
				visit(to)
			case inWork:
				ld.c.add(n.pos, ruleLoop, "from here the flow comes back to line %d of %s without waiting for anything", to.pos.line, to.pos.file)
			}
		}
		state[n] = done
	}
	for _, p := range ld.parsers {
		for _, n := range p.flow.inOrder() {
			if state[n] == 0 {
				visit(n)
			}
		}
	}
}

// instant lists the steps that follow n at once.
func instant(n *node, passes map[*flow]bool) []*node {
	if n.waits() {
		return nil
	}
	switch o := n.op.(type) {
	case *callOp:
		if o.target == nil {
			return nil
		}
		out := []*node{o.target.first}
		if passes[o.target] {
			out = append(out, n.next)
		}
		return out
	case *runOp:
		if o.target == nil {
			return nil
		}
		return []*node{o.target.first}
	}
	return n.edges()
}

// passing finds the flows that can end without waiting.
func (ld *loader) passing() map[*flow]bool {
	passes := map[*flow]bool{}
	for again := true; again; {
		again = false
		for _, p := range ld.parsers {
			if !passes[p.flow] && passable(p.flow, passes) {
				passes[p.flow] = true
				again = true
			}
		}
	}
	return passes
}

func passable(f *flow, passes map[*flow]bool) bool {
	seen := map[*node]bool{}
	todo := []*node{f.first}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == nil {
			return true
		}
		if seen[n] || n.waits() {
			continue
		}
		seen[n] = true
		switch o := n.op.(type) {
		case *callOp:
			if o.target != nil && passes[o.target] {
				todo = append(todo, n.next)
			}
		case *runOp:
		default:
			todo = append(todo, n.edges()...)
		}
	}
	return false
}
