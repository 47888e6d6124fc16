package e2e

import (
	"testing"
	"time"
)

// TestCheckinComesByItself: a check-in two minutes ahead arrives once, though
// the bot is killed and started before and after.
func TestCheckinComesByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.ask("set up a check in", "short hello each day")
	c.ask("yes", "city or time zone")
	c.ask("Berlin", "What time suits you")
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	due := time.Now().Add(2 * time.Minute).In(berlin).Truncate(time.Minute)
	c.ask(due.Format("15:04"), "I understood: "+due.Format("15:04"))
	c.ask("yes", "It is set.")
	w.bot.kill()
	w.bot.start(t)

	hello := c.hearWithin(time.Until(due)+time.Minute, "Is now all right", "Is this a good moment", "Is now OK")
	if late := hello.At().Sub(due); late < 0 || late > 20*time.Second {
		t.Errorf("the check-in came %s after its time", late)
	}
	w.bot.kill()
	w.bot.start(t)
	c.ask("yes", "eavy")

	hellos := 0
	for _, e := range c.events() {
		if e.Sender == botID && e.Message() && !e.At().Before(due) {
			hellos++
		}
	}
	if hellos != 2 { // the check-in and the question after "yes"
		t.Errorf("%d messages after the check-in's time, want the hello and one question\n%s", hellos, c.talk())
	}
	w.bot.stop(t)
}
