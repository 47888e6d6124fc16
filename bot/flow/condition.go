package flow

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	exprparser "github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	"gopkg.in/yaml.v3"
)

// varKind is the type of a variable, learned from where it is set.
type varKind int

const (
	varAny varKind = iota // not known
	varString
	varNumber
	varBool
)

func (k varKind) String() string {
	return [...]string{"anything", "text", "a number", "true or false"}[k]
}

func (k varKind) zero() any {
	switch k {
	case varNumber:
		return 0.0
	case varBool:
		return false
	}
	return ""
}

// coerce makes v a value of kind k: what does not fit counts as not set.
func (k varKind) coerce(v any) any {
	switch n := v.(type) {
	case int:
		v = float64(n)
	case int64:
		v = float64(n)
	}
	switch v.(type) {
	case string:
		if k == varString || k == varAny {
			return v
		}
	case float64:
		if k == varNumber || k == varAny {
			return v
		}
	case bool:
		if k == varBool || k == varAny {
			return v
		}
	}
	return k.zero()
}

// exprKind is what an expression has to give.
type exprKind int

const (
	exprBool exprKind = iota
	exprNumber
	exprAny
)

// expression is a condition or a computed value. It is compiled once the types
// of all variables are known; until then prog is nil.
type expression struct {
	src  string
	want exprKind
	pos  place
	ids  []string // the names it uses
	prog *vm.Program
	kind varKind // of the result
	bad  bool    // reported
}

// expression reads the source of an expression and notes it for compiling. What
// is not allowed in it is reported here.
func (p *parser) expression(n *yaml.Node, want exprKind) *expression {
	e := &expression{want: want, pos: at(p.file, n)}
	src, ok := p.word(n, "a condition")
	if !ok {
		e.bad = true
		return e
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		e.pos.col++
	}
	if want == exprAny {
		src = strings.TrimPrefix(src, "= ")
		e.pos.col += 2
	}
	e.src = src
	if len(src) > maxExpression {
		p.c.add(e.pos, ruleCondition, "longer than %d characters", maxExpression)
		e.bad = true
		return e
	}
	tree, err := exprparser.Parse(src)
	if err != nil {
		e.report(p.c, err)
		return e
	}
	v := &exprVisitor{names: map[string]bool{}}
	ast.Walk(&tree.Node, v)
	if v.bad == "" && v.nodes > maxNodes {
		v.bad = fmt.Sprintf("more than %d parts", maxNodes)
	}
	if v.bad != "" {
		p.c.add(e.pos, ruleCondition, "%s not allowed here", v.bad)
		e.bad = true
		return e
	}
	e.ids = slices.Sorted(maps.Keys(v.names))
	p.exprs = append(p.exprs, e)
	return e
}

// report turns an error of the expression compiler into a finding.
func (e *expression) report(c *findings, err error) {
	e.bad = true
	pos, msg := e.pos, err.Error()
	var fe *file.Error
	if errors.As(err, &fe) {
		msg = fe.Message
		if fe.Line == 1 {
			pos.col += fe.Column
		}
	}
	if i := strings.IndexByte(msg, '\n'); i >= 0 {
		msg = msg[:i]
	}
	c.add(pos, ruleCondition, "%s", msg)
}

// exprVisitor allows names, literals, comparisons, logic and plain arithmetic:
// nothing that loops, calls or reaches into values.
type exprVisitor struct {
	names map[string]bool
	nodes int
	bad   string
}

// Visit looks at one part of an expression.
func (v *exprVisitor) Visit(n *ast.Node) {
	v.nodes++
	switch n := (*n).(type) {
	case *ast.IdentifierNode:
		v.names[n.Value] = true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.ConditionalNode, *ast.ArrayNode:
	case *ast.UnaryNode:
		switch n.Operator {
		case "not", "!", "-", "+":
		default:
			v.bad = n.Operator + " is"
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "==", "!=", "<", "<=", ">", ">=", "and", "or", "&&", "||",
			"+", "-", "*", "/", "in", "contains", "startsWith", "endsWith":
		default:
			v.bad = n.Operator + " is"
		}
	case *ast.NilNode:
		v.bad = "nil is"
	default:
		v.bad = "calls, ranges, members and loops are"
	}
}

// compile checks the expression against the types and makes its program.
func (e *expression) compile(c *findings, vars map[string]varKind, lists map[string]bool) {
	if e.bad || e.prog != nil {
		return
	}
	env := types.Map{}
	for _, id := range e.ids {
		t, known := envType(id, vars)
		if l, ok := strings.CutPrefix(id, "count_"); ok && !lists[l] {
			c.add(e.pos, ruleUnknownList, "no step keeps anything on the list %q", l)
			e.bad = true
		} else if !known {
			c.add(e.pos, ruleUnknownVar, "no step sets %q", id)
			e.bad = true
		}
		env[id] = t
	}
	if e.bad {
		return
	}
	opts := []expr.Option{expr.Env(env), expr.DisableAllBuiltins(), expr.MaxNodes(maxNodes)}
	switch e.want {
	case exprBool:
		opts = append(opts, expr.AsBool())
	case exprNumber:
		opts = append(opts, expr.AsFloat64())
	}
	prog, err := expr.Compile(e.src, opts...)
	if err != nil {
		e.report(c, err)
		return
	}
	e.prog = prog
	e.kind = varAny
	if t := prog.Node().Type(); t != nil {
		switch t.Kind() {
		case reflect.Float64, reflect.Int, reflect.Int64:
			e.kind = varNumber
		case reflect.Bool:
			e.kind = varBool
		case reflect.String:
			e.kind = varString
		}
	}
}

// envType gives the type that a name has in conditions.
func envType(id string, vars map[string]varKind) (types.Type, bool) {
	switch {
	case id == "answer":
		return types.Any, true
	case id == "hour", strings.HasPrefix(id, "count_"):
		return types.Int, true
	case isConsent(id):
		return types.String, true
	case id == "weekday", id == "today", id == "language", id == nameKind, id == nameSource:
		return types.String, true
	case id == "desk", id == nameDeskAsked, id == "prompted", id == "linked":
		return types.Bool, true
	}
	k, ok := vars[id]
	switch k {
	case varNumber:
		return types.Float64, ok
	case varBool:
		return types.Bool, ok
	}
	return types.String, ok
}

// reserved are names that no variable may have.
func reserved(name string) bool {
	switch name {
	case "answer", "hour", "weekday", "today", "desk", nameDeskAbout, "prompted", "linked", "language", "until", "time", "title", nameSource, nameFirstLine, nameAgreed, nameKind,
		"not", "and", "or", "in", "true", "false", "nil", "null", "let", "if", "else",
		"matches", "contains",
		nameDeskAsked:
		return true
	}
	return strings.HasPrefix(name, "count_") || strings.HasPrefix(name, prefixConsent)
}

// eval runs the expression. An answer of another type than the condition
// expects (a skipped question) is no error of the person: ok is false.
func (e *expression) eval(value func(name string) any) (v any, ok bool) {
	if e.prog == nil {
		return nil, false
	}
	env := make(map[string]any, len(e.ids))
	for _, id := range e.ids {
		env[id] = value(id)
	}
	m := vm.VM{MemoryBudget: maxMemory}
	v, err := m.Run(e.prog, env)
	if err != nil {
		return nil, false
	}
	switch n := v.(type) {
	case int:
		v = float64(n)
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, false
		}
	}
	return v, true
}

func (e *expression) truth(value func(name string) any) bool {
	v, _ := e.eval(value)
	b, _ := v.(bool)
	return b
}
