package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot/chat"
)

// snapshotOf takes a snapshot of the store at o and returns where it is.
func snapshotOf(t *testing.T, o Options) Options {
	t.Helper()
	r, err := OpenReader(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	to := Options{Path: filepath.Join(filepath.Dir(newPath(t)), "copy.db"), Master: o.Master}
	if err := r.Snapshot(context.Background(), to.Path); err != nil {
		t.Fatal(err)
	}
	if err := r.Snapshot(context.Background(), to.Path); err == nil {
		t.Error("a snapshot was overwritten")
	}
	return to
}

func TestSnapshotUnderLoad(t *testing.T) { forEach(t, testSnapshotUnderLoad) }

// Whatever was committed before the snapshot began is in it, and of what came
// later a beginning: never the second of two without the first.
func testSnapshotUnderLoad(t *testing.T, db database) {
	o := db.empty(t)
	s := openStore(t, o)
	const writers, enough = 8, 40
	var (
		wg    sync.WaitGroup
		stop  = make(chan struct{})
		acked [writers]atomic.Int64
		ids   [writers]PersonID
	)
	for w := range writers {
		ids[w] = create(t, s, chat.Address{Network: "matrix", User: fmt.Sprintf("@p%d:x", w), Room: "!r"})
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := int64(1); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				err := s.Update(context.Background(), func(tx *Tx) error {
					return errors.Join(tx.AddItem(ids[w], "reasons", fmt.Sprint(n), "", start),
						tx.Enqueue(ids[w], text(fmt.Sprint("k", w, ".", n), "words"), start))
				})
				if err != nil {
					t.Error(err)
					return
				}
				acked[w].Store(n)
			}
		}()
	}
	for w := range writers {
		for acked[w].Load() < enough {
			time.Sleep(time.Millisecond)
		}
	}
	var before [writers]int64
	for w := range writers {
		before[w] = acked[w].Load()
	}
	to := snapshotOf(t, o)
	close(stop)
	wg.Wait()
	found, err := Verify(context.Background(), to)
	if err != nil || found.People != writers || found.Keys != writers {
		t.Fatalf("%+v, %v", found, err)
	}
	c := openStore(t, to)
	for w := range writers {
		mustView(t, c, func(tx *Tx) error {
			items, err := tx.Items(ids[w], "reasons", 0)
			if int64(len(items)) < before[w] {
				t.Errorf("writer %d: %d of %d commits from before the snapshot are in it", w, len(items), before[w])
			}
			for i, item := range items {
				if string(item.Text) != fmt.Sprint(i+1) {
					t.Errorf("writer %d: commit %d is %q", w, i+1, item.Text)
				}
			}
			var posts int
			if err := tx.row(`SELECT COUNT(*) FROM outbox WHERE lane = $1`, []any{int64(ids[w])}, &posts); err != nil {
				return err
			}
			if posts != len(items) {
				t.Errorf("writer %d: %d items and %d posts: half a commit", w, len(items), posts)
			}
			return err
		})
	}
}

func TestSnapshotHoldsEverything(t *testing.T) { forEach(t, testSnapshotHoldsEverything) }

// A snapshot of either database is a file with the same rows, in which no id is
// given twice, and goes back into a database on a server.
func testSnapshotHoldsEverything(t *testing.T, db database) {
	from, to := movePair(t, 2100)
	if db.name == "postgres" {
		if err := Move(context.Background(), from, to, func(MoveStep) {}); err != nil {
			t.Fatal(err)
		}
		to, from = from, to
	}
	file := snapshotOf(t, from)
	if n := sameRows(t, file, from); n == 0 {
		t.Error("no rows")
	}
	var next [2]PersonID
	for i, o := range []Options{from, file} {
		o.moving = true
		s := openStore(t, o)
		next[i] = create(t, s, carol)
	}
	if next[0] != next[1] {
		t.Errorf("the next person is %d in the store and %d in its snapshot", next[0], next[1])
	}
}

func TestReaderRefuses(t *testing.T) { forEach(t, testReaderRefuses) }

