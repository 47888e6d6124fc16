package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGraph(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin) // no Graphviz here, whatever the machine has
	if r := handrail(t, "", "flows", "graph", "breathing"); r.code != 0 || !strings.Contains(r.out, "\nflowchart TD\n") {
		t.Errorf("Mermaid: exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := handrail(t, "", "flows", "graph", "breathing", "--dot"); r.code != 0 || !strings.HasPrefix(r.out, "digraph flow {\n") {
		t.Errorf("DOT: exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := handrail(t, "", "flows", "graph", "nothing"); r.code != 2 || !strings.Contains(r.err, `no flow "nothing": see handrail flows list`) {
		t.Errorf("an unknown flow: exit %d, %s", r.code, r.err)
	}
	file := filepath.Join(t.TempDir(), "flow.svg")
	if r := handrail(t, "", "flows", "graph", "breathing", "--svg", file); r.code != 1 || !strings.Contains(r.err, "install it") {
		t.Errorf("without Graphviz: exit %d, %s", r.code, r.err)
	}
	dot := "#!/bin/sh\nread first\n[ \"$1 $first\" = '-Tsvg digraph flow {' ] && echo '<svg/>'\n"
	if err := os.WriteFile(filepath.Join(bin, "dot"), []byte(dot), 0o755); err != nil {
		t.Fatal(err)
	}
	r := handrail(t, "", "flows", "graph", "breathing", "--svg", file)
	got, err := os.ReadFile(file)
	if r.code != 0 || err != nil || string(got) != "<svg/>\n" {
		t.Errorf("with it: exit %d, %s, %q, %v", r.code, r.err, got, err)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	r := handrail(t, "", "flows", "schema")
	var s struct {
		Schema   string         `json:"$schema"`
		Required []string       `json:"required"`
		Defs     map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(r.out), &s); err != nil || s.Schema == "" || len(s.Required) != 3 || s.Defs["step"] == nil {
		t.Errorf("exit %d, %v, %+v", r.code, err, s)
	}
	if !strings.Contains(r.out, `"urge"`) {
		t.Error("no flow is on offer")
	}
}

func TestMatchExplains(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"thinking about texting her":     "urge\twant to text him\n  reached: urge, by \"want to text him\": ",
		"im so lonely and i miss him":    "  too close to tell apart: ",
		"stop":                           "stop\tstop\n  heard before all else",
		"we had soup at my aunt's place": "-\t-\n  no flow fits",
		"he has a knife":                 "\n  danger: the crisis words answer before any flow: crisis, weapon, rule weapon.has at ",
	} {
		if r := handrail(t, "", "flows", "match", text); r.code != 0 || !strings.Contains(r.out, want) {
			t.Errorf("%q: exit %d\n%s%s", text, r.code, r.out, r.err)
		}
	}
}
