package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"handrail/bot/chat"
)

// lane is the lane's row as the tests look at it.
type laneRow struct{ next, sent, try, attempts int64 }

const idle = -1

func readLane(t *testing.T, s *Store, id PersonID) (l laneRow) {
	t.Helper()
	mustView(t, s, func(tx *Tx) error {
		return tx.row(`SELECT next_seq, sent_seq, COALESCE(next_try, -1), attempts FROM lane WHERE person = $1`,
			[]any{int64(id)}, &l.next, &l.sent, &l.try, &l.attempts)
	})
	return l
}

func enqueue(t *testing.T, s *Store, id PersonID, now time.Time, posts ...Post) {
	t.Helper()
	mustUpdate(t, s, func(tx *Tx) error {
		for _, p := range posts {
			if err := tx.Enqueue(id, p, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func head(t *testing.T, s *Store, id PersonID) Parcel {
	t.Helper()
	p, ok, err := s.Head(context.Background(), int64(id))
	if err != nil || !ok {
		t.Fatalf("Head = %v, %v", ok, err)
	}
	return p
}

func mustSent(t *testing.T, s *Store, p Parcel, event string) {
	t.Helper()
	if err := s.Sent(context.Background(), p, event, start); err != nil {
		t.Fatal(err)
	}
}

func text(key, words string) Post { return Post{Key: key, Out: chat.Outgoing{Text: chat.Text(words)}} }

func TestLaneGoesInOrderAndRests(t *testing.T) { forEach(t, testLaneGoesInOrderAndRests) }

func testLaneGoesInOrderAndRests(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	id := create(t, s, alice)
	if l := readLane(t, s, id); l != (laneRow{1, 0, idle, 0}) {
		t.Errorf("a new lane: %+v", l)
	}
	enqueue(t, s, id, start, text("a", "1"), text("b", "2"))
	enqueue(t, s, id, start.Add(time.Minute), text("c", "3"))
	if l := readLane(t, s, id); l != (laneRow{4, 0, start.UnixMilli(), 0}) {
		t.Errorf("a full lane: %+v", l)
	}
	for i, key := range []string{"a", "b", "c"} {
		p := head(t, s, id)
		if p.Key != key || p.Seq != int64(i+1) {
			t.Fatalf("head %d is %s", p.Seq, p.Key)
		}
		mustSent(t, s, p, "$"+key)
		mustSent(t, s, p, "$"+key) // again: nothing happens
	}
	if l := readLane(t, s, id); l != (laneRow{4, 3, idle, 0}) {
		t.Errorf("an empty lane: %+v", l)
	}
	if _, ok, err := s.Head(ctx, int64(id)); ok || err != nil {
		t.Errorf("Head of an empty lane: %v, %v", ok, err)
	}
	if _, ok, err := s.Head(ctx, 99); ok || err != nil {
		t.Errorf("Head of no lane: %v, %v", ok, err)
	}
	enqueue(t, s, id, start, text("d", "4"))
	if p := head(t, s, id); p.Seq != 4 || p.Key != "d" {
		t.Errorf("after the rest: %+v", p)
	}
}

func TestDueLanes(t *testing.T) { forEach(t, testDueLanes) }

func testDueLanes(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	a, b, c := create(t, s, alice), create(t, s, bob), create(t, s, carol)
	enqueue(t, s, b, start, text("b", "x"))
	enqueue(t, s, a, start.Add(time.Second), text("a", "x"))
	enqueue(t, s, c, start, text("c", "x"))
	for name, tt := range map[string]struct {
		network string
		now     time.Time
		limit   int
		want    []int64
	}{
		"too early":     {"matrix", start.Add(-1), 10, nil},
		"one":           {"matrix", start, 10, []int64{int64(b)}},
		"both":          {"matrix", start.Add(time.Second), 10, []int64{int64(b), int64(a)}},
		"limited":       {"matrix", start.Add(time.Second), 1, []int64{int64(b)}},
		"other network": {"signal", start.Add(time.Second), 10, []int64{int64(c)}},
		"no network":    {"", start.Add(time.Second), 10, nil},
	} {
		if got, err := s.DueLanes(ctx, tt.network, tt.now, tt.limit); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: DueLanes = %v, %v; want %v", name, got, err, tt.want)
		}
	}
}

func TestDueAnswers(t *testing.T) { forEach(t, testDueAnswers) }

// testDueAnswers: of a crowd to whom something comes by itself, those are found
// to whom an answer is owed, wherever it stands in their lane.
func testDueAnswers(t *testing.T, db database) {
	s := db.newStore(t)
	a, b, c := create(t, s, alice), create(t, s, bob), create(t, s, carol)
	for i, id := range []PersonID{a, b, c} {
		itself := text("itself"+strconv.Itoa(i), "x")
		itself.Unprompted = true
		enqueue(t, s, id, start, itself)
	}
	find := func(network string, now time.Time, limit int, want ...int64) {
		t.Helper()
		if got, err := s.DueAnswers(t.Context(), network, now, limit); err != nil || !slices.Equal(got, want) {
			t.Errorf("DueAnswers = %v, %v; want %v", got, err, want)
		}
	}
	find("matrix", start, 10)
	enqueue(t, s, b, start.Add(time.Minute), text("answer", "x"))
	enqueue(t, s, b, start.Add(time.Minute), text("and another", "x"))
	enqueue(t, s, c, start.Add(time.Minute), text("on signal", "x"))
	find("matrix", start, 10, int64(b))
	find("signal", start, 10, int64(c))
	find("matrix", start.Add(-1), 10)
	find("", start, 10)
	enqueue(t, s, a, start.Add(time.Minute), text("later", "x"))
	find("matrix", start, 1, int64(a))
	find("matrix", start, 10, int64(a), int64(b))
	for range 3 { // all that waits for bob
		p, ok, err := s.Head(t.Context(), int64(b))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if err := s.Sent(t.Context(), p, "$"+p.Key, start); err != nil {
			t.Fatal(err)
		}
	}
	find("matrix", start.Add(time.Hour), 10, int64(a))
}

func TestRetryHoldsTheLane(t *testing.T) { forEach(t, testRetryHoldsTheLane) }

func testRetryHoldsTheLane(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	id := create(t, s, alice)
	enqueue(t, s, id, start, text("a", "1"), text("b", "2"))
	later := start.Add(time.Minute)
	for n := int64(1); n <= 2; n++ {
		if err := s.Retry(ctx, head(t, s, id), later); err != nil {
			t.Fatal(err)
		}
		if l := readLane(t, s, id); l != (laneRow{3, 0, later.UnixMilli(), n}) {
			t.Errorf("after %d failures: %+v", n, l)
		}
	}
	enqueue(t, s, id, start, text("c", "3"))
	if l := readLane(t, s, id); l.try != later.UnixMilli() {
		t.Error("a new post ended the pause")
	}
	p := head(t, s, id)
	if p.Key != "a" || p.Attempts != 2 {
		t.Errorf("head %+v", p)
	}
	mustSent(t, s, p, "$a")
	if l := readLane(t, s, id); l != (laneRow{4, 1, start.UnixMilli(), 0}) {
		t.Errorf("after success: %+v", l)
	}
	// The network's echo settled it while the sender thought it had failed.
	if err := s.Retry(ctx, p, later); err != nil {
		t.Fatal(err)
	}
	if l := readLane(t, s, id); l != (laneRow{4, 1, start.UnixMilli(), 0}) {
		t.Errorf("a late retry moved the lane: %+v", l)
	}
}

func TestBuryLeavesNoContent(t *testing.T) { forEach(t, testBuryLeavesNoContent) }

func testBuryLeavesNoContent(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	id := create(t, s, alice)
	reasons := map[string]string{
		"room-gone": "room-gone", "left_room": "left_room", "": "other", "no room !a:example.org": "other",
		"averylongreasonthatmaybeawordthatapersonwrote": "other", "Room": "other", "40": "other",
	}
	for reason, want := range reasons {
		enqueue(t, s, id, start, text("k"+reason, "words"))
		p := head(t, s, id)
		for range 2 {
			if err := s.Bury(ctx, p, reason, start); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, s, `SELECT COUNT(*) FROM dead WHERE person = $1 AND seq = $2 AND reason = $3`, int64(id), p.Seq, want); n != 1 {
			t.Errorf("reason %q: %d rows with %q", reason, n, want)
		}
	}
	if n := count(t, s, `SELECT COUNT(*) FROM outbox`); n != 0 {
		t.Errorf("%d bodies left", n)
	}
	if l := readLane(t, s, id); l.try != idle || l.sent != int64(len(reasons)) {
		t.Errorf("lane %+v", l)
	}
}

func TestSentByKey(t *testing.T) { forEach(t, testSentByKey) }

func testSentByKey(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	id := create(t, s, alice)
	enqueue(t, s, id, start, text("a", "1"), text("b", "2"), text("c", "3"))
	by := func(network, key string) {
		t.Helper()
		if err := s.SentByKey(ctx, network, key, "$"+key, start); err != nil {
			t.Error(err)
		}
	}
	by("matrix", "unknown")
	by("signal", "a") // another network's key
	if l := readLane(t, s, id); l.sent != 0 {
		t.Errorf("lane %+v", l)
	}
	by("matrix", "a")
	by("matrix", "a")
	if l := readLane(t, s, id); l != (laneRow{4, 1, start.UnixMilli(), 0}) {
		t.Errorf("lane %+v", l)
	}
	// Out of order: what waits in front keeps its place.
	by("matrix", "c")
	if p := head(t, s, id); p.Key != "b" {
		t.Errorf("head %s", p.Key)
	}
	if l := readLane(t, s, id); l.try == idle {
		t.Error("the lane rests while a post waits")
	}
	p := head(t, s, id)
	by("matrix", "b")
	mustSent(t, s, p, "$b") // the sender's own answer, after the echo
	if _, ok, err := s.Head(ctx, int64(id)); ok || err != nil {
		t.Errorf("Head = %v, %v", ok, err)
	}
	if l := readLane(t, s, id); l != (laneRow{4, 3, idle, 0}) {
		t.Errorf("lane %+v", l)
	}
	for _, key := range []string{"a", "b", "c"} {
		if got, who, ok, err := s.SentKey(ctx, "matrix", "$"+key); got != key || who != id || !ok || err != nil {
			t.Errorf("SentKey($%s) = %q, %d, %v, %v", key, got, who, ok, err)
		}
	}
	for _, miss := range [][2]string{{"signal", "$a"}, {"matrix", "$unknown"}, {"matrix", ""}} {
		if key, _, ok, err := s.SentKey(ctx, miss[0], miss[1]); ok || err != nil || key != "" {
			t.Errorf("SentKey(%v) = %q, %v, %v", miss, key, ok, err)
		}
	}
}

func TestEditFindsItsTarget(t *testing.T) { forEach(t, testEditFindsItsTarget) }

func testEditFindsItsTarget(t *testing.T, db database) {
	tests := []struct {
		name   string
		form   chat.Form
		before func(t *testing.T, s *Store, p Parcel)
		want   chat.Form
		target string
	}{
		{"sent", chat.FormText, func(t *testing.T, s *Store, p Parcel) { mustSent(t, s, p, "$first") }, chat.FormEdit, "$first"},
		{"sent, form given", chat.FormEdit, func(t *testing.T, s *Store, p Parcel) { mustSent(t, s, p, "$first") }, chat.FormEdit, "$first"},
		{"known from the echo", chat.FormEdit, func(t *testing.T, s *Store, p Parcel) {
			if err := s.SentByKey(context.Background(), "matrix", p.Key, "$echo", start); err != nil {
				t.Fatal(err)
			}
		}, chat.FormEdit, "$echo"},
		{"buried", chat.FormEdit, func(t *testing.T, s *Store, p Parcel) {
			if err := s.Bury(context.Background(), p, "gone", start); err != nil {
				t.Fatal(err)
			}
		}, chat.FormText, ""},
		{"forgotten", chat.FormEdit, func(t *testing.T, s *Store, p Parcel) {
			mustSent(t, s, p, "$first")
			if _, err := s.Prune(context.Background(), start.Add(2*sentAge)); err != nil {
				t.Fatal(err)
			}
		}, chat.FormText, ""},
		{"removal of a sent one", chat.FormRemove, func(t *testing.T, s *Store, p Parcel) { mustSent(t, s, p, "$first") }, chat.FormRemove, "$first"},
		{"removal of none", chat.FormRemove, func(t *testing.T, s *Store, p Parcel) {
			if err := s.Bury(context.Background(), p, "gone", start); err != nil {
				t.Fatal(err)
			}
		}, chat.FormRemove, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := db.newStore(t)
			id := create(t, s, alice)
			enqueue(t, s, id, start, text("first", "in"), Post{Key: "second", EditOf: "first", Out: chat.Outgoing{Form: tt.form, Text: "out"}})
			tt.before(t, s, head(t, s, id))
			p := head(t, s, id)
			if p.Key != "second" || p.Out.Form != tt.want || p.Out.Target != tt.target || p.Out.Text != "out" {
				t.Errorf("Head: form %d, target %q", p.Out.Form, p.Out.Target)
			}
		})
	}
}

func TestBrokenPostDoesNotStopItsLane(t *testing.T) { forEach(t, testBrokenPostDoesNotStopItsLane) }

func testBrokenPostDoesNotStopItsLane(t *testing.T, db database) {
	tests := []struct {
		name, damage string
		left         string
		dead         int
	}{
		{"first", `UPDATE outbox SET body = $1 WHERE seq = 1`, "bc", 1},
		{"last", `UPDATE outbox SET body = $1 WHERE seq = 3`, "ab", 1},
		{"all", `UPDATE outbox SET body = $1`, "", 3},
		{"key gone", `DELETE FROM person_key WHERE wrapped <> $1`, "", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := db.newStore(t)
			s.keys = newKeyCache(0)
			id := create(t, s, alice)
			enqueue(t, s, id, start, text("a", "1"), text("b", "2"), text("c", "3"))
			mustUpdate(t, s, func(tx *Tx) error { _, err := tx.exec(tt.damage, []byte("damaged")); return err })
			left := ""
			for {
				p, ok, err := s.Head(context.Background(), int64(id))
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				left += p.Key
				mustSent(t, s, p, "$"+p.Key)
			}
			if left != tt.left {
				t.Errorf("left %q, want %q", left, tt.left)
			}
			if n := count(t, s, `SELECT COUNT(*) FROM dead WHERE reason = 'broken'`); n != tt.dead {
				t.Errorf("%d dead, want %d", n, tt.dead)
			}
			if l := readLane(t, s, id); l != (laneRow{4, 3, idle, 0}) {
				t.Errorf("lane %+v", l)
			}
		})
	}
}

func TestLaneWithoutAddressSleeps(t *testing.T) { forEach(t, testLaneWithoutAddressSleeps) }

func testLaneWithoutAddressSleeps(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	id := create(t, s, alice)
	enqueue(t, s, id, start, text("a", "1"))
	mustUpdate(t, s, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE person SET address = $1`, []byte("damaged"))
		return err
	})
	if _, ok, err := s.Head(ctx, int64(id)); ok || !errors.Is(err, ErrBroken) {
		t.Fatalf("Head = %v, %v; want ErrBroken", ok, err)
	}
	if lanes, err := s.DueLanes(ctx, "matrix", Forever, 9); err != nil || len(lanes) != 0 {
		t.Errorf("due lanes %v, %v", lanes, err)
	}
	// The person writes: their address is known again, and nothing was lost.
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(alice)
		if !errors.Is(err, ErrBroken) {
			return err
		}
		return errors.Join(tx.SavePerson(p), tx.Enqueue(id, text("b", "2"), start))
	})
	if lanes, err := s.DueLanes(ctx, "matrix", start, 9); err != nil || len(lanes) != 1 {
		t.Errorf("due lanes %v, %v", lanes, err)
	}
	if p := head(t, s, id); p.Key != "a" || p.Out.To != alice {
		t.Errorf("head %s", p.Key)
	}
}

func TestHeadFollowsTheRoom(t *testing.T) { forEach(t, testHeadFollowsTheRoom) }

func testHeadFollowsTheRoom(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	enqueue(t, s, id, start, text("a", "1"))
	moved := alice
	moved.Room = "!moved:example.org"
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(alice)
		if err != nil {
			return err
		}
		p.Addr = moved
		return tx.SavePerson(p)
	})
	if p := head(t, s, id); p.Out.To != moved {
		t.Error("the post goes to the old room")
	}
}

func TestNearer(t *testing.T) { forEach(t, testNearer) }

// testNearer: what was to be tried again by a clock that was ahead is tried when
// the clock is right again; a pause that is no longer than it may be stays.
func testNearer(t *testing.T, db database) {
	s := db.newStore(t)
	a, b, c := create(t, s, alice), create(t, s, bob), create(t, s, carol)
	for id, ahead := range map[PersonID]time.Duration{a: 0, b: 10 * time.Minute, c: 24 * time.Hour} {
		enqueue(t, s, id, start.Add(ahead), text("x"+strconv.Itoa(int(id)), "x"))
	}
	if n, err := s.Nearer(t.Context(), start, 10*time.Minute); err != nil || n != 1 {
		t.Errorf("%d brought nearer, %v; want 1", n, err)
	}
	for id, want := range map[PersonID]time.Time{a: start, b: start.Add(10 * time.Minute), c: start} {
		if got := readLane(t, s, id).try; got != millis(want) {
			t.Errorf("lane %d is tried at %d, want %d", id, got, millis(want))
		}
	}
	if n, err := s.Nearer(t.Context(), start, 10*time.Minute); err != nil || n != 0 {
		t.Errorf("%d brought nearer once more, %v", n, err)
	}
}
