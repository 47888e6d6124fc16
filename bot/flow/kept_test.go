package flow

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestShippedKept: what has a name in the copy that a person gets has one in
// each language, and it is something that a script keeps.
func TestShippedKept(t *testing.T) {
	t.Parallel()
	lib := shippedScripts(t)
	known := map[string]bool{}
	for _, f := range lib.flows {
		for _, n := range f.nodes {
			switch o := n.op.(type) {
			case *askOp:
				known[o.keepVar.name], known[o.list.name] = true, true
			case *everyOp:
				known[o.effect.Name] = true
			case *atOp:
				known[o.effect.Name] = true
			case *recordOp:
				known[o.list.name] = true
			case *keepOp:
				known[o.list.name] = true
			case *setOp:
				for _, v := range o.list {
					known[v.name.name] = true
				}
			}
		}
	}
	names := lib.in("").words.kept
	for id := range names {
		if !known[id] {
			t.Errorf("no script keeps %s", id)
		}
	}
	for _, l := range lib.Languages() {
		kept := lib.in(l.Tag).words.kept
		for id := range names {
			if kept[id] == "" {
				t.Errorf("%s: %s has no name in words_kept", l.Tag, id)
			}
		}
	}
	if got := lib.In("es").Name("reasons"); got != "Mis razones" {
		t.Errorf("reasons are called %q in Spanish", got)
	}
	if got := lib.In("es").Name("of_no_script"); got != "of no script" {
		t.Errorf("a name that is not listed is %q", got)
	}
}

func TestKeptRefuses(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(string(texts(t)), "reasons = My reasons", "reasons My reasons", 1)
	_, found, err := Load(fstest.MapFS{
		"texts.yaml": {Data: []byte(broken)},
		"a.yaml":     {Data: []byte("flow: a\ntitle: A\nstart: [a thing]\nsteps:\n  - say: Hello.\n")},
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if strings.Contains(f.Message, "words_kept holds entries") {
			return
		}
	}
	t.Errorf("a name without = is taken: %v", found)
}
