package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// positions tells where in a file a key stands, by its dotted path.
type positions struct {
	file string
	at   map[string]*yaml.Node
}

// fault is a finding at a key. A key that is not in the file is reported where
// its parent stands, or at the top.
func (p positions) fault(key, format string, args ...any) finding {
	f := finding{File: p.file, Line: 1, Col: 1, Rule: "config", Message: fmt.Sprintf(format, args...)}
	for path := key; path != ""; {
		if n := p.at[path]; n != nil {
			f.Line, f.Col = n.Line, n.Column
			return f
		}
		cut := strings.LastIndexByte(path, '.')
		path = path[:max(0, cut)]
	}
	return f
}

// decodeStrict fills the struct at out from YAML. An unknown key, a key given
// twice and a value of the wrong type are faults; all of them are found in one
// run. What the file does not name keeps its value.
func decodeStrict(file string, data []byte, out any) (positions, []finding) {
	d := &decoder{positions: positions{file: file, at: map[string]*yaml.Node{}}}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF): // an empty file: every default
		return d.positions, nil
	case err != nil:
		d.faults = append(d.faults, syntaxFault(file, err))
		return d.positions, d.faults
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		d.add(&doc, "a configuration is one document: remove what follows the line ---")
	}
	d.value("", doc.Content[0], reflect.ValueOf(out).Elem())
	return d.positions, d.faults
}

// syntaxFault turns the parser's own message, which names a line, into a finding.
func syntaxFault(file string, err error) finding {
	f := finding{File: file, Line: 1, Col: 1, Rule: "yaml", Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := regexp.MustCompile(`^line (\d+): (.*)$`).FindStringSubmatch(f.Message); m != nil {
		f.Line, _ = strconv.Atoi(m[1])
		f.Message = m[2]
	}
	return f
}

type decoder struct {
	positions
	faults []finding
}

func (d *decoder) add(n *yaml.Node, format string, args ...any) {
	d.faults = append(d.faults, finding{
		File: d.file, Line: n.Line, Col: n.Column, Rule: "config", Message: fmt.Sprintf(format, args...),
	})
}

// value decodes one node into a field. A bare "key:" keeps the default.
func (d *decoder) value(path string, n *yaml.Node, v reflect.Value) {
	name := path
	if name == "" {
		name = "the configuration"
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.add(n, "%s: anchors and aliases are not understood here: write the value out", name)
	case n.Tag == "!!null":
	case v.Kind() == reflect.Struct:
		d.mapping(path, name, n, v)
	case v.Type() == reflect.TypeFor[[]string]():
		d.list(name, n, v)
	case v.Kind() == reflect.Slice:
		d.structs(path, name, n, v)
	default:
		d.scalar(name, n, v)
	}
}

// structs decodes a list of mappings; their places are named path.0.key and so
// on.
func (d *decoder) structs(path, name string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.add(n, "%s must be a list, as in config.example.yaml", name)
		return
	}
	for i, item := range n.Content {
		full := fmt.Sprint(path, ".", i)
		one := reflect.New(v.Type().Elem()).Elem()
		d.at[full] = item
		d.value(full, item, one)
		v.Set(reflect.Append(v, one))
	}
}

func (d *decoder) mapping(path, name string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.add(n, "%s must hold keys, as in config.example.yaml", name)
		return
	}
	var known []string
	index := map[string]int{}
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		known = append(known, key)
		index[key] = i
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		full := strings.TrimPrefix(path+"."+key.Value, ".")
		field, ok := index[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || !ok:
			d.add(key, "unknown key %q: %s", key.Value, hint(key.Value, known))
		case seen[key.Value]:
			d.add(key, "%s is given twice", full)
		default:
			seen[key.Value] = true
			d.at[full] = val
			d.value(full, val, v.Field(field))
		}
	}
}

func (d *decoder) list(name string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.add(n, "%s must be a list, as in [a, b]", name)
		return
	}
	out := []string{}
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
			d.add(item, "%s must be a list of words", name)
			continue
		}
		out = append(out, item.Value)
	}
	v.Set(reflect.ValueOf(out))
}

func (d *decoder) scalar(name string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		d.add(n, "%s must be a single value", name)
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		span, err := parseSpan(n.Value)
		if err != nil {
			d.add(n, "%s must be a span of time such as 90s, 15m, 2h or 1d", name)
			return
		}
		v.SetInt(int64(span))
	case v.Kind() == reflect.String:
		if n.Tag != "!!str" {
			d.add(n, "%s must be text: put it into quotes", name)
			return
		}
		v.SetString(n.Value)
	case v.Kind() == reflect.Bool:
		if n.Tag != "!!bool" {
			d.add(n, "%s must be true or false", name)
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case v.Kind() == reflect.Int:
		i, err := strconv.Atoi(n.Value)
		if n.Tag != "!!int" || err != nil {
			d.add(n, "%s must be a whole number", name)
			return
		}
		v.SetInt(int64(i))
	default:
		panic("config: no decoder for " + v.Type().String())
	}
}

// parseSpan reads a span of time; a day has 24 hours here.
func parseSpan(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 3650 {
			return 0, errors.New("not a number of days")
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	return time.ParseDuration(text)
}

// hint names the known key that looks most like a wrong one, or all of them.
func hint(wrong string, known []string) string {
	for _, k := range known {
		if distance(wrong, k) <= 2 || strings.ReplaceAll(wrong, "-", "_") == k {
			return "did you mean " + k + "?"
		}
	}
	return "known here are " + strings.Join(known, ", ")
}

// distance is how many letters must be added, dropped or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			prev, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, prev+cost)
		}
	}
	return row[len(b)]
}
