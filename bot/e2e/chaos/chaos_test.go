package chaos

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// sampleKills is how often the bot is killed when nothing is asked for:
	// enough to see that the test itself works.
	sampleKills = 8
	// wholeKills is from where on every fault is played, and not a sample.
	wholeKills = 100
	// killsABatch is how many kills come between two looks at the rooms.
	killsABatch = 25
	// oneIn of the bot's lives is a long one: the bot finds out what became of a
	// message that was on its way, and is killed while it sends those behind it.
	oneIn                         = 10
	lifeLeast, lifeMost, longLife = 50 * time.Millisecond, 1500 * time.Millisecond, 6 * time.Second
	// vainMost is after how many faults from which the bot did not come back the
	// test ends.
	vainMost = 3
	// struckFor is how long the network is in trouble.
	struckFor = 8 * time.Second
)

// TestChaos plays every fault on both databases, side by side, and prints what
// it did to the people.
func TestChaos(t *testing.T) {
	kills := number(t, "CHAOS_KILLS", sampleKills)
	seed := uint64(number(t, "CHAOS_SEED", int(time.Now().UnixNano()%1_000_000)))
	whole := kills >= wholeKills
	say(fmt.Sprintf("chaos: CHAOS_KILLS=%d CHAOS_SEED=%d", kills, seed))
	all := &table{}
	began := time.Now()
	t.Run("databases", func(t *testing.T) {
		for i, name := range []string{"sqlite", "postgres"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, name, seed+uint64(i), all)
				w.play(kills/2+i*(kills%2), whole)
			})
		}
	})
	fmt.Printf("\nCHAOS_KILLS=%d CHAOS_SEED=%d, %s\n%s", kills, seed, time.Since(began).Round(time.Second), all)
}

// number reads a variable of the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s is no number", name)
	}
	return n
}

// fault is something that breaks.
type fault struct {
	name  string
	play  func() (times int)
	short bool   // played in a short run, too
	not   string // why it is not played on this database; "": it is
}

// play is the whole of it on one database.
func (w *world) play(kills int, whole bool) {
	w.Helper()
	shared := 0 // kills of one of two copies
	if w.database != nil {
		shared = min(max(kills/5, 1), killsABatch)
	}
	for left := kills - shared; left > 0; left -= killsABatch {
		w.section("bot killed (SIGKILL)", func() int { return w.kill(min(left, killsABatch)) })
	}
	for _, f := range w.faults(shared, whole) {
		switch {
		case f.not != "":
			w.table.without(w.name, f.name, f.not)
		case !whole && !f.short:
			w.table.without(w.name, f.name, "a short run leaves it out")
		default:
			w.section(f.name, f.play)
		}
	}
	w.end()
}

// faults are all that are played, on this database or on the other. Shared is how
// often one of two copies is killed.
func (w *world) faults(shared int, whole bool) []fault {
	rounds := 1
	if whole {
		rounds = 3
	}
	all := []fault{
		{name: "homeserver killed", play: func() int { return w.repeat(rounds, func() { w.downtime(true) }) }, short: true},
		{name: "homeserver restarted", play: func() int { return w.repeat(rounds, func() { w.downtime(false) }) }},
	}
	for _, tr := range []trouble{troubleLost, troubleLimit, troubleBad, troubleHang, troubleHalf, troubleCut} {
		all = append(all, fault{name: "homeserver: " + string(tr), play: func() int { return w.strike(tr) }, short: tr == troubleLost})
	}
	all = append(all,
		fault{name: "database locked by another process", play: func() int { return w.repeat(1, w.lock) }, short: true},
		fault{name: "disk full", play: func() int { return w.repeat(1, w.fill) }, short: true},
		fault{name: "database read-only", play: func() int { return w.repeat(1, w.readOnly) }, short: true},
	)
	if w.small == "" {
		all[len(all)-2].not = "this user cannot mount a small file system to fill"
	}
	all = append(all, w.servers(rounds)...)
	second := fault{name: "a second copy started by mistake", play: func() int { return w.repeat(1, w.second) }, short: true}
	two := fault{name: "one of two copies killed", play: func() int { return w.killOneOfTwo(shared) }, short: true}
	if w.database == nil {
		two.not = "the store is a file, of which there is one copy: a second one refuses to start"
	} else {
		second.play = w.beside
	}
	return append(all, second, two, w.clock(rounds))
}

// section plays a fault while people write, and judges when all is well again.
func (w *world) section(fault string, play func() (times int)) {
	w.Helper()
	if w.ctx.Err() != nil || w.vain >= vainMost || !strings.Contains(fault, os.Getenv("CHAOS_ONLY")) {
		return
	}
	began := time.Now()
	rest := w.load()
	times := play()
	rest()
	w.proxy.set(troubleNone)
	w.bots[0].start(w)
	w.settle()
	w.judge(fault, times, began)
}

// repeat does something a few times, at random moments.
func (w *world) repeat(times int, do func()) int {
	for range times {
		w.pause(2 * time.Second)
		do()
	}
	w.pause(time.Second)
	return times
}

func (w *world) pause(most time.Duration) {
	time.Sleep(most/4 + time.Duration(w.random.Int64N(int64(most))))
}

// kill kills the bot again and again: half the time at a random moment of its
// start, half the time of its work.
func (w *world) kill(times int) int {
	for range times {
		w.bots[0].start(w)
		w.live(w.bots[0])
		w.bots[0].kill()
	}
	return times
}

// live waits as long as a copy lives until it is killed.
func (w *world) live(r *runner) {
	life := lifeLeast + time.Duration(w.random.Int64N(int64(lifeMost-lifeLeast)))
	if w.random.IntN(oneIn) == 0 {
		life = time.Duration(w.random.Int64N(int64(longLife)))
	}
	if w.random.IntN(2) == 0 {
		select {
		case <-r.started():
		case <-time.After(botPatience):
		}
	}
	time.Sleep(life)
}

// strike lets the network fail for a while; the bot is killed in the middle of
// it. It returns how many requests met with it.
func (w *world) strike(tr trouble) int {
	w.proxy.set(tr)
	time.Sleep(struckFor / 2)
	w.bots[0].kill()
	w.bots[0].start(w)
	time.Sleep(struckFor / 2)
	return w.proxy.set(troubleNone)
}

// killOneOfTwo runs a second copy on the same database and kills now the one,
// now the other.
func (w *world) killOneOfTwo(times int) int {
	for range times {
		r := w.bots[w.random.IntN(len(w.bots))]
		for _, b := range w.bots {
			b.start(w)
		}
		w.live(r)
		r.kill()
	}
	w.bots[0].start(w)
	w.bots[1].start(w)
	w.pause(time.Second)
	w.bots[1].stop(w)
	return times
}

// end looks at every room from its beginning once more: what came late, or
// twice, long after it was judged. It looks into the log, too.
func (w *world) end() {
	w.Helper()
	if w.vain >= vainMost {
		w.Errorf("the bot did not come back; its log ends:\n%s", w.logs())
		return
	}
	w.bots[0].stop(w)
	for _, g := range append(append(w.talk[:len(w.talk):len(w.talk)], w.tick...), w.due...) {
		g.from, g.due = 0, 0
	}
	w.table = &table{} // none of the one that is printed: it has all of this
	w.judge("all of it, read again at the end", 1, time.Now())
	for _, b := range w.bots {
		log, err := os.ReadFile(b.log.Name())
		must(w, err)
		for _, word := range []string{"counted message", "@person", ":localhost"} {
			if strings.Contains(string(log), word) {
				w.Errorf("%q is in the bot's log", word)
			}
		}
	}
}
