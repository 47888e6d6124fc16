package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"handrail/bot/console"
	"handrail/bot/crisis"
)

type crisisCmd struct {
	Scan  scanCmd     `cmd:"" help:"Read messages, a line each, and tell what the crisis words hear in them."`
	Score crisisScore `cmd:"" help:"Tell how much of a list of labelled messages is heard, and how much alarms for nothing."`
}

type scanCmd struct {
	Lang    string `placeholder:"LANG" help:"Only the words of this language, as in en. Default: all."`
	Why     bool   `help:"Add a column: the words that spoke, or what was overruled as harmless, and by which words."`
	Scripts string `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
}

// Help is shown by handrail crisis scan --help.
func (scanCmd) Help() string {
	return `One line in, one line out: level, category and rule, with tabs between. The level is crisis (answered at once), ask (the bot asks gently) or none; what is empty is "-".

  echo "he has a gun" | handrail crisis scan`
}

// Run scans standard input.
func (c *scanCmd) Run(ctx context.Context, s streams) error {
	all, err := loadSound(c.Scripts)
	if err != nil {
		return err
	}
	oneCell := strings.NewReplacer("\t", " ", "\r", " ")
	return eachLine(interruptible(ctx, s.in), s.out, func(line string) string {
		found := all.lexicon.Scan(line, c.Lang)
		if !c.Why {
			return scanned(found)
		}
		return scanned(found) + "\t" + oneCell.Replace(why(all.lexicon, line, c.Lang, found))
	})
}

type crisisScore struct {
	Files   []string `arg:"" name:"FILE" help:"Lists of messages, each with the name of its language, as in en.tsv."`
	Scripts string   `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
}

// Help is shown by handrail crisis score --help.
func (crisisScore) Help() string {
	return `A list has tabs between its cells and names its columns in the first line: label (a category, or none), expected (crisis, ask or none), text and note. For each list, its parts and each category, the table says in per cent how many direct statements ("style=direct" in the note) and how many of all statements of danger are heard, how many crises as a crisis, how many in their own category, and how many harmless messages alarm. Nothing was learned from messages with "unseen" in the note.

  handrail crisis score flows/testdata/crisis/*.tsv`
}

// Run prints the tables.
func (c *crisisScore) Run(s streams) error {
	all, err := loadSound(c.Scripts)
	if err != nil {
		return err
	}
	for _, file := range c.Files {
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read the messages: %w", err)
		}
		list, err := crisis.ParseCorpus(data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		lang := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		scores := all.lexicon.Score(lang, list)
		for _, p := range crisis.Parts() {
			if len(scores[p]) == 0 {
				continue
			}
			if _, err := fmt.Fprintf(s.out, "%s, %s messages\n%s\n", lang, p, scores.Table(p)); err != nil {
				return fmt.Errorf("write the output: %w", err)
			}
		}
	}
	return nil
}

// scanned is the line for what was found, most serious first.
func scanned(found []crisis.Finding) string {
	if len(found) == 0 || found[0].Level == crisis.None {
		return crisis.None.String() + "\t-\t-"
	}
	f := found[0]
	return f.Level.String() + "\t" + orDash(f.Category) + "\t" + orDash(f.Rule)
}

// why says which words of a line spoke, or which rule was overruled by which words.
func why(x *crisis.Lexicon, line, lang string, found []crisis.Finding) string {
	if len(found) > 0 {
		return line[found[0].Start:found[0].End]
	}
	for _, o := range x.Overruled(line, lang) {
		return fmt.Sprintf("%s at %q overruled by %q", o.Rule, line[o.Start:o.End], line[o.From:o.To])
	}
	return "-"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// eachLine answers every line of in with one line on out. Each answer goes out
// before the next line is read, so that another program can talk with it.
func eachLine(in io.Reader, out io.Writer, answer func(string) string) error {
	r := bufio.NewReader(in)
	for {
		line, more, err := console.ReadLine(r)
		if err != nil {
			return fmt.Errorf("read the input: %w", err)
		}
		if !more {
			return nil
		}
		if _, err := fmt.Fprintln(out, answer(line)); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
	}
}
