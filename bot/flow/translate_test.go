package flow

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"handrail/bot/po"
)

// translateFiles writes locale/LANG.po with what Extract finds. fill gives the
// translations by what they translate, all else is left empty.
func translateFiles(t testing.TB, fsys fstest.MapFS, lang string, fill map[string]string) {
	t.Helper()
	name, data, list, err := Extract(fsys, Options{Readers: readers()}, lang)
	if err != nil || len(list) > 0 {
		t.Fatal(err, list)
	}
	f, err := po.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for i := range f.Entries {
		e := &f.Entries[i]
		if s, ok := fill[e.ID]; ok {
			used[e.ID] = true
			e.Str = strings.Split(s, "||")
		}
	}
	for id := range fill {
		if !used[id] {
			t.Errorf("nothing to translate is %q", id)
		}
	}
	fsys[name] = &fstest.MapFile{Data: f.Bytes()}
}

const heavyDay = `
title: The day
start: [my day, how was it]
steps:
  - ask: How was it?
    name: how
    any: ["How heavy was it?"]
    pick:
      light: {}
      heavy: {also: [too much, bad], say: That sounds like a lot.}
      "no": {end: }
    keep: load
  - ask: "And the pull, 0 to 10?"
    scale: {from: 0, to: 10}
  - say: "It was {{load}}, and {{answer}}."
`

func spanishDay() map[string]string {
	return map[string]string{
		"The day": "El día", "my day, how was it": "mi día, cómo fue",
		"How was it?": "¿Cómo fue?", "How heavy was it?": "¿Qué tan pesado fue?",
		"light": "ligero", "heavy": "pesado", "too much, bad": "demasiado, mal",
		"That sounds like a lot.": "Suena a mucho.", "And the pull, 0 to 10?": "¿Y las ganas, de 0 a 10?",
		"It was {{load}}, and {{answer}}.": "Fue {{load}}, y {{answer}}.",
	}
}

// example is the English wording of a text of texts.yaml.
func example(key string) string {
	for _, s := range RequiredTexts() {
		if s.Key == key {
			return s.Example
		}
	}
	return ""
}

// TestSpeaks: a translated flow is said in the person's language, its choices
// are heard in that and in the script's, and what is stored is the script's.
func TestSpeaks(t *testing.T) {
	t.Parallel()
	fill := spanishDay()
	fill[example("words_yes")] = "sí, claro"
	fill[example("words_no")] = "no, ahora no"
	fill[example("words_numbers")] = "cero, uno/una, dos, tres, cuatro, cinco, seis, siete"
	fsys := files(t, map[string]string{"day": heavyDay})
	before := library(t, map[string]string{"day": heavyDay})
	translateFiles(t, fsys, "es", fill)
	lib, list, err := Load(fsys, Options{Readers: readers()})
	if err != nil || lib == nil || len(list) > 0 {
		t.Fatal(err, list)
	}
	if a, b := before.flows["day"].Rev, lib.flows["day"].Rev; a != b {
		t.Errorf("the translation moved the revision from %s to %s", a, b)
	}
	for _, tc := range []struct{ name, lang, talk, want string }{
		{"wholly in Spanish", "es", "mi dia|mal|siete", "¿Cómo fue?\n1 ligero\n2 pesado\n3 no|Suena a mucho.|¿Y las ganas, de 0 a 10?|Fue pesado, y 7."},
		{"a wider tag", "es-MX", "mi día|1", "¿Cómo fue?\n1 ligero\n2 pesado\n3 no|¿Y las ganas, de 0 a 10?"},
		{"answers in English", "es", "my day|heavy|seven", "¿Cómo fue?\n1 ligero\n2 pesado\n3 no|Suena a mucho.|¿Y las ganas, de 0 a 10?|Fue pesado, y 7."},
		{"in English by a Spanish phrase", "", "mi día|heavy|7", "How was it?\n1 light\n2 heavy\n3 no|That sounds like a lot.|And the pull, 0 to 10?|It was heavy, and 7."},
		{"a language that there is not", "fr", "my day", "How was it?\n1 light\n2 heavy\n3 no"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, vars := Session{}, map[string]any{}
			var got []string
			for _, text := range strings.Split(tc.talk, "|") {
				next, out, err := lib.Step(s, Input{Text: text, Lang: tc.lang, Now: time.Unix(1e9, 0), Vars: vars})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range out {
					switch e := e.(type) {
					case Say:
						got = append(got, strings.NewReplacer("How heavy was it?", "How was it?", "¿Qué tan pesado fue?", "¿Cómo fue?").Replace(e.Text))
					case Set:
						vars[e.Name] = e.Value
					}
				}
				s = next
			}
			if strings.Join(got, "|") != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
			if load, ok := vars["load"]; ok && load != "heavy" && load != "light" {
				t.Errorf("stored %q", load)
			}
		})
	}
}

