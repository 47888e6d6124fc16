//go:build signalreal

package signalcli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// These tests talk with a signal-cli daemon that runs, which the fake can only
// resemble:
//
//	SIGNAL_CLI_SOCKET=/run/signal-cli/socket go test -tags goolm,signalreal -run Real ./bot/signalcli
//
// With SIGNAL_CLI_PEER, the identifier (ACI) of somebody who agreed and who has
// written to the account, they also send a message, change it and take it back.
// Nothing that arrives meanwhile is kept: do not use the account of people.

func realDaemon(t *testing.T) string {
	t.Helper()
	socket := os.Getenv("SIGNAL_CLI_SOCKET")
	if err := CheckAddress(socket); err != nil {
		t.Fatalf("SIGNAL_CLI_SOCKET must say where signal-cli listens, a path or 127.0.0.1:port: %v", err)
	}
	return socket
}

// TestRealDaemon asks a real daemon what it is, and expects one that the bot can
// work with.
func TestRealDaemon(t *testing.T) {
	d, err := Probe(t.Context(), realDaemon(t))
	switch {
	case err != nil:
		t.Fatalf("SIGNAL_CLI_SOCKET: %v", err)
	case d.Version.TooOld():
		t.Errorf("signal-cli %s is too old", d.Version)
	case !d.Single:
		t.Error("it serves accounts by name: start it with -a")
	case !d.Registered:
		t.Error("its account does not answer: is it registered?")
	}
	t.Logf("signal-cli %s, outdated: %v", d.Version, d.Version.Outdated())
}

// TestRealErrors holds a real daemon to what the fake was made after: the codes of
// refusals, without anything being sent.
func TestRealErrors(t *testing.T) {
	err := with(t.Context(), realDaemon(t), func(c *client) error {
		for _, test := range []struct {
			method string
			params any
			code   int
		}{
			{"no such method", nil, codeNoMethod},
			{"send", sendParams{Message: "nobody"}, codeUser},
			{"submitRateLimitChallenge", captchaParams{"none", "signalcaptcha://none"}, 0},
		} {
			var refused *rpcError
			if err := c.call(t.Context(), test.method, test.params, nil); !errors.As(err, &refused) || test.code != 0 && refused.Code != test.code {
				t.Errorf("%s: %v", test.method, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRealTalk receives, sends, changes and takes back.
func TestRealTalk(t *testing.T) {
	socket, peer := realDaemon(t), os.Getenv("SIGNAL_CLI_PEER")
	if peer != "" && aci(peer) == "" {
		t.Fatal("SIGNAL_CLI_PEER must be an ACI, as in 0a11ce00-0000-4000-8000-000000000001: a number is none")
	}
	tr, err := Open(t.Context(), Config{Address: socket, Dir: filepath.Join(t.TempDir(), "signal"), Key: []byte(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	tr.born = time.Now().UnixMilli() // whoever has keys now has written before
	h := newHandler()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- tr.Run(ctx, h) }()
	patience, end := context.WithTimeout(ctx, 2*time.Minute)
	defer end()
	if err := tr.Ready(patience); err != nil {
		t.Fatal(err)
	}
	t.Logf("the backlog held %d messages", len(h.all()))
	if peer != "" {
		id, err := tr.Send(patience, chat.Outgoing{Key: "1", To: to1(aci(peer)), Text: "A test of the bot. It takes this back in a moment."})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Send(patience, chat.Outgoing{Key: "2", To: to1(aci(peer)), Form: chat.FormEdit, Target: id, Text: "A test of the bot, changed."}); err != nil {
			t.Error(err)
		}
		if _, err := tr.Send(patience, chat.Outgoing{Key: "3", To: to1(aci(peer)), Form: chat.FormRemove, Target: id}); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if err := errors.Join(<-done, tr.Close()); err != nil {
		t.Error(err)
	}
}
