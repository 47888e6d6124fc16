package matrix

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"

	"handrail/bot/chat"
)

// TestAnswerLost: the homeserver took the message and the answer got lost. The
// bot must not send it again, whatever happened to homeserver and bot between.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]struct{ server, bot, blind bool }{
		"nothing":               {},
		"homeserver killed":     {server: true},
		"bot restarted":         {bot: true},
		"both":                  {server: true, bot: true},
		"no echo in sync":       {blind: true},
		"no echo, server fresh": {blind: true, server: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sharedServer(t)
			settle := 300 * time.Millisecond
			if between.server {
				server = ownServer(t)
				settle = settleTime
			}
			calm := func(tr *Transport) { tr.settle = settle }
			w := newWire(t, server)
			cfg := botConfig(t, w.url, createUser(t, server, "bot"))
			r := newRecorder()
			b := startBot(t, cfg, r, calm)
			g := newGuest(t, server, "ann")
			g.openChat(t, b)
			b.say(t, g, "warm", "warm up") // the key is shared: the next request is the message
			g.awaitText(t, "warm up")

			if between.blind {
				w.hide.Store(b.self.String()) // the echo never comes
			}
			w.drop.Store(once(isPut))
			_, err := b.Send(testContext(t), chat.Outgoing{Key: "doubt", To: g.address(), Text: "take care"})
			var permanent *chat.PermanentError
			if err == nil || errors.As(err, &permanent) {
				t.Fatalf("a lost answer: %v, want a temporary error", err)
			}
			if between.server {
				server.Kill()
				if err := server.Restart(testContext(t)); err != nil {
					t.Fatal(err)
				}
			}
			if between.bot {
				b.stop()
				b = startBot(t, cfg, r, calm)
			}
			puts := w.puts.Load()
			eventID := b.insistOn(t, g, "doubt", "take care")
			again := w.puts.Load() - puts
			// A bot that starts beside its homeserver cannot know that this one has
			// just begun and brings more. What it sent again meanwhile stands once in
			// the end.
			if again == 1 && between.server && between.bot {
				g.await(t, "the end of the twin", func(evt *event.Event) bool {
					return evt.Type == event.EventRedaction && evt.Redacts.String() != eventID
				})
				return
			}
			if got := g.awaitText(t, "take care"); got.ID.String() != eventID {
				t.Error("Send returned another event id")
			}
			if again != 0 {
				t.Errorf("the message was sent %d more times", again)
			}
			b.say(t, g, "last", "that was all")
			g.awaitText(t, "that was all")
			if n := g.countText("take care"); n != 1 {
				t.Errorf("the person reads it %d times", n)
			}
		})
	}
}

// TestRequestLost: the message did not arrive, so it must be sent again.
func TestRequestLost(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	cfg := botConfig(t, w.url, createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	w.deny.Store(once(isPut))
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "k", To: g.address(), Text: "take care"}); err == nil {
		t.Fatal("a lost request succeeded")
	}
	eventID := b.insistOn(t, g, "k", "take care")
	if got := g.awaitText(t, "take care"); got.ID.String() != eventID {
		t.Error("Send returned another event id")
	}
	if r.waitDelivered(t, "k") != eventID {
		t.Error("the echo has another event id")
	}
}

// TestSentButNotNoted: the process ended between the answer and the moment its
// caller noted it; the homeserver has forgotten everything, and the echo is
// behind a gap.
func TestSentButNotNoted(t *testing.T) {
	t.Parallel()
	server := ownServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	var holdEcho atomic.Bool
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	r.mu.Lock()
	r.fail = func(chat.Message) error { // the token stays where it is
		if holdEcho.Load() {
			return errors.New("stopped")
		}
		return nil
	}
	r.mu.Unlock()
	holdEcho.Store(true)
	g.say(t, "hold")
	sent := b.say(t, g, "k", "take care")
	for range 30 {
		g.say(t, "more")
	}
	b.stop()
	if _, err := b.openAgain(t, cfg, "DELETE FROM hr_sent"); err != nil { // as if killed before the answer was noted
		t.Fatal(err)
	}
	server.Kill()
	if err := server.Restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	holdEcho.Store(false)
	b = startBot(t, cfg, r, func(tr *Transport) { tr.timeline = 5 })
	if again := b.insistOn(t, g, "k", "take care"); again != sent {
		t.Errorf("sent again as another event")
	}
	if r.waitDelivered(t, "k") != sent {
		t.Error("the echo behind the gap was not seen")
	}
	b.say(t, g, "last", "that was all")
	g.awaitText(t, "that was all")
	if n := g.countText("take care"); n != 1 {
		t.Errorf("the person reads it %d times", n)
	}
}

// insistOn sends as the bot does: again after every pause that is asked for.
func (b *bot) insistOn(t *testing.T, g *guest, key, words string) string {
	t.Helper()
	for {
		eventID, err := b.Send(testContext(t), chat.Outgoing{Key: key, To: g.address(), Text: chat.Text(words)})
		var pause *chat.RetryError
		switch {
		case err == nil:
			return eventID
		case !errors.As(err, &pause):
			t.Fatalf("Send: %v", err)
		}
		time.Sleep(pause.After)
	}
}

