package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"handrail/bot/e2e/homeserver"
	"handrail/bot/store/pgtest"
)

const (
	talkers = 6 // people who write numbered messages
	tickers = 3 // people to whom numbered messages come every two seconds
	daily   = 3 // people to whom one comes each day
	// paceLeast and paceMost are between two messages of one person. On average
	// they stay below what the bot takes for a flood.
	paceLeast = 300 * time.Millisecond
	paceMost  = 1800 * time.Millisecond
)

// world is a homeserver, the way to it, the bot on one of the two databases, and
// the people.
type world struct {
	testing.TB
	name     string
	ctx      context.Context
	random   *rand.Rand // for the goroutine of the test
	dir      string
	server   *homeserver.Server
	proxy    *proxy
	database *pgtest.Server // nil: the store is a file
	link     *link          // the way to it
	dbName   string
	small    string    // a small file system with the store on it; "" where none can be mounted
	bots     []*runner // two on PostgreSQL; the second runs only where a test says so
	talk     []*guest
	tick     []*guest
	due      []*guest
	days     int // daily messages that were due so far
	twins    int // messages that the bot took back since the last judgement
	vain     int // how often somebody waited in vain for all to be well again
	table    *table

	gate sync.RWMutex // held while the homeserver is down: nobody writes then
}

func newWorld(t testing.TB, name string, seed uint64, table *table) *world {
	w := &world{TB: t, name: name, ctx: t.Context(), random: rand.New(rand.NewPCG(seed, 1)), table: table}
	w.dir = scratch(t)
	var err error
	w.server, err = homeserver.Start(w.ctx, homeserver.Options{Dir: filepath.Join(w.dir, "server")})
	must(t, err)
	t.Cleanup(w.server.Kill)
	must(t, w.server.CreateUser(w.ctx, botName, botPassword))
	w.proxy = newProxy(t, w.server.URL(), rand.New(rand.NewPCG(seed, 2)))
	w.mount()
	key := filepath.Join(w.dir, "master.key")
	if out, err := exec.Command(handrail, "keygen", key).CombinedOutput(); err != nil {
		t.Fatalf("keygen: %v\n%s", err, out)
	}
	clock, address := filepath.Join(w.dir, "clock"), ""
	if name == "postgres" {
		address = w.startDatabase(seed)
	}
	must(t, os.WriteFile(clock, []byte("0s"), 0o600))
	w.bots = append(w.bots, setUp(t, filepath.Join(w.dir, "bot"), w.proxy.addr, address, key, clock))
	if w.database == nil && w.small != "" {
		must(t, os.Symlink(w.small, filepath.Join(w.dir, "bot", "data")))
	}
	if w.database != nil {
		w.bots = append(w.bots, setUp(t, filepath.Join(w.dir, "second"), w.proxy.addr, address, key, clock))
	}
	began := time.Now()
	w.bots[0].start(t)
	select {
	case <-w.bots[0].started():
	case <-time.After(answerPatience):
		t.Fatalf("the bot does not start:\n%s", w.logs())
	}
	w.progress("the bot started in %s", time.Since(began).Round(time.Millisecond))
	w.invite()
	return w
}

// scratch is a folder in memory where there is such a file system.
func scratch(t testing.TB) string {
	t.Helper()
	parent := ""
	if fi, err := os.Stat("/dev/shm"); err == nil && fi.IsDir() {
		parent = "/dev/shm"
	}
	dir, err := os.MkdirTemp(parent, "handrail-chaos-")
	must(t, err)
	must(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() {
		if t.Failed() && os.Getenv("CHAOS_KEEP") != "" {
			say("kept: " + dir)
			return
		}
		_ = os.RemoveAll(dir)
	})
	return dir
}

// smallSize is enough for the store or the database of a run, and little enough
// to be filled at once.
const smallSize = "size=512m"

// mount makes the small file system, if this machine and this user can.
func (w *world) mount() {
	dir := filepath.Join(w.dir, "small")
	must(w, os.Mkdir(dir, 0o700))
	if err := exec.Command("mount", "-t", "tmpfs", "-o", smallSize+",mode=0700", "none", dir).Run(); err != nil {
		return
	}
	w.small = dir
	w.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
}

func (w *world) startDatabase(seed uint64) (address string) {
	w.Helper()
	parent := w.small
	if parent == "" {
		parent = filepath.Join(w.dir, "database")
		must(w, os.Mkdir(parent, 0o700))
	}
	must(w, os.Chmod(parent, 0o777|os.ModeSticky)) // the server runs as another user
	var err error
	w.database, err = pgtest.StartIn(parent)
	must(w, err)
	w.Cleanup(func() {
		for _, b := range w.bots {
			b.kill()
		}
		must(w, w.database.Stop())
	})
	w.dbName, err = w.database.Create("template1")
	must(w, err)
	way := filepath.Join(w.dir, "link")
	must(w, os.Mkdir(way, 0o700))
	w.link = newLink(w, way, w.database.Folder(), rand.New(rand.NewPCG(seed, 3)))
	return strings.Replace(w.database.URL(w.dbName), url.QueryEscape(w.database.Folder()), url.QueryEscape(way), 1)
}

