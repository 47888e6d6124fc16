package main

import (
	"fmt"
	"strings"
	"time"

	"handrail/bot/console"
	"handrail/bot/schedule"
)

type linesCmd struct {
	Country string `arg:"" optional:"" help:"Country, by name or as in GB; or check, to check the files. Without it: the countries there are."`
	At      string `placeholder:"T" help:"The moment for opening hours, as in 2026-03-28T20:59 (UTC) or with a zone behind it. Default: now."`
	Scripts string `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
}

// Help is shown by handrail lines --help.
func (linesCmd) Help() string {
	return `What the bot shows to a person, with opening hours as they are at that moment.

  handrail lines                               the countries there are
  handrail lines GB                            what the bot shows to somebody there
  handrail lines US --at 2026-03-28T20:59      as it is then
  handrail lines check                         check the files`
}

// manyLines is more than any country has.
const manyLines = 100

// Run shows or checks the help lines.
func (c *linesCmd) Run(s streams) error {
	src, err := openSource(c.Scripts)
	if err != nil {
		return err
	}
	if c.Country == "check" {
		return checkLines(s, src)
	}
	all, err := src.sound()
	if err != nil {
		return err
	}
	if c.Country == "" {
		for _, country := range all.lines.Countries() {
			fmt.Fprintln(s.out, country)
		}
		return nil
	}
	now := time.Now()
	if c.At != "" {
		if now, err = console.ParseMoment(c.At, time.UTC); err != nil {
			return misuse("--at: %v", err)
		}
	}
	country, _, ok := schedule.ReadCountry(c.Country, now)
	if !ok {
		return misuse("no country is called %q: write it as in GB, or see handrail lines", c.Country)
	}
	found := all.lines.Pick(country, "", now, manyLines)
	if len(found) == 0 {
		return fail("no help lines for %s yet: the countries are %s", country, strings.Join(all.lines.Countries(), ", "))
	}
	_, err = fmt.Fprintln(s.out, all.renderAll(found, now))
	return err
}

func checkLines(s streams, src source) error {
	dir, faults, err := src.loadLines()
	if err != nil {
		return misuse("%v", err)
	}
	if dir != nil {
		faults = append(faults, src.oldLines(dir, time.Now())...)
	}
	if len(faults) > 0 {
		sortFindings(faults)
		printFindings(s.out, faults)
		return fail("%s in the help lines: mend them and check again", count(len(faults), "fault"))
	}
	fmt.Fprintf(s.err, "help lines of %d countries: no faults\n", len(dir.Countries()))
	return nil
}
