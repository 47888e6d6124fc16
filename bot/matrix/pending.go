package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// waitingNow returns the unreadable events to look at in this pass: those whose
// key came, those whose time is up, and after a start all of them.
func (l *loop) waitingNow(ctx context.Context) (list []waiting, err error) {
	arrived := l.crypt.takeArrived()
	err = l.insist(ctx, "read the events that wait for keys", func() error {
		if !l.warm {
			list, err = l.ledger.allWaiting(ctx)
			return err
		}
		if list, err = l.ledger.dueWaiting(ctx, l.now()); err != nil {
			return err
		}
		known := make(map[id.EventID]bool)
		for _, w := range list {
			known[w.event] = true
		}
		for _, session := range arrived {
			more, err := l.ledger.waitingForSession(ctx, session)
			if err != nil {
				return err
			}
			for _, w := range more {
				if !known[w.event] {
					known[w.event] = true
					list = append(list, w)
				}
			}
		}
		return nil
	})
	return list, err
}

// encrypted handles an encrypted event of a person. If it cannot be read it
// waits for its key, on disk.
func (j *roomJob) encrypted(ctx context.Context, evt *event.Event) error {
	if evt.Unsigned.RedactedBecause != nil || len(evt.Content.Raw) == 0 {
		return nil // removed; the removal comes by itself
	}
	plain, err := j.decrypt(ctx, evt)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return j.message(ctx, plain)
	case errors.Is(err, crypto.ErrDuplicateMessageIndex):
		j.log.Warn("an encrypted event came a second time under another id; it is ignored")
		return nil
	}
	if !j.handled {
		j.log.Info("an event cannot be read yet", "err", clean("decrypt", err))
	}
	w := waiting{event: evt.ID, room: j.room, due: j.now().Add(j.cfg.Grace).UnixMilli()}
	if content, ok := evt.Content.Parsed.(*event.EncryptedEventContent); ok && content.SessionID != "" {
		w.session = content.SessionID
		if !j.handled {
			j.requestKey(evt.Sender, content)
		}
	}
	if w.raw, err = freeze(evt); err != nil {
		return j.deliver(ctx, unreadableMessage(evt))
	}
	j.later = append(j.later, w)
	return nil
}

// requestKey asks the sender's devices for a key that did not come.
func (j *roomJob) requestKey(sender id.UserID, content *event.EncryptedEventContent) {
	key, session := content.SenderKey, content.SessionID
	j.courtesy.do(j.room, func(ctx context.Context) error {
		j.crypt.RequestSession(ctx, j.room, key, session, sender, "*")
		return nil
	})
}

// decrypt repeats what fails for reasons of the database, so that nobody is
// told that a message is unreadable because our disk was full.
func (j *roomJob) decrypt(ctx context.Context, evt *event.Event) (plain *event.Event, failed error) {
	err := j.insist(ctx, "decrypt", func() error {
		plain, failed = j.crypt.Decrypt(ctx, evt)
		if failed != nil && j.storeFault(ctx, failed) {
			return failed
		}
		if failed == nil && j.cfg.Staff != nil && j.cfg.Staff.Verified && slices.Contains(j.cfg.Staff.Members, evt.Sender.String()) {
			return j.crypt.findDevice(ctx, evt, plain)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return plain, failed
}

// storeFault tells whether an error is of the database and not of the message.
func (t *Transport) storeFault(ctx context.Context, err error) bool {
	if _, ok := storeClass(err); ok {
		return true
	}
	for _, known := range cryptoErrors {
		if errors.Is(err, known) {
			return false
		}
	}
	return t.cfg.DB != nil && t.cfg.DB.PingContext(ctx) != nil
}

// lookAgain tries to read a waiting event. When its time is up, the person is
// told; it goes on waiting, for if the key comes after all, the words count.
func (j *roomJob) lookAgain(ctx context.Context, w waiting) error {
	evt, ok := thaw(w.raw, j.room)
	if !ok {
		j.solved = append(j.solved, w.event)
		return nil
	}
	plain, err := j.decrypt(ctx, evt)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		j.solved = append(j.solved, w.event)
		return j.message(ctx, plain)
	case errors.Is(err, crypto.ErrDuplicateMessageIndex):
		j.solved = append(j.solved, w.event)
		return nil
	case j.now().UnixMilli() < w.due:
		return nil
	case w.told:
		j.solved = append(j.solved, w.event)
		return nil
	}
	view, err := j.look(ctx)
	if err != nil {
		return err
	}
	m := unreadableMessage(evt)
	if view.crowd() {
		m = crowdMessage(evt, j.row.crowd)
	}
	w.told, w.due = true, j.now().Add(waitingFor).UnixMilli()
	j.later = append(j.later, w)
	return j.deliver(ctx, m)
}

// frozen is an encrypted event as it is kept: no more than decryption needs.
type frozen struct {
	ID      id.EventID      `json:"event_id"`
	Sender  id.UserID       `json:"sender"`
	Type    string          `json:"type"`
	Time    int64           `json:"origin_server_ts"`
	Content json.RawMessage `json:"content"`
}

func freeze(evt *event.Event) ([]byte, error) {
	return json.Marshal(frozen{evt.ID, evt.Sender, evt.Type.Type, evt.Timestamp, evt.Content.VeryRaw})
}

func thaw(raw []byte, room id.RoomID) (*event.Event, bool) {
	evt := &event.Event{}
	if err := json.Unmarshal(raw, evt); err != nil {
		return nil, false
	}
	parse(evt, room, event.MessageEventType)
	return evt, true
}
