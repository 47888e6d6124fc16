package flow

import (
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	exprparser "github.com/expr-lang/expr/parser"
)

// domain is what a name in a condition may stand for.
type domain struct {
	open      bool // anything
	words     []string
	truth     bool // true and false
	numbers   bool // from low to high
	low, high float64
}

func anyNumber() domain { return domain{numbers: true, low: math.Inf(-1), high: math.Inf(1)} }

// join adds what another place may give the name.
func (d *domain) join(o domain) {
	d.open = d.open || o.open
	d.truth = d.truth || o.truth
	d.words = append(d.words, o.words...)
	switch {
	case o.numbers && d.numbers:
		d.low, d.high = min(d.low, o.low), max(d.high, o.high)
	case o.numbers:
		d.numbers, d.low, d.high = true, o.low, o.high
	}
}

// gives is what the answer to a question may be. Skipped, it is empty.
func (o *askOp) gives() domain {
	d := domain{words: []string{""}}
	switch o.kind {
	case askPick:
		for i := range o.options {
			d.words = append(d.words, o.options[i].label)
		}
	case askYesNo:
		d.truth = true
	case askScale, askNumber:
		n := anyNumber()
		if o.bounded {
			n.low, n.high = o.from, o.to
		}
		d.join(n)
	default:
		d.open = true
	}
	return d
}

// domains collects what the scripts give each name. A name that no step of
// theirs sets is not in it.
func (ld *loader) domains() map[string]domain {
	all := map[string]domain{"hour": {numbers: true, high: 23}, "weekday": {words: weekdays()}}
	give := func(name string, d domain) {
		have, ok := all[name]
		if !ok {
			have.words = []string{""} // not set yet
			switch ld.vars[name] {
			case varNumber:
				have.numbers = true
			case varBool:
				have.truth = true
			}
		}
		have.join(d)
		all[name] = have
	}
	for _, p := range ld.parsers {
		for _, n := range p.flow.nodes {
			switch o := n.op.(type) {
			case *askOp:
				if o.keepVar.name != "" {
					give(o.keepVar.name, o.gives())
				}
			case *setOp:
				for _, a := range o.list {
					give(a.name.name, a.gives())
				}
			}
		}
	}
	give("mode", domain{words: modes()})
	for _, name := range []string{"zone", "country", "lang", varQuietHours} { // the program sets them too
		give(name, domain{open: true})
	}
	return all
}

// gives is what an assignment may set.
func (a *assignment) gives() domain {
	if a.expr != nil || a.text != nil {
		return domain{open: true}
	}
	switch v := a.value.(type) {
	case string:
		return domain{words: []string{v}}
	case bool:
		return domain{truth: true}
	case float64:
		return domain{numbers: true, low: v, high: v}
	}
	return domain{}
}

// before lists, for each step of the flow, those from which a way leads there at
// once.
func (f *flow) before() map[*node][]*node {
	before := map[*node][]*node{}
	for _, n := range f.nodes {
		for _, to := range n.edges() {
			if to != nil {
				before[to] = append(before[to], n)
			}
		}
	}
	return before
}

// farthestBack is over how many steps the last answer is looked for: a script
// may be made to cost the square of its length.
const farthestBack = 200

// answers is what the last answer may be at a step: that of the questions from
// which a way leads there. It is open where a way comes in from outside the flow.
func (f *flow) answers(at *node, before map[*node][]*node) domain {
	var d domain
	seen := map[*node]bool{at: true}
	todo := []*node{at}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == f.first || n == f.safe || len(seen) > farthestBack {
			return domain{open: true}
		}
		for _, from := range before[n] {
			switch o := from.op.(type) {
			case *callOp, *menuOp:
				return domain{open: true}
			case *askOp:
				d.join(o.gives())
				if o.noReply == 0 {
					continue
				}
			}
			if !seen[from] {
				seen[from] = true
				todo = append(todo, from)
			}
		}
	}
	return d
}

// comparisons refuses conditions that no answer and no value can ever meet, or
// that all do.
func (ld *loader) comparisons() {
	known := ld.domains()
	for _, p := range ld.parsers {
		before := p.flow.before()
		for _, n := range p.flow.inOrder() {
			o, ok := n.op.(*ifOp)
			if !ok || o.cond == nil || o.cond.bad {
				continue
			}
			tree, err := exprparser.Parse(o.cond.src)
			if err != nil {
				continue
			}
			v := &comparer{ld: ld, pos: o.cond.pos, known: known, answer: func() domain { return p.flow.answers(n, before) }}
			ast.Walk(&tree.Node, v)
		}
	}
}

// comparer looks at the comparisons of one condition.
type comparer struct {
	ld     *loader
	pos    place
	known  map[string]domain
	answer func() domain
}

// Visit looks at one part of the condition.
func (v *comparer) Visit(n *ast.Node) {
	b, ok := (*n).(*ast.BinaryNode)
	if !ok {
		return
	}
	name, ok := b.Left.(*ast.IdentifierNode)
	literal, op := b.Right, b.Operator
	if !ok {
		if name, ok = b.Right.(*ast.IdentifierNode); !ok || op == "in" {
			return
		}
		literal, op = b.Left, turn(op)
	}
	d, ok := v.known[name.Value]
	switch {
	case name.Value == "answer":
		d = v.answer()
	case strings.HasPrefix(name.Value, "count_"):
		d = domain{numbers: true, high: math.Inf(1)}
	case !ok:
		return
	}
	if d.open {
		return
	}
	pos := v.pos
	pos.col += b.Location().From
	if text, ok := literal.(*ast.StringNode); ok && (op == "==" || op == "!=") && !slices.Contains(d.words, text.Value) {
		v.ld.c.add(pos, ruleNever, "%s is never %q%s", name.Value, text.Value, d.offer(text.Value))
		return
	}
	if list, ok := literal.(*ast.ArrayNode); ok && op == "in" {
		for _, item := range list.Nodes {
			if text, ok := item.(*ast.StringNode); ok && !slices.Contains(d.words, text.Value) {
				v.ld.c.add(pos, ruleNever, "%s is never %q%s", name.Value, text.Value, d.offer(text.Value))
			}
		}
		return
	}
	if number, ok := amountOf(literal); ok && len(d.words) <= 1 && d.numbers && never(op, number, d) {
		v.ld.c.add(pos, ruleNever, "%s is from %s to %s, so this decides nothing", name.Value, show(d.low, "", ""), show(d.high, "", ""))
	}
}

// offer names what a text may have been meant to be.
func (d domain) offer(text string) string {
	if d.truth {
		return "; after yes or no it is true or false, so write: if: answer == true"
	}
	var words []string
	for _, w := range d.words {
		if w != "" && !slices.Contains(words, `"`+w+`"`) {
			words = append(words, `"`+w+`"`)
		}
	}
	if len(words) == 0 || len(words) > 7 {
		return ""
	}
	return "; it may be " + strings.Join(words, ", ")
}

// never tells whether the comparison comes out the same for all of d.
func never(op string, n float64, d domain) bool {
	switch op {
	case "==", "!=":
		return n < d.low || n > d.high
	case "<":
		return n <= d.low || n > d.high
	case "<=":
		return n < d.low || n >= d.high
	case ">":
		return n >= d.high || n < d.low
	case ">=":
		return n > d.high || n <= d.low
	}
	return false
}

// turn is the operator with its sides exchanged.
func turn(op string) string {
	switch op {
	case "<":
		return ">"
	case ">":
		return "<"
	case "<=":
		return ">="
	case ">=":
		return "<="
	}
	return op
}

func amountOf(n ast.Node) (float64, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	}
	return 0, false
}
