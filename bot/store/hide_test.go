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
	if got, want := drain(t, s, id), []string{"an answer", "remove ", "remove $two", "remove $one"}; !slices.Equal(got, want) {
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
