package crisis

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestScan(t *testing.T) {
	t.Parallel()
	x := only(t, "en")
	for _, row := range []struct {
		name, text string
		want       Level
		words      string // what the first finding points at; empty: not looked at
	}{
		{"empty", "", None, ""},
		{"only marks", "... !!! 🙂", None, ""},
		{"capitals", "HE HAS A KNIFE", Crisis, "HE HAS A KNIFE"},
		{"curly apostrophe", "he\u2019s got a gun", Crisis, "he\u2019s got a gun"},
		{"no apostrophe", "hes got a gun", Crisis, "hes got a gun"},
		{"drawn-out letters", "he has a kniiiiife", Crisis, "he has a kniiiiife"},
		{"swapped letters", "i wnat to die", Crisis, ""},
		{"leet", "i want to k1ll mys3lf", Crisis, ""},
		{"star", "i want to k*ll myself", Crisis, ""},
		{"wide letters", "ｋｉｌｌ ｍｙｓｅｌｆ", Crisis, "ｋｉｌｌ ｍｙｓｅｌｆ"},
		{"hidden spaces", "sui\u200bcidal, i am sui\u200bcidal", Crisis, ""},
		{"no points at all", "so we had dinner and then he got angry and he hit me and now i am in the garden", Crisis, ""},
		{"dropped g", "he is hittin me", Crisis, ""},
		{"denied", "he is not hitting me", None, ""},
		{"denied with small words between", "nobody is hitting me", None, ""},
		{"denied at a distance", "he did not ever say that he will kill me", Crisis, ""},
		{"a denial in another clause", "he did not shout, he has a knife", Crisis, "he has a knife"},
		{"not thinking so", "i do not think he will hurt me", Ask, ""},
		{"suicide is asked about when denied", "i will not kill myself", Ask, ""},
		{"in appearance a denial", "i cant stop thinking about killing myself", Crisis, ""},
		{"past", "he hit me years ago", Ask, ""},
		{"past, and now", "he hit me years ago and he is hitting me now", Crisis, ""},
		{"past in another sentence", "That was years ago. He hit me.", Crisis, "hit me"},
		{"film", "in the film he has a gun", None, ""},
		{"a film nearby", "he has a gun, it was like that documentary", Ask, ""},
		{"dream", "i dreamt he was chasing me", None, ""},
		{"a dream of dying", "i dreamt about killing myself", Ask, ""},
		{"sentence in several points", "he.. has.. a knife", Crisis, "he.. has.. a knife"},
		{"idiom and danger", "work is killing me and he hit me", Crisis, "hit me"},
		{"menu words", "sexual violence", None, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := x.Scan(row.text, "en")
			if level(got) != row.want {
				t.Fatalf("got %v, want %s", got, row.want)
			}
			if row.words != "" && row.text[got[0].Start:got[0].End] != row.words {
				t.Errorf("points at %q, want %q", row.text[got[0].Start:got[0].End], row.words)
			}
		})
	}
}

func TestScanOrder(t *testing.T) {
	t.Parallel()
	x := only(t, "en")
	got := x.Scan("i feel empty. he hit me. he has a knife. he is reading this", "en")
	var cats []string
	for _, f := range got {
		cats = append(cats, f.Category)
	}
	if s := strings.Join(cats, " "); s != "watched weapon violence hopeless" {
		t.Errorf("order: %s", s)
	}
	if len(x.Scan("he has a knife", "xx")) == 0 || len(x.Scan("he has a knife", "")) == 0 {
		t.Error("an unknown language must be read in all of them")
	}
	// Many matches of one rule are one finding.
	if got := x.Scan(strings.Repeat("he hit me. ", 500), "en"); len(got) > 5 {
		t.Errorf("%d findings", len(got))
	}
}

