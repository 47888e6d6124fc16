package e2e

import (
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/client"
)

// TestExitTakesBack: after x the person's client shows one harmless line of the
// bot, and every message before it is gone.
func TestExitTakesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("eve")
	c.welcome()
	c.say("x") // what is heard cannot be counted: it vanishes
	deadline := time.Now().Add(time.Minute)
	for {
		left, gone, last := 0, 0, client.Event{}
		for _, e := range c.events() {
			switch {
			case e.Sender != botID || e.State:
			case e.Redacted:
				gone++
			case e.Message():
				left, last = left+1, e
			}
		}
		if left == 1 && gone >= 5 {
			if body := last.Body; !strings.Contains(strings.ToLower(body), "water") {
				t.Errorf("what is left is %q", body)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages are left, %d are gone\n%s", left, gone, c.talk())
		}
		time.Sleep(time.Second)
	}
}
