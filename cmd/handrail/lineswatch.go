package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"time"

	"handrail/bot/lines"
)

// linesEvery is how often the files of help lines are looked at.
const linesEvery = 20 * time.Second

// linesFolder is the folder of help lines of a source, and its name.
func (s source) linesFolder() (fs.FS, string, error) {
	sub, err := fs.Sub(s.fsys, "lines")
	return sub, path.Join(s.name, "lines"), err
}

// watchLines reloads a directory whenever a file of its help lines changes,
// until ctx ends or the function that it returns is called, which waits for it.
// A bad edit is logged with its place, once, and the last good lines stay.
func watchLines(ctx context.Context, dir *lines.Directory, src source, own string, every time.Duration, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	w := linesWatch{dir: dir, src: src, own: own, log: log, seen: linesStamp(src, own)}
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				w.look()
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

type linesWatch struct {
	dir  *lines.Directory
	src  source
	own  string
	log  *slog.Logger
	seen string
}

// look reloads the lines if a file has changed since the last look.
func (w *linesWatch) look() {
	stamp := linesStamp(w.src, w.own)
	if stamp == w.seen {
		return
	}
	w.seen = stamp
	layers, err := linesLayers(w.src, w.own)
	var found []lines.Finding
	if err == nil {
		found, err = w.dir.Reload(layers...)
	}
	switch {
	case err != nil:
		w.log.Error("help lines cannot be read, the last good ones stay", "err", err)
	case len(found) > 0:
		for _, f := range found {
			w.log.Error("fault in the help lines, the last good ones stay", "fault", f.String())
		}
	default:
		w.log.Info("help lines read again", "countries", len(w.dir.Countries()))
	}
}

// linesStamp is a text that changes with the files of help lines.
func linesStamp(src source, own string) string {
	layers, err := linesLayers(src, own)
	if err != nil {
		return "none"
	}
	var b strings.Builder
	for _, l := range layers {
		names, err := fs.Glob(l.FS, "*.yaml")
		if err != nil {
			continue
		}
		for _, name := range names {
			info, err := fs.Stat(l.FS, name)
			if err != nil {
				continue
			}
			fmt.Fprintf(&b, "%s/%s %d %d\n", l.Name, name, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}