// invite brings everybody into a room with the bot and to where they count.
func (w *world) invite() {
	w.Helper()
	began := time.Now()
	dir := filepath.Join(w.dir, "guests")
	must(w, os.Mkdir(dir, 0o700))
	all := make([]*guest, talkers+tickers+daily)
	g, ctx := errgroup.WithContext(w.ctx)
	g.SetLimit(4)
	for i := range all {
		g.Go(func() (err error) {
			if all[i], err = newGuest(ctx, w, w.server, dir, fmt.Sprintf("person%02d", i)); err != nil {
				return fmt.Errorf("person %d: %w", i, err)
			}
			if err := all[i].awaitText(ctx, "Is this a good moment", "Is now a good moment"); err != nil {
				return err
			}
			switch {
			case i < talkers:
				return all[i].ask(ctx, "count with me", "Counting.")
			case i < talkers+tickers:
				return all[i].ask(ctx, "tick with me", "Tick 1.")
			}
			if err := all[i].ask(ctx, "due with me", "At what time?"); err != nil {
				return err
			}
			at := time.Now().UTC().Add(-time.Hour).Format("15:04") // a day's step brings it, an hour late
			return all[i].ask(ctx, at, "It comes each day.")
		})
	}
	if err := g.Wait(); err != nil {
		w.Fatalf("%v\n%s", err, w.bots[0].logEnd())
	}
	w.talk, w.tick, w.due = all[:talkers], all[talkers:talkers+tickers], all[talkers+tickers:]
	w.progress("%d people are in, %s", len(all), time.Since(began).Round(time.Second))
}

func (g *guest) ask(ctx context.Context, words, answer string) error {
	return errors.Join(g.say(ctx, words), g.awaitText(ctx, answer))
}

func (w *world) progress(format string, args ...any) {
	say(fmt.Sprintf("%s %-8s ", time.Now().Format("15:04:05"), w.name) + fmt.Sprintf(format, args...))
}

func numbered(n int) string { return fmt.Sprintf("counted message %05d", n) }
func heard(n int) string    { return "Heard " + numbered(n) + "." }

// load lets the people write until the returned function is called, which
// waits for those who are in the middle of a message.
func (w *world) load() (rest func()) {
	ctx, stop := context.WithCancel(w.ctx)
	var all sync.WaitGroup
	for i, g := range w.talk {
		random := rand.New(rand.NewPCG(w.random.Uint64(), uint64(i)))
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(paceLeast + time.Duration(random.Int64N(int64(paceMost-paceLeast)))):
				}
				w.gate.RLock()
				g.said++
				err := g.say(w.ctx, numbered(g.said))
				w.gate.RUnlock()
				if err != nil {
					w.Error(err)
					return
				}
			}
		})
	}
	return func() { stop(); all.Wait() }
}

// settle waits until everybody has the answer to one more message, and the next
// that comes by itself.
func (w *world) settle() {
	w.Helper()
	var g errgroup.Group
	for _, p := range w.talk {
		g.Go(func() error {
			p.said++
			if err := p.say(w.ctx, numbered(p.said)); err != nil {
				return err
			}
			return p.await(w.ctx, "answers", func(all map[string]int) bool {
				for n := p.from + 1; n <= p.said; n++ {
					if all[heard(n)] == 0 {
						return false
					}
				}
				return true
			})
		})
	}
	for _, p := range w.tick {
		g.Go(func() error {
			last := -1
			err := p.await(w.ctx, "what comes by itself", func(all map[string]int) bool {
				now := highest(all, tickText)
				if last < 0 {
					last = max(now, p.due)
				}
				return now > last
			})
			if err != nil {
				w.Errorf("nothing comes by itself any more: %v", err)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil { // the judge says whether anything is lost
		w.vain++
		w.progress("%v; the bot's log ends:\n%s", err, w.logs())
	}
}

func (w *world) logs() string {
	var b strings.Builder
	for _, r := range w.bots {
		b.WriteString(r.logEnd() + "\n")
	}
	return b.String()
}

// The numbered messages that come by themselves.
const (
	tickText = "Tick %d."
	dueText  = "Due %d."
)

// highest is the highest number of which the text was heard.
func highest(all map[string]int, format string) (most int) {
	for body := range all {
		var n int
		if _, err := fmt.Sscanf(body, format, &n); err == nil {
			most = max(most, n)
		}
	}
	return most
}

// downtime takes the homeserver away while nobody writes, and brings it back.
func (w *world) downtime(crash bool) {
	w.Helper()
	w.gate.Lock()
	defer w.gate.Unlock()
	if crash {
		w.server.Kill()
		time.Sleep(time.Duration(w.random.Int64N(int64(2 * time.Second))))
	}
	must(w, w.server.Restart(w.ctx))
}

// folder is where the store is.
func (w *world) folder() string { return filepath.Join(w.bots[0].dir, "data") }
