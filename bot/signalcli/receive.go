package signalcli

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"handrail/bot/account"
	"handrail/bot/chat"
)

const (
	backoffFirst = 500 * time.Millisecond
	backoffMost  = time.Minute
	pingEvery    = 30 * time.Second
	pingPatience = time.Minute
	byePatience  = 5 * time.Second
	byeRest      = 100 * time.Millisecond // for what was on its way when the subscription ended
	sayAgain     = 8                      // of how many failures in a row one is logged
)

// Run receives until ctx ends. It returns an error only when the daemon serves
// another account than the one that is configured.
func (t *Transport) Run(ctx context.Context, h chat.Handler) error {
	if !t.running.CompareAndSwap(false, true) {
		return errors.New("signal: Run was called twice")
	}
	defer t.running.Store(false)
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { t.watch(gctx); return nil })
	group.Go(func() error { t.publish(gctx); return nil })
	group.Go(func() error { t.sendCourtesy(gctx); return nil })
	group.Go(func() error { t.tidy(gctx); return nil })
	group.Go(func() error { return t.dispatch(gctx, h) })
	group.Go(func() error { return t.receive(gctx) })
	err := group.Wait()
	t.hangUp()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// receive keeps one subscription.
func (t *Transport) receive(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; failures++ {
		began := t.now()
		err := t.subscribe(ctx)
		t.ready.disconnected()
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, errAccount) {
			return clean("receive", err)
		}
		if t.now().Sub(began) > backoffMost { // it had worked
			failures = 0
		}
		if failures%sayAgain == 0 {
			t.log.Warn("signal-cli cannot be used, will try again", "err", clean("receive", err))
		}
		t.status.fault(clean("receive", err))
		if sleep(ctx, backoff(failures)) != nil {
			return nil
		}
	}
	return nil
}

// tidy lets the ledger forget what is too old, now and every hour, until ctx ends.
func (t *Transport) tidy(ctx context.Context) {
	for {
		if err := t.ledger.prune(ctx, t.now()); err != nil && ctx.Err() == nil {
			t.log.Warn("the ledger of Signal could not be tidied", "err", clean("tidy", err))
		}
		if sleep(ctx, t.tidies) != nil {
			return
		}
	}
}

func backoff(attempt int) time.Duration {
	d := min(backoffFirst<<min(attempt, 10), backoffMost)
	return d - time.Duration(rand.Int64N(int64(d)/5+1)) //nolint:gosec // jitter
}

// subscribe connects, asks which daemon it is, and receives until something ends.
func (t *Transport) subscribe(ctx context.Context) error {
	c, err := dial(ctx, t.cfg.Address)
	if err != nil {
		return err
	}
	defer c.close()
	ended := make(chan error, 1)
	go func() { ended <- c.read(func(batch []line) error { return t.take(ctx, batch) }) }()
	fail := func(err error) error {
		c.close()
		if why := <-ended; errors.Is(why, errAccount) {
			return why
		}
		return err
	}
	number, err := t.greet(ctx, c)
	if err != nil {
		return fail(err)
	}
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			t.bid(c, number)
			return fail(ctx.Err())
		case <-ping.C:
		}
		asking, cancel := context.WithTimeout(ctx, pingPatience)
		_, err := c.version(asking)
		cancel()
		if err != nil && ctx.Err() == nil {
			return fail(err)
		}
		t.heard.Store(t.now().UnixMilli())
	}
}

// greet asks the daemon what it is, and subscribes.
func (t *Transport) greet(ctx context.Context, c *client) (subscription int, err error) {
	ctx, cancel := context.WithTimeout(ctx, pingPatience)
	defer cancel()
	v, err := c.version(ctx)
	switch {
	case err != nil:
		return 0, err
	case v.TooOld():
		return 0, errTooOld
	case v.Outdated():
		t.log.Warn("signal-cli is outdated, messages may go missing: update it", "version", v.String(), "at_least", soundVersion.String())
	}
	if err := c.call(ctx, "subscribeReceive", nil, &subscription); err != nil {
		return 0, err
	}
	t.heard.Store(t.now().UnixMilli())
	t.status.connected(v, t.now())
	t.ready.connected(t.now())
	t.log.Info("connected to signal-cli", "version", v.String())
	return subscription, nil
}

// bid ends a subscription, so that what the daemon still writes is read and kept:
// what is on its way when a connection ends is lost.
func (t *Transport) bid(c *client, subscription int) {
	ctx, cancel := context.WithTimeout(context.Background(), byePatience)
	defer cancel()
	if c.call(ctx, "unsubscribeReceive", unsubscribeParams{subscription}, nil) == nil {
		_ = sleep(ctx, byeRest)
	}
}