// TestTranslation: what is wrong with a translation is found in its file.
func TestTranslation(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		edit func(fill map[string]string)
		rule string // "": no fault
		mild bool
	}{
		{"complete", func(map[string]string) {}, "", false},
		{"untouched", func(f map[string]string) { clear(f) }, "", false},
		{"in part", func(f map[string]string) { delete(f, "light") }, ruleTranslation, true},
		{"placeholder lost", func(f map[string]string) { f["It was {{load}}, and {{answer}}."] = "Fue {{load}}." }, ruleTemplate, false},
		{"placeholder of another name", func(f map[string]string) { f["That sounds like a lot."] = "Suena a {{mucho}}." }, ruleTemplate, false},
		{"shouted", func(f map[string]string) { f["That sounds like a lot."] = "¡Suena a mucho!" }, ruleExclamation, false},
		{"too long", func(f map[string]string) { f["That sounds like a lot."] = strings.Repeat("mucho ", 60) }, ruleLongText, false},
		{"two choices with one word", func(f map[string]string) { f["heavy"] = "ligero" }, ruleOption, false},
		{"a choice that opens a flow", func(f map[string]string) { f["heavy"] = "ayuda" }, ruleHiddenOption, false},
		{"a phrase of two flows", func(f map[string]string) { f["my day, how was it"] = "ayuda, mi día" }, rulePhrase, false},
		{"a phrase of the engine", func(f map[string]string) { f["help"] = "saltar" }, rulePhrase, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fill := spanishDay()
			fill["The help flow"], fill["help"], fill["Here."] = "Auxilio", "ayuda", "Aquí."
			fill[example("words_skip")] = "saltar"
			tc.edit(fill)
			fsys := files(t, map[string]string{"day": heavyDay, "help": "anywhere: [help]\nsteps: [{say: Here.}]"})
			translateFiles(t, fsys, "es", fill)
			lib, list, err := Load(fsys, Options{Readers: readers()})
			if err != nil {
				t.Fatal(err)
			}
			list = slices.DeleteFunc(list, func(f Finding) bool { return strings.HasPrefix(f.Message, textsFile) })
			if tc.rule == "" {
				if len(list) > 0 || lib == nil {
					t.Fatal(list)
				}
				return
			}
			if len(list) != 1 || list[0].Rule != tc.rule || list[0].File != "locale/es.po" || list[0].Line < 2 {
				t.Fatalf("findings %v", list)
			}
			if (lib != nil) != tc.mild {
				t.Errorf("a library: %t", lib != nil)
			}
		})
	}
}

// TestExtractAgain: nothing that a translator wrote is lost when the scripts
// change.
func TestExtractAgain(t *testing.T) {
	t.Parallel()
	fsys := files(t, map[string]string{"day": heavyDay})
	translateFiles(t, fsys, "es", spanishDay())
	extract := func() string {
		t.Helper()
		name, data, list, err := Extract(fsys, Options{Readers: readers()}, "es")
		if err != nil || len(list) > 0 {
			t.Fatal(err, list)
		}
		fsys[name] = &fstest.MapFile{Data: data}
		return string(data)
	}
	put := func(script string) { fsys["day.yaml"] = files(t, map[string]string{"day": script})["day.yaml"] }
	put(strings.NewReplacer(
		"steps:\n", "steps:\n  # tr: said at the door\n  - say: Hello there.\n",
		"That sounds like a lot.", "That sounds like so much.", "      heavy:", "      heavier:",
	).Replace(heavyDay))
	got := extract()
	if extract() != got {
		t.Error("the second time gives another file")
	}
	for _, want := range []string{
		"#. A message.\n#. At most 300 characters, no exclamation marks.\n#. Note: said at the door\n#: day.yaml:7\nmsgctxt \"day 1\"\nmsgid \"Hello there.\"\nmsgstr \"\"\n",
		"#, fuzzy\n#| msgid \"That sounds like a lot.\"\nmsgctxt \"day how.pick.2.1\"\nmsgid \"That sounds like so much.\"\nmsgstr \"Suena a mucho.\"\n",
		"msgid \"And the pull, 0 to 10?\"\nmsgstr \"¿Y las ganas, de 0 a 10?\"\n",
		"#, fuzzy\n#| msgid \"heavy\"\nmsgctxt \"day how pick\"\nmsgid \"heavier\"\nmsgstr \"pesado\"\n",
		"msgid \"too much, bad\"\nmsgstr \"demasiado, mal\"\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing:\n%s", want)
		}
	}
	put("steps: [{say: Gone.}]")
	if got := extract(); !strings.Contains(got, "#~ msgctxt \"day 3\"\n#~ msgid \"And the pull, 0 to 10?\"\n#~ msgstr \"¿Y las ganas, de 0 a 10?\"\n") {
		t.Errorf("what is gone is lost:\n%s", got[len(got)-1500:])
	}
	put(heavyDay)
	if got := extract(); strings.Contains(got, "#~ msgid \"And the") || !strings.Contains(got, "\nmsgstr \"¿Y las ganas, de 0 a 10?\"\n") {
		t.Error("what came back is not translated")
	}
}

