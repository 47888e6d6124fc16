package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/matrix"
	"handrail/bot/seal"
	"handrail/bot/signalcli"
	"handrail/bot/store"
)

// Signal is the bot's account on Signal, beside that on Matrix.
type Signal struct {
	// Where a signal-cli daemon listens for JSON-RPC: the path of its UNIX socket,
	// as in /run/signal-cli/socket, or host:port of this very machine. It runs as a
	// process of its own, for this account alone: handrail unit signal-cli prints
	// its service, with the flags that keep what people write from harm. Leave it
	// empty for no Signal.
	Socket string `yaml:"socket"`

	// The number that the daemon serves, as in +4930123456. Where it is given, a
	// daemon of another account is refused.
	Account string `yaml:"account"`

	// What people are told who want to write to the bot from Signal as well: a
	// username as in helper.42, or the number. Empty: the account above, if given.
	Found string `yaml:"found"`

	// After which time messages disappear on both phones, from the first answer to
	// somebody on. A shorter time that the person sets is kept, and so is what they
	// choose later. 0s leaves it to them.
	Disappearing time.Duration `yaml:"disappearing"`

	// What to do when the bot was stopped while a message was on its way, and no
	// receipt of the person's phone tells whether it was sent: resend (it may come
	// twice), drop (it may never come), or ask_staff (the same, and staff are told).
	// Answers to danger are sent again in any case.
	InDoubt string `yaml:"in_doubt"`
}

const longestDisappearing = 28 * 24 * time.Hour // what people can choose themselves

func signalDefaults() Signal { return Signal{Disappearing: 7 * 24 * time.Hour, InDoubt: "resend"} }

// onDoubt is the policy for messages in doubt.
func (g Signal) onDoubt() chat.OnDoubt {
	switch g.InDoubt {
	case "drop":
		return chat.OnDoubtDrop
	case "ask_staff":
		return chat.OnDoubtAsk
	}
	return chat.OnDoubtResend
}

// numberPattern is what a number looks like to Signal.
var numberPattern = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// check finds what is wrong with values of the right type.
func (g Signal) check(at positions) (faults []finding) {
	if g.Socket != "" {
		if err := signalcli.CheckAddress(g.Socket); err != nil {
			faults = append(faults, at.fault("signal.socket", "%v", err))
		}
	}
	if g.Account != "" && !numberPattern.MatchString(g.Account) {
		faults = append(faults, at.fault("signal.account", "that is no number: write it with the country and without spaces, as in +4930123456"))
	}
	switch g.InDoubt {
	case "resend", "drop", "ask_staff":
	default:
		faults = append(faults, at.fault("signal.in_doubt", "unknown policy %q: resend, drop or ask_staff", g.InDoubt))
	}
	if g.Disappearing < 0 || g.Disappearing > longestDisappearing || g.Disappearing%time.Second != 0 {
		faults = append(faults, at.fault("signal.disappearing", "disappearing must be between 0s and 28d, in whole seconds"))
	}
	return faults
}

// found says by network how people find the bot there.
func (c Config) found() map[string]string {
	names := map[string]string{}
	if strings.HasPrefix(c.Matrix.User, "@") {
		names[matrix.NetworkName] = c.Matrix.User
	}
	if name := cmp.Or(c.Signal.Found, c.Signal.Account); name != "" && c.Signal.used() {
		names[signalcli.NetworkName] = name
	}
	return names
}

// used tells whether there is an account on Signal.
func (g Signal) used() bool { return g.Socket != "" }

func (c Config) signalDir() string { return filepath.Join(c.Data, "signal") }

// signalAccount is the account of the configuration. The key of what is kept for it
// comes from the master key.
func signalAccount(cfg Config, master *seal.Master, log *slog.Logger) signalcli.Config {
	return signalcli.Config{
		Address: cfg.Signal.Socket, Account: cfg.Signal.Account, Dir: cfg.signalDir(), Timer: cfg.Signal.Disappearing,
		Key: append(master.Index("signal.ledger", "1"), master.Index("signal.ledger", "2")...),
		Log: log,
	}
}

// sharedSignal is the account when several copies of the program work on one
// database.
func sharedSignal(cfg Config, st *store.Store, master *seal.Master, m *meter, log *slog.Logger) bot.Account {
	return bot.Account{Network: signalcli.NetworkName, Open: func(ctx context.Context) (bot.Opened, error) {
		keep, err := st.Keep(ctx, signalcli.NetworkName)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", bot.ErrReopen, err) // the lease or the server is gone: it is tried again
		}
		account := signalAccount(cfg, master, log)
		account.DB = keep.DB
		t, err := signalcli.Open(ctx, account)
		if err != nil {
			return nil, errors.Join(lostOr(keep, err), keep.DB.Close())
		}
		return m.wrapOpened(&kept{Opened: t, keep: keep}, nil), nil
	}}
}
