package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
)

// meter counts what goes through the networks: how many and how long, never what
// or whose.
type meter struct {
	received, unhandled           atomic.Int64
	sent, refused, paused, unsent atomic.Int64
	handling, sending             spread
	synced                        atomic.Pointer[func() time.Time]
}

// bounds are the upper ends of the classes of a spread, in seconds.
var bounds = [...]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// spread counts durations by class.
type spread struct {
	class [len(bounds) + 1]atomic.Int64 // the last one is everything above
	sum   atomic.Int64                  // nanoseconds
}

func (s *spread) add(d time.Duration) {
	i := 0
	for i < len(bounds) && d.Seconds() > bounds[i] {
		i++
	}
	s.class[i].Add(1)
	s.sum.Add(int64(d))
}

// wrap counts what goes through a transport. Synced tells when it last heard of
// its network; nil: it cannot tell.
func (m *meter) wrap(t chat.Transport, synced func() time.Time) chat.Transport {
	if synced != nil {
		m.synced.Store(&synced)
	}
	return metered{t, m}
}

// wrapOpened is wrap for a transport that is closed by whoever runs it.
func (m *meter) wrapOpened(o bot.Opened, synced func() time.Time) bot.Opened {
	return meteredOpened{m.wrap(o, synced), o}
}

// meteredOpened is a metered transport with the Close of what is inside.
type meteredOpened struct {
	chat.Transport
	inner bot.Opened
}

func (t meteredOpened) Close() error { return t.inner.Close() }

// lastSync is when the network was last heard of; zero: not yet.
func (m *meter) lastSync() time.Time {
	if synced := m.synced.Load(); synced != nil {
		return (*synced)()
	}
	return time.Time{}
}

// metered is a transport whose messages are counted.
type metered struct {
	chat.Transport
	m *meter
}

func (t metered) Run(ctx context.Context, h chat.Handler) error {
	return t.Transport.Run(ctx, meteredHandler{h, t.m})
}

func (t metered) Send(ctx context.Context, out chat.Outgoing) (string, error) {
	began := time.Now()
	event, err := t.Transport.Send(ctx, out)
	var never *chat.PermanentError
	var pause *chat.RetryError
	switch {
	case err == nil:
		t.m.sent.Add(1)
		t.m.sending.add(time.Since(began))
	case errors.As(err, &never):
		t.m.refused.Add(1)
	case errors.As(err, &pause):
		t.m.paused.Add(1)
	case ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded):
		t.m.unsent.Add(1)
	}
	return event, err
}

// meteredHandler counts what arrives.
type meteredHandler struct {
	chat.Handler
	m *meter
}

func (h meteredHandler) Handle(ctx context.Context, msg chat.Message) error {
	began := time.Now()
	err := h.Handler.Handle(ctx, msg)
	if err != nil {
		h.m.unhandled.Add(1)
		return err
	}
	h.m.received.Add(1)
	h.m.handling.add(time.Since(began))
	return nil
}
