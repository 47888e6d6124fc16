package matrix

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

func TestTalk(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)

	asked := g.say(t, "hello there")
	m := r.waitText(t, "hello there")
	if m.ID != asked.String() || m.From != g.address() {
		t.Errorf("the message came as %q from %#v", m.ID, m.From.User)
	}
	first := b.say(t, g, "key-1", "good evening")
	got := g.awaitText(t, "good evening")
	if !got.Mautrix.WasEncrypted || got.Content.AsMessage().MsgType != event.MsgText {
		t.Error("the answer was not an encrypted m.text")
	}
	if text(got.Content.Raw, keyField) != "key-1" {
		t.Error("the key is not in the content")
	}
	if r.waitDelivered(t, "key-1") != first || got.ID.String() != first {
		t.Error("echo, answer of Send and event differ")
	}
	if again := b.say(t, g, "key-1", "good evening"); again != first {
		t.Error("the same key was sent as another event")
	}

	reply := &event.MessageEventContent{MsgType: event.MsgText, Body: "> <@x:y> good evening\n\n7", RelatesTo: (&event.RelatesTo{}).SetReplyTo(got.ID)}
	g.send(t, event.EventMessage, reply)
	if m := r.waitText(t, "7"); m.Target != first {
		t.Error("a reply lost its target")
	}
	g.send(t, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgNotice, Body: "I am a machine"})
	if _, err := g.cli.SendReaction(testContext(t), g.room, got.ID, "👍"); err != nil {
		t.Fatal(err)
	}
	if m := r.wait(t, chat.KindReaction, nil); m.Text != "👍" || m.Target != first {
		t.Error("a reaction came wrong")
	}
	edit := &event.MessageEventContent{MsgType: event.MsgText, Body: "hello again"}
	edit.SetEdit(asked)
	g.send(t, event.EventMessage, edit)
	if m := r.wait(t, chat.KindEdit, nil); m.Text != "hello again" || m.Target != asked.String() {
		t.Errorf("an edit came wrong: %q", string(m.Text))
	}
	g.send(t, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgImage, Body: "photo.jpg"})
	r.wait(t, chat.KindMedia, nil)
	if _, err := g.cli.RedactEvent(testContext(t), g.room, asked); err != nil {
		t.Fatal(err)
	}
	if m := r.wait(t, chat.KindRemoval, nil); m.Target != asked.String() {
		t.Error("a removal lost its target")
	}

	edited, err := b.Send(testContext(t), chat.Outgoing{Key: "key-2", To: g.address(), Form: chat.FormEdit, Text: "good morning", Target: first})
	if err != nil {
		t.Fatal(err)
	}
	evt := g.await(t, "an edit", func(evt *event.Event) bool { return evt.ID.String() == edited })
	if c := evt.Content.AsMessage(); c.NewContent == nil || c.NewContent.Body != "good morning" || c.RelatesTo.GetReplaceID() != got.ID {
		t.Error("the edit has the wrong content")
	}
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "key-3", To: g.address(), Form: chat.FormRemove, Target: first}); err != nil {
		t.Fatal(err)
	}
	g.await(t, "a removal", func(evt *event.Event) bool { return evt.Type == event.EventRedaction })
	again := chat.Outgoing{Key: "key-3b", To: g.address(), Form: chat.FormRemove, Target: first}
	if _, err := b.Send(testContext(t), again); err != nil {
		t.Errorf("removing what is removed: %v", err)
	}
	if n := r.count(chat.KindOpened); n != 1 {
		t.Errorf("greeted %d times", n)
	}
	for _, m := range r.messages {
		if strings.Contains(string(m.Text), "machine") {
			t.Error("a notice was handled")
		}
	}

	b.stop()
	checkRestart(t, cfg, r, g, b)
}

// checkRestart starts the bot once more on the same directory.
func checkRestart(t *testing.T, cfg Config, r *recorder, g *guest, b *bot) {
	t.Helper()
	before := len(r.messages)
	second := startBot(t, cfg, r, nil)
	if second.cli.AccessToken != b.cli.AccessToken || second.cli.DeviceID != b.cli.DeviceID {
		t.Error("the second start logged in again")
	}
	g.say(t, "still there?")
	r.waitText(t, "still there?")
	second.say(t, g, "key-4", "yes")
	g.awaitText(t, "yes")
	if after := len(r.messages); after != before+1 {
		t.Errorf("%d messages after the restart, want 1", after-before)
	}
	checkFiles(t, cfg.Dir)
	checkLeaks(t, b.logs.String()+second.logs.String(), g, "hello", "evening", "still there", cfg.Password, b.cli.AccessToken)
}

func checkFiles(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", filepath.Base(path), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func checkLeaks(t *testing.T, logs string, g *guest, secrets ...string) {
	t.Helper()
	for _, secret := range append(secrets, g.cli.UserID.String(), g.room.String(), "$") {
		if strings.Contains(logs, secret) {
			t.Errorf("the log has %q: %s", secret, logs)
		}
	}
}

