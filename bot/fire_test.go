package bot_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

const question = "Is now all right?\n1 yes\n2 later"

func count(got []string, want string) (n int) {
	for _, s := range got {
		if s == want {
			n++
		}
	}
	return n
}

func TestScheduleComesOnceADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	w.until(w.now.Add(3 * 24 * time.Hour))
	if n := count(w.heard(), question); n != 3 {
		t.Errorf("three days: the question came %d times", n)
	}
}

func TestScheduleFollowsTheZoneAndTheClockChange(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []time.Time{
		time.Date(2026, 3, 27, 12, 0, 0, 0, berlin),
		time.Date(2026, 10, 23, 12, 0, 0, 0, berlin),
	} {
		w := newWorld(t)
		w.now = day
		w.says("hello")
		w.says("daily")
		w.says("zone")
		w.says("Berlin")
		for d := range 5 {
			want := time.Date(day.Year(), day.Month(), day.Day()+d, 21, 0, 0, 0, berlin)
			next, ok, err := w.bot.NextDue(context.Background())
			if err != nil || !ok || !next.Equal(want) {
				t.Fatalf("next is %v, want %v (%v)", next, want, err)
			}
			w.until(want.Add(time.Minute))
			w.says("yes")
		}
		if n := count(w.heard(), question); n != 0 {
			t.Errorf("a question was left over")
		}
	}
}

func TestLateScheduleIsSkippedAndGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	w.now = time.Date(2026, 1, 9, 23, 30, 0, 0, time.UTC) // four nights off, and this one too late
	w.pass()
	if got := w.heard(); len(got) != 0 {
		t.Errorf("after the outage: %q", got)
	}
	w.until(time.Date(2026, 1, 10, 22, 0, 0, 0, time.UTC))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("the evening after: %d questions", n)
	}
	w.now = time.Date(2026, 1, 12, 22, 30, 0, 0, time.UTC) // within two hours: still fresh, once
	w.pass()
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("after an outage of two nights: %d questions, want 1", n)
	}
}

func TestClockSetBackFiresNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	w.until(time.Date(2026, 1, 5, 21, 30, 0, 0, time.UTC))
	w.now = w.now.Add(-time.Hour)
	w.until(time.Date(2026, 1, 5, 23, 0, 0, 0, time.UTC))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("%d questions in one evening", n)
	}
}

func TestStopEndsWhatIsScheduledAndQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	w.net.fail = func(chat.Outgoing) error { return &chat.RetryError{After: 10 * time.Minute} }
	w.until(time.Date(2026, 1, 5, 21, 1, 0, 0, time.UTC)) // the question is queued, not sent
	w.net.fail = nil
	w.handle(w.message(ada, "stop"))
	w.until(w.now.Add(48 * time.Hour))
	if got := w.heard(); !slices.Equal(got, []string{"OK. No more messages."}) {
		t.Errorf("after stop: %q", got)
	}
}

func TestQuietHoldsSchedulesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	if err := w.store.Update(context.Background(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(ada)
		if err != nil {
			return err
		}
		p.QuietUntil = w.now.Add(30 * time.Hour)
		return tx.SavePerson(p)
	}); err != nil {
		t.Fatal(err)
	}
	w.until(w.now.Add(49 * time.Hour))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("two evenings, one of them quiet: %d questions", n)
	}
}

func TestPauseGoesOnAndAStaleTimerDoesNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("waiting")
	w.until(w.now.Add(16 * time.Minute))
	if got := w.heard(); !slices.Equal(got, []string{"The wait is over."}) {
		t.Errorf("after the wait: %q", got)
	}
	w.says("waiting")
	w.says("done")
	w.until(w.now.Add(time.Hour))
	if got := w.heard(); len(got) != 0 {
		t.Errorf("a wait that was ended went on: %q", got)
	}
}

func TestPauseSurvivesARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("waiting")
	w.open()
	w.until(w.now.Add(16 * time.Minute))
	if got := w.heard(); !slices.Equal(got, []string{"The wait is over."}) {
		t.Errorf("after the wait: %q", got)
	}
}

// A pause that ends hours late, because the bot was down, is not taken up in
// the middle of the night.
func TestPauseThatIsLongOverIsDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("waiting")
	w.now = w.now.Add(9 * time.Hour)
	w.pass()
	if got := w.heard(); len(got) != 0 {
		t.Errorf("nine hours late: %q", got)
	}
	if got := w.says("hm"); !slices.Contains(got, "Menu text.") {
		t.Errorf("the next message got %q", got)
	}
}

func TestPacingEditsOneMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.handle(w.message(ada, "move"))
	first := w.net.sent[len(w.net.sent)-1]
	w.until(w.now.Add(4 * time.Second))
	second := w.net.sent[len(w.net.sent)-1]
	if second.Form != chat.FormEdit || second.Target != "$"+first.Key {
		t.Errorf("the second cue is form %d on %q, want an edit of %q", second.Form, second.Target, "$"+first.Key)
	}
	w.heard()
	w.until(w.now.Add(10 * time.Second))
	if got := w.heard(); !slices.Contains(got, "Done breathing.") {
		t.Errorf("after the last cue: %q", got)
	}
}

func TestScheduleWaitsForTheConversationToSettle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	w.now = time.Date(2026, 1, 5, 20, 59, 45, 0, time.UTC)
	w.says("name")
	w.until(w.now.Add(30 * time.Second))
	if n := count(w.heard(), question); n != 0 {
		t.Error("the question came in the middle of an answer")
	}
	w.until(w.now.Add(2 * time.Minute))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("%d questions after the conversation settled", n)
	}
}

func TestNothingUnpromptedInACrowd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	m := w.message(ada, "")
	m.Kind = chat.KindCrowd
	w.handle(m)
	w.heard()
	w.until(w.now.Add(24 * time.Hour))
	if got := w.heard(); len(got) != 0 {
		t.Errorf("sent into a room with others: %q", got)
	}
	w.says("I am alone again")
	w.heard()
	w.until(w.now.Add(24 * time.Hour))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("alone again: %d questions", n)
	}
}

// A wait whose end lies between two milliseconds is over once, not for ever.
func TestWaitThatEndsBetweenMilliseconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.now = w.now.Add(900 * time.Microsecond)
	w.says("hello")
	w.says("waiting")
	w.now = w.now.Add(15*time.Minute - 400*time.Microsecond)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if _, err := w.bot.FireDue(ctx); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatal("firing does not come to an end")
	}
	w.until(w.now.Add(time.Minute))
	if got := w.heard(); !slices.Equal(got, []string{"The wait is over."}) {
		t.Errorf("after the wait: %q", got)
	}
}

// What could not be sent in time is not sent in the night.
func TestQueuedScheduleGrowsTooOldToSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	w.net.fail = func(chat.Outgoing) error { return errors.New("down") }
	w.until(time.Date(2026, 1, 6, 3, 0, 0, 0, time.UTC))
	w.net.fail = nil
	w.until(time.Date(2026, 1, 6, 9, 0, 0, 0, time.UTC))
	if got := w.heard(); len(got) != 0 {
		t.Errorf("hours late: %q", got)
	}
	w.until(time.Date(2026, 1, 6, 21, 1, 0, 0, time.UTC))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("the next evening: %d questions", n)
	}
}

// Putting a schedule off does not make it young again.
func TestPutOffScheduleKeepsItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	w.now = time.Date(2026, 1, 5, 20, 59, 45, 0, time.UTC)
	w.says("name")
	for w.now.Before(time.Date(2026, 1, 5, 23, 5, 0, 0, time.UTC)) { // talks for two hours
		w.until(w.now.Add(50 * time.Second))
		w.says("name")
		w.handle(w.message(ada, "menu"))
		w.says("name")
	}
	w.heard()
	w.until(w.now.Add(time.Hour))
	if n := count(w.heard(), question); n != 0 {
		t.Errorf("%d questions, two hours late", n)
	}
	w.until(time.Date(2026, 1, 6, 21, 1, 0, 0, time.UTC))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("the next evening: %d questions", n)
	}
}

// A schedule that this version of the program cannot read fails once and holds
// up nothing else.
func TestScheduleThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	id := w.person().ID
	err := w.store.Update(context.Background(), func(tx *store.Tx) error {
		return tx.PutSchedule(store.Schedule{
			Person: id, Name: "odd", Flow: "daily.ask", Cron: "every second moon", NextDue: w.now.Add(time.Minute),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.says("zone")
	w.says("Berlin")
	if got := w.person().Vars["zone"]; got != "Europe/Berlin" {
		t.Errorf("the zone is %v", got)
	}
	w.now = w.now.Add(2 * time.Minute)
	for range 2 {
		if _, err := w.bot.FireDue(context.Background()); err != nil {
			t.Errorf("it fails again and again: %v", err)
		}
	}
	if due, err := w.store.DueSchedules(context.Background(), "", w.now, 10); err != nil || len(due) != 0 {
		t.Errorf("still due: %d (%v)", len(due), err)
	}
}
