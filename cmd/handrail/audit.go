package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"handrail/bot/desk"
	"handrail/bot/store"
)

// auditCmd prints the record of what staff did.
type auditCmd struct {
	Config string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Since  string `placeholder:"SUM" help:"The sum of a line that was noted elsewhere: print what came after it, and fail if it is not there."`
}

// Help is shown by handrail audit --help.
func (auditCmd) Help() string {
	return `Verifies the record of what staff did and prints it, a line each: number, time (UTC), case, who, what, whom it concerns, and the sum of the line. It holds no word of any talk. The bot may be running.

Each sum is a hash over the line and the sum before, so a line that was changed or taken out breaks the chain. Who can write the whole store can write a new chain: note the last sum elsewhere from time to time, and give it with --since.

Exit code 0: the record is whole, 1: it is not.

  handrail audit -c config.yaml`
}

// Run verifies and prints.
func (c *auditCmd) Run(ctx context.Context, s streams) error {
	return readStore(ctx, c.Config, s, func(cfg Config, tx *store.Tx) error {
		entries, err := tx.Entries()
		if err != nil {
			return err
		}
		if err := desk.Verify(desk.Entry{}, entries); err != nil {
			return fail("the record of what staff did is broken: %v", err)
		}
		from := 0
		if c.Since != "" {
			from = 1 + slices.IndexFunc(entries, func(e desk.Entry) bool { return e.Sum == c.Since })
			if from == 0 {
				return fail("the record has no line with that sum: it was replaced, or the sum is of another store")
			}
		}
		for _, e := range entries[from:] {
			name := "-"
			if e.Case != 0 {
				name = desk.Case{ID: e.Case}.Name()
			}
			on := string(e.On)
			if on == "" {
				on = "-"
			}
			fmt.Fprintf(s.out, "%d %s %s %s %q %s %s\n", e.Seq, e.At.Format(time.RFC3339), name, string(e.By), e.Action, on, e.Sum)
		}
		fmt.Fprintf(s.err, "%s, whole\n", count(len(entries), "line"))
		return nil
	})
}

// readStore opens the store beside a bot that may run.
func readStore(ctx context.Context, config string, s streams, fn func(Config, *store.Tx) error) (err error) {
	cfg, master, err := loadKeys(s, config)
	if err != nil {
		return err
	}
	o, err := cfg.storeOptions(master, nil)
	if err != nil {
		return err
	}
	r, err := store.OpenReader(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return r.View(ctx, func(tx *store.Tx) error { return fn(cfg, tx) })
}
