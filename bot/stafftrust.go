package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// trusted tells whether the device that a message came from may act. Whose keys
// have changed is away until a colleague confirms them; whose device is not
// confirmed, until they write from one that is.
func (t *staffTurn) trusted() (bool, error) {
	why, err := t.tx.Away(t.who)
	if err != nil {
		return false, err
	}
	known, code, doubted := true, "", t.m.Staff.Doubted
	if t.m.Staff.Unproven {
		switch t.m.Kind {
		case chat.KindRemoval, chat.KindReaction:
			return why != store.AwayKeys, nil
		case chat.KindText, chat.KindEdit, chat.KindMedia:
			doubted = true
		default: // it is only answered
			return true, nil
		}
	}
	if id := t.m.Staff.Identity; !doubted && id != "" {
		if known, code, err = t.tx.KnownKeys(t.who, id); err != nil {
			return false, err
		}
	}
	if known && !doubted {
		if why == store.AwayKeys {
			return true, errors.Join(t.tx.SetAway(t.who, ""), t.tx.Record(0, desk.Record{By: t.who, Action: "confirmed"}, t.now))
		}
		return true, nil
	}
	if why != store.AwayKeys {
		if err := t.lockOut(); err != nil {
			return false, err
		}
	}
	if !known {
		return false, t.answer("staff_new_keys", map[string]string{"who": t.bot.Staff.names(t.who), "code": code})
	}
	return false, t.answer("staff_doubted", map[string]string{"who": t.bot.Staff.names(t.who)})
}

// lockOut takes a member of staff out until their keys are confirmed: what they have
// is offered to others.
func (t *staffTurn) lockOut() error {
	err := errors.Join(t.tx.SetAway(t.who, store.AwayKeys), t.tx.Record(0, desk.Record{By: t.who, Action: "locked out"}, t.now))
	return errors.Join(err, t.everyCase(desk.Away{By: t.who}))
}

// Vouch implements chat.Handler. Keys that do not count lock their owner out at
// once: whoever has them may only read, and never write.
func (b *Bot) Vouch(ctx context.Context, network, user, identity string) (bool, error) {
	who := desk.StaffID(user)
	if b.Staff == nil || b.Staff.Network != network || !b.Staff.Desk.Rota.Member(who) || identity == "" {
		return false, nil
	}
	var known, noted bool
	var why string
	err := b.Store.View(ctx, func(tx *store.Tx) (err error) {
		if known, noted, err = tx.LookAtKeys(who, identity); err == nil {
			why, err = tx.Away(who)
		}
		return err
	})
	if err == nil && (!noted || !known && why != store.AwayKeys) {
		err = b.Store.Update(ctx, func(tx *store.Tx) (err error) {
			known, err = b.newKeys(tx, who, identity)
			return err
		})
		nudge(b.kick)
		nudge(b.wake)
	}
	if err != nil {
		return false, fmt.Errorf("look at the keys of staff: %w", err)
	}
	return known, nil
}

// newKeys notes keys of a member of staff that were not seen before. The first ones
// count; with others they are locked out, and the room of staff reads by which
// number a colleague confirms them.
func (b *Bot) newKeys(tx *store.Tx, who desk.StaffID, identity string) (known bool, err error) {
	known, code, err := tx.KnownKeys(who, identity)
	if err != nil || known {
		return known, err
	}
	why, err := tx.Away(who)
	if err != nil || why == store.AwayKeys {
		return false, err
	}
	now := b.Now()
	m := chat.Message{
		ID: fmt.Sprintf("keys.%s.%d", code, now.UnixMilli()), Staff: &chat.Staff{},
		From: chat.Address{Network: b.Staff.Network, User: string(who)}, Sent: now,
	}
	t, err := b.staffTurn(tx, m, pointed{}, now)
	if err != nil {
		return false, err
	}
	return false, errors.Join(t.lockOut(), t.answer("staff_new_keys", map[string]string{"who": b.Staff.names(who), "code": code}))
}

// confirm lets a member of staff act again whose keys have changed. Only somebody
// else can do that.
func (t *staffTurn) confirm(arg string) error {
	name, code, _ := strings.Cut(arg, " ")
	who := t.colleague(name)
	ok := false
	if who != "" && who != t.who {
		var err error
		if ok, err = t.tx.ConfirmKeys(who, code); err != nil {
			return err
		}
	}
	if !ok {
		return t.answer("staff_not_confirmed", nil)
	}
	why, err := t.tx.Away(who)
	if err == nil && why == store.AwayKeys {
		err = t.tx.SetAway(who, "")
	}
	return errors.Join(err, t.tx.Record(0, desk.Record{By: t.who, Action: "confirm", On: who}, t.now),
		t.answer("staff_confirmed", map[string]string{"who": t.bot.Staff.names(who)}))
}
