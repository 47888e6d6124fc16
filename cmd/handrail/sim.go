package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"handrail/bot"
	"handrail/bot/console"
	"handrail/bot/seal"
	"handrail/bot/store"
)

// simOptions say how a simulator begins.
type simOptions struct {
	dir   string    // where the store is kept; empty: nowhere
	begin time.Time // zero: the fixed moment of console.DefaultBegin
	named bool      // begin was asked for, so it must not be passed over
	zone  *time.Location
	lang  string           // of the person until they choose one; empty: that of the scripts
	wall  func() time.Time // nil: the clock stands unless it is moved
	sink  func(console.Entry)
	log   *slog.Logger
	desk  *bot.Staff // nil: there is none
	// network takes the place of the console; nil: the console.
	network console.Wire
}

// simState is what a kept simulator remembers beside its store: nothing that
// anybody said. The count of runs keeps event ids apart.
type simState struct {
	Clock time.Time `json:"clock"`
	Runs  int       `json:"runs"`
}

// stateFile holds the simState in the folder of --data.
const stateFile = "clock.json"

// builder makes simulators for transcripts of a folder, each with a store of its
// own that is gone afterwards.
func (c content) builder(folder fs.FS) console.Build {
	return func(ctx context.Context, begin console.Stage, sink func(console.Entry)) (*console.Sim, func() error, error) {
		o := simOptions{begin: begin.At, zone: begin.Zone, lang: begin.Lang, sink: sink, log: slog.New(slog.DiscardHandler)}
		var err error
		if o.desk, err = playedDesk(folder, begin.Desk); err != nil {
			return nil, nil, err
		}
		return c.simulator(ctx, o)
	}
}

// memoryDir is a folder in memory where the system has one, else "", the usual
// temporary folder. What is said in a trial then never touches a disk, and many
// transcripts need not wait for one.
func memoryDir() string {
	const shm = "/dev/shm"
	if f, err := os.CreateTemp(shm, "handrail-try-"); err == nil {
		defer os.Remove(f.Name())
		if f.Close() == nil {
			return shm
		}
	}
	return ""
}

// simulator opens a store and a bot on it. The returned function closes them,
// and removes or keeps the store.
func (c content) simulator(ctx context.Context, o simOptions) (sim *console.Sim, done func() error, err error) {
	dir, keep := o.dir, o.dir != ""
	if !keep {
		if dir, err = os.MkdirTemp(memoryDir(), "handrail-try-"); err != nil {
			return nil, nil, fmt.Errorf("make a temporary folder: %w", err)
		}
	}
	drop := func() error {
		if keep {
			return nil
		}
		return os.RemoveAll(dir)
	}
	master, err := simMaster(dir, keep)
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	open := func(ctx context.Context) (*store.Store, error) {
		return store.Open(ctx, store.Options{Path: filepath.Join(dir, "store", "handrail.db"), Master: master, Log: o.log})
	}
	st, err := open(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	reopen := func(ctx context.Context) (*store.Store, error) {
		if err := st.Close(); err != nil {
			return nil, err
		}
		again, err := open(ctx)
		if err == nil {
			st = again
		}
		return again, err
	}
	closeAll := func() error { return errors.Join(st.Close(), drop()) }
	state, err := readState(dir)
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	begin, err := o.start(state)
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	state.Clock = begin
	state.Runs++
	clock := console.NewClock(begin, o.wall)
	if keep { // before the first message, so that a killed run does not lend its ids to the next
		if err := writeState(dir, state); err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
	}
	sim, err = console.New(console.Config{
		Bot: bot.Config{
			Store: st, Library: c.library, Lexicon: c.lexicon, Lines: c.lines, Log: o.log,
			Zone: o.zone.String(), Language: o.lang,
			Burst:   math.MaxInt32, // a script is written faster than anybody types
			Minutes: 1,             // the same minute of a window in every run
			Workers: 1,             // order of due times, so that runs are alike
			Quiet:   defaultQuiet(),
			Staff:   o.desk,

			ConsentVersion: consentDefaults().Version, ConsentFor: consentDefaults().AskAgainAfter,
		},
		Clock: clock, Zone: o.zone, Session: fmt.Sprintf("r%d", state.Runs), Sink: o.sink, Reopen: reopen, Network: o.network,
	})
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	return sim, func() error {
		err := closeAll()
		if keep {
			state.Clock = clock.Now()
			err = errors.Join(err, writeState(dir, state))
		}
		return err
	}, nil
}

// start is when the talk begins: never before the kept store's last moment.
func (o simOptions) start(state simState) (time.Time, error) {
	begin := o.begin
	if begin.IsZero() {
		begin = console.DefaultBegin(o.zone)
	}
	if !begin.Before(state.Clock) {
		return begin, nil
	}
	if o.named {
		return begin, misuse("--now: this folder has reached %s already: leave --now out, or take another folder", state.Clock.In(o.zone).Format("2006-01-02T15:04"))
	}
	return state.Clock, nil
}

// simMaster is the key of a simulator's store: a file beside a kept one, made
// on first use; for a temporary one a key that nothing keeps.
func simMaster(dir string, keep bool) (*seal.Master, error) {
	if !keep {
		key, err := seal.NewMasterKey()
		if err != nil {
			return nil, err
		}
		return seal.OpenMaster(key)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fail("make the folder for the store: %v", err)
	}
	path := filepath.Join(dir, "master.key")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		key, err := seal.NewMasterKey()
		if err != nil {
			return nil, err
		}
		if err := createSecret(path, key); err != nil {
			return nil, err
		}
	}
	return seal.LoadMaster(path)
}

func readState(dir string) (s simState, err error) {
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fail("read %s: %v: remove the file to let the clock begin anew", filepath.Join(dir, stateFile), err)
	}
	return s, nil
}

func writeState(dir string, s simState) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, stateFile)
	if err := os.WriteFile(path+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep the clock: %w", err)
	}
	return os.Rename(path+".new", path)
}
