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
	if out.Form == chat.FormSweep { // nobody can take back what somebody else wrote
		return "", nil
	}
	if out.Form == chat.FormLeave {
		return "", t.forget(ctx, out)
	}
	acts, err := compose(out)
	if err != nil {
		return "", err
	}
	if err := t.Ready(ctx); err != nil {
		return "", err
	}
	defer t.sends.WithLock(out.Key)()
	if acts, err = t.allParts(ctx, out, acts); err != nil {
		return "", err
	}
	var first int64 // of the message as it was first sent
	if out.Form == chat.FormEdit {
		first, _, _ = stampOf(out.Target)
	}
	for i, a := range acts {
		stamp, err := t.part(ctx, out, i, a)
		if err != nil {
			return "", err
		}
		if first == 0 {
			first = stamp
		}
		if a.text == "" || stamp == first {
			continue
		}
		if err := t.join(ctx, a, stamp, first); err != nil {
			return "", err
		}
	}
	return ownID(first), t.forgetParts(ctx, out, acts)
}

// join notes to which message of ours another revision or a further part belongs.
func (t *Transport) join(ctx context.Context, a act, stamp, first int64) (err error) {
	ours := t.keys.who(ownPrefix)
	if a.edits == 0 {
		err = t.ledger.alias(ctx, ours, aliasPart, stamp, first, t.now())
	}
	if err == nil {
		err = t.ledger.alias(ctx, ours, aliasOf, stamp, first, t.now())
	}
	return clean("note a message", err)
}

// forgetParts notes, once all is done, which parts an edit has taken back: before,
// the calls would be numbered otherwise when it is tried again.
func (t *Transport) forgetParts(ctx context.Context, out chat.Outgoing, acts []act) error {
	for _, a := range acts {
		if out.Form != chat.FormEdit || a.target == 0 {
			continue
		}
		if err := t.ledger.unalias(ctx, t.keys.who(ownPrefix), aliasPart, a.target); err != nil {
			return clean("note a message", err)
		}
	}
	return nil
}

// allParts completes the calls for a message that was sent in parts: all of them
// are taken back, and an edit changes each, with what it has too few of sent anew
// and what it has too many of taken back.
func (t *Transport) allParts(ctx context.Context, out chat.Outgoing, acts []act) ([]act, error) {
	if out.Form != chat.FormRemove && out.Form != chat.FormEdit {
		return acts, nil
	}
	first, _, _ := stampOf(out.Target)
	parts, err := t.ledger.parts(ctx, t.keys.who(ownPrefix), first)
	if err != nil {
		return nil, clean("look up a message", err)
	}
	whom := recipient(out.To)
	for i, stamp := range parts {
		switch at := i + 1; {
		case at >= len(acts):
			acts = append(acts, takesBack(whom, stamp))
		case out.Form == chat.FormEdit:
			acts[at] = says(whom, acts[at].text, stamp)
		}
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
	if err := t.unlimited(); err != nil { // without waiting for those before it
		return 0, err
	}
	if err := t.enter(ctx); err != nil {
		return 0, err
	}
	defer t.leave()
	if err := t.unlimited(); err != nil { // the one before may have heard of a limit
		return 0, err
	}
	c, err := t.admit(ctx, out)
	if err != nil {
		return 0, err
	}
	if !isGroup(out.To.Room) && out.Form != chat.FormRemove {
		if err := t.setTimer(ctx, out, c); err != nil {
			return 0, err
		}
	}
	return t.put(ctx, out, n, a, tried && !a.again)
}

// unlimited fails while Signal wants nothing to be sent.
func (t *Transport) unlimited() error {
	if wait := t.limit.wait(t.now()); wait > 0 {
		return &chat.RetryError{After: wait, Err: &rpcError{Code: codeRateLimit}}
	}
	return nil
}

// put makes the call; the caller has entered. again tells that it may have been
// made before.
func (t *Transport) put(ctx context.Context, out chat.Outgoing, n int, a act, again bool) (stamp int64, err error) {
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
		return failed{t.gone(ctx, out, temporary), true}
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

// untrusted notes that a safety number changed, and has staff told where that is
// news: a line goes into the inbox as if it had arrived.
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
