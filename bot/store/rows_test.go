package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/flow"
)

func TestAdmit(t *testing.T) { forEach(t, testAdmit) }

func testAdmit(t *testing.T, db database) {
	s := db.newStore(t)
	tests := []struct {
		name, network, event string
		fresh                bool
	}{
		{"first", "matrix", "$1", true},
		{"again", "matrix", "$1", false},
		{"another event", "matrix", "$2", true},
		{"another network", "signal", "$1", true},
		{"moved border", "matrix$", "1", true},
	}
	for _, tt := range tests { // in order
		mustUpdate(t, s, func(tx *Tx) error {
			fresh, err := tx.Admit(tt.network, tt.event, start)
			if fresh != tt.fresh {
				t.Errorf("%s: fresh = %v", tt.name, fresh)
			}
			return err
		})
	}
	err := s.Update(context.Background(), func(tx *Tx) error {
		if _, err := tx.Admit("matrix", "$3", start); err != nil {
			t.Error(err)
		}
		return errCaller
	})
	if !errors.Is(err, errCaller) {
		t.Error(err)
	}
	mustUpdate(t, s, func(tx *Tx) error {
		fresh, err := tx.Admit("matrix", "$3", start)
		if !fresh {
			t.Error("an event whose handling failed counts as handled")
		}
		return err
	})
}

func TestItems(t *testing.T) { forEach(t, testItems) }

func testItems(t *testing.T, db database) {
	s := db.newStore(t)
	a, b := create(t, s, alice), create(t, s, bob)
	list := func(tx *Tx, id PersonID, name string, limit int) string {
		t.Helper()
		items, err := tx.Items(id, name, limit)
		if err != nil {
			t.Error(err)
		}
		return texts(items)
	}
	mustUpdate(t, s, func(tx *Tx) error {
		var errs []error
		for i := range 5 {
			errs = append(errs, tx.AddItem(a, "reasons", fmt.Sprint("r", i), fmt.Sprint("$", i/2), start))
		}
		errs = append(errs, tx.AddItem(a, "people", "p", "$0", start), tx.AddItem(b, "reasons", "b", "$0", start))
		return errors.Join(errs...)
	})
	mustView(t, s, func(tx *Tx) error {
		for limit, want := range map[int]string{0: "1:r0 2:r1 3:r2 4:r3 5:r4", 2: "4:r3 5:r4", 9: "1:r0 2:r1 3:r2 4:r3 5:r4"} {
			if got := list(tx, a, "reasons", limit); got != want {
				t.Errorf("limit %d: %q, want %q", limit, got, want)
			}
		}
		if got := list(tx, a, "none", 0); got != "" {
			t.Errorf("a list that is not there: %q", got)
		}
		return nil
	})
	mustUpdate(t, s, func(tx *Tx) error {
		if err := tx.DropItem(a, 2); err != nil {
			return err
		}
		if err := tx.DropItem(b, 5); err != nil { // not b's: no harm done
			return err
		}
		if err := tx.DropItemsOf(a, []string{"", tx.Source(a, "$0")}); err != nil { // r0 and p, in any list
			return err
		}
		if err := tx.AddItem(a, "reasons", "new", "", start); err != nil {
			return err
		}
		if got := list(tx, a, "reasons", 0); got != "3:r2 4:r3 5:r4 7:new" {
			t.Errorf("after dropping: %q", got)
		}
		if got := list(tx, b, "reasons", 0); got != "1:b" {
			t.Errorf("of the other person: %q", got)
		}
		return nil
	})
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.AddItem(99, "l", "x", "", start) }); !errors.Is(err, ErrNotFound) {
		t.Errorf("AddItem for nobody: %v", err)
	}
}

func texts(items []flow.Item) string {
	var b []string
	for _, i := range items {
		b = append(b, fmt.Sprintf("%d:%s", i.ID, i.Text))
	}
	return strings.Join(b, " ")
}

func TestItemNumbersAreNeverGivenAgain(t *testing.T) { forEach(t, testItemNumbersAreNeverGivenAgain) }

func testItemNumbersAreNeverGivenAgain(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	mustUpdate(t, s, func(tx *Tx) error {
		for range 2 {
			if err := tx.AddItem(id, "l", "x", "", start); err != nil {
				return err
			}
		}
		if err := tx.DropItem(id, 2); err != nil {
			return err
		}
		if err := tx.AddItem(id, "l", "y", "", start); err != nil {
			return err
		}
		items, err := tx.Items(id, "l", 0)
		if texts(items) != "1:x 3:y" {
			t.Errorf("items %q", texts(items))
		}
		return err
	})
}

