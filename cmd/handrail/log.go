package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
)

// newLog makes the log of the program. Level and format were checked before. Its
// level can be changed while it is in use, see dial.
func newLog(w io.Writer, c Log) *slog.Logger {
	level, _ := logLevel(c.Level)
	d := &dial{configured: level}
	d.level.Set(level)
	opt := &slog.HandlerOptions{Level: slog.LevelDebug} // the gate decides
	var h slog.Handler = slog.NewTextHandler(w, opt)
	if c.Format == "json" {
		h = slog.NewJSONHandler(w, opt)
	}
	return slog.New(gate{h, d})
}

// dial is the level of a log, and counts what went through it.
type dial struct {
	level            slog.LevelVar
	configured       slog.Level
	warnings, errors atomic.Int64
}

// dialOf is the dial of a log, or one that turns nothing.
func dialOf(log *slog.Logger) *dial {
	if g, ok := log.Handler().(gate); ok {
		return g.dial
	}
	return &dial{}
}

// turn makes the log tell one level more, or as much as configured again.
func (d *dial) turn(more bool) slog.Level {
	to := d.configured
	if more {
		const step = slog.LevelInfo - slog.LevelDebug
		to = max(d.level.Level()-step, slog.LevelDebug)
	}
	d.level.Set(to)
	return to
}

// The signals that turn the dial.
const (
	tellMore = syscall.SIGUSR1
	tellLess = syscall.SIGUSR2
)

// listen turns the dial at each signal until ctx ends.
func (d *dial) listen(ctx context.Context, signals <-chan os.Signal, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-signals:
			to := d.turn(s == tellMore)
			log.Log(ctx, max(to, slog.LevelInfo), "log level changed", "to", to.String()) // seen whatever the level is
		}
	}
}

// gate lets through what the dial says.
type gate struct {
	slog.Handler
	dial *dial
}

func (g gate) Enabled(_ context.Context, l slog.Level) bool { return l >= g.dial.level.Level() }

func (g gate) Handle(ctx context.Context, r slog.Record) error {
	switch {
	case r.Level >= slog.LevelError:
		g.dial.errors.Add(1)
	case r.Level >= slog.LevelWarn:
		g.dial.warnings.Add(1)
	}
	return g.Handler.Handle(ctx, r)
}

func (g gate) WithAttrs(attrs []slog.Attr) slog.Handler {
	return gate{g.Handler.WithAttrs(attrs), g.dial}
}

func (g gate) WithGroup(name string) slog.Handler { return gate{g.Handler.WithGroup(name), g.dial} }
