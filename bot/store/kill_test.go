package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/seal"
)

// These in the environment make the test binary the victim of
// TestKilledAtAnyMoment instead of running tests.
const (
	childStore = "STORE_TEST_CHILD"     // path or address of the store
	childKey   = "STORE_TEST_CHILD_KEY" // file with its master key
)

const victims = 4 // people who write at the same time

func victimAddress(i int) chat.Address {
	return chat.Address{Network: "console", User: fmt.Sprint("person", i), Room: "r"}
}

func victimKey(i int, n int64) string   { return fmt.Sprintf("k%d.%d", i, n) }
func victimEvent(i int, n int64) string { return fmt.Sprintf("e%d.%d", i, n) }

// victim writes until it is killed. Each line on out is something done: "in I
// N" an input committed, "net I KEY" a message put on the network.
func victim(where string, out io.Writer) error {
	ctx := context.Background()
	file, err := os.ReadFile(os.Getenv(childKey))
	if err != nil {
		return err
	}
	master, err := seal.OpenMaster(file)
	if err != nil {
		return err
	}
	o := Options{Path: where, Master: master}
	if strings.HasPrefix(where, "postgres:") {
		o = Options{URL: where, Master: master}
	}
	s, err := Open(ctx, o)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(out, format+"\n", args...)
	}
	fault := make(chan error)
	for i := range victims {
		go func() { fault <- write(ctx, s, i, say) }()
		go func() { fault <- deliver(ctx, s, i, say) }()
	}
	return <-fault
}

func write(ctx context.Context, s *Store, i int, say func(string, ...any)) error {
	for {
		var n int64
		err := s.Update(ctx, func(tx *Tx) error {
			p, err := tx.FindPerson(victimAddress(i))
			if errors.Is(err, ErrNotFound) {
				p, err = tx.CreatePerson(victimAddress(i), start)
			}
			if err != nil {
				return err
			}
			p.Session.Seq++
			n = p.Session.Seq
			if fresh, err := tx.Admit("console", victimEvent(i, n), start); err != nil || !fresh {
				return fmt.Errorf("input %d of %d: fresh %v, %w", n, i, fresh, err)
			}
			return errors.Join(tx.SavePerson(p), tx.Enqueue(p.ID, text(victimKey(i, n), "words"), start), tx.SetTimer(p.ID, "wait", n, start))
		})
		if err != nil {
			return err
		}
		say("in %d %d", i, n)
	}
}

func deliver(ctx context.Context, s *Store, i int, say func(string, ...any)) error {
	for {
		var id PersonID
		err := s.View(ctx, func(tx *Tx) error {
			p, err := tx.FindPerson(victimAddress(i))
			if err == nil {
				id = p.ID
			}
			return err
		})
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		p, ok, err := s.Head(ctx, int64(id))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		say("net %d %s", i, p.Key)
		if err := s.Sent(ctx, p, "$"+p.Key, start); err != nil {
			return err
		}
	}
}

// network is what the people have seen so far, over all kills.
type network struct {
	input [victims]int64    // the last input that was acknowledged
	got   [victims][]string // the keys that arrived, repeats of the last left out
}

// TestKilledAtAnyMoment kills a writing process again and again with SIGKILL:
// whatever was acknowledged is there, nothing is there twice, and every message
// goes out in order, repeated at most where a send was in doubt.
func TestKilledAtAnyMoment(t *testing.T) { forEach(t, testKilledAtAnyMoment) }

func testKilledAtAnyMoment(t *testing.T, db database) {
	file, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	master, err := seal.OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	o := db.empty(t)
	o.Master = master
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, file, 0o600); err != nil {
		t.Fatal(err)
	}
	var net network
	for round := range 12 {
		net.play(t, o.Path+o.URL, key, 5+rand.IntN(300))
		s, err := Open(context.Background(), o)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		net.check(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
}

// play runs the victim for so many lines, kills it, and reads what it had
// still said.
func (net *network) play(t *testing.T, where, key string, lines int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childStore+"="+where, childKey+"="+key)
	var faults strings.Builder
	cmd.Stderr = &faults
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		net.hear(t, scanner.Text())
		if seen++; seen == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || faults.Len() > 0 || seen < lines {
		t.Fatalf("the victim ended by itself after %d lines: %v %s", seen, err, faults.String())
	}
}

func (net *network) hear(t *testing.T, line string) {
	t.Helper()
	var i int
	var n int64
	var key string
	if _, err := fmt.Sscanf(line, "in %d %d", &i, &n); err == nil {
		if n <= net.input[i] {
			t.Errorf("input %d of %d was acknowledged twice", n, i)
		}
		net.input[i] = n
		return
	}
	if _, err := fmt.Sscanf(line, "net %d %s", &i, &key); err != nil {
		return // cut off by the kill
	}
	got := net.got[i]
	if len(got) > 0 && got[len(got)-1] == key {
		return // in doubt when the kill came, and sent again with the same key
	}
	if want := victimKey(i, int64(len(got)+1)); key != want {
		t.Errorf("%s arrived, want %s", key, want)
	}
	net.got[i] = append(got, key)
}

// check compares the store with what was seen of it.
func (net *network) check(t *testing.T, s *Store) {
	t.Helper()
	mustView(t, s, func(tx *Tx) error {
		var sound string
		if s.engine.remote() {
			sound = "ok" // its log and checksums are its own business
		} else if err := tx.row(`PRAGMA integrity_check`, nil, &sound); err != nil || sound != "ok" {
			t.Errorf("integrity: %q, %v", sound, err)
		}
		for i := range victims {
			p, err := tx.FindPerson(victimAddress(i))
			if errors.Is(err, ErrNotFound) && net.input[i] == 0 {
				continue
			}
			if err != nil {
				return err
			}
			last := p.Session.Seq
			if last < net.input[i] || last > net.input[i]+1 {
				t.Errorf("person %d is at %d, acknowledged %d", i, last, net.input[i])
			}
			timer, err := tx.LoadTimer(p.ID, "wait")
			if err != nil || timer.Seq != last {
				t.Errorf("person %d: timer %d, %v; want %d", i, timer.Seq, err, last)
			}
			var waits, sent int64
			for n := int64(1); n <= last+2; n++ {
				var admitted, inOutbox, inSent int64
				key := s.sendKey(victimKey(i, n))
				if err := errors.Join(
					tx.row(`SELECT COUNT(*) FROM inbox WHERE event = $1`, []any{s.index("inbox", "console", victimEvent(i, n))}, &admitted),
					tx.row(`SELECT COUNT(*) FROM outbox WHERE key = $1`, []any{key}, &inOutbox),
					tx.row(`SELECT COUNT(*) FROM sent WHERE person = $1 AND key = $2`, []any{int64(p.ID), key}, &inSent),
				); err != nil {
					return err
				}
				want := int64(0)
				if n <= last {
					want = 1
				}
				if admitted != want || inOutbox+inSent != want {
					t.Errorf("input %d of person %d at %d: admitted %d, waiting %d, sent %d", n, i, last, admitted, inOutbox, inSent)
				}
				waits, sent = waits+inOutbox, sent+inSent
			}
			if got := int64(len(net.got[i])); sent > got || sent < got-1 {
				t.Errorf("person %d: %d marked sent, %d arrived", i, sent, got)
			}
			net.input[i] = last // committed, though perhaps not said any more
		}
		return nil
	})
}
