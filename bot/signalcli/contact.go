package signalcli

import (
	"context"
	"errors"
	"time"

	"handrail/bot/chat"
)

// contact is what the ledger knows of somebody who wrote.
type contact struct {
	expires int64 // seconds for which their messages last, as far as is known
	chosen  bool  // they set it themselves, after us
	timed   int64 // ms: when we set it last; 0: never
	times   int   // how often we did
	held    int64 // ms: since when their keys are others than before; 0: they are not
}

func (l *ledger) contact(ctx context.Context, who []byte) (c contact, known bool, err error) {
	known, err = l.one(ctx, "SELECT expires, chosen, timed, times, held FROM hr_contact WHERE who=$1", []any{who},
		&c.expires, &c.chosen, &c.timed, &c.times, &c.held)
	return c, known, err
}

// meet notes that somebody wrote.
func (l *ledger) meet(ctx context.Context, who []byte) error {
	_, err := l.db.Exec(ctx, `INSERT INTO hr_contact (who, expires, chosen, timed, times, held) VALUES ($1, 0, $2, 0, 0, 0)
		ON CONFLICT (who) DO NOTHING`, who, false)
	return err
}

// lasts notes for how long the messages of somebody last. What they set after us
// is their choice; what they sent before our setting reached them is not.
func (l *ledger) lasts(ctx context.Context, who []byte, seconds int64, sent int64, set bool) error {
	_, err := l.db.Exec(ctx, `UPDATE hr_contact SET expires=$1, chosen=(chosen OR ($2 AND timed>0 AND timed<$3)) WHERE who=$4`,
		seconds, set, sent, who)
	return err
}

// ours notes that we set it.
func (l *ledger) ours(ctx context.Context, who []byte, seconds int64, now time.Time) error {
	_, err := l.db.Exec(ctx, "UPDATE hr_contact SET expires=$1, timed=$2, times=times+1 WHERE who=$3", seconds, now.UnixMilli(), who)
	return err
}

// hold notes that somebody's keys changed; since 0: that they were looked at.
func (l *ledger) hold(ctx context.Context, who []byte, since int64) (changed bool, err error) {
	n, err := l.change(ctx, "UPDATE hr_contact SET held=$1 WHERE who=$2 AND (held<>0)<>$3", since, who, since != 0)
	return n > 0, err
}

func (l *ledger) holds(ctx context.Context) (n int, err error) {
	_, err = l.one(ctx, "SELECT COUNT(*) FROM hr_contact WHERE held<>0", nil, &n)
	return n, err
}

// mostTimes is how often the bot sets the time after which messages disappear for
// one person. They may be in the middle of changing it themselves.
const mostTimes = 3

// timerApart keeps the time stamp of such a setting, which the daemon does not
// tell, apart from that of the message behind it.
const timerApart = 5 * time.Millisecond

// timer says for how many seconds messages to somebody should last, and whether
// that is to be set now. At first contact it is what the operator wants, and a
// shorter one of the person stays. Later it is what the person chose, but one that
// crossed ours on its way is no choice.
func (c contact) timer(wanted int64) (seconds int64, set bool) {
	switch {
	case wanted <= 0, c.chosen, c.expires > 0 && c.expires <= wanted, c.times >= mostTimes:
		return c.expires, false
	}
	return wanted, true
}

var (
	errStranger = errors.New("the person has not written to the bot")
	errHeld     = errors.New("the person has another safety number, and nobody has looked at it yet")
	errCrowd    = errors.New("others are in the group")
)

// admit refuses everything that must not go to whom it is addressed, as things
// are now. The caller has entered.
func (t *Transport) admit(ctx context.Context, out chat.Outgoing) (contact, error) {
	refuse := func(why error) (contact, error) { return contact{}, &chat.PermanentError{Err: why} }
	if isGroup(out.To.Room) {
		if !out.AllowCrowd {
			return refuse(errCrowd)
		}
		return contact{}, nil
	}
	if aci(out.To.User) == "" {
		return refuse(errStranger)
	}
	who := t.keys.who(aci(out.To.User))
	c, known, err := t.ledger.contact(ctx, who)
	if err != nil {
		return c, clean("look up a person", err)
	}
	if known && c.held == 0 {
		return c, nil
	}
	var rows []identityRow
	if err := t.callNow(ctx, "listIdentities", identityParams{Number: aci(out.To.User)}, &rows); err != nil {
		return c, clean("look at a safety number", err)
	}
	switch {
	case !known && !t.metBefore(rows):
		return refuse(errStranger)
	case !known:
		if err := t.ledger.meet(ctx, who); err != nil {
			return c, clean("note a person", err)
		}
	}
	for _, row := range rows {
		if row.Trust == untrusted {
			return c, t.untrusted(ctx, out)
		}
	}
	if known && len(rows) > 0 {
		if _, err := t.ledger.hold(ctx, who, 0); err != nil {
			return c, clean("note a person", err)
		}
		t.log.Info("a safety number was confirmed, the conversation goes on")
		t.refreshHeld(ctx)
	}
	if known && len(rows) == 0 {
		return c, &chat.HeldError{Err: errHeld}
	}
	c, _, err = t.ledger.contact(ctx, who)
	return c, clean("look up a person", err)
}

// metBefore tells whether somebody whom the ledger does not know can have written
// all the same: the ledger was lost, and their keys are older than this one.
func (t *Transport) metBefore(rows []identityRow) bool {
	for _, row := range rows {
		if row.Added > 0 && row.Added < t.born {
			return true
		}
	}
	return false
}

// setTimer makes messages to somebody disappear, as far as that is wanted. It is
// a call like a send, and the caller has entered: the receipt for it must not pass
// for that of a message, and what the daemon says of it holds for the message.
func (t *Transport) setTimer(ctx context.Context, out chat.Outgoing, c contact) error {
	to := aci(out.To.User)
	wanted := int64(t.cfg.Timer / time.Second)
	seconds, set := c.timer(wanted)
	if !set {
		return nil
	}
	who := t.keys.who(to)
	key := "timer:" + t.keys.ref(to)
	now := t.now()
	if err := t.ledger.begin(ctx, key, int(now.UnixMilli()%1e9), who, now); err != nil {
		return clean("note a message", err)
	}
	if err := t.callNow(ctx, "updateContact", contactParams{Recipient: to, Expiration: seconds}, nil); err != nil {
		f := t.failure(context.WithoutCancel(ctx), out, err)
		var refused *rpcError
		if errors.As(err, &refused) && (refused.Code == codeUser || refused.Code == codeInternal) { // an answer is worth more
			t.log.Warn("the time after which messages disappear could not be set, they are sent without it", "err", clean("set", err))
			return nil
		}
		return f.err
	}
	if err := sleep(ctx, timerApart); err != nil {
		return clean("set the time after which messages disappear", err)
	}
	return clean("note a person", t.ledger.ours(context.WithoutCancel(ctx), who, seconds, now))
}
