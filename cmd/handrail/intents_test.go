package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handrail/flows"
)

// intentsWanted is the share of the labelled messages that have to reach the
// flow that their label names.
const intentsWanted = 0.90

// intentsWrong is the share that may reach a flow that was not meant.
const intentsWrong = 0.02

// TestIntents holds the matching to what people mean. With -v it prints what
// was taken for what.
func TestIntents(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(flows.FS, "testdata/intents/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no labelled messages: %v", err)
	}
	src, err := openSource("")
	if err != nil {
		t.Fatal(err)
	}
	all, err := src.sound()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := fs.ReadFile(flows.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := readIntents(data)
		if err != nil {
			t.Fatal(err)
		}
		s := scoreOf(all.library, "", list)
		t.Logf("%s\n%s", file, s)
		if len(s.labels) > 0 {
			t.Errorf("%s: there are no flows %q", file, s.labels)
		}
		if s.total < 150 || 3*s.none < s.total {
			t.Errorf("%s: %d messages, %d of them without a flow; a list wants 150, a third without one", file, s.total, s.none)
		}
		if s.share() < intentsWanted || s.wrongShare() > intentsWrong {
			t.Errorf("%s: %.1f %% agree and %.1f %% reach the wrong flow; wanted %.0f %% and at most %.0f %%", file,
				100*s.share(), 100*s.wrongShare(), 100*intentsWanted, 100*intentsWrong)
		}
	}
}

// TestMatchScore: the table tells right, missed and wrong apart.
func TestMatchScore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.tsv"), filepath.Join(dir, "bad.tsv")
	for file, text := range map[string]string{
		good: "breathe\tbreathing\nwant to text him\theavy\nqwertyuiop\turge\nasdfgh\t-\n",
		bad:  "breathe\tbreatheing\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := handrail(t, "", "flows", "match", "--score", good)
	for _, want := range []string{
		"2 of 4 agree (50.0 %)", "1 reached the wrong flow (25.0 %)", "1 reached none",
		"heavy                        0     1  urge 1\n", `"qwertyuiop" means urge, reached -`,
	} {
		if r.code != 0 || !strings.Contains(r.out, want) {
			t.Errorf("no %q in %q %q", want, r.out, r.err)
		}
	}
	if r := handrail(t, "", "flows", "match", "--score", bad); r.code != exitFailure || !strings.Contains(r.err, `no flow "breatheing"`) {
		t.Errorf("a wrong label: %d %q", r.code, r.err)
	}
}
