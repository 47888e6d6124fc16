package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCrisisScore: the table counts what is heard, by part and category.
func TestCrisisScore(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "en.tsv")
	list := "lang\tlabel\texpected\ttext\tnote\n" +
		"en\tweapon\tcrisis\the has a knife\tstyle=direct\n" +
		"en\tweapon\tcrisis\tthe moon is round\t\n" +
		"en\tnone\tnone\twe had soup\t\n" +
		"en\tviolence\tcrisis\the hit me\tstyle=direct; unseen\n"
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	r := handrail(t, "", "crisis", "score", file)
	if r.code != 0 {
		t.Fatal(r.err)
	}
	want := map[string]string{
		"ordinary": "weapon 2 100.0 50.0 50.0 100.0 -",
		"unseen":   "violence 1 100.0 100.0 100.0 100.0 -",
	}
	for part, row := range want {
		_, rest, ok := strings.Cut(r.out, "en, "+part+" messages\n")
		if !ok || !strings.Contains(strings.Join(strings.Fields(rest), " "), row) {
			t.Errorf("%s: want %q in\n%s", part, row, r.out)
		}
	}
	if strings.Contains(r.out, "later") {
		t.Error("a part without messages has a table")
	}
	if err := os.WriteFile(file, []byte("lang\tlabel\texpected\ttext\tnote\nen\tx\tloud\thello\t\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r = handrail(t, "", "crisis", "score", file); r.code == 0 || !strings.Contains(r.err, "line 2") {
		t.Errorf("a bad list: %d %s", r.code, r.err)
	}
}
