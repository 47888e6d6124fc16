package signalcli

import (
	"context"
	"time"

	"handrail/bot/account"
	"handrail/bot/chat"
)

const (
	inHand       = 256 // lines that are in memory
	atOnce       = 64  // people whose messages are handled at the same time
	settleAtOnce = 64  // lines that are taken out of the inbox in one transaction
	typingAfter  = time.Second
)

// item is one line on its way to the handler.
type item struct {
	seq int64
	who string // index of the person
	arrival
}

// dispatcher hands lines up: in order for one person, several people at a time.
// It reads them from the inbox, so that memory stays what it is however many wait.
type dispatcher struct {
	*Transport
	handler chat.Handler
	after   int64             // the last line that was read
	more    bool              // there may be others behind it
	queues  map[string][]item // what waits behind the one that is being handled
	out     int               // lines in hand
	done    chan item
	free    chan struct{}
	settled []int64
}

// dispatch works until ctx ends.
func (t *Transport) dispatch(ctx context.Context, h chat.Handler) error {
	d := &dispatcher{
		Transport: t, handler: h, more: true, queues: make(map[string][]item),
		done: make(chan item, inHand), free: make(chan struct{}, atOnce),
	}
	for {
		if d.more && d.out < inHand/2 {
			if err := d.load(ctx); err != nil {
				if ctx.Err() == nil {
					t.log.Error("the inbox of Signal cannot be read, will try again", "err", clean("read", err))
				}
				if sleep(ctx, backoffFirst) != nil {
					return d.stop(ctx)
				}
				continue
			}
			if d.more && d.out == 0 {
				continue
			}
		}
		select {
		case <-ctx.Done():
			return d.stop(ctx)
		case <-t.arrived:
			d.more = true
		case it := <-d.done:
			d.finish(ctx, it)
		}
	}
}

// stop waits for what is being handled.
func (d *dispatcher) stop(ctx context.Context) error {
	for len(d.queues) > 0 {
		it := <-d.done
		if it.seq >= 0 {
			d.settled = append(d.settled, it.seq)
		}
		delete(d.queues, it.who)
	}
	d.settle(context.WithoutCancel(ctx))
	return nil
}

// load reads further lines and starts those whose turn it is.
func (d *dispatcher) load(ctx context.Context) error {
	want := inHand - d.out
	rows, err := d.ledger.waiting(ctx, d.after, want)
	if err != nil {
		return err
	}
	d.more = len(rows) == want
	for _, row := range rows {
		d.after = row.seq
		it := item{seq: row.seq, who: string(row.who)}
		data, err := d.keys.open(row.who, row.line)
		if err == nil {
			it.arrival, err = understand(line{data: data})
		}
		if err != nil { // another key, or damage: nothing can be made of it
			d.log.Error("a line of the inbox of Signal cannot be opened and is given up")
			d.pending.Add(-1)
			d.settled = append(d.settled, row.seq)
			continue
		}
		d.out++
		if queue, busy := d.queues[it.who]; busy {
			d.queues[it.who] = append(queue, it)
			continue
		}
		d.queues[it.who] = nil
		go d.hand(ctx, it)
	}
	return nil
}

// finish notes that a line was handled and starts the next of the same person.
func (d *dispatcher) finish(ctx context.Context, it item) {
	if it.seq >= 0 {
		d.settled = append(d.settled, it.seq)
		d.pending.Add(-1)
	}
	d.out--
	if queue := d.queues[it.who]; len(queue) > 0 && ctx.Err() == nil {
		d.queues[it.who] = queue[1:]
		go d.hand(ctx, queue[0])
	} else {
		delete(d.queues, it.who)
	}
	if len(d.settled) >= settleAtOnce || d.out == 0 {
		d.settle(ctx)
	}
}

// settle takes what was handled out of the inbox. What fails stays, and is known
// to the handler when it comes again.
func (d *dispatcher) settle(ctx context.Context) {
	if len(d.settled) == 0 {
		return
	}
	if err := d.ledger.handled(ctx, d.settled); err != nil {
		if ctx.Err() == nil {
			d.log.Warn("handled lines of Signal could not be taken out", "err", clean("settle", err))
		}
		return
	}
	d.settled = d.settled[:0]
}

// hand gives one line to the handler until that has committed it or ctx ends;
// then its seq is -1.
func (d *dispatcher) hand(ctx context.Context, it item) {
	d.free <- struct{}{}
	defer func() {
		<-d.free
		d.done <- it
	}()
	for attempt := 0; ; attempt++ {
		err := d.handle(ctx, it.arrival)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			it.seq = -1
			return
		}
		if attempt%sayAgain == 0 {
			d.log.Warn("a message on Signal was not committed, will try again", "attempt", attempt+1, "err", clean("handle", err))
		}
		if sleep(ctx, min(backoff(attempt), 5*time.Second)) != nil {
			it.seq = -1
			return
		}
	}
}

func (d *dispatcher) handle(ctx context.Context, a arrival) (err error) {
	defer func() {
		if recover() != nil { // the text of a panic may hold anything
			err = account.ErrPanic
		}
	}()
	origin, err := d.originOf(ctx, a)
	if err != nil {
		return err
	}
	m, ok := a.message(origin)
	if !ok {
		return nil
	}
	if m.Kind == chat.KindText || m.Kind == chat.KindMedia {
		slow := time.AfterFunc(typingAfter, func() { d.courtesy.typing(a.from) })
		defer slow.Stop()
	}
	if err := d.handler.Handle(ctx, m); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errHandler // its text is not ours to show
	}
	switch a.what {
	case whatText, whatMedia, whatEdit:
		d.courtesy.read(a.from, a.stamp)
	}
	return nil
}

// originOf finds the message that an arrival is about, as it was first sent.
func (d *dispatcher) originOf(ctx context.Context, a arrival) (origin int64, err error) {
	if a.target == 0 {
		return 0, nil
	}
	theirs, ours := d.keys.who(a.from), d.keys.who(ownPrefix)
	of := theirs
	if (a.what == whatText || a.what == whatMedia || a.what == whatReaction || a.what == whatUnreact) && a.author != a.from {
		of = ours
	}
	if origin, err = d.ledger.origin(ctx, of, aliasOf, a.target); err != nil {
		return 0, err
	}
	switch a.what {
	case whatEdit:
		err = d.ledger.alias(ctx, theirs, aliasOf, a.stamp, origin, d.now())
	case whatReaction:
		err = d.ledger.alias(ctx, theirs, aliasReaction, origin, a.stamp, d.now())
	case whatUnreact:
		origin, err = d.ledger.origin(ctx, theirs, aliasReaction, origin)
	}
	return origin, err
}
