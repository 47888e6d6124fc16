package flow

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "yes please", "yes please"},
		{"case and signs", "  Yes,\tPLEASE!! ", "yes please"},
		{"apostrophes", "I can't, I can’t, I canʼt", "i cant i cant i cant"},
		{"wide letters", "ＹＥＳ　ｐｌｅａｓｅ", "yes please"},
		{"ligature", "oﬀ", "off"},
		{"no accents", "Más café, mañana", "mas cafe manana"},
		{"composed and not", "cafe\u0301", "cafe"},
		{"marks of other scripts", "Кой हिन्दी 한국", "кой हिन्दी 한국"},
		{"emoji", "yes 👍🏽", "yes"},
		{"keycap", "2️⃣", "2"},
		{"unseen signs", "y\u200be\u00ads", "yes"},
		{"dashes", "5-4-3-2-1", "5 4 3 2 1"},
		{"nothing", " ?! ", ""},
		{"broken bytes", "a\xffb", "a b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := Normalise(tc.in); got != tc.want {
				t.Errorf("Normalise(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

// TestNormaliseTwice: the normal form is its own normal form, and the short way
// for ASCII gives the same as the long one.
func TestNormaliseTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,30}`)).Draw(rt, "text")
		n := Normalise(s)
		if again := Normalise(n); again != n {
			rt.Fatalf("Normalise(%q) = %q, then %q", s, n, again)
		}
		if long := Normalise(s + "ж"); !strings.HasSuffix(n, "ж") && strings.TrimSpace(strings.TrimSuffix(long, "ж")) != n &&
			utf8.ValidString(s) && isPlain(s) {
			rt.Fatalf("Normalise(%q) = %q, the long way %q", s, n, long)
		}
	})
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] < ' ' {
			return false
		}
	}
	return true
}

func TestCloseTo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		heard, word string
		want        bool
	}{
		{"breathe", "breathe", true},
		{"breath", "breathe", true},
		{"brethe", "breathe", true},
		{"braethe", "breathe", true},
		{"breathee", "breathe", true},
		{"breeze", "breathe", false},
		{"cat", "can", false}, // three letters
		{"yse", "yes", false},
		{"nto sure", "not sure", false}, // the edit is in a short word
		{"not sur", "not sure", true},
		{"notsure", "not sure", true},
		{"not sure", "notsure", true},
		{"i cant", "i can", false},
		{"i can", "i cant", false},
		{"can", "cant", false},
		{"wont", "won", false},
		{"20 days", "30 days", false},
		{"30 dayz", "30 days", true},
		{"pause 7", "pause 8", false},
		{"level10", "level11", false},
		{"mas café", "mas cafe", true},
		{"", "menu", false},
		{"men", "menu", true},
	} {
		t.Run(tc.heard+" "+tc.word, func(t *testing.T) {
			t.Parallel()
			if got := closeTo(tc.heard, tc.word); got != tc.want {
				t.Errorf("closeTo(%q, %q) = %t", tc.heard, tc.word, got)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{"a": "steps: [{say: Hello.}]"})
	for _, tc := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"7", 7, true},
		{"7.5", 7.5, true},
		{"7.", 7, true},
		{" Seven ", 7, true},
		{"about 7", 7, true},
		{"7/10", 7, true},
		{"7 / 10", 7, true},
		{"7 out of 10", 7, true},
		{"10/10", 10, true},
		{"7️⃣", 7, true},
		{"🔟", 10, true},
		{"-3", -3, true},
		{"7, 7!", 7, true},
		{"7/5", 0, false},
		{"6-7", 0, false},
		{"6 or 7", 0, false},
		{"six, maybe seven", 0, false},
		{"8pm", 0, false},
		{"none", 0, false},
		{"", 0, false},
		{"he rang me 3 times since I left the house at noon", 0, false},
		{strings.Repeat("7 ", 200), 0, false},
		{"1,000", 0, false},
		{"nan", 0, false},
		{"1e9999", 0, false},
	} {
		t.Run(tc.in, func(t *testing.T) {
			t.Parallel()
			got, ok := lib.amount(tc.in, 10)
			if ok != tc.ok || ok && got != tc.want {
				t.Errorf("amount(%q) = %v, %t, want %v, %t", tc.in, got, ok, tc.want, tc.ok)
			}
		})
	}
}

func TestOrdinal(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{"a": "steps: [{say: Hello.}]"})
	for _, tc := range []struct {
		in   string
		want int
		ok   bool
	}{
		{"2", 2, true},
		{"two", 2, true},
		{"number 2", 2, true},
		{"option two", 2, true},
		{"the second one", 2, true},
		{"second", 2, true},
		{"no one", 0, false},
		{"no", 0, false},
		{"2 or 3", 0, false},
		{"2 days", 0, false},
		{"", 0, false},
		{"1234567", 0, false},
	} {
		t.Run(tc.in, func(t *testing.T) {
			t.Parallel()
			if got, ok := lib.ordinal(tc.in); got != tc.want || ok != tc.ok {
				t.Errorf("ordinal(%q) = %d, %t", tc.in, got, ok)
			}
		})
	}
}

// TestMisreadings are answers that sound like a choice and mean something else:
// asking again is better than guessing.
func TestMisreadings(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{"a": `
steps:
  - ask: Are you safe where you are?
    pick:
      "yes": {also: [i am safe, safe, i can talk]}
      "no": {also: [not safe, unsafe]}
      not sure: {}
  - say: Taken.`})
	for _, text := range []string{
		"i am not safe", "i dont think i am safe", "i am scared", "safe is not what i am", "i cant talk",
		"no one is here", "yes and no", "11", "0", "1 no",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t, lib)
			k.quiet = true
			k.do("/start a")
			e, err := k.step(Input{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			if s := e[0].(Say).Text; !strings.HasPrefix(s, "I did not catch that.") {
				t.Errorf("was taken for an answer: %q", s)
			}
		})
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"fits", "abc", 3, "abc"},
		{"letters", "abcd", 3, "ab…"},
		{"space before the cut", "ab cd", 4, "ab…"},
		{"mark", "abe\u0301d", 4, "ab…"},
		{"joined emoji", "a👩‍👧b", 4, "a…"},
		{"skin tone", "ab👍🏽c", 4, "ab…"},
		{"flags", "🇩🇪🇫🇷", 3, "🇩🇪…"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := cut(tc.in, tc.limit); got != tc.want {
				t.Errorf("cut(%q, %d) = %q, want %q", tc.in, tc.limit, got, tc.want)
			}
		})
	}
}
