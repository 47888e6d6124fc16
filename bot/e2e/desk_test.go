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

// office is a desk of two advocates, each with a client of their own.
type office struct {
	*world
	ana, ben *client.Person
	room     string // of staff
	heard    map[string]int
}

// newOffice makes accounts and a room of staff, and starts the bot with extra
// lines of the section staff of its configuration.
func newOffice(w *world, extra string) *office {
	w.Helper()
	o := &office{world: w, ana: w.login("ana"), ben: w.login("ben"), heard: map[string]int{}}
	var err error
	o.room, err = o.ana.CreateRoom(w.Context(), true, botID, o.ben.UserID)
	must(w, err)
	must(w, o.ben.Join(w.Context(), o.room))
	config := filepath.Join(w.bot.dir, "config.yaml")
	text, err := os.ReadFile(config)
	must(w, err)
	must(w, os.WriteFile(config, append(text, fmt.Sprintf(`staff:
  room: %q
  who: Advocates of the house answer.
  survey: true
  members:
    - {id: %q, name: Ana}
    - {id: %q, name: Ben}
  shifts:
    - {who: [ana, ben], from: "00:00", to: "24:00", holidays: true}
%s`, o.room, o.ana.UserID, o.ben.UserID, extra)...), 0o600))
	w.bot.start(w)
	w.dump(o.ana.WaitJoined(w.Context(), o.room, botID))
	return o
}

// hears waits for the next message of the bot in a room as somebody of staff sees
// it.
func (o *office) hears(p *client.Person, room string, any ...string) client.Event {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), time.Minute)
	defer cancel()
	key := p.UserID + room
	events, upTo, err := p.Wait(ctx, client.Wanted{Room: room, From: botID, After: o.heard[key], Any: any})
	if err != nil {
		shown, _ := p.Timeline(o.Context(), room)
		o.Logf("%s waits for one of %q in\n%s", p.UserID, any, transcript(shown))
	}
	o.dump(err)
	o.heard[key] = upTo
	return events[0]
}

// thread writes under a message of the room of staff.
func (o *office) thread(p *client.Person, root, body string) {
	o.Helper()
	_, err := p.SendType(o.Context(), o.room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": body,
		"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": root, "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": root}},
	})
	o.dump(err)
}

// says writes into a room.
func (o *office) says(p *client.Person, room, body string) string {
	o.Helper()
	event, err := p.Send(o.Context(), room, body)
	o.dump(err)
	return event
}

// accepts goes into the room of a case.
func (o *office) accepts(p *client.Person, name string) string {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), time.Minute)
	defer cancel()
	room, err := p.Accept(ctx, name)
	o.dump(err)
	return room
}

// sees tells whether a client shows words in a room, now.
func (o *office) sees(p *client.Person, room, words string) bool {
	o.Helper()
	events, err := p.Timeline(o.Context(), room)
	o.dump(err)
	for _, e := range events {
		if strings.Contains(e.Body+e.Edited, words) {
			return true
		}
	}
	return false
}

