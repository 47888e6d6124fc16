package bot

import (
	"time"

	"handrail/bot/desk"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// sweptFor is how far back what the person wrote is taken back with what was said
// to them, where the network lets the bot, when the bot becomes the decoy.
const sweptFor = 12 * time.Hour

// sweep takes back what the person wrote of late, up to the message that asked for
// it, wherever they are.
func (t *turn) sweep(span time.Duration) error {
	until := t.sent // by the network's clock
	if until.IsZero() {
		until = t.now
	}
	places := []*store.Person{t.p}
	other, err := t.tx.Other(t.p)
	if err != nil {
		return err
	}
	if other != 0 {
		addr, err := t.tx.AddressOf(t.p, other)
		if err == nil { // else nothing can be said there either
			places = append(places, &store.Person{Addr: addr, Row: other})
		}
	}
	for _, p := range places {
		if err := t.tx.Sweep(p, t.tx.Key("sweep", int64(p.Row), t.cause), until.Add(-span), until, t.now); err != nil {
			return err
		}
	}
	return nil
}

// left is a person who went out of the conversation, or put the bot out of it. It
// means stop: all that comes by itself ends, what waits is dropped, a talk with an
// advocate is over. Nobody is there to be told. To come back is no new yes.
func (t *turn) left(room string) error {
	p := t.p
	if !p.Begun() || p.Addr.Room != room { // erased a moment ago, or they talk elsewhere by now
		return nil
	}
	t.mute = true
	c, ok, err := t.caseNow()
	if err == nil && ok && c.Open() {
		err = t.caseStep(c, desk.Withdraw{}, carried{})
	}
	if err != nil {
		return err
	}
	if words := t.Library.FirstPhrase(flowStop); words != "" { // what a script remembers of it
		if err := t.step(flow.Input{Kind: flow.InText, Text: words}); err != nil {
			return err
		}
	}
	if err := t.cancel(flow.Cancel{Name: "all"}); err != nil {
		return err
	}
	if err := t.quiet(flow.Quiet{Stop: true}); err != nil {
		return err
	}
	if err := t.endTalk(); err != nil {
		return err
	}
	if err := t.tx.Withdraw(p.ID, store.Forever, t.now); err != nil { // only what waits
		return err
	}
	t.shut()
	for _, name := range []string{varUntold, varHeld, varKnocked} {
		delete(p.Vars, name)
	}
	if err := t.tx.Note("left", p.ID, t.now); err != nil {
		return err
	}
	return t.save()
}
