package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// trips is how many round trips one iteration of the benchmark takes: enough
	// for a 99th percentile to mean something.
	trips = 200
	// conversations is how many people talk with the bot before its memory is
	// measured. Making their rooms is the slow part: about 0.1 s of the
	// homeserver's time each.
	conversations = 500
	crowdWorkers  = 4
)

// BenchmarkRoundTrip is from the moment a person sends until their client shows
// the decrypted answer, beside what the homeserver needs to take one unencrypted
// message, in the same run and by turns.
func BenchmarkRoundTrip(b *testing.B) {
	w := newWorld(b, worldOptions{})
	w.bot.start(b)
	c := w.enter("ann")
	c.count()
	open, err := c.p.CreateRoom(b.Context(), false)
	must(b, err)
	var encrypted, raw []time.Duration
	n := 0
	for b.Loop() {
		for range trips {
			n++
			body := fmt.Sprintf("counted message %06d", n)
			start := time.Now()
			c.ask(body, heardText(body))
			encrypted = append(encrypted, time.Since(start))

			start = time.Now()
			must(b, rawPut(b.Context(), w.server.URL(), c.p.Token, open, n))
			raw = append(raw, time.Since(start))
		}
	}
	report := func(name string, p float64) {
		trip, put := percentile(encrypted, p), percentile(raw, p)
		b.ReportMetric(float64(trip.Microseconds())/1000, "ms/trip-"+name)
		b.ReportMetric(float64(put.Microseconds())/1000, "ms/put-"+name)
		b.ReportMetric(float64(trip)/float64(put), "trip/put-"+name)
	}
	report("p50", 0.50)
	report("p99", 0.99)
	b.ReportMetric(0, "ns/op")
	w.bot.stop(b)
}

// BenchmarkMemory is what the bot holds, idle and after many conversations.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		measureMemory(b)
	}
	b.ReportMetric(0, "ns/op")
}

func measureMemory(b *testing.B) {
	w := newWorld(b, worldOptions{})
	w.bot.start(b)
	c := w.enter("ann")
	c.ask("yes", "country")
	idle := w.bot.rss(b)

	start := time.Now()
	g, ctx := errgroup.WithContext(b.Context())
	g.SetLimit(crowdWorkers)
	for i := range conversations {
		g.Go(func() error { return converse(ctx, w.server, fmt.Sprintf("person%04d", i)) })
	}
	must(b, g.Wait())
	b.Logf("%d conversations made in %s", conversations, time.Since(start).Round(time.Second))
	b.ReportMetric(conversations, "conversations")
	b.ReportMetric(idle, "MB/idle")
	b.ReportMetric(w.bot.rss(b), "MB/after")
	w.bot.stop(b)
}

// rawPut sends one unencrypted message without any client between.
func rawPut(ctx context.Context, server, token, room string, n int) error {
	address := fmt.Sprintf("%s/_matrix/client/v3/rooms/%s/send/m.room.message/raw%d", server, url.PathEscape(room), n)
	var answer struct {
		ID string `json:"event_id"`
	}
	return rawRequest(ctx, http.MethodPut, address, token, `{"msgtype":"m.text","body":"hello"}`, &answer)
}

func percentile(all []time.Duration, p float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(float64(len(sorted))*p), len(sorted)-1)]
}
