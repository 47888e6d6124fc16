package crisis

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func shipped(tb testing.TB) *Lexicon {
	tb.Helper()
	x, err := Load(os.DirFS("../../flows/crisis"))
	if err != nil {
		tb.Fatal(err)
	}
	return x
}

// only loads the shipped lexicon of one language.
func only(tb testing.TB, lang string) *Lexicon {
	tb.Helper()
	data, err := os.ReadFile("../../flows/crisis/" + lang + ".yaml")
	if err != nil {
		tb.Fatal(err)
	}
	files := fstest.MapFS{lang + ".yaml": {Data: data}}
	for _, name := range []string{lang + ".words", "senses.words", "senses.tsv"} {
		if data, err = os.ReadFile("../../flows/crisis/" + name); err == nil {
			files[name] = &fstest.MapFile{Data: data}
		}
	}
	x, err := Load(files)
	if err != nil {
		tb.Fatal(err)
	}
	return x
}

// level is the most serious level of the findings.
func level(fs []Finding) Level {
	if len(fs) == 0 {
		return None
	}
	return fs[0].Level
}

// TestExamples runs the sentences beside each rule, a language at a time. One that
// must fire does so in the rule's category, at the level it stands under; one that
// must not is silent altogether.
func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../flows/crisis/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lexicon: %v", err)
	}
	for _, file := range files {
		lang := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			examples(t, only(t, lang))
		})
	}
}

func examples(t *testing.T, x *Lexicon) {
	seen := map[string]bool{}
	for _, ex := range x.Examples() {
		got := x.Scan(ex.Text, ex.Lang)
		if ex.Level == None && len(got) > 0 {
			t.Errorf("%s: %q must be silent, got %s %s: %q", ex.Rule, ex.Text, got[0].Level, got[0].Rule, ex.Text[got[0].Start:got[0].End])
			continue
		}
		heard := None
		for _, f := range got {
			if f.Category == ex.Category {
				heard = max(heard, f.Level)
			}
		}
		if heard != ex.Level {
			t.Errorf("%s: %q must be %s in %s, got %v", ex.Rule, ex.Text, ex.Level, ex.Category, got)
		}
		if ex.Level == Ask && level(got) > Ask {
			t.Errorf("%s: %q must be ask, got crisis by %s", ex.Rule, ex.Text, got[0].Rule)
		}
		if ex.Level > None {
			seen[ex.Category] = true
		}
	}
	for _, c := range Categories() {
		if !seen[c] {
			t.Errorf("category %s has no example that fires", c)
		}
	}
}
