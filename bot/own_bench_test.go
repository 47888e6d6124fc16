package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/journal"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

// written is how many entries the journal of the benchmark has.
const written = 10_000

// BenchmarkOwn is what a person waits for who has written very much and takes it
// along or erases it: from the word until the bot has all of it in the outbox
// (s/...) or has erased it from rows and write-ahead log. Ten others talk
// meanwhile; the longest wait of one of them (ms/...-wait) stands beside the
// longest of as many messages of a quiet bot.
func BenchmarkOwn(b *testing.B) { benchCrowds(b, benchmarkOwn) }

func benchmarkOwn(b *testing.B, server *pgtest.Server) {
	for b.Loop() {
		c := newCrowd(b, server, burstShare)
		tr := newPacedNet()
		host, st := c.open(b, tr, func() time.Time { return burstAt.Add(-time.Hour) })
		ctx, stop := context.WithCancel(b.Context())
		over := make(chan error, 1)
		go func() { over <- host.Run(ctx) }()
		talk := newTalk(b, st, tr, host.Handle)
		o := &owner{b: b, host: host, st: st}
		quiet := talk.during(b, func() { time.Sleep(3 * time.Second) })
		b.ReportMetric(ms(rank(quiet, 1)), "ms/quiet-wait")
		for _, way := range []struct {
			name   string
			before []string
			last   string
		}{
			{"export", []string{"export"}, "send it"},
			{"sealed", []string{"export my journal", "go on"}, "seven blue teapots here"},
			{"delete", []string{"delete my data"}, "erase it all"},
		} {
			who := person("writer of " + way.name)
			o.journal(who)
			for _, text := range way.before {
				o.say(who, text)
			}
			var took time.Duration
			waits := talk.during(b, func() {
				time.Sleep(talkPause) // so that all of them are talking
				took = o.say(who, way.last)
			})
			b.ReportMetric(took.Seconds(), "s/"+way.name)
			b.ReportMetric(ms(rank(waits, 1)), "ms/"+way.name+"-wait")
			if left := o.left(who); (left == 0) != (way.name == "delete") {
				b.Fatalf("%s: %d entries are there afterwards", way.name, left)
			}
		}
		who := person("forgotten")
		o.journal(who)
		began := time.Now()
		o.forget(who)
		b.ReportMetric(time.Since(began).Seconds(), "s/forget")
		b.ReportMetric(written, "entries")
		stop()
		if err := <-over; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// owner is somebody with a long journal.
type owner struct {
	b    *testing.B
	host *bot.Bot
	st   *store.Store
	n    atomic.Int64
}

// journal makes the person and their entries.
func (o *owner) journal(who chat.Address) {
	o.b.Helper()
	var prev *journal.Entry
	now := burstAt.Add(-written * time.Hour)
	for at := 0; at < written; at += seedBatch {
		err := o.st.Update(o.b.Context(), func(tx *store.Tx) error {
			if at == 0 {
				p, err := tx.CreatePerson(who, now)
				if err != nil {
					return err
				}
				p.Vars = map[string]any{"welcomed": true, "country": "GB"}
				if err := tx.SavePerson(p); err != nil {
					return err
				}
			}
			p, err := tx.FindPerson(who)
			if err != nil {
				return err
			}
			for i := range seedBatch {
				e := journal.Next(prev, journal.Entry{
					Date: "2026-01-05", Time: "18:30", Happened: fmt.Sprintf("He stood in the doorway and did not let me out, the %dth time.", at+i),
					Told: "That I made it up.", Noticed: "My hands shook, and I could not eat that day.", Left: "No sleep.",
					People: []string{"my sister", "the neighbour"}, Tags: []string{"doorway"},
				}, now.Add(time.Duration(at+i)*time.Hour), []byte{1, 2, 3, 4, 5, 6, 7, 8})
				prev = &e
				text, err := json.Marshal(e)
				if err != nil {
					return err
				}
				if err := tx.AddItem(p.ID, "journal", "\x1f"+string(text), "", now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			o.b.Fatal(err)
		}
	}
}

// say hands up what the person writes and tells how long that took.
func (o *owner) say(who chat.Address, text string) time.Duration {
	o.b.Helper()
	began := time.Now()
	m := chat.Message{ID: fmt.Sprint("$owner", o.n.Add(1)), From: who, Text: chat.Text(text)}
	if err := o.host.Handle(context.Background(), m); err != nil {
		o.b.Fatal(err)
	}
	return time.Since(began)
}

// forget is what handrail forget does.
func (o *owner) forget(who chat.Address) {
	o.b.Helper()
	err := o.st.Update(o.b.Context(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(who)
		if err != nil {
			return err
		}
		return tx.ErasePerson(p.ID)
	})
	if err == nil {
		err = o.st.Scrub(o.b.Context())
	}
	if err != nil {
		o.b.Fatal(err)
	}
}

// left is how many entries the person has.
func (o *owner) left(who chat.Address) (n int) {
	o.b.Helper()
	err := o.st.View(o.b.Context(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(who)
		if err != nil {
			return err
		}
		items, err := tx.Items(p.ID, "journal", 0)
		n = len(items)
		return err
	})
	if err != nil {
		o.b.Fatal(err)
	}
	return n
}
