package e2e

import (
	"testing"
	"time"
)

// TestExitKilled kills the bot in the middle of taking back, twice in the same
// talk. After each start the rest goes, too; nothing is sent again, and the plain
// line stands in the room once.
func TestExitKilled(t *testing.T) {
	t.Parallel()
	const messages = 24
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("joy")
	c.count()
	for _, body := range numbered(0, messages) {
		c.ask(body, heardText(body))
	}
	before, _, _ := c.onServer()
	word := c.say("x")
	for _, upTo := range []int{3, messages / 2} {
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
			if _, _, gone := c.onServer(); gone >= upTo {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d removals do not come\n%s", upTo, w.bot.logEnd())
			}
		}
		w.bot.kill()
		if _, full, _ := c.onServer(); full <= 1 {
			t.Log("the bot was faster than the kill")
		}
		w.bot.start(t)
	}
	_, all, _ := c.takenBack(word)
	if after, _, _ := c.onServer(); after != before+1 {
		t.Errorf("the bot sent %d messages after the word to leave, want the plain line alone", after-before)
	}
	t.Logf("all taken back %v after the word, over two kills", all)
}

// onServer counts what the homeserver has of the bot: messages that were ever sent,
// those that still have something in them, and removals of its own.
func (c *chat) onServer() (sent, full, gone int) {
	c.w.Helper()
	for _, e := range rawEvents(c.w, c.w.server.URL(), c.p.Token, c.room) {
		switch {
		case e.Sender != botID || e.StateKey != nil:
		case e.Type == "m.room.redaction":
			gone++
		case e.Type == "m.room.encrypted":
			sent++
			if len(e.Content) > len("{}") {
				full++
			}
		}
	}
	return sent, full, gone
}
