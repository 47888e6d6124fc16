package bot_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// BenchmarkHandle measures committed inputs a second, everything included:
// crisis scan, step, sealing, rows, fsync. It reports beside it what the same
// file system does for four bare inserts of the same size in a lone commit, and
// the ratio of the two (below 1: group commit more than pays for the work).
func BenchmarkHandle(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			w := newWorld(b)
			w.now = time.Now()
			b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
			if callers == 1 {
				b.SetParallelism(1)
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			}
			var n, who atomic.Int64
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					m := chat.Message{
						ID: fmt.Sprintf("$bench%d", i), From: person(fmt.Sprint("p", who.Add(1)%5000)),
						Text: "I am not sure what to write here tonight",
					}
					if err := w.bot.Handle(context.Background(), m); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.StopTimer()
			perInput := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			raw := rawCommit(b, 300)
			b.ReportMetric(1e9/perInput, "inputs/s")
			b.ReportMetric(1e9/raw, "rawcommits/s")
			b.ReportMetric(perInput/raw, "x_raw")
		})
	}
}

// rawCommit is the time in ns of one transaction of four inserts of 400 bytes,
// WAL and FULL, on the same file system.
func rawCommit(b *testing.B, n int) float64 {
	b.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "raw.db")+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)"); err != nil {
		b.Fatal(err)
	}
	body := make([]byte, 400)
	start := time.Now()
	for range n {
		tx, err := db.Begin()
		if err != nil {
			b.Fatal(err)
		}
		for range 4 {
			if _, err := tx.Exec("INSERT INTO row (body) VALUES ($1)", body); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(n)
}

// BenchmarkStart measures opening a store in which 100,000 people are enrolled,
// and the heap that this takes.
func BenchmarkStart(b *testing.B) {
	const people = 100_000
	w := newWorld(b)
	var next atomic.Int64
	done := make(chan error, 64)
	for range 64 {
		go func() {
			for {
				i := next.Add(1)
				if i > people {
					done <- nil
					return
				}
				err := w.store.Update(context.Background(), func(tx *store.Tx) error {
					_, err := tx.CreatePerson(person(fmt.Sprint("enrolled", i)), w.now)
					return err
				})
				if err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range 64 {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for range b.N {
		w.open()
		if _, err := w.bot.FireDue(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/1e6, "heapMB")
	b.ReportMetric(people, "people")
}
