package e2e

import (
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/client"
)

// fastExit is how soon everything is to be taken back on an idle machine. It is
// written into the output of the test and not demanded of a loaded one.
const fastExit = 2 * time.Second

// TestExitLeavesNothing: after a talk and the word to leave, a fresh login of the
// same account, with every key that the first device had, sees one plain line of
// the bot and no other word of either side; nor does the homeserver hold one. How
// long it took over the network stands in the output.
func TestExitLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ivy")
	c.welcome()
	for _, text := range []string{"breathe", "menu", "add a reason", "the garden in the morning", "no", "menu"} {
		c.ask(text)
	}
	keys, err := c.p.Keys(t.Context())
	must(t, err)
	said := 0
	for _, e := range c.events() {
		if e.Sender == botID && e.Message() {
			said++
		}
	}
	began := time.Now()
	c.say("x")
	var line, all time.Duration
	for deadline := time.Now().Add(time.Minute); all == 0; {
		left, gone, last := c.ofBot(c.p)
		if line == 0 && strings.Contains(strings.ToLower(last.Body), "water") {
			line = time.Since(began)
		}
		if left == 1 && gone >= said && line > 0 && c.ofPerson(c.p) == 0 {
			all = time.Since(began)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d messages are left\n%s", left, said, c.talk())
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("x over the network: the plain line after %v, %d messages taken back after %v (wanted on an idle machine: %v)",
		line.Round(time.Millisecond), said, all.Round(time.Millisecond), fastExit)

	fresh := w.loginAgain("ivy")
	must(t, fresh.TakeKeys(t.Context(), keys))
	w.dump(fresh.WaitJoined(t.Context(), c.room, botID))
	again := &chat{w: w, p: fresh, room: c.room}
	for _, e := range again.events() {
		if e.Sender != botID && !e.State && !e.Redacted {
			t.Errorf("a fresh login reads what the person wrote: %q", e.Body)
		}
		if e.Sender == botID && !e.State && !e.Redacted && (e.Body != "" || e.Edited != "") && !strings.Contains(strings.ToLower(e.Body), "water") {
			t.Errorf("a fresh login reads %q", e.Body)
		}
	}
	if left, gone, _ := again.ofBot(fresh); left > 1 || gone < said {
		t.Errorf("a fresh login sees %d messages of the bot, and %d that are gone", left, gone)
	}
	bodies := 0
	for _, e := range rawEvents(t, w.server.URL(), fresh.Token, c.room) {
		if e.StateKey == nil && len(e.Content) > len("{}") && e.Type == "m.room.encrypted" {
			bodies++
		}
	}
	if bodies != 1 {
		t.Errorf("the homeserver gives %d messages with something in them, want the plain line alone", bodies)
	}
}

// ofPerson counts what a client shows of what the person wrote.
func (c *chat) ofPerson(p *client.Person) (left int) {
	c.w.Helper()
	events, err := p.Timeline(c.w.Context(), c.room)
	c.w.dump(err)
	for _, e := range events {
		if e.Sender != botID && !e.State && !e.Redacted {
			left++
		}
	}
	return left
}

// ofBot counts the messages of the bot that a client shows and that are gone, and
// gives the last that is shown. One that cannot be read counts as shown.
func (c *chat) ofBot(p *client.Person) (left, gone int, last client.Event) {
	c.w.Helper()
	events, err := p.Timeline(c.w.Context(), c.room)
	c.w.dump(err)
	for _, e := range events {
		switch {
		case e.Sender != botID || e.State:
		case e.Redacted:
			gone++
		case e.Message() || e.Unreadable != "":
			left, last = left+1, e
		}
	}
	return left, gone, last
}
