package main

import (
	"strings"
	"testing"
)

// TestCrisisScanOddLines: whatever a line is, it gets one line, in its place, and
// a word of many letters keeps nobody waiting.
func TestCrisisScanOddLines(t *testing.T) {
	t.Parallel()
	const knife = "he has a knife"
	rows := []struct{ name, line, level string }{
		{"empty", "", "none"},
		{"a carriage return alone", "\r", "none"},
		{"a line that ends in one", knife + "\r", "crisis"},
		{"zero bytes", "\x00\x00" + knife + "\x00", "crisis"},
		{"no UTF-8", "\xff\xfe " + knife + " \xc3", "crisis"},
		{"right to left", "\u202e" + knife + "\u202c", "crisis"},
		{"letters of no width", "he\u200b has a k\u200bnife", "crisis"},
		{"emoji alone", "\U0001F62D\U0001F62D\U0001F62D", "none"},
		{"tabs", "he\thas\ta knife", "crisis"},
		{"one word of very many letters", strings.Repeat("a", 1<<18), "none"},
		{"a word without an end before the danger", "h" + strings.Repeat("e", 1<<17) + " has a knife", "crisis"},
		{"a letter with very many marks", "a" + strings.Repeat("\u0301", 1<<16), "none"},
		{"a long line with danger at its end", strings.Repeat("we had soup. ", 3000) + knife, "crisis"},
		{"danger all the way", strings.Repeat(knife+" and ", 2000), "crisis"},
		{"the last line, without an end", knife, "crisis"},
	}
	var in []string
	for _, row := range rows {
		in = append(in, row.line)
	}
	r := handrail(t, strings.Join(in, "\n"), "crisis", "scan", "--why")
	if r.code != 0 {
		t.Fatal(r.err)
	}
	out := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if len(out) != len(rows) {
		t.Fatalf("%d lines for %d lines", len(out), len(rows))
	}
	for i, row := range rows {
		level, rest, _ := strings.Cut(out[i], "\t")
		if level != row.level || strings.Count(rest, "\t") != 2 {
			t.Errorf("%s: got %q, want %s and four columns", row.name, out[i], row.level)
		}
	}
}
