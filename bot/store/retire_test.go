package store

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestRetire(t *testing.T) { forEach(t, testRetire) }

func testRetire(t *testing.T, db database) {
	s := db.newStore(t)
	id, other := create(t, s, alice), create(t, s, bob)
	for i, at := range []time.Time{start, start.Add(time.Hour), start.Add(2 * time.Hour)} {
		key := []string{"a", "b", "c"}[i]
		mustUpdate(t, s, func(tx *Tx) error { return tx.Enqueue(id, text(key, "text "+key), at) })
		if err := s.Sent(context.Background(), head(t, s, id), "$"+key, at); err != nil {
			t.Fatal(err)
		}
	}
	old, err := s.SentBefore(t.Context(), start.Add(90*time.Minute), 0, 10)
	if err != nil || !slices.Equal(old, []PersonID{id}) {
		t.Fatalf("%v, %v", old, err)
	}
	if rest, err := s.SentBefore(t.Context(), start.Add(90*time.Minute), id, 10); err != nil || len(rest) > 0 {
		t.Errorf("behind the last: %v, %v", rest, err)
	}
	retire := func(want, limit int) {
		t.Helper()
		mustUpdate(t, s, func(tx *Tx) error {
			if err := tx.Own(id); err != nil {
				return err
			}
			n, err := tx.Retire(id, start.Add(90*time.Minute), start.Add(3*time.Hour), limit)
			if n != want {
				t.Errorf("retired %d, want %d", n, want)
			}
			return err
		})
	}
	retire(1, 1)
	retire(1, 10)
	retire(0, 10)
	if got := drain(t, s, id); !slices.Equal(got, []string{"remove $a", "remove $b"}) {
		t.Errorf("lane: %q", got)
	}
	mustUpdate(t, s, func(tx *Tx) error { return tx.Withdraw(id, time.Time{}, start.Add(4*time.Hour)) })
	if got := drain(t, s, id); !slices.Equal(got, []string{"remove $c"}) {
		t.Errorf("all, afterwards: %q", got)
	}
	if got := drain(t, s, other); len(got) > 0 {
		t.Errorf("the other person: %q", got)
	}
}
