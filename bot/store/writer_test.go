package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// together makes the given functions share one batch: the writer is kept busy
// until all of them wait, in order. It returns what each Update returned.
func together(t *testing.T, s *Store, fns ...func(tx *Tx) error) []error {
	t.Helper()
	gate, in := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Update(context.Background(), func(*Tx) error { close(in); <-gate; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-in
	errs := make([]error, len(fns))
	for i, fn := range fns {
		wg.Go(func() { errs[i] = s.Update(context.Background(), fn) })
		for queued(s) != i+1 {
			runtime.Gosched()
		}
	}
	close(gate)
	wg.Wait()
	return errs
}

func queued(s *Store) int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return len(s.writer.queue)
}

func admit(event string) func(tx *Tx) error {
	return func(tx *Tx) error {
		fresh, err := tx.Admit("matrix", event, start)
		if err == nil && !fresh {
			return fmt.Errorf("%s was there", event)
		}
		return err
	}
}

// admitted tells which of the events are kept.
func admitted(t *testing.T, s *Store, events ...string) string {
	t.Helper()
	var kept []string
	for _, e := range events {
		if count(t, s, `SELECT COUNT(*) FROM inbox WHERE event = $1`, s.index("inbox", "matrix", e)) == 1 {
			kept = append(kept, e)
		}
	}
	return strings.Join(kept, " ")
}

func TestGroupSharesOneCommit(t *testing.T) { forEach(t, testGroupSharesOneCommit) }

func testGroupSharesOneCommit(t *testing.T, db database) {
	s := db.newStore(t)
	var commits atomic.Int64
	real := s.writer.commit
	s.writer.commit = func(c *conn) error { commits.Add(1); return real(c) }
	var fns []func(tx *Tx) error
	for i := range 100 {
		fns = append(fns, admit(fmt.Sprint(i)))
	}
	if err := errors.Join(together(t, s, fns...)...); err != nil {
		t.Fatal(err)
	}
	// one for the gate, then 64 and 36
	if n := commits.Load(); n != 3 {
		t.Errorf("%d commits, want 3", n)
	}
	if n := count(t, s, `SELECT COUNT(*) FROM inbox`); n != 100 {
		t.Errorf("%d rows, want 100", n)
	}
}

func TestOneCallersFaultIsItsOwn(t *testing.T) { forEach(t, testOneCallersFaultIsItsOwn) }

func testOneCallersFaultIsItsOwn(t *testing.T, db database) {
	tests := []struct {
		name  string
		fault func(tx *Tx) error
		check func(err error) bool
	}{
		{"error", func(*Tx) error { return errCaller }, func(err error) bool { return errors.Is(err, errCaller) }},
		{"panic with words", func(*Tx) error { panic("secretcanary") }, isPanic("panic: string")},
		{"panic with an error", func(*Tx) error { panic(errors.New("secretcanary")) }, isPanic("panic: *errors.errorString")},
		{"runtime panic", func(*Tx) error { var none any = "secretcanary"; return none.(error) }, isPanic("interface conversion")},
		{"end of the goroutine", func(*Tx) error { runtime.Goexit(); return nil }, isPanic("ended its goroutine")},
		{"constraint", func(tx *Tx) error {
			_, err := tx.exec(sqlAddLane, 4711, "matrix")
			return err
		}, func(err error) bool {
			return err != nil && strings.Contains(strings.ToUpper(err.Error()), "FOREIGN KEY")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := db.newStore(t)
			faulty := func(event string) func(tx *Tx) error {
				return func(tx *Tx) error {
					if err := admit(event)(tx); err != nil {
						return err
					}
					return tt.fault(tx)
				}
			}
			errs := together(t, s, admit("a"), faulty("b"), admit("c"), faulty("d"))
			if errs[0] != nil || errs[2] != nil {
				t.Errorf("the others got %v, %v", errs[0], errs[2])
			}
			for _, i := range []int{1, 3} {
				if !tt.check(errs[i]) {
					t.Errorf("caller %d got %v", i, errs[i])
				}
			}
			if err := s.Update(context.Background(), faulty("e")); !tt.check(err) {
				t.Errorf("a lone caller got %v", err)
			}
			mustUpdate(t, s, admit("f"))
			if kept := admitted(t, s, "a", "b", "c", "d", "e", "f"); kept != "a c f" {
				t.Errorf("kept %q, want a c f", kept)
			}
		})
	}
}

func isPanic(says string) func(error) bool {
	return func(err error) bool {
		var p *PanicError
		return errors.As(err, &p) && p.Value != nil && strings.Contains(err.Error(), says) &&
			!strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "secretcanary")
	}
}

