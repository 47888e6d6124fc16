package matrix

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// TestTakenLate: the homeserver has so much to do that a request whose sender is
// gone lies in its queue for a while. The message must not be sent again
// meanwhile.
func TestTakenLate(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	cfg := botConfig(t, w.url, createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, func(tr *Transport) { tr.settle = 300 * time.Millisecond })
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	b.say(t, g, "warm", "warm up")
	g.awaitText(t, "warm up")

	const queued = 4 * time.Second
	taken := make(chan error, 1)
	first := once(isPut)
	slow := func(req *http.Request) *http.Response {
		if strings.HasSuffix(req.URL.Path, "/messages") {
			time.Sleep(slowFor + slowFor/2)
		}
		if !(*first)(req) {
			return nil
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		time.AfterFunc(queued, func() {
			again, err := http.NewRequestWithContext(context.Background(), req.Method, server.URL()+req.URL.RequestURI(), strings.NewReader(string(body)))
			if err == nil {
				again.Header = req.Header.Clone()
				var resp *http.Response
				if resp, err = http.DefaultClient.Do(again); err == nil {
					err = resp.Body.Close()
				}
			}
			taken <- err
		})
		panic(http.ErrAbortHandler)
	}
	w.reply.Store(&slow)
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "late", To: g.address(), Text: "take care"}); err == nil {
		t.Fatal("a request without an answer succeeded")
	}
	puts := w.puts.Load()
	b.insistOn(t, g, "late", "take care")
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	if again := w.puts.Load() - puts; again != 0 {
		t.Errorf("the message was sent %d more times", again)
	}
	b.say(t, g, "last", "that was all")
	g.awaitText(t, "that was all")
	if n := g.countText("take care"); n != 1 {
		t.Errorf("the person reads it %d times", n)
	}
}

// TestTwin: the homeserver shows a message so late that it was sent again. One of
// the two goes at once, and it is not the one that the store knows.
func TestTwin(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"seen by who sent it": false, "seen after a restart": true} {
		t.Run(name, func(t *testing.T) { t.Parallel(); twin(t, restart) })
	}
}

func twin(t *testing.T, restart bool) {
	server := sharedServer(t)
	w := newWire(t, server)
	cfg := botConfig(t, w.url, createUser(t, server, "bot"))
	r := newRecorder()
	soon := func(tr *Transport) { tr.settle = 50 * time.Millisecond }
	b := startBot(t, cfg, r, soon)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	b.say(t, g, "warm", "warm up")
	g.awaitText(t, "warm up")

	other, err := mautrix.NewClient(server.URL(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Login(testContext(t), &mautrix.ReqLogin{
		Type: mautrix.AuthTypePassword, Password: password, StoreCredentials: true,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: cfg.User},
	})
	if err != nil {
		t.Fatal(err)
	}
	var late func() error
	first := once(isPut)
	lost := func(req *http.Request) *http.Response {
		if !(*first)(req) {
			return nil
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		late = func() error {
			// By another login, for a homeserver that forgot the first knows nothing
			// of its transaction ids either.
			again, err := http.NewRequestWithContext(context.Background(), req.Method, server.URL()+req.URL.RequestURI(), strings.NewReader(string(body)))
			if err != nil {
				return err
			}
			again.Header = req.Header.Clone()
			again.Header.Set("Authorization", "Bearer "+other.AccessToken)
			resp, err := http.DefaultClient.Do(again)
			if err != nil {
				return err
			}
			return resp.Body.Close()
		}
		panic(http.ErrAbortHandler)
	}
	w.reply.Store(&lost)
	if _, err := b.Send(testContext(t), chat.Outgoing{Key: "twin", To: g.address(), Text: "take care"}); err == nil {
		t.Fatal("a request without an answer succeeded")
	}
	kept := b.insistOn(t, g, "twin", "take care")
	g.awaitText(t, "take care")
	if restart {
		b.stop()
	}
	if err := late(); err != nil {
		t.Fatal(err)
	}
	if restart {
		b = startBot(t, cfg, r, soon)
	}
	gone := g.await(t, "the end of the twin", func(evt *event.Event) bool { return evt.Type == event.EventRedaction })
	if gone.Redacts.String() == kept || gone.Redacts == "" {
		t.Error("the wrong one of the two was taken back")
	}
	if got := r.waitDelivered(t, "twin"); got != kept {
		t.Error("the store was told of the twin")
	}
	b.say(t, g, "last", "that was all")
	g.awaitText(t, "that was all")
}

// TestLeftOut: at the very first start, after a failure, or at any other time, the
// homeserver leaves a message out of its answer and moves on. It is found when the
// same is asked for once more.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	// At the first start the second look must not come before the chat is open.
	for name, settle := range map[string]time.Duration{"first start": 15 * time.Second, "failure": 3 * time.Second, "while it runs": time.Millisecond} {
		failure := name == "failure"
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, server)
			r := newRecorder()
			g := newGuest(t, server, "ann")
			b := startBot(t, botConfig(t, w.url, createUser(t, server, "bot")), r, func(tr *Transport) {
				tr.settle = settle
				if name == "while it runs" {
					tr.backEvery = 2 * time.Second
				}
			})
			g.openChat(t, b)
			if name != "first start" {
				g.say(t, "before")
				r.waitText(t, "before")
			}

			w.hide.Store(g.cli.UserID.String())
			if failure {
				w.breakSync(b)
			}
			words := g.say(t, "left out")
			poll(t, "something to be left out", func() bool {
				_, hidden := w.before.Load(words.String())
				return hidden
			})
			w.hide.Store("")
			r.waitText(t, "left out")
			g.say(t, "after")
			r.waitText(t, "after")
		})
	}
}

