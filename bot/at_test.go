package bot_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"handrail/bot/store"
)

// dated are scripts that start something at a date.
var dated = map[string]string{
	"court": `
flow: court
title: Court
start: [court]
steps:
  - at: court
    flow: daily.ask
    date: +7d
    time: "21:00"
    fresh_for: 2h
  - say: The date is set.
`,
	"no.court": `
flow: no.court
title: No court
start: [no court]
steps:
  - cancel: court
  - say: The date is gone.
`,
}

// with opens the world anew with more scripts.
func (w *world) with(more map[string]string) *world {
	w.t.Helper()
	all := maps.Clone(scripts)
	maps.Copy(all, more)
	w.lib = library(w.t, all)
	w.open()
	return w
}

func TestDateComesOnceAndGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(dated)
	w.says("hello")
	w.says("court")
	w.until(w.now.Add(3 * 24 * time.Hour))
	w.open() // a restart in between
	w.until(time.Date(2026, 1, 12, 20, 59, 0, 0, time.UTC))
	if got := w.heard(); count(got, question) != 0 {
		t.Fatalf("before its time: %q", got)
	}
	w.until(w.now.Add(60 * 24 * time.Hour))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("it came %d times", n)
	}
	c, err := w.store.Counts(context.Background())
	if err != nil || c.Schedules != 0 {
		t.Errorf("%d schedules are left, %v", c.Schedules, err)
	}
}

func TestDateKeepsItsWallClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(dated)
	w.says("hello")
	w.says("court")
	w.says("zone")
	w.says("Tokyo")
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	next, ok, err := w.bot.NextDue(context.Background())
	if want := time.Date(2026, 1, 12, 21, 0, 0, 0, tokyo); err != nil || !ok || !next.Equal(want) {
		t.Errorf("after the move it is due %v, want %v (%v)", next, want, err)
	}
}

// TestDateThatIsOverWhereThePersonIsNow: a move across zones may leave the moment
// behind. It still comes when it would have come.
func TestDateThatIsOverWhereThePersonIsNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(dated)
	w.says("hello")
	w.says("court")
	w.until(time.Date(2026, 1, 12, 20, 0, 0, 0, time.UTC))
	w.says("zone")
	w.says("Tokyo") // where it is five in the morning of the day after
	w.says("skip")
	w.until(time.Date(2026, 1, 12, 21, 5, 0, 0, time.UTC))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("it came %d times", n)
	}
}

func TestDateCancelledOrLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(dated)
	w.says("hello")
	w.says("court")
	w.says("no court")
	w.until(w.now.Add(30 * 24 * time.Hour))
	if n := count(w.heard(), question); n != 0 {
		t.Errorf("cancelled, and it came %d times", n)
	}
	w.says("court")
	w.now = w.now.Add(7*24*time.Hour + 5*time.Hour) // the program was off, for too long
	w.pass()
	if n := count(w.heard(), question); n != 0 {
		t.Errorf("too late, and it came %d times", n)
	}
	var left []store.Schedule
	err := w.store.View(context.Background(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(ada)
		if err != nil {
			return err
		}
		left, err = tx.Schedules(p.ID)
		return err
	})
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %d, %v", len(left), err)
	}
}
