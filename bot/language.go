package bot

import (
	"cmp"

	"handrail/bot/crisis"
	"handrail/bot/flow"
)

// varLang is the variable with the language that the person chose, a BCP 47 tag.
const varLang = "lang"

// language is that of the person, else that in which they began this talk, else
// the default.
func (t *turn) language() string {
	if tag, _ := t.p.Vars[varLang].(string); tag != "" {
		return tag
	}
	return cmp.Or(t.p.Session.Lang, t.spoke, t.bot.Language)
}

// voice is the library in the person's language.
func (t *turn) voice() flow.Voice { return t.Library.In(t.language()) }

// answerIn lets danger that was heard in the words of one other language be
// answered in it, when the person has chosen none. What is heard in the
// person's own language too stays in that.
func (t *turn) answerIn(words string) {
	if tag, _ := t.p.Vars[varLang].(string); tag != "" || t.p.Session.Lang != "" {
		return
	}
	hears := func(tag string) bool {
		f := t.Lexicon.Scan(words, tag)
		return len(f) > 0 && f[0].Level != crisis.None
	}
	own := t.Library.In(t.bot.Language).Tag()
	if hears(own) {
		return
	}
	only := ""
	for _, l := range t.Library.Languages() {
		if l.Tag == own || !hears(l.Tag) {
			continue
		}
		if only != "" {
			return
		}
		only = l.Tag
	}
	t.p.Session.Lang = only
}
