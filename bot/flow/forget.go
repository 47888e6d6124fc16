package flow

import "slices"

// needs marks the waiting steps of a flow behind which the last answer may be
// read before the next question replaces it.
func (ld *loader) needs(f *flow) {
	called := ld.called[f.ID]
	for _, n := range f.nodes {
		switch o := n.op.(type) {
		case *askOp:
			n.needsAnswer = n.usesAnswer() || // the question may be said again
				o.noReply > 0 && readsAnswer(o.noReplyFirst, called) || o.miss && readsAnswer(o.missFirst, called)
		case *menuOp:
			n.needsAnswer = n.usesAnswer()
		case *waitOp, *paceOp:
			n.needsAnswer = n.usesAnswer() || readsAnswer(n.next, called)
		}
	}
}

// readsAnswer looks ahead to the next question. What lies in other flows is
// assumed to read the answer.
func readsAnswer(n *node, called bool) bool {
	seen := map[*node]bool{}
	todo := []*node{n}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == nil && called {
			return true
		}
		if n == nil || seen[n] {
			continue
		}
		seen[n] = true
		if n.usesAnswer() {
			return true
		}
		switch n.op.(type) {
		case *askOp, *menuOp, *rewaitOp:
		default:
			todo = append(todo, n.edges()...)
		}
	}
	return false
}

// usesAnswer tells whether a step itself reads the last answer.
func (n *node) usesAnswer() bool {
	text := func(t *text) bool { return t != nil && t.uses("answer") }
	expr := func(e *expression) bool { return e != nil && slices.Contains(e.ids, "answer") }
	switch o := n.op.(type) {
	case *sayOp:
		return text(o.text)
	case *askOp:
		return text(o.text)
	case *menuOp:
		return text(o.text)
	case *ifOp:
		return expr(o.cond)
	case *setOp:
		return slices.ContainsFunc(o.list, func(a assignment) bool { return text(a.text) || expr(a.expr) })
	case *keepOp:
		return o.text == nil || text(o.text)
	case *showOp:
		return text(o.none) || expr(o.number)
	case *exportOp:
		return o.seal.name == "answer"
	case *secretOp:
		return true
	case *dropOp:
		return expr(o.number)
	case *paceOp:
		return slices.ContainsFunc(o.cues, func(c cue) bool { return text(c.phase) })
	case *chartOp:
		return text(o.title) || text(o.alt)
	case *callOp, *runOp:
		return true
	}
	return false
}
