package flow

import (
	"maps"
	"slices"
)

// reachable reports steps that no way leads to.
func (ld *loader) reachable(f *flow) {
	ld.unreached(f.block, visit(func(*node) bool { return true }, f.first, f.safe))
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
	case *atOp:
		return []block{o.pastBlock}
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