func testReaderRefuses(t *testing.T, db database) {
	ctx := context.Background()
	refused := func(what string, o Options, want error) {
		t.Helper()
		if r, err := OpenReader(ctx, o); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
			if err == nil {
				_ = r.Close()
			}
		}
	}
	o := db.unmade(t)
	refused("nothing there", o, ErrNoStore)
	s := openStore(t, o)
	create(t, s, alice)
	other := o
	other.Master = newMaster(t)
	refused("another key", other, ErrWrongKey)
	blind := o
	blind.Master = nil
	for _, fine := range []Options{o, blind} { // beside the store that is open
		r, err := OpenReader(ctx, fine)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := r.Counts(ctx); err != nil || c.People != 1 || r.Schema() != NewestSchema() {
			t.Errorf("%+v, schema %d, %v", c, r.Schema(), err)
		}
		if err := r.View(ctx, func(tx *Tx) error { return tx.ErasePerson(1) }); !errors.Is(err, ErrReadOnly) {
			t.Errorf("a reader wrote: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	mustUpdate(t, s, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE version SET version = 99, compat = 99`)
		return err
	})
	refused("a newer schema", o, ErrNewerSchema)
	mustUpdate(t, s, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE version SET version = 99, compat = 1`)
		return errors.Join(err, tx.putMeta(metaMoved, []byte{1}))
	})
	refused("moved away", o, ErrMoved)
}

func TestRestoredPostsAreInDoubt(t *testing.T) { forEach(t, testRestoredPostsAreInDoubt) }

func testRestoredPostsAreInDoubt(t *testing.T, db database) {
	ctx := context.Background()
	o := db.empty(t)
	s := openStore(t, o)
	a, b := create(t, s, alice), create(t, s, bob)
	mustUpdate(t, s, func(tx *Tx) error {
		return errors.Join(tx.Enqueue(a, text("first", "words"), start), tx.Enqueue(a, text("second", "words"), start),
			tx.Enqueue(a, text("waits", "words"), start), tx.Enqueue(b, text("alone", "words"), start))
	})
	mustSent(t, s, head(t, s, a), "$first")
	if err := s.Sent(ctx, head(t, s, a), "$second", start.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if d := head(t, s, a).Out.Doubt; d != (chat.Doubt{}) {
		t.Errorf("in doubt without a restoration: %+v", d)
	}
	file := snapshotOf(t, o)
	taken, now := start.Add(time.Hour), start.Add(5*time.Hour)
	if err := MarkRestored(ctx, file, taken, now); err != nil {
		t.Fatal(err)
	}
	to := file
	if db.name == "postgres" { // a backup goes back to where it came from
		to = Options{URL: emptyPostgres(t, "template1"), Master: o.Master}
		if err := Move(ctx, file, to, func(MoveStep) {}); err != nil {
			t.Fatal(err)
		}
	}
	r := openStore(t, to)
	mustUpdate(t, r, func(tx *Tx) error {
		post := func(key string, due time.Time) Post {
			p := text(key, "words")
			p.Due = due
			return p
		}
		return errors.Join(tx.Enqueue(a, text("answer", "words"), now),
			tx.Enqueue(a, post("before", taken.Add(-doubtSlack-time.Second)), now),
			tx.Enqueue(a, post("between", now.Add(-time.Hour)), now),
			tx.Enqueue(a, post("after", now.Add(time.Second)), now))
	})
	since := taken.Add(-doubtSlack)
	wants := []struct {
		person PersonID
		key    string
		want   chat.Doubt
	}{
		{b, "alone", chat.Doubt{Since: since}},
		{a, "waits", chat.Doubt{Since: since, After: "$second"}},
		{a, "answer", chat.Doubt{}},
		{a, "before", chat.Doubt{}},
		{a, "between", chat.Doubt{Since: now.Add(-time.Hour - dueSlack), After: "$second"}},
		{a, "after", chat.Doubt{}},
	}
	for _, w := range wants {
		p := head(t, r, w.person)
		if p.Key != w.key || p.Out.Doubt != w.want {
			t.Errorf("%s: %q has the doubt %+v, want %+v", w.key, p.Key, p.Out.Doubt, w.want)
		}
		if err := r.Bury(ctx, p, "test", now); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	o := sqliteOptions(t)
	s := openStore(t, o)
	a := create(t, s, alice)
	mustUpdate(t, s, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE person_key SET wrapped = $1 WHERE person = $2`, []byte("damaged"), int64(a))
		return err
	})
	create(t, s, bob)
	file := snapshotOf(t, o)
	if found, err := Verify(context.Background(), file); err != nil || found.Broken != 1 || found.Keys != 1 {
		t.Errorf("a damaged key: %+v, %v", found, err)
	}
	data, err := os.ReadFile(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(data); i += 512 { // every page but the first
		data[i] ^= 0xff
	}
	if err := os.WriteFile(file.Path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(context.Background(), file); err == nil {
		t.Error("a damaged file passes")
	}
}
