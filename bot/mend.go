package bot

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"handrail/bot/chat"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// pointed is our message that a reply or a reaction stands under.
type pointed struct {
	person store.PersonID
	key    string
}

// pointsAt finds which of our messages something points at; the zero pointed
// where there is none, or it is not known any more.
func (b *Bot) pointsAt(ctx context.Context, m chat.Message) pointed {
	switch m.Kind {
	case chat.KindReaction, chat.KindText, chat.KindMedia:
	default:
		return pointed{}
	}
	if m.Target == "" {
		return pointed{}
	}
	key, person, ok, err := b.Store.SentKey(ctx, m.From.Network, m.Target)
	if err != nil || !ok {
		return pointed{}
	}
	return pointed{person, key}
}

// from is the message whose words this turn is about.
func (t *turn) from() string {
	if t.source != "" {
		return t.source
	}
	return t.cause
}

// point tells the engine what a text or a reaction points at, and whether a
// text that says the last answer once more was written before the person can
// have seen the question that waits now. Only then is the store asked.
func (t *turn) point(in *flow.Input) error {
	if in.Kind != flow.InText && in.Kind != flow.InReaction {
		return nil
	}
	in.Target = t.target
	asked := t.p.Session.Asked
	if in.Kind == flow.InReaction || len(asked) == 0 || !t.Library.Repeats(t.p.Session, *in) {
		return nil
	}
	at, sent, err := t.tx.SentAt(t.p.ID, asked[0])
	if err != nil {
		return err
	}
	in.Early = !sent
	if sent && !t.sent.IsZero() && !t.p.Session.Told(t.now) { // the other clock may be wrong: it is believed once
		in.Early = t.sent.Truncate(time.Millisecond).Before(at)
	}
	return nil
}

// reacted takes a reaction: only a sign under a question that can be answered
// is an answer, anything else needs none.
func (t *turn) reacted(emoji string) error {
	t.oldRows()
	in := flow.Input{
		Kind: flow.InReaction, Text: emoji, Target: t.target,
		Now: t.now, Vars: t.p.Vars, Lang: t.language(),
	}
	if t.target == "" || !t.Library.Heeds(t.p.Session, in) {
		return t.save()
	}
	return t.step(flow.Input{Kind: flow.InReaction, Text: emoji})
}

// edited takes a message that the person changed. Words of danger and words to
// stop are heard as in any message; where the old wording gave an answer, the
// new one changes it.
func (t *turn) edited(words, target string) error {
	if t.inDecoy() || t.leaves(words) {
		return t.text(words)
	}
	if _, ok := t.Library.First(words); ok {
		return t.step(flow.Input{Kind: flow.InText, Text: words})
	}
	if hidden, err := t.duress(words); hidden || err != nil {
		return err
	}
	id, danger := t.alarm(words)
	if id != "" {
		t.answerIn(words)
		if err := t.alarmTold(id); err != nil {
			return err
		}
		return t.step(flow.Input{Kind: flow.InInterrupt, Flow: id})
	}
	if t.watched() {
		return t.text(words)
	}
	if danger { // that is for what waits now, whatever was changed
		return t.step(flow.Input{Kind: flow.InText, Text: words, Danger: true})
	}
	id = t.tx.Source(t.p.Row, target)
	if !t.p.Session.Gave(id) || strings.TrimSpace(words) == "" || utf8.RuneCountInString(words) > flow.MaxAnswer {
		return t.sentence("edited")
	}
	t.source = target
	return t.step(flow.Input{Kind: flow.InEdit, Text: words, Target: id})
}

// removed takes a message back: every line that it left goes, and the answer
// that it gave.
func (t *turn) removed(target string) error {
	id := t.tx.Source(t.p.Row, target)
	if target != "" {
		if err := t.tx.DropItemsOf(t.p.ID, []string{id}); err != nil {
			return err
		}
	}
	if !t.p.Session.Gave(id) {
		return t.save()
	}
	return t.step(flow.Input{Kind: flow.InRemoval, Target: id})
}
