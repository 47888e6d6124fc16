package bot

import (
	"errors"
	"time"

	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/lines"
	"handrail/bot/store"
)

// Content is everything that is written by counsellors and can change while the
// bot runs (Swap). A turn takes it once, when it has the person's lock, and sees
// the same from its beginning to its end.
type Content struct {
	Library *flow.Library
	Lexicon *crisis.Lexicon
	Lines   *lines.Directory
}

// Check tells whether a bot can run on it: nothing is missing, and the scripts
// have the flows that the bot itself starts.
func (c Content) Check() error {
	switch {
	case c.Library == nil:
		return errors.New("bot: no scripts")
	case c.Lexicon == nil:
		return errors.New("bot: no crisis words")
	case c.Lines == nil:
		return errors.New("bot: no help lines")
	}
	for _, id := range []string{flowWelcome, flowMenu, flowCrisis} {
		if !c.Library.Has(id) {
			return errors.New("bot: the scripts have no flow " + id + ", which the bot needs")
		}
	}
	return nil
}

// linesText renders the help lines for where the person said they are, in a
// language.
func (c *Content) linesText(p *store.Person, lang, need string, now time.Time, upTo int) string {
	country, _ := p.Vars[varCountry].(string)
	voice := c.Library.In(lang)
	return lines.Render(c.Lines.In(voice.Tag(), c.Lines.Pick(country, need, now, upTo)), now, voice.Text)
}
