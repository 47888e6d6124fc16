package bot_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

const (
	relayCases = 1000 // open at the same time, unless HANDRAIL_BENCH_CASES says otherwise
	relayStaff = 50
	relayEvery = 10 * time.Millisecond // between two messages across: 100 in a second
	relayFor   = 20 * time.Second
	ownEvery   = 5 // of how many messages one is answered by the bot itself
)

// relayed is a transport that notes when what it is to send came.
type relayed struct {
	net
	at    sync.Map // text, or address for the bot's own answers -> time.Time
	rooms sync.Map // K7 -> name of its room
}

func (r *relayed) Send(ctx context.Context, o chat.Outgoing) (string, error) {
	now := time.Now()
	text := string(o.Text)
	if o.Team {
		r.rooms.LoadOrStore(strings.Split(o.To.Room, ".")[0], o.To.Room)
	}
	if _, words, across := strings.Cut(text, "across "); across {
		r.at.LoadOrStore(words, now)
	} else if !o.Team {
		r.at.LoadOrStore(o.To.User, now)
	}
	return r.net.Send(ctx, o)
}

// BenchmarkRelay: many open cases, and messages across at a rate that does not
// wait for them: each has a moment at which it is due, and what it takes counts from
// then, also when the machine was late. It reports what the way across takes beside
// what the bot's own answer takes in the same run, at which rate messages were offered
// and at which they came across, and fails when the order of a case is not kept.
func BenchmarkRelay(b *testing.B) {
	cases := relayCases
	if s := os.Getenv("HANDRAIL_BENCH_CASES"); s != "" {
		var err error
		if cases, err = strconv.Atoi(s); err != nil || cases < 1 {
			b.Fatal("HANDRAIL_BENCH_CASES is not a number of cases")
		}
	}
	for b.Loop() {
		relayOnce(b, cases)
	}
}

func relayOnce(b *testing.B, cases int) {
	b.Helper()
	r := &relayed{}
	h := &house{world: newWorldOn(b, ""), ids: map[string]string{}}
	h.staff = office(time.UTC)
	h.staff.Threads = false
	var staff []desk.StaffID
	for i := range relayStaff {
		who := desk.StaffID(fmt.Sprintf("@staff%d:example.org", i))
		staff = append(staff, who)
		h.staff.Desk.Rota.Members = append(h.staff.Desk.Rota.Members, desk.Member{ID: who, Name: fmt.Sprint("Staff", i)})
	}
	h.workers = 8
	h.transport = r
	h.world.with(handing)
	for i := 0; i < cases; i += seedBatch {
		err := h.store.Update(context.Background(), func(tx *store.Tx) error {
			for j := i; j < min(i+seedBatch, cases); j++ {
				if err := openCase(tx, j, staff[j%relayStaff], h.now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.bot.Run(ctx) }()
	var all sync.WaitGroup
	send := func(m chat.Message) {
		all.Go(func() {
			if err := h.bot.Handle(ctx, m); err != nil {
				b.Error(err)
			}
		})
	}
	arrived := func(key string) time.Time {
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if at, ok := r.at.Load(key); ok {
				return at.(time.Time)
			}
		}
		b.Fatalf("%s does not arrive", key)
		return time.Time{}
	}
	for i := range cases { // each room is named once
		send(h.message(person(fmt.Sprint("held", i)), fmt.Sprintf("across warm %d", i)))
		if i%8 == 0 {
			all.Wait()
		}
	}
	all.Wait()
	for i := range cases {
		arrived(fmt.Sprintf("warm %d", i))
	}
	across, own := map[string]time.Time{}, map[string]time.Time{}
	began := time.Now()
	for n := range int(relayFor / relayEvery) {
		due := began.Add(time.Duration(n) * relayEvery)
		time.Sleep(time.Until(due))
		i := n % cases
		m := h.message(person(fmt.Sprint("held", i)), fmt.Sprintf("across %d", n))
		if n%2 == 1 {
			name, _ := r.rooms.Load(fmt.Sprint("K", i+1))
			m.From = chat.Address{Network: "test", User: string(staff[i%relayStaff]), Room: "!room"}
			m.Staff = &chat.Staff{Case: name.(string)}
		}
		across[fmt.Sprint(n)] = due
		send(m)
		if n%ownEvery == 0 {
			alone := person(fmt.Sprint("alone", n))
			own[alone.User] = due
			send(h.message(alone, "hello"))
		}
	}
	offered := time.Since(began)
	all.Wait()
	last := began
	took := func(sent map[string]time.Time) (list []time.Duration) {
		for key, at := range sent {
			came := arrived(key)
			list = append(list, came.Sub(at))
			if came.After(last) {
				last = came
			}
		}
		slices.Sort(list)
		return list
	}
	relay, self := took(across), took(own)
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	orderKept(b, r)
	p := func(list []time.Duration, share float64) float64 {
		return float64(list[min(int(share*float64(len(list))), len(list)-1)].Microseconds()) / 1000
	}
	b.ReportMetric(p(relay, 0.5), "ms-p50-across")
	b.ReportMetric(p(relay, 0.99), "ms-p99-across")
	b.ReportMetric(p(self, 0.5), "ms-p50-own")
	b.ReportMetric(p(self, 0.99), "ms-p99-own")
	b.ReportMetric(p(relay, 0.99)-p(self, 0.99), "ms-p99-added")
	b.ReportMetric(float64(len(relay))/offered.Seconds(), "offered/s")
	b.ReportMetric(float64(len(relay))/last.Sub(began).Seconds(), "across/s")
}

// openCase makes somebody whose talk an advocate has.
func openCase(tx *store.Tx, n int, holder desk.StaffID, now time.Time) error {
	p, err := tx.CreatePerson(person(fmt.Sprint("held", n)), now)
	if err != nil {
		return err
	}
	p.Vars = map[string]any{"welcomed": true}
	if err := tx.SavePerson(p); err != nil {
		return err
	}
	c, err := tx.NewCase(p.ID, "test", now)
	if err != nil {
		return err
	}
	c.State, c.Reason, c.Lang, c.Since, c.Holder, c.Deadline = desk.Claimed, desk.Asked, "en", now, holder, now.Add(time.Hour)
	return tx.PutCase(c)
}

// orderKept checks that in each room what went across came in the order in which it
// was written.
func orderKept(b *testing.B, r *relayed) {
	b.Helper()
	last := map[string]int{}
	for _, o := range r.sent {
		_, words, ok := strings.Cut(string(o.Text), "across ")
		n, err := strconv.Atoi(words)
		if !ok || err != nil {
			continue
		}
		room := o.To.Room
		if before, there := last[room]; there && n <= before {
			b.Fatalf("message %d comes after message %d", n, before)
		}
		last[room] = n
	}
}
