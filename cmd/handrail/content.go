package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"time"

	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/lines"
	"handrail/bot/schedule"
	"handrail/flows"
)

// content is all that is written by counsellors: scripts, crisis words, help
// lines. A part is nil when it has faults.
type content struct {
	library *flow.Library
	lexicon *crisis.Lexicon
	lines   *lines.Directory
}

// source is a folder of content, how to call it in messages, and what to put
// behind handrail check to have it checked.
type source struct {
	fsys fs.FS
	name string
	arg  string
}

// openSource is the folder at dir, or what is built in for "".
func openSource(dir string) (source, error) {
	if dir == "" {
		return source{flows.FS, "flows", ""}, nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return source{}, fail("cannot read the folder %s: %v", dir, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return source{}, fail("%s is not a folder: name the one that holds the scripts", dir)
	}
	return source{os.DirFS(dir), dir, " " + dir}, nil
}

// load reads everything. All faults come in one run; err is for what cannot be
// read at all.
func (s source) load() (c content, faults []finding, err error) {
	lib, found, err := flow.Load(s.fsys, flow.Options{Readers: readers()})
	if err != nil {
		return c, nil, fail("read the scripts in %s: %v", s.name, err)
	}
	c.library = lib
	for _, f := range found {
		faults = append(faults, finding{path.Join(s.name, f.File), f.Line, f.Col, f.Rule, f.Message})
	}
	dir, more, err := s.loadLines()
	if err != nil {
		return c, nil, err
	}
	c.lines = dir
	faults = append(faults, more...)
	words, err := fs.Sub(s.fsys, "crisis")
	if err != nil {
		return c, nil, err
	}
	if c.lexicon, err = crisis.Load(words); err != nil {
		faults = append(faults, finding{path.Join(s.name, "crisis"), 1, 1, "crisis", err.Error()})
	}
	sortFindings(faults)
	return c, faults, nil
}

// loadLines reads the help lines alone.
func (s source) loadLines() (*lines.Directory, []finding, error) {
	sub, err := fs.Sub(s.fsys, "lines")
	if err != nil {
		return nil, nil, err
	}
	dir, found, err := lines.Load(sub)
	if err != nil {
		return nil, nil, fail("read the help lines in %s: %v", path.Join(s.name, "lines"), err)
	}
	var faults []finding
	for _, f := range found {
		faults = append(faults, finding{path.Join(s.name, "lines", f.File), f.Line, f.Col, f.Rule, f.Message})
	}
	return dir, faults, nil
}

// oldLines are the help lines that should be confirmed again by now.
func (s source) oldLines(dir *lines.Directory, now time.Time) (faults []finding) {
	for _, f := range dir.Check(now) {
		faults = append(faults, finding{path.Join(s.name, "lines", f.File), f.Line, f.Col, f.Rule, f.Message})
	}
	return faults
}

// sound is load for a command that needs all of it and does not check: any
// fault is one error.
func (s source) sound() (content, error) {
	c, faults, err := s.load()
	if err != nil {
		return c, err
	}
	if len(faults) > 0 {
		return c, fail("%s in %s, first %s: run handrail check%s", count(len(faults), "fault"), s.name, faults[0], s.arg)
	}
	return c, nil
}

// readers are the kinds of answers that the script language leaves to others.
func readers() map[string]flow.Reader {
	return map[string]flow.Reader{
		"time": schedule.ReadTime, "days": schedule.ReadDays,
		"zone": schedule.ReadZone, "country": schedule.ReadCountry,
	}
}
