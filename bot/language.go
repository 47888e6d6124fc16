package bot

import (
	"handrail/bot/flow"
	"handrail/bot/store"
)

// varLang is the variable with the language that the person chose, a BCP 47 tag.
const varLang = "lang"

// language is the person's language, or the default.
func (b *Bot) language(p *store.Person) string {
	if tag, _ := p.Vars[varLang].(string); tag != "" {
		return tag
	}
	return b.Language
}

// voice is the library in the person's language.
func (t *turn) voice() flow.Voice { return t.Library.In(t.bot.language(t.p)) }
