package store

import (
	"context"
	"testing"
	"time"
)

func TestHealth(t *testing.T) { forEach(t, testHealth) }

func testHealth(t *testing.T, db database) {
	ctx := context.Background()
	o := db.empty(t)
	s := openStore(t, o)
	if h, err := s.Health(ctx, start); err != nil || h != (Health{}) {
		t.Errorf("of an empty store: %+v, %v", h, err)
	}
	a, b := create(t, s, alice), create(t, s, bob)
	number := use(t, s, "hash", start)
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(a)
		if err != nil {
			return err
		}
		p.Edition = number
		return tx.SavePerson(p)
	})
	mustUpdate(t, s, func(tx *Tx) error {
		for _, err := range []error{
			tx.SetTimer(a, "session", 1, start.Add(-time.Minute)), tx.SetTimer(b, "session", 1, start.Add(time.Minute)),
			tx.PutSchedule(Schedule{Person: a, Name: "never", Flow: "f"}),
			tx.PutSchedule(Schedule{Person: a, Name: "due", Flow: "f", NextDue: start.Add(-time.Hour)}),
			tx.PutSchedule(Schedule{Person: b, Name: "later", Flow: "f", NextDue: start.Add(time.Hour)}),
			tx.Enqueue(a, text("k1", "words"), start.Add(-2*time.Minute)), tx.Enqueue(a, text("k2", "words"), start),
			tx.Enqueue(b, text("k3", "words"), start), tx.Enqueue(b, text("k4", "words"), start),
			tx.Note("crisis", a, start), tx.Note("crisis", b, start), tx.Note("crisis", b, start.Add(-48*time.Hour)),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Bury(ctx, head(t, s, b), "room-gone", start); err != nil {
		t.Fatal(err)
	}
	if err := s.Retry(ctx, head(t, s, b), start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	want := Health{
		People: 2, Talks: 1, Timers: 2, TimersDue: 1, Schedules: 2, SchedulesDue: 1, Late: time.Hour,
		Waiting: 3, Lanes: 2, Due: 1, Lag: 2 * time.Minute, Tries: 1, Dead: 1, DeadDay: 1,
	}
	r, err := OpenReader(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if h, err := r.Health(ctx, start); err != nil || h != want {
		t.Errorf("health %+v, want %+v, %v", h, want, err)
	}
	if h, err := s.Health(ctx, start.Add(48*time.Hour)); err != nil || h.DeadDay != 0 || h.Dead != 1 || h.Due != 2 {
		t.Errorf("two days later: %+v, %v", h, err)
	}
	if notes, err := r.Notes(ctx, start); err != nil || len(notes) != 1 || notes["crisis"] != 2 {
		t.Errorf("notes %v, %v", notes, err)
	}
	if used, err := r.InUse(ctx); err != nil || !used {
		t.Errorf("in use: %v, %v", used, err)
	}
	if err := s.Alive(ctx); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(2 * time.Minute)
	for used := true; used; { // a server needs a moment to end a session
		if used, err = r.InUse(ctx); err != nil || time.Now().After(deadline) {
			t.Fatalf("still in use, %v", err)
		}
	}
	again := openStore(t, o)
	create(t, again, carol)
}
