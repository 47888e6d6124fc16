package matrix

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// sign gives a client a cross-signing identity of its own, or a new one.
func sign(t *testing.T, g *guest) {
	t.Helper()
	ctx := testContext(t)
	g.turn.mu.Lock()
	defer g.turn.mu.Unlock()
	if _, _, err := g.help.Machine().GenerateAndUploadCrossSigningKeysWithPassword(ctx, password, ""); err != nil {
		t.Fatal(err)
	}
	if err := g.help.Machine().SignOwnDevice(ctx, g.help.Machine().OwnIdentity()); err != nil {
		t.Fatal(err)
	}
}

// TestStaffDevices: only a device that its owner has signed counts, whoever
// compared emoji with the bot; it is told when the owner's keys are others; and
// no other device is given the key of what staff are told.
func TestStaffDevices(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	r := newRecorder()
	g := newGuest(t, server, "ana", func(g *guest) { sign(t, g) })
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	cfg.Staff = &Staff{Members: []string{g.cli.UserID.String()}, Verified: true}
	b := startBot(t, cfg, r, nil)
	g.openRoom(t, b.self, true)
	g.awaitJoin(t, b.self)
	said := func(by *guest, words string) *chat.Staff {
		by.say(t, words)
		m := r.waitText(t, words)
		if m.Staff == nil {
			t.Fatalf("%s: not of staff", words)
		}
		return m.Staff
	}
	first := said(g, "one")
	if !first.Alone || first.Doubted || first.Unproven || first.Identity == "" {
		t.Errorf("a signed device: %+v", first)
	}
	other := guestOn(t, server, g.cli.UserID.Localpart())
	other.room = g.room
	other.awaitJoin(t, b.self)
	if s := said(other, "two"); !s.Doubted || s.Identity != "" {
		t.Errorf("a device that nobody signed: %+v", s)
	}
	device, err := b.crypt.store.GetDevice(testContext(t), g.cli.UserID, other.cli.DeviceID)
	if err != nil || device == nil {
		t.Fatal(device, err)
	}
	device.Trust = id.TrustStateVerified // as after comparing emoji
	if err := b.crypt.store.PutDevice(testContext(t), g.cli.UserID, device); err != nil {
		t.Fatal(err)
	}
	if s := said(other, "three"); !s.Doubted || s.Identity != "" {
		t.Errorf("a device that compared emoji with the bot: %+v", s)
	}
	out := chat.Outgoing{Key: "k", Team: true, To: g.address(), Text: "for ana"}
	if _, err := b.Send(testContext(t), out); err != nil {
		t.Fatal(err)
	}
	g.awaitText(t, "for ana")
	if !sharedWith(t, b, g) || sharedWith(t, b, other) {
		t.Errorf("the key went to the signed device: %v, to the other one: %v", sharedWith(t, b, g), sharedWith(t, b, other))
	}
	sign(t, g)
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		keys, err := b.crypt.store.GetCrossSigningKeys(testContext(t), g.cli.UserID)
		if err == nil && keys[id.XSUsageMaster].Key != keys[id.XSUsageMaster].First {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the bot does not hear of the new keys: %v", err)
		}
	}
	if s := said(g, "four"); s.Doubted || s.Identity == "" || s.Identity == first.Identity {
		t.Errorf("after the keys changed: %+v, before: %+v", s, first)
	}
}

// sharedWith tells whether a device of a guest was given the key of what the bot says
// in its room now.
func sharedWith(t *testing.T, b *bot, g *guest) bool {
	t.Helper()
	ctx := testContext(t)
	session, err := b.crypt.store.GetOutboundGroupSession(ctx, g.room)
	if err != nil || session == nil {
		t.Fatal(session, err)
	}
	is, err := b.crypt.store.IsOutboundGroupSessionShared(ctx, g.cli.UserID, g.help.Machine().OwnIdentity().IdentityKey, session.ID())
	if err != nil {
		t.Fatal(err)
	}
	return is
}

