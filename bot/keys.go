package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// heldPause is how long a conversation waits before it is looked whether somebody
// has compared the person's keys.
const heldPause = time.Minute

// keysChanged tells staff that a person's keys are others than before: a new phone,
// or somebody else. Nothing is said to the person, because nobody knows who reads
// it; the network holds what is meant for them until somebody has looked.
func (t *turn) keysChanged() error {
	if err := t.tx.Note("keys_changed", t.p.ID, t.now); err != nil {
		return err
	}
	if err := t.tellStaff("staff_keys", "staff_keys_nobody"); err != nil {
		return err
	}
	return t.save()
}

// tellStaff says something about the person in the thread of their open case, or
// without a name among staff.
func (t *turn) tellStaff(inCase, inRoom string) error {
	if t.bot.Staff == nil {
		return nil
	}
	c, ok, err := t.caseNow()
	if err != nil {
		return err
	}
	if !ok || !c.Open() {
		return t.inRoom(chat.Outgoing{To: t.room(), Team: true, Text: chat.Text(t.staffText(inRoom, nil))})
	}
	return t.staffTold(c, inCase)
}

// inDoubt gives up a message of which nobody can find out whether it was sent, as
// its policy wants it, and tells staff where that is the policy.
func (b *Bot) inDoubt(ctx context.Context, p store.Parcel, policy chat.OnDoubt) error {
	if policy == chat.OnDoubtAsk && b.Staff != nil {
		err := b.Store.Update(ctx, func(tx *store.Tx) error {
			of, err := tx.LoadPerson(p.Person)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err = b.mended(tx, of, err); err != nil {
				return err
			}
			t := &turn{Content: b.content.Load(), bot: b, tx: tx, p: of, now: b.Now(), cause: "doubt." + p.Key}
			return t.tellStaff("staff_in_doubt", "staff_in_doubt_nobody")
		})
		if err != nil {
			return fmt.Errorf("tell staff of a message in doubt: %w", err)
		}
	}
	return b.Store.Bury(ctx, p, "in-doubt", b.Now())
}