func TestFailedCommit(t *testing.T) { forEach(t, testFailedCommit) }

func testFailedCommit(t *testing.T, db database) {
	errDisk := errors.New("disk")
	tests := []struct {
		name string
		// fail is what the commit does instead.
		fail func(real func(*conn) error, c *conn) error
		kept string
	}{
		{"not done", func(func(*conn) error, *conn) error { return errDisk }, ""},
		{"done all the same", func(real func(*conn) error, c *conn) error {
			if err := real(c); err != nil {
				return err
			}
			return errDisk
		}, "a c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := db.newStore(t)
			real := s.writer.commit
			commits := 0
			s.writer.commit = func(c *conn) error {
				if commits++; commits == 2 { // the first is that of the gate
					return tt.fail(real, c)
				}
				return real(c)
			}
			errs := together(t, s, admit("a"), func(*Tx) error { return errCaller }, admit("c"))
			if !errors.Is(errs[0], errDisk) || !errors.Is(errs[2], errDisk) {
				t.Errorf("callers got %v, %v; want the fault of the commit", errs[0], errs[2])
			}
			if !errors.Is(errs[1], errCaller) {
				t.Errorf("the caller that failed by itself got %v", errs[1])
			}
			if kept := admitted(t, s, "a", "b", "c"); kept != tt.kept {
				t.Errorf("kept %q, want %q", kept, tt.kept)
			}
			mustUpdate(t, s, admit("d"))
			if kept := admitted(t, s, "d"); kept != "d" {
				t.Error("the writer did not go on")
			}
			// Doing it again settles it either way.
			mustUpdate(t, s, func(tx *Tx) error { _, err := tx.Admit("matrix", "a", start); return err })
			if kept := admitted(t, s, "a"); kept != "a" {
				t.Error("doing it again did not help")
			}
		})
	}
}

func TestPersonOfAFailedCommitLeavesNoKey(t *testing.T) {
	forEach(t, testPersonOfAFailedCommitLeavesNoKey)
}

func testPersonOfAFailedCommitLeavesNoKey(t *testing.T, db database) {
	for _, lone := range []bool{true, false} {
		t.Run(fmt.Sprintf("lone=%v", lone), func(t *testing.T) {
			t.Parallel()
			s := db.newStore(t)
			makeAlice := func(tx *Tx) error { _, err := tx.CreatePerson(alice, start); return err }
			real := s.writer.commit
			s.writer.commit = func(c *conn) error { s.writer.commit = real; return errCaller }
			if lone {
				if err := s.Update(context.Background(), makeAlice); !errors.Is(err, errCaller) {
					t.Fatal(err)
				}
			} else {
				commits := 0
				s.writer.commit = func(c *conn) error {
					if commits++; commits == 2 {
						return errCaller
					}
					return real(c)
				}
				findAlice := func(tx *Tx) error { _, err := tx.FindPerson(alice); return err }
				for _, err := range together(t, s, makeAlice, findAlice) {
					if !errors.Is(err, errCaller) {
						t.Fatal(err)
					}
				}
			}
			if _, ok := s.keys.get(1); ok {
				t.Fatal("the key of a person who is not there is in the cache")
			}
			// SQLite gives the id again, with another key.
			if id := create(t, s, bob); id != 1 && !s.engine.remote() {
				t.Fatalf("id %d", id)
			}
			mustView(t, s, func(tx *Tx) error { _, err := tx.FindPerson(bob); return err })
		})
	}
}

