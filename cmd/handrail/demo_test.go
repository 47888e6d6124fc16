package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// TestDemo runs the demo with a script, from the invitation to stop, and looks
// at the raw events on the homeserver: everything that anybody said is
// encrypted there.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	lines := []string{"hi", "yes", "GB", "yes", "London", "skip", "no", "breathe", "stop"}
	var out, errs bytes.Buffer
	inspected := false
	d := &demo{
		streams: streams{strings.NewReader(strings.Join(lines, "\n") + "\n"), &out, &errs},
		inspect: func(ctx context.Context, g *guest) error {
			inspected = true
			return inspectRoom(t, ctx, g, lines)
		},
	}
	if err := d.run(context.Background()); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	if !inspected {
		t.Error("the room was not looked at")
	}
	talk := out.String()
	if !shape.MatchString(talk) {
		t.Errorf("not the transcript format:\n%s", talk)
	}
	turns := strings.Split("\n"+talk, "\n< ")
	if len(turns) != len(lines)+1 {
		t.Fatalf("%d turns, want %d:\n%s", len(turns)-1, len(lines), talk)
	}
	for i, turn := range turns[1:] {
		if !strings.HasPrefix(turn, lines[i]+"\n> ") {
			t.Errorf("no reply to %q:\n%s", lines[i], talk)
		}
	}
	if regexp.MustCompile(`(?i)panic|level=ERROR|decrypt`).MatchString(errs.String()) {
		t.Errorf("standard error:\n%s", errs.String())
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// inspectRoom reads the room as the homeserver has it.
func inspectRoom(t *testing.T, ctx context.Context, g *guest, lines []string) error {
	t.Helper()
	resp, err := g.client.Messages(ctx, g.room, "", "", mautrix.DirectionBackward, nil, 100)
	if err != nil {
		return err
	}
	byGuest, byBot := 0, 0
	for _, evt := range resp.Chunk {
		if evt.StateKey != nil {
			continue
		}
		switch evt.Type.Type {
		case event.EventEncrypted.Type:
			if evt.Sender == g.bot {
				byBot++
			} else {
				byGuest++
			}
			if bytes.Contains(evt.Content.VeryRaw, []byte(`"body"`)) {
				t.Error("an encrypted event has a body in clear")
			}
		case event.EventReaction.Type, event.EventRedaction.Type:
		default:
			t.Errorf("an event of type %s on the homeserver is not encrypted", evt.Type.Type)
		}
	}
	if byGuest != len(lines) || byBot < len(lines) {
		t.Errorf("%d encrypted events of the guest and %d of the bot, for %d lines", byGuest, byBot, len(lines))
	}
	return nil
}