// take puts what arrived on disk. Nothing more is read before it returns. Once ctx
// has ended it tries for a moment only.
func (t *Transport) take(ctx context.Context, batch []line) error {
	t.pending.Add(1) // what is in hand waits as well, however long the disk takes
	defer t.pending.Add(-1)
	arrivals := make([]arrival, 0, len(batch))
	lines := make([][]byte, 0, len(batch))
	for _, l := range batch {
		a, err := understand(l)
		switch {
		case err != nil:
			continue
		case a.account != "" && t.cfg.Account != "" && a.account != t.cfg.Account:
			return errAccount
		case l.cut: // what is kept of it is what it was taken for
			l.data = note(a)
		}
		arrivals, lines = append(arrivals, a), append(lines, l.data)
	}
	for attempt := 0; ; attempt++ {
		added, err := t.commit(context.WithoutCancel(ctx), arrivals, lines)
		if err == nil {
			t.taken(arrivals, added)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if attempt%sayAgain == 0 {
			t.log.Error("what arrived on Signal cannot be kept, will try again", "err", clean("keep", err))
		}
		if err := sleep(ctx, min(backoff(attempt), 5*time.Second)); err != nil {
			return err
		}
	}
}

// taken tells everybody whom it concerns.
func (t *Transport) taken(arrivals []arrival, added int64) {
	receipts, lost := false, 0
	var server time.Time
	for _, a := range arrivals {
		receipts = receipts || a.what == whatReceipt
		if a.what == whatLost {
			lost++
		}
		if a.server > 0 {
			server = time.UnixMilli(a.server)
		}
	}
	if lost > 0 {
		t.log.Warn("something arrived on Signal of which the sender is not known", "count", lost)
	}
	t.pending.Add(added)
	t.ready.took(t.now(), server, receipts)
	if added > 0 {
		nudge(t.arrived)
	}
}

// commit writes a batch in one transaction and tells how many lines wait for the
// handler now that did not before.
func (t *Transport) commit(ctx context.Context, arrivals []arrival, lines [][]byte) (added int64, err error) {
	now := t.now()
	var held bool
	err = account.Txn(ctx, t.ledger.db, func(ctx context.Context) error {
		added, held = 0, false
		for i, a := range arrivals {
			n, err := t.commitOne(ctx, a, lines[i], now)
			if err != nil {
				return err
			}
			added += n
			held = held || n > 0 && a.what == whatKeys
		}
		return nil
	})
	if err == nil && held {
		t.log.Warn("a person has another safety number: nothing is sent to them until somebody has compared it")
		t.refreshHeld(ctx)
	}
	return added, err
}

func (t *Transport) commitOne(ctx context.Context, a arrival, data []byte, now time.Time) (added int64, err error) {
	if a.what == whatNothing || a.what == whatLost {
		return 0, nil
	}
	who := t.keys.who(a.from)
	if a.what == whatReceipt {
		for _, stamp := range a.stamps {
			_, err := t.ledger.db.Exec(ctx, "INSERT INTO hr_receipt (who, stamp, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
				who, stamp, now.UnixMilli())
			if err != nil {
				return 0, err
			}
		}
		return 0, nil
	}
	opened := a.what != whatUnreadable && a.what != whatKeys && a.what != whatLeft // what could not be opened comes again when it can be
	if opened {
		fresh, err := t.ledger.change(ctx, "INSERT INTO hr_seen (key, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", t.keys.seen(a), now.UnixMilli())
		if err != nil || fresh == 0 {
			return 0, err
		}
	}
	if a.wrote() {
		if err := t.ledger.meet(ctx, who); err != nil {
			return 0, err
		}
	}
	if a.expires >= 0 {
		if err := t.ledger.lasts(ctx, who, a.expires, a.stamp, a.what == whatTimer); err != nil {
			return 0, err
		}
	}
	switch a.what {
	case whatTimer:
		return 0, nil
	case whatKeys: // staff are told once
		if changed, err := t.ledger.hold(ctx, who, now.UnixMilli()); err != nil || !changed {
			return 0, err
		}
	}
	return t.ledger.change(ctx, "INSERT INTO hr_inbox (who, line) VALUES ($1, $2)", who, t.keys.seal(who, data))
}

// note writes an arrival that cannot be kept as it came, and one that did not come
// from the daemon at all, as a line of the daemon's that says the same.
func note(a arrival) []byte {
	kind := "Exception"
	switch a.what {
	case whatKeys:
		kind = "UntrustedIdentityException"
	case whatLeft:
		kind = noAccount
	}
	var p struct {
		Exception map[string]string `json:"exception"`
		Envelope  map[string]any    `json:"envelope"`
	}
	p.Exception = map[string]string{"type": kind}
	p.Envelope = map[string]any{"sourceUuid": a.from, "sourceDevice": a.device, "timestamp": a.stamp}
	data, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "method": "receive", "params": p})
	if err != nil {
		return nil
	}
	return data
}