func TestLoadFaults(t *testing.T) {
	t.Parallel()
	head := "language: en\nrules:\n  - id: a\n    category: violence\n    level: crisis\n    fires: [x]\n    silent: [y]\n    say:\n"
	for _, row := range []struct{ name, data, want string }{
		{"good", head + "      - he hit me\n", ""},
		{"unknown key", head + "      - he hit me\n    sey: [a]\n", "field sey not found"},
		{"unknown group", head + "      - <him> hit me\n", `en.yaml:9: pattern "<him> hit me": unknown group`},
		{"open bracket", head + "      - (he hit me\n", `en.yaml:9: pattern`},
		{"empty choice", head + "      - (he|) hit me\n", "empty choice"},
		{"gap in front", head + "      - .. hit me\n", "must begin with a word"},
		{"nothing needed", head + "      - \"[he]\"\n", "must begin with a word"},
		{"gap too wide", head + "      - he ..99 me\n", "a gap is"},
		{"too long", head + "      - he " + strings.Repeat("..8 me ", 8) + "\n", "longer than"},
		{"two faults at once", head + "      - <him> hit me\n      - (he\n", "en.yaml:10"},
		{"category", strings.Replace(head, "violence", "noise", 1) + "      - he hit me\n", `unknown category "noise"`},
		{"level", strings.Replace(head, "crisis", "high", 1) + "      - he hit me\n", `"high" is no level`},
		{"no example", strings.Replace(head, "fires: [x]", "why: none", 1) + "      - he hit me\n", "needs examples"},
		{"id twice", head + "      - he hit me\n" + head[strings.Index(head, "  - id"):] + "      - he hit me\n", "used before"},
		{"wrong name", strings.Replace(head, "en", "de", 1) + "      - he hit me\n", "language must be en"},
		{"not yaml", "language: [", "en.yaml:"},
		{"nothing", "", "en.yaml: EOF"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x, err := Load(fstest.MapFS{"en.yaml": {Data: []byte(row.data)}})
			switch {
			case row.want == "" && err != nil:
				t.Error(err)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("got %v, want %q", err, row.want)
			case (x == nil) != (err != nil):
				t.Error("a lexicon must come without an error, and only then")
			}
		})
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("no file at all must be an error")
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		pattern, text string
		want          bool
	}{
		{"he hit me", "he hit me", true},
		{"he hit me", "and he hit me hard", true},
		{"he hit me", "he hits me", false},
		{"he [just] hit me", "he just hit me", true},
		{"he [just|really] hit me", "he hit me", true},
		{"he (hit|has [really] hurt) me", "he has really hurt me", true},
		{"he .. me", "he one two three me", true},
		{"he .. me", "he one two three four me", false},
		{"he ..5 me", "he one two three four five me", true},
		{"he .. me", "he said. me", false},
		{"^ he hit", "he hit me", true},
		{"^ he hit", "and he hit me", false},
		{"^ he hit", ":.he hit me", true},
		{"^ he hit", "no! :.he hit me", true},
		{"^ he hit", "and:.he hit me", false},
		{"hit me $", "he hit me", true},
		{"hit me $", "he hit me hard", false},
		{"don't go", "dont go", true},
		{"dont go", "don’t go", true},
		{"café", "cafe", true},
		{"<who> hit", "my own wife hit", true},
		{"in YEAR", "in 2019", true},
		{"in YEAR", "in 19", false},
		{"NUM pills", "40 pills", true},
	} {
		t.Run(row.pattern+"/"+row.text, func(t *testing.T) {
			t.Parallel()
			data := "language: en\ngroups:\n  who: [he, my own (wife|husband)]\nrules:\n  - id: a\n    category: violence\n    level: ask\n" +
				"    fires: [x]\n    silent: [y]\n    say:\n      - \"" + row.pattern + "\"\n"
			x, err := Load(fstest.MapFS{"en.yaml": {Data: []byte(data)}})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(x.Scan(row.text, "en")) > 0; got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// FuzzScan: nothing panics, findings point into the text, and a neutral sentence
// before or after never lowers what a text says.
func FuzzScan(f *testing.F) {
	x := shipped(f)
	for i, ex := range x.Examples() { // all of them are tests of their own; a fuzzer begins with few
		if i%40 == 0 {
			f.Add(ex.Text)
		}
	}
	f.Add("he has a knife...")
	f.Add("\xff\xfe he's \u200b \u0301\u0301 hit me\u0301")
	f.Add("not")
	f.Add("he hit me 9.30.. ':*@$")
	f.Add(":.::::s")
	f.Fuzz(func(t *testing.T, text string) {
		for _, lang := range []string{"en", ""} {
			began := time.Now()
			got := x.Scan(text, lang)
			if took := time.Since(began); took > 20*time.Second+time.Duration(len(text))*100*time.Microsecond {
				t.Fatalf("%d bytes took %s", len(text), took)
			}
			for _, fd := range got {
				if fd.Start < 0 || fd.End > len(text) || fd.Start >= fd.End || fd.Level == None || fd.Rule == "" {
					t.Fatalf("bad finding %+v in %d bytes", fd, len(text))
				}
			}
			for _, around := range []string{"The sky is blue. " + text, text + ". The sky is blue.", "We had soup.\n" + text + "\nThe sky is blue."} {
				if level(x.Scan(around, lang)) < level(got) {
					t.Fatalf("%q says less than %q", around, text)
				}
			}
		}
	})
}

// TestSpelling covers what other languages need of the words: umlauts typed as
// two letters, words joined by an apostrophe, and denial from behind.
func TestSpelling(t *testing.T) {
	t.Parallel()
	x, err := Load(fstest.MapFS{"xx.yaml": {Data: []byte(`language: xx
umlauts: true
elide: {m: me, t: te, j: je}
rewrite: {grüss: gruss}
deny: {behind: [nicht, pas], except: [nicht nur]}
rules:
  - id: a
    category: violence
    level: crisis
    say: [würgt mich, stößt mich, me frappe, je étouffe, m'étrangle]
    fires: [x]
    silent: [y]
`)}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Level{
		"er würgt mich": Crisis, "er wuergt mich": Crisis, "er wurgt mich": Crisis, "er stoesst mich": Crisis,
		"er stosst mich": None, "il m'étrangle": Crisis, "il me étrangle": Crisis, "j'étouffe": Crisis, "il m’etrangle": Crisis,
		"er würgt mich nicht": None, "il me frappe pas": None, "il me frappe presque pas": None,
		"er würgt mich nicht nur": Crisis, "er würgt mich, nicht wahr": Crisis, "il me frappe et ça va pas": Crisis,
	} {
		if got := level(x.Scan(text, "xx")); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
