package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/seal"
)

// childNetwork in the environment makes the test binary a copy of the program in
// TestPostgresReplicas: the socket of the network it sends to.
const childNetwork = "STORE_TEST_CHILD_NETWORK"

const (
	copyPeople  = 24
	copyPosts   = 100                    // for each of them, each by a timer
	copyTTL     = 600 * time.Millisecond // of the lease
	copyWorkers = 6                      // in each process
	copies      = 3
)

// replica is one copy: it fires timers, each of which posts a message and sets
// the next timer, and sends what waits if it holds the lease.
type replica struct {
	s      *Store
	socket string

	mu    sync.Mutex
	until time.Time // when the lease ends, as far as this copy knows
}

func replicaChild(where, socket string) error {
	file, err := os.ReadFile(os.Getenv(childKey))
	if err != nil {
		return err
	}
	master, err := seal.OpenMaster(file)
	if err != nil {
		return err
	}
	s, err := Open(context.Background(), Options{URL: where, Master: master, Shared: true})
	if err != nil {
		return err
	}
	r := &replica{s: s, socket: socket}
	fault := make(chan error, 3)
	go func() { fault <- r.beat() }()
	go func() { fault <- r.fire() }()
	go func() { fault <- r.deliver() }()
	return <-fault
}

func (r *replica) beat() error {
	for {
		began := time.Now()
		p, err := r.s.Beat(context.Background(), Beat{Label: "child", TTL: copyTTL, Want: []string{"matrix"}})
		if err == nil {
			r.mu.Lock()
			r.until = time.Time{}
			if _, held := p.Held["matrix"]; held {
				r.until = began.Add(copyTTL)
			}
			r.mu.Unlock()
		}
		time.Sleep(copyTTL / 5)
	}
}

func (r *replica) holds() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.until)
}

// fire takes what is due with several workers that share commits.
func (r *replica) fire() error {
	ctx := context.Background()
	for {
		now := time.Now()
		due, err := r.s.DueTimers(ctx, "", now, 100)
		if err != nil {
			continue // the session may have been lost while this copy was stopped
		}
		var wg sync.WaitGroup
		work := make(chan Timer)
		for range copyWorkers {
			wg.Go(func() {
				for tm := range work {
					_ = r.s.Update(ctx, func(tx *Tx) error { return step(tx, tm, now) }) // the row stays due
				}
			})
		}
		for _, tm := range due {
			work <- tm
		}
		close(work)
		wg.Wait()
		if len(due) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func step(tx *Tx, tm Timer, now time.Time) error {
	if err := tx.Own(tm.Person); err != nil {
		return err
	}
	cur, err := tx.LoadTimer(tm.Person, tm.Kind)
	if errors.Is(err, ErrNotFound) || err == nil && cur != tm {
		return nil // another copy was quicker
	}
	if err != nil {
		return err
	}
	p, err := tx.LoadPerson(tm.Person)
	if err != nil {
		return err
	}
	p.Session.Seq++
	n := p.Session.Seq
	if err := errors.Join(tx.ClearTimer(p.ID, tm.Kind), tx.Enqueue(p.ID, text(fmt.Sprintf("%d.%d", p.ID, n), "words"), now)); err != nil {
		return err
	}
	if n < copyPosts {
		if err := tx.SetTimer(p.ID, tm.Kind, n, now.Add(time.Duration(rand.N(int64(40*time.Millisecond))))); err != nil {
			return err
		}
	}
	return tx.SavePerson(p)
}

func (r *replica) deliver() error {
	ctx := context.Background()
	for {
		if !r.holds() {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		lanes, err := r.s.DueLanes(ctx, "matrix", time.Now().Add(time.Second), 100)
		if err != nil {
			continue
		}
		var wg sync.WaitGroup
		for _, lane := range lanes {
			wg.Go(func() {
				p, ok, err := r.s.Head(ctx, lane)
				if err != nil || !ok || !r.holds() {
					return
				}
				if event, err := r.send(p.Key); err == nil {
					_ = r.s.Sent(ctx, p, event, time.Now()) // refused: the next holder finds it sent
				}
			})
		}
		wg.Wait()
	}
}

// send puts a key on the network.
func (r *replica) send(key string) (event string, err error) {
	c, err := net.DialTimeout("unix", r.socket, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintln(c, key); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line), err
}

// lanes is what the people see: the keys that arrived in each lane. A key that
// comes again is taken for the same message, as a homeserver does.
type lanes struct {
	mu      sync.Mutex
	got     map[string][]string
	events  map[string]string
	repeats int
}

func (l *lanes) put(key string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if event, there := l.events[key]; there {
		l.repeats++
		return event
	}
	lane, _, _ := strings.Cut(key, ".")
	l.got[lane] = append(l.got[lane], key)
	l.events[key] = "$" + strconv.Itoa(len(l.events))
	return l.events[key]
}

func (l *lanes) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.events)
}

func (l *lanes) serve(socket net.Listener) {
	for {
		c, err := socket.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			line, err := bufio.NewReader(c).ReadString('\n')
			if err != nil {
				return
			}
			time.Sleep(time.Duration(rand.N(int64(3 * time.Millisecond))))
			fmt.Fprintln(c, l.put(strings.TrimSpace(line)))
		}()
	}
}

