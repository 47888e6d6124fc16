package crisis

import (
	"testing"
)

// TestTongue holds the harmless and the dangerous sentences of every language
// against all lexicons at once, as they are read by default: what another
// language hears in them is a mistake, and what their own hears must stay.
func TestTongue(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for _, lang := range x.Languages() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			own := only(t, lang)
			var harmless, alarms, danger, lost int
			for _, c := range readCorpus(t, "../../flows/testdata/crisis/"+lang+".tsv") {
				alone, all := own.Scan(c.Text, lang), x.Scan(c.Text, "")
				switch {
				case c.Expected == None:
					harmless++
					if len(all) > 0 && len(alone) == 0 {
						alarms++
						t.Logf("another language hears %s in %s", all[0].Rule, c.Text)
					}
				default:
					danger++
					if level(all) < level(alone) {
						lost++
						t.Logf("not heard by its own language: %s", c.Text)
					}
				}
			}
			t.Logf("%s: false alarms of other languages %d of %d, lost to other languages %d of %d", lang, alarms, harmless, lost, danger)
			if percent(alarms, harmless) > 1 || percent(lost, danger) > 1 {
				t.Error("languages are mixed up too often")
			}
		})
	}
}

// TestMixed covers texts in more than one language.
func TestMixed(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for text, want := range map[string]Level{
		"My mother told me it would be fine. Mi marido me pega.":       Crisis,
		"mi hermana me dijo que te escriba. he is going to kill me":    Ask,
		"meine freundin sagt ich soll schreiben. er hat mich gewürgt.": Crisis,
		"die kinder sind im garten":                                    None,
		"SOS":                                                          Crisis,
	} {
		if got := level(x.Scan(text, "")); got < want || (want == None && got > None) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
