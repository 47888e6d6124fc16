package flow

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// text is a message with its variants.
type text struct {
	path     string // of the step, and what of it
	key      string // identity for "not the same twice in a row"
	seed     uint64 // hash of key
	pos      place
	what     string // the key that it stands under; "" is no text that is shown
	source   string // where a fact comes from
	variants []template
	said     []spoken      // in other languages
	alone    bool          // it comes by itself, or after a long silence
	until    time.Duration // what {{until}} means: the length of the pause that follows
}

// template is one wording. Without placeholders it is static and parts is nil.
type template struct {
	src    string // as written, without what the engine adds
	static string
	parts  []part
	plural *plural // nil: no number in it
	pos    place
}

// part is literal text, or a placeholder when name is set.
type part struct {
	lit      string
	name     string
	fallback string // {{name | or "friend"}}
}

func (t *text) uses(name string) bool {
	for _, v := range t.variants {
		if v.plural != nil && v.plural.count == name || slices.Contains(holders(v), name) {
			return true
		}
	}
	return false
}

// appendAll adds the same literal text to every variant.
func (t *text) appendAll(s string) { appendTo(t.variants, s) }

func appendTo(list []template, s string) {
	for i := range list {
		v := &list[i]
		if v.plural != nil {
			appendTo(v.plural.forms, s)
		}
		if v.parts == nil {
			v.static += s
		} else {
			v.parts = append(v.parts, part{lit: s})
		}
	}
}

// template compiles one wording; what is wrong with its form is reported, its
// names are checked later.
func (p *parser) template(src string, pos place) template {
	src = strings.TrimSpace(src)
	t := template{src: src, static: src, pos: pos}
	if !strings.Contains(src, "{{") && !strings.Contains(src, "}}") {
		return t
	}
	rest := src
	for rest != "" {
		i := strings.Index(rest, "{{")
		if i < 0 {
			break
		}
		if i > 0 {
			t.parts = append(t.parts, part{lit: rest[:i]})
		}
		rest = rest[i+2:]
		j := strings.Index(rest, "}}")
		if j < 0 {
			p.c.add(pos, ruleTemplate, "{{ is not closed by }}")
			return t
		}
		m := p.rx.holder.FindStringSubmatch(rest[:j])
		if m == nil {
			p.c.add(pos, ruleTemplate, `{{%s}} is not understood; write {{name}} or {{name | or "word"}}`, rest[:j])
		} else {
			s := part{name: m[1]}
			if m[2] != "" {
				s.fallback, _ = strconv.Unquote(m[2])
			}
			t.parts = append(t.parts, s)
		}
		rest = rest[j+2:]
	}
	if strings.Contains(rest, "}}") {
		p.c.add(pos, ruleTemplate, "}} has no {{ before it")
	}
	if rest != "" {
		t.parts = append(t.parts, part{lit: rest})
	}
	return t
}

func (p *parser) newText(path string, pos place) *text {
	key := p.id + "#" + path
	return &text{path: path, key: key, seed: hash(key), pos: pos}
}

// text compiles the wording n and its variants, a list node or nil. Shown
// texts are held to the rules of wording.
func (p *parser) text(path, what string, n, variants *yaml.Node) *text {
	t := p.newText(path, at(p.file, n))
	t.what = what
	all := []*yaml.Node{n}
	if variants != nil {
		items, _ := p.list(variants, "any")
		all = append(all, items...)
	}
	seen := map[string]bool{}
	for _, n := range all {
		pos := at(p.file, n)
		if n.Kind == yaml.MappingNode && p.flow != nil {
			if v, ok := p.counted(n, what); ok {
				t.variants = append(t.variants, v)
			}
			continue
		}
		s, ok := p.str(n, what)
		if !ok {
			continue
		}
		if seen[Normalise(s)] {
			p.c.add(pos, ruleValue, "this variant says the same as another one")
		}
		seen[Normalise(s)] = true
		p.shown(s, pos)
		t.variants = append(t.variants, p.template(s, pos))
	}
	p.texts = append(p.texts, t)
	return t
}

// shown holds a text that people see to the rules.
func (p *parser) shown(s string, pos place) {
	p.wording(s, pos)
	if c := utf8.RuneCountInString(strings.TrimSpace(s)); c > MaxText {
		p.c.add(pos, ruleLongText, "%d characters in one message; at most %d", c, MaxText)
	}
}

// fill puts the template together; value gives what a name stands for.
func (t *template) fill(value func(name string) string) string {
	if t.parts == nil {
		return t.static
	}
	var b strings.Builder
	for i := range t.parts {
		s := &t.parts[i]
		if s.name == "" {
			b.WriteString(s.lit)
			continue
		}
		v := value(s.name)
		if v == "" {
			v = s.fallback
		}
		b.WriteString(v)
	}
	return b.String()
}

// show writes a value as people write it.
func show(v any, yes, no string) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return yes
		}
		return no
	}
	return ""
}
