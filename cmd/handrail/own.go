package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/matrix"
	"handrail/bot/seal"
	"handrail/bot/store"
)

// exportCmd prints what is kept of one person.
type exportCmd struct {
	Address string `arg:"" help:"The person's Matrix user id, such as @name:example.org; - reads it from standard input, so that it stands in no list of processes and no shell's history."`
	Config  string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by handrail export --help.
func (exportCmd) Help() string {
	return `Prints what the person would get who writes export. The bot must not be running: one program has the store at a time. While it runs, the person can write export themselves.

  handrail export @name:example.org -c config.yaml > name.txt`
}

// Run prints the export.
func (c *exportCmd) Run(ctx context.Context, s streams) error {
	return withStore(ctx, s, c.Config, func(cfg Config, st *store.Store) error {
		src, err := openSource(cfg.Scripts)
		if err != nil {
			return err
		}
		all, err := src.sound()
		if err != nil {
			return err
		}
		address, err := addressOf(s, c.Address)
		if err != nil {
			return err
		}
		return st.View(ctx, func(tx *store.Tx) error {
			p, err := tx.FindPerson(address)
			if err == nil && !p.Begun() { // erased, and the room is not left yet
				err = store.ErrNotFound
			}
			if err != nil {
				return unknownPerson(err)
			}
			loc, err := time.LoadLocation(zoneOf(p, cfg.Zone))
			if err != nil {
				loc = time.UTC
			}
			lang := cfg.Language
			if own, _ := p.Vars["lang"].(string); own != "" {
				lang = own
			}
			text, err := bot.Export(tx, all.library.In(lang), p, all.library.Lists(), nil, time.Now().In(loc))
			if err != nil {
				return err
			}
			_, err = io.WriteString(s.out, text)
			return err
		})
	})
}

// forgetCmd erases one person.
type forgetCmd struct {
	Address string `arg:"" help:"The person's Matrix user id, such as @name:example.org; - reads it from standard input, so that it stands in no list of processes and no shell's history."`
	Config  string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by handrail forget --help.
func (forgetCmd) Help() string {
	return `Destroys the person's key and every row that is theirs, at once and without asking. Nothing is said to them. The bot must not be running: one program has the store at a time. While it runs, the person can write delete themselves.

At its next start the bot leaves their room, and closes the room of a case of theirs. Until then the address of that room is kept, sealed with a key of its own, and goes with it. The messages in the room stay with the homeserver and on phones.

  handrail forget @name:example.org -c config.yaml`
}

// Run erases the person.
func (c *forgetCmd) Run(ctx context.Context, s streams) error {
	return withStore(ctx, s, c.Config, func(cfg Config, st *store.Store) error {
		address, err := addressOf(s, c.Address)
		if err != nil {
			return err
		}
		err = st.Update(ctx, func(tx *store.Tx) error {
			p, err := tx.FindPerson(address)
			if err != nil && (p == nil || !errors.Is(err, store.ErrBroken)) {
				return err
			}
			return bot.Forget(tx, p, time.Now())
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		// Also where nobody is found: it may be the second try.
		if st.Scrub(ctx) != nil {
			return fail("the write-ahead log may still hold what was erased: run the same command again")
		}
		if err != nil {
			return unknownPerson(err)
		}
		fmt.Fprintln(s.err, "erased; the bot leaves their room when it starts next, and only then the sealed address of that room goes")
		if file, there := leftBehind(cfg); there {
			fmt.Fprintf(s.err, "%s, from before the move, may still hold it: delete that file\n", file)
		}
		return nil
	})
}

// withStore opens the store that a configuration names and gives it to fn.
func withStore(ctx context.Context, s streams, config string, fn func(Config, *store.Store) error) (err error) {
	cfg, err := soundConfig(s, config)
	if err != nil {
		return err
	}
	if cfg.Database == "" {
		if err := checkStore(cfg.storePath()); err != nil {
			return err
		}
	}
	master, err := seal.LoadMaster(cfg.MasterKeyFile)
	if err != nil {
		return err
	}
	st, err := openStore(ctx, cfg, master, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return fn(cfg, st)
}

// addressOf reads an address as an operator writes it, or for "-" the first line
// of standard input.
func addressOf(s streams, text string) (chat.Address, error) {
	if text == "-" {
		line, err := bufio.NewReader(s.in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return chat.Address{}, fail("the address cannot be read from standard input")
		}
		text = strings.TrimSpace(line)
	}
	name, server, ok := strings.Cut(text, ":")
	if !ok || server == "" || len(name) < 2 || name[0] != '@' {
		return chat.Address{}, misuse("this is no Matrix user id: write it like @name:example.org")
	}
	return chat.Address{Network: matrix.NetworkName, User: text}, nil
}

// unknownPerson says that nobody of the address is known. The address is not
// repeated: it would stand in logs.
func unknownPerson(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fail("nothing is kept of this address: look at its spelling")
	}
	return err
}

// zoneOf is the person's zone, or the default.
func zoneOf(p *store.Person, def string) string {
	if zone, _ := p.Vars["zone"].(string); zone != "" {
		return zone
	}
	return def
}