func TestDatabaseRollsBackByItself(t *testing.T) { forEach(t, testDatabaseRollsBackByItself) }

func testDatabaseRollsBackByItself(t *testing.T, db database) {
	s := db.newStore(t)
	undo := func(tx *Tx) error { return tx.c.control(sqlRollback) }
	errs := together(t, s, admit("a"), undo, admit("c"))
	if errs[0] == nil || errs[1] == nil {
		t.Errorf("callers of the lost transaction got %v, %v", errs[0], errs[1])
	}
	if errs[2] != nil {
		t.Errorf("the caller after it got %v", errs[2])
	}
	if err := s.Update(context.Background(), undo); err == nil {
		t.Error("a lone caller whose transaction is lost got nil")
	}
	mustUpdate(t, s, admit("d"))
	if kept := admitted(t, s, "a", "b", "c", "d"); kept != "c d" {
		t.Errorf("kept %q, want c d", kept)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := openStore(t, sqliteOptions(t))
	id := create(t, s, alice)
	pages := count(t, s, `PRAGMA page_count`)
	limit := func(tx *Tx) error {
		var got int
		return tx.row(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+20), nil, &got)
	}
	mustUpdate(t, s, limit)
	full := func(swallow bool) func(tx *Tx) error {
		return func(tx *Tx) error {
			for i := range 100 {
				if err := tx.AddItem(id, "l", strings.Repeat("x", 4000), "", start); err != nil {
					if swallow {
						return admit(fmt.Sprint("after", i))(tx)
					}
					return err
				}
			}
			return nil
		}
	}
	events := []string{"a", "b", "c"}
	errs := together(t, s, admit("a"), full(false), admit("b"), full(true), admit("c"))
	if errs[1] == nil || !strings.Contains(errs[1].Error(), "full") {
		t.Errorf("the caller that filled the disk got %v", errs[1])
	}
	for i, event := range events {
		if kept := admitted(t, s, event) == event; kept != (errs[2*i] == nil) {
			t.Errorf("%s: kept %v, answered %v", event, kept, errs[2*i])
		}
	}
	if errs[4] != nil {
		t.Errorf("the last caller got %v", errs[4])
	}
	mustUpdate(t, s, admit("d"))
}

func TestWriterFindsANewConnection(t *testing.T) { forEach(t, testWriterFindsANewConnection) }

func testWriterFindsANewConnection(t *testing.T, db database) {
	s := db.newStore(t)
	errs := together(t, s, admit("a"), func(tx *Tx) error {
		tx.c.discard()
		return nil
	}, admit("c"))
	if errs[0] == nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("callers got %v", errs)
	}
	mustUpdate(t, s, admit("d"))
	if err := s.Scrub(context.Background()); err != nil {
		t.Error(err)
	}
	if kept := admitted(t, s, "a", "c", "d"); kept != "c d" {
		t.Errorf("kept %q, want c d", kept)
	}
}

func TestWaitingCallerMayGiveUp(t *testing.T) { forEach(t, testWaitingCallerMayGiveUp) }

func testWaitingCallerMayGiveUp(t *testing.T, db database) {
	s := db.newStore(t)
	ctx, cancel := context.WithCancel(context.Background())
	gate, in := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		// ctx ends while this one runs: it is kept all the same.
		if err := s.Update(ctx, func(tx *Tx) error { close(in); <-gate; return admit("a")(tx) }); err != nil {
			t.Errorf("the caller under way got %v", err)
		}
	})
	<-in
	wg.Go(func() {
		if err := s.Update(ctx, admit("b")); !errors.Is(err, context.Canceled) {
			t.Errorf("the waiting caller got %v", err)
		}
	})
	for queued(s) != 1 {
		runtime.Gosched()
	}
	cancel()
	for s.writer.queue[0].state.Load() != given {
		runtime.Gosched()
	}
	close(gate)
	wg.Wait()
	if err := s.Update(ctx, admit("c")); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller with an ended context got %v", err)
	}
	if kept := admitted(t, s, "a", "b", "c"); kept != "a" {
		t.Errorf("kept %q, want a", kept)
	}
}

