package bot

import (
	"context"
	"fmt"
	"slices"

	"handrail/bot/flow"
	"handrail/bot/store"
)

// learn takes in the sets of scripts that other copies have put into the store:
// whoever began a talk on one of them goes on with it here, too. What is current
// here stays so.
func (b *Bot) learn(ctx context.Context) error {
	b.swapping.Lock()
	defer b.swapping.Unlock()
	var (
		list  []store.Edition
		packs = map[int64][]byte{}
	)
	err := b.Store.View(ctx, func(tx *store.Tx) (err error) {
		if list, err = tx.Editions(); err != nil {
			return err
		}
		for _, e := range list {
			if _, known := b.editions[e.Number]; known {
				continue
			}
			if packs[e.Number], err = tx.Scripts(e.Number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take in scripts of another copy: %w", err)
	}
	c := *b.content.Load()
	kept := map[int64]flow.Edition{}
	var editions []flow.Edition
	for _, e := range list {
		edition, known := b.editions[e.Number]
		if !known {
			edition = b.unpack(c.Library, e, packs[e.Number])
		}
		kept[e.Number] = edition
		editions = append(editions, edition)
	}
	if _, there := kept[b.current]; !there { // the others have no use for it
		kept[b.current] = b.editions[b.current]
		editions = slices.Insert(editions, 0, kept[b.current])
	}
	if len(packs) > 0 {
		b.log.Info("scripts of another copy were taken in", "editions", len(packs))
	}
	b.editions = kept
	c.Library = c.Library.Keep(editions)
	b.content.Store(&c)
	return nil
}
