package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"text/tabwriter"
	"time"

	"handrail/bot/console"
	"handrail/bot/flow"
	"handrail/bot/lines"
	"handrail/bot/schedule"
)

type linesCmd struct {
	Country string `arg:"" optional:"" help:"Country, by name or as in GB; or check, to check the files. Without it: the countries there are."`
	At      string `placeholder:"T" help:"The moment for opening hours and ages, as in 2026-03-28T20:59 (UTC) or with a zone behind it. Default: now."`
	Need    string `enum:",dv,crisis,emergency,sexual,child,own_behaviour,danger,more" default:"" placeholder:"KIND" help:"What the person needs: dv, crisis, emergency, sexual, child, own_behaviour, danger (the usual three, emergency first) or more (what the usual three leave out). Default: the usual three."`
	All     bool   `help:"Every record of the country, shown or not, and why not."`
	Own     string `placeholder:"DIR" help:"Folder with help lines of your own, laid over the others."`
	Config  string `short:"c" placeholder:"FILE" help:"Take the folders from this configuration."`
	Scripts string `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
}

// Help is shown by handrail lines --help.
func (linesCmd) Help() string {
	return `What the bot shows to a person, with opening hours as they are at that moment.

  handrail lines                               the countries there are
  handrail lines GB                            what the bot shows to somebody there
  handrail lines US --at 2026-03-28T20:59      as it is then
  handrail lines DE --all                      every record, and why it is not shown
  handrail lines check -c config.yaml          check the files, your own too

Check writes a line for every fault: file:line:column: message (rule). A record older than 90 days is a warning, one that is older than a year and no longer shown is a fault. Exit code 0: no faults, 1: faults, 2: something could not be read.`
}

// Run shows or checks the help lines.
func (c *linesCmd) Run(s streams) error {
	now := time.Now()
	var err error
	if c.At != "" {
		if now, err = console.ParseMoment(c.At, time.UTC); err != nil {
			return misuse("--at: %v", err)
		}
	}
	if c.Config != "" {
		cfg, _, err := loadConfig(c.Config) // its own faults are for handrail check
		if err != nil {
			return err
		}
		if c.Scripts == "" {
			c.Scripts = cfg.Scripts
		}
		if c.Own == "" {
			c.Own = cfg.Lines
		}
	}
	src, err := openSource(c.Scripts)
	if err != nil {
		return err
	}
	if c.Country == "check" {
		return checkLines(s, src, c.Own, now)
	}
	dir, err := soundLines(src, c.Own)
	if err != nil {
		return err
	}
	if c.Country == "" {
		for _, country := range dir.Countries() {
			fmt.Fprintln(s.out, country)
		}
		return nil
	}
	country, _, ok := schedule.ReadCountry(c.Country, now)
	if up := strings.ToUpper(c.Country); !ok && len(dir.All(up)) > 0 {
		country, ok = up, true // in, it, no: words in a talk, codes here
	}
	if !ok {
		return misuse("no country is called %q: write it as in GB, or see handrail lines", c.Country)
	}
	if c.All {
		return listLines(s.out, dir.All(country), now)
	}
	library, found, err := flow.Load(src.fsys, flow.Options{Readers: schedule.Readers()}) // for its sentences
	if err != nil {
		return fail("read the scripts in %s: %v", src.name, err)
	}
	if len(found) > 0 {
		return fail("%s in the scripts: run handrail check%s", count(len(found), "fault"), src.arg)
	}
	_, err = fmt.Fprintln(s.out, lines.Render(dir.Pick(country, c.Need, now, 0), now, library.Text))
	return err
}

// listLines writes a row for every record.
func listLines(w io.Writer, found []lines.Line, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range found {
		state := "shown"
		switch {
		case !l.Confirmed():
			state = "not confirmed"
		case !l.Shown(now):
			state = "too old"
		}
		number := l.Phone
		for _, other := range []string{l.SMS, l.Chat, l.URL} {
			if number == "" {
				number = other
			}
		}
		word := l.Confidence
		if l.ConfirmedOn != "" {
			word = "confirmed"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.Kind, number, state, word, l.CheckedOn)
	}
	return t.Flush()
}

func checkLines(s streams, src source, own string, now time.Time) error {
	dir, faults, err := openLines(src, own)
	if err != nil {
		var f *failure
		if errors.As(err, &f) {
			return misuse("%s", f.text)
		}
		return misuse("%v", err)
	}
	var old []finding
	waiting := 0
	if dir != nil {
		for _, f := range oldLines(dir, now) {
			if f.Rule == "stale" {
				old = append(old, f)
			} else {
				faults = append(faults, f)
			}
		}
		for _, l := range dir.All("") {
			if !l.Confirmed() {
				waiting++
			}
		}
	}
	printFindings(s.err, old)
	if len(faults) > 0 {
		sortFindings(faults)
		printFindings(s.out, faults)
		return fail("%s in the help lines: mend them and check again", count(len(faults), "fault"))
	}
	fmt.Fprintf(s.err, "help lines of %d countries: no faults, %s; %s not shown until confirmed\n",
		len(dir.Countries()), count(len(old), "warning"), count(waiting, "record"))
	return nil
}

// linesLayers are the folders of help lines: those with the scripts, and the
// organization's own over them.
func linesLayers(src source, own string) ([]lines.Layer, error) {
	sub, err := fs.Sub(src.fsys, "lines")
	if err != nil {
		return nil, err
	}
	layers := []lines.Layer{{FS: sub, Name: path.Join(src.name, "lines")}}
	if own == "" {
		return layers, nil
	}
	info, err := os.Stat(own)
	if err != nil {
		return nil, fail("cannot read the folder %s: %v", own, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return nil, fail("%s is not a folder: name the one that holds your help lines", own)
	}
	return append(layers, lines.Layer{FS: os.DirFS(own), Name: own}), nil
}

// openLines reads the help lines alone, with the organization's own in the
// folder own, if it is not empty. The directory is nil when there are faults.
func openLines(src source, own string) (*lines.Directory, []finding, error) {
	layers, err := linesLayers(src, own)
	if err != nil {
		return nil, nil, err
	}
	dir, found, err := lines.LoadLayers(layers...)
	if err != nil {
		return nil, nil, fail("read the help lines: %v", err)
	}
	return dir, lineFindings(found), nil
}

// soundLines is openLines for a command that does not check: any fault is one
// error.
func soundLines(src source, own string) (*lines.Directory, error) {
	dir, faults, err := openLines(src, own)
	if err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		return nil, fail("%s in the help lines, first %s: run handrail lines check", count(len(faults), "fault"), faults[0])
	}
	return dir, nil
}

// oldLines are the help lines that should be confirmed again by now.
func oldLines(dir *lines.Directory, now time.Time) []finding { return lineFindings(dir.Check(now)) }

func lineFindings(found []lines.Finding) (out []finding) {
	for _, f := range found {
		out = append(out, finding(f))
	}
	return out
}
