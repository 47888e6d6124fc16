package flow

import (
	"strings"

	"github.com/expr-lang/expr"
	"gopkg.in/yaml.v3"

	"handrail/bot/po"
)

// plural is a text that depends on a number.
type plural struct {
	count string     // the name of the number
	forms []template // one for each form of the language
	rule  *pluralRule
}

// pluralRule tells which form a number takes, by what the numbers 0 to 199 take:
// no language looks further than the last two digits.
type pluralRule [200]uint8

func (ru *pluralRule) form(n int) int {
	if n = max(n, -n); n >= len(ru) {
		n = 100 + n%100
	}
	return int(ru[n])
}

// newPluralRule works out a field Plural-Forms; nil when it is none.
func newPluralRule(field string) (ru *pluralRule, forms int) {
	forms, formula, ok := po.Plural(field)
	if !ok {
		return nil, 0
	}
	prog, err := expr.Compile(formula, expr.Env(map[string]int{"n": 0}), expr.DisableAllBuiltins(), expr.MaxNodes(maxNodes))
	if err != nil {
		return nil, 0
	}
	ru = &pluralRule{}
	for n := range ru {
		out, err := expr.Run(prog, map[string]int{"n": n})
		if err != nil {
			return nil, 0
		}
		form := 0
		switch v := out.(type) {
		case int:
			form = v
		case bool:
			if v {
				form = 1
			}
		default:
			return nil, 0
		}
		if form < 0 || form >= forms {
			return nil, 0
		}
		ru[n] = uint8(form)
	}
	return ru, forms
}

// counted reads a text with a number in it: {count: name, one: text, other:
// text}. What looks at the template without a number sees the form for many.
func (p *parser) counted(n *yaml.Node, what string) (t template, ok bool) {
	pos := at(p.file, n)
	pairs, _ := p.mapping(n, what)
	p.known(pairs, what, "count", "one", "other")
	text := map[string]string{}
	for _, key := range []string{"count", "one", "other"} {
		kv, found := find(pairs, key)
		if !found {
			p.c.add(pos, ruleMissing, "a text with a number needs count, one and other: %s is missing", key)
			return t, false
		}
		if text[key], ok = p.str(kv.v, key); !ok {
			return t, false
		}
		if key != "count" {
			p.shown(text[key], at(p.file, kv.v))
		}
	}
	t = p.template(text["other"], pos)
	one := p.template(text["one"], pos)
	ru, _ := newPluralRule(po.PluralForms("en"))
	t.src = one.src
	t.plural = &plural{text["count"], []template{one, p.template(text["other"], pos)}, ru}
	return t, true
}

// pick is the wording for a number, which value gives.
func (t *template) pick(value func(name string) any) *template {
	if t.plural == nil {
		return t
	}
	n := 2 // what is no whole number is many
	switch v := value(t.plural.count).(type) {
	case int:
		n = v
	case float64:
		if v == float64(int(v)) {
			n = int(v)
		}
	}
	return &t.plural.forms[min(t.plural.rule.form(n), len(t.plural.forms)-1)]
}

// many is the text for many of a wording with a number; "" for any other.
func (t *template) many() string {
	if t.plural == nil {
		return ""
	}
	return t.plural.forms[len(t.plural.forms)-1].src
}

// pluralIn puts the forms of a translation together.
func (c *catalog) pluralIn(base *template, e *po.Entry) template {
	last := len(e.Str) - 1
	t := c.p.template(e.Str[last], c.at(e))
	pl := &plural{count: base.plural.count, rule: c.rule}
	for _, s := range e.Str {
		pl.forms = append(pl.forms, c.p.template(s, c.at(e)))
	}
	t.src, t.plural = strings.TrimSpace(e.Str[0]), pl
	return t
}
