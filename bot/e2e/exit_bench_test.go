package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// leftBehind is how many messages of the bot there are to take back, at least.
const leftBehind = 50

// BenchmarkExit is from the word to leave until the plain line stands in the room
// (line), until the last message of the bot is taken back (all), and until the
// last of what the person wrote is (sweep): by the homeserver's clock, without
// the person's own client. Beside it stands an answer in the same talk.
func BenchmarkExit(b *testing.B) {
	w := newWorld(b, worldOptions{})
	w.bot.start(b)
	var answer, line, all, sweep []time.Duration
	for i := 0; b.Loop(); i++ {
		c := w.enter("ann" + strings.Repeat("n", i))
		c.count()
		for _, body := range numbered(0, leftBehind) {
			c.ask(body, heardText(body))
		}
		answer = append(answer, c.answerTimes()...)
		word := c.say("x")
		l, a, s := c.takenBack(word)
		line, all, sweep = append(line, l), append(all, a), append(sweep, s)
	}
	for what, times := range map[string][]time.Duration{"answer": answer, "line": line, "all": all, "sweep": sweep} {
		b.ReportMetric(milliseconds(percentile(times, 0.5)), "ms/"+what)
	}
	usual := float64(percentile(answer, 0.5))
	b.ReportMetric(float64(percentile(line, 0.5))/usual, "line/answer")
	b.ReportMetric(float64(percentile(all, 0.5))/usual, "all/answer")
	b.ReportMetric(leftBehind, "messages")
	b.ReportMetric(0, "ns/op")
	w.bot.stop(b)
}

// takenBack waits until the homeserver holds one message with something in it,
// and tells how long after the word to leave that one and the last removals came.
func (c *chat) takenBack(word string) (line, all, sweep time.Duration) {
	c.w.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		events := rawEvents(c.w, c.w.server.URL(), c.p.Token, c.room)
		full := slices.DeleteFunc(slices.Clone(events), func(e rawEvent) bool {
			return e.StateKey != nil || e.Type != "m.room.encrypted" || len(e.Content) <= len("{}")
		})
		if len(full) != 1 {
			if time.Now().After(deadline) {
				c.w.Fatalf("%d messages are left", len(full))
			}
			continue
		}
		of := map[string]rawEvent{}
		for _, e := range events {
			of[e.ID] = e
		}
		began := of[word].At
		after := func(e rawEvent) time.Duration { return time.Duration(e.At-began) * time.Millisecond }
		for _, e := range events {
			switch gone := of[e.Redacts]; {
			case e.Type != "m.room.redaction":
			case gone.Sender == botID:
				all = max(all, after(e))
			default:
				sweep = max(sweep, after(e))
			}
		}
		return after(full[0]), all, sweep
	}
}
