package bot

import (
	"context"
	"fmt"
	"time"

	"handrail/bot/flow"
	"handrail/bot/store"
)

// swapGrace is how long a set of scripts is kept after another took its place
// though nobody seems to need it: a turn that began on it may still be on its
// way to the store. No turn takes that long.
const swapGrace = time.Hour

// Swap puts c in the place of what the bot runs on. Turns that are under way end
// on what they began with; later ones take c. A talk that is in the middle of a
// script goes on with the revision that it began on: the set that was current is
// kept in the store until nobody needs it. On an error everything stays as it
// was.
//
// The three parts may be those that the bot has already.
func (b *Bot) Swap(ctx context.Context, c Content) error {
	if err := c.Check(); err != nil {
		return err
	}
	return b.adopt(ctx, c)
}

// adopt makes c current, in the store and then for every turn that begins from
// now on.
func (b *Bot) adopt(ctx context.Context, c Content) error {
	b.swapping.Lock()
	defer b.swapping.Unlock()
	scripts, err := c.Library.Pack()
	if err != nil {
		return fmt.Errorf("keep the scripts: %w", err)
	}
	hash, revs, now := c.Library.Hash(), map[string]string{}, b.Now()
	for _, f := range c.Library.Flows() {
		revs[f.ID] = f.Rev
	}
	var (
		current int64
		list    []store.Edition
		packs   map[int64][]byte
	)
	err = b.Store.Update(ctx, func(tx *store.Tx) (err error) {
		if current, err = tx.UseEdition(hash, revs, scripts, now); err != nil {
			return err
		}
		if err = tx.PruneEditions(now, swapGrace); err != nil {
			return err
		}
		if list, err = tx.Editions(); err != nil {
			return err
		}
		packs = map[int64][]byte{}
		for _, e := range list {
			if _, known := b.editions[e.Number]; known || e.Number == current {
				continue
			}
			if packs[e.Number], err = tx.Scripts(e.Number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep the scripts: %w", err)
	}
	kept := map[int64]flow.Edition{}
	editions := make([]flow.Edition, 0, len(list))
	for _, e := range list {
		edition, known := b.editions[e.Number]
		switch {
		case e.Number == current:
			edition = c.Library.Edition(current, e.Revs)
		case !known:
			edition = b.unpack(c.Library, e, packs[e.Number])
		}
		kept[e.Number] = edition
		editions = append(editions, edition)
	}
	b.editions, b.current = kept, current
	c.Library = c.Library.Keep(editions)
	b.content.Store(&c)
	return nil
}

// unpack compiles a set of before. One that this version of the program does not
// understand any more is left out: who is in the middle of it goes on at the
// safe step.
func (b *Bot) unpack(lib *flow.Library, e store.Edition, pack []byte) flow.Edition {
	old, err := lib.Unpack(pack)
	if err != nil {
		b.log.Warn("scripts of before cannot be used any more, talks that need them go on at a safe step",
			"edition", e.Number, "replaced", e.Replaced, "err", err)
		return flow.Edition{}
	}
	return old.Edition(e.Number, e.Revs)
}

// save writes the person back, and which sets of scripts they need from now on.
func (t *turn) save() error {
	p := t.p
	p.Edition, p.ParkedEdition = t.Library.Needs(p.Session.Frames), 0
	if p.Session.Parked != nil {
		p.ParkedEdition = t.Library.Needs(p.Session.Parked.Frames)
	}
	if err := t.guardCopy(); err != nil {
		return err
	}
	return t.tx.SavePerson(p)
}
