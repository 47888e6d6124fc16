package matrix

import (
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// TestStaffComeAndGo: when the bot starts with another list of staff, who is new is
// invited into their room, and who is no staff any more is taken out.
func TestStaffComeAndGo(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	ana, ben, eve := newGuest(t, server, "ana"), newGuest(t, server, "ben"), newGuest(t, server, "eve")
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	cfg.Staff = &Staff{Members: []string{ana.cli.UserID.String(), eve.cli.UserID.String()}}
	b := startBot(t, cfg, newRecorder(), nil)
	enter := func(g *guest) {
		t.Helper()
		g.room = g.invited(t)
		if _, err := g.cli.JoinRoomByID(testContext(t), g.room); err != nil {
			t.Fatal(err)
		}
	}
	send := func(words string) {
		t.Helper()
		if _, err := b.Send(testContext(t), chat.Outgoing{Key: words, Team: true, Text: chat.Text(words)}); err != nil {
			t.Fatal(err)
		}
	}
	enter(ana)
	enter(eve)
	send("for ana and eve")
	eve.awaitText(t, "for ana and eve")
	b.stop()
	cfg.Staff = &Staff{Members: []string{ana.cli.UserID.String(), ben.cli.UserID.String()}}
	b = startBot(t, cfg, newRecorder(), nil)
	enter(ben)
	ana.awaitWithout(t, eve)
	send("for ana and ben")
	ana.awaitText(t, "for ana and ben")
	ben.awaitText(t, "for ana and ben")
	if ben.room != ana.room || eve.countText("for ana and ben") > 0 || ben.countText("for ana and eve") > 0 {
		t.Error("somebody reads what is not theirs")
	}
}

// awaitWithout waits until another is not in the guest's room any more, as the
// homeserver has it: a busy Dendrite does not always tell who was taken out.
func (g *guest) awaitWithout(t *testing.T, other *guest) {
	t.Helper()
	ctx := testContext(t)
	for there := true; there; time.Sleep(50 * time.Millisecond) {
		members, err := g.cli.JoinedMembers(ctx, g.room)
		if err != nil {
			t.Fatal(err)
		}
		_, there = members.Joined[other.cli.UserID]
	}
}

// TestStaffRoomOfOthers: in a room that was given, from which the bot may take
// nobody out, who is no staff reads nothing, and whoever runs the bot is told.
func TestStaffRoomOfOthers(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	ana, eve := newGuest(t, server, "ana"), newGuest(t, server, "eve")
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	bot := id.UserID("@" + cfg.User + ":localhost")
	empty := ""
	made, err := ana.cli.CreateRoom(testContext(t), &mautrix.ReqCreateRoom{
		Preset: "private_chat", Invite: []id.UserID{bot, eve.cli.UserID},
		InitialState: []*event.Event{{Type: event.StateEncryption, StateKey: &empty, Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ana.room, eve.room = made.RoomID, made.RoomID
	if _, err := eve.cli.JoinRoomByID(testContext(t), eve.room); err != nil {
		t.Fatal(err)
	}
	cfg.Staff = &Staff{Room: ana.room.String(), Members: []string{ana.cli.UserID.String()}}
	b := startBot(t, cfg, newRecorder(), nil)
	ana.awaitJoin(t, b.self)
	// It is looked for with growing pauses until the bot has joined.
	for deadline := time.Now().Add(3 * limit); !strings.Contains(b.logs.String(), "somebody who is not staff is in the room of staff"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nobody is told: %s", b.logs.String())
		}
	}
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "k", Team: true, Text: "for staff"}); err != nil {
		t.Fatal(err)
	}
	ana.awaitText(t, "for staff")
	if sharedWith(t, b, eve) || !sharedWith(t, b, ana) {
		t.Error("somebody who is no staff is given the key of the room of staff")
	}
}