// openAgain changes the ledger of a stopped bot.
func (b *bot) openAgain(t *testing.T, cfg Config, statement string) (int64, error) {
	t.Helper()
	tr, err := Open(testContext(t), cfg)
	if err != nil {
		return 0, err
	}
	defer tr.Close()
	res, err := tr.ledger.db.Exec(context.Background(), statement)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func TestSendErrorsOfARealServer(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	cfg := botConfig(t, w.url, createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	var permanent *chat.PermanentError
	var pause *chat.RetryError

	gone := g.address()
	gone.Room = "!nowhere:localhost"
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "a", To: gone, Text: "hi"}); !errors.As(err, &permanent) {
		t.Errorf("a room that is not there: %v", err)
	}
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "b", To: g.address(), Text: chat.Text(strings.Repeat("x", 70_000))}); !errors.As(err, &permanent) {
		t.Errorf("a message that is too long: %v", err)
	}
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "b2", To: g.address(), Text: chat.Text(strings.Repeat("ü", 19_000))}); err != nil {
		t.Errorf("a message that just fits: %v", err)
	}
	busy := func(req *http.Request) *http.Response {
		if !isPut(req) {
			return nil
		}
		rec := newAnswer(http.StatusTooManyRequests, `{"errcode":"M_LIMIT_EXCEEDED","error":"calm down @x:y","retry_after_ms":7000}`)
		rec.Header.Set("Retry-After", "3")
		return rec
	}
	w.reply.Store(&busy)
	_, err := b.Send(testContext(t), chat.Outgoing{Key: "c", To: g.address(), Text: "hi"})
	if !errors.As(err, &pause) || pause.After != 7*time.Second || strings.Contains(err.Error(), "calm") {
		t.Errorf("a busy homeserver: %v", err)
	}
	w.reply.Store(nil)
	b.say(t, g, "c", "hi")
	g.awaitText(t, "hi")
	if _, err := g.cli.LeaveRoom(testContext(t), g.room); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(limit)
	for {
		_, err := b.Send(testContext(t), chat.Outgoing{Key: "d" + time.Now().String(), To: g.address(), Text: "are you there?"})
		if errors.As(err, &permanent) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the person left: %v", err)
		}
	}
}

func TestKeysThatComeLate(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	g.say(t, "readable")
	r.waitText(t, "readable")

	// A message whose key the bot does not get.
	ctx := testContext(t)
	mach := g.help.Machine()
	hide := func() {
		if err := mach.CryptoStore.RemoveOutboundGroupSession(ctx, g.room); err != nil {
			t.Fatal(err)
		}
		if err := mach.ShareGroupSession(ctx, g.room, nil); err != nil {
			t.Fatal(err)
		}
	}
	hide()
	asked := g.say(t, "unreadable")
	g.say(t, "unreadable too")
	r.wait(t, chat.KindUnreadable, func(m chat.Message) bool { return m.ID == "unreadable:"+asked.String() })
	r.until(t, "both", func() bool {
		n := 0
		for _, m := range r.messages {
			if m.Kind == chat.KindUnreadable {
				n++
			}
		}
		return n == 2
	})
	key := func() {
		session, err := mach.CryptoStore.GetOutboundGroupSession(ctx, g.room)
		if err != nil {
			t.Fatal(err)
		}
		device, err := mach.GetOrFetchDevice(ctx, b.self, b.cli.DeviceID)
		if err != nil {
			t.Fatal(err)
		}
		// From the beginning of the session, as the guest's own copy has it.
		inbound, err := mach.CryptoStore.GetGroupSession(ctx, g.room, session.ID())
		if err != nil {
			t.Fatal(err)
		}
		exported, err := inbound.Internal.Export(0)
		if err != nil {
			t.Fatal(err)
		}
		err = mach.SendEncryptedToDevice(ctx, device, event.ToDeviceForwardedRoomKey, event.Content{Parsed: &event.ForwardedRoomKeyEventContent{
			RoomKeyEventContent: event.RoomKeyEventContent{
				Algorithm: "m.megolm.v1.aes-sha2", RoomID: g.room, SessionID: session.ID(), SessionKey: string(exported),
			},
			SenderKey: mach.OwnIdentity().IdentityKey, SenderClaimedKey: mach.OwnIdentity().SigningKey,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	key()
	if m := r.waitText(t, "unreadable"); m.ID != asked.String() {
		t.Error("the late message has another id")
	}
	r.waitText(t, "unreadable too")

	// Killed while waiting; the key comes while the bot is away.
	hide()
	asked = g.say(t, "unreadable three")
	r.wait(t, chat.KindUnreadable, func(m chat.Message) bool { return m.ID == "unreadable:"+asked.String() })
	g.say(t, "unreadable four")
	b.stop()
	key()
	b = startBot(t, cfg, r, nil)
	r.waitText(t, "unreadable three")
	r.waitText(t, "unreadable four")
	signal(b.poke)
	if err := b.passes.next(ctx); err != nil { // the pass that handled them is noted by then
		t.Fatal(err)
	}
	if list, err := b.ledger.allWaiting(ctx); err != nil || len(list) != 0 {
		t.Errorf("%d events still wait, %v", len(list), err)
	}
	// A removed message needs no key.
	hide()
	asked = g.say(t, "unreadable five")
	r.wait(t, chat.KindUnreadable, func(m chat.Message) bool { return m.ID == "unreadable:"+asked.String() })
	if _, err := g.cli.RedactEvent(ctx, g.room, asked); err != nil {
		t.Fatal(err)
	}
	r.wait(t, chat.KindRemoval, func(m chat.Message) bool { return m.Target == asked.String() })
}
