package lines

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"handrail/flows"
)

// TestShippedWords: all that a person can read of the shipped lines is said in
// each language that there is.
func TestShippedWords(t *testing.T) {
	t.Parallel()
	sub, err := fs.Sub(flows.FS, "lines")
	if err != nil {
		t.Fatal(err)
	}
	d, found, err := Load(sub)
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	if len(d.said) == 0 {
		t.Fatal("no language")
	}
	for lang := range d.said {
		if missing := d.Unsaid(lang); len(missing) > 0 {
			t.Errorf("%s: nothing for %q", lang, missing)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	const one = "country: DE\nzone: Europe/Berlin\nlines:\n  - {id: de-a, name: Emergency, kind: emergency, phone: '112', hours: 24/7, silent: press 5., " +
		"for: women, region: Berlin, languages: [German, English], source: 'https://a.example', checked_on: 2026-11-21, confidence: government}\n"
	d, found, err := Load(fstest.MapFS{
		"de.yaml":       {Data: []byte(one)},
		"words/es.yaml": {Data: []byte("Emergency: Emergencias\nwomen: mujeres\n'press 5.': pulsa 5.\nGerman: alemán\n")},
	})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	text := func(key string, values map[string]string) string {
		var out []string
		for _, v := range values {
			out = append(out, v)
		}
		return strings.Join(append([]string{key}, out...), " ")
	}
	said := Render(d.In("es-MX", d.set), now, text)
	for _, want := range []string{"Emergencias", "mujeres", "pulsa 5.", "alemán, English", "Berlin"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if plain := Render(d.In("fr", d.set), now, text); !strings.Contains(plain, "women") || strings.Contains(plain, "mujeres") {
		t.Errorf("another language has these words:\n%s", plain)
	}
	if got := d.Unsaid("es"); strings.Join(got, "|") != "Berlin|English" {
		t.Errorf("missing: %q", got)
	}
	if d.set[0].Name != "Emergency" || d.set[0].Languages[0] != "German" {
		t.Error("the directory itself was changed")
	}
	for _, bad := range []string{"women: ''\n", "- women\n", "women: [a]\n"} {
		if _, found, _ := Load(fstest.MapFS{"de.yaml": {Data: []byte(one)}, "words/es.yaml": {Data: []byte(bad)}}); len(found) == 0 {
			t.Errorf("%q is taken", bad)
		}
	}
}
