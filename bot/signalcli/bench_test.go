package signalcli

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/seal"
	"handrail/bot/signalcli/fakedaemon"
)

const (
	backlogMessages = 10_000
	backlogPeople   = 500
	rawCommits      = 2_000
)

// BenchmarkBacklog is the start of a bot for which 10,000 messages of 500 people
// wait at the daemon. It reports the messages a second that were handled and
// committed, in order for each person, as a part of the commits a second of one
// small row each that the same disk does one after the other ("of_raw"), and the
// most memory that was in use above what was before ("peak_MB").
func BenchmarkBacklog(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory needs the x bit
			b.Fatal(err)
		}
		raw := rawRate(b, dir)
		key, err := seal.NewMasterKey()
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "master"), key, 0o400); err != nil {
			b.Fatal(err)
		}
		d, err := fakedaemon.Listen("unix", filepath.Join(dir, "socket"), fakedaemon.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for n := range backlogMessages {
			d.Person(fmt.Sprintf("c0de0000-0000-4000-8000-%012d", n%backlogPeople)).Say(numbered(n))
		}
		tr, err := Open(b.Context(), Config{Address: d.Address(), Account: number, Dir: filepath.Join(dir, "signal"), Key: make([]byte, 32)})
		if err != nil {
			b.Fatal(err)
		}
		host, st, err := newHost(b.Context(), dir, tr, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		order := &ordered{Handler: host, last: make(map[string]string), all: make(chan struct{})}
		peak, stop := watchMemory()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		b.StartTimer()
		began := time.Now()
		go func() { done <- tr.Run(ctx, order) }()
		<-order.all
		took := time.Since(began)
		b.StopTimer()
		stop()
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		if order.wrong > 0 {
			b.Errorf("%d messages out of order", order.wrong)
		}
		for _, err := range []error{tr.Close(), st.Close(), d.Close()} {
			if err != nil {
				b.Error(err)
			}
		}
		rate := backlogMessages / took.Seconds()
		b.ReportMetric(rate, "messages/s")
		b.ReportMetric(raw, "raw_commits/s")
		b.ReportMetric(rate/raw, "of_raw")
		b.ReportMetric(float64(*peak)/(1<<20), "peak_MB")
		b.StartTimer()
	}
}

// ordered counts what was committed, and what came in another order than it was
// written.
type ordered struct {
	chat.Handler
	mu    sync.Mutex
	last  map[string]string
	n     int
	wrong int
	all   chan struct{}
}

func (o *ordered) Handle(ctx context.Context, m chat.Message) error {
	if err := o.Handler.Handle(ctx, m); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if text := string(m.Text); strings.Compare(text, o.last[m.From.User]) <= 0 {
		o.wrong++
	}
	o.last[m.From.User] = string(m.Text)
	if o.n++; o.n == backlogMessages {
		close(o.all)
	}
	return nil
}

// rawRate is how many commits of one small row a second the disk does.
func rawRate(b *testing.B, dir string) float64 {
	b.Helper()
	db, err := sql.Open("sqlite3-fk-wal-fullsync", "file:"+filepath.Join(dir, "raw.db")+"?_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE raw (id INTEGER PRIMARY KEY, body BLOB)"); err != nil {
		b.Fatal(err)
	}
	row := make([]byte, 200)
	began := time.Now()
	for range rawCommits {
		if _, err := db.Exec("INSERT INTO raw (body) VALUES (?)", row); err != nil {
			b.Fatal(err)
		}
	}
	return rawCommits / time.Since(began).Seconds()
}

// watchMemory looks at the heap until stop is called.
func watchMemory() (peak *uint64, stop func()) {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak = new(uint64)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			if now.HeapAlloc > before.HeapAlloc {
				*peak = max(*peak, now.HeapAlloc-before.HeapAlloc)
			}
		}
	}()
	return peak, func() { close(end); <-ended }
}