// TestStaffKeysFollow: a device that is signed late reads from then on, and whose
// identity is another one reads nothing more until it is vouched for.
func TestStaffKeysFollow(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	r := newRecorder()
	g := newGuest(t, server, "ana", func(g *guest) { sign(t, g) })
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	cfg.Staff = &Staff{Members: []string{g.cli.UserID.String()}, Verified: true}
	b := startBot(t, cfg, r, nil)
	g.openRoom(t, b.self, true)
	g.awaitJoin(t, b.self)
	g.say(t, "here")
	r.waitText(t, "here")
	other := guestOn(t, server, g.cli.UserID.Localpart())
	other.room = g.room
	other.awaitJoin(t, b.self)
	send := func(key string) {
		t.Helper()
		if _, err := b.Send(testContext(t), chat.Outgoing{Key: key, Team: true, To: g.address(), Text: chat.Text(key)}); err != nil {
			t.Fatal(err)
		}
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(limit); !ok(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("waited in vain: " + what)
			}
		}
	}
	other.say(t, "also here")
	r.waitText(t, "also here")
	send("one")
	if !sharedWith(t, b, g) || sharedWith(t, b, other) {
		t.Fatal("before it was signed the other device is given the key")
	}
	g.turn.mu.Lock()
	err := g.help.Machine().SignOwnDevice(testContext(t), other.help.Machine().OwnIdentity())
	g.turn.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	until("a device that was signed late", func() bool {
		sent++
		send(fmt.Sprint("late ", sent))
		return sharedWith(t, b, g) && sharedWith(t, b, other)
	})
	other.awaitText(t, fmt.Sprint("late ", sent))
	sign(t, g)
	until("the question about the new keys", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.refused) > 0
	})
	var never *chat.PermanentError
	_, err = b.Send(testContext(t), chat.Outgoing{Key: "nobody", Team: true, To: g.address(), Text: "for nobody"})
	if !errors.As(err, &never) {
		t.Errorf("a message that no device may read: %v", err)
	}
	keys, err := b.crypt.store.GetCrossSigningKeys(testContext(t), g.cli.UserID)
	r.mu.Lock()
	r.known[g.cli.UserID.String()] = keys[id.XSUsageMaster].Key.String()
	r.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	until("the signature of the device under the new keys", func() bool {
		_, err := b.Send(testContext(t), chat.Outgoing{Key: "confirmed", Team: true, To: g.address(), Text: "confirmed"})
		return err == nil
	})
	g.awaitText(t, "confirmed")
	if g.countText("for nobody") > 0 {
		t.Error("keys that nobody confirmed read")
	}
}

// TestStaffKeysFault: a database that fails is no reason to take somebody for
// another one.
func TestStaffKeysFault(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	for _, table := range []string{"crypto_cross_signing_signatures", "crypto_cross_signing_keys", "crypto_device"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			g := newGuest(t, server, "ana", func(g *guest) { sign(t, g) })
			cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
			cfg.Staff = &Staff{Members: []string{g.cli.UserID.String()}, Verified: true}
			b := startBot(t, cfg, r, nil)
			g.openRoom(t, b.self, true)
			g.awaitJoin(t, b.self)
			g.say(t, "before")
			r.waitText(t, "before")
			rename := func(from, to string) {
				t.Helper()
				if _, err := b.ledger.db.Exec(testContext(t), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
					t.Fatal(err)
				}
			}
			rename(table, "away")
			g.say(t, "meanwhile")
			for deadline := time.Now().Add(limit); !strings.Contains(b.logs.String(), "will try again"); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("nothing is tried again")
				}
				if r.count(chat.KindText) > 1 {
					break
				}
			}
			var never *chat.PermanentError
			out := chat.Outgoing{Key: "k", Team: true, To: g.address(), Text: "for ana"}
			if _, err := b.Send(testContext(t), out); err == nil || errors.As(err, &never) {
				t.Errorf("a message to staff while the keys cannot be looked at: %v", err)
			}
			rename("away", table)
			if m := r.waitText(t, "meanwhile"); m.Staff == nil || m.Staff.Doubted || m.Staff.Identity == "" {
				t.Errorf("a signed device after a fault of the database: %+v", m.Staff)
			}
			if _, err := b.Send(testContext(t), out); err != nil {
				t.Error(err)
			}
			g.awaitText(t, "for ana")
		})
	}
}

