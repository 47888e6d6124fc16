package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/matrix"
	"handrail/bot/seal"
	"handrail/bot/store"
)

// sharedMatrix is the bot's account when several copies of the program work on
// one database: the copy that holds its lease opens it, with what the copy before
// left in the database, so that people see one device and one voice.
func sharedMatrix(cfg Config, st *store.Store, master *seal.Master, m *meter, log *slog.Logger) bot.Account {
	return bot.Account{Network: matrix.NetworkName, Open: func(ctx context.Context) (bot.Opened, error) {
		keep, err := st.Keep(ctx, matrix.NetworkName)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", bot.ErrReopen, err) // the lease or the server is gone: it is tried again
		}
		t, err := openMatrix(ctx, cfg, keep.DB, master, log)
		if err != nil {
			return nil, errors.Join(lostOr(keep, err), keep.DB.Close())
		}
		return m.wrapOpened(&kept{Opened: t, keep: keep}, t.Synced), nil
	}}
}

// kept is an account that ends when the session of the database ends in which its
// keys are: what it holds in memory may be ahead of what is there.
type kept struct {
	bot.Opened
	keep *store.Keep
}

// Run runs until ctx ends, the account cannot be used any more, or the session is
// lost (bot.ErrReopen).
func (k *kept) Run(ctx context.Context, h chat.Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-k.keep.Lost:
			cancel()
		case <-over:
		}
	}()
	return lostOr(k.keep, k.Opened.Run(ctx, h))
}

// Close closes the account, and the session with it.
func (k *kept) Close() error { return errors.Join(k.Opened.Close(), k.keep.DB.Close()) }

var errSessionLost = errors.New("the connection to the database was lost")

// lostOr tells of a lost session what is to be done, and of anything else what
// it was.
func lostOr(keep *store.Keep, err error) error {
	select {
	case <-keep.Lost:
		return fmt.Errorf("%w: %w", bot.ErrReopen, errSessionLost)
	default:
		return err
	}
}

// thisProcess names this process so that no other is ever named the same: the
// start of the system, the namespace in which the number counts, the number, and
// when the process began. It is "" where the system does not tell.
func thisProcess() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	began, _, ok := processStat(os.Getpid())
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s %s %d %s", strings.TrimSpace(string(boot)), space, os.Getpid(), began)
}

// processDead tells whether a process that named itself by thisProcess ran on
// this machine and has ended. Of another machine nothing is known.
func processDead(name string) bool {
	self := strings.Fields(thisProcess())
	other := strings.Fields(name)
	if len(self) != 4 || len(other) != 4 || self[0] != other[0] || self[1] != other[1] {
		return false
	}
	pid, err := strconv.Atoi(other[2])
	if err != nil {
		return false
	}
	began, state, ok := processStat(pid)
	if !ok {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) // that of another user may only be out of sight
	}
	return began != other[3] || state == "Z" || state == "X"
}

// processStat reads when a process began and what it does.
func processStat(pid int) (began, state string, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", "", false
	}
	// The name of the program, in parentheses, may hold anything.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	const first = 3 // the number of the first field behind the name
	if len(fields) <= 22-first {
		return "", "", false
	}
	return fields[22-first], fields[0], true
}

// replicaLabel names this copy for the operator.
func replicaLabel() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}
