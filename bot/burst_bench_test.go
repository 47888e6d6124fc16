package bot_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/schedule"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

const (
	// enrolled is how many people have a daily check-in in the benchmarks of a
	// burst, unless HANDRAIL_BENCH_PEOPLE says otherwise; one in burstShare is
	// due in the same minute.
	enrolled   = 1_000_000
	burstShare = 10
	// silence is longer than the check-in waits for a reply.
	silence = 2*time.Hour + 5*time.Minute
	// seedBatch is how many people are made in one commit.
	seedBatch = 1000
)

// burstAt is the minute in which they are due.
var burstAt = time.Date(2026, 3, 2, 19, 0, 0, 0, time.UTC)

// crowd is a store with many people in it, in a file and perhaps moved to a
// database.
type crowd struct {
	options store.Options
	people  int
	due     int
}

// crowdSize is how many people are to be enrolled.
func crowdSize(b *testing.B) int {
	b.Helper()
	s := os.Getenv("HANDRAIL_BENCH_PEOPLE")
	if s == "" {
		return enrolled
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < burstShare*burstShare {
		b.Fatal("HANDRAIL_BENCH_PEOPLE is not a number of people")
	}
	return n
}

// newCrowd makes the people; server nil: in a file.
func newCrowd(b *testing.B, server *pgtest.Server, people int) *crowd {
	b.Helper()
	c := &crowd{people: people, due: people / burstShare}
	dir := filepath.Join(b.TempDir(), "data")
	file := store.Options{Path: filepath.Join(dir, "handrail.db"), Master: master(b)}
	began := time.Now()
	c.enrol(b, file)
	b.Logf("%d people enrolled in %s", c.people, time.Since(began).Round(time.Second))
	c.options = file
	if server != nil {
		name, err := server.Create("template1")
		if err != nil {
			b.Fatal(err)
		}
		c.options = store.Options{URL: server.URL(name), Master: file.Master}
		began := time.Now()
		if err := store.Move(context.Background(), file, c.options, func(store.MoveStep) {}); err != nil {
			b.Fatal(err)
		}
		if err := server.AdminIn(name, "ANALYZE"); err != nil { // what autovacuum does by itself
			b.Fatal(err)
		}
		b.Logf("and moved to PostgreSQL in %s", time.Since(began).Round(time.Second))
		if err := os.RemoveAll(dir); err != nil {
			b.Fatal(err)
		}
	}
	return c
}

// enrol gives everybody a daily check-in, one in burstShare in the burst's
// minute, the others spread over the rest of the day.
func (c *crowd) enrol(b *testing.B, o store.Options) {
	b.Helper()
	st, err := store.Open(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	plan, err := schedule.Daily("19:00", nil)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < c.people; i += seedBatch {
		err := st.Update(context.Background(), func(tx *store.Tx) error {
			for j := i; j < min(i+seedBatch, c.people); j++ {
				due := burstAt.Add(3*time.Hour + time.Duration(j%(20*3600))*time.Second)
				if j%burstShare == 0 {
					due = burstAt.Add(time.Duration(j/burstShare%60_000) * time.Millisecond)
				}
				if err := enrolOne(tx, j, plan.String(), due); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		b.Fatal(err)
	}
}

func enrolOne(tx *store.Tx, n int, cron string, due time.Time) error {
	p, err := tx.CreatePerson(person(fmt.Sprint("enrolled", n)), due.Add(-30*24*time.Hour))
	if err != nil {
		return err
	}
	p.Vars = map[string]any{"welcomed": true, "zone": "UTC", "country": "GB", "checkin_on": true, "consent_checkin": "2026-01-01 v0", "consent_other": "2026-01-01 v0"}
	// The copy of what is guarded was written when they agreed, as the bot does.
	p.Vars["_guarded"] = `{"consent_checkin":"2026-01-01 v0","consent_other":"2026-01-01 v0"}`
	return errors.Join(tx.SavePerson(p), tx.PutSchedule(store.Schedule{
		Person: p.ID, Name: "checkin", Flow: "checkin.ask", Cron: cron, FreshFor: 2 * time.Hour, NextDue: due,
	}))
}

// open is a bot with the shipped scripts on the crowd's store.
func (c *crowd) open(b *testing.B, tr chat.Transport, now func() time.Time) (*bot.Bot, *store.Store) {
	b.Helper()
	st, err := store.Open(context.Background(), c.options)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	host, err := bot.New(bot.Config{
		Store: st, Library: shipped(b), Lexicon: lexicon(b), Lines: directory(b), Transports: []chat.Transport{tr}, Now: now,
	})
	if err != nil {
		b.Fatal(err)
	}
	return host, st
}

// size is how large the database is on the disk, in bytes.
func (c *crowd) size(b *testing.B, server *pgtest.Server) (n int64) {
	b.Helper()
	root := filepath.Dir(c.options.Path)
	if server != nil {
		root = filepath.Join(server.Folder(), "data", "base")
	}
	err := filepath.Walk(root, func(_ string, fi os.FileInfo, err error) error {
		if err == nil && fi.Mode().IsRegular() {
			n += fi.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// peak is the most memory that the process held at once since the last call
// with forget, in MB.
func peak(b *testing.B, forget bool) float64 {
	b.Helper()
	if forget {
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			b.Fatal(err)
		}
	}
	f, err := os.Open("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kb) / 1024
		}
	}
	b.Fatal("the kernel does not say how much memory is used")
	return 0
}

// BenchmarkBurst is a minute in which a tenth of everybody enrolled is due: how
// long it takes until every message is in the outbox, and how much memory; then
// the minute in which the talks of all who did not reply are ended.
func BenchmarkBurst(b *testing.B) {
	benchCrowds(b, benchmarkBurst)
}

// benchCrowds runs fn with the store in a file and in a database on the same
// disk.
func benchCrowds(b *testing.B, fn func(*testing.B, *pgtest.Server)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { fn(b, nil) })
	b.Run("postgres", func(b *testing.B) {
		fn(b, pgtest.ForTest(b, os.TempDir()))
	})
}

func benchmarkBurst(b *testing.B, server *pgtest.Server) {
	for b.Loop() {
		c := newCrowd(b, server, crowdSize(b))
		now := burstAt.Add(time.Minute)
		host, st := c.open(b, &net{}, func() time.Time { return now })
		peak(b, true)
		began := time.Now()
		n, err := host.FireDue(context.Background())
		took := time.Since(began)
		if err != nil || n != c.due {
			b.Fatalf("%d of %d fired: %v", n, c.due, err)
		}
		counts, err := st.Counts(context.Background())
		if err != nil || counts.Outbox != int64(c.due) {
			b.Fatalf("%d of %d in the outbox: %v", counts.Outbox, c.due, err)
		}
		b.ReportMetric(took.Seconds(), "s/burst")
		b.ReportMetric(float64(c.due)/took.Seconds(), "due/s")
		b.ReportMetric(peak(b, false), "peakMB")
		b.ReportMetric(float64(c.size(b, server))/1e6, "databaseMB")
		b.ReportMetric(float64(c.due), "due")
		b.ReportMetric(float64(c.people), "people")
		now = now.Add(silence)
		began = time.Now()
		if n, err := host.FireDue(context.Background()); err != nil || n != c.due {
			b.Fatalf("%d timers of %d fired: %v", n, c.due, err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/timers")
	}
	b.ReportMetric(0, "ns/op")
}
