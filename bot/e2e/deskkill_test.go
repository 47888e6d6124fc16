package e2e

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/client"
)

const (
	// deskKills is how often the bot dies in the middle of a busy desk, unless
	// HANDRAIL_DESK_KILLS says otherwise.
	deskKills    = 5
	deskCases    = 3
	deskBatch    = 8 // messages each way in each case between two looks
	deskPatience = 4 * time.Minute
)

// desked is a case in a desk that is killed.
type desked struct {
	*chat
	name   string         // K1
	holder *client.Person // who has it
	inside string         // its room
	guest  []string       // what the person wrote since the holder has it
	staff  []string       // what staff wrote, all in all
}

// TestDeskKilled: SIGKILL at random points while two advocates and several guests
// write to each other and one case goes to and fro. Every message arrives once, in
// order, where it belongs and nowhere else.
func TestDeskKilled(t *testing.T) {
	t.Parallel()
	kills := deskKills
	if s := os.Getenv("HANDRAIL_DESK_KILLS"); s != "" {
		var err error
		kills, err = strconv.Atoi(s)
		must(t, err)
	}
	o := newOffice(newWorld(t, worldOptions{}), "")
	random := seeded(t)
	var cases []*desked
	for i := range deskCases {
		k := &desked{chat: o.enter(fmt.Sprint("guest", i+1)), name: fmt.Sprintf("K%d", i+1), holder: []*client.Person{o.ana, o.ben}[i%2]}
		k.welcome()
		k.ask("human", "Advocates of the house answer.")
		k.hear("what may they see")
		k.ask("nothing", "I asked.")
		o.claims(k)
		cases = append(cases, k)
	}
	began, killed, sent := time.Now(), 0, 0
	for batch := 0; killed < kills; batch++ {
		done := make(chan error)
		for _, k := range cases {
			guest, staff := k.words(batch, "guest"), k.words(batch, "staff")
			k.guest, k.staff = append(k.guest, guest...), append(k.staff, staff...)
			sent += len(guest) + len(staff)
			go func() { _, err := k.p.SendAll(patient(t), k.room, guest); done <- err }()
			go func() { _, err := k.holder.SendAll(patient(t), k.inside, staff); done <- err }()
		}
		for range min(killsABatch, kills-killed) {
			time.Sleep(lifetime(random))
			o.bot.kill()
			o.bot.start(t)
			killed++
		}
		for range 2 * len(cases) {
			o.dump(<-done)
		}
		for _, k := range cases {
			k.arrives(o, k.p, k.room, k.staff[len(k.staff)-1])
			k.arrives(o, k.holder, k.inside, k.guest[len(k.guest)-1])
		}
		last := cases[len(cases)-1]
		last.judgeInside(o)
		o.passes(last)
	}
	for _, k := range cases[:len(cases)-1] {
		k.judgeInside(o)
	}
	for _, k := range cases {
		k.judgeRoom(o, "the room of a guest", k.p, k.room, "staff", k.staff)
	}
	for _, p := range []*client.Person{o.ana, o.ben} {
		if o.sees(p, o.room, " message ") {
			t.Error("the room of staff has words of a talk")
		}
	}
	t.Logf("kills %d, cases %d, messages %d, each once, in order, in its own room; %s", killed, len(cases), sent, time.Since(began).Round(time.Second))
	o.bot.stop(t)
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), deskPatience)
	t.Cleanup(cancel)
	return ctx
}

// words are the messages of one side of a case in a batch.
func (k *desked) words(batch int, side string) (list []string) {
	for i := range deskBatch {
		list = append(list, fmt.Sprintf("%s %s message %d", k.name, side, batch*deskBatch+i))
	}
	return list
}

// claims lets the holder take the case and go into its room.
func (o *office) claims(k *desked) {
	o.Helper()
	o.says(k.holder, o.room, "claim "+k.name)
	k.hearWithin(deskPatience, "An advocate is here now")
	k.inside = o.accepts(k.holder, k.name)
}

// passes gives a case to the other advocate. The bot dies on the way.
func (o *office) passes(k *desked) {
	o.Helper()
	to, name := o.ben, "ben"
	if k.holder == o.ben {
		to, name = o.ana, "ana"
	}
	o.says(k.holder, k.inside, "pass "+name)
	o.bot.kill()
	o.bot.start(o)
	k.hearWithin(deskPatience, "An advocate was asked to go on")
	k.holder, k.guest = to, nil
	o.claims(k)
}

// arrives waits until somebody sees a message of the bot.
func (k *desked) arrives(o *office, p *client.Person, room, words string) {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), deskPatience)
	defer cancel()
	_, _, err := p.Wait(ctx, client.Wanted{Room: room, From: botID, Any: []string{words}})
	o.dump(err)
}

// judgeInside looks at the room of a case as its holder sees it.
func (k *desked) judgeInside(o *office) {
	o.Helper()
	want := make([]string, len(k.guest))
	for i, words := range k.guest {
		want[i] = k.name + ": " + words
	}
	k.judgeRoom(o, "the room of a case", k.holder, k.inside, "guest", want)
}

// judgeRoom compares what the bot said in a room of what one side wrote.
func (k *desked) judgeRoom(o *office, where string, p *client.Person, room, side string, want []string) {
	o.Helper()
	events, err := p.Timeline(o.Context(), room)
	o.dump(err)
	var got []string
	for _, e := range events {
		if e.Sender == botID && e.Message() && strings.Contains(e.Body, " message ") {
			got = append(got, e.Body)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		o.Errorf("%s of %s has, of %s, %d messages instead of %d:\n%s", where, k.name, side, len(got), len(want), strings.Join(got, "\n"))
	}
}