// TestDetect: the first words of somebody new choose the language of the talk,
// where there is no doubt, and never for somebody who has chosen.
func TestDetect(t *testing.T) {
	t.Parallel()
	fsys := files(t, map[string]string{
		"welcome":           "start: [hello]\nsteps: [{say: Welcome.}]",
		"help":              "anywhere: [help]\nsteps: [{ask: \"Which?\", text: {}}, {say: Here.}]",
		"settings.language": "start: [language]\nsteps: [{ask: \"In which?\", language: {}, keep: lang}, {say: Set.}]",
		flowOffer:           "steps: [{ask: \"In English?\", yes_no: {\"yes\": {set: {lang: \"= language\"}}, \"no\": {call: settings.language}}}, {run: welcome}]",
	})
	translateFiles(t, fsys, "es", map[string]string{
		"hello": "hola, hotel", "Welcome.": "Bienvenida.", "The welcome flow": "Bienvenida",
		"help": "ayuda", "The help flow": "Ayuda", "Which?": "¿Cuál?", "Here.": "Aquí.",
		"The settings.offer flow": "Qué idioma", "In English?": "¿En español?",
		"language": "idioma", "The settings.language flow": "Idioma", "In which?": "¿En cuál?", "Set.": "Hecho.",
		"English": "español", example("words_yes"): "sí",
	})
	translateFiles(t, fsys, "fr", map[string]string{"hello": "salut, hotel"})
	lib, list, err := Load(fsys, Options{Readers: readers()})
	if err != nil || lib == nil {
		t.Fatal(err, list)
	}
	for _, tc := range []struct{ name, lang, talk, want, chosen string }{
		{"offered and taken", "", "hola|sí", "¿En español?\n1 sí\n2 no|Bienvenida.", "es"},
		{"offered and declined", "", "hola|no|1", "¿En español?\n1 sí\n2 no|¿En cuál?\n1 English\n2 español\n3 fr|Set.|Welcome.", "en"},
		{"what must not wait", "", "ayuda|x", "¿Cuál?|Aquí.", ""},
		{"of two languages", "", "hotel", "Welcome.", ""},
		{"of the default language", "", "hello", "Welcome.", ""},
		{"of a language without the offer", "", "salut", "Welcome.", ""},
		{"unknown", "", "zzz", "Welcome.", ""},
		{"chosen before", "en", "hola", "Welcome.", "en"},
		{"the question itself", "", "language|español|hello", "In which?\n1 English\n2 español\n3 fr|Hecho.|Bienvenida.", "es"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, vars := Session{}, map[string]any{}
			if tc.lang != "" {
				vars[varLang] = tc.lang
			}
			var got []string
			for _, text := range strings.Split(tc.talk, "|") {
				tag, _ := vars[varLang].(string)
				next, out, err := lib.Step(s, Input{Text: text, Lang: tag, Now: time.Unix(1e9, 0), Vars: vars})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range out {
					switch e := e.(type) {
					case Say:
						got = append(got, e.Text)
					case Set:
						vars[e.Name] = e.Value
					}
				}
				s = next
			}
			if chosen, _ := vars[varLang].(string); strings.Join(got, "|") != tc.want || chosen != tc.chosen {
				t.Errorf("got  %q, %s\nwant %q", got, chosen, tc.want)
			}
			if s.Idle() && s.Lang != "" {
				t.Errorf("the talk is over and its language %q is left", s.Lang)
			}
		})
	}
}
