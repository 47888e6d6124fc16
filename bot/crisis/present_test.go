package crisis

import (
	"slices"
	"testing"
)

// TestPresent: what is there now without a doubt, and what a story tells.
func TestPresent(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for _, tc := range []struct {
		words string
		want  bool
	}{
		{"i am going to kill myself", true},
		{"he is reading my messages", true},
		{"he has a knife", true},
		{"he is outside now", true},
		{"i have taken an overdose", true},
		{"he hit me and took my phone", false},
		{"he put his hands around my neck", false},
		{"he threatened to kill me", false},
		{"he raped me", false},
		{"we had soup", false},
	} {
		found := x.Scan(tc.words, "en")
		if got := slices.ContainsFunc(found, Finding.Present); got != tc.want {
			t.Errorf("%q: Present = %t, want %t (%v)", tc.words, got, tc.want, found)
		}
	}
}
