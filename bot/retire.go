package bot

import (
	"context"
	"errors"
	"time"

	"handrail/bot/store"
)

// setTakeBack is how long the bot's messages stay, where the person has chosen:
// one of the keys of stays. It is set by a script.
const setTakeBack = "take_back"

// stays are the choices of people, in the words of the scripts; zero: for good.
func stays() map[string]time.Duration {
	const day = 24 * time.Hour
	// The longest is less than the store knows what it sent.
	return map[string]time.Duration{"some hours": 6 * time.Hour, "a day": day, "some days": 3 * day, "six days": 6 * day, "they stay": 0}
}

const (
	retirePage = 200 // people at a time
	retireMost = 200 // messages of one person in one go
)

// retireEvery is how often old messages are looked for.
const retireEvery = 10 * time.Minute

// Retire takes back what the bot said longer ago than each person wants, or the
// configuration says (Config.TakeBack). It returns how many messages that were.
// What stands in a room of staff is theirs to work with, and stays until the
// person erases everything.
func (b *Bot) Retire(ctx context.Context) (int, error) {
	now := b.Now()
	shortest := b.TakeBack
	for _, d := range stays() {
		if d > 0 && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	total := 0
	for last := store.PersonID(0); ctx.Err() == nil; {
		ids, err := b.Store.SentBefore(ctx, now.Add(-shortest), last, retirePage)
		if err != nil {
			return total, err
		}
		for _, id := range ids {
			n, err := b.retire(ctx, id, now)
			if err != nil {
				return total, err
			}
			total += n
			last = id
		}
		if len(ids) < retirePage {
			break
		}
	}
	if total > 0 {
		nudge(b.kick)
	}
	return total, nil
}

func (b *Bot) retire(ctx context.Context, id store.PersonID, now time.Time) (n int, err error) {
	unlock, err := b.lockPerson(ctx, id)
	if errors.Is(err, store.ErrNotFound) { // forgotten a moment ago
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer unlock()
	err = b.Store.Update(ctx, func(tx *store.Tx) error {
		p, err := tx.LoadPerson(id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrBroken) {
			return err
		}
		if amongStaff(p.Addr) {
			return nil
		}
		age := b.TakeBack
		if own, ok := stays()[wish(p)]; ok {
			age = own
		}
		if age == 0 {
			return nil
		}
		n, err = tx.Retire(id, now.Add(-age), now, retireMost)
		return err
	})
	return n, err
}

func wish(p *store.Person) string {
	s, _ := p.Vars[setTakeBack].(string)
	return s
}

func (b *Bot) retireAll(ctx context.Context) {
	tick := time.NewTicker(retireEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := b.Retire(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("taking back old messages failed, will try again", "err", err)
		}
	}
}