// TestRoomOfACase: the room holds those who have the case and nobody else, who comes
// reads nothing from before, and it is found again when the bot has forgotten it.
func TestRoomOfACase(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	r := newRecorder()
	ana, ben := newGuest(t, server, "ana"), newGuest(t, server, "ben")
	a, z := ana.cli.UserID.String(), ben.cli.UserID.String()
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	cfg.Staff = &Staff{Room: "!elsewhere:localhost", Members: []string{a, z}}
	b := startBot(t, cfg, r, nil)
	send := func(key string, form chat.Form, words string, members ...string) {
		t.Helper()
		out := chat.Outgoing{Key: key, Team: true, To: chat.Address{Network: NetworkName, Room: "K1.x"}, Form: form, Text: chat.Text(words), Members: members}
		if _, err := b.Send(testContext(t), out); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	enter := func(g *guest) {
		t.Helper()
		g.room = g.invited(t)
		if _, err := g.cli.JoinRoomByID(testContext(t), g.room); err != nil {
			t.Fatal(err)
		}
	}
	send("1", chat.FormText, "before she is there", a)
	enter(ana)
	ana.awaitText(t, "before she is there")
	ana.say(t, "hello")
	if m := r.waitText(t, "hello"); m.Staff == nil || m.Staff.Case != "K1.x" || m.Staff.Alone {
		t.Errorf("what is said in the room of a case: %+v", m.Staff)
	}
	b.stop()
	for _, statement := range []string{"DELETE FROM hr_case", "DELETE FROM hr_sync", "DELETE FROM hr_room"} {
		if _, err := b.openAgain(t, cfg, statement); err != nil {
			t.Fatal(err)
		}
	}
	b = startBot(t, cfg, r, nil)
	send("2", chat.FormText, "for both", a, z)
	ana.awaitText(t, "for both")
	enter(ben)
	if ben.room != ana.room {
		t.Error("the case has two rooms")
	}
	ben.awaitText(t, "for both")
	send("3", chat.FormMembers, "", z)
	ben.awaitWithout(t, ana)
	send("4", chat.FormText, "for ben", z)
	ben.awaitText(t, "for ben")
	if ana.countText("for ben") > 0 || ben.countText("before she is there") > 0 {
		t.Error("somebody reads what is not theirs")
	}
	if _, err := ben.cli.InviteUser(testContext(t), ben.room, inviteOf(a)); err == nil {
		t.Error("staff can invite into the room of a case")
	}
	if err := b.ledger.putCase(testContext(t), "K1.nobody", ""); err != nil { // as after a request that nobody answered
		t.Fatal(err)
	}
	for i, form := range []chat.Form{chat.FormMembers, chat.FormText} {
		for _, name := range []string{"K1.nobody", "K1.never"} {
			out := chat.Outgoing{Key: fmt.Sprint(name, i), Team: true, To: chat.Address{Network: NetworkName, Room: name}, Form: form, Text: "to nobody"}
			if _, err := b.Send(testContext(t), out); err != nil {
				t.Fatal(err)
			}
			if room, _, err := b.ledger.caseRoom(testContext(t), name); room != "" || err != nil {
				t.Error("a room is made for nobody", err)
			}
		}
	}
	send("5", chat.FormLeave, "")
	joined, err := b.cli.JoinedRooms(testContext(t))
	if err != nil || slices.Contains(joined.JoinedRooms, ben.room) {
		t.Errorf("the bot is still in the room: %v", err)
	}
	send("6", chat.FormLeave, "")
	if strings.Contains(b.logs.String(), a) || strings.Contains(b.logs.String(), ben.room.String()) {
		t.Error("the log has an address")
	}
}
