package flow

import (
	"testing"
	"time"

	"handrail/bot/po"
)

const counting = `
start: [go]
steps:
  - say: {count: count_notes, one: One line., other: "{{count_notes}} lines."}
  - ask: {count: n, one: "And one day?", other: "And {{n}} days?"}
    pick: {good: {}, bad: {}}
  - keep: {list: notes, text: x}
  - set: {n: 3}
`

// TestPlural: a text with a number is said in the form that the number takes,
// by the rule of each language.
func TestPlural(t *testing.T) {
	t.Parallel()
	fsys := files(t, map[string]string{"a": counting})
	translateFiles(t, fsys, "pl", map[string]string{
		"The a flow": "A", "go": "start", "One line.": "Jedna linia.||{{count_notes}} linie.||{{count_notes}} linii.",
		"And one day?": "I jeden dzień?||I {{n}} dni?||I {{n}} dni?", "good": "dobrze", "bad": "źle",
	})
	lib, list, err := Load(fsys, Options{Readers: readers()})
	if err != nil || lib == nil || len(list) > 0 {
		t.Fatal(err, list)
	}
	for _, tc := range []struct {
		lang      string
		lines     int
		n         float64
		say, want string
	}{
		{"", 1, 1, "One line.", "And one day?\n1 good\n2 bad"},
		{"", 0, 2, "0 lines.", "And 2 days?\n1 good\n2 bad"},
		{"", 2, 1.5, "2 lines.", "And 1.5 days?\n1 good\n2 bad"},
		{"pl", 1, 1, "Jedna linia.", "I jeden dzień?\n1 dobrze\n2 źle"},
		{"pl", 3, 5, "3 linie.", "I 5 dni?\n1 dobrze\n2 źle"},
		{"pl", 12, 22, "12 linii.", "I 22 dni?\n1 dobrze\n2 źle"},
	} {
		in := Input{Text: "go", Lang: tc.lang, Now: time.Unix(1e9, 0), Vars: map[string]any{"n": tc.n}, Lists: map[string][]Item{"notes": make([]Item, tc.lines)}}
		_, out, err := lib.Step(Session{}, in)
		if err != nil || len(out) != 2 {
			t.Fatal(out, err)
		}
		if out[0].(Say).Text != tc.say || out[1].(Say).Text != tc.want {
			t.Errorf("%s %d %v: %q, %q", tc.lang, tc.lines, tc.n, out[0].(Say).Text, out[1].(Say).Text)
		}
	}
}

func TestPluralRule(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		lang string
		n    int
		form int
	}{
		{"es", 1, 0},
		{"es", 0, 1},
		{"fr", 0, 0},
		{"fr", 2, 1},
		{"ja", 5, 0},
		{"ru", 21, 0},
		{"ru", 1011, 2},
		{"ru", 102, 1},
		{"ar", 0, 0},
		{"ar", 100, 5},
		{"ar", 111, 4},
		{"cs", 4, 1},
		{"is", 21, 0},
		{"is", -1, 0},
	} {
		ru, forms := newPluralRule(po.PluralForms(tc.lang))
		if ru == nil || ru.form(tc.n) != tc.form || tc.form >= forms {
			t.Errorf("%s: %d takes form %d of %d, want %d", tc.lang, tc.n, ru.form(tc.n), forms, tc.form)
		}
	}
	for _, field := range []string{"nplurals=2; plural=m;", "nplurals=2; plural=n+5;", "nplurals=2; plural=n/0;", "nplurals=2; plural=(n;"} {
		if ru, _ := newPluralRule(field); ru != nil {
			t.Errorf("%q is taken", field)
		}
	}
}