func TestSchedules(t *testing.T) { forEach(t, testSchedules) }

func testSchedules(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	a, b := create(t, s, alice), create(t, s, bob)
	checkin := Schedule{
		Person: a, Name: "checkin", Flow: "checkin.daily", Cron: "0 21 * * *", Zone: "Europe/Berlin",
		FreshFor: 2 * time.Hour, NextDue: start.Add(time.Minute), LastDue: start.Add(-time.Hour),
	}
	never := Schedule{Person: a, Name: "never", Flow: "x"}
	other := Schedule{Person: b, Name: "checkin", Flow: "y", NextDue: start}
	mustUpdate(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutSchedule(checkin), tx.PutSchedule(never), tx.PutSchedule(other))
	})
	checkin.ID, never.ID, other.ID = 1, 2, 3
	read := func(want ...Schedule) {
		t.Helper()
		mustView(t, s, func(tx *Tx) error {
			got, err := tx.Schedules(a)
			if !slices.Equal(got, want) {
				t.Errorf("Schedules = %+v, want %+v", got, want)
			}
			return err
		})
	}
	read(checkin, never)
	for name, tt := range map[string]struct {
		now   time.Time
		limit int
		want  []Schedule
	}{
		"too early": {start.Add(-time.Second), 10, nil},
		"one":       {start, 10, []Schedule{other}},
		"all":       {start.Add(time.Hour), 10, []Schedule{other, checkin}},
		"limited":   {start.Add(time.Hour), 1, []Schedule{other}},
	} {
		if got, err := s.DueSchedules(ctx, "", tt.now, tt.limit); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: DueSchedules = %+v, %v", name, got, err)
		}
	}
	for network, want := range map[string][]Schedule{"matrix": {other, checkin}, "signal": nil} {
		if got, err := s.DueSchedules(ctx, network, start.Add(time.Hour), 10); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: DueSchedules = %+v, %v", network, got, err)
		}
	}
	checkin.Cron, checkin.NextDue, checkin.LastDue = "0 20 * * *", start.Add(24*time.Hour), start
	mustUpdate(t, s, func(tx *Tx) error { return tx.PutSchedule(checkin) })
	read(checkin, never)
	mustView(t, s, func(tx *Tx) error {
		if got, err := tx.LoadSchedule(1); err != nil || got != checkin {
			t.Errorf("LoadSchedule = %+v, %v", got, err)
		}
		if _, err := tx.LoadSchedule(99); !errors.Is(err, ErrNotFound) {
			t.Errorf("LoadSchedule of none: %v", err)
		}
		return nil
	})
	mustUpdate(t, s, func(tx *Tx) error {
		return errors.Join(tx.CancelSchedule(a, "none"), tx.CancelSchedule(a, "never"))
	})
	read(checkin)
	mustUpdate(t, s, func(tx *Tx) error { return errors.Join(tx.PutSchedule(never), tx.CancelSchedule(a, "all")) })
	read()
	if got, err := s.DueSchedules(ctx, "", Forever, 10); err != nil || len(got) != 1 || got[0] != other {
		t.Errorf("left: %+v, %v", got, err)
	}
	// An id is part of send keys: it must not come again.
	mustUpdate(t, s, func(tx *Tx) error { return errors.Join(tx.CancelSchedule(b, "all"), tx.PutSchedule(never)) })
	mustView(t, s, func(tx *Tx) error {
		got, err := tx.Schedules(a)
		if len(got) != 1 || got[0].ID <= 4 {
			t.Errorf("a new schedule after four: %+v", got)
		}
		return err
	})
}

func TestBrokenScheduleDoesNotStopTheOthers(t *testing.T) {
	forEach(t, testBrokenScheduleDoesNotStopTheOthers)
}

