package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"handrail/bot/flow"
	"handrail/bot/schedule"
)

type flowsExtractCmd struct {
	Lang    string `arg:"" help:"The language to translate into, as in es or pt-BR."`
	Check   bool   `help:"Write nothing: tell what is missing, and end with 1 if anything is."`
	Scripts string `placeholder:"DIR" help:"Folder with the scripts; the file is written into its folder locale. Without it, the built-in scripts are read and the file goes to standard output."`
}

// Help is shown by handrail flows extract --help.
func (flowsExtractCmd) Help() string {
	return `Writes locale/LANG.po with every text that the scripts have now: a file that Poedit, Weblate and other tools for translators read. What was translated is kept. A text that changed is marked fuzzy and stands beside the one before; a text that is gone goes to the end of the file. Run it as often as you like.

  handrail flows extract es --scripts flows
  handrail flows extract es --scripts flows --check`
}

// Run writes the file, or tells what is missing in it.
func (c *flowsExtractCmd) Run(s streams) error {
	src, err := openSource(c.Scripts)
	if err != nil {
		return err
	}
	name, data, found, err := flow.Extract(src.fsys, flow.Options{Readers: schedule.Readers()}, c.Lang)
	if errors.Is(err, flow.ErrLanguage) {
		return misuse("%q is %v", c.Lang, err)
	}
	if err != nil {
		return fail("read the scripts in %s: %v", src.name, err)
	}
	if len(found) > 0 {
		for _, f := range found {
			fmt.Fprintln(s.err, finding{path.Join(src.name, f.File), f.Line, f.Col, f.Rule, f.Message})
		}
		return fail("%s: mend them first", count(len(found), "fault"))
	}
	if c.Check {
		return c.missing(s, src, name, data)
	}
	if c.Scripts == "" {
		_, err := s.out.Write(data)
		return err
	}
	file := filepath.Join(c.Scripts, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fail("make the folder for translations: %v", err)
	}
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, data) {
		fmt.Fprintln(s.err, file+" is up to date")
		return nil
	}
	if err := rewrite(file, data); err != nil {
		return fail("write the translation: %v", err)
	}
	fmt.Fprintln(s.err, "wrote "+file)
	return nil
}

// missing tells which flows are not translated, or not wholly.
func (c *flowsExtractCmd) missing(s streams, src source, name string, data []byte) error {
	old, err := fs.ReadFile(src.fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fail("there is no %s: write it with handrail flows extract %s --scripts %s", path.Join(src.name, name), c.Lang, src.name)
	}
	if err != nil {
		return fail("read the translation: %v", err)
	}
	faults := 0
	if !bytes.Equal(old, data) {
		faults++
		fmt.Fprintf(s.out, "%s:1:1: the scripts have changed: run handrail flows extract %s (translation)\n", path.Join(src.name, name), c.Lang)
	}
	all, found, err := src.load()
	if err != nil {
		return err
	}
	for _, f := range found {
		if strings.HasSuffix(f.File, name) {
			faults++
			fmt.Fprintln(s.out, f)
		}
	}
	if all.library != nil {
		for _, l := range all.library.Languages() {
			if l.Tag != strings.ReplaceAll(c.Lang, "_", "-") {
				continue
			}
			for _, id := range l.Missing {
				faults++
				fmt.Fprintln(s.out, id+" is not translated")
			}
			fmt.Fprintln(s.err, translated(l))
		}
	}
	if faults > 0 {
		return fail("something is missing in %s", path.Join(src.name, name))
	}
	return nil
}

// translated says how much of the scripts there is in a language.
func translated(l flow.Language) string {
	return fmt.Sprintf("%s: %d of %s are translated", l.Tag, l.Flows, count(l.Of, "script"))
}
