package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"handrail/bot/console"
	"handrail/bot/e2e/homeserver"
	"handrail/bot/seal"
	"handrail/bot/store"
)

type demoCmd struct {
	Port int `placeholder:"N" help:"Port of the homeserver on 127.0.0.1. Default: a free one."`
}

// Help is shown by handrail demo --help.
func (demoCmd) Help() string {
	return `The first time this compiles a homeserver (Dendrite), which takes about two minutes and needs Go and a C compiler. Then the bot runs on it as handrail run would run it, and a guest talks with it here, end-to-end encrypted. Everything is on this machine only, and gone at the end; Ctrl-D ends.

The address, user and password that it prints open the same homeserver in any Matrix client on this machine. When standard input is no terminal every line is one message, and standard output is the talk and nothing else:

  printf 'hi\n' | handrail demo`
}

// Run shows the whole thing.
func (c *demoCmd) Run(ctx context.Context, s streams) error {
	d := &demo{streams: s, port: c.Port}
	return d.run(ctx)
}

// demo is one run of the demo.
type demo struct {
	streams
	port int
	// inspect, if set, is called at the end of the talk, while everything runs.
	inspect func(ctx context.Context, g *guest) error

	bot   *task
	store *store.Store // the bot's, once it runs
	guest *guest

	mu     sync.Mutex
	screen *console.Terminal // where notes go while the chat is on a terminal
}

// note tells the person at the terminal something that is no part of the talk.
func (d *demo) note(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.screen != nil {
		d.screen.Note(text)
		return
	}
	fmt.Fprintln(d.err, text)
}

func (d *demo) setScreen(t *console.Terminal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.screen = t
}

// Names of the accounts.
const (
	demoBot   = "handrail"
	demoGuest = "guest"
	// demoServer is the name that the homeserver has for itself.
	demoServer = "localhost"
)

