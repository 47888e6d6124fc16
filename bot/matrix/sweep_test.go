package matrix

import (
	"errors"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// standing are the messages of the guest that the homeserver still gives out with
// something in them.
func (g *guest) standing(t *testing.T) map[id.EventID]bool {
	t.Helper()
	page, err := g.cli.Messages(testContext(t), g.room, "", "", mautrix.DirectionBackward, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	left := map[id.EventID]bool{}
	for _, evt := range page.Chunk {
		if evt.Sender == g.cli.UserID && evt.StateKey == nil && evt.Type != event.EventRedaction && len(evt.Content.Raw) > 0 {
			left[evt.ID] = true
		}
	}
	return left
}

// sentAt is when an event was sent, by the homeserver's clock. A busy Dendrite
// does not show at once what it took.
func (g *guest) sentAt(t *testing.T, name id.EventID) time.Time {
	t.Helper()
	ctx := testContext(t)
	evt, err := g.cli.GetEvent(ctx, g.room, name)
	for ; errors.Is(err, mautrix.MNotFound) && ctx.Err() == nil; evt, err = g.cli.GetEvent(ctx, g.room, name) {
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	return time.UnixMilli(evt.Timestamp)
}

// TestSweep: what a person wrote within the span goes, whatever it was, and what
// they write later stays. Doing it again is no error.
func TestSweep(t *testing.T) {
	t.Parallel()
	r, b, g := talking(t)
	first := g.say(t, "he is here")
	r.waitText(t, "he is here")
	said := id.EventID(b.say(t, g, "key-1", "good evening"))
	sign, err := g.cli.SendReaction(testContext(t), g.room, said, "👍")
	if err != nil {
		t.Fatal(err)
	}
	r.wait(t, chat.KindReaction, nil)
	last := g.say(t, "x")
	r.waitText(t, "x")
	until := g.sentAt(t, last)
	for now := time.Now(); !time.Now().After(now.Add(2*time.Millisecond)) || !time.Now().After(until); {
		time.Sleep(time.Millisecond)
	}
	later := g.say(t, "and later")
	r.waitText(t, "and later")
	out := chat.Outgoing{Key: "sweep-1", To: g.address(), Form: chat.FormSweep, Since: until.Add(-time.Hour), Until: until}
	for range 2 {
		if _, err := b.Send(testContext(t), out); err != nil {
			t.Fatal(err)
		}
	}
	left := g.standing(t)
	for _, gone := range []id.EventID{first, sign.EventID, last} {
		if left[gone] {
			t.Error("something of the span is still there")
		}
	}
	if !left[later] {
		t.Error("what came later is gone")
	}
	out.Key, out.Since = "sweep-2", until.Add(time.Hour)
	out.Until = out.Since.Add(time.Hour)
	if _, err := b.Send(testContext(t), out); err != nil || !g.standing(t)[later] {
		t.Errorf("outside of the span: %v", err)
	}
}

// TestSweepWhereItIsNotAllowed: nothing is taken back, and nothing waits for it.
func TestSweepWhereItIsNotAllowed(t *testing.T) {
	t.Parallel()
	r, b, g := talking(t)
	lower(t, b, g.room)
	words := g.say(t, "he is here")
	r.waitText(t, "he is here")
	until := g.sentAt(t, words)
	out := chat.Outgoing{Key: "sweep-1", To: g.address(), Form: chat.FormSweep, Since: until.Add(-time.Hour), Until: until}
	if _, err := b.Send(testContext(t), out); err != nil {
		t.Fatal(err)
	}
	if !g.standing(t)[words] {
		t.Error("it is gone")
	}
}

// TestWhoLeaves is told: a person who goes out of the room, and one who puts the
// bot out of it.
func TestWhoLeaves(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	r := newRecorder()
	b := startBot(t, botConfig(t, server.URL(), createUser(t, server, "bot")), r, nil)
	tests := []struct {
		name string
		do   func(g *guest) error
	}{
		{"out of the room", func(g *guest) error {
			_, err := g.cli.LeaveRoom(testContext(t), g.room)
			return err
		}},
		{"the bot is put out", func(g *guest) error {
			_, err := g.cli.KickUser(testContext(t), g.room, &mautrix.ReqKickUser{UserID: b.self})
			return err
		}},
		{"the bot is banned", func(g *guest) error {
			_, err := g.cli.BanUser(testContext(t), g.room, &mautrix.ReqBanUser{UserID: b.self})
			return err
		}},
	}
	for _, tt := range tests {
		g := newGuest(t, server, "ann")
		g.openChat(t, b)
		g.say(t, "hello")
		r.waitText(t, "hello")
		lower(t, b, g.room)
		if err := tt.do(g); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		r.wait(t, chat.KindLeft, func(m chat.Message) bool { return m.From == g.address() })
	}
}

// lower takes from the bot what it may do in a room more than others. Only it can,
// in a room as most apps make it, where both may do everything.
func lower(t *testing.T, b *bot, room id.RoomID) {
	t.Helper()
	var levels event.PowerLevelsEventContent
	if err := b.cli.StateEvent(testContext(t), room, event.StatePowerLevels, "", &levels); err != nil {
		t.Fatal(err)
	}
	delete(levels.Users, b.self)
	if _, err := b.cli.SendStateEvent(testContext(t), room, event.StatePowerLevels, "", &levels); err != nil {
		t.Fatal(err)
	}
}
