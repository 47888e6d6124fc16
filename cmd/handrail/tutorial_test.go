package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/flow"
	"handrail/flows"
)

// readmeBlocks are the fenced blocks of a kind in flows/README.md.
func readmeBlocks(t *testing.T, kind string) (blocks []string) {
	t.Helper()
	src, err := os.ReadFile("../../flows/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rest := string(src)
	for {
		_, after, found := strings.Cut(rest, "\n```"+kind+"\n")
		if !found {
			return blocks
		}
		block, behind, closed := strings.Cut(after, "\n```\n")
		if !closed {
			t.Fatalf("a block of %q is not closed", kind)
		}
		blocks, rest = append(blocks, block+"\n"), behind
	}
}

// TestTutorial follows flows/README.md: every stage of the flow has no fault,
// and the talk of the last one goes as written.
func TestTutorial(t *testing.T) {
	t.Parallel()
	stages, talks := readmeBlocks(t, "yaml flow"), readmeBlocks(t, "transcript")
	if len(stages) != 3 || len(talks) != 2 {
		t.Fatalf("%d stages, %d talks", len(stages), len(talks))
	}
	if lines := strings.Count(stages[2], "\n"); lines >= 60 {
		t.Errorf("the flow has %d lines", lines)
	}
	dir := copyFlows(t)
	for i, stage := range stages {
		writeFile(t, dir, "evening.yaml", stage)
		if i == len(stages)-1 {
			writeFile(t, dir, "testdata/evening-heavy.txt", talks[0])
		}
		if r := handrail(t, "", "check", dir); r.code != 0 {
			t.Fatalf("stage %d: exit %d\n%s%s", i+1, r.code, r.out, r.err)
		}
	}
	r := handrail(t, "", "flows", "match", "--scripts", dir, "can we put the day down please")
	if !strings.HasPrefix(r.out, "evening\tput the day down\n") {
		t.Errorf("match: %s%s", r.out, r.err)
	}
	if r := handrail(t, "", "flows", "graph", "evening", "--scripts", dir); r.code != 0 || !strings.Contains(r.out, "How heavy was it?") {
		t.Errorf("graph: exit %d %s", r.code, r.err)
	}
}

// TestTutorialTranslated follows "Translate it": extract, fill in what the page
// says, check, and a talk in Spanish.
func TestTutorialTranslated(t *testing.T) {
	t.Parallel()
	stages, talks, fill := readmeBlocks(t, "yaml flow"), readmeBlocks(t, "transcript"), readmeBlocks(t, "po")
	if len(talks) != 2 || len(fill) != 1 {
		t.Fatalf("%d talks, %d blocks of translations", len(talks), len(fill))
	}
	dir := copyFlows(t)
	writeFile(t, dir, "evening.yaml", stages[2])
	if r := handrail(t, "", "flows", "extract", "es", "--scripts", dir); r.code != 0 {
		t.Fatalf("extract: %s%s", r.out, r.err)
	}
	path := filepath.Join(dir, "locale/es.po")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	catalog := string(data)
	entries := strings.Split(strings.TrimSpace(fill[0]), "\n\n")
	for i, entry := range entries {
		text, _, _ := strings.Cut(entry, "msgstr ")
		if strings.Count(catalog, text+"msgstr \"\"\n") != 1 {
			t.Fatalf("entry %d of the page is not in the file once:\n%s", i+1, entry)
		}
		catalog = strings.Replace(catalog, text+"msgstr \"\"\n", entry+"\n", 1)
		writeFile(t, dir, "locale/es.po", catalog)
		if i == 0 { // begun and not finished
			if r := handrail(t, "", "check", dir); r.code != 1 || !strings.Contains(r.out, "locale/es.po:") || !strings.Contains(r.out, "(translation)") {
				t.Errorf("in part: exit %d\n%s", r.code, r.out)
			}
		}
	}
	writeFile(t, dir, "testdata/es-evening.txt", talks[1])
	if r := handrail(t, "", "check", dir); r.code != 0 || !strings.Contains(r.err, "es: ") {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := handrail(t, "", "flows", "match", "--lang", "es", "--scripts", dir, "hoy quiero soltar el dia"); !strings.HasPrefix(r.out, "evening\tsoltar el día\n") {
		t.Errorf("match: %s%s", r.out, r.err)
	}
}

// TestGettext holds the translations to the judgement of GNU gettext: the files
// are sound, and are written as gettext itself would write them.
func TestGettext(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"msgfmt", "msgmerge"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: install GNU gettext (apt-get install gettext)", tool)
		}
	}
	dir := copyFlows(t)
	for _, lang := range []string{"es", "pl"} { // one that is begun, one that is new
		if r := handrail(t, "", "flows", "extract", lang, "--scripts", dir); r.code != 0 {
			t.Fatalf("extract: %s%s", r.out, r.err)
		}
		path := filepath.Join(dir, "locale", lang+".po")
		if out, err := exec.Command("msgfmt", "-c", "--check-format", "-o", filepath.Join(dir, "x.mo"), path).CombinedOutput(); err != nil || lang == "es" && len(out) > 0 {
			t.Errorf("msgfmt %s: %v\n%s", lang, err, out)
		}
		again, err := exec.Command("msgmerge", "--quiet", "--no-fuzzy-matching", path, path).Output()
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != string(data) {
			t.Errorf("%s: gettext would write the file in another way", lang)
		}
	}
}

// TestVerbExamples loads the example of every verb and starts it.
func TestVerbExamples(t *testing.T) {
	t.Parallel()
	examples := readmeBlocks(t, "yaml step")
	dir := copyFlows(t)
	for i, steps := range examples {
		writeFile(t, dir, fmt.Sprintf("example%d.yaml", i), fmt.Sprintf("flow: example%d\ntitle: An example\nsteps:\n%s", i, steps))
	}
	all, err := loadSound(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range examples {
		in := flow.Input{Kind: flow.InStart, Flow: fmt.Sprintf("example%d", i), Now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)}
		if _, effects, err := all.library.Step(flow.Session{}, in); err != nil || len(effects) == 0 {
			t.Errorf("example %d: %v %v", i, effects, err)
		}
	}
	written := strings.Join(examples, "")
	steps := flow.Schema()["$defs"].(map[string]any)["step"].(map[string]any)["oneOf"].([]any)
	for _, step := range steps {
		required, ok := step.(map[string]any)["required"].([]string)
		if ok && !strings.Contains(written, required[0]+":") {
			t.Errorf("no example of %s", required[0])
		}
	}
	if _, err := flows.FS.Open("README.md"); err == nil {
		t.Error("the README is built into the program")
	}
}
