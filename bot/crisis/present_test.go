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
		{"he is hitting me", true},
		{"help hes beating me", true},
		{"he came home drunk. he is choking me", true},
		{"and then she is kicking me right now", true},
		{"he is hitting my son", true},
		{"and then he is hitting me and laughing, that was how it went", false},
		{"he was hitting me when my sister came", false},
		{"he keeps hitting me", false},
		{"i dreamt that he is hitting me", false},
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

// TestPresentInOtherLanguages: what is being done now, and what was.
func TestPresentInOtherLanguages(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for _, tc := range []struct {
		lang, words string
		want        bool
	}{
		{"es", "me está pegando", true},
		{"es", "está golpeándome ahora mismo", true},
		{"es", "me estaba pegando cuando llegó mi madre", false},
		{"es", "me pegaba todos los días", false},
		{"de", "er schlägt mich gerade", true},
		{"de", "jetzt würgt er mich", true},
		{"de", "er hat mich geschlagen", false},
		{"fr", "il est en train de me frapper", true},
		{"fr", "il me frappe en ce moment", true},
		{"fr", "il m'a frappée hier", false},
		{"pt", "ele está me batendo", true},
		{"pt", "ele está a bater-me", true},
		{"pt", "ele me bateu ontem", false},
	} {
		found := x.Scan(tc.words, "")
		if got := slices.ContainsFunc(found, Finding.Present); got != tc.want {
			t.Errorf("%s: %q: Present = %t, want %t (%v)", tc.lang, tc.words, got, tc.want, found)
		}
	}
}