func TestHandlerThatFailsGetsItAgain(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)

	var tokens []string
	tries := 0
	r.mu.Lock()
	r.fail = func(m chat.Message) error {
		if m.Kind != chat.KindText {
			return nil
		}
		token, err := b.ledger.token(context.Background())
		if err != nil {
			t.Error(err)
		}
		tokens = append(tokens, token)
		switch tries++; tries {
		case 1:
			return errors.New("disk full")
		case 2:
			panic("my words")
		}
		return nil
	}
	r.mu.Unlock()
	g.say(t, "one")
	r.waitText(t, "one")
	r.mu.Lock()
	if tries != 3 || tokens[0] != tokens[2] {
		t.Errorf("%d tries; the token moved before the commit: %v", tries, tokens[0] != tokens[2])
	}
	// Now it fails until the process ends: the next start gets it again.
	gave := make(chan struct{})
	tries = 0
	r.fail = func(m chat.Message) error {
		if tries++; tries == 1 {
			close(gave)
		}
		return errors.New("disk full")
	}
	r.mu.Unlock()
	g.say(t, "two")
	<-gave
	b.stop()
	r.fail = nil
	startBot(t, cfg, r, nil)
	r.waitText(t, "two")
	if n := r.count(chat.KindText); n != 2 {
		t.Errorf("%d texts, want 2", n)
	}
}

func TestNothingIsMissedWhileAway(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	g.say(t, "before")
	r.waitText(t, "before")
	b.stop()

	var want []string
	for i := range 70 {
		words := "away " + string(rune('A'+i%26)) + strings.Repeat("x", i)
		want = append(want, words)
		g.say(t, words)
	}
	startBot(t, cfg, r, func(tr *Transport) { tr.timeline = 10 }) // so that most of it must be fetched
	r.waitText(t, want[69])
	r.mu.Lock()
	defer r.mu.Unlock()
	var got []string
	for _, m := range r.messages {
		if strings.HasPrefix(string(m.Text), "away") {
			got = append(got, string(m.Text))
		}
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %d messages, want 70 in order", len(got))
	}
}

// TestHistoryThatCannotBeHad: what was left out of the sync cannot be fetched.
// The person is told, and everything else goes on.
func TestHistoryThatCannotBeHad(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	cfg := botConfig(t, w.url, createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	g.say(t, "before")
	r.waitText(t, "before")
	b.stop()
	for range 20 {
		g.say(t, "away")
	}
	ill := func(req *http.Request) *http.Response {
		if !strings.HasSuffix(req.URL.Path, "/messages") {
			return nil
		}
		return newAnswer(http.StatusInternalServerError, `{"errcode":"M_UNKNOWN","error":"oh"}`)
	}
	w.reply.Store(&ill)
	startBot(t, cfg, r, func(tr *Transport) { tr.timeline = 5 })
	r.wait(t, chat.KindUnreadable, nil)
	g.say(t, "after")
	r.waitText(t, "after")
}

func TestRunAndSendOutOfTurn(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	tr, err := Open(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	out := chat.Outgoing{Key: "k", To: chat.Address{Network: NetworkName, User: "@a:x", Room: "!r:x"}, Text: "hi"}
	if _, err := tr.Send(ctx, out); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send before Run: %v", err)
	}
	var permanent *chat.PermanentError
	if _, err := tr.Send(ctx, chat.Outgoing{Text: "hi"}); !errors.As(err, &permanent) {
		t.Errorf("Send without key and room: %v", err)
	}
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	b := startBot(t, cfg, newRecorder(), nil)
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "e", To: out.To, Form: chat.FormRemove}); !errors.As(err, &permanent) {
		t.Errorf("removing nothing: %v", err)
	}
	if err := b.Run(testContext(t), newRecorder()); err == nil {
		t.Error("Run ran twice")
	}
}

// TestFalseToken: a homeserver that is being stopped may answer with a newer
// token and without the events before it.
func TestFalseToken(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"homeserver comes back": false, "both start again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sharedServer(t)
			w := newWire(t, server)
			cfg := botConfig(t, w.url, createUser(t, server, "bot"))
			r := newRecorder()
			b := startBot(t, cfg, r, nil)
			g := newGuest(t, server, "ann")
			g.openChat(t, b)
			g.say(t, "hello")
			r.waitText(t, "hello")

			// One answer lacks the event, the next request fails: the homeserver stops.
			gone := make(chan struct{})
			stopped := sync.OnceFunc(func() { w.hide.Store(""); close(gone) })
			w.deny.Store(times(3, func(req *http.Request) bool {
				if !strings.HasSuffix(req.URL.Path, "/sync") || w.hidden.Load() == 0 {
					return false
				}
				stopped()
				return true
			}))
			w.hide.Store(g.cli.UserID.String())
			g.say(t, "lost words")
			select {
			case <-gone:
			case <-time.After(limit):
				t.Fatal("the homeserver did not stop")
			}
			if restart {
				b.stop()
				startBot(t, cfg, r, nil)
			}
			r.waitText(t, "lost words")
			if n := r.count(chat.KindText); n != 2 {
				t.Errorf("%d texts, want 2", n)
			}
		})
	}
}

