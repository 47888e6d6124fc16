package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// timerLeave is the kind of the timer that ends what is left of somebody who was
// forgotten: an address to send the last line to. Its Seq is the unix time
// in milliseconds at which it ends whether or not that line went out; 0: it was
// set while no bot ran, and the time is given from when one looks.
const timerLeave = "leave"

// timerQuit is the same for somebody who was erased, out of whose room the bot
// goes when the last line is there.
const timerQuit = "quit"

const (
	leaveLook  = 15 * time.Second   // how often the lane is looked at, at first
	leaveRare  = time.Hour          // and where the network is away for long
	leaveAtAll = time.Hour          // how long a network may take for the last line
	quitAtAll  = 3 * 24 * time.Hour // the same before the bot goes out of the room
	leaveSlows = 8                  // after how many looks' time the next one waits longer
)

// atAll is how long what is left of somebody may take to go.
func atAll(kind string) time.Duration {
	if kind == timerQuit {
		return quitAtAll
	}
	return leaveAtAll
}

// leaveSoon lets somebody without a past go as soon as nothing waits for them.
func (t *turn) leaveSoon(id store.PersonID) error { return t.goSoon(id, timerLeave) }

// quitSoon is leaveSoon for somebody whose room is left as well.
func (t *turn) quitSoon(id store.PersonID) error { return t.goSoon(id, timerQuit) }

func (t *turn) goSoon(id store.PersonID, kind string) error {
	t.bot.scrub.Store(true)
	return t.tx.SetTimer(id, kind, t.now.Add(atAll(kind)).UnixMilli(), dueAt(t.now, leaveLook))
}

// Forget erases a person while no bot runs, without a word to them. Their key and
// their rows go in this transaction. What is left is where they are, under a key of
// its own: the bot goes out of their room when it runs again, and that goes, too.
// Cases of theirs are ended, and what staff could read of them is taken back then.
func Forget(tx *store.Tx, p *store.Person, now time.Time) error {
	lanes, err := tx.LeaveCases(p.ID)
	if err != nil {
		return err
	}
	for _, lane := range lanes {
		err := tx.Withdraw(lane, time.UnixMilli(1), now)
		err = errors.Join(err, tx.ClearTimer(lane, timerCase), tx.SetTimer(lane, timerLeave, 0, now))
		if err != nil {
			return err
		}
	}
	if p.Addr == (chat.Address{}) {
		return tx.ErasePerson(p.ID)
	}
	fresh, others, err := tx.Renew(p, time.Time{}, now)
	if err != nil {
		return err
	}
	for _, left := range append(others, fresh) {
		if err := tx.SetTimer(left.ID, timerQuit, 0, now); err != nil {
			return err
		}
	}
	return nil
}

// fireLeave ends what is left of somebody who was forgotten, once the last line
// is out or out of reach. Somebody who has begun anew stays, and the bot with them.
func (b *Bot) fireLeave(ctx context.Context, tm store.Timer, now time.Time) error {
	err := b.Store.Update(ctx, func(tx *store.Tx) error {
		cur, err := tx.LoadTimer(tm.Person, tm.Kind)
		if errors.Is(err, store.ErrNotFound) || err == nil && cur.Due.After(now) {
			return nil
		}
		if err != nil {
			return err
		}
		p, err := tx.LoadPerson(tm.Person)
		if err != nil && !errors.Is(err, store.ErrBroken) {
			return err
		}
		if err == nil && p.Begun() {
			return tx.ClearTimer(tm.Person, tm.Kind)
		}
		if cur.Seq == 0 {
			cur.Seq = now.Add(atAll(tm.Kind)).UnixMilli()
		} else if away := now.Sub(cur.Due); away > leaveRare { // nobody looked meanwhile
			cur.Seq += away.Milliseconds()
		}
		more, err := b.lastThings(tx, tm, p, now)
		if err != nil {
			return err
		}
		if more && now.UnixMilli() < cur.Seq {
			passed := atAll(tm.Kind) - time.UnixMilli(cur.Seq).Sub(now)
			return tx.SetTimer(tm.Person, tm.Kind, cur.Seq, dueAt(now, min(max(passed/leaveSlows, leaveLook), leaveRare)))
		}
		b.scrub.Store(true)
		return tx.ErasePerson(tm.Person)
	})
	if err != nil {
		return fmt.Errorf("end what is left of a person: %w", err)
	}
	return nil
}

// lastThings sees to what is to happen before somebody goes, one after the other:
// what waits goes out, then rooms are left. more tells that something of it is
// still to come. Each is a row of the outbox, so that no crash leaves it out.
func (b *Bot) lastThings(tx *store.Tx, tm store.Timer, p *store.Person, now time.Time) (more bool, err error) {
	if more, err = tx.Waits(tm.Person); more || err != nil {
		return more, err
	}
	if more, err = b.leaveRoom(tx, tm.Person, now); more || err != nil || tm.Kind != timerQuit {
		return more, err
	}
	if p == nil || p.Addr.Room == "" || amongStaff(p.Addr) {
		return false, nil
	}
	key := quitKey(tx, p)
	if _, sent, err := tx.SentAt(tm.Person, key); sent || err != nil {
		return false, err
	}
	return true, tx.Enqueue(tm.Person, store.Post{Key: key, Out: chat.Outgoing{To: p.Addr, Form: chat.FormLeave}, Unprompted: true}, now)
}

// quitKey is the send key of the post that takes the bot out of a room.
func quitKey(tx *store.Tx, p *store.Person) string { return tx.Key("quit", int64(p.Row)) }

// staysHere keeps the bot in the room of somebody who was erased and writes again
// before it has gone: whatever they send has its answer there.
func (t *turn) staysHere(kind chat.Kind) error {
	if t.p.Begun() {
		return nil
	}
	if err := t.tx.Unpost(t.p.Row, quitKey(t.tx, t.p)); err != nil {
		return err
	}
	if wordless(kind) || kind == chat.KindCrowd || kind == chat.KindUnencrypted {
		return nil
	}
	return t.tx.ClearTimer(t.p.Row, timerQuit)
}
