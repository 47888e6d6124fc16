package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"handrail/bot/chat"
)

const longLease = time.Minute

func mustBeat(t *testing.T, s *Store, b Beat) Pulse {
	t.Helper()
	p, err := s.Beat(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantMatrix(ttl time.Duration) Beat {
	return Beat{Label: "one", TTL: ttl, Want: []string{"matrix"}}
}

func TestLease(t *testing.T) { forEach(t, testLease) }

// testLease: a copy that is alone takes the lease, keeps it as long as it likes,
// and gives it back.
func testLease(t *testing.T, db database) {
	s := db.newStore(t)
	for range 2 {
		p := mustBeat(t, s, wantMatrix(longLease))
		if p.Held["matrix"] != 1 || p.Copies != 1 || p.Index != 0 || p.Ready["matrix"] {
			t.Fatalf("pulse %+v", p)
		}
	}
	b := wantMatrix(longLease)
	b.Ready = map[string]bool{"matrix": true}
	if p := mustBeat(t, s, b); !p.Ready["matrix"] {
		t.Errorf("pulse %+v, want ready", p)
	}
	list, err := s.Replicas(context.Background())
	if err != nil || len(list) != 1 || !list[0].Self || !list[0].Alive || list[0].Label != "one" || len(list[0].Holds) != 1 {
		t.Errorf("replicas %+v, %v", list, err)
	}
	if err := s.Leave(context.Background()); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Replicas(context.Background()); err != nil || len(list) != 0 {
		t.Errorf("after leaving: %+v, %v", list, err)
	}
	if p := mustBeat(t, s, wantMatrix(longLease)); p.Held["matrix"] != 2 {
		t.Errorf("pulse %+v, want another epoch", p)
	}
}

func TestFencedParcel(t *testing.T) { forEach(t, testFencedParcel) }

// testFencedParcel: what was read under an epoch that is over cannot be settled.
func testFencedParcel(t *testing.T, db database) {
	ctx := context.Background()
	s := db.newStore(t)
	id := create(t, s, alice)
	enqueue(t, s, id, start, text("one", "words"), text("two", "words"))
	mustBeat(t, s, wantMatrix(longLease))
	old := head(t, s, id)
	if old.Epoch != 1 {
		t.Fatalf("parcel of epoch %d", old.Epoch)
	}
	if err := s.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"sent":  s.Sent(ctx, old, "$late", start),
		"retry": s.Retry(ctx, old, start.Add(time.Hour)),
		"bury":  s.Bury(ctx, old, "refused", start),
	} {
		if err != nil { // the lease is free, and this copy was the last to hold it
			t.Errorf("%s before anybody took the lease: %v", name, err)
		}
	}
	mustBeat(t, s, wantMatrix(longLease))
	if now := head(t, s, id); now.Epoch != 2 || now.Key != "two" {
		t.Fatalf("parcel %q of epoch %d", now.Key, now.Epoch)
	}
	old.Seq, old.Key = 2, "two"
	for name, err := range map[string]error{
		"sent":  s.Sent(ctx, old, "$late", start),
		"retry": s.Retry(ctx, old, start.Add(time.Hour)),
		"bury":  s.Bury(ctx, old, "refused", start),
	} {
		if !errors.Is(err, ErrFenced) {
			t.Errorf("%s under the old epoch: %v", name, err)
		}
	}
	now := head(t, s, id)
	if now.Attempts != 0 {
		t.Error("a refused retry counts")
	}
	mustSent(t, s, now, "$two")
}

// TestPostgresDeadHolder: the lease of a process that has certainly ended is free
// at once.
func TestPostgresDeadHolder(t *testing.T) {
	t.Parallel()
	s := sharing(t, 2)
	b := wantMatrix(longLease)
	b.Process = "first"
	if p := mustBeat(t, s[0], b); p.Held["matrix"] != 1 {
		t.Fatalf("pulse %+v", p)
	}
	b.Process = "second"
	for _, tt := range []struct {
		name string
		dead func(string) bool
		held int64
	}{
		{"nobody can tell", nil, 0},
		{"it lives", func(string) bool { return false }, 0},
		{"it has ended", func(p string) bool { return p == "first" }, 2},
	} {
		b.Dead = tt.dead
		if p := mustBeat(t, s[1], b); p.Held["matrix"] != tt.held {
			t.Errorf("%s: %+v", tt.name, p)
		}
	}
	if p := mustBeat(t, s[0], wantMatrix(longLease)); len(p.Held) > 0 {
		t.Errorf("the one taken for dead has it again: %+v", p)
	}
}

// sharing opens so many stores on one database.
func sharing(t *testing.T, n int) []*Store {
	t.Helper()
	o := postgresOptions(t)
	o.Shared = true
	list := make([]*Store, n)
	for i := range list {
		list[i] = openStore(t, o)
	}
	return list
}

// TestPostgresShares: those who want to share open together, others do not.
func TestPostgresShares(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := postgresOptions(t)
	alone, err := Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Shared = true
	if _, err := Open(ctx, o); !errors.Is(err, ErrLocked) {
		t.Errorf("beside one that is alone: %v", err)
	}
	if err := alone.Close(); err != nil {
		t.Fatal(err)
	}
	first, second := openStore(t, o), openStore(t, o)
	o.Shared = false
	if _, err := Open(ctx, o); !errors.Is(err, ErrLocked) {
		t.Errorf("alone beside two: %v", err)
	}
	id := create(t, first, alice)
	enqueue(t, second, id, start, text("one", "words"))
	mustSent(t, first, head(t, first, id), "$one")
}

// TestPostgresBeginTogether: copies that begin at the same moment on an empty
// database make its schema once.
func TestPostgresBeginTogether(t *testing.T) {
	t.Parallel()
	o := Options{URL: emptyPostgres(t, "template1"), Master: newMaster(t), Shared: true}
	var wg sync.WaitGroup
	stores := make([]*Store, 3)
	for i := range stores {
		wg.Go(func() {
			s, err := Open(context.Background(), o)
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	for _, s := range stores {
		if s != nil {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestPostgresTakeover: a lease that is not renewed is taken, once, and who held
// it can neither settle nor keep anything any more.
func TestPostgresTakeover(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := sharing(t, 3)
	id := create(t, s[0], alice)
	enqueue(t, s[0], id, start, text("one", "words"))
	const ttl = 5 * time.Second // time enough for what must come before it ends
	from := time.Now()
	mustBeat(t, s[0], wantMatrix(ttl))
	if p := mustBeat(t, s[1], wantMatrix(ttl)); len(p.Held) > 0 || p.Copies != 2 {
		t.Fatalf("a held lease was taken: %+v", p)
	}
	old := head(t, s[0], id)
	kept, err := s[0].Keep(ctx, "matrix")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.DB.ExecContext(ctx, `CREATE TABLE token (t int)`); err != nil {
		t.Fatal(err)
	}
	if _, err := s[1].Keep(ctx, "matrix"); !errors.Is(err, ErrFenced) {
		t.Errorf("what is kept was opened without the lease: %v", err)
	}
	holder := -1
	for deadline := from.Add(2 * time.Minute); holder < 0; time.Sleep(20 * time.Millisecond) {
		for i := 1; i < 3; i++ {
			if p := mustBeat(t, s[i], wantMatrix(longLease)); p.Held["matrix"] == 2 {
				if holder > 0 {
					t.Fatal("two hold the lease")
				}
				holder = i
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody takes the lease over")
		}
	}
	t.Logf("a lease of %s was taken over after %s", ttl, time.Since(from).Round(10*time.Millisecond))
	if time.Since(from) < ttl {
		t.Error("taken too early")
	}
	if err := s[0].Sent(ctx, old, "$late", start); !errors.Is(err, ErrFenced) {
		t.Errorf("the holder of before marks as sent: %v", err)
	}
	again, err := s[holder].Keep(ctx, "matrix")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.DB.ExecContext(ctx, `INSERT INTO token VALUES (1)`); err == nil {
		t.Error("the holder of before still writes what it keeps")
	}
	if _, err := kept.DB.ExecContext(ctx, `INSERT INTO token VALUES (1)`); !errors.Is(err, ErrFenced) {
		t.Errorf("the holder of before opens another session: %v", err)
	}
	select {
	case <-kept.Lost:
	default:
		t.Error("the holder of before does not hear that it is none")
	}
	if _, err := again.DB.ExecContext(ctx, `INSERT INTO token VALUES (2)`); err != nil {
		t.Errorf("the new holder: %v", err)
	}
	if p := mustBeat(t, s[0], wantMatrix(longLease)); len(p.Held) > 0 || p.Copies != 3 {
		t.Errorf("the holder of before has it again: %+v", p)
	}
	mustSent(t, s[holder], head(t, s[holder], id), "$one")
	if err := errors.Join(kept.DB.Close(), again.DB.Close()); err != nil {
		t.Error(err)
	}
}

// TestPostgresOwn: two copies that write about the same people at the same time,
// many in one commit and in any order, lose nothing of each other.
func TestPostgresOwn(t *testing.T) {
	t.Parallel()
	const people, callers, rounds = 6, 8, 25
	stores := sharing(t, 2)
	var ids []PersonID
	for i := range people {
		p := create(t, stores[0], chat.Address{Network: "matrix", User: "@p" + string(rune('a'+i)) + ":x", Room: "!r"})
		ids = append(ids, p)
	}
	var wg sync.WaitGroup
	for _, s := range stores {
		for c := range callers {
			wg.Go(func() {
				for r := range rounds {
					id := ids[(c*7+r*5)%people]
					err := s.Update(context.Background(), func(tx *Tx) error {
						p, err := tx.LoadPerson(id)
						if err != nil {
							return err
						}
						p.Session.Seq++
						if err := tx.Enqueue(id, text(tx.Key("k", int64(id), p.Session.Seq), "words"), start); err != nil {
							return err
						}
						return tx.SavePerson(p)
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	total := int64(0)
	mustView(t, stores[1], func(tx *Tx) error {
		for _, id := range ids {
			p, err := tx.LoadPerson(id)
			if err != nil {
				return err
			}
			total += p.Session.Seq
		}
		return nil
	})
	want := 2 * callers * rounds
	if n := count(t, stores[0], `SELECT COUNT(*) FROM outbox`); total != int64(want) || n != want {
		t.Errorf("%d written, %d counted, %d posts", want, total, n)
	}
}
