package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"handrail/bot/e2e/client"
)

const (
	judgeEvery = 200 * time.Millisecond
	lateness   = time.Minute
)

// The judge of the crash tests is what the person's client shows. The flow
// "count" answers every message with its own words, so the answers, in the
// order of the room, must be exactly the messages in the order of the room.

// count brings the bot to where it counts.
func (c *chat) count() {
	c.w.Helper()
	c.ask("count with me", "Counting.")
}

// numbered makes n messages that are recognised by their answers.
func numbered(from, n int) []string {
	bodies := make([]string, n)
	for i := range bodies {
		bodies[i] = fmt.Sprintf("counted message %04d", from+i)
	}
	return bodies
}

func heardText(body string) string { return "Heard " + body + "." }

// settle waits for the answer to a last message that follows a clean restart of
// the bot: what was in doubt anywhere has been decided before that answer.
func (c *chat) settle(last string) {
	c.w.Helper()
	c.ask(last, heardText(last))
}

// judge wants every message answered once, in order.
func (c *chat) judge() {
	c.w.Helper()
	c.compare(slices.Equal, 0)
}

// judgeLate wants every message answered once. A homeserver that was killed may
// bring a message into the room half a minute after it took it, and one that was
// stopped may leave one out of every sync: then the client shows it in another
// place than the bot saw it, and its answer may still be on its way. It may also
// put one message of the client into the room twice: the same ciphertext under
// two event ids has one answer, and two if the client encrypted it anew.
func (c *chat) judgeLate() {
	c.w.Helper()
	c.compare(func(asked, answered []string) bool {
		for _, b := range balance(asked, answered) {
			if !b.fair() {
				return false
			}
		}
		return true
	}, lateness)
}

// copies counts how often one message is in the room and how often its answer.
type copies struct{ asked, answered int }

// fair: a message that is there once is answered once, never less and never
// more often than it is there.
func (c copies) fair() bool { return c.answered >= 1 && c.answered <= c.asked }

func balance(asked, answered []string) map[string]copies {
	all := map[string]copies{}
	for _, body := range asked {
		b := all[body]
		b.asked++
		all[body] = b
	}
	for _, body := range answered {
		b := all[body]
		b.answered++
		all[body] = b
	}
	return all
}

// compare looks at the room until messages and answers are the same, or
// patience is over.
func (c *chat) compare(same func(asked, answered []string) bool, patience time.Duration) {
	c.w.Helper()
	deadline := time.Now().Add(patience)
	for {
		events := c.events()
		asked, answered := c.tally(events)
		if same(asked, answered) {
			c.w.Logf("%d messages, each answered once", len(asked))
			return
		}
		if time.Now().After(deadline) {
			c.w.Errorf("%d messages and %d answers", len(asked), len(answered))
			c.complain(asked, answered)
			c.w.Logf("the talk:\n%s", transcript(events))
			return
		}
		time.Sleep(judgeEvery)
	}
}

// complain names every message whose answers are not as many as it.
func (c *chat) complain(asked, answered []string) {
	c.w.Helper()
	for body, b := range balance(asked, answered) {
		if b.asked != b.answered {
			c.w.Errorf("%q is in the room %d times and was answered %d times", body, b.asked, b.answered)
		}
	}
}

// tally is what was said and what was heard, in the order of the room.
func (c *chat) tally(events []client.Event) (asked, answered []string) {
	for _, e := range events {
		if !e.Message() {
			continue
		}
		if e.Sender == c.p.UserID && strings.HasPrefix(e.Body, "counted message ") {
			asked = append(asked, e.Body)
		}
		if body, ok := strings.CutPrefix(e.Body, "Heard "); ok && e.Sender == botID {
			answered = append(answered, strings.TrimSuffix(body, "."))
		}
	}
	return asked, answered
}

// sendAll sends in the background and returns how it went.
func (c *chat) sendAll(bodies []string) <-chan error {
	c.said = append(c.said, bodies...)
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(c.w.Context(), time.Minute)
		defer cancel()
		_, err := c.p.SendAll(ctx, c.room, bodies)
		done <- err
	}()
	return done
}

// answers waits until there are as many answers as bodies, in any order.
func (c *chat) answers(bodies []string) {
	c.w.Helper()
	want := make([]string, len(bodies))
	for i, body := range bodies {
		want[i] = heardText(body)
	}
	ctx, cancel := context.WithTimeout(c.w.Context(), time.Minute)
	defer cancel()
	_, upTo, err := c.p.Wait(ctx, client.Wanted{Room: c.room, From: botID, After: c.heard, Any: want, Count: len(want)})
	if err != nil {
		c.w.Logf("%v; the talk:\n%s", err, c.talk())
		c.w.dump(err)
	}
	c.heard = upTo
}
