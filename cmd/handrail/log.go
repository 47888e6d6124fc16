package main

import (
	"io"
	"log/slog"
)

// newLog makes the log of the program. Level and format were checked before.
func newLog(w io.Writer, c Log) *slog.Logger {
	level, _ := logLevel(c.Level)
	opt := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}
