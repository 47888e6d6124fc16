package crisis

import (
	"os"
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
	x, err := Load(fstest.MapFS{lang + ".yaml": {Data: data}})
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

// TestExamples runs the sentences beside each rule. One that must fire does so
// in the rule's category, at the level it stands under; one that must not is
// silent altogether.
func TestExamples(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	seen := map[string]bool{}
	for _, ex := range x.Examples() {
		t.Run(ex.Rule+"/"+ex.Text, func(t *testing.T) {
			t.Parallel()
			got := x.Scan(ex.Text, ex.Lang)
			if ex.Level == None && len(got) > 0 {
				t.Fatalf("must be silent, got %s %s: %q", got[0].Level, got[0].Rule, ex.Text[got[0].Start:got[0].End])
			}
			heard := None
			for _, f := range got {
				if f.Category == ex.Category {
					heard = max(heard, f.Level)
				}
			}
			if heard != ex.Level {
				t.Errorf("must be %s in %s, got %v", ex.Level, ex.Category, got)
			}
			if ex.Level == Ask && level(got) > Ask {
				t.Errorf("must be ask, got crisis by %s", got[0].Rule)
			}
		})
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
