package bot_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/store/pgtest"
)

// TestLinkedWhileOneIsAway: what comes by itself comes in the app that the person
// chose, and what a talk waits for where the talk is: once, and whatever becomes of
// the other app. While that one itself is away it waits.
func TestLinkedWhileOneIsAway(t *testing.T) {
	t.Parallel()
	server := pgtest.ForTest(t, "")
	for _, tt := range []struct {
		name             string
		there, awayThere bool // where the person is, and what is away
		server           bool
	}{
		{"here, away there", false, true, false},
		{"there, away here", true, false, false},
		{"here, away here", false, false, false},
		{"there, away there", true, true, false},
		{"there, away here, on a server", true, false, true},
		{"there, away there, on a server", true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			database := ""
			if tt.server {
				database = server.Empty(t)
			}
			testLinkedWhileAway(t, database, tt.there, tt.awayThere)
		})
	}
}

func testLinkedWhileAway(t *testing.T, database string, there, awayThere bool) {
	w := newTwoApps(t, database)
	w.lib = library(t, withLink(scripts))
	w.open()
	w.says("hello")
	w.joins()
	chosen, other, where := w.net, w.there, ada
	if there {
		chosen, other, where = w.there, w.net, adaToo
	}
	bea := person("bea") // on the network that is there: when hers came, a pass has been over
	witness, away := w.net, w.there
	if !awayThere {
		bea, witness, away = chat.Address{Network: "second", User: "bea", Room: "bea"}, w.there, w.net
	}
	for _, say := range []struct {
		who  chat.Address
		text string
	}{{where, "times here"}, {bea, "hello"}, {bea, "daily"}, {bea, "waiting"}, {where, "daily"}, {where, "waiting"}} {
		w.handle(w.message(say.who, say.text))
	}
	w.both()
	gone := make(chan struct{})
	away.wait = gone
	var now atomic.Pointer[time.Time]
	set := func(at time.Time) { now.Store(&at) }
	set(w.now)
	w.change = func(c *bot.Config) {
		c.Now, c.FreshFor = func() time.Time { return *now.Load() }, 100*time.Hour
	}
	w.open()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.bot.Run(ctx) }()
	came := func(n *net, who chat.Address, text string) (times int) {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, o := range n.sent {
			if string(o.Text) == text && o.To.User == who.User {
				times++
			}
		}
		return times
	}
	for _, step := range []struct {
		after time.Duration
		text  string
	}{{30 * time.Minute, "The wait is over."}, {45 * time.Minute, question}} {
		set(now.Load().Add(step.after))
		waitFor(t, "a pass", func() bool { return came(witness, bea, step.text) == 1 })
		if chosen != away {
			waitFor(t, step.text, func() bool { return came(chosen, where, step.text) == 1 })
		} else if n := came(chosen, where, step.text); n > 0 {
			t.Errorf("%q came %d times from a network that is away", step.text, n)
		}
	}
	close(gone)
	set(now.Load().Add(6 * time.Minute)) // what was put off is looked at again
	for _, text := range []string{"The wait is over.", question} {
		waitFor(t, text, func() bool { return came(chosen, where, text) == 1 })
	}
	for _, text := range []string{"The wait is over.", question} {
		if n := came(other, ada, text) + came(other, adaToo, text); n > 0 {
			t.Errorf("%q came %d times where it was not wanted", text, n)
		}
		if n := came(chosen, where, text); n != 1 {
			t.Errorf("%q came %d times", text, n)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
