package flow

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// update rewrites the golden findings.
func update() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite golden files")
	os.Exit(m.Run())
}

// TestFindings loads one broken script after the other, each with everything
// that it needs around it, and compares all findings of one run.
func TestFindings(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no broken scripts: %v", err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			fsys := files(t, map[string]string{
				"other": "start: [said elsewhere]\nanywhere: [help]\nmenu: 4\n" +
					"steps: [{ask: Other., scale: {from: 0, to: 3}, keep: other_number, no_reply: {after: 1h, end: }}, {keep: {list: other_list, text: x}}]",
			})
			fsys[name+".yaml"] = &fstest.MapFile{Data: src}
			var got strings.Builder
			for _, f := range load(t, fsys) {
				got.WriteString(f.String() + "\n")
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if update() {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() == "" {
				t.Error("a broken script without findings")
			}
			compare(t, got.String(), string(want))
		})
	}
}

// load returns the findings and checks what holds for all of them.
func load(t testing.TB, fsys fs.FS) []Finding {
	t.Helper()
	lib, list, err := Load(fsys, Options{Readers: readers()})
	if err != nil {
		t.Fatal(err)
	}
	if (lib == nil) != slices.ContainsFunc(list, func(f Finding) bool { return !f.Mild() }) {
		t.Errorf("library is nil: %t, with %d findings", lib == nil, len(list))
	}
	for _, f := range list {
		if f.Line < 1 || f.Col < 1 || f.File == "" || f.Rule == "" || f.Message == "" {
			t.Errorf("incomplete finding %#v", f)
		}
	}
	return list
}

// TestBombs: files made to exhaust the reader are refused, and soon.
func TestBombs(t *testing.T) {
	t.Parallel()
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 30 {
		alias := fmt.Sprintf("*a%d, ", i)
		fmt.Fprintf(&laughs, "a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(alias, 9))
	}
	const half = MaxFileBytes / 2
	for _, tc := range []struct{ name, src, rule string }{
		{"aliases", laughs.String(), ruleAlias},
		{"an alias of itself", "flow: &a [*a]\n", ruleAlias},
		{"merge", "a: &a {x: y}\nb: {<<: *a}\n", ruleAlias},
		{"lists in lists", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), ruleDepth},
		{"mappings in mappings", strings.Repeat("{a: ", 9000) + "x" + strings.Repeat("}", 9000), ruleDepth},
		{"never closed", strings.Repeat("[", half), ruleSyntax},
		{"lists by dashes", strings.Repeat("- ", 9000) + "x", ruleDepth},
		{"one level too deep", strings.Repeat("[", MaxNesting+1) + strings.Repeat("]", MaxNesting+1), ruleDepth},
		{"too big", "flow: bomb\n#" + strings.Repeat("x", MaxFileBytes), ruleSize},
		{"many keys", strings.Repeat("a: b\n", half/5), ruleDuplicateKey},
		{"many steps", "flow: bomb\ntitle: x\nsteps:\n" + strings.Repeat("- say: hi\n", half/10), ""},
		{"many gotos", "flow: bomb\ntitle: x\nsteps:\n" + strings.Repeat("- goto: x\n", half/10), ruleUnknownStep},
		{"one long expression", "flow: bomb\ntitle: x\nsteps:\n- if: " + strings.Repeat("(", half) + "\n  do: [{say: x}]\n", ruleCondition},
		{"nested expression", "flow: bomb\ntitle: x\nsteps:\n- if: " + strings.Repeat("not ", 120) + "true\n  do: [{say: x}]\n", ruleCondition},
		{"one long template", "flow: bomb\ntitle: x\nsteps:\n- say: '" + strings.Repeat("{{a}}", half/5) + "'\n", ruleLongText},
		{"not UTF-8", "flow: \xff\xfe\n", ruleSyntax},
		{"a byte of nothing", "flow: a\x00b\n", ruleSyntax},
		{"two documents", "flow: bomb\n---\nflow: bomb\n", ruleSyntax},
		{"nothing", "", ruleSyntax},
		{"a comment", "# only\n", ruleSyntax},
		{"a tag", "flow: !!binary aGk=\n", ruleType},
		{"a list", "- flow\n", ruleType},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fsys := files(t, nil)
			fsys["bomb.yaml"] = &fstest.MapFile{Data: []byte(tc.src)}
			start := time.Now()
			list := load(t, fsys)
			if took := time.Since(start); took > 5*time.Minute { // without a bound it would be hours
				t.Errorf("took %s", took)
			}
			found := tc.rule == ""
			for _, f := range list {
				found = found || f.Rule == tc.rule
			}
			if !found {
				t.Errorf("no finding of rule %s among %v", tc.rule, list)
			}
		})
	}
}

