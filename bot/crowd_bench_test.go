package bot_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

// conversations is how many people write at the same moment in BenchmarkCrowd.
const conversations = 5000

// instantNet takes every message at once and says so.
type instantNet struct {
	net
	out sync.Map // room -> chan struct{}
}

func (n *instantNet) Send(_ context.Context, o chat.Outgoing) (string, error) {
	if done, ok := n.out.Load(o.To.Room); ok {
		select {
		case done.(chan struct{}) <- struct{}{}:
		default: // nobody waits
		}
	}
	return "$" + o.Key, nil
}

// BenchmarkCrowd lets five thousand people write at the same moment, each one
// message at a time, and measures how long they wait until the answer is on the
// network, which here takes no time.
func BenchmarkCrowd(b *testing.B) { benchCrowds(b, benchmarkCrowd) }

func benchmarkCrowd(b *testing.B, server *pgtest.Server) {
	o := store.Options{Path: b.TempDir() + "/data/handrail.db", Master: master(b)}
	if server != nil {
		o.Path, o.URL = "", server.Empty(b)
	}
	tr := &instantNet{}
	host, st := (&crowd{options: o}).open(b, tr, time.Now)
	ctx, stop := context.WithCancel(b.Context())
	over := make(chan error, 1)
	go func() { over <- host.Run(ctx) }()
	done := make([]chan struct{}, conversations)
	for i := range done {
		done[i] = make(chan struct{}, 16)
		tr.out.Store(person(fmt.Sprint("crowd", i)).Room, done[i])
	}
	enrolTalkers(b, st, done)
	var n atomic.Int64
	var mu sync.Mutex
	var waits []time.Duration
	peak(b, true)
	for b.Loop() {
		var all sync.WaitGroup
		for i := range done {
			all.Go(func() {
				began := time.Now()
				m := chat.Message{ID: fmt.Sprint("$crowd", n.Add(1)), From: person(fmt.Sprint("crowd", i)), Text: "menu"}
				if err := host.Handle(ctx, m); err != nil {
					b.Error(err)
					return
				}
				<-done[i]
				mu.Lock()
				waits = append(waits, time.Since(began))
				mu.Unlock()
			})
		}
		all.Wait()
	}
	took := b.Elapsed()
	b.ReportMetric(float64(len(waits))/took.Seconds(), "answers/s")
	b.ReportMetric(ms(rank(waits, 0.50)), "ms/wait-p50")
	b.ReportMetric(ms(rank(waits, 0.99)), "ms/wait-p99")
	b.ReportMetric(peak(b, false), "peakMB")
	b.ReportMetric(conversations, "conversations")
	stop()
	if err := <-over; err != nil {
		b.Fatal(err)
	}
}

// enrolTalkers makes everybody known.
func enrolTalkers(b *testing.B, st *store.Store, done []chan struct{}) {
	b.Helper()
	err := st.Update(b.Context(), func(tx *store.Tx) error {
		for i := range done {
			p, err := tx.CreatePerson(person(fmt.Sprint("crowd", i)), time.Now())
			if err != nil {
				return err
			}
			p.Vars = map[string]any{"welcomed": true, "country": "GB"}
			if err := tx.SavePerson(p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
