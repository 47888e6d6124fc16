package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"handrail/bot/seal"
	"handrail/bot/store"
)

type migrateCmd struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration of the bot whose store is moved."`
	To     string `placeholder:"URL" help:"The address of the database, without a password. Default: the database of the configuration."`
	DryRun bool   `help:"Look at both sides, tell what would be moved, and change nothing."`
}

// Help is shown by handrail migrate --help.
func (migrateCmd) Help() string {
	return `Moves the store from the file of SQLite in the data folder to a database on a PostgreSQL server. Stop the bot before. The password, if there is one, is in the file that database_password_file names.

Everything is copied as it is, sealed under the same master key, then read again on both sides and compared. A move that was cut off is gone on with by the same command; until it has come to its end neither is anything lost nor can the bot start on half of it. Afterwards the file is closed for good and can be deleted. The encryption state of the network follows when the bot starts.

  handrail migrate -c config.yaml --to 'postgres://handrail@db.example.org/handrail?sslmode=verify-full' --dry-run
  handrail migrate -c config.yaml --to 'postgres://handrail@db.example.org/handrail?sslmode=verify-full'`
}

// Run moves the store.
func (c *migrateCmd) Run(ctx context.Context, s streams) error {
	cfg, err := soundConfig(s, c.Config)
	if err != nil {
		return err
	}
	address := c.To
	if address == "" {
		address = cfg.Database
	}
	if address == "" {
		return misuse("where to? handrail migrate -c %s --to postgres://user@host/name", c.Config)
	}
	master, err := seal.LoadMaster(cfg.MasterKeyFile)
	if err != nil {
		return err
	}
	from, to := store.Options{Path: cfg.storePath(), Master: master}, store.Options{Master: master}
	if err := cfg.address(&to, address); err != nil {
		return err
	}
	if err := checkStore(from.Path); err != nil {
		return err
	}
	if c.DryRun {
		return survey(ctx, s, from, to)
	}
	if err := move(ctx, s, from, to); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "moved, and compared row by row: both sides are the same\n")
	if cfg.Database != address {
		fmt.Fprintf(s.out, "now write into %s:\n\ndatabase: %s\n\n", c.Config, address)
	}
	fmt.Fprintf(s.out, "then start the bot. %s is closed and not used any more; delete it when the bot runs.\n", from.Path)
	return nil
}

// checkStore refuses when there is no file: opening would make one.
func checkStore(path string) error {
	if _, err := os.Stat(path); err != nil {
		return fail("there is no store at %s", path)
	}
	return nil
}

// survey prints what would be moved.
func survey(ctx context.Context, s streams, from, to store.Options) error {
	steps, err := store.Survey(ctx, from, to)
	if err != nil {
		return tellMove(err)
	}
	for _, step := range steps {
		fmt.Fprintf(s.out, "%-12s %d\n", step.Table, step.Total)
	}
	fmt.Fprintln(s.out, "these rows would be moved; nothing was changed")
	return nil
}

// move moves and shows how far it is: on a terminal in one line that changes,
// elsewhere one line for each table.
func move(ctx context.Context, s streams, from, to store.Options) error {
	p := progress{out: s.err, live: wantsColour(s.err)}
	err := store.Move(ctx, from, to, p.show)
	p.end()
	return tellMove(err)
}

// tellMove says what to do about an error.
func tellMove(err error) error {
	switch {
	case errors.Is(err, store.ErrLocked):
		return fail("%v: the bot must not run while its store is moved", err)
	case errors.Is(err, context.Canceled):
		return fail("stopped in the middle: run the same command again, and it goes on from there")
	}
	return err
}

// progress shows how far a move is.
type progress struct {
	out  io.Writer
	live bool
	open bool // a line was begun and not ended
}

func (p *progress) show(s store.MoveStep) {
	switch {
	case s.Checked:
		p.end()
		fmt.Fprintf(p.out, "%-12s %d rows, compared\n", s.Table, s.Rows)
	case p.live:
		fmt.Fprintf(p.out, "\r\x1b[K%-12s %d of %d", s.Table, s.Rows, s.Total)
		p.open = true
	case s.Rows == s.Total:
		fmt.Fprintf(p.out, "%-12s %d rows copied\n", s.Table, s.Rows)
	}
}

func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.out)
		p.open = false
	}
}
