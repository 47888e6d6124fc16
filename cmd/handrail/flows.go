package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"handrail/bot/console"
	"handrail/bot/flow"
)

type flowsCmd struct {
	List    flowsListCmd    `cmd:"" help:"All conversations: id, title, what starts them."`
	Match   flowsMatchCmd   `cmd:"" help:"Which conversation a message starts."`
	Play    flowsPlayCmd    `cmd:"" help:"Play transcripts and compare."`
	Graph   flowsGraphCmd   `cmd:"" help:"Draw a conversation."`
	Extract flowsExtractCmd `cmd:"" help:"Write or update a translation."`
	Schema  flowsSchemaCmd  `cmd:"" help:"The JSON Schema of a script, for editors."`
}

// phrasesShown is how many start phrases of a flow are listed.
const phrasesShown = 3

type flowsListCmd struct {
	Scripts string `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
}

// Run lists the flows.
func (c *flowsListCmd) Run(s streams) error {
	all, err := loadSound(c.Scripts)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, f := range all.library.Flows() {
		about := f.Title
		if len(f.Start) > 0 {
			about += "\t" + strings.Join(f.Start[:min(len(f.Start), phrasesShown)], ", ")
		}
		fmt.Fprintf(w, "%s\t%s\n", f.ID, about)
	}
	return w.Flush()
}

type flowsMatchCmd struct {
	Lang    string   `placeholder:"LANG" default:"en" help:"The person's language: its phrases come first."`
	Text    []string `arg:"" optional:"" help:"The message. Without it: a message a line on standard input."`
	Score   []string `placeholder:"FILE" help:"Compare with a list of labelled messages (message, tab, flow or -) and print what was taken for what."`
	Scripts string   `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
}

// Help is shown by handrail flows match --help.
func (flowsMatchCmd) Help() string {
	return `With a text: the flow that it reaches when nothing waits, by which phrase and why, and what came behind. Crisis words are heard before all this: the last line says so where the message holds some; see handrail crisis scan.

Without one: a message a line on standard input, and for each one line: the flow and the phrase, with a tab between; "-" for both where nothing fits. Where the bot would offer two flows it is the first of them.

  handrail flows match "thinking about texting her again"
  handrail flows match --score flows/testdata/intents/en.tsv`
}

// Run matches one message or one a line.
func (c *flowsMatchCmd) Run(ctx context.Context, s streams) error {
	all, err := loadSound(c.Scripts)
	if err != nil {
		return err
	}
	voice, err := all.voice(c.Lang)
	if err != nil {
		return err
	}
	if len(c.Score) > 0 {
		return scoreFiles(all.library, c.Lang, c.Score, s.out)
	}
	if len(c.Text) > 0 {
		text := strings.Join(c.Text, " ")
		_, err := io.WriteString(s.out, matched(voice, text)+"\n"+explained(voice, text)+all.heardFirst(voice, text))
		return err
	}
	return eachLine(interruptible(ctx, s.in), s.out, func(line string) string { return matched(voice, line) })
}

// scoreFiles prints how the matching does on each list.
func scoreFiles(lib *flow.Library, lang string, files []string, out io.Writer) error {
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return fail("read the labelled messages: %v", err)
		}
		list, err := readIntents(data)
		if err != nil {
			return fail("%s: %v", file, err)
		}
		result := scoreOf(lib, lang, list)
		if len(result.labels) > 0 {
			return fail("%s: there is no flow %q: see handrail flows list", file, result.labels[0])
		}
		fmt.Fprintf(out, "%s\n%s", file, result)
	}
	return nil
}

// matched is the line for a message: the words that are always heard first,
// then those that start a flow.
func matched(lib flow.Voice, text string) string {
	if id, ok := lib.First(text); ok {
		return id + "\t" + flow.Normalise(text)
	}
	if id, phrase, ok := lib.Match(text); ok {
		return id + "\t" + orDash(phrase)
	}
	return "-\t-"
}

