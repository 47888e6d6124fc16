package bot_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

const (
	// The pace of a small homeserver, as measured with Dendrite on two cores: it
	// works on two messages at a time, half of them take 9.5 ms, one in a hundred
	// 34 ms or more.
	paceSlots  = 2
	paceMedian = 9500 * time.Microsecond
	paceSigma  = 0.548
	// talking is how many people talk during the burst, with a pause of
	// talkPause after each answer.
	talking   = 10
	talkPause = 200 * time.Millisecond
	// talkFor is for how long their waits are measured.
	talkFor = 20 * time.Second
	// overtakeShare makes the crowd smaller: so many waits are enough for a p99.
	overtakeShare = 4
)

// pacedNet is a network that takes messages as fast as a homeserver does, and
// says when one for a room is out.
type pacedNet struct {
	net
	slots chan struct{}
	sent  atomic.Int64
	out   sync.Map // room -> chan struct{}
}

func newPacedNet() *pacedNet { return &pacedNet{slots: make(chan struct{}, paceSlots)} }

func (n *pacedNet) Send(ctx context.Context, o chat.Outgoing) (string, error) {
	select {
	case n.slots <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	time.Sleep(time.Duration(float64(paceMedian) * math.Exp(rand.NormFloat64()*paceSigma)))
	<-n.slots
	n.sent.Add(1)
	if done, ok := n.out.Load(o.To.Room); ok {
		done.(chan struct{}) <- struct{}{}
	}
	return "$" + o.Key, nil
}

// BenchmarkOvertake is how long somebody who talks waits for an answer, from
// when the bot has the message until the network has the answer: while nothing
// is due, while a burst is being put into the outbox, and while it goes out.
// The network is a fake one with the pace of a homeserver.
func BenchmarkOvertake(b *testing.B) { benchCrowds(b, benchmarkOvertake) }

func benchmarkOvertake(b *testing.B, server *pgtest.Server) {
	for b.Loop() {
		tr := newPacedNet()
		var ahead atomic.Bool
		now := func() time.Time {
			if ahead.Load() {
				return burstAt.Add(time.Minute)
			}
			return burstAt.Add(-time.Minute)
		}
		c := newCrowd(b, server, crowdSize(b)/overtakeShare)
		host, st := c.open(b, tr, now)
		ctx, stop := context.WithCancel(b.Context())
		over := make(chan error, 1)
		go func() { over <- host.Run(ctx) }()
		talk := newTalk(b, st, tr, host.Handle)

		quiet := talk.during(b, func() { time.Sleep(talkFor) })
		ahead.Store(true)
		began := time.Now()
		filling := talk.during(b, func() { untilFired(b, st, now()) })
		filled := time.Since(began)
		before := tr.sent.Load()
		burst := talk.during(b, func() { time.Sleep(talkFor) })
		sent := tr.sent.Load() - before
		stop()
		if err := <-over; err != nil {
			b.Fatal(err)
		}
		for what, waits := range map[string][]time.Duration{"quiet": quiet, "filling": filling, "burst": burst} {
			b.ReportMetric(ms(rank(waits, 0.50)), "ms/"+what+"-p50")
			b.ReportMetric(ms(rank(waits, 0.99)), "ms/"+what+"-p99")
		}
		b.ReportMetric(float64(rank(burst, 0.99))/float64(rank(quiet, 0.99)), "burst/quiet-p99")
		b.ReportMetric(float64(rank(filling, 0.99))/float64(rank(quiet, 0.99)), "filling/quiet-p99")
		b.ReportMetric(filled.Seconds(), "s/filled")
		b.ReportMetric(float64(c.due), "due")
		b.ReportMetric(float64(sent)/talkFor.Seconds(), "msg/s")
		b.ReportMetric(float64(sent-int64(len(burst)))/talkFor.Seconds(), "burst-msg/s")
		b.ReportMetric(paceSlots/(paceMedian.Seconds()*math.Exp(paceSigma*paceSigma/2)), "pace-msg/s")
	}
	b.ReportMetric(0, "ns/op")
}

// untilFired waits until everything that was due is in the outbox.
func untilFired(b *testing.B, st *store.Store, now time.Time) {
	b.Helper()
	for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		due, err := st.DueSchedules(b.Context(), "", now, 1)
		if err != nil {
			b.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		if time.Now().After(deadline) {
			b.Fatal("the burst does not get into the outbox")
		}
	}
}

// talkers are people in the middle of a conversation.
type talkers struct {
	handle func(context.Context, chat.Message) error
	who    []chat.Address
	done   []chan struct{}
	n      atomic.Int64
}

func newTalk(b *testing.B, st *store.Store, tr *pacedNet, handle func(context.Context, chat.Message) error) *talkers {
	b.Helper()
	t := &talkers{handle: handle}
	for i := range talking {
		who := person(fmt.Sprint("talking", i))
		err := st.Update(b.Context(), func(tx *store.Tx) error {
			p, err := tx.CreatePerson(who, burstAt)
			if err != nil {
				return err
			}
			p.Vars = map[string]any{"welcomed": true, "country": "GB"}
			return tx.SavePerson(p)
		})
		if err != nil {
			b.Fatal(err)
		}
		done := make(chan struct{}, 64)
		tr.out.Store(who.Room, done)
		t.who, t.done = append(t.who, who), append(t.done, done)
	}
	return t
}

// during lets everybody talk while fn runs, and returns how long each waited for
// each answer.
func (t *talkers) during(b *testing.B, fn func()) []time.Duration {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	var mu sync.Mutex
	var waits []time.Duration
	var all sync.WaitGroup
	for i := range t.who {
		all.Go(func() {
			time.Sleep(talkPause * time.Duration(i) / talking) // they do not all write at the same instant
			for ctx.Err() == nil {
				wait, err := t.ask(i)
				if err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				waits = append(waits, wait)
				mu.Unlock()
				select {
				case <-ctx.Done():
				case <-time.After(talkPause):
				}
			}
		})
	}
	fn()
	stop()
	all.Wait()
	return waits
}

// ask writes one message and waits for its answer.
func (t *talkers) ask(i int) (time.Duration, error) {
	for len(t.done[i]) > 0 {
		<-t.done[i]
	}
	began := time.Now()
	m := chat.Message{ID: fmt.Sprint("$talk", t.n.Add(1)), From: t.who[i], Text: "menu"}
	if err := t.handle(context.Background(), m); err != nil {
		return 0, err
	}
	select {
	case <-t.done[i]:
		return time.Since(began), nil
	case <-time.After(5 * time.Minute):
		return 0, errors.New("no answer in five minutes")
	}
}

func rank(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(float64(len(sorted))*p), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
