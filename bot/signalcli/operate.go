package signalcli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What an operator does beside a running bot. Each of these opens a connection of
// its own and closes it again.

// Daemon is what a daemon says of itself.
type Daemon struct {
	Version Version
	// Single: it serves one account, as the bot needs it.
	Single bool
	// Registered: the account is there and answers. Meaningless unless Single.
	Registered bool
	// Untrusted is how many people have a safety number that is not trusted.
	Untrusted int
}

// Probe asks a daemon what it is. Nothing is received by it.
func Probe(ctx context.Context, address string) (d Daemon, err error) {
	err = with(ctx, address, func(c *client) error {
		if d.Version, err = c.version(ctx); err != nil {
			return err
		}
		var refused *rpcError
		err := c.call(ctx, "listAccounts", nil, nil)
		if d.Single = errors.As(err, &refused) && refused.Code == codeNoMethod; err != nil && refused == nil {
			return err
		}
		if !d.Single {
			return nil
		}
		rows, err := c.identities(ctx, "")
		for _, row := range rows {
			if row.Trust == untrusted && aci(row.UUID) != "" {
				d.Untrusted++
			}
		}
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		d.Registered = err == nil
		return nil
	})
	return d, clean("ask signal-cli", err)
}

// Identity is somebody whose safety number is not trusted.
type Identity struct {
	// Ref names them to the operator: the same every time, and it says nothing.
	Ref string
	// SafetyNumber is to be compared with what the person's phone shows.
	SafetyNumber string
	Since        time.Time
}

// Untrusted lists those to whom nothing is sent until somebody has compared their
// safety number.
func Untrusted(ctx context.Context, cfg Config) (list []Identity, err error) {
	k, err := newKeys(cfg.Key)
	if err != nil {
		return nil, err
	}
	err = with(ctx, cfg.Address, func(c *client) error {
		rows, err := c.identities(ctx, "")
		for _, row := range rows {
			if row.Trust == untrusted && aci(row.UUID) != "" {
				list = append(list, Identity{k.ref(aci(row.UUID)), row.SafetyNumber, time.UnixMilli(row.Added)})
			}
		}
		return err
	})
	return list, clean("ask for safety numbers", err)
}

// Trust says that a safety number was compared and is right. The daemon then hands
// over what the person wrote meanwhile, and the bot goes on with them.
func Trust(ctx context.Context, cfg Config, ref, safetyNumber string) error {
	k, err := newKeys(cfg.Key)
	if err != nil {
		return err
	}
	number := strings.Join(strings.Fields(safetyNumber), "")
	err = with(ctx, cfg.Address, func(c *client) error {
		rows, err := c.identities(ctx, "")
		if err != nil {
			return err
		}
		for _, row := range rows {
			if who := aci(row.UUID); who != "" && row.Trust == untrusted && k.ref(who) == ref {
				return c.call(ctx, "trust", trustParams{Recipient: who, VerifiedSafetyNumber: number}, nil)
			}
		}
		return ErrNobody
	})
	if errors.Is(err, ErrNobody) {
		return ErrNobody
	}
	return clean("trust a safety number", err)
}

// SubmitCaptcha hands in what https://signalcaptchas.org/challenge/generate.html
// gave, as the answer to the challenge in the State. A running bot then tries at
// once whether it may send again.
func SubmitCaptcha(ctx context.Context, cfg Config, captcha string) error {
	s, err := ReadState(cfg.Dir)
	if err != nil {
		return err
	}
	if s.Challenge == "" {
		return ErrNoChallenge
	}
	err = with(ctx, cfg.Address, func(c *client) error {
		return c.call(ctx, "submitRateLimitChallenge", captchaParams{s.Challenge, captcha}, nil)
	})
	var refused *rpcError
	if errors.As(err, &refused) && (refused.Code == codeUser || refused.Code == codeCaptchaRefused) {
		return ErrCaptcha
	}
	if err != nil {
		return clean("hand in a captcha", err)
	}
	return clean("tell the bot", os.WriteFile(filepath.Join(cfg.Dir, liftFile), nil, 0o600))
}

// liftFile is how a running bot hears that a captcha was taken.
const liftFile = "lift"

// lifted tells, once, whether a captcha was taken.
func (t *Transport) lifted() bool { return os.Remove(filepath.Join(t.cfg.Dir, liftFile)) == nil }

// with runs fn with a connection.
func with(ctx context.Context, address string, fn func(*client) error) error {
	ctx, cancel := context.WithTimeout(ctx, pingPatience)
	defer cancel()
	c, err := dialFor(ctx, address, maxAnswer)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.read(nil) }()
	defer func() { c.close(); <-ended }()
	return fn(c)
}

var (
	// ErrNobody says that there is nobody of that name whose safety number waits.
	ErrNobody = errors.New("nobody of that name has a safety number that waits to be compared")
	// ErrNoChallenge says that Signal asks for no captcha, as far as the bot knows.
	ErrNoChallenge = errors.New("signal asks for no captcha")
	// ErrCaptcha says that the answer to a captcha was refused.
	ErrCaptcha = errors.New("signal did not take the captcha: solve a new one, on a computer with the same address as the bot")
)
