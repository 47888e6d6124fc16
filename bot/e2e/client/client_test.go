package client

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/homeserver"
)

// pair is two people on one homeserver.
type pair struct {
	server   *homeserver.Server
	ann, ben *Person
}

func login(ctx context.Context, t *testing.T, s *homeserver.Server, user string) *Person {
	t.Helper()
	p, err := Login(ctx, Options{Dir: ".", Homeserver: s.URL(), User: user, Password: "long enough"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func setup(ctx context.Context, t *testing.T) pair {
	t.Helper()
	if err := Install(ctx, "."); err != nil {
		t.Fatal(err)
	}
	s, err := homeserver.Start(ctx, homeserver.Options{Dir: t.TempDir(), InMemory: true, Progress: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	for _, name := range []string{"ann", "ben"} {
		if err := s.CreateUser(ctx, name, "long enough"); err != nil {
			t.Fatal(err)
		}
	}
	return pair{server: s, ann: login(ctx, t, s, "ann"), ben: login(ctx, t, s, "ben")}
}

// TestTwoPeopleTalk is a test of the driver: what one client does, the other
// one sees.
func TestTwoPeopleTalk(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	two := setup(ctx, t)
	ann, ben := two.ann, two.ben
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(ann.Bootstrap(ctx))
	must(ben.Bootstrap(ctx))
	room, err := ann.CreateRoom(ctx, true, ben.UserID)
	must(err)
	must(ben.Join(ctx, room))
	must(ann.WaitJoined(ctx, room, ben.UserID))

	first, err := ann.Send(ctx, room, "one")
	must(err)
	rest, err := ann.SendAll(ctx, room, []string{"two", "three"})
	must(err)
	heard, upTo, err := ben.Wait(ctx, Wanted{Room: room, From: ann.UserID, Count: 2, After: 1, Any: []string{"two", "three"}})
	must(err)
	if len(heard) != 2 || heard[0].Body != "two" || upTo != 3 {
		t.Errorf("heard %d messages up to %d", len(heard), upTo)
	}
	_, err = ben.React(ctx, room, first, "👍")
	must(err)
	_, err = ann.Edit(ctx, room, rest[0], "two, better")
	must(err)
	_, err = ann.Redact(ctx, room, rest[1])
	must(err)
	_, err = ann.Picture(ctx, room, "cat.png")
	must(err)
	_, err = ann.SendPlain(ctx, room, "in the open")
	must(err)
	_, _, err = ben.Wait(ctx, Wanted{Room: room, From: ann.UserID, Any: []string{"in the open"}})
	must(err)

	events, err := ben.Timeline(ctx, room)
	must(err)
	byID := map[string]Event{}
	var reactions []Event
	for _, e := range events {
		byID[e.ID] = e
		if e.Type == "m.reaction" {
			reactions = append(reactions, e)
		}
		if e.Unreadable != "" {
			t.Errorf("%s is unreadable: %s", e.Type, e.Unreadable)
		}
		open := e.Body == "in the open" || e.State || e.Type == "m.reaction" || e.Type == "m.room.redaction"
		if e.Encrypted == open && !e.Redacted {
			t.Errorf("%s %q: encrypted %v", e.Type, e.Body, e.Encrypted)
		}
		if e.Encrypted && e.Shield != 0 {
			t.Errorf("%s %q: shield %d for reason %d", e.Type, e.Body, e.Shield, e.ShieldReason)
		}
	}
	if e := byID[first]; e.Body != "one" || !e.Message() {
		t.Errorf("the first message is %+v", e)
	}
	if e := byID[rest[0]]; e.Body != "two" || e.Edited != "two, better" {
		t.Errorf("the edited message is %+v", e)
	}
	if e := byID[rest[1]]; !e.Redacted || e.Message() {
		t.Errorf("the removed message is %+v", e)
	}
	if len(reactions) != 1 || reactions[0].Target != first || reactions[0].Key != "👍" {
		t.Errorf("reactions: %+v", reactions)
	}
	if !slices.ContainsFunc(events, func(e Event) bool { return e.MsgType == "m.image" && e.Body == "cat.png" }) {
		t.Error("the picture did not arrive")
	}
	_, devices, err := ben.Trust(ctx, ann.UserID)
	must(err)
	signed := slices.ContainsFunc(devices, func(d Device) bool { return d.ID == ann.Device && d.SignedByOwner })
	if !signed {
		t.Errorf("the device is not signed by its owner: %+v", devices)
	}

	// A message sent while the homeserver is away arrives once it is back.
	must(two.server.Stop())
	sent := make(chan error, 1)
	go func() { _, err := ann.Send(ctx, room, "after the storm"); sent <- err }()
	must(two.server.Restart(ctx))
	must(<-sent)
	_, _, err = ben.Wait(ctx, Wanted{Room: room, From: ann.UserID, Any: []string{"after the storm"}})
	must(err)

	// A second login sees what comes, and not what came before it.
	again := login(ctx, t, two.server, "ben")
	soon, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for known := false; !known; {
		_, devices, err := ann.Trust(soon, ben.UserID)
		must(err)
		known = slices.ContainsFunc(devices, func(d Device) bool { return d.ID == again.Device })
	}
	_, err = ann.Send(ctx, room, "hello again")
	must(err)
	_, _, err = again.Wait(ctx, Wanted{Room: room, From: ann.UserID, Any: []string{"hello again"}})
	must(err)
	events, err = again.Timeline(ctx, room)
	must(err)
	for _, e := range events {
		if e.ID == first && e.Unreadable == "" {
			t.Error("a new device reads an old message")
		}
	}
}

func TestClientErrors(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if err := Install(ctx, "."); err != nil {
		t.Fatal(err)
	}
	p, err := start(ctx, ".")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.call(ctx, "fly", map[string]any{}, nil); err == nil || !strings.Contains(err.Error(), "no such request: fly") {
		t.Errorf("unknown request: %v", err)
	}
	p.Close()
	if err := p.Bootstrap(ctx); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("after the end: %v", err)
	}
	if _, err := start(ctx, t.TempDir()); err == nil || !strings.Contains(err.Error(), "ended at once") {
		t.Errorf("without a driver: %v", err)
	}
}

func TestInstallSaysWhatIsMissing(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "package-lock.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	tests := []struct{ name, tool, script, want string }{
		{"nothing", "", "", "there is no `node`"},
		{"no npm", "node", "echo v20.1.0", "there is no `npm`"},
		{"old node", "npm", "exit 0", "node is v18.0.0"},
		{"npm fails", "node", "echo v22.0.0", "npm ci: exit status 1"},
	}
	for _, tt := range tests {
		switch tt.name {
		case "old node":
			writeTool(t, bin, "node", "echo v18.0.0")
		case "npm fails":
			writeTool(t, bin, "npm", "exit 1")
		}
		if tt.tool != "" {
			writeTool(t, bin, tt.tool, tt.script)
		}
		err := Install(context.Background(), dir)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func writeTool(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}
