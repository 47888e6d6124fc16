package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"handrail/bot/console"
	"handrail/bot/store"
)

type checkCmd struct {
	Config  string `short:"c" placeholder:"FILE" help:"Check this configuration too, and the scripts that it names."`
	Format  string `enum:"text,json" default:"text" placeholder:"FORM" help:"text, or json for other programs."`
	Explain string `placeholder:"RULE" help:"Tell what a rule is about, why, and how to mend a fault, and check nothing."`
	Dir     string `arg:"" optional:"" help:"Folder with the scripts. Default: those of the configuration, or the built-in ones."`
}

// Help is shown by handrail check --help.
func (checkCmd) Help() string {
	return `Reads the configuration if one is given, the scripts, the crisis words with the examples beside them, the help lines, and plays the transcripts in the folder testdata. Every fault is a line on standard output: file:line:column: message (rule). On a terminal they have colours; NO_COLOR=1 leaves them out.

With a configuration, a help line that was checked more than 90 days ago is a fault: confirm it, or take a record of your own. Without one it is a note on standard error.

Exit code 0: no faults, 1: faults, 2: something could not be read.

  handrail check flows
  handrail check --explain long-text
  handrail check -c config.yaml`
}

// Run checks everything there is.
func (c *checkCmd) Run(ctx context.Context, s streams) error {
	if c.Explain != "" {
		return explainRule(s.out, c.Explain)
	}
	faults, old, summary, err := c.find(ctx)
	if c.Config != "" && err == nil {
		if cfg, _, err := loadConfig(c.Config); err == nil {
			for _, f := range tellingNames(cfg) { // no fault: the operator may know better
				fmt.Fprintf(s.err, "%s: %s (%s)\n", c.Config, f.Message, f.Rule)
			}
		}
	}
	if err != nil {
		var f *failure
		if errors.As(err, &f) {
			return misuse("%s", f.text)
		}
		return misuse("%v", err)
	}
	sortFindings(faults)
	if c.Format == "json" {
		if err := writeJSON(s.out, faults, old); err != nil {
			return err
		}
		if len(faults) > 0 {
			return fail("")
		}
		return nil
	}
	if len(faults) > 0 {
		show := printFindings
		if wantsColour(s.out) {
			show = coloured
		}
		show(s.out, faults)
		return fail("%s: mend them and run handrail check again (%s; handrail check --explain RULE tells more)", count(len(faults), "fault"), ruleCounts(faults))
	}
	// Lines grow old by themselves. That is for the operator to mend, whose check
	// names a configuration, and must not turn a sound set of files into a faulty
	// one overnight.
	printFindings(s.err, old)
	fmt.Fprintln(s.err, summary+": no faults")
	return nil
}

func (c *checkCmd) find(ctx context.Context) (faults, old []finding, summary string, err error) {
	dir, own := c.Dir, ""
	var cfg Config
	if c.Config != "" {
		var found []finding
		cfg, found, err = loadConfig(c.Config)
		if err != nil {
			return nil, nil, "", err
		}
		faults = append(faults, found...)
		if cfg.Database != "" && len(found) == 0 {
			if err := reachDatabase(ctx, cfg); err != nil {
				faults = append(faults, finding{c.Config, 1, 1, "config", fmt.Sprintf("the database cannot be used: %v", oneLine(err))})
			}
		}
		if dir == "" {
			dir = cfg.Scripts
		}
		own = cfg.Lines
	}
	src, err := openSource(dir)
	if err != nil {
		return nil, nil, "", err
	}
	src.alone, src.telling = cfg.alone(), cfg.OrganizationNames
	all, found, err := src.load()
	if err != nil {
		return nil, nil, "", err
	}
	faults = append(faults, found...)
	if all.library != nil {
		more, err := broadcastFaults(c.Config, all.library)
		if err != nil {
			return nil, nil, "", err
		}
		faults = append(faults, more...)
	}
	directory := all.lines
	if own != "" && directory != nil { // the transcripts do not know them
		var more []finding
		if directory, more, err = openLines(src, own); err != nil {
			return nil, nil, "", err
		}
		faults = append(faults, more...)
	}
	played := 0
	if all.lexicon != nil {
		faults = append(faults, all.wrongExamples(src)...)
	}
	if !slices.ContainsFunc(found, func(f finding) bool { return !f.mild() }) { // faulty scripts would only fail every transcript
		var more []finding
		played, more, err = all.playAll(ctx, src)
		if err != nil {
			return nil, nil, "", err
		}
		faults = append(faults, more...)
	}
	if len(faults) == 0 {
		summary = fmt.Sprintf("%s, %s, help lines of %d countries", count(len(all.library.Flows()), "script"),
			count(played, "transcript"), len(directory.Countries()))
		for _, l := range all.library.Languages()[1:] {
			summary += ", " + translated(l)
		}
	}
	if directory != nil {
		old = oldLines(directory, time.Now())
	}
	if c.Config != "" { // these numbers are given to people: their age is a fault
		faults, old = append(faults, old...), nil
	}
	return faults, old, summary, nil
}

// reachDatabase tells whether the database of the configuration answers.
func reachDatabase(ctx context.Context, cfg Config) error {
	o, err := cfg.storeOptions(nil, nil)
	if err != nil {
		return err
	}
	return store.Reach(ctx, o)
}

// playedAtOnce is how many transcripts are played at the same time. They wait
// for the disk more than they compute.
const playedAtOnce = 8

// transcripts are the files of all transcripts: those of one person with the bot,
// and in a folder of their own those with staff.
func transcripts(fsys fs.FS) ([]string, error) {
	files, err := fs.Glob(fsys, "testdata/*.txt")
	if err != nil {
		return nil, err
	}
	more, err := fs.Glob(fsys, "testdata/desk/*.txt")
	return append(files, more...), err
}

// playAll plays the transcripts of a source. The faults are in the order of the
// files.
func (c content) playAll(ctx context.Context, src source) (played int, faults []finding, err error) {
	files, err := transcripts(src.fsys)
	if err != nil {
		return 0, nil, err
	}
	found := make([]*console.Fault, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(playedAtOnce)
	for i, file := range files {
		g.Go(func() error {
			data, err := fs.ReadFile(src.fsys, file)
			if err != nil {
				return fmt.Errorf("read a transcript: %w", err)
			}
			folder, err := fs.Sub(src.fsys, path.Dir(file))
			if err != nil {
				return err
			}
			p, err := playFile(ctx, c, folder, path.Join(src.name, file), data)
			found[i] = p.Fault
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return 0, nil, err
	}
	for _, f := range found {
		if f != nil {
			faults = append(faults, finding{f.File, f.Line, 1, "transcript", f.Message})
		}
	}
	return len(files), faults, nil
}
