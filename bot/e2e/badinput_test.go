package e2e

import (
	"strings"
	"testing"
	"time"
)

const (
	// largePlain is the 60 kB message of a client that does not encrypt; its
	// event just fits into what a homeserver takes.
	largePlain = 60_000
	// largeEncrypted is the longest that fits after encryption, which makes a
	// text a third longer.
	largeEncrypted = 45_000
)

// TestOddThingsGetAnAnswer: what is no text in the expected form is answered in
// plain words, and the talk goes on.
func TestOddThingsGetAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	first := c.say("count with me")
	c.hear("Counting.")
	ctx := t.Context()

	tests := []struct {
		name string
		send func() error
		want []string
	}{
		{"a picture", func() error {
			_, err := c.p.Picture(ctx, c.room, "our kitchen.png")
			return err
		}, []string{"I can only read words."}},
		{"an edit", func() error {
			event := c.say("a sentence with a mistale")
			c.hear(heardText("a sentence with a mistale"))
			_, err := c.p.Edit(ctx, c.room, event, "a sentence with a mistake")
			return err
		}, []string{"I changed that.", "That is changed."}},
		{"another edit", func() error {
			_, err := c.p.Edit(ctx, c.room, first, "what nobody asked")
			return err
		}, []string{"You changed a message."}},
		{"no words", func() error {
			_, err := c.p.Send(ctx, c.room, "   ")
			return err
		}, []string{"without words"}},
		{"a long message", func() error {
			c.say(strings.Repeat("and then it all began again ", largeEncrypted/28))
			return nil
		}, []string{"more than I can take in"}},
		{"a sticker", func() error {
			_, err := c.p.SendType(ctx, c.room, "m.sticker", map[string]any{"body": "a cat", "url": "mxc://localhost/none", "info": map[string]any{}})
			return err
		}, []string{"I can only read words."}},
	}
	for _, tt := range tests {
		must(t, tt.send())
		c.hear(tt.want...)
		c.ask("after "+tt.name, heardText("after "+tt.name))
	}
	w.bot.stop(t)
}

// TestSilentThings: what asks for nothing gets no answer, and breaks nothing.
func TestSilentThings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	ctx := t.Context()
	old := c.ask("count with me", "Counting.")
	event := c.say("a word too many")
	c.hear(heardText("a word too many"))
	c.ask("counted message 0000", heardText("counted message 0000"))
	_, err := c.p.Redact(ctx, c.room, event)
	must(t, err)
	_, err = c.p.React(ctx, c.room, old.ID, "🌱") // what was asked there is answered, and this is no other answer
	must(t, err)
	_, err = c.p.SendType(ctx, c.room, "org.example.weather", map[string]any{"sky": "grey"})
	must(t, err)
	before := c.heard
	c.ask("counted message 0001", heardText("counted message 0001"))
	if c.heard != before+1 {
		t.Errorf("%d messages came for things that ask for nothing\n%s", c.heard-before-1, c.talk())
	}
	w.bot.stop(t)
}

// TestPlainText: words without encryption in an encrypted room are not used,
// and the person hears why, encrypted.
func TestPlainText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.plain = true
	for _, body := range []string{"something in the open", strings.Repeat("x", largePlain)} {
		_, err := c.p.SendPlain(t.Context(), c.room, body)
		must(t, err)
		if answer := c.hear("came without encryption"); !answer.Encrypted {
			t.Error("the answer is not encrypted")
		}
	}
	c.ask("yes", "country")
	w.bot.stop(t)
}

// TestUnencryptedRoom: the bot says that it does not talk here, and nothing else.
func TestUnencryptedRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	p := w.login("ann")
	room, err := p.CreateRoom(t.Context(), false, botID)
	must(t, err)
	w.dump(p.WaitJoined(t.Context(), room, botID))
	c := &chat{w: w, p: p, room: room, plain: true}
	w.chats = append(w.chats, c)
	c.hear("only talk in rooms that are encrypted")
	c.say("a secret in the wrong room")
	c.hear("only talk in rooms that are encrypted")

	// In a room of the right kind all is well.
	good := w.open(p)
	good.hear("good moment")
	good.ask("yes", "country")
	for _, e := range c.events() {
		if e.Sender == botID && e.Message() && !strings.Contains(e.Body, "only talk in rooms that are encrypted") {
			t.Errorf("the bot talked in a room without encryption")
		}
	}
	w.bot.stop(t)
}

// TestThirdPersonInTheRoom: the bot says that it talks one to one only, and
// goes on when the other one has left.
func TestThirdPersonInTheRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.ask("yes", "country")
	other := w.login("ben")
	ctx := t.Context()
	must(t, c.p.Invite(ctx, c.room, other.UserID))
	must(t, other.Join(ctx, c.room))
	must(t, c.p.WaitJoined(ctx, c.room, other.UserID))
	c.ask("United Kingdom", "only talk one to one")

	must(t, other.Leave(ctx, c.room))
	must(t, c.p.WaitLeft(ctx, c.room, other.UserID))
	c.ask("United Kingdom", "locked with a key")
	for _, e := range c.events() {
		if e.Sender == botID && e.Message() && strings.Contains(e.Body, "999") && e.Shield != 0 {
			t.Error("a warning beside the numbers")
		}
	}
	w.bot.stop(t)
}

// TestFlood: one person sends more than can be answered one by one. They are
// told once, "stop" still works at once, and another person notices nothing.
func TestFlood(t *testing.T) {
	t.Parallel()
	const burst, flood = 200, 230
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c, other := w.enter("ann"), w.enter("ben")
	c.count()
	other.count()
	w.bot.stop(t) // so that they come all at once, however slow the homeserver is
	w.dump(<-c.sendAll(numbered(1, flood)))
	c.say("stop")
	other.say("counted message 0001")
	w.bot.start(t)
	other.hear(heardText("counted message 0001"))
	_, answered := other.tally(other.events())
	if len(answered) != 1 {
		t.Errorf("the other person has %d answers", len(answered))
	}
	c.hearWithin(2*time.Minute, "OK. No more messages.")
	w.bot.stop(t)

	told, heard := 0, 0
	for _, e := range c.events() {
		switch {
		case e.Sender != botID || !e.Message():
		case strings.Contains(e.Body, "Many messages came at once"):
			told++
		case strings.HasPrefix(e.Body, "Heard "):
			heard++
		}
	}
	if told != 1 || heard < burst || heard > flood {
		t.Errorf("%d answers and told %d times, want %d or a few more, and once", heard, told, burst)
	}
}
