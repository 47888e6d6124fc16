package bot

import (
	"context"
	"fmt"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// TellStaff says a text of the scripts in the room of staff, once for each id,
// whatever happens in between. Where there are no staff it does nothing.
func (b *Bot) TellStaff(ctx context.Context, text, id string) error {
	if b.Staff == nil {
		return nil
	}
	now := b.Now()
	err := b.Store.Update(ctx, func(tx *store.Tx) error {
		fresh, err := tx.Admit(b.Staff.Network, "notice."+text+"."+id, now)
		if err != nil || !fresh {
			return err
		}
		t := &turn{Content: b.content.Load(), bot: b, tx: tx, now: now, cause: "notice." + text + "." + id}
		return t.inRoom(chat.Outgoing{To: t.room(), Team: true, Text: chat.Text(t.staffText(text, nil))})
	})
	if err != nil {
		return fmt.Errorf("tell staff: %w", err)
	}
	nudge(b.kick)
	nudge(b.wake)
	return nil
}
