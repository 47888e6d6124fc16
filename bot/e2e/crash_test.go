package e2e

import (
	"math/rand/v2"
	"testing"
	"time"

	"handrail/bot/e2e/homeserver"
)

const (
	// kills is how often the bot dies in each of the two crash tests.
	kills       = 50
	killsABatch = 5
	// databaseBatches are those in which PostgreSQL crashes as well.
	databaseBatches = 4
	batchSize       = 16 // the total stays below the 200 that one person may send at once
	offlineBatch    = 70 // more than the 50 events that a homeserver gives at once by default
	// shortLife is the longest time from most starts of the bot to its kill:
	// enough to start, catch up and answer several messages.
	shortLife = 700 * time.Millisecond
	// longLife is the same for one start in five: enough for the bot to find out
	// what became of a message that was on its way when it was killed, and to be
	// killed again while it sends the ones that waited behind it.
	longLife = 7 * time.Second
	oneIn    = 5
)

// TestBacklogOfADayOffline: what was written while the bot was down is answered
// in order, once.
func TestBacklogOfADayOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.count()
	w.bot.stop(t)

	bodies := numbered(1, offlineBatch)
	w.dump(<-c.sendAll(bodies))
	w.bot.start(t)
	c.answers(bodies)

	w.bot.stop(t)
	w.bot.start(t)
	c.settle("counted message last")
	c.judge()
	w.bot.stop(t)
}

// TestKilledInTheMiddleOfABatch: SIGKILL at random points, fifty times.
func TestKilledInTheMiddleOfABatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	random := seeded(t)
	w.bot.start(t)
	chats := []*chat{w.enter("ann"), w.enter("ben")}
	for _, c := range chats {
		c.count()
	}
	for batch := range kills / killsABatch {
		crashBatch(w, chats, batch, random, func(int) {})
	}
	finish(w, chats, (*chat).judge)
}

// TestHomeserverRestartsToo is the same, and in every batch the homeserver goes
// down too, killed or stopped by turns: it forgets which transaction ids it has
// seen.
func TestHomeserverRestartsToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{durable: true})
	random := seeded(t)
	w.bot.start(t)
	chats := []*chat{w.enter("ann"), w.enter("ben")}
	for _, c := range chats {
		c.count()
	}
	for batch := range kills / killsABatch {
		when := random.IntN(killsABatch)
		crashBatch(w, chats, batch, random, func(kill int) {
			if kill != when {
				return
			}
			restartServer(w, w.server, batch%2 == 0)
		})
	}
	finish(w, chats, (*chat).judgeLate)
}

// TestDatabaseRestartsToo is the same with the store in PostgreSQL: in every
// batch its server crashes as well, while the bot runs.
func TestDatabaseRestartsToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{database: true})
	random := seeded(t)
	w.bot.managed = true // a start in the middle of such a crash ends with an error
	w.bot.start(t)
	chats := []*chat{w.enter("ann"), w.enter("ben")}
	for _, c := range chats {
		c.count()
	}
	for batch := range databaseBatches {
		when, pause := random.IntN(killsABatch), time.Duration(random.Int64N(int64(shortLife)))
		crashed := make(chan error, 1)
		crashBatch(w, chats, batch, random, func(kill int) {
			if kill == when {
				time.AfterFunc(pause, func() { crashed <- w.database.Crash() })
			}
		})
		must(t, <-crashed)
	}
	finish(w, chats, (*chat).judge)
}

func restartServer(w *world, s *homeserver.Server, crash bool) {
	w.Helper()
	if crash {
		s.Kill()
	}
	must(w, s.Restart(w.Context()))
}

// crashBatch sends one batch in every chat and kills the bot a few times while
// it is sent and answered. between is called after each kill, with the bot down.
func crashBatch(w *world, chats []*chat, batch int, random *rand.Rand, between func(kill int)) {
	w.Helper()
	bodies := numbered(batch*batchSize, batchSize)
	sent := make([]<-chan error, len(chats))
	for i, c := range chats {
		sent[i] = c.sendAll(bodies)
	}
	for kill := range killsABatch {
		time.Sleep(lifetime(random))
		w.bot.kill()
		between(kill)
		w.bot.start(w)
	}
	for i, c := range chats {
		w.dump(<-sent[i])
		c.answers(bodies)
	}
}

// lifetime is how long the bot lives before the next kill.
func lifetime(random *rand.Rand) time.Duration {
	longest := shortLife
	if random.IntN(oneIn) == 0 {
		longest = longLife
	}
	return time.Duration(random.Int64N(int64(longest)))
}

// finish restarts the bot in good order, so that everything in doubt is
// decided, and judges.
func finish(w *world, chats []*chat, judge func(*chat)) {
	w.Helper()
	for _, c := range chats {
		c.settle("counted message last but one")
	}
	w.bot.stop(w)
	w.bot.managed = false // nothing crashes any more
	w.bot.start(w)
	for _, c := range chats {
		c.settle("counted message last")
		judge(c)
	}
	w.bot.stop(w)
}

// seeded is a source of chance whose seed a failed test shows.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
