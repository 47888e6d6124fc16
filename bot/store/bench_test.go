package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"handrail/bot/chat"
	"handrail/bot/flow"
	"handrail/bot/store/pgtest"
)

// The benchmarks of one run belong together: Update is the path of one message
// through the store, Raw the same rows written by hand with ready-made bytes,
// in the same settings, with the same number of callers.

const benchPeople = 5_000

var benchCallers = []int{1, 16, 64}

func benchAddress(i int) chat.Address {
	return chat.Address{
		Network: "matrix",
		User:    "@person" + strconv.Itoa(i) + ":chat.example.org",
		Room:    "!room" + strconv.Itoa(i) + "abcdefghij:chat.example.org",
	}
}

// fill creates n persons from number first on.
func fill(tb testing.TB, s *Store, first, n int) {
	tb.Helper()
	const batch = 1000
	for i := first; i < first+n; i += batch {
		err := s.Update(context.Background(), func(tx *Tx) error {
			for j := i; j < min(i+batch, first+n); j++ {
				if _, err := tx.CreatePerson(benchAddress(j), start); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func benchSession(seq int64) flow.Session {
	return flow.Session{
		Seq:    seq,
		Frames: []flow.Frame{{Flow: "checkin.daily", Rev: "6f1c2a9b", Step: "3"}, {Flow: "breathing.longer-exhale", Rev: "77aa01cd", Step: "2.do.1"}},
		Wait:   &flow.Waiting{Kind: "ask", Tries: 1},
		Last:   map[string]int{"checkin.daily/3": 1, "menu/1": 2},
	}
}

// spread runs op b.N times by callers goroutines.
func spread(b *testing.B, callers int, op func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	runtime.GC()
	b.ResetTimer()
	before := cpu(b)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := op(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpu is the processor time that the process has used: steadier than the clock
// on a machine with other work.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchDatabases are the two, PostgreSQL on the same disk as SQLite.
func benchDatabases(b *testing.B) []database {
	b.Helper()
	return []database{{"sqlite", sqliteOptions}, {"postgres", func(t testing.TB) Options {
		return Options{URL: pgtest.ForTest(t, os.TempDir()).Empty(t), Master: newMaster(t)}
	}}}
}

func BenchmarkUpdate(b *testing.B) {
	for _, db := range benchDatabases(b) {
		b.Run(db.name, func(b *testing.B) { benchmarkUpdate(b, db) })
	}
}

func benchmarkUpdate(b *testing.B, db database) {
	s := db.newStore(b)
	fill(b, s, 0, benchPeople)
	text := chat.Text("Thank you for telling me. Would you like to breathe together for two minutes, or is there something else? " +
		"You can always write help, and you can always stop.")
	var events, commits atomic.Int64
	real := s.writer.commit
	s.writer.commit = func(c *conn) error { commits.Add(1); return real(c) }
	op := func(int) error {
		n := events.Add(1)
		event := "$" + strconv.FormatInt(n, 10) + "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop"
		return s.Update(context.Background(), func(tx *Tx) error {
			if fresh, err := tx.Admit("matrix", event, start); err != nil || !fresh {
				return fmt.Errorf("admit: %v %w", fresh, err)
			}
			p, err := tx.FindPerson(benchAddress(int(n % benchPeople)))
			if err != nil {
				return err
			}
			p.Session = benchSession(n)
			p.Vars["zone"], p.Vars["mode"], p.Vars["welcomed"] = "Europe/Berlin", "no-contact", true
			p.Seen = start
			if err := tx.SavePerson(p); err != nil {
				return err
			}
			if err := tx.Enqueue(p.ID, Post{Key: tx.Key("e", event, 0), Out: chat.Outgoing{Text: text}}, start); err != nil {
				return err
			}
			return tx.SetTimer(p.ID, "wait", n, start.Add(time.Hour))
		})
	}
	for _, callers := range benchCallers {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			commits.Store(0)
			spread(b, callers, op)
			b.ReportMetric(float64(b.N)/float64(commits.Load()), "callers/commit")
		})
	}
}

// raw writes by hand what BenchmarkUpdate writes through the Store.
type raw struct {
	db    *sql.DB
	stmts []*sql.Stmt
	n     atomic.Int64
	whos  [][]byte
	state []byte
	body  []byte
}

// TestRawWrites: what is measured beside Update can be written.
func TestRawWrites(t *testing.T) {
	forEach(t, func(t *testing.T, db database) {
		if err := newRaw(t, db.empty(t), 1).commit(2); err != nil {
			t.Error(err)
		}
	})
}

func newRaw(b testing.TB, o Options, callers int) *raw {
	b.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	if count(b, s, `SELECT COUNT(*) FROM person`) == 0 {
		fill(b, s, 0, benchPeople)
	}
	r := &raw{state: random(400), body: random(280)}
	for i := range benchPeople {
		r.whos = append(r.whos, s.index("who", "matrix", benchAddress(i).User))
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if o.URL != "" {
		e, err := newPostgres(o.URL, "")
		if err != nil {
			b.Fatal(err)
		}
		r.db = stdlib.OpenDB(*e.config)
		r.db.SetMaxOpenConns(callers)
		r.db.SetMaxIdleConns(callers)
	} else {
		db, err := openSQLite(o.Path)
		if err != nil {
			b.Fatal(err)
		}
		r.db = db.RawDB
		b.Cleanup(func() { _ = db.Close() })
	}
	b.Cleanup(func() { _ = r.db.Close() })
	for _, q := range []string{
		sqlAdmit, sqlFindPerson, sqlSavePerson,
		`UPDATE lane SET next_seq = next_seq + 1, next_try = COALESCE(next_try, $1) WHERE person = $2 RETURNING next_seq - 1`,
		sqlAddPost, sqlSetTimer,
	} {
		stmt, err := r.db.Prepare(s.engine.query(q))
		if err != nil {
			b.Fatal(err)
		}
		r.stmts = append(r.stmts, stmt)
	}
	return r
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// write is the work of one message inside an open transaction.
func (r *raw) write(tx *sql.Tx) error {
	ctx := context.Background()
	n := r.n.Add(1)
	if _, err := tx.Stmt(r.stmts[0]).ExecContext(ctx, random(16), n); err != nil {
		return err
	}
	var id, quiet, created, seen int64
	var address, state []byte
	var edition, parked, of any
	err := tx.Stmt(r.stmts[1]).QueryRowContext(ctx, r.whos[n%benchPeople]).Scan(&id, &address, &state, &quiet, &created, &seen, &edition, &parked, &of)
	if err != nil {
		return err
	}
	if _, err := tx.Stmt(r.stmts[2]).ExecContext(ctx, r.state, 0, n, id); err != nil {
		return err
	}
	var seq int64
	if err := tx.Stmt(r.stmts[3]).QueryRowContext(ctx, n, id).Scan(&seq); err != nil {
		return err
	}
	if _, err := tx.Stmt(r.stmts[4]).ExecContext(ctx, id, seq, random(16), 0, r.body, 0); err != nil {
		return err
	}
	_, err = tx.Stmt(r.stmts[5]).ExecContext(ctx, id, "wait", n, n)
	return err
}

func (r *raw) commit(n int) error {
	tx, err := r.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	for range n {
		if err := r.write(tx); err != nil {
			_ = tx.Rollback()
			return err
		}
	}
	return tx.Commit()
}

func BenchmarkRawCommit(b *testing.B) {
	for _, db := range benchDatabases(b) {
		b.Run(db.name, func(b *testing.B) { benchmarkRawCommit(b, db.empty(b)) })
	}
}

func benchmarkRawCommit(b *testing.B, o Options) {
	for _, callers := range benchCallers {
		b.Run(fmt.Sprintf("lone/callers=%d", callers), func(b *testing.B) {
			r := newRaw(b, o, callers)
			spread(b, callers, func(int) error { return r.commit(1) })
		})
	}
	for _, callers := range benchCallers {
		b.Run(fmt.Sprintf("group/callers=%d", callers), func(b *testing.B) {
			r := newRaw(b, o, 1)
			queue := make(chan chan error, callers)
			go func() {
				for first := range queue {
					batch := []chan error{first}
					for len(queue) > 0 && len(batch) < defaultGroup {
						batch = append(batch, <-queue)
					}
					err := r.commit(len(batch))
					for _, answer := range batch {
						answer <- err
					}
				}
			}()
			spread(b, callers, func(int) error {
				answer := make(chan error, 1)
				queue <- answer
				return <-answer
			})
			close(queue)
		})
	}
}

// BenchmarkOpen opens a store with 100,000 people and reports the heap that it
// takes once open.
func BenchmarkOpen(b *testing.B) {
	for _, people := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			o := Options{Path: newPath(b), Master: newMaster(b)}
			s, err := Open(context.Background(), o)
			if err != nil {
				b.Fatal(err)
			}
			fill(b, s, 0, people)
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			before := heap()
			var after uint64
			for b.Loop() {
				s, err := Open(context.Background(), o)
				if err != nil {
					b.Fatal(err)
				}
				if after == 0 {
					after = heap()
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((float64(after)-float64(before))/1024, "heap-kB")
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkKeyCache reports the memory of one unwrapped key in the cache.
func BenchmarkKeyCache(b *testing.B) {
	m := newMaster(b)
	for b.Loop() {
		before := heap()
		c := newKeyCache(keyCacheSize)
		for i := range keyCacheSize {
			k, _, err := m.NewPerson(int64(i))
			if err != nil {
				b.Fatal(err)
			}
			c.put(PersonID(i), k)
		}
		b.ReportMetric(float64(heap()-before)/keyCacheSize, "B/key")
		runtime.KeepAlive(c)
	}
}
