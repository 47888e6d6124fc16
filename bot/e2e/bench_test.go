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
// the decrypted answer (trip), beside what the homeserver needs to take one
// unencrypted message (put), in the same run and by turns. Two parts of the trip
// are shown as well: until the person's own client is done with sending (send),
// and from the message to the answer by the homeserver's clock (answer).
func BenchmarkRoundTrip(b *testing.B) {
	w := newWorld(b, worldOptions{})
	w.bot.start(b)
	c := w.enter("ann")
	c.count()
	open, err := c.p.CreateRoom(b.Context(), false)
	must(b, err)
	times := map[string][]time.Duration{}
	took := func(what string, start time.Time) { times[what] = append(times[what], time.Since(start)) }
	n := 0
	for b.Loop() {
		for range trips {
			n++
			body := fmt.Sprintf("counted message %06d", n)
			start := time.Now()
			c.say(body)
			took("send", start)
			c.hear(heardText(body))
			took("trip", start)

			start = time.Now()
			must(b, rawPut(b.Context(), w.server.URL(), c.p.Token, open, n))
			took("put", start)
		}
	}
	times["answer"] = c.answerTimes()
	for _, what := range []string{"put", "send", "answer", "trip"} {
		b.ReportMetric(milliseconds(percentile(times[what], 0.50)), "ms/"+what+"-p50")
		b.ReportMetric(milliseconds(percentile(times[what], 0.99)), "ms/"+what+"-p99")
	}
	for _, pair := range [][2]string{{"answer", "put"}, {"trip", "put"}, {"trip", "send"}} {
		ratio := float64(percentile(times[pair[0]], 0.50)) / float64(percentile(times[pair[1]], 0.50))
		b.ReportMetric(ratio, pair[0]+"/"+pair[1]+"-p50")
	}
	b.ReportMetric(0, "ns/op")
	w.bot.stop(b)
}

// answerTimes is how long after each message its answer was taken by the
// homeserver, by its clock.
func (c *chat) answerTimes() []time.Duration {
	var all []time.Duration
	asked := map[string]time.Time{}
	for _, e := range c.events() {
		if e.Message() && e.Sender == c.p.UserID {
			asked[heardText(e.Body)] = e.At()
		}
		if at, ok := asked[e.Body]; ok && e.Sender == botID {
			all = append(all, e.At().Sub(at))
		}
	}
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

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
