package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/client"
)

// TestDesk plays a hand-over with two advocates and one guest, each with a client
// of their own.
func TestDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	ana, ben := w.login("ana"), w.login("ben")
	room, err := ana.CreateRoom(t.Context(), true, botID, ben.UserID)
	must(t, err)
	must(t, ben.Join(t.Context(), room))
	config := filepath.Join(w.bot.dir, "config.yaml")
	text, err := os.ReadFile(config)
	must(t, err)
	must(t, os.WriteFile(config, append(text, fmt.Sprintf(`staff:
  room: %q
  who: Advocates of the house answer.
  survey: true
  members:
    - {id: %q, name: Ana}
    - {id: %q, name: Ben}
  shifts:
    - {who: [ana, ben], from: "00:00", to: "24:00", holidays: true}
`, room, ana.UserID, ben.UserID)...), 0o600))
	w.bot.start(t)
	w.dump(ana.WaitJoined(t.Context(), room, botID))
	c := w.enter("guest")
	c.welcome()
	heard := 0
	desk := func(any ...string) client.Event {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		events, upTo, err := ana.Wait(ctx, client.Wanted{Room: room, From: botID, After: heard, Any: any})
		w.dump(err)
		heard = upTo
		return events[0]
	}
	c.ask("human", "Advocates of the house answer.")
	c.hear("what may they see")
	c.ask("nothing", "I asked.")
	root := desk("K1 asks for a person").ID
	desk("Ana, can you take this")
	thread := func(p *client.Person, body string) string {
		t.Helper()
		event, err := p.SendType(t.Context(), room, "m.room.message", map[string]any{
			"msgtype": "m.text", "body": body,
			"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": root, "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": root}},
		})
		w.dump(err)
		return event
	}
	_, err = ana.React(t.Context(), room, root, "👍")
	must(t, err)
	c.hear("An advocate is here now")
	desk("Ana has it")
	for i := range 10 {
		thread(ana, fmt.Sprintf("from the desk, number %d", i))
	}
	for i := range 10 {
		if got := c.hear("from the desk, number"); !strings.HasSuffix(got.Body, fmt.Sprint("number ", i)) {
			t.Errorf("message %d is %q", i, got.Body)
		}
	}
	for i := range 10 {
		c.say(fmt.Sprintf("from the guest, number %d", i))
	}
	var last client.Event
	for i := range 10 {
		if last = desk("from the guest, number"); last.Body != fmt.Sprintf("K1: from the guest, number %d", i) {
			t.Errorf("message %d is %q", i, last.Body)
		}
	}
	wrong := thread(ana, "are you save now")
	c.hear("are you save now")
	edit := map[string]any{
		"msgtype": "m.text", "body": "* are you safe now", "m.new_content": map[string]any{"msgtype": "m.text", "body": "are you safe now"},
		"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": wrong},
	}
	_, err = ana.SendType(t.Context(), room, "m.room.message", edit)
	must(t, err)
	shows(w, c.p, c.room, func(e client.Event) bool { return e.Sender == botID && e.Edited == "are you safe now" })
	mine := c.say("this goes away again")
	copied := desk("this goes away again").ID
	_, err = c.p.Redact(t.Context(), c.room, mine)
	must(t, err)
	shows(w, ana, room, func(e client.Event) bool { return e.ID == copied && e.Redacted })
	thread(ana, "pass ben")
	c.hear("An advocate was asked to go on")
	thread(ben, "claim")
	c.hear("An advocate is here now")
	thread(ben, "hello from the second one")
	c.hear("hello from the second one")
	thread(ben, "close")
	c.hear("The talk with the advocate is over")
	c.hear("how was it to write")
	c.ask("4", "Noted, without your name.")
	keepsApart(w, ana, room, c)
}

// shows waits until a client shows an event.
func shows(w *world, p *client.Person, room string, is func(client.Event) bool) {
	w.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		events, err := p.Timeline(w.Context(), room)
		w.dump(err)
		for _, e := range events {
			if is(e) {
				return
			}
		}
		if time.Now().After(deadline) {
			w.Fatalf("it does not come:\n%s", transcript(events))
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// keepsApart looks at what the homeserver has and at what the clients show: no
// address of the guest among staff, no name of staff beside the guest.
func keepsApart(w *world, ana *client.Person, room string, c *chat) {
	w.Helper()
	for _, look := range []struct {
		p      *client.Person
		room   string
		secret []string
	}{
		{ana, room, []string{"guest:", c.room}},
		{c.p, c.room, []string{"@ana", "@ben", "Ana", "Ben", room}},
	} {
		raw := rawEvents(w, w.server.URL(), look.p.Token, look.room)
		shown, err := look.p.Timeline(w.Context(), look.room)
		w.dump(err)
		var all strings.Builder
		for _, e := range raw {
			text, err := json.Marshal(e)
			must(w, err)
			all.Write(text)
		}
		for _, e := range shown {
			fmt.Fprintf(&all, "%s %s %s %s\n", e.Sender, e.Body, e.Edited, e.Target)
		}
		if len(raw) < 10 || len(shown) < 10 {
			w.Error("this check looked at nothing")
		}
		for _, secret := range look.secret {
			if strings.Contains(all.String(), secret) {
				w.Errorf("%q is in the other one's room", secret)
			}
		}
	}
}