// TestLookBack: what the homeserver tells a second time is not handled once more, and
// the room in which something was left out is told in order.
func TestLookBack(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	r := newRecorder()
	var handed sync.Map
	r.fail = func(m chat.Message) error {
		n, _ := handed.LoadOrStore(m.ID, new(atomic.Int64))
		n.(*atomic.Int64).Add(1)
		return nil
	}
	b := startBot(t, botConfig(t, w.url, createUser(t, server, "bot")), r, func(tr *Transport) { tr.backEvery = 500 * time.Millisecond })
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	for i := range 20 {
		words := fmt.Sprint("word ", i)
		g.say(t, words)
		r.waitText(t, words)
		b.say(t, g, words, "an answer to "+words)
		time.Sleep(100 * time.Millisecond)
	}
	// Where the homeserver leaves something out of its own accord the room is told once more.
	trouble := b.logs.String()
	if strings.Count(trouble, "left something out") > 2 || strings.Contains(trouble, "out of every answer") {
		t.Error("looks back find what is not left out")
	}
	if !strings.Contains(trouble, "left something out") && !strings.Contains(trouble, "sync failed") {
		handed.Range(func(_, n any) bool {
			if n := n.(*atomic.Int64).Load(); n != 1 {
				t.Errorf("something was handed over %d times", n)
			}
			return true
		})
	}

	// A look back may end a request at the very moment at which the second is left
	// out of its answer; then it is told by the next one, before the first.
	const rounds = 3
	ordered := false
	for round := 0; round < rounds && !ordered; round++ {
		w.hide.Store(g.cli.UserID.String())
		first, second := fmt.Sprint("first ", round), fmt.Sprint("second ", round)
		g.say(t, first)
		g.say(t, second)
		r.waitText(t, first)
		r.waitText(t, second)
		r.mu.Lock()
		last := r.messages[len(r.messages)-2:]
		ordered = string(last[0].Text) == first && string(last[1].Text) == second
		r.mu.Unlock()
	}
	if !ordered {
		t.Error("what was left out is told in another order")
	}
	if w.hidden.Load() < 2 {
		t.Error("nothing was left out")
	}
}

// TestLookBackSpans: every event is compared twice, whatever comes between, and what
// cannot be compared does not hold up the rest.
func TestLookBackSpans(t *testing.T) {
	t.Parallel()
	l := &loop{Transport: &Transport{log: slog.New(slog.DiscardHandler), backEvery: time.Hour}}
	b := &l.back
	handle := func(events ...string) {
		data := &mautrix.SyncJoinedRoom{}
		for _, name := range events {
			data.Timeline.Events = append(data.Timeline.Events, &event.Event{ID: id.EventID(name)})
		}
		b.note(&mautrix.RespSync{}, map[id.RoomID]*roomJob{"!room": {data: data}})
	}
	// ask is one look back; going back finds what it finds.
	ask := func(from, mark string, err error, keys, found []string) (back bool) {
		t.Helper()
		if b.since != from {
			t.Fatalf("looks back to %q, want %q", b.since, from)
		}
		b.asked = &told{from: from, mark: mark, err: err, keys: map[string][]string{"!room": keys}}
		since, back := l.compare(b.asked, "now")
		if want := map[bool]string{true: from, false: "now"}[back]; since != want {
			t.Fatalf("the sync goes on from %q, want %q", since, want)
		}
		if back {
			handle(found...)
		}
		l.wentBack()
		return back
	}
	want := func(what string, got, want bool) {
		t.Helper()
		if got != want {
			t.Fatalf("%s: went back: %t", what, got)
		}
	}

	b.restart("0", time.Now())
	handle("a")
	want("after a start", ask("0", "1", nil, nil, nil), true)
	want("compared with the start", ask("0", "1", nil, []string{"a"}, nil), false)
	handle("b")
	want("the same again", ask("0", "2", nil, []string{"a", "b"}, nil), false)
	handle("c")
	want("b and c", ask("1", "3", nil, []string{"b", "c"}, nil), false)
	handle("e")
	want("d was left out", ask("2", "4", nil, []string{"c", "d", "e"}, []string{"c", "d", "e"}), true)
	handle("g")
	b.restart("4", time.Now())
	handle("g")
	want("a failure does not lose a span", ask("3", "5", nil, nil, nil), true)
	want("nor what was left out before it", ask("3", "5", nil, []string{"e", "f", "g"}, []string{"f"}), true)

	for range lookBackTries - 1 {
		want("no answer", ask("4", "6", errNotUnderstood, nil, nil), false)
	}
	want("no answer, in the end", ask("4", "6", errNotUnderstood, nil, nil), true)
	for range lookBackTries {
		want("never told by the sync", ask("5", "7", nil, []string{"lost"}, nil), true)
	}
	want("given up", ask("6", "8", nil, nil, nil), false)

	handle("h")
	b.begun = time.Now().Add(-2 * lookBackMost)
	b.restart("9", time.Now())
	want("a span that became too old", ask("8", "10", nil, nil, nil), true)
}

