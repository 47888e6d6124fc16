package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"handrail/bot/chat"
)

// drain settles everything in a lane and tells what it was.
func drain(t *testing.T, s *Store, id PersonID) (got []string) {
	t.Helper()
	for range 100 {
		p, ok, err := s.Head(context.Background(), int64(id))
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return got
		}
		what := string(p.Out.Text)
		if p.Out.Form == chat.FormRemove {
			what = "remove " + p.Out.Target
		}
		got = append(got, what)
		mustSent(t, s, p, "$event-of-"+p.Key)
	}
	t.Fatal("the lane does not end")
	return nil
}

func TestWithdraw(t *testing.T) { forEach(t, testWithdraw) }

func testWithdraw(t *testing.T, db database) {
	s := db.newStore(t)
	id, other := create(t, s, alice), create(t, s, bob)
	enqueue(t, s, other, start, text("kept", "of another person"))
	for i, key := range []string{"old", "one", "two"} {
		enqueue(t, s, id, start, text(key, key))
		if err := s.Sent(context.Background(), head(t, s, id), "$"+key, start.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	now := start.Add(2 * time.Hour)
	hide := func() {
		t.Helper()
		mustUpdate(t, s, func(tx *Tx) error { return tx.Withdraw(id, now.Add(-90*time.Minute), now) })
	}
	enqueue(t, s, id, now, text("three", "never sent"), text("four", "never sent either"))
	hide()
	hide() // twice is once
	enqueue(t, s, id, now, text("five", "an answer"))
	if p := head(t, s, id); string(p.Out.Text) != "an answer" || p.Unprompted {
		t.Fatalf("an answer has to wait: %q", string(p.Out.Text))
	}
	if got, want := drain(t, s, id), []string{"an answer", "remove $two", "remove $one", "remove "}; !slices.Equal(got, want) {
		t.Errorf("lane %q, want %q", got, want)
	}
	if l := readLane(t, s, id); l.try != idle || l.sent != l.next-1 {
		t.Errorf("the lane does not rest: %+v", l)
	}
	mustUpdate(t, s, func(tx *Tx) error { return tx.Withdraw(id, time.Time{}, now) })
	got := drain(t, s, id)
	if slices.Sort(got); !slices.Equal(got, []string{"remove $event-of-five", "remove $old"}) {
		t.Errorf("everything: %q", got)
	}
	if got := drain(t, s, other); !slices.Equal(got, []string{"of another person"}) {
		t.Errorf("another person's lane %q", got)
	}
}

func TestWithdrawFromARoomOfBefore(t *testing.T) { forEach(t, testWithdrawFromARoomOfBefore) }

// testWithdrawFromARoomOfBefore: a message is taken back where it is, and that
// need not be where the person writes from now.
func testWithdrawFromARoomOfBefore(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	there := func(key string) Post {
		return Post{Key: key, Out: chat.Outgoing{To: alice, Text: "words"}}
	}
	enqueue(t, s, id, start, there("one"), there("two"), there("three"))
	mustSent(t, s, head(t, s, id), "$one")
	if err := s.SentByKey(context.Background(), "matrix", "two", "$two", start); err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err != nil {
			return err
		}
		if p.Addr.Room = "!new:example.org"; p.Addr.Room == alice.Room {
			t.Fatal("no other room")
		}
		if err := tx.SavePerson(p); err != nil {
			return err
		}
		_, _, err = tx.Renew(p, start.Add(-time.Hour), start)
		return err
	})
	for _, want := range []string{"$two", "$one", ""} { // the newest first; that on its way must be asked for
		p := head(t, s, id+1)
		if p.Out.Form != chat.FormRemove || p.Out.Target != want || p.Out.To != alice {
			t.Errorf("removal of %q, want %q, in room %q", p.Out.Target, want, p.Out.To.Room)
		}
		mustSent(t, s, p, "$removal")
	}
}
