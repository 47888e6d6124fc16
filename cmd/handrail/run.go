package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/schedule"
	"handrail/bot/seal"
	"handrail/bot/signalcli"
	"handrail/bot/store"
)

type runCmd struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration; config.example.yaml explains every line."`
}

// Help is shown by handrail run --help.
func (runCmd) Help() string {
	return `Runs until it gets SIGINT or SIGTERM. It refuses to start on any doubt: a fault in the configuration or a script, a key that does not fit the store, a store of a newer version, a second copy that runs.

SIGHUP makes it read scripts, crisis words and help lines again at once; by itself it does so a few seconds after a file has changed. What has a fault is not taken, and the log says why. SIGUSR1 makes the log tell one level more, SIGUSR2 as much as configured again.

  handrail keygen master.key
  handrail check -c config.yaml
  handrail run -c config.yaml`
}

// Run starts the bot and returns when it has stopped.
func (c *runCmd) Run(ctx context.Context, s streams) error {
	cfg, err := soundConfig(s, c.Config)
	if err != nil {
		return err
	}
	return serve(ctx, cfg, newLog(s.err, cfg.Log), nil)
}

// serve opens everything, runs the bot until ctx ends, and closes everything.
// Ready is called once it runs, with what a demo wants to look at; it may be nil.
func serve(ctx context.Context, cfg Config, log *slog.Logger, ready func(*store.Store)) (err error) {
	hangup := make(chan os.Signal, 1) // caught from the first moment: by itself it would end the program
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	mon := newMonitor(cfg, dialOf(log))
	stopWatch, err := mon.start(ctx, log)
	if err != nil {
		return err
	}
	defer stopWatch()
	warnOfNames(cfg, log)
	src, err := openSource(cfg.Scripts)
	if err != nil {
		return err
	}
	src.alone, src.telling = cfg.alone(), cfg.OrganizationNames
	all, err := src.sound()
	if err != nil {
		return err
	}
	if faults := cfg.checkBroadcasts(positions{}, all.library); len(faults) > 0 {
		return fail("schedules in the configuration: %s", faults[0].Message)
	}
	broadcasts, err := cfg.broadcasts()
	if err != nil {
		return err
	}
	if all.lines, err = soundLines(src, cfg.Lines); err != nil {
		return err
	}
	if _, err := all.voice(cfg.Language); err != nil {
		return fail("language in the configuration: %v", err)
	}
	master, err := seal.LoadMaster(cfg.MasterKeyFile)
	if err != nil {
		return err
	}
	// What fails because it was told to stop before it began has not failed.
	unlessStopped := func(err error) error {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	st, err := openStore(ctx, cfg, master, log)
	if err != nil {
		return unlessStopped(err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	mon.st.Store(st)
	var networks []chat.Transport
	var accounts []bot.Account
	if st.Shared() {
		accounts = append(accounts, sharedMatrix(cfg, st, master, mon.meter, log))
		if cfg.Signal.used() {
			accounts = append(accounts, sharedSignal(cfg, st, master, mon.meter, log))
		}
	} else {
		network, err := openMatrix(ctx, cfg, nil, master, log)
		if err != nil {
			return unlessStopped(err)
		}
		defer func() { err = errors.Join(err, network.Close()) }()
		networks = append(networks, mon.meter.wrap(network, network.Synced))
		if cfg.Signal.used() {
			signal, err := signalcli.Open(ctx, signalAccount(cfg, master, log))
			if err != nil {
				return unlessStopped(err)
			}
			defer func() { err = errors.Join(err, signal.Close()) }()
			networks = append(networks, mon.meter.wrap(signal, nil))
		}
	}
	staff, err := cfg.Staff.desk(cfg.Zone, cfg.Language)
	if err != nil {
		return fail("staff in the configuration: %v", err)
	}
	b, err := bot.New(bot.Config{
		Staff: staff, Found: cfg.found(),
		Store: st, Library: all.library, Lexicon: all.lexicon, Lines: all.lines,
		Transports: networks, Accounts: accounts, Now: wallClock(), Label: replicaLabel(), Process: thisProcess(), Dead: processDead, Log: log,
		Zone: cfg.Zone, Language: cfg.Language, Lang: cfg.Lang, FreshFor: cfg.FreshFor, TakeBack: cfg.TakeBackAfter, OnDoubt: cfg.Signal.onDoubt(),
		ConsentVersion: cfg.Consent.Version, ConsentFor: cfg.Consent.AskAgainAfter,
		Quiet: schedule.QuietHours{From: cfg.QuietHours.From, To: cfg.QuietHours.To}, Broadcasts: broadcasts,
	})
	if err != nil {
		return err
	}
	if ready != nil {
		ready(st)
	}
	if os.Getenv("GOGC") == "" { // most of the heap are word lists that stay: do not let as much rubbish gather beside them
		debug.SetGCPercent(20)
	}
	debug.FreeOSMemory() // what reading the scripts took
	content := bot.Content{Library: all.library, Lexicon: all.lexicon, Lines: all.lines}
	r := newReloader(src, cfg.Lines, content, mon.watch(content, b.Swap), log)
	watching, stopWatching := context.WithCancel(ctx)
	watch := startTask(func() error { r.run(watching, hangup, watchEvery); return nil })
	defer func() { stopWatching(); <-watch.done }()
	serving, served := context.WithCancel(ctx)
	manager := startTask(func() error {
		newService(os.Getenv, os.Getpid(), log).run(serving, mon.alive)
		return nil
	})
	canary := mon.keepAsking(serving, master, b.TellStaff, log)
	defer func() { served(); <-manager.done; <-canary.done }()
	began := time.Now()
	log.Info("running", "scripts", len(all.library.Flows()))
	if err := b.Run(ctx); err != nil {
		return fmt.Errorf("the bot had to stop: %w", err)
	}
	log.Info("stopped", "after", time.Since(began).Round(time.Second))
	return nil
}

// openStore opens the store that the configuration names. It refuses an empty
// database beside a file with people in it: they would have to begin again.
func openStore(ctx context.Context, cfg Config, master *seal.Master, log *slog.Logger) (*store.Store, error) {
	o, err := cfg.storeOptions(master, log)
	if err != nil {
		return nil, err
	}
	o.Shared = o.URL != ""
	st, err := store.Open(ctx, o)
	if err != nil || o.URL == "" {
		return st, err
	}
	counts, err := st.Counts(ctx)
	if err == nil && counts.People == 0 {
		if _, there := os.Stat(cfg.storePath()); there == nil {
			err = fail("the database is empty, and there is a store in %s: move it with handrail migrate, "+
				"or take the file away if nobody needs it", cfg.storePath())
		}
	}
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if file, there := leftBehind(cfg); there {
		log.Warn("the file from before the move is still there, with everything that people have erased since: delete it", "file", file)
	}
	return st, nil
}

// leftBehind is the file of a store that was moved away and not deleted.
func leftBehind(cfg Config) (file string, there bool) {
	if cfg.Database == "" {
		return "", false
	}
	_, err := os.Stat(cfg.storePath())
	return cfg.storePath(), err == nil
}

// defaultQuiet are the quiet hours where there is no configuration.
func defaultQuiet() schedule.QuietHours {
	q := defaults().QuietHours
	return schedule.QuietHours{From: q.From, To: q.To}
}
