package bot_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"handrail/bot/flow"
	"handrail/bot/schedule"
	"handrail/flows"
)

// movedMark is what the scripts of an editor say to who lost their place.
const movedMark = "This is another place now."

// editor changes a set of scripts at random, as a counsellor might.
type editor struct {
	t     testing.TB
	rnd   *rand.Rand
	files map[string]string // the set in use
	made  int               // generated flows so far
	tries int               // edits so far
	done  map[string]int    // edits by kind
}

// newEditor starts from the shipped scripts and some generated ones.
func newEditor(t testing.TB, rnd *rand.Rand, generated int) *editor {
	t.Helper()
	e := &editor{t: t, rnd: rnd, files: map[string]string{}, done: map[string]int{}}
	names, err := fs.Glob(flows.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(flows.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		e.files[name] = string(data)
	}
	texts := strings.Split(e.files["texts.yaml"], "\n")
	i := slices.IndexFunc(texts, func(l string) bool { return strings.HasPrefix(l, "  moved:") })
	if i < 0 {
		t.Fatal("texts.yaml has no line for moved")
	}
	texts[i] = "  moved: " + movedMark
	e.files["texts.yaml"] = strings.Join(texts, "\n")
	for range generated {
		e.generate(e.files)
	}
	return e
}

// load compiles a set; nil when it has faults.
func (e *editor) load(files map[string]string) (*flow.Library, []flow.Finding) {
	e.t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	lib, found, err := flow.Load(fsys, flow.Options{Readers: schedule.Readers()})
	if err != nil {
		e.t.Fatal(err)
	}
	return lib, found
}

// generate adds a flow whose every text begins with a mark of its own. It calls
// no other, so that what it says depends on its own revision alone.
func (e *editor) generate(files map[string]string) {
	e.made++
	id := fmt.Sprintf("gen%d", e.made)
	var b strings.Builder
	fmt.Fprintf(&b, "flow: %s\ntitle: Flow %d\nstart: [open number %d]\nsteps:\n", id, e.made, e.made)
	n := 0
	mark := func() string { n++; return fmt.Sprintf("G%d.%d", e.made, n) }
	steps := 4 + e.rnd.IntN(5)
	words := true // the step before asked for words, or there is none: no two messages come together
	for i := range steps {
		step := e.rnd.IntN(6)
		if step == 0 && !words {
			step = 5
		}
		words = step == 5
		switch step {
		case 0:
			fmt.Fprintf(&b, "  - say: %s here is a line.\n    name: s%d\n", mark(), i)
		case 1, 2:
			fmt.Fprintf(&b, "  - ask: %s which one?\n    name: s%d\n    pick:\n      this: {}\n      that: {say: %s noted.}\n      neither: {goto: last}\n", mark(), i, mark())
		case 3:
			fmt.Fprintf(&b, "  - ask: %s how much?\n    name: s%d\n    scale: {from: 0, to: 10}\n    keep: %s_v\n    no_reply: {after: 10m, say: %s no hurry.}\n", mark(), i, id, mark())
			fmt.Fprintf(&b, "  - if: %s_v > 5\n    do: [{say: %s a lot.}]\n    else: [{say: %s a little.}]\n", id, mark(), mark())
		case 4:
			fmt.Fprintf(&b, "  - wait: 10m\n    name: s%d\n", i)
		case 5:
			fmt.Fprintf(&b, "  - ask: %s any words?\n    name: s%d\n    text: {}\n", mark(), i)
		}
	}
	fmt.Fprintf(&b, "  - say: %s that was all.\n    name: last\n", mark())
	files[id+".yaml"] = b.String()
}

// edit makes one random change and returns the new set and what was done. The
// set in use stays as it is until take.
func (e *editor) edit() (files map[string]string, kind string) {
	files = maps.Clone(e.files)
	var names, generated []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name != "texts.yaml" {
			names = append(names, name)
		}
		if strings.HasPrefix(name, "gen") {
			generated = append(generated, name)
		}
	}
	name := generated[e.rnd.IntN(len(generated))]
	if e.rnd.IntN(3) == 0 {
		name = names[e.rnd.IntN(len(names))]
	}
	kinds := []string{"reword", "add a step", "remove a step", "rename a step", "change a choice", "swap two steps", "remove a flow", "add a flow", "break"}
	kind = kinds[e.tries%len(kinds)]
	e.tries++
	switch kind {
	case "remove a flow":
		delete(files, generated[e.rnd.IntN(len(generated))])
	case "add a flow":
		e.generate(files)
	case "break":
		files[name] += "\n  - sing: la\n"
	default:
		files[name] = e.change(files[name], kind)
	}
	return files, kind
}

// spell writes out what is empty: inside braces it would come back as a text.
func spell(n *yaml.Node) {
	if n.Tag == "!!null" {
		n.Value = "null"
	}
	for _, c := range n.Content {
		spell(c)
	}
}

// change does one edit inside a script.
func (e *editor) change(text, kind string) string {
	e.t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		e.t.Fatal(err)
	}
	spell(&doc)
	steps := value(doc.Content[0], "steps")
	i := e.rnd.IntN(len(steps.Content))
	switch kind {
	case "reword":
		if says := every(steps, "say"); len(says) > 0 {
			says[e.rnd.IntN(len(says))].Value += " So it is."
		}
	case "add a step":
		e.made++
		var step yaml.Node
		if err := yaml.Unmarshal([]byte(fmt.Sprintf("say: G0.%d one line more.", e.made)), &step); err != nil {
			e.t.Fatal(err)
		}
		steps.Content = slices.Insert(steps.Content, i, step.Content[0])
	case "remove a step":
		steps.Content = slices.Delete(steps.Content, i, i+1)
	case "swap two steps":
		j := e.rnd.IntN(len(steps.Content))
		steps.Content[i], steps.Content[j] = steps.Content[j], steps.Content[i]
	case "rename a step":
		if names := every(steps, "name"); len(names) > 0 {
			old := names[e.rnd.IntN(len(names))].Value
			for _, key := range []string{"name", "goto"} {
				for _, n := range every(steps, key) {
					if n.Value == old {
						n.Value = old + "x"
					}
				}
			}
			if safe := value(doc.Content[0], "safe"); safe != nil && safe.Value == old {
				safe.Value += "x"
			}
		}
	case "change a choice":
		if picks := every(steps, "pick"); len(picks) > 0 {
			pick := picks[e.rnd.IntN(len(picks))]
			pick.Content[2*e.rnd.IntN(len(pick.Content)/2)].Value += " then"
		}
	}
	out, err := yaml.Marshal(&doc)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(out)
}

// take makes a set the one in use.
func (e *editor) take(files map[string]string, kind string) {
	e.files = files
	e.done[kind]++
}

func value(m *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

// every finds the values of a key at any depth.
func every(n *yaml.Node, key string) (out []*yaml.Node) {
	if n.Kind == yaml.MappingNode {
		if v := value(n, key); v != nil {
			out = append(out, v)
		}
	}
	for _, c := range n.Content {
		out = append(out, every(c, key)...)
	}
	return out
}
