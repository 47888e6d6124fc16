package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"handrail/bot"
)

const (
	// watchEvery is how often the files of the content are looked at, and how
	// long they must have been still before they are read: an editor writes a
	// file in steps, a checkout many files.
	watchEvery = 2 * time.Second
	// faultsLogged is how many faults of one bad set are logged.
	faultsLogged = 20
)

// reloader keeps what the bot runs on in step with the files. Scripts, crisis
// words and help lines are each taken whole or not at all: with a fault in one,
// its last good version stays, and the others are taken all the same.
type reloader struct {
	src   source
	own   string // folder of the organization's help lines; "": none
	swap  func(context.Context, bot.Content) error
	log   *slog.Logger
	inUse bot.Content
	parts []*part
	tried string // the stamp of the files as they were last read
	last  string // the stamp at the last look
}

// part is one of the three kinds of content.
type part struct {
	name    string
	folders []folder
	// load reads the part into c. What cannot be used is faults or an error.
	load func(c *bot.Content) (faults []finding, err error)
	seen map[string][32]byte // hashes of the files as they were last read
}

// folder is where files of a part lie.
type folder struct {
	fsys     fs.FS
	name     string
	patterns []string
}

// newReloader is for a bot that runs on c, read from src and own a moment ago.
func newReloader(src source, own string, c bot.Content, swap func(context.Context, bot.Content) error, log *slog.Logger) *reloader {
	r := &reloader{src: src, own: own, swap: swap, log: log, inUse: c}
	at := func(dir string) folder {
		sub, err := fs.Sub(src.fsys, dir)
		if err != nil { // no name of ours is wrong
			panic(err)
		}
		return folder{sub, path.Join(src.name, dir), []string{"*.yaml", "*.yml"}}
	}
	lines := &part{name: "help lines", folders: []folder{at("lines")}, load: r.loadLines}
	if own != "" {
		lines.folders = append(lines.folders, folder{os.DirFS(own), own, []string{"*.yaml", "*.yml"}})
	}
	r.parts = []*part{
		{name: "scripts", folders: []folder{{src.fsys, src.name, []string{"*.yaml", "locale/*.po"}}}, load: r.loadScripts},
		{name: "crisis words", folders: []folder{at("crisis")}, load: r.loadWords},
		lines,
	}
	r.tried = r.stamp()
	r.last = r.tried
	for _, p := range r.parts {
		p.seen, _ = p.hashes() // what cannot be read now is read at the next change
	}
	return r
}

// run looks at the files until ctx ends, and reads them at once when now says
// so.
func (r *reloader) run(ctx context.Context, now <-chan os.Signal, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.look(ctx)
		case <-now:
			if !r.read(ctx) {
				r.log.Info("asked to read the files again: nothing has changed")
			}
		}
	}
}

// look reads the files if they have changed since they were last read and are
// still.
func (r *reloader) look(ctx context.Context) {
	stamp := r.stamp()
	still := stamp == r.last
	r.last = stamp
	if still && stamp != r.tried {
		r.read(ctx)
	}
}

// read takes what has changed, and tells whether anything had.
func (r *reloader) read(ctx context.Context) (changed bool) {
	stamp := r.stamp()
	next, before := r.inUse, map[*part]map[string][32]byte{}
	for _, p := range r.parts {
		files, err := p.hashes()
		if err != nil {
			r.log.Error(p.name+" cannot be read, the last good ones stay in use", "err", err)
			changed = true
			continue
		}
		names := differing(p.seen, files)
		if len(names) == 0 {
			continue
		}
		changed = true
		was := p.seen
		p.seen = files
		c := next
		faults, err := p.load(&c)
		switch {
		case err != nil:
			r.log.Error(p.name+" not taken, the last good ones stay in use", "files", list(names), "err", err)
		case len(faults) > 0:
			r.refuse(p, names, faults)
		default:
			next, before[p] = c, was
			r.log.Info(p.name+" read again", "files", list(names), "count", len(names))
		}
	}
	r.tried = stamp // a change meanwhile has another one, and is read at the next look
	if len(before) == 0 {
		return changed
	}
	if err := r.swap(ctx, next); err != nil {
		r.log.Error("what was read cannot be put in use, trying again", "err", err)
		for p, was := range before {
			p.seen = was
		}
		r.tried = ""
		return changed
	}
	r.inUse = next
	debug.FreeOSMemory() // what reading took, and what was replaced
	return changed
}

// refuse tells of the faults of a bad part.
func (r *reloader) refuse(p *part, names []string, faults []finding) {
	for i, f := range faults {
		if i == faultsLogged {
			break
		}
		r.log.Error("fault in the "+p.name, "fault", f.String())
	}
	r.log.Error(p.name+" not taken, the last good ones stay in use: mend the faults and save, handrail check"+r.src.arg+" lists them",
		"files", list(names), "faults", len(faults))
}

func (r *reloader) loadScripts(c *bot.Content) (faults []finding, err error) {
	if c.Library, faults, err = r.src.scripts(); err != nil || c.Library == nil {
		return faults, err
	}
	return nil, c.Check()
}

func (r *reloader) loadWords(c *bot.Content) (faults []finding, err error) {
	c.Lexicon, faults, err = r.src.words()
	return faults, err
}

func (r *reloader) loadLines(c *bot.Content) (faults []finding, err error) {
	if c.Lines, faults, err = openLines(r.src, r.own); err != nil || c.Lines == nil {
		return faults, err
	}
	if len(c.Lines.Countries()) == 0 { // the folder was emptied
		return nil, fail("there is no help line in %s", path.Join(r.src.name, "lines"))
	}
	return nil, nil
}

// stamp is a text that changes with the files of all parts, for little work. It
// is not what decides whether something is new: see hashes.
func (r *reloader) stamp() string {
	var b strings.Builder
	for _, p := range r.parts {
		for _, f := range p.folders {
			names, err := f.files()
			if err != nil {
				fmt.Fprintf(&b, "%s none\n", f.name)
			}
			for _, name := range names {
				info, err := fs.Stat(f.fsys, name)
				if err != nil {
					continue
				}
				fmt.Fprintf(&b, "%s/%s %d %d\n", f.name, name, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return b.String()
}

// files are the names of the folder's files. A folder that is not there is an
// error.
func (f folder) files() (names []string, err error) {
	if _, err := fs.Stat(f.fsys, "."); err != nil {
		return nil, fmt.Errorf("look into %s: %w", f.name, err)
	}
	for _, pattern := range f.patterns {
		found, err := fs.Glob(f.fsys, pattern)
		if err != nil {
			return nil, fmt.Errorf("look into %s: %w", f.name, err)
		}
		names = append(names, found...)
	}
	// What begins with a dot is an editor's own, and nothing else reads it either.
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(path.Base(name), ".") }), nil
}

// hashes tells the contents of the part's files apart.
func (p *part) hashes() (map[string][32]byte, error) {
	out := map[string][32]byte{}
	for _, f := range p.folders {
		names, err := f.files()
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			data, err := fs.ReadFile(f.fsys, name)
			if err != nil {
				return nil, fmt.Errorf("read a file of %s: %w", f.name, err)
			}
			out[path.Join(f.name, name)] = sha256.Sum256(data)
		}
	}
	return out, nil
}

// differing names the files that are in one of two sets only, or are not the
// same in both.
func differing(a, b map[string][32]byte) []string {
	names := map[string]bool{}
	for name, hash := range a {
		if other, ok := b[name]; !ok || other != hash {
			names[name] = true
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// list is the first names in one text, so that a whole checkout is one line.
func list(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], " ") + " ..."
	}
	return strings.Join(names, " ")
}
