package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
	// alone are the flows that the configuration lets begin by themselves.
	alone []string
	// telling are words of the configuration that nothing may hold that comes by
	// itself.
	telling []string
}

// openSource is the folder at dir, or what is built in for "".
func openSource(dir string) (source, error) {
	if dir == "" {
		return source{fsys: flows.FS, name: "flows"}, nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return source{}, fail("cannot read the folder %s: %v", dir, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return source{}, fail("%s is not a folder: name the one that holds the scripts", dir)
	}
	return source{fsys: os.DirFS(dir), name: dir, arg: " " + dir}, nil
}

// load reads everything. All faults come in one run; err is for what cannot be
// read at all.
func (s source) load() (c content, faults []finding, err error) {
	if c.library, faults, err = s.scripts(); err != nil {
		return c, nil, err
	}
	dir, more, err := openLines(s, "")
	if err != nil {
		return c, nil, err
	}
	c.lines = dir
	faults = append(faults, more...)
	if c.lexicon, more, err = s.words(); err != nil {
		return c, nil, err
	}
	faults = append(faults, more...)
	sortFindings(faults)
	return c, faults, nil
}

// scripts reads the scripts alone. The library is nil when there are faults that
// keep them from being used.
func (s source) scripts() (lib *flow.Library, faults []finding, err error) {
	lib, found, err := flow.Load(s.fsys, flow.Options{Readers: schedule.Readers(), Alone: s.alone, Telling: s.telling})
	if err != nil {
		return nil, nil, fail("read the scripts in %s: %v", s.name, err)
	}
	for _, f := range found {
		faults = append(faults, finding{path.Join(s.name, f.File), f.Line, f.Col, f.Rule, f.Message})
	}
	return lib, faults, nil
}

// words reads the crisis words alone. The lexicon is nil when there are faults.
func (s source) words() (x *crisis.Lexicon, faults []finding, err error) {
	sub, err := fs.Sub(s.fsys, "crisis")
	if err != nil {
		return nil, nil, err
	}
	if x, err = crisis.Load(sub); err != nil {
		return nil, crisisFaults(path.Join(s.name, "crisis"), err), nil
	}
	return x, nil, nil
}

// What crisis.Load says, a line each: a fault with its file and line, perhaps
// with a column; or that a file is no such YAML, and then the lines of it.
var (
	crisisFault = regexp.MustCompile(`^([^\s:]+\.yaml):(\d+):(?:(\d+):)? *(.*)$`)
	crisisYAML  = regexp.MustCompile(`^([^\s:]+\.yaml): yaml: (.*)$`)
	crisisLine  = regexp.MustCompile(`^line (\d+): (.*)$`)
)

// crisisFaults turns the error of crisis.Load into findings, one a line.
func crisisFaults(folder string, err error) (faults []finding) {
	file := folder // that the lines without a name belong to
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "load crisis words: ")
		if m := crisisYAML.FindStringSubmatch(line); m != nil {
			file, line = path.Join(folder, m[1]), m[2]
			if line == "unmarshal errors:" {
				continue
			}
		}
		f := finding{file, 1, 1, "crisis", line}
		if m := crisisFault.FindStringSubmatch(line); m != nil {
			f.File, f.Message = path.Join(folder, m[1]), m[4]
			f.Line, _ = strconv.Atoi(m[2])
			f.Col, _ = strconv.Atoi(m[3]) // absent: 0, printed as 1
		} else if m := crisisLine.FindStringSubmatch(line); m != nil {
			f.Message = m[2]
			f.Line, _ = strconv.Atoi(m[1])
		}
		faults = append(faults, f)
	}
	return faults
}

// wrongExamples are the sentences beside the crisis words that do not do what
// they are examples of.
func (c content) wrongExamples(src source) (faults []finding) {
	for _, x := range c.lexicon.Examples() {
		got := crisis.None
		for _, f := range c.lexicon.Scan(x.Text, x.Lang) {
			if f.Category == x.Category {
				got = f.Level
				break
			}
		}
		if got != x.Level {
			file := path.Join("crisis", x.Lang+".yaml")
			faults = append(faults, finding{
				path.Join(src.name, file), src.lineOf(file, x.Text), 1, "example",
				fmt.Sprintf("rule %s: the example %q is heard as %s, not as %s", x.Rule, x.Text, got, x.Level),
			})
		}
	}
	return faults
}

// lineOf is the first line of a file with the text in it; 1 if there is none.
func (s source) lineOf(file, text string) int {
	data, err := fs.ReadFile(s.fsys, file)
	if err != nil {
		return 1
	}
	before, _, found := strings.Cut(string(data), text)
	if !found {
		return 1
	}
	return 1 + strings.Count(before, "\n")
}

// sound is load for a command that needs all of it and does not check: any
// fault is one error.
func (s source) sound() (content, error) {
	c, faults, err := s.load()
	if err != nil {
		return c, err
	}
	faults = slices.DeleteFunc(faults, finding.mild)
	if len(faults) > 0 {
		return c, fail("%s in %s, first %s: run handrail check%s", count(len(faults), "fault"), s.name, faults[0], s.arg)
	}
	return c, nil
}

// loadSound is openSource and sound in one.
func loadSound(dir string) (content, error) {
	src, err := openSource(dir)
	if err != nil {
		return content{}, err
	}
	return src.sound()
}
