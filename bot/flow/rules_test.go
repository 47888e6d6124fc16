package flow

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// elsewhere are the rules whose faults are not in one script: their tests stand
// in TestBombs, TestTexts and library tests.
func elsewhere() []string { return []string{ruleSize, ruleUnknownText, ruleReader, ruleTranslation} }

// TestOneFaultEach: every rule has a script that breaks it and nothing else; the
// one expected finding stands beside it.
func TestOneFaultEach(t *testing.T) {
	t.Parallel()
	for _, rule := range Rules() {
		if slices.Contains(elsewhere(), rule.Name) {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata/broken/rules", rule.Name+".yaml")
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			others := map[string]string{"elsewhere": "start: [said elsewhere]\nanywhere: [help]\nmenu: 4\nsteps: [{say: Other.}]"}
			if rule.Name == ruleHelp {
				others = nil
			}
			fsys := files(t, others)
			fsys[rule.Name+".yaml"] = &fstest.MapFile{Data: src}
			list := load(t, fsys)
			if len(list) != 1 || list[0].Rule != rule.Name {
				t.Fatalf("findings %v", list)
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if update() {
				if err := os.WriteFile(golden, []byte(list[0].String()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, list[0].String()+"\n", string(want))
		})
	}
	paths, err := filepath.Glob("testdata/broken/rules/*.yaml")
	if err != nil || len(paths) != len(Rules())-len(elsewhere()) {
		t.Errorf("%d scripts for %d rules, %v", len(paths), len(Rules()), err)
	}
}

// TestRules: the table is complete, and what it says about waivers is so.
func TestRules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range Rules() {
		if r.Name == "" || r.What == "" || r.Why == "" || r.Mend == "" || seen[r.Name] {
			t.Errorf("incomplete or twice: %+v", r)
		}
		seen[r.Name] = true
		if r.Waivable != waivable(r.Name) {
			t.Errorf("%s: waivable is %t", r.Name, waivable(r.Name))
		}
	}
	src, err := os.ReadFile("finding.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(src)) {
		name, value, ok := strings.Cut(line, "= \"")
		if !ok || !strings.HasPrefix(strings.TrimSpace(name), "rule") {
			continue
		}
		if rule, _, _ := strings.Cut(value, "\""); rule != ruleWording && !seen[rule] {
			t.Errorf("the rule %q is not in the table", rule)
		}
	}
}

func TestLongSentence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "One two.": 2, "One. Two three.": 2, "A b c\nd e": 3, "It is 7.5 of 10": 5,
		"See https://example.org/a now.": 3, "{{name}} is here: yes": 3, "- a b - c": 3,
	} {
		if got := longSentence(text); got != want {
			t.Errorf("%q has %d words in a sentence, want %d", text, got, want)
		}
	}
}
