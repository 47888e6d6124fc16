package flow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// readFile reads at most MaxFileBytes; tooBig tells that there is more.
func readFile(fsys fs.FS, name string) (src []byte, tooBig bool, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, false, fmt.Errorf("read script: %w", err)
	}
	src, err = io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, false, fmt.Errorf("read script %s: %w", name, err)
	}
	return src, len(src) > MaxFileBytes, nil
}

// document parses one file to its root mapping. It reports what makes a file
// unfit as a whole and then returns nil.
func (p *parser) document(src []byte) *yaml.Node {
	top := place{p.file, 1, 1}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	doc, err := decode(dec)
	if errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		p.c.add(top, ruleSyntax, "the file is empty")
		return nil
	}
	if err != nil {
		p.syntax(err)
		return nil
	}
	if !p.sound(doc, 0) {
		return nil
	}
	if more, err := decode(dec); !errors.Is(err, io.EOF) {
		if err != nil {
			p.syntax(err)
		} else {
			p.c.add(at(p.file, more), ruleSyntax, "a file holds one document; --- begins a second one")
		}
		return nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		p.c.add(at(p.file, root), ruleType, "the file must be a mapping of keys")
		return nil
	}
	return root
}

// decode reads one document. The YAML package reports some broken input by
// panicking; that is a fault of the file, not of the program.
func decode(dec *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: cannot be read: %v", r)
		}
	}()
	doc = &yaml.Node{}
	return doc, dec.Decode(doc)
}

func (p *parser) syntax(err error) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := p.rx.syntax.FindStringSubmatch(msg); m != nil {
		line, _ = strconv.Atoi(m[1])
		msg = m[2]
	}
	p.c.add(place{p.file, max(line, 1), 1}, ruleSyntax, "%s", msg)
}

// sound walks the whole document once and refuses what no script needs and
// what could make later work unbounded: aliases, own tags, deep nesting.
func (p *parser) sound(n *yaml.Node, depth int) bool {
	if depth > MaxNesting {
		p.c.add(at(p.file, n), ruleDepth, "nested deeper than %d levels", MaxNesting)
		return false
	}
	ok := true
	if n.Kind == yaml.AliasNode {
		p.c.add(at(p.file, n), ruleAlias, "aliases (*%s) are not used in scripts", n.Value)
		return false
	}
	if n.Anchor != "" {
		p.c.add(at(p.file, n), ruleAlias, "anchors (&%s) are not used in scripts", n.Anchor)
		ok = false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		p.c.add(at(p.file, n), ruleType, "tags (%s) are not used in scripts", n.Tag)
		ok = false
	}
	for _, c := range n.Content {
		if !p.sound(c, depth+1) {
			ok = false
		}
	}
	return ok
}

// pair is one key of a mapping with its value.
type pair struct {
	key string
	k   *yaml.Node
	v   *yaml.Node
}

// mapping returns the pairs of n in order, or false when n is no mapping.
// Duplicate keys are reported and the later one left out.
func (p *parser) mapping(n *yaml.Node, what string) ([]pair, bool) {
	if n.Kind != yaml.MappingNode {
		p.c.add(at(p.file, n), ruleType, "%s must be a mapping (key: value)", what)
		return nil, false
	}
	seen := map[string]bool{}
	var out []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || isNull(k) {
			p.c.add(at(p.file, k), ruleType, "a key of %s must be a word", what)
			continue
		}
		if seen[k.Value] {
			p.c.add(at(p.file, k), ruleDuplicateKey, "%q stands twice in %s", k.Value, what)
			continue
		}
		seen[k.Value] = true
		out = append(out, pair{k.Value, k, v})
	}
	return out, true
}

// known reports every key of the pairs that is not in the list.
func (p *parser) known(pairs []pair, what string, keys ...string) {
	for _, kv := range pairs {
		found := false
		for _, k := range keys {
			found = found || k == kv.key
		}
		if !found {
			hint := ""
			for _, k := range keys {
				if closeTo(kv.key, k) {
					hint = fmt.Sprintf("; did you mean %q?", k)
				}
			}
			p.c.add(at(p.file, kv.k), ruleUnknownKey, "unknown key %q in %s%s", kv.key, what, hint)
		}
	}
}

