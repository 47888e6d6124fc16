package flow

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// schema compiles Schema with a validator that knows the whole draft.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	src, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(src)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("script.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("script.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// value is a YAML node as JSON has it. Dates stay text, as an editor reads them.
func value(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n.Kind {
	case yaml.DocumentNode:
		return value(t, n.Content[0])
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = value(t, n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			out = append(out, value(t, c))
		}
		return out
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return n.Value
}

func readYAML(t *testing.T, src []byte) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(src, &n); err != nil {
		t.Fatal(err)
	}
	return value(t, &n)
}

func TestSchemaTakesEveryScript(t *testing.T) {
	t.Parallel()
	s := schema(t)
	paths, err := filepath.Glob("../../flows/*.yaml")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d scripts, %v", len(paths), err)
	}
	for _, path := range paths {
		if filepath.Base(path) == textsFile {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(readYAML(t, src)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestSchemaAgrees: what the schema says of one step is what the parser says.
func TestSchemaAgrees(t *testing.T) {
	t.Parallel()
	s := schema(t)
	const head = "flow: a\ntitle: A\nsteps:\n- "
	for _, step := range []string{
		"say: x", "say: x\n  any: [y]\n  source: here", "end", "end:", "wait: 15m", "lines: dv", "lines: ''", "lines: {need: dv, up_to: 2}",
		"ask: x\n  text: {}", "ask: x\n  number:", "ask: x\n  days: {}\n  keep: when", "ask: x\n  pick: {a: {}, b: {also: [c], do: [{say: x}]}}",
		"ask: x\n  yes_no: {}\n  no_reply: {after: 5m, say: x}", "pace: {in: 4, rounds: 2}\n  words: {in: In}", "quiet: stop", "quiet: {for: 7d}", "quiet: {for: 1d, undo: true}", "quiet: undo",
		"ask: x\n  yes_no: {}\n  safety: {danger: \"no\"}", "ask: x\n  text: {}\n  senses: true", "ask: x\n  text: {}\n  witness: true",
		"set: {a: 1, b: x, c: null}", "keep: {list: l, text: x}", "every: e\n  flow: a\n  at: '21:00'\n  days: [mon]",
		"every: e\n  flow: a\n  at: '18:00-20:00'\n  days: 2d\n  kind: checkin\n  step_down: a", "every: e\n  kind: note\n  organization: true",
		"at: e\n  flow: a\n  date: day\n  plus: -1d\n  kind: date\n  time: '18:00'", "cancel: {kind: week}", "snooze: 1h", "snooze: how_long", "quiet: {for: how_long}",
		"ask: x\n  time: {window: true}\n  opening: true", "ask: x\n  span: {}", "ask: x\n  hours: {}",
		"if: true\n  do: [{say: x}]", "menu: x", "cancel: all",
		// and what is wrong
		"sya: x", "say: 5", "say: x\n  colour: red", "say: x\n  goto: y", "wait: soon", "lines: near", "quiet: loud", "end: now",
		"ask: x", "ask: x\n  text: {}\n  number: {}", "ask: x\n  scale: {from: 1}", "ask: x\n  number: {to: 1}", "ask: x\n  pick: {a: {}}",
		"ask: x\n  text: {max: 0}", "ask: x\n  pick: {a: word, b: {}}", "pace: {in: 4}", "pace: {in: 400, rounds: 1}", "set: {}", "set: {a: [1]}",
		"keep: {}", "pace: {in: 4, rounds: 2}\n  words: {up: x}", "every: e\n  flow: a\n  days: [monday]\n  at: '21:00'", "lines: {need: dv, up_to: 99}",
		"every: e\n  flow: a\n  at: '21:00'\n  kind: daily", "every: e\n  flow: a\n  at: '21:00'\n  days: 40d", "cancel: {kind: daily}", "cancel: {}", "snooze: [1h]",
		"at: e\n  flow: a\n  date: day\n  plus: 7\n  time: '18:00'", "ask: x\n  time: {window: sometimes}",
		"ask: x\n  text: {}\n  no_reply: {after: soon, say: x}", "name: lonely",
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			src := []byte(head + step + "\n")
			wrong := s.Validate(readYAML(t, src))
			c := &findings{}
			newParser(c, "a.yaml", Options{Readers: readers()}, newPatterns(), nil).parse(src)
			if (wrong != nil) != (len(c.list) > 0) {
				t.Errorf("schema: %v\nparser: %v", wrong, c.list)
			}
		})
	}
}

// TestSchemaExplainsEveryKey: an editor has a line to show for each key, and
// offers the flows that are there without refusing a new one.
func TestSchemaExplainsEveryKey(t *testing.T) {
	t.Parallel()
	for _, key := range headerKeys() {
		if hover("", key) == "" {
			t.Errorf("nothing about the key %s", key)
		}
	}
	used := map[string]bool{}
	for _, verb := range append(verbs(), loneVerbs()...) {
		for _, key := range append(verbKeys(verb), verb, "name") {
			if hover(verb, key) == "" {
				t.Errorf("nothing about %s in %s", key, verb)
			}
			used[key], used[verb+"."+key] = true, true
		}
	}
	for _, key := range headerKeys() {
		used[key] = true
	}
	for key := range hovers() {
		if !used[key] {
			t.Errorf("a line about %s, which is no key", key)
		}
	}
	one := Schema("urge")["$defs"].(object)["flow"].(object)["anyOf"].([]any)
	if !slices.Equal(one[0].(object)["enum"].([]string), []string{"urge"}) || len(one) != 2 {
		t.Errorf("flows on offer: %v", one)
	}
}