func (d *demo) run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "handrail-demo-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := homeserver.Start(ctx, homeserver.Options{Dir: filepath.Join(dir, "homeserver"), Port: d.port, Progress: d.note})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	d.note("Homeserver: " + server.URL())
	botPassword, guestPassword := rand.Text(), rand.Text()[:12]
	for name, password := range map[string]string{demoBot: botPassword, demoGuest: guestPassword} {
		if err := server.CreateUser(ctx, name, password); err != nil {
			return err
		}
	}
	cfg, err := demoConfig(dir, server.URL(), botPassword)
	if err != nil {
		return err
	}
	bctx, stopBot := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBot()
	ready := make(chan struct{})
	log := slog.New(slog.NewTextHandler(noteWriter{d}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d.bot = startTask(func() error {
		return serve(bctx, cfg, log, func(st *store.Store) {
			d.store = st
			close(ready)
		})
	})
	select {
	case <-d.bot.done:
		return fmt.Errorf("start the bot: %w", d.bot.err)
	case <-ready:
	}
	d.note("The bot runs. Opening an encrypted chat with it ...")
	err = d.talk(ctx, dir, server.URL(), guestPassword)
	stopBot()
	<-d.bot.done
	return errors.Join(err, d.bot.err)
}

// demoConfig writes a configuration as an operator would and reads it back.
func demoConfig(dir, url, password string) (Config, error) {
	key, err := seal.NewMasterKey()
	if err != nil {
		return Config{}, err
	}
	yaml := fmt.Sprintf("data: data\nmatrix:\n  homeserver: %s\n  user: %s\n  password_file: password\n", url, demoBot)
	for name, data := range map[string]string{"master.key": string(key), "password": password + "\n", "config.yaml": yaml} {
		if err := createSecret(filepath.Join(dir, name), []byte(data)); err != nil {
			return Config{}, err
		}
	}
	cfg, faults, err := loadConfig(filepath.Join(dir, "config.yaml"))
	if err == nil && len(faults) > 0 {
		err = errors.New(faults[0].String())
	}
	return cfg, err
}

// talk is the guest's side, until the end of input.
func (d *demo) talk(ctx context.Context, dir, url, password string) (err error) {
	botID := id.NewUserID(demoBot, demoServer)
	d.guest, err = newGuest(ctx, url, demoGuest, password, botID, filepath.Join(dir, "guest.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.guest.close()) }()
	if err := d.guest.open(ctx); err != nil {
		return err
	}
	d.note(fmt.Sprintf(`
Any Matrix client on this machine can join in, while this runs:
  homeserver  %s
  user        %s
  password    %s
  talk with   %s
`, url, id.NewUserID(demoGuest, demoServer), password, botID))
	if console.IsTerminal(d.in) {
		err = d.live(ctx)
	} else {
		err = d.script(ctx, bufio.NewReader(interruptible(ctx, d.in)))
	}
	if err == nil && d.inspect != nil {
		err = d.inspect(ctx, d.guest)
	}
	return err
}

// live is the talk on a terminal.
func (d *demo) live(ctx context.Context) error {
	t, err := console.OpenTerminal(d.in, d.out)
	if err != nil {
		return err
	}
	d.setScreen(t)
	defer d.setScreen(nil)
	defer t.Close()
	t.Note("This chat is end-to-end encrypted. Write something, for instance: hi   (Ctrl-D ends)")
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-d.guest.events:
			d.take(e, t.Show)
		case <-d.guest.synced.done:
			return fmt.Errorf("the guest's connection ended: %w", d.guest.synced.err)
		case <-d.bot.done:
			return errors.New("the bot stopped in the middle of the talk")
		case line, open := <-t.Lines():
			if !open {
				return nil
			}
			if line == "" || d.movesClock(line) {
				continue
			}
			if err := d.guest.say(ctx, console.ReadBody(line)); err != nil {
				return err
			}
		}
	}
}

// movesClock tells whether a line is meant for the simulator's clock, and says
// that there is none here.
func (d *demo) movesClock(line string) bool {
	_, move := console.IsMove(line)
	if move {
		d.note("the demo runs in real time: a line that moves the clock is left out; handrail try can do it")
	}
	return move
}

// take shows one thing that the bot did.
func (d *demo) take(e guestEvent, show func(console.Entry)) {
	if e.unreadable {
		d.note("a message of the bot could not be decrypted")
		return
	}
	if e.entry.Act == console.Wrote {
		d.guest.last = e.id
	}
	show(e.entry)
}

// Pauses of the scripted demo.
const (
	settleQuiet = time.Second      // nothing came for so long: the bot is done
	settleCap   = 30 * time.Second // after this the next line goes out regardless
	settlePoll  = 50 * time.Millisecond
)

// script sends a line, waits until the replies have settled, and so on.
func (d *demo) script(ctx context.Context, in *bufio.Reader) error {
	out := show(d.out)
	if err := d.settle(ctx, out); err != nil { // the greeting
		return err
	}
	for {
		line, more, err := console.ReadLine(in)
		if err != nil {
			return fmt.Errorf("read the input: %w", err)
		}
		if !more {
			return nil
		}
		if d.movesClock(line) {
			continue
		}
		e := console.ReadBody(line)
		out(e)
		if err := d.guest.say(ctx, e); err != nil {
			return err
		}
		if err := d.settle(ctx, out); err != nil {
			return err
		}
	}
}

// settle shows what comes until the bot has answered, has nothing to send and
// has been quiet for a while.
func (d *demo) settle(ctx context.Context, show func(console.Entry)) error {
	limit := time.After(settleCap)
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	answered, last := false, time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit:
			if !answered {
				d.note(fmt.Sprintf("no reply came within %s", settleCap))
			}
			return nil
		case <-d.guest.synced.done:
			return fmt.Errorf("the guest's connection ended: %w", d.guest.synced.err)
		case <-d.bot.done:
			return errors.New("the bot stopped in the middle of the talk")
		case e := <-d.guest.events:
			d.take(e, show)
			answered, last = true, time.Now()
		case <-tick.C:
			if !answered || time.Since(last) < settleQuiet {
				continue
			}
			n, err := d.store.Counts(ctx)
			if err != nil {
				return fmt.Errorf("look at the outbox: %w", err)
			}
			if n.Outbox == 0 {
				return nil
			}
			last = time.Now()
		}
	}
}

// noteWriter puts the bot's log where the notes go.
type noteWriter struct{ d *demo }

func (w noteWriter) Write(p []byte) (int, error) {
	w.d.note(string(p[:max(0, len(p)-1)]))
	return len(p), nil
}