func find(pairs []pair, key string) (pair, bool) {
	for _, kv := range pairs {
		if kv.key == key {
			return kv, true
		}
	}
	return pair{}, false
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func (p *parser) list(n *yaml.Node, what string) ([]*yaml.Node, bool) {
	if n.Kind != yaml.SequenceNode {
		p.c.add(at(p.file, n), ruleType, "%s must be a list", what)
		return nil, false
	}
	return n.Content, true
}

// str reads a text. A bare number or truth value is refused, since YAML would
// have read it differently from what is seen.
func (p *parser) str(n *yaml.Node, what string) (string, bool) {
	if n.Kind == yaml.ScalarNode {
		switch n.ShortTag() {
		case "!!str", "!!timestamp":
			if strings.TrimSpace(n.Value) == "" {
				p.c.add(at(p.file, n), ruleValue, "%s is empty", what)
				return "", false
			}
			if i := strings.IndexFunc(n.Value, unseen); i >= 0 {
				r, _ := utf8.DecodeRuneInString(n.Value[i:])
				p.c.add(at(p.file, n), ruleUnseen, "%s holds the sign U+%04X, which nobody can see", what, r)
			}
			return n.Value, true
		case "!!null":
			p.c.add(at(p.file, n), ruleMissing, "%s is missing", what)
			return "", false
		case "!!int", "!!float", "!!bool":
			p.c.add(at(p.file, n), ruleType, "%s must be text; put %s in quotes", what, n.Value)
			return "", false
		}
	}
	p.c.add(at(p.file, n), ruleType, "%s must be text", what)
	return "", false
}

// word reads a scalar as it is written, whatever YAML takes it for.
func (p *parser) word(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || isNull(n) || strings.TrimSpace(n.Value) == "" {
		p.c.add(at(p.file, n), ruleType, "%s must be a word", what)
		return "", false
	}
	return n.Value, true
}

// unseen tells which signs have no place in a script: controls, those that turn
// the direction of writing, and blanks of no width. A text with them says
// something else than what is read. Joiners are left: some scripts need them.
func unseen(r rune) bool {
	switch {
	case r == '\n', r == '\t', r == 0x200c, r == 0x200d:
		return false
	case unicode.IsControl(r), r == 0x200b, r == 0x200e, r == 0x200f, r == 0x2060, r == 0xfeff,
		r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

func (p *parser) strs(n *yaml.Node, what string) []*yaml.Node {
	var out []*yaml.Node
	items, _ := p.list(n, what)
	for _, it := range items {
		if _, ok := p.str(it, "an entry of "+what); ok {
			out = append(out, it)
		}
	}
	return out
}

func (p *parser) boolean(n *yaml.Node, what string) bool {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool" {
		return strings.EqualFold(n.Value, "true")
	}
	p.c.add(at(p.file, n), ruleType, "%s must be true or false", what)
	return false
}

func (p *parser) number(n *yaml.Node, what string) (float64, bool) {
	if n.Kind == yaml.ScalarNode {
		if t := n.ShortTag(); t == "!!int" || t == "!!float" {
			if v, err := strconv.ParseFloat(n.Value, 64); err == nil && v >= -1e9 && v <= 1e9 {
				return v, true
			}
		}
	}
	p.c.add(at(p.file, n), ruleType, "%s must be a number", what)
	return 0, false
}

func (p *parser) integer(n *yaml.Node, what string, low, high int) int {
	v, ok := p.number(n, what)
	if ok && (v != float64(int(v)) || int(v) < low || int(v) > high) {
		p.c.add(at(p.file, n), ruleValue, "%s must be a whole number from %d to %d", what, low, high)
		return low
	}
	return int(v)
}

// length reads a duration: 30s, 15m, 2h or 1d.
func (p *parser) length(n *yaml.Node, what string, longest time.Duration) time.Duration {
	if n.Kind == yaml.ScalarNode && len(n.Value) >= 2 && len(n.Value) <= 7 {
		unit := map[byte]time.Duration{
			's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour,
		}[n.Value[len(n.Value)-1]]
		v, err := strconv.Atoi(n.Value[:len(n.Value)-1])
		if err == nil && unit > 0 && v > 0 && n.Value[0] != '+' {
			if d := time.Duration(v) * unit; d <= longest {
				return d
			}
			p.c.add(at(p.file, n), ruleValue, "%s is longer than %d days", what, int(longest.Hours()/24))
			return longest
		}
	}
	p.c.add(at(p.file, n), ruleType, "%s must be a length of time like 30s, 15m, 2h or 1d", what)
	return time.Minute
}
