package po

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// everything has each kind of line that a PO file may have.
const everything = `# A note at the top.
msgid ""
msgstr ""
"Language: pl\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 "
"|| n%100>14) ? 1 : 2);\n"

# From the translator.
#. What the program says.
#: urge.yaml:12 urge.yaml:40
#, fuzzy, no-wrap
#| msgctxt "urge 2"
#| msgid "Before."
msgctxt "urge 3"
msgid "After."
msgstr "Po \"tym\"."

msgctxt "count"
msgid "one line"
msgid_plural "{{n}} lines"
msgstr[0] "jedna linia"
msgstr[1] "{{n}} linie"
msgstr[2] "{{n}} linii"

#~ msgctxt "urge 9"
#~ msgid ""
#~ "A text that is gone and that is long enough to need more than one of the "
#~ "lines."
#~ msgstr "Było."

#, fuzzy
#~| msgid "Gone before that."
#~ msgid "Gone."
#~ msgstr "Nie ma."
`

// TestKeepsEverything: a file comes back as it was.
func TestKeepsEverything(t *testing.T) {
	t.Parallel()
	f, err := Parse([]byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(f.Bytes()); got != everything {
		t.Errorf("got\n%s", got)
	}
	if len(f.Entries) != 4 || f.Field("language") != "pl" || f.Entries[0].Before.ID != "Before." || !f.Entries[0].Fuzzy() {
		t.Errorf("read as %+v", f)
	}
	if e := f.Entries[1]; e.Line != 18 || e.StrLines[2] != 23 || !e.Translated() {
		t.Errorf("the second entry is %+v", e)
	}
	merged := Merge(nil, f, 3)
	for _, e := range merged.Entries {
		if !e.Obsolete {
			t.Errorf("still in use: %+v", e)
		}
	}
	if len(merged.Entries) != 4 {
		t.Errorf("%d entries are left", len(merged.Entries))
	}
}

func TestSyntax(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		line     int
	}{
		{"no quotes", "msgid Hello\nmsgstr \"\"\n", 1},
		{"a quote inside", "msgid \"a\"b\"\nmsgstr \"\"\n", 1},
		{"an unknown word", "msgid \"a\"\nmsgtext \"\"\n", 2},
		{"no translation", "msgid \"a\"\n\nmsgid \"b\"\nmsgstr \"\"\n", 3},
		{"forms out of order", "msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[1] \"\"\n", 3},
		{"the same twice", "msgid \"\"\nmsgstr \"\"\n\nmsgid \"a\"\nmsgstr \"\"\n\nmsgid \"a\"\nmsgstr \"\"\n", 8},
		{"a text of nothing", "\"lost\"\n", 1},
		{"half an escape", "msgid \"a\\\"\nmsgstr \"\"\n", 1},
		{"not UTF-8", "msgid \"\xff\"\n", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tc.in))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line != tc.line {
				t.Errorf("%v, want a fault in line %d", err, tc.line)
			}
		})
	}
}

// TestMergeKinds: each way a text can change.
func TestMergeKinds(t *testing.T) {
	t.Parallel()
	old := &File{Entries: []Entry{
		{Context: "a 1", ID: "Same.", Str: []string{"Igual."}, Comments: []string{"mine"}},
		{Context: "a 2", ID: "It moved on.", Str: []string{"Se movió."}},
		{Context: "a 3", ID: "It was said so.", Str: []string{"Se dijo así."}},
		{Context: "a list", ID: "one, two", Str: []string{"uno, dos"}},
		{Context: "a 8", ID: "Never translated.", Str: []string{""}},
		{Context: "b 1", ID: "Gone.", Str: []string{"Se fue."}},
	}}
	got := Merge([]Entry{
		{Context: "a 1", ID: "Same."},
		{Context: "a 2", ID: "New here."},
		{Context: "a 3", ID: "It moved on."},
		{Context: "a 4", ID: "It was said like so."},
		{Context: "a list", ID: "one, two, three", Own: true},
		{Context: "c 1", ID: "Gone."},
		{Context: "d", ID: "one", Plural: "many"},
	}, old, 3)
	type row struct{ str, flags, before string }
	want := map[string]row{
		"a 1 Same.": {"Igual.", "", ""}, "a 2 New here.": {"", "", ""}, "a 3 It moved on.": {"Se movió.", "", ""},
		"a 4 It was said like so.": {"Se dijo así.", "fuzzy", "It was said so."}, "a list one, two, three": {"uno, dos", "", ""},
		"c 1 Gone.": {"", "", ""}, "d one": {"||", "", ""}, "b 1 Gone.": {"Se fue.", "", ""},
	}
	for _, e := range got.Entries {
		r := row{strings.Join(e.Str, "|"), strings.Join(e.Flags, ","), ""}
		if e.Before != nil {
			r.before = e.Before.ID
		}
		name := e.Context + " " + e.ID
		if r != want[name] {
			t.Errorf("%s: %+v, want %+v", name, r, want[name])
		}
		delete(want, name)
		if e.Obsolete != (e.Context == "b 1") {
			t.Errorf("%s: obsolete is %t", name, e.Obsolete)
		}
	}
	for name := range want {
		t.Errorf("%s is lost", name)
	}
}

// TestRoundTrip: any texts come back as they were written.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[ a-zé"\\\n\t/-]{0,200}`)
		e := Entry{Context: "x", ID: text.Draw(rt, "id") + ".", Str: []string{text.Draw(rt, "str")}, Obsolete: rapid.Bool().Draw(rt, "obsolete")}
		f := &File{Header: Entry{Str: []string{"Language: es\n"}}, Entries: []Entry{e}}
		again, err := Parse(f.Bytes())
		if err != nil {
			rt.Fatalf("%v in\n%s", err, f.Bytes())
		}
		if got := again.Entries[0]; got.ID != e.ID || got.Str[0] != e.Str[0] || got.Obsolete != e.Obsolete {
			rt.Fatalf("wrote %+v\nread %+v", e, got)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everything))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		if _, err := Parse(file.Bytes()); err != nil {
			t.Errorf("what was written cannot be read: %v\n%s", err, file.Bytes())
		}
	})
}

func TestPluralForms(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]int{"es": 2, "fr": 2, "ja": 1, "pl": 3, "ar": 6, "pt-BR": 2, "xx": 2} {
		if n, formula, ok := Plural(PluralForms(lang)); n != want || formula == "" || !ok {
			t.Errorf("%s: %d forms by %q, %t", lang, n, formula, ok)
		}
	}
	for _, field := range []string{"", "nplurals=0; plural=0;", "nplurals=99; plural=n;", "two"} {
		if _, _, ok := Plural(field); ok {
			t.Errorf("%q is taken", field)
		}
	}
}
