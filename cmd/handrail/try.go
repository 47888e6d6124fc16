package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handrail/bot/console"
	"handrail/bot/flow"
)

type tryCmd struct {
	Flow    string `placeholder:"ID" help:"Begin with this conversation; handrail flows list names them."`
	Lang    string `placeholder:"LANG" default:"en" help:"Language of the person; handrail flows extract makes more."`
	Zone    string `placeholder:"ZONE" default:"UTC" help:"Time zone of the person until they tell theirs, as in Europe/Berlin."`
	Now     string `placeholder:"T" help:"When the talk begins, as in 2026-03-28T20:59. Default: now, or always the same moment if standard input is no terminal."`
	Data    string `placeholder:"DIR" help:"Keep the store in this folder, sealed, and go on from there next time."`
	Scripts string `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
	Desk    string `placeholder:"FILE" help:"Play a desk, too: a file with zone, language and staff, as in a configuration."`
}

// Help is shown by handrail try --help.
func (tryCmd) Help() string {
	return `The bot, the scripts and the store are the real ones; only the network is missing.

  handrail try                          write, and see what comes back
  handrail try --flow breathing         begin somewhere

Lines that are no message:
  @ +20m    @ +1d    @ 21:00    @ 2026-03-28T20:59    @ 2026-03-28T20:59 Europe/Berlin
            move the clock; what is due on the way comes
  /start ID begin a conversation
  [reaction 👍]  [image: x]  [file: x]  [edited] words  [removed]
            do what these say
  staff(mara)< claim
            with --desk: what Mara of your staff writes; staff> is what they see

Ctrl-D ends. When standard input is no terminal every line is one message, and standard output is the talk and nothing else, the same every time:

  printf 'hi\n@ +1d\n' | handrail try --zone Europe/Berlin`
}

// Run talks until the end of input.
func (c *tryCmd) Run(ctx context.Context, s streams) error {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil || c.Zone == "" || c.Zone == "Local" {
		return misuse("--zone: unknown time zone %q: name it as in Europe/Berlin", c.Zone)
	}
	var start time.Time
	if c.Now != "" {
		if start, err = console.ParseMoment(c.Now, zone); err != nil {
			return misuse("--now: %v", err)
		}
	}
	all, err := loadSound(c.Scripts)
	if err != nil {
		return err
	}
	if c.Flow != "" && !all.library.Has(c.Flow) {
		return misuse("--flow: there is no conversation %q: see handrail flows list", c.Flow)
	}
	if _, err := all.voice(c.Lang); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	opt := simOptions{dir: c.Data, begin: start, named: c.Now != "", zone: zone, lang: c.Lang, log: log}
	if c.Desk != "" {
		if opt.desk, err = playedDesk(os.DirFS(filepath.Dir(c.Desk)), filepath.Base(c.Desk)); err != nil {
			return misuse("--desk: %v", err)
		}
	}
	if console.IsTerminal(s.in) {
		return c.live(ctx, s, all, opt)
	}
	opt.sink = show(s.out)
	sim, done, err := all.simulator(ctx, opt)
	if err != nil {
		return err
	}
	err = c.begin(ctx, sim)
	if err == nil {
		err = sim.Run(ctx, interruptible(ctx, s.in))
	}
	if cerr := done(); err == nil {
		err = cerr
	}
	return err
}

// live is the talk on a terminal, in real time.
func (c *tryCmd) live(ctx context.Context, s streams, all content, opt simOptions) error {
	opt.wall = time.Now
	if !opt.named {
		opt.begin = time.Now()
	}
	t, err := console.OpenTerminal(s.in, s.out)
	if err != nil {
		return err
	}
	defer t.Close()
	opt.sink = t.Show
	sim, done, err := all.simulator(ctx, opt)
	if err != nil {
		return err
	}
	t.Note(`Write something, for instance: hi   ("@ +1d" moves the clock a day on, Ctrl-D ends, handrail try --help tells more)`)
	err = c.begin(ctx, sim)
	if err == nil {
		err = sim.Live(ctx, t)
	}
	if cerr := done(); err == nil {
		err = cerr
	}
	return err
}

func (c *tryCmd) begin(ctx context.Context, sim *console.Sim) error {
	if c.Flow == "" {
		return nil
	}
	return sim.Say(ctx, console.Entry{Text: "/start " + c.Flow})
}

// voice is the scripts in a language; one that nothing is translated into is a
// misuse.
func (c content) voice(lang string) (flow.Voice, error) {
	var tags []string
	for _, l := range c.library.Languages() {
		tags = append(tags, l.Tag)
	}
	if !slices.Contains(tags, lang) {
		return flow.Voice{}, misuse("there are no scripts in %q yet: there is %s", lang, strings.Join(tags, ", "))
	}
	return c.library.In(lang), nil
}

// show prints entries as a transcript has them.
func show(w io.Writer) func(console.Entry) {
	return func(e console.Entry) { fmt.Fprintln(w, e) }
}
