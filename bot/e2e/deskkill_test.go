package e2e

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
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
	name   string              // K1
	holder *client.Person      // who has it
	inside string              // its room
	guest  []string            // what the person wrote since the holder has it
	seen   map[string][]string // what they wrote when somebody had it before, by user id
	staff  []string            // what staff wrote, all in all
}

// busy is a desk of several cases in which everybody writes, and the count of what
// became of it.
type busy struct {
	*office
	cases []*desked

	kills, passes                   int
	written                         map[string]int // by side: guest, staff
	lost, doubled, unordered, wrong int
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
	b := &busy{office: newOffice(newWorld(t, worldOptions{}), ""), written: map[string]int{}}
	random := seeded(t)
	for i := range deskCases {
		k := &desked{chat: b.enter(fmt.Sprint("guest", i+1)), name: fmt.Sprintf("K%d", i+1), holder: []*client.Person{b.ana, b.ben}[i%2], seen: map[string][]string{}}
		k.welcome()
		k.ask("human", "Advocates of the house answer.")
		k.hear("what may they see")
		k.ask("nothing", "I asked.")
		b.claims(k)
		b.cases = append(b.cases, k)
	}
	began := time.Now()
	for batch := 0; b.kills < kills; batch++ {
		done := b.write(batch)
		for range min(killsABatch, kills-b.kills) {
			time.Sleep(lifetime(random))
			b.dies()
		}
		for range 2 * len(b.cases) {
			b.dump(<-done)
		}
		b.arrived()
		last := b.cases[len(b.cases)-1]
		b.judgeInside(last)
		b.goesOn(last)
		t.Log(b.table(began))
	}
	b.bot.stop(t)
	b.bot.start(t)
	done := b.write(kills) // what was in doubt anywhere is decided before these arrive
	for range 2 * len(b.cases) {
		b.dump(<-done)
	}
	b.arrived()
	for _, k := range b.cases {
		b.judgeInside(k)
		b.judge("the room of the guest of "+k.name, k.p, k.room, k.name, "staff", k.staff, nil)
	}
	for _, p := range []*client.Person{b.ana, b.ben} {
		b.judge("the room of staff", p, b.room, "", "", nil, nil)
	}
	t.Log(b.table(began))
	b.bot.stop(t)
}

// table is what became of what was written.
func (b *busy) table(began time.Time) string {
	return fmt.Sprintf("kills %d | cases %d, passed on %d times | messages of guests %d, of staff %d | lost %d | doubled %d | out of order %d | in a wrong room %d | %s",
		b.kills, len(b.cases), b.passes, b.written["guest"], b.written["staff"], b.lost, b.doubled, b.unordered, b.wrong, time.Since(began).Round(time.Second))
}

// dies kills the bot and starts it again.
func (b *busy) dies() {
	b.bot.kill()
	b.bot.start(b)
	b.kills++
}

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), deskPatience)
	t.Cleanup(cancel)
	return ctx
}

// write lets everybody write a batch at the same time. Each side of each case tells
// when it has.
func (b *busy) write(batch int) <-chan error {
	done := make(chan error, 2*len(b.cases))
	for _, k := range b.cases {
		guest, staff := k.words(batch, "guest"), k.words(batch, "staff")
		k.guest, k.staff = append(k.guest, guest...), append(k.staff, staff...)
		b.written["guest"] += len(guest)
		b.written["staff"] += len(staff)
		go func() { _, err := k.p.SendAll(patient(b), k.room, guest); done <- err }()
		go func() { _, err := k.holder.SendAll(patient(b), k.inside, staff); done <- err }()
	}
	return done
}

// words are the messages of one side of a case in a batch.
func (k *desked) words(batch int, side string) (list []string) {
	for i := range deskBatch {
		list = append(list, fmt.Sprintf("%s %s message %04d", k.name, side, batch*deskBatch+i))
	}
	return list
}

// claims lets the holder take the case and go into its room.
func (b *busy) claims(k *desked) {
	b.Helper()
	b.says(k.holder, b.room, "claim "+k.name)
	k.hearWithin(deskPatience, "An advocate is here now")
	k.inside = b.accepts(k.holder, k.name)
}

// goesOn gives a case to the other advocate. The bot dies on the way.
func (b *busy) goesOn(k *desked) {
	b.Helper()
	to, name := b.ben, "ben"
	if k.holder == b.ben {
		to, name = b.ana, "ana"
	}
	b.says(k.holder, k.inside, "pass "+name)
	b.dies()
	k.hearWithin(deskPatience, "An advocate was asked to go on")
	waitLeft(b, k.holder, k.inside)
	k.seen[k.holder.UserID] = append(k.seen[k.holder.UserID], k.guest...)
	k.holder, k.guest = to, nil
	b.passes++
	b.claims(k)
}

// arrived waits until the last message of each side of each case is there.
func (b *busy) arrived() {
	b.Helper()
	for _, k := range b.cases {
		for _, look := range []struct {
			p     *client.Person
			room  string
			words []string
		}{{k.p, k.room, k.staff}, {k.holder, k.inside, k.guest}} {
			_, _, err := look.p.Wait(patient(b), client.Wanted{Room: look.room, From: botID, Any: look.words[len(look.words)-1:]})
			if err != nil {
				shown, _ := look.p.Timeline(b.Context(), look.room)
				b.Logf("%s does not come in\n%s", look.words[len(look.words)-1], transcript(shown))
			}
			b.dump(err)
		}
	}
}

// judgeInside looks at the room of a case as its holder sees it: nothing from when
// they did not have it.
func (b *busy) judgeInside(k *desked) {
	b.Helper()
	b.judge("the room of "+k.name, k.holder, k.inside, k.name, "guest", k.guest, k.seen[k.holder.UserID])
}

// marked are the words by which a message of these tests is known.
var marked = regexp.MustCompile(`(K[0-9]+) (guest|staff) message [0-9]{4}`)

// judge compares what the bot said in a room with what one side of a case wrote, but
// for what was judged before, which a client may show or not. Words of any other case, or of somebody else than who writes there, must not be
// there at all.
func (b *busy) judge(where string, p *client.Person, room, name, side string, want, before []string) {
	b.Helper()
	events, err := p.Timeline(b.Context(), room)
	b.dump(err)
	var got []string
	for _, e := range events {
		hit := marked.FindStringSubmatch(e.Body + e.Edited)
		switch {
		case hit == nil || !e.Message():
		case hit[1] != name || e.Sender == botID && hit[2] != side || e.Sender != botID && hit[2] == side:
			b.wrong++
			b.Errorf("%s has a message of a %s of %s", where, hit[2], hit[1])
		case e.Sender == botID && !slices.Contains(before, hit[0]):
			got = append(got, hit[0])
		}
	}
	count := map[string]int{}
	for _, words := range got {
		count[words]++
	}
	bad := b.lost + b.doubled
	for _, words := range want {
		n := count[words]
		b.lost += max(0, 1-n)
		b.doubled += max(0, n-1)
		delete(count, words)
	}
	b.wrong += len(count) // what nobody wrote to this one
	if b.lost+b.doubled == bad && len(count) == 0 {
		for i, words := range want {
			if got[i] != words {
				b.unordered++
				break
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.Errorf("%s has %d messages of %s instead of %d:\n%s", where, len(got), side, len(want), transcript(events))
	}
}
