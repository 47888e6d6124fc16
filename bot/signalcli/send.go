package signalcli

import (
	"context"
	"errors"
	"time"

	"handrail/bot/account"
	"handrail/bot/chat"
)

// Send puts one message on the network and returns its event id. It blocks until
// the backlog of the daemon was read: that may hold the person's word to stop, or
// the receipt that a message is there already. The errors are those of
// chat.Transport; *chat.HeldError while a safety number waits to be compared, and
// *chat.DoubtError where nobody can tell whether the message was sent.
func (t *Transport) Send(ctx context.Context, out chat.Outgoing) (event string, err error) {
	defer func() {
		if recover() != nil { // the text of a panic may hold anything
			event, err = "", clean("send", account.ErrPanic)
		}
	}()
	acts, err := compose(out)
	if err != nil {
		return "", err
	}
	if err := t.Ready(ctx); err != nil {
		return "", err
	}
	defer t.sends.WithLock(out.Key)()
	if out.Form == chat.FormRemove {
		if acts, err = t.removals(ctx, out, acts[0]); err != nil {
			return "", err
		}
	}
	var first int64
	for i, a := range acts {
		stamp, err := t.part(ctx, out, i, a)
		if err != nil {
			return "", err
		}
		switch {
		case i == 0:
			first = stamp
		case out.Form == chat.FormText || out.Form == chat.FormEdit:
			if err := t.join(ctx, stamp, first); err != nil {
				return "", err
			}
		}
	}
	if out.Form == chat.FormEdit {
		first, _, _ = stampOf(out.Target)
	}
	return ownID(first), nil
}

// join notes that a message is a further part of another.
func (t *Transport) join(ctx context.Context, stamp, first int64) error {
	ours := t.keys.who(ownPrefix)
	err := t.ledger.alias(ctx, ours, aliasPart, stamp, first, t.now())
	if err == nil {
		err = t.ledger.alias(ctx, ours, aliasOf, stamp, first, t.now())
	}
	return clean("note a message", err)
}

// removals are the calls that take a message back with all its parts.
func (t *Transport) removals(ctx context.Context, out chat.Outgoing, a act) (acts []act, err error) {
	stamps, err := t.ledger.parts(ctx, t.keys.who(ownPrefix), a.target)
	if err != nil {
		return nil, clean("look up a message", err)
	}
	for _, stamp := range append([]int64{a.target}, stamps...) {
		acts = append(acts, act{method: a.method, params: deleteParams{recipient(out.To), stamp}, target: stamp, again: true})
	}
	return acts, nil
}

// part makes sure that one call was made, once if that can be.
func (t *Transport) part(ctx context.Context, out chat.Outgoing, n int, a act) (stamp int64, err error) {
	row, tried, err := t.ledger.sent(ctx, out.Key, n)
	if err != nil {
		return 0, clean("look up a message", err)
	}
	if row.stamp != 0 {
		return row.stamp, nil
	}
	if tried && !a.again {
		stamp, err := t.settle(ctx, out, n, row)
		if stamp != 0 || err != nil {
			return stamp, err
		}
	}
	if wait := t.limit.wait(t.now()); wait > 0 {
		return 0, &chat.RetryError{After: wait, Err: &rpcError{Code: codeRateLimit}}
	}
	c, err := t.admit(ctx, out)
	if err != nil {
		return 0, err
	}
	if !isGroup(out.To.Room) && out.Form != chat.FormRemove {
		if err := t.setTimer(ctx, aci(out.To.User), c); err != nil {
			return 0, err
		}
	}
	return t.put(ctx, out, n, a, tried && !a.again)
}