func TestCloseServesThoseWhoWait(t *testing.T) { forEach(t, testCloseServesThoseWhoWait) }

func testCloseServesThoseWhoWait(t *testing.T, db database) {
	o := db.empty(t)
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	gate, in := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Update(context.Background(), func(tx *Tx) error { close(in); <-gate; return admit("a")(tx) }); err != nil {
			t.Error(err)
		}
	})
	<-in
	wg.Go(func() {
		if err := s.Update(context.Background(), admit("b")); err != nil {
			t.Error(err)
		}
	})
	for queued(s) != 1 {
		runtime.Gosched()
	}
	wg.Go(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	<-s.writer.stopped
	close(gate)
	wg.Wait()
	s = openStore(t, o)
	if kept := admitted(t, s, "a", "b"); kept != "a b" {
		t.Errorf("kept %q, want a b", kept)
	}
}

func TestTxIsOverAfterwards(t *testing.T) { forEach(t, testTxIsOverAfterwards) }

func testTxIsOverAfterwards(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	var held *Tx
	mustUpdate(t, s, func(tx *Tx) error { held = tx; return nil })
	if err := held.SetTimer(id, "wait", 1, start); !errors.Is(err, ErrTxOver) {
		t.Errorf("SetTimer: %v, want ErrTxOver", err)
	}
	if _, err := held.Items(id, "l", 1); !errors.Is(err, ErrTxOver) {
		t.Errorf("Items: %v, want ErrTxOver", err)
	}
}

func TestManyCallersAtOnce(t *testing.T) { forEach(t, testManyCallersAtOnce) }

func testManyCallersAtOnce(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	const callers, each = 16, 50
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				err := s.Update(context.Background(), func(tx *Tx) error {
					p, err := tx.LoadPerson(id)
					if err != nil {
						return err
					}
					p.Session.Seq++
					if err := tx.SavePerson(p); err != nil {
						return err
					}
					switch (c + i) % 10 {
					case 3:
						return errCaller
					case 7:
						panic("x")
					}
					return nil
				})
				if bad := (c+i)%10 == 3 || (c+i)%10 == 7; bad != (err != nil) {
					t.Errorf("caller %d: %v", c, err)
				}
				if err := s.View(context.Background(), func(tx *Tx) error { _, err := tx.LoadPerson(id); return err }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	mustView(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err == nil && p.Session.Seq != callers*each*8/10 {
			t.Errorf("%d increments kept, want %d", p.Session.Seq, callers*each*8/10)
		}
		return err
	})
}

// TestWhoWaitsGoesBeforeACrowd: whoever waits for an answer waits for one crowd at
// most, and a crowd for one batch of them.
func TestWhoWaitsGoesBeforeACrowd(t *testing.T) { forEach(t, testWhoWaitsGoesBeforeACrowd) }

func testWhoWaitsGoesBeforeACrowd(t *testing.T, db database) {
	s := db.newStore(t)
	var order []string
	var all []*update
	push := func(name string, more ...func()) {
		u := &update{crowd: strings.HasPrefix(name, "crowd"), answer: make(chan error, 1)}
		u.fn = func(*Tx) error {
			order = append(order, name)
			for _, do := range more {
				do()
			}
			return nil
		}
		all = append(all, u)
		if !s.writer.push(u) {
			t.Error("closed")
		}
	}
	done := make(chan struct{})
	push("first", func() { // the others come while it is being written
		push("crowd 1", func() {
			push("c", func() { push("d", func() { close(done) }) })
		})
		push("crowd 2")
		push("a")
		push("b")
	})
	<-done
	for _, u := range all {
		if err := <-u.answer; err != nil {
			t.Error(err)
		}
	}
	if want := []string{"first", "a", "b", "crowd 1", "c", "crowd 2", "d"}; !slices.Equal(order, want) {
		t.Errorf("written in the order %q, want %q", order, want)
	}
}