func testBrokenScheduleDoesNotStopTheOthers(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	a, b := create(t, s, alice), create(t, s, bob)
	mustUpdate(t, s, func(tx *Tx) error {
		err := errors.Join(
			tx.PutSchedule(Schedule{Person: a, Name: "x", NextDue: start}),
			tx.PutSchedule(Schedule{Person: b, Name: "x", NextDue: start.Add(time.Minute)}))
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE schedule SET body = $1 WHERE id = 1`, []byte("damaged"))
		return err
	})
	for round, want := range []int{0, 1, 1} { // the broken one takes its place once
		list, err := s.DueSchedules(ctx, "", Forever, 1)
		if err != nil || len(list) != want || want == 1 && list[0].Person != b {
			t.Errorf("round %d: %+v, %v", round, list, err)
		}
	}
	if due, ok, err := s.NextDue(ctx); err != nil || !ok || !due.Equal(start.Add(time.Minute)) {
		t.Errorf("NextDue = %v, %v, %v", due, ok, err)
	}
}

func TestTimers(t *testing.T) { forEach(t, testTimers) }

func testTimers(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	a, b := create(t, s, alice), create(t, s, bob)
	mustUpdate(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.SetTimer(a, "wait", 1, start.Add(time.Hour)), tx.SetTimer(a, "wait", 2, start.Add(2*time.Hour)),
			tx.SetTimer(a, "nudge", 1, start.Add(3*time.Hour)), tx.SetTimer(b, "wait", 5, start),
		)
	})
	wait := Timer{Person: a, Kind: "wait", Seq: 2, Due: start.Add(2 * time.Hour)}
	nudge := Timer{Person: a, Kind: "nudge", Seq: 1, Due: start.Add(3 * time.Hour)}
	bobs := Timer{Person: b, Kind: "wait", Seq: 5, Due: start}
	for name, tt := range map[string]struct {
		now   time.Time
		limit int
		want  []Timer
	}{
		"too early": {start.Add(-time.Second), 10, nil},
		"some":      {start.Add(2 * time.Hour), 10, []Timer{bobs, wait}},
		"limited":   {start.Add(9 * time.Hour), 2, []Timer{bobs, wait}},
		"all":       {start.Add(9 * time.Hour), 10, []Timer{bobs, wait, nudge}},
	} {
		if got, err := s.DueTimers(ctx, "", tt.now, tt.limit); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: DueTimers = %+v, %v", name, got, err)
		}
	}
	for network, want := range map[string][]Timer{"matrix": {bobs, wait, nudge}, "signal": nil} {
		if got, err := s.DueTimers(ctx, network, start.Add(9*time.Hour), 10); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: DueTimers = %+v, %v", network, got, err)
		}
	}
	mustUpdate(t, s, func(tx *Tx) error {
		if got, err := tx.LoadTimer(a, "wait"); err != nil || got != wait {
			t.Errorf("LoadTimer = %+v, %v", got, err)
		}
		if err := errors.Join(tx.ClearTimer(a, "wait"), tx.ClearTimer(a, "wait"), tx.ClearTimer(a, "none")); err != nil {
			return err
		}
		if _, err := tx.LoadTimer(a, "wait"); !errors.Is(err, ErrNotFound) {
			t.Errorf("LoadTimer of a cleared one: %v", err)
		}
		return nil
	})
	if err := s.Update(ctx, func(tx *Tx) error { return tx.SetTimer(99, "wait", 1, start) }); err == nil {
		t.Error("a timer for nobody was set")
	}
}

func TestNextDue(t *testing.T) { forEach(t, testNextDue) }

func testNextDue(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	steps := []struct {
		name string
		do   func(tx *Tx) error
		want time.Time
	}{
		{"nothing waits", func(*Tx) error { return nil }, time.Time{}},
		{"a schedule that is never due", func(tx *Tx) error { return tx.PutSchedule(Schedule{Person: id, Name: "n"}) }, time.Time{}},
		{"a schedule", func(tx *Tx) error {
			return tx.PutSchedule(Schedule{Person: id, Name: "s", NextDue: start.Add(3 * time.Hour)})
		}, start.Add(3 * time.Hour)},
		{"a timer", func(tx *Tx) error { return tx.SetTimer(id, "wait", 1, start.Add(2*time.Hour)) }, start.Add(2 * time.Hour)},
		{"a post", func(tx *Tx) error { return tx.Enqueue(id, Post{Key: "k"}, start.Add(time.Hour)) }, start.Add(time.Hour)},
	}
	for _, step := range steps {
		mustUpdate(t, s, step.do)
		got, ok, err := s.NextDue(context.Background())
		if err != nil || ok == step.want.IsZero() || !got.Equal(step.want) {
			t.Errorf("%s: NextDue = %v, %v, %v; want %v", step.name, got, ok, err, step.want)
		}
	}
}

func TestNoteCountsWithoutNames(t *testing.T) { forEach(t, testNoteCountsWithoutNames) }

func testNoteCountsWithoutNames(t *testing.T, db database) {
	s := db.newStore(t)
	mustUpdate(t, s, func(tx *Tx) error {
		return errors.Join(tx.Note("crisis", 1, start), tx.Note("crisis", 2, start), tx.Note("crisis", 2, start.Add(24*time.Hour)), tx.Note("stop", 1, start))
	})
	day := start.Unix() / 86400
	for _, tt := range []struct {
		kind string
		day  int64
		want int
	}{{"crisis", day, 2}, {"crisis", day + 1, 1}, {"stop", day, 1}} {
		if got := count(t, s, `SELECT n FROM note WHERE kind = $1 AND day = $2`, tt.kind, tt.day); got != tt.want {
			t.Errorf("%s on day %d: %d, want %d", tt.kind, tt.day, got, tt.want)
		}
	}
}

func TestKeyIsStableAndTellsNothing(t *testing.T) { forEach(t, testKeyIsStableAndTellsNothing) }

func testKeyIsStableAndTellsNothing(t *testing.T, db database) {
	s, other := db.newStore(t), db.newStore(t)
	key := func(s *Store, domain string, parts ...any) (k string) {
		mustView(t, s, func(tx *Tx) error { k = tx.Key(domain, parts...); return nil })
		return k
	}
	base := key(s, "event", "$abc", 1)
	if len(base) != 22 || strings.Contains(base, "abc") {
		t.Errorf("key %q", base)
	}
	if again := key(s, "event", "$abc", int64(1)); again != base {
		t.Errorf("the same parts give %q and %q", base, again)
	}
	seen := map[string]string{base: "base"}
	for name, k := range map[string]string{
		"other store":       key(other, "event", "$abc", 1),
		"other domain":      key(s, "schedule", "$abc", 1),
		"other number":      key(s, "event", "$abc", 2),
		"number as text":    key(s, "event", "$abc", "1"),
		"moved border":      key(s, "event", "$ab", "c", 1),
		"hidden text":       key(s, "event", chat.Text("aaaa"), 1),
		"other hidden text": key(s, "event", chat.Text("bbbb"), 1),
		"time":              key(s, "event", start),
		"bool":              key(s, "event", true),
		"unsigned":          key(s, "event", uint8(1)),
		"float":             key(s, "event", 1.0),
		"bytes":             key(s, "event", []byte("1")),
		"person":            key(s, "event", PersonID(1)),
		"none":              key(s, "event"),
	} {
		if twin, ok := seen[k]; ok {
			t.Errorf("%s and %s share a key", name, twin)
		}
		seen[k] = name
	}
	var p *PanicError
	if err := s.View(context.Background(), func(tx *Tx) error { tx.Key("x", struct{}{}); return nil }); !errors.As(err, &p) {
		t.Errorf("a part of no known sort: %v", err)
	}
}

func TestCountsAndPrune(t *testing.T) { forEach(t, testCountsAndPrune) }

func testCountsAndPrune(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	id := create(t, s, alice)
	const events = pruneBatch + 10
	mustUpdate(t, s, func(tx *Tx) error {
		for i := range events {
			if _, err := tx.Admit("matrix", fmt.Sprint(i), start.Add(time.Duration(i)*time.Millisecond)); err != nil {
				return err
			}
		}
		return errors.Join(
			tx.SetTimer(id, "wait", 1, start), tx.PutSchedule(Schedule{Person: id, Name: "s"}),
			tx.Enqueue(id, Post{Key: "sent"}, start), tx.Enqueue(id, Post{Key: "dead"}, start), tx.Enqueue(id, Post{Key: "waits"}, start),
		)
	})
	p, _, err := s.Head(ctx, int64(id))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sent(ctx, p, "$sent", start); err != nil {
		t.Fatal(err)
	}
	if p, _, err = s.Head(ctx, int64(id)); err != nil {
		t.Fatal(err)
	}
	if err := s.Bury(ctx, p, "room-gone", start); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Counts(ctx); err != nil || got != (Counts{People: 1, Outbox: 1, Timers: 1, Schedules: 1, Dead: 1}) {
		t.Errorf("Counts = %+v, %v", got, err)
	}
	steps := []struct {
		name        string
		now         time.Time
		pruned      int
		inbox, sent int
	}{
		{"the same day", start, 0, events, 2},
		{"seven days", start.Add(sentAge), 0, events, 2},
		{"a moment later", start.Add(sentAge + time.Millisecond), 2, events, 0},
		{"sixty days and five", start.Add(inboxAge + 5*time.Millisecond), 5, events - 5, 0},
		{"later", start.Add(2 * inboxAge), events - 5, 0, 0},
	}
	for _, step := range steps {
		n, err := s.Prune(ctx, step.now)
		if err != nil || n != step.pruned {
			t.Errorf("%s: Prune = %d, %v; want %d", step.name, n, err, step.pruned)
		}
		inbox, sent := count(t, s, `SELECT COUNT(*) FROM inbox`), count(t, s, `SELECT COUNT(*) FROM sent`)
		if inbox != step.inbox || sent != step.sent {
			t.Errorf("%s: %d and %d left, want %d and %d", step.name, inbox, sent, step.inbox, step.sent)
		}
	}
}
