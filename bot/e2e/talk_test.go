package e2e

import (
	"slices"
	"testing"
	"time"

	"handrail/bot/e2e/client"
)

// welcome goes through the first talk as somebody in London who says yes.
func (c *chat) welcome() {
	c.w.Helper()
	c.ask("yes", "country")
	c.ask("United Kingdom", "locked with a key")
	c.ask("yes", "city or time zone")
	c.ask("London", "?")
}

// TestOnboarding: a person goes through the first talk. Their client shows no
// warning beside any message and knows the bot's device as signed by the bot.
// (That everything was encrypted is checked after every test.)
func TestOnboarding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.welcome()

	messages := 0
	for _, e := range c.events() {
		if e.Sender != botID || !e.Message() {
			continue
		}
		messages++
		if !e.Encrypted || e.Shield != 0 {
			t.Errorf("a message of the bot: encrypted %v, shield %d for reason %d", e.Encrypted, e.Shield, e.ShieldReason)
		}
		if e.MsgType != "m.text" {
			t.Errorf("a message of the bot is an %s: people's phones stay silent for that", e.MsgType)
		}
	}
	if messages < 5 {
		t.Errorf("only %d messages of the bot in the first talk", messages)
	}
	checkSigned(t, c.p)

	// The same account on another device: it reads what comes from now on.
	second := w.loginAgain("ann")
	waitForDevice(t, c.p, second)
	again := &chat{w: w, p: second, room: c.room}
	w.dump(second.WaitJoined(t.Context(), c.room, botID))
	c.say("menu please, or is it tea")
	events, _, err := second.Wait(t.Context(), client.Wanted{Room: c.room, From: botID})
	if err != nil {
		t.Fatalf("the second device reads nothing: %v\n%s", err, again.talk())
	}
	if last := events[len(events)-1]; last.Shield != 0 {
		t.Errorf("shield %d on the second device", last.Shield)
	}
	checkSigned(t, second)
	w.bot.stop(t)
}

// checkSigned wants the bot to have one device, signed by itself.
func checkSigned(t *testing.T, p *client.Person) {
	t.Helper()
	_, devices, err := p.Trust(t.Context(), botID)
	must(t, err)
	signed := slices.ContainsFunc(devices, func(d client.Device) bool { return d.SignedByOwner })
	if !signed {
		t.Errorf("no device of the bot is signed by its owner: %+v", devices)
	}
}

// waitForDevice waits until p's client knows another device of the account.
func waitForDevice(t *testing.T, p, other *client.Person) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, devices, err := p.Trust(t.Context(), p.UserID)
		must(t, err)
		if slices.ContainsFunc(devices, func(d client.Device) bool { return d.ID == other.Device }) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the client does not learn of the account's second device")
		}
	}
}

// TestReactionAnswersAQuestion: a keycap picks, a thumb says yes, and an emoji
// under an old message asks for nothing.
func TestReactionAnswersAQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.open(w.login("ann"))
	greeting := c.hear("Is this a good moment", "Is now a good moment")
	react := func(event, key string) {
		t.Helper()
		_, err := c.p.React(t.Context(), c.room, event, key)
		must(t, err)
	}
	react(greeting.ID, "👍")
	country := c.hear("country")
	react(greeting.ID, "🌱") // under an old question, and no answer to it: nothing happens
	kept := c.ask("United Kingdom", "locked with a key")
	react(kept.ID, "1️⃣") // the first choice: yes
	c.hear("city or time zone")
	if country.ID == kept.ID {
		t.Error("two questions are one event")
	}
	w.bot.stop(t)
}

// TestVerification: the person verifies the bot by emoji, twice, and the bot
// answers afterwards.
func TestVerification(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	for range 2 {
		emoji, err := c.p.Verify(t.Context(), c.room, botID)
		w.dump(err)
		if len(emoji) != 7 {
			t.Errorf("emoji: %v, want seven", emoji)
		}
	}
	verified := false
	for deadline := time.Now().Add(2 * time.Minute); !verified && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var err error
		verified, _, err = c.p.Trust(t.Context(), botID)
		must(t, err)
	}
	if !verified {
		t.Error("the bot is not verified for the person's client")
	}
	c.ask("yes", "country")
	w.bot.stop(t)
}
