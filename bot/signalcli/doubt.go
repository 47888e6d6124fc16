package signalcli

import (
	"context"
	"time"

	"handrail/bot/chat"
)

// doubtSpan bounds in which time after the beginning of a call the daemon can
// have sent what it was asked to send.
const doubtSpan = 5 * time.Minute

// settle finds out whether a message whose outcome nobody knows was sent: the
// process died before it could note the answer, or the answer never came. The
// daemon cannot be asked. But the person's own device says what it got, and the
// time stamp that it names is of no other message. Where no such receipt comes
// within the grace the policy of the message decides.
//
// It returns the time stamp of the message that is there, 0 if it is to be sent,
// or an error.
func (t *Transport) settle(ctx context.Context, out chat.Outgoing, n int, row sentRow) (stamp int64, err error) {
	who := t.keys.who(aci(out.To.User))
	until := time.UnixMilli(row.started).Add(doubtSpan).UnixMilli()
	for {
		news := t.ready.receipts()
		stamp, found, err := t.ledger.proof(ctx, who, row.started, until)
		if err != nil {
			return 0, clean("look for a receipt", err)
		}
		if found {
			if err := t.ledger.end(ctx, out.Key, n, stamp, t.now()); err != nil {
				return 0, clean("note a message", err)
			}
			t.count(ctx, countProved)
			t.log.Info("a message in doubt was sent, a receipt shows it")
			return stamp, nil
		}
		ok, since, wake := t.ready.state()
		if !ok { // no receipt can come while there is no daemon
			select {
			case <-wake:
				continue
			case <-ctx.Done():
				return 0, clean("wait for a receipt", ctx.Err())
			}
		}
		from := max(row.ended, since.UnixMilli())
		wait := time.UnixMilli(from).Add(t.grace).Sub(t.now())
		if wait <= 0 {
			return 0, t.doubtful(ctx, out, n)
		}
		timer := time.NewTimer(wait)
		select {
		case <-news:
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
			err = clean("wait for a receipt", ctx.Err())
		}
		timer.Stop()
		if err != nil {
			return 0, err
		}
	}
}

// doubtful applies the policy of a message in doubt; nil: it is to be sent again.
func (t *Transport) doubtful(ctx context.Context, out chat.Outgoing, n int) error {
	if n > 0 { // the rest of a message of which a part is there
		out.OnDoubt = chat.OnDoubtResend
	}
	switch out.OnDoubt {
	case chat.OnDoubtDrop:
		t.count(ctx, countDropped)
		t.log.Warn("whether a message was sent is not known, by its policy it is not sent again")
		return &chat.DoubtError{Policy: out.OnDoubt, Err: errDoubt}
	case chat.OnDoubtAsk:
		t.count(ctx, countAsked)
		t.log.Warn("whether a message was sent is not known, staff are told")
		return &chat.DoubtError{Policy: out.OnDoubt, Err: errDoubt}
	}
	return nil
}