func TestMessagesBeforeTheFirstSyncAreKept(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	tr, err := Open(testContext(t), cfg) // the device exists, but nothing was synced
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest(t, server, "ann")
	g.openRoom(t, tr.self, true)
	if _, err := tr.cli.JoinRoomByID(testContext(t), g.room); err != nil {
		t.Fatal(err)
	}
	g.awaitJoin(t, tr.self)
	g.say(t, "early words")
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	r.waitText(t, "early words")
	if n := r.count(chat.KindOpened); n != 1 {
		t.Errorf("greeted %d times", n)
	}
	b.say(t, g, "key", "welcome")
	g.awaitText(t, "welcome")
}

func TestInvitationsFollowThePolicy(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	friend, stranger := newGuest(t, server, "friend"), newGuest(t, server, "stranger")
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	cfg.Invites = Policy{Users: []string{friend.cli.UserID.String()}}
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	stranger.openRoom(t, b.self, true)
	stranger.await(t, "the refusal", func(evt *event.Event) bool {
		return evt.Type == event.StateMember && evt.GetStateKey() == b.self.String() && evt.Content.AsMember().Membership == event.MembershipLeave
	})
	friend.openChat(t, b)
	friend.say(t, "hi")
	r.waitText(t, "hi")
	if n := r.count(chat.KindOpened); n != 1 {
		t.Errorf("%d conversations, want 1", n)
	}
}

func TestCrowd(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g, other := newGuest(t, server, "ann"), newGuest(t, server, "ben")
	g.openChat(t, b)
	if _, err := g.cli.InviteUser(testContext(t), g.room, &mautrix.ReqInviteUser{UserID: other.cli.UserID}); err != nil {
		t.Fatal(err)
	}
	r.wait(t, chat.KindCrowd, nil)
	if _, err := other.cli.JoinRoomByID(testContext(t), g.room); err != nil {
		t.Fatal(err)
	}
	g.awaitJoin(t, other.cli.UserID)
	g.say(t, "we are three")
	g.say(t, "still three")
	_, err := b.Send(testContext(t), chat.Outgoing{Key: "no", To: g.address(), Text: "a secret"})
	var permanent *chat.PermanentError
	if !errors.As(err, &permanent) {
		t.Errorf("a message into a crowd: %v", err)
	}
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "yes", To: g.address(), Text: "not here", AllowCrowd: true}); err != nil {
		t.Error(err)
	}
	g.awaitText(t, "not here")
	if _, err := other.cli.LeaveRoom(testContext(t), g.room); err != nil {
		t.Fatal(err)
	}
	g.await(t, "a leave", func(evt *event.Event) bool {
		return evt.GetStateKey() == other.cli.UserID.String() && evt.Content.AsMember().Membership == event.MembershipLeave
	})
	g.say(t, "alone again")
	r.waitText(t, "alone again")
	if n, m := r.count(chat.KindCrowd), r.count(chat.KindText); n != 1 || m != 1 {
		t.Errorf("%d crowd notices and %d texts, want 1 and 1: %s", n, m, r.summary())
	}
}

func TestRoomWithoutEncryption(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openRoom(t, b.self, false)
	r.wait(t, chat.KindUnencrypted, nil)
	asked := g.say(t, "in the open")
	m := r.wait(t, chat.KindUnencrypted, func(m chat.Message) bool { return m.ID == asked.String() })
	if m.Text != "" {
		t.Error("the words of an unencrypted message were handed up")
	}
	var permanent *chat.PermanentError
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "no", To: g.address(), Text: "a secret"}); !errors.As(err, &permanent) {
		t.Errorf("a message into a room without encryption: %v", err)
	}
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "yes", To: g.address(), Text: "please encrypt", AllowPlain: true}); err != nil {
		t.Error(err)
	}
	g.awaitText(t, "please encrypt")

	// Turned on later, the conversation opens.
	content := &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}
	if _, err := g.cli.SendStateEvent(testContext(t), g.room, event.StateEncryption, "", content); err != nil {
		t.Fatal(err)
	}
	r.wait(t, chat.KindOpened, nil)
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "plain", To: g.address(), Text: "hello", AllowPlain: true}); err != nil {
		t.Fatal(err)
	}
	if got := g.awaitText(t, "hello"); !got.Mautrix.WasEncrypted {
		t.Error("AllowPlain made a message plain in an encrypted room")
	}
	plain, err := g.cli.SendMessageEvent(testContext(t), g.room, event.EventMessage,
		&event.MessageEventContent{MsgType: event.MsgText, Body: "careless"}, mautrix.ReqSendEvent{DontEncrypt: true})
	if err != nil {
		t.Fatal(err)
	}
	if m := r.wait(t, chat.KindPlaintext, nil); m.ID != plain.EventID.String() || m.Text != "" {
		t.Error("a plain message in an encrypted room came wrong")
	}
}