// put makes the call. again tells that it may have been made before.
func (t *Transport) put(ctx context.Context, out chat.Outgoing, n int, a act, again bool) (stamp int64, err error) {
	if err := t.enter(ctx); err != nil {
		return 0, err
	}
	defer t.leave()
	who := t.keys.who(aci(out.To.User))
	if err := t.ledger.begin(ctx, out.Key, n, who, t.now()); err != nil {
		return 0, clean("note a message", err)
	}
	if again {
		t.count(ctx, countResent)
		t.log.Warn("whether a message was sent is not known, it is sent again")
	}
	var result sendResult
	err = t.callNow(ctx, a.method, a.params, &result)
	after := context.WithoutCancel(ctx)
	if err == nil && result.Timestamp <= 0 {
		err = errAnswer
	}
	if err == nil {
		if t.limit.clear() {
			t.log.Info("Signal takes messages again")
		}
		if err := t.ledger.end(after, out.Key, n, result.Timestamp, t.now()); err != nil {
			// It is on the network, so it counts as sent: if it is asked for again, a
			// receipt tells.
			t.log.Warn("a sent message could not be noted", "err", clean("note", err))
		}
		if a.edits != 0 {
			if err := t.ledger.alias(after, t.keys.who(ownPrefix), aliasOf, result.Timestamp, a.edits, t.now()); err != nil {
				t.log.Warn("an edit could not be noted", "err", clean("note", err))
			}
		}
		return result.Timestamp, nil
	}
	f := t.failure(after, out, err)
	var noted error
	if f.unsent {
		noted = t.ledger.abandon(after, out.Key, n)
	} else {
		noted = t.ledger.end(after, out.Key, n, 0, t.now())
	}
	if noted != nil {
		t.log.Warn("a message that failed could not be noted", "err", clean("note", noted))
	}
	return 0, f.err
}

// failed is what a failed call means.
type failed struct {
	err    error // for the host
	unsent bool  // it certainly did nothing
}

// failure reads what the daemon said.
func (t *Transport) failure(ctx context.Context, out chat.Outgoing, err error) failed {
	temporary := clean("send", err)
	var refused *rpcError
	if !errors.As(err, &refused) {
		return failed{temporary, errors.Is(err, errUnsent)}
	}
	entry := sendEntry{}
	if resp := refused.response(); resp != nil {
		entry, _ = resp.failure()
	}
	switch {
	case refused.Code == codeUntrusted || entry.Type == outcomeIdentity:
		return failed{t.untrusted(ctx, out), true}
	case refused.Code == codeRateLimit || entry.Type == outcomeLimit:
		return failed{t.limited(entry), true}
	case entry.Type == outcomeUnregistered:
		return failed{&chat.PermanentError{Err: temporary}, true}
	case entry.Type == outcomeNetwork, entry.Type == outcomePreKey:
		return failed{temporary, true}
	}
	switch refused.Code {
	case codeUser:
		return failed{&chat.PermanentError{Err: temporary}, true}
	case codeParse, codeRequest, codeNoMethod, codeParams:
		t.status.change(func(s *State) { s.Fault = refused.class() })
		t.log.Error("signal-cli does not take what the bot sends", "err", temporary)
		return failed{temporary, true} // nothing is given up for a daemon that was started wrongly
	}
	return failed{temporary, false}
}

// limited notes that Signal wants less.
func (t *Transport) limited(e sendEntry) error {
	wait, first := t.limit.hit(e, t.now())
	if first {
		until, token := t.limit.state()
		if token != "" {
			t.log.Error("Signal lets nothing more out until somebody solves a captcha: handrail doctor says how", "until", until.Round(time.Second))
		} else {
			t.log.Warn("Signal limits how much may be sent", "until", until.Round(time.Second))
		}
	}
	return &chat.RetryError{After: wait, Err: &rpcError{Code: codeRateLimit}}
}

// untrusted notes that a safety number changed, and has staff told: a line goes
// into the inbox as if it had arrived.
func (t *Transport) untrusted(ctx context.Context, out chat.Outgoing) error {
	a := arrival{what: whatKeys, from: aci(out.To.User), stamp: t.now().UnixMilli()}
	if a.from == "" || isGroup(out.To.Room) {
		return &chat.PermanentError{Err: errHeld}
	}
	added, err := t.commit(ctx, []arrival{a}, [][]byte{note(a)})
	if err != nil {
		return clean("note a person", err)
	}
	t.pending.Add(added)
	nudge(t.arrived)
	return &chat.HeldError{Err: errHeld}
}
