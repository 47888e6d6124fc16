package chaos

import (
	"fmt"
	"time"

	"handrail/bot/store/pgtest"
)

const (
	// silentFor is how long the database says nothing: longer than the bot may
	// speak for its account without having heard from it.
	silentFor = 15 * time.Second
	// deadFor is longer than the bot waits for one statement.
	deadFor = 40 * time.Second
	// besideFor is how long a second copy runs beside the first.
	besideFor = 8 * time.Second
)

// noServer is why a fault of the database is not played on a file.
const noServer = "the store is a file, there is no server that could fail"

// servers is what goes wrong with a database that is a server, and on the way to
// it.
func (w *world) servers(rounds int) []fault {
	restart := func(how pgtest.Ending) func() int {
		return func() int { return w.repeat(rounds, func() { must(w, w.database.Restart(how)) }) }
	}
	all := []fault{
		{name: "PostgreSQL killed (SIGKILL)", play: restart(pgtest.Killed), short: true},
		{name: "PostgreSQL ended at once and started", play: restart(pgtest.Immediate)},
		{name: "PostgreSQL restarted in good order", play: restart(pgtest.Fast)},
		{name: "a process of PostgreSQL killed (SIGKILL)", play: func() int { return w.repeat(rounds, w.killSession) }},
		{name: "sessions ended by an administrator", play: func() int { return w.repeat(rounds, w.endSessions) }},
		{name: "way to PostgreSQL cut", play: func() int { return w.strikeLink(troubleCut, struckFor) }},
		{name: "answers of PostgreSQL lost on the way", play: func() int { return w.strikeLink(troubleLost, struckFor) }},
		{name: "PostgreSQL does not answer", play: func() int {
			return w.strikeLink(troubleHang, silentFor) + w.strikeLink(troubleHang, deadFor)
		}},
	}
	for i := range all {
		if w.database == nil {
			all[i].not = noServer
		}
	}
	return all
}

// strikeLink lets the way to the database fail for a while.
func (w *world) strikeLink(tr trouble, long time.Duration) int {
	w.pause(time.Second)
	w.link.set(tr)
	time.Sleep(long)
	return w.link.set(troubleNone)
}

// sessions are those of the bot, for a query.
func (w *world) sessions(what string) string {
	return fmt.Sprintf("SELECT %s FROM pg_stat_activity WHERE datname = '%s' AND application_name = 'handrail'", what, w.dbName)
}

// killSession takes the process away that the bot writes through. The server
// then ends all of them, and repairs what they have in common.
func (w *world) killSession() {
	// It ends this statement's own process as well, as it should.
	_ = w.database.Admin("COPY (" + w.sessions("pid") + " ORDER BY backend_start LIMIT 1) TO PROGRAM 'xargs kill -KILL'")
	for range 100 {
		if w.database.Admin("SELECT 1") == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.Error("the server did not come back after a process of it was killed")
}

// endSessions sends everybody away, as before an upgrade of the server.
func (w *world) endSessions() {
	w.Helper()
	must(w, w.database.Admin(w.sessions("pg_terminate_backend(pid)")))
}

// beside runs a second copy by mistake, from the same folder and then from
// another one, while the first one works. It may refuse, or wait until it is
// needed; the judge sees if it speaks.
func (w *world) beside() int {
	w.Helper()
	w.bots[0].start(w)
	first := w.bots[0]
	again := &runner{dir: first.dir, clock: first.clock, log: first.log}
	w.await(first)
	for _, r := range []*runner{again, w.bots[1]} {
		r.start(w)
		w.await(r)
		time.Sleep(besideFor)
		r.kill()
	}
	return 2
}

// await waits until a copy runs or has refused to.
func (w *world) await(r *runner) {
	for deadline := time.Now().Add(answerPatience); r.ends.Load() == 0 && time.Now().Before(deadline); {
		select {
		case <-r.started():
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}
