package matrix

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// names counts how often something stands in the tables and the files of the
// account.
func (b *bot) names(t *testing.T, strs ...string) (n int) {
	t.Helper()
	rows, err := b.ledger.db.Query(testContext(t), `SELECT user_id || room_id FROM mx_user_profile UNION ALL SELECT user_id FROM crypto_tracked_user
		UNION ALL SELECT user_id FROM crypto_device UNION ALL SELECT room_id FROM crypto_megolm_inbound_session UNION ALL SELECT room_id FROM mx_room_state`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			t.Fatal(err)
		}
		for _, s := range strs {
			n += strings.Count(row, s)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(b.cfg.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, s := range strs {
			n += strings.Count(string(data), s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestGoesOutForGood: the bot leaves the room of who was erased and every other of
// the two, forgets them and their keys, and stays with everybody else. Doing it
// again is no error. Who invites it into that same room is a stranger: it comes,
// hears what is said from then on and nothing from before, and can answer.
func TestGoesOutForGood(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	r := newRecorder()
	b := startBot(t, botConfig(t, server.URL(), createUser(t, server, "bot")), r, nil)
	g, other := newGuest(t, server, "ann"), newGuest(t, server, "bea")
	g.openChat(t, b)
	first := g.room
	g.openChat(t, b)
	g.say(t, "hello")
	r.waitText(t, "hello")
	b.say(t, g, "key-1", "good evening")
	g.awaitText(t, "good evening")
	other.openChat(t, b)
	if b.names(t, g.cli.UserID.String(), g.room.String()) == 0 {
		t.Fatal("nothing is found of who is there")
	}
	out := chat.Outgoing{Key: "quit-1", To: g.address(), Form: chat.FormLeave}
	for range 2 {
		if _, err := b.Send(testContext(t), out); err != nil {
			t.Fatal(err)
		}
	}
	g.awaitGone(t, b.self)
	joined, err := b.cli.JoinedRooms(testContext(t))
	if err != nil || len(joined.JoinedRooms) != 1 || joined.JoinedRooms[0] != other.room {
		t.Errorf("the bot is in %d rooms: %v", len(joined.JoinedRooms), err)
	}
	other.say(t, "still here") // what the homeserver told of the leaving was handled
	r.waitText(t, "still here")
	deadline := time.Now().Add(limit)
	for b.names(t, g.cli.UserID.String(), g.room.String(), first.String()) > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d traces are left", b.names(t, g.cli.UserID.String(), g.room.String(), first.String()))
		}
		time.Sleep(50 * time.Millisecond)
		if err := b.ledger.dropLeft(testContext(t), b.self); err != nil { // as once an hour
			t.Fatal(err)
		}
	}

	g.say(t, "to nobody")
	opened := r.count(chat.KindOpened)
	if _, err := g.cli.InviteUser(testContext(t), g.room, inviteOf(b.UserID())); err != nil {
		t.Fatal(err)
	}
	r.until(t, "the new beginning", func() bool {
		n := 0
		for _, m := range r.messages {
			if m.Kind == chat.KindOpened {
				n++
			}
		}
		return n > opened
	})
	g.await(t, "the bot", func(evt *event.Event) bool {
		return evt.Type == event.StateMember && id.UserID(evt.GetStateKey()) == b.self && evt.Content.AsMember().Membership == event.MembershipJoin && evt.Unsigned.PrevContent != nil
	})
	g.say(t, "hello again")
	r.waitText(t, "hello again")
	b.say(t, g, "key-2", "welcome")
	g.awaitText(t, "welcome")
	if n := r.count(chat.KindUnreadable); n > 0 || strings.Contains(r.summary(), "to nobody") {
		t.Errorf("of before: %s", r.summary())
	}
}

func (g *guest) awaitGone(t *testing.T, user id.UserID) {
	t.Helper()
	g.await(t, "a leaving", func(evt *event.Event) bool {
		return evt.Type == event.StateMember && evt.GetStateKey() == user.String() && evt.Content.AsMember().Membership == event.MembershipLeave
	})
}