// explained says why a message reaches what it does, a line each, indented.
func explained(lib flow.Voice, text string) string {
	if _, ok := lib.First(text); ok {
		return "  heard before all else, even before the crisis words: the message is the phrase\n"
	}
	v := lib.Explain(text)
	var b strings.Builder
	switch {
	case len(v.Best) == 0:
		b.WriteString("  no flow fits: the menu answers, for somebody new the welcome\n")
	case len(v.Best) > 1:
		b.WriteString("  too close to tell apart: the bot asks which of two is meant\n")
	}
	list := func(what string, found []flow.Candidate) {
		for _, f := range found {
			fmt.Fprintf(&b, "  %s %s, by %q", what, f.Flow, f.Phrase)
			if f.Needed > 0 {
				fmt.Fprintf(&b, ": %s of %d needed", count(f.Points, "point"), f.Needed)
			}
			b.WriteByte('\n')
			for _, why := range f.Why {
				b.WriteString("    " + why + "\n")
			}
		}
	}
	list("reached:", v.Best)
	list("behind:", v.Others)
	return b.String()
}

// heardFirst is the line that says which crisis words come before the flow of a
// message, "" if there are none: a start phrase that looks well and never opens
// its flow is hard to explain otherwise.
func (c content) heardFirst(lib flow.Voice, text string) string {
	if _, first := lib.First(text); first {
		return ""
	}
	found := c.lexicon.Scan(text, "")
	if len(found) == 0 {
		return ""
	}
	f := found[0]
	return fmt.Sprintf("  danger: the crisis words answer before any flow: %s, %s, rule %s at %q\n", f.Level, f.Category, f.Rule, text[f.Start:f.End])
}

type flowsPlayCmd struct {
	Files   []string `arg:"" name:"file" help:"Transcripts."`
	Update  bool     `help:"Write into the files what the bot really says. Read the difference before you keep it."`
	Scripts string   `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
}

// Help is shown by handrail flows play --help.
func (flowsPlayCmd) Help() string {
	return `A transcript is a talk in a file, and a test:

  # daily check-in, evening, Berlin
  @ 2026-03-28T20:59 Europe/Berlin
  < /start checkin
  @ +1d
  > How was today? ...
  < 3
  ! timer checkin 2026-03-30T21:00

"<" is the person, ">" the bot, two spaces continue a message, "@" moves the clock, "!" asserts something. An expected message that ends in "..." is compared up to there.

With a line "[desk]" before anything happens there is staff, as the file desk.yaml beside the transcript describes them: a part of a configuration with zone, language and staff. "staff(mara)<" is what Mara writes in the thread of the newest case, "staff>" what the bot says among staff, "staff(mara)>" what it says to her alone. "[restart]" stops the bot and starts it again, "[restart +20m]" with twenty minutes between.`
}

// Run plays every file; the first difference of each is printed as file:line.
func (c *flowsPlayCmd) Run(ctx context.Context, s streams) error {
	all, err := loadSound(c.Scripts)
	if err != nil {
		return err
	}
	bad := 0
	for _, file := range c.Files {
		data, err := os.ReadFile(file)
		if err != nil {
			return fail("read the transcript: %v", err)
		}
		played, err := playFile(ctx, all, os.DirFS(filepath.Dir(file)), file, data)
		if err != nil {
			return err
		}
		if played.Fault == nil {
			continue
		}
		if c.Update && played.Rewrite != nil {
			if err := rewrite(file, played.Rewrite); err != nil {
				return err
			}
			fmt.Fprintln(s.err, "wrote "+file)
			continue
		}
		bad++
		fmt.Fprintln(s.out, played.Fault)
	}
	if bad > 0 {
		return fail("%d of %d transcripts differ: mend the script, or take the new words with -update", bad, len(c.Files))
	}
	return nil
}

// rewrite replaces a file whole or not at all and keeps its mode.
func rewrite(file string, data []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(file); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.WriteFile(file+".new", data, mode); err != nil {
		return fmt.Errorf("write the transcript: %w", err)
	}
	return os.Rename(file+".new", file)
}

// playFile plays one transcript of a folder on a store of its own. A mistake in
// the file, or in the one that describes its desk, is a Fault like a difference.
func playFile(ctx context.Context, all content, folder fs.FS, file string, data []byte) (console.Played, error) {
	t, err := console.ParseTranscript(file, data)
	var played console.Played
	if err == nil {
		played, err = console.Play(ctx, t, all.builder(folder))
	}
	var fault console.Fault
	if errors.As(err, &fault) {
		if fault.File != file {
			fault.File = filepath.Join(filepath.Dir(file), fault.File)
		}
		return console.Played{Fault: &fault}, nil
	}
	return played, err
}
