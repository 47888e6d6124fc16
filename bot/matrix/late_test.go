package matrix

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

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

// TestLeftOut: after a failure the homeserver leaves a message out of its answer
// and moves on. It is found when the same is asked for once more.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	cfg := botConfig(t, w.url, createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, func(tr *Transport) { tr.settle = 3 * time.Second })
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	g.say(t, "before")
	r.waitText(t, "before")

	w.hide.Store(g.cli.UserID.String())
	w.deny.Store(times(3, func(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/sync") }))
	signal(b.poke)
	g.say(t, "left out")
	deadline := time.Now().Add(limit)
	for before := w.hidden.Load(); w.hidden.Load() == before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was left out")
		}
	}
	w.hide.Store("")
	r.waitText(t, "left out")
	g.say(t, "after")
	r.waitText(t, "after")
}
