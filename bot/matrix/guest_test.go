package matrix

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
	"handrail/bot/e2e/homeserver"
)

// guest is a person with a client.
type guest struct {
	cli  *mautrix.Client
	help *cryptohelper.CryptoHelper
	room id.RoomID

	turn    *turn
	mu      sync.Mutex
	events  []*event.Event // everything of others, decrypted
	changed chan struct{}
}

// turn lets a guest either send or take in what came: the library finds out about its
// own keys while it does either, and keeps them without a lock.
type turn struct {
	*mautrix.DefaultSyncer
	mu sync.Mutex
}

func (t *turn) ProcessResponse(ctx context.Context, resp *mautrix.RespSync, since string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.DefaultSyncer.ProcessResponse(ctx, resp, since)
}

// newGuest logs a person in; prepare runs before their client syncs.
func newGuest(t *testing.T, server *homeserver.Server, kind string, prepare ...func(*guest)) *guest {
	t.Helper()
	return guestOn(t, server, createUser(t, server, kind), prepare...)
}

// guestOn logs in with a new device of an account that is there.
func guestOn(t *testing.T, server *homeserver.Server, name string, prepare ...func(*guest)) *guest {
	t.Helper()
	ctx := testContext(t)
	cli, err := mautrix.NewClient(server.URL(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = cli.Login(ctx, &mautrix.ReqLogin{
		Type: mautrix.AuthTypePassword, Password: password, StoreCredentials: true,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{cli: cli, changed: make(chan struct{}), turn: &turn{DefaultSyncer: mautrix.NewDefaultSyncer()}}
	cli.Syncer = g.turn
	if g.help, err = cryptohelper.NewCryptoHelper(cli, []byte("guest"), filepath.Join(t.TempDir(), "guest.db")); err != nil {
		t.Fatal(err)
	}
	if err := g.help.Init(ctx); err != nil {
		t.Fatal(err)
	}
	cli.Crypto = g.help
	g.turn.OnEvent(func(_ context.Context, evt *event.Event) {
		if evt.Sender == cli.UserID || evt.RoomID == "" || evt.Type == event.EventEncrypted {
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.events = append(g.events, evt)
		close(g.changed)
		g.changed = make(chan struct{})
	})
	for _, fn := range prepare {
		fn(g)
	}
	sctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sctx.Err() == nil {
			_ = cli.SyncWithContext(sctx)
			_ = sleep(sctx, 50*time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done; _ = g.help.Close() })
	return g
}

// openRoom makes a room with the bot in it.
func (g *guest) openRoom(t *testing.T, bot id.UserID, encrypted bool, others ...id.UserID) {
	t.Helper()
	req := &mautrix.ReqCreateRoom{Preset: "trusted_private_chat", IsDirect: true, Invite: others}
	if bot != "" {
		req.Invite = append(req.Invite, bot)
	}
	if encrypted {
		req.InitialState = []*event.Event{{
			Type: event.StateEncryption, StateKey: new(string),
			Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
		}}
	}
	resp, err := g.cli.CreateRoom(testContext(t), req)
	if err != nil {
		t.Fatal(err)
	}
	g.room = resp.RoomID
}

// talking is a bot and a person who are in an encrypted chat.
func talking(t *testing.T) (*recorder, *bot, *guest) {
	t.Helper()
	server, r := sharedServer(t), newRecorder()
	b := startBot(t, botConfig(t, server.URL(), createUser(t, server, "bot")), r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	return r, b, g
}

// openChat makes an encrypted room and waits until the bot is ready in it and
// the guest knows that.
func (g *guest) openChat(t *testing.T, b *bot) {
	t.Helper()
	g.openRoom(t, b.self, true)
	b.wait(t, chat.KindOpened, func(m chat.Message) bool { return m.From.Room == g.room.String() })
	g.awaitJoin(t, b.self)
}

func (g *guest) awaitJoin(t *testing.T, user id.UserID) {
	t.Helper()
	g.await(t, "a join", func(evt *event.Event) bool {
		return evt.Type == event.StateMember && evt.GetStateKey() == user.String() && evt.Content.AsMember().Membership == event.MembershipJoin
	})
}

// invited waits for an invitation and returns the room that it is for.
func (g *guest) invited(t *testing.T) id.RoomID {
	t.Helper()
	deadline := time.After(limit)
	for {
		g.mu.Lock()
		changed := g.changed
		for _, evt := range g.events {
			if evt.Type == event.StateMember && evt.GetStateKey() == g.cli.UserID.String() && evt.Content.AsMember().Membership == event.MembershipInvite {
				g.mu.Unlock()
				return evt.RoomID
			}
		}
		g.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			t.Fatal("the guest waited in vain for an invitation")
		}
	}
}

func inviteOf(user string) *mautrix.ReqInviteUser {
	return &mautrix.ReqInviteUser{UserID: id.UserID(user)}
}

func (g *guest) address() chat.Address {
	return chat.Address{Network: NetworkName, User: g.cli.UserID.String(), Room: g.room.String()}
}

func (g *guest) say(t *testing.T, words string) id.EventID {
	t.Helper()
	return g.send(t, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgText, Body: words})
}

func (g *guest) send(t *testing.T, kind event.Type, content any) id.EventID {
	t.Helper()
	g.turn.mu.Lock()
	resp, err := g.cli.SendMessageEvent(testContext(t), g.room, kind, content)
	g.turn.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	return resp.EventID
}

func (g *guest) await(t *testing.T, what string, fits func(*event.Event) bool) *event.Event {
	t.Helper()
	deadline := time.After(limit)
	for {
		g.mu.Lock()
		changed := g.changed
		for _, evt := range g.events {
			if evt.RoomID == g.room && fits(evt) {
				g.mu.Unlock()
				return evt
			}
		}
		g.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("the guest waited in vain for %s", what)
		}
	}
}

func (g *guest) awaitText(t *testing.T, words string) *event.Event {
	t.Helper()
	return g.await(t, "the words "+words, func(evt *event.Event) bool {
		return evt.Type == event.EventMessage && evt.Content.AsMessage().Body == words
	})
}

func (g *guest) countText(words string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, evt := range g.events {
		if evt.Type == event.EventMessage && evt.Content.AsMessage().Body == words {
			n++
		}
	}
	return n
}