// TestDesk plays a hand-over with two advocates and one guest, each with a client
// of their own.
func TestDesk(t *testing.T) {
	t.Parallel()
	o := newOffice(newWorld(t, worldOptions{}), "")
	ana, ben := o.ana, o.ben
	c := o.enter("guest")
	c.welcome()
	c.ask("human", "Advocates of the house answer.")
	c.hear("what may they see")
	c.ask("my last messages", "I asked.")
	root := o.hears(ana, o.room, "K1 asks for a person").ID
	o.hears(ana, o.room, "Ana, can you take this")
	_, err := ana.React(t.Context(), o.room, root, "👍")
	must(t, err)
	c.hear("An advocate is here now")
	o.hears(ana, o.room, "Ana has it. The talk is in the room K1")
	first := o.accepts(ana, "K1")
	o.hears(ana, first, "Ana has it. What you write here goes to the person")
	o.hears(ana, first, "Shared by the person:") // from before she was in the room: she was invited then
	o.thread(ana, root, "not here")
	o.hears(ana, o.room, "Write that in the room K1")
	for i := range 10 {
		o.says(ana, first, fmt.Sprintf("from the desk, number %d", i))
	}
	for i := range 10 {
		if got := c.hear("from the desk, number"); !strings.HasSuffix(got.Body, fmt.Sprint("number ", i)) {
			t.Errorf("message %d is %q", i, got.Body)
		}
	}
	for i := range 10 {
		c.say(fmt.Sprintf("from the guest, number %d", i))
	}
	for i := range 10 {
		if last := o.hears(ana, first, "from the guest, number"); last.Body != fmt.Sprintf("K1: from the guest, number %d", i) {
			t.Errorf("message %d is %q", i, last.Body)
		}
	}
	wrong := o.says(ana, first, "are you save now")
	heard := c.hear("are you save now")
	_, err = ana.Edit(t.Context(), first, wrong, "are you safe now")
	must(t, err)
	shows(o.world, c.p, c.room, func(e client.Event) bool { return e.Sender == botID && e.Edited == "are you safe now" })
	_, err = c.p.React(t.Context(), c.room, heard.ID, "❤️")
	must(t, err)
	shows(o.world, ana, first, func(e client.Event) bool { return e.Sender == botID && e.Target == wrong && e.Key == "❤️" })
	mine := c.say("this goes away again")
	copied := o.hears(ana, first, "this goes away again").ID
	_, err = ana.React(t.Context(), first, copied, "🙏")
	must(t, err)
	shows(o.world, c.p, c.room, func(e client.Event) bool { return e.Sender == botID && e.Target == mine && e.Key == "🙏" })
	_, err = c.p.Redact(t.Context(), c.room, mine)
	must(t, err)
	shows(o.world, ana, first, func(e client.Event) bool { return e.ID == copied && e.Redacted })
	o.heard[ana.UserID+first]-- // what was taken back is not counted any more
	changes := c.say("it is at four")
	copied = o.hears(ana, first, "it is at four").ID
	_, err = c.p.Edit(t.Context(), c.room, changes, "it is at five")
	must(t, err)
	shows(o.world, ana, first, func(e client.Event) bool { return e.ID == copied && e.Edited == "K1: it is at five" })
	gone := o.says(ana, first, "that was for nobody")
	heard = c.hear("that was for nobody")
	_, err = ana.Redact(t.Context(), first, gone)
	must(t, err)
	shows(o.world, c.p, c.room, func(e client.Event) bool { return e.ID == heard.ID && e.Redacted })
	c.heard--

	keepsApart(o, ana, first, c)
	o.says(ana, first, "pass ben")
	c.hear("An advocate was asked to go on")
	waitLeft(t, ana, first)
	o.thread(ben, root, "claim")
	c.hear("An advocate is here now")
	second := o.accepts(ben, "K1")
	o.hears(ben, second, "Ben has it. What you write here")
	o.says(ben, second, "hello from the second one")
	c.hear("hello from the second one")
	c.say("only for the second one")
	o.hears(ben, second, "K1: only for the second one")
	if second != first {
		t.Error("the case has two rooms")
	}
	// The person shared their last words; nothing else of before is there.
	if o.sees(ben, second, "from the desk, number") || o.sees(ben, second, "from the guest, number 0") {
		t.Error("who came later sees what was said before")
	}
	for _, e := range rawEvents(t, o.server.URL(), ana.Token, first) { // newest first
		if e.Type == "m.room.member" && e.StateKey != nil && *e.StateKey == ana.UserID {
			break
		}
		t.Errorf("who passed the case on is given an event of type %s that is newer", e.Type)
	}
	for _, p := range []*client.Person{ana, ben} {
		if o.sees(p, o.room, "from the guest") || o.sees(p, o.room, "only for the second one") {
			t.Error("the room of staff has words of the person")
		}
	}
	keepsApart(o, ben, second, c)
	o.says(ben, second, "close")
	c.hear("The talk with the advocate is over")
	c.hear("how was it to write")
	c.ask("4", "Noted, without your name.")
	waitLeft(t, ben, second)
}

// waitLeft waits until somebody is no longer in a room.
func waitLeft(t testing.TB, p *client.Person, room string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must(t, p.WaitLeft(ctx, room, p.UserID))
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
func keepsApart(o *office, p *client.Person, inside string, c *chat) {
	o.Helper()
	for _, look := range []struct {
		p      *client.Person
		room   string
		secret []string
	}{
		{p, o.room, []string{"guest:", c.room}},
		{p, inside, []string{"guest:", c.room}},
		{c.p, c.room, []string{"@ana", "@ben", "Ana", "Ben", o.room, inside}},
	} {
		raw := rawEvents(o.world, o.server.URL(), look.p.Token, look.room)
		shown, err := look.p.Timeline(o.Context(), look.room)
		o.dump(err)
		var all strings.Builder
		for _, e := range raw {
			all.Write(inTheOpen(o, e))
		}
		for _, e := range shown {
			fmt.Fprintf(&all, "%s %s %s %s\n", e.Sender, e.Body, e.Edited, e.Target)
		}
		if len(raw) < 4 || len(shown) < 4 {
			o.Error("this check looked at nothing")
		}
		for _, secret := range look.secret {
			if strings.Contains(all.String(), secret) {
				o.Errorf("%q is in the other one's room", secret)
			}
		}
	}
}

// inTheOpen is an event without what only looks like words.
func inTheOpen(t testing.TB, e rawEvent) []byte {
	t.Helper()
	var content map[string]json.RawMessage
	must(t, json.Unmarshal(e.Content, &content))
	for _, random := range []string{"ciphertext", "sender_key", "session_id", "device_id"} {
		delete(content, random)
	}
	text, err := json.Marshal(map[string]any{"sender": e.Sender, "key": e.StateKey, "type": e.Type, "content": content})
	must(t, err)
	return text
}