// TestWaivers: a comment excuses a rule of taste here or one line below, and
// nothing else.
func TestWaivers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, want string }{
		{"on the line", "steps:\n- say: You must. # lint: allow wording because a quote\n", ""},
		{"on the line before", "steps:\n# lint: allow wording because a quote\n- say: You must.\n", ""},
		{"two lines before", "steps:\n# lint: allow wording because a quote\n\n- say: You must.\n", "a.yaml:4:1: nothing here breaks the rule \"wording\"; the waiver can go (waiver)\na.yaml:6:8: \"you must\" is not for this place (wording-order)"},
		{"for another rule", "steps:\n- say: You must. # lint: allow exclamation because no\n", "a.yaml:4:8: \"you must\" is not for this place (wording-order)\na.yaml:4:18: nothing here breaks the rule \"exclamation\"; the waiver can go (waiver)"},
		{"without a reason", "steps:\n- say: Hi. # lint: allow wording\n", "a.yaml:4:12: write it as: # lint: allow RULE because REASON (waiver)"},
		{"of a rule that cannot be waived", "steps:\n- say: Hi. # lint: allow loop because I like it\n", "a.yaml:4:12: \"loop\" is not a rule that can be waived (waiver)"},
		{"an exclamation mark", "steps:\n- say: Hi! # lint: allow exclamation because it is the word of the exercise\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			for _, f := range load(t, files(t, map[string]string{"a": tc.body})) {
				got.WriteString(f.String() + "\n")
			}
			compare(t, got.String(), tc.want)
		})
	}
}

// TestTexts: the sentences are complete, and nothing is in them that nobody
// says.
func TestTexts(t *testing.T) {
	t.Parallel()
	good := string(texts(t))
	for _, tc := range []struct{ name, old, now, want string }{
		{"missing", "  noted: \"Noted.\"\n", "", "the text \"noted\" is missing"},
		{"empty", "\"Noted.\"", "\"\"", "noted is empty"},
		{"no mapping", "noted: \"Noted.\"", "noted: {a: b}", "noted must be text"},
		{"unknown", "  noted:", "  knotted: x\n  noted:", "nothing uses the text \"knotted\""},
		{"placeholder without meaning", "\"Noted.\"", "\"Noted, {{name}}.\"", "{{name}} has no meaning in \"noted\"; it has no placeholders"},
		{"placeholder left out", "{{from}} to {{to}}", "{{from}} up", "\"not_understood_scale\" needs {{to}}"},
		{"wording", "\"Noted.\"", "\"Well done!\"", "\"well done\" is not for this place"},
		{"a word with two meanings", "yes, y,", "yes, y, done,", "\"done\" stands in words_done and in words_yes"},
		{"an empty word", "yes, y,", "yes,, y,", "words_yes has an empty word"},
		{"variant twice", "\"Noted.\"", "[Noted., noted]", "this variant says the same as another one"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fsys := files(t, map[string]string{"a": "steps: [{say: x}]"})
			fsys[textsFile] = &fstest.MapFile{Data: []byte(strings.Replace(good, tc.old, tc.now, 1))}
			for _, f := range load(t, fsys) {
				if strings.HasPrefix(f.Message, tc.want) {
					return
				}
			}
			t.Errorf("no finding begins with %q", tc.want)
		})
	}
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		if list := load(t, fstest.MapFS{}); len(list) == 0 || list[0].File != textsFile {
			t.Errorf("findings %v", list)
		}
	})
}

// brokenFS fails to open its files.
type brokenFS struct{ fstest.MapFS }

var errBroken = errors.New("broken")

func (b brokenFS) Open(name string) (fs.File, error) {
	if name == "." {
		return b.MapFS.Open(name)
	}
	return nil, errBroken
}

func TestLoadCannotRead(t *testing.T) {
	t.Parallel()
	lib, list, err := Load(brokenFS{files(t, nil)}, Options{})
	if !errors.Is(err, errBroken) || lib != nil || list != nil {
		t.Errorf("Load: %v, %v, %v", lib, list, err)
	}
	if _, _, err := Load(os.DirFS(filepath.Join(t.TempDir(), "none")), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