// breakSync lets the bot's sync fail a few times, from now on.
func (w *wire) breakSync(b *bot) {
	w.deny.Store(times(3, func(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/sync") }))
	signal(b.poke)
}

// poll waits for what no message tells of.
func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestJoinedBeforeTheJoin: the homeserver shows a room among the joined ones while
// its timeline ends at the invitation, and the join itself comes with the next
// answer. The conversation begins with the join all the same.
func TestJoinedBeforeTheJoin(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	for name, most := range map[string]int{"the invitation": 1, "everything": 50} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, server)
			r := newRecorder()
			b := startBot(t, botConfig(t, w.url, createUser(t, server, "bot")), r, nil)
			w.early.Store(&early{user: b.self.String(), most: most})
			g := newGuest(t, server, "ann")
			g.openBefore(t, b, "a word too early")
			if w.early.Load() != nil {
				t.Fatal("no room was shown early")
			}
			g.say(t, "a word")
			r.waitText(t, "a word")
			r.heardOnly(t, b, "a word")
		})
	}
}

// openBefore is openChat of somebody who writes before the bot is invited.
func (g *guest) openBefore(t *testing.T, b *bot, words string) {
	t.Helper()
	g.openRoom(t, "", true)
	g.say(t, words)
	if _, err := g.cli.InviteUser(testContext(t), g.room, inviteOf(b.self.String())); err != nil {
		t.Fatal(err)
	}
	b.wait(t, chat.KindOpened, func(m chat.Message) bool { return m.From.Room == g.room.String() })
	g.awaitJoin(t, b.self)
}

// heardOnly waits until everything was told that is told by itself, and wants one
// conversation with these words.
func (r *recorder) heardOnly(t *testing.T, b *bot, words string) {
	t.Helper()
	time.Sleep(b.cfg.Grace + time.Second)
	r.mu.Lock()
	defer r.mu.Unlock()
	opened := 0
	for _, m := range r.messages {
		switch {
		case m.Kind == chat.KindOpened:
			opened++
		case m.Kind != chat.KindText || string(m.Text) != words:
			t.Errorf("also heard: kind %d %q", m.Kind, m.Text)
		}
	}
	if opened != 1 {
		t.Errorf("the conversation began %d times", opened)
	}
}

// TestReplayFromBeforeTheJoin: after a failure the homeserver is asked for what it told
// before, back to when the bot was not in the room. What somebody wrote there is not
// said to the bot then, either.
func TestReplayFromBeforeTheJoin(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	r := newRecorder()
	b := startBot(t, botConfig(t, w.url, createUser(t, server, "bot")), r, nil)
	g := newGuest(t, server, "ann")
	g.openBefore(t, b, "a word too early")
	w.breakSync(b)
	poll(t, "the sync to fail and work again", func() bool { return strings.Contains(b.logs.String(), "sync works again") })
	g.say(t, "a word")
	r.waitText(t, "a word")
	r.heardOnly(t, b, "a word")
}

// TestStateOfBefore: what the bot knows of a room is of before the join for a moment,
// while the sync repeats it. A message is not given up for that.
func TestStateOfBefore(t *testing.T) {
	t.Parallel()
	_, b, g := talking(t)
	for who, as := range map[id.UserID]event.Membership{b.self: event.MembershipInvite, g.cli.UserID: event.MembershipLeave} {
		if err := b.state.SetMembership(testContext(t), g.room, who, as); err != nil {
			t.Fatal(err)
		}
		words := "take care, " + string(as)
		if _, err := b.Send(testContext(t), chat.Outgoing{Key: words, To: g.address(), Text: chat.Text(words)}); err != nil {
			t.Errorf("%s: %v", as, err)
		}
		g.awaitText(t, words)
	}
}

// TestJoinRefusedOnce: the homeserver forbids the join for a reason of its own, which
// is gone the next time.
func TestJoinRefusedOnce(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	r := newRecorder()
	b := startBot(t, botConfig(t, w.url, createUser(t, server, "bot")), r, nil)
	refused := times(2, func(req *http.Request) bool { return strings.Contains(req.URL.Path, "/join") })
	reply := func(req *http.Request) *http.Response {
		if !(*refused)(req) {
			return nil
		}
		return newAnswer(http.StatusForbidden, `{"errcode":"M_FORBIDDEN","error":"InputRoomEvents failed"}`)
	}
	w.reply.Store(&reply)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
}