// TestPostgresReplicas runs several processes on one database, kills and stops
// them at random moments, and looks at what the people got: each message once,
// in order.
func TestPostgresReplicas(t *testing.T) {
	t.Parallel()
	file, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	o := postgresOptions(t)
	if o.Master, err = seal.OpenMaster(file); err != nil {
		t.Fatal(err)
	}
	o.Shared = true
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, o)
	for i := range copyPeople {
		id := create(t, s, chat.Address{Network: "matrix", User: fmt.Sprint("@p", i, ":x"), Room: "!r"})
		mustUpdate(t, s, func(tx *Tx) error { return tx.SetTimer(id, "wait", 0, time.Now()) })
	}
	path := filepath.Join(dir, "net")
	socket, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	network := &lanes{got: map[string][]string{}, events: map[string]string{}}
	go network.serve(socket)
	defer func() { _ = socket.Close() }()

	procs := make([]*exec.Cmd, copies)
	begin := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childStore+"="+o.URL, childKey+"="+key, childNetwork+"="+path)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	for i := range procs {
		procs[i] = begin()
	}
	end := func(cmd *exec.Cmd) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	}
	defer func() {
		for _, cmd := range procs {
			end(cmd)
		}
	}()
	const want = copyPeople * copyPosts
	kills, stops := 0, 0
	const faults = 150 // a slow machine gets the time to do the rest
	for deadline := time.Now().Add(5 * time.Minute); network.total() < want; {
		if time.Now().After(deadline) {
			break
		}
		time.Sleep(time.Duration(50+rand.IntN(350)) * time.Millisecond)
		if kills+stops >= faults {
			continue
		}
		i := rand.IntN(copies)
		if rand.IntN(3) == 0 {
			if err := procs[i].Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			time.Sleep(copyTTL + time.Duration(rand.N(int64(copyTTL))))
			if err := procs[i].Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			stops++
			continue
		}
		end(procs[i])
		procs[i] = begin()
		kills++
	}
	network.check(t, s, want)
	t.Logf("%d copies of %d workers, %d kills, %d stops: %d messages, %d sent again under the same key",
		copies, copyWorkers, kills, stops, network.total(), network.repeats)
}

func (l *lanes) check(t *testing.T, s *Store, want int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) != want {
		t.Errorf("%d messages, want %d", len(l.events), want)
	}
	for lane, got := range l.got {
		for i, key := range got {
			if key != fmt.Sprintf("%s.%d", lane, i+1) {
				t.Errorf("lane %s: message %d is %s", lane, i+1, key)
				break
			}
		}
	}
	for deadline := time.Now().Add(2 * time.Minute); count(t, s, `SELECT COUNT(*) FROM outbox`) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("the outbox does not get empty")
			return
		}
	}
	if n := count(t, s, `SELECT COUNT(*) FROM sent`); n != want {
		t.Errorf("%d marked sent, want %d", n, want)
	}
	if n := count(t, s, `SELECT COUNT(*) FROM timer`); n != 0 {
		t.Errorf("%d timers left", n)
	}
}
