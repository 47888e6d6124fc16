package bot

import (
	"errors"
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
		if err := errors.Join(t.tx.SetAway(t.who, store.AwayKeys), t.tx.Record(0, desk.Record{By: t.who, Action: "locked out"}, t.now)); err != nil {
			return false, err
		}
		if err := t.everyCase(desk.Away{By: t.who}); err != nil {
			return false, err
		}
	}
	if !known {
		return false, t.answer("staff_new_keys", map[string]string{"who": t.bot.Staff.names(t.who), "code": code})
	}
	return false, t.answer("staff_doubted", map[string]string{"who": t.bot.Staff.names(t.who)})
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
