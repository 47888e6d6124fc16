package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handrail/bot/desk"
	"handrail/bot/store"
)

// fireCase is the deadline of a case that passed.
func (b *Bot) fireCase(ctx context.Context, tm store.Timer, now time.Time) error {
	err := b.Store.Update(ctx, func(tx *store.Tx) error {
		c, t, err := b.claimCase(tx, tm, now)
		if err != nil || t == nil {
			return err
		}
		if err := t.caseStep(c, desk.Due{}, carried{}); err != nil {
			return err
		}
		return t.save()
	})
	if again(err) {
		b.log.Error("the deadline of a case failed, answering with the fixed reply", "err", err)
		err = b.Store.Update(ctx, func(tx *store.Tx) error { return b.rescueCase(tx, tm, now) })
	}
	if err != nil {
		return fmt.Errorf("fire the deadline of a case: %w", err)
	}
	return nil
}

// claimCase removes the timer of a case and loads whom it is about; the turn is
// nil where nothing is to be done.
func (b *Bot) claimCase(tx *store.Tx, tm store.Timer, now time.Time) (store.Case, *turn, error) {
	c, err := tx.CaseIn(tm.Person)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) {
		return c, nil, tx.ClearTimer(tm.Person, tm.Kind)
	}
	if err != nil {
		return c, nil, err
	}
	cur, err := tx.LoadTimer(tm.Person, tm.Kind)
	if errors.Is(err, store.ErrNotFound) || err == nil && cur.Due.After(now) {
		return c, nil, nil
	}
	if err != nil {
		return c, nil, err
	}
	if err := tx.ClearTimer(tm.Person, tm.Kind); err != nil {
		return c, nil, err
	}
	if !c.Open() { // kept for long enough
		return c, nil, errors.Join(b.dropHeld(tx, c), b.endCase(tx, c.Lane, now))
	}
	if b.Staff == nil { // the desk was taken out of the configuration
		return c, nil, nil
	}
	p, err := tx.LoadPerson(c.Person)
	if err = b.mended(tx, p, err); err != nil {
		return c, nil, err
	}
	return c, &turn{
		Content: b.content.Load(), bot: b, tx: tx, p: p, now: now, due: cur.Due,
		cause: fmt.Sprintf("case.%d.%d", c.ID, cur.Due.UnixMilli()),
	}, nil
}

// rescueCase takes a case whose deadline cannot be met off the clock: the person
// has the fixed reply with help lines and the bot again, and staff are told. The
// case stays open, and whoever can takes it.
func (b *Bot) rescueCase(tx *store.Tx, tm store.Timer, now time.Time) error {
	c, t, err := b.claimCase(tx, tm, now)
	if err != nil || t == nil {
		return err
	}
	before := c.Case
	c.State, c.Rung, c.Holder, c.Guests, c.Asked = desk.Returned, desk.RungOver, "", nil, nil
	c.Paused, c.Deadline = false, time.Time{}
	if err := t.tx.PutCase(c); err != nil {
		return err
	}
	if err := t.post(c, "staff_failed", map[string]string{}); err != nil {
		return err
	}
	if err := t.reseat(c, before); err != nil {
		return err
	}
	if t.hidden() {
		t.p.Vars[varUntold] = true
		return t.save()
	}
	return t.rescue("")
}
