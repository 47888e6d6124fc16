package bot_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/flow"
	"handrail/bot/schedule"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

// togetherPeople are more than fit into one commit.
const togetherPeople = 400

// fates are what may be the case with somebody who is due. Everybody gets one.
var fates = []struct {
	name string
	set  func(w *world, p *store.Person, s *store.Schedule)
}{
	{"nothing", nil},
	{"stopped", func(_ *world, p *store.Person, _ *store.Schedule) { p.QuietUntil = store.Forever }},
	{"in the middle of a talk", func(w *world, p *store.Person, _ *store.Schedule) {
		p.Seen = w.now.Add(-20 * time.Second)
		p.Session = flow.Session{Seq: 3, Frames: []flow.Frame{{Flow: "name", Rev: "old"}}}
	}},
	{"heard something a moment ago", func(w *world, p *store.Person, _ *store.Schedule) {
		p.Vars["_prompted"] = float64(w.now.Add(-10 * time.Minute).UnixMilli())
		p.Vars["_prompt_flow"] = "daily.ask"
	}},
	{"with others in the room", func(_ *world, p *store.Person, _ *store.Schedule) { p.Vars["_crowd"] = true }},
	{"a flow that is gone", func(_ *world, _ *store.Person, s *store.Schedule) { s.Flow = "nowhere" }},
	{"once", func(w *world, _ *store.Person, s *store.Schedule) {
		s.Cron = schedule.Moment(w.now.Add(-time.Minute)).String()
	}},
	{"a time that cannot be read", func(_ *world, _ *store.Person, s *store.Schedule) { s.Cron = "from a newer program" }},
	{"another zone", func(_ *world, p *store.Person, _ *store.Schedule) { p.Vars["zone"] = "Asia/Kathmandu" }},
	{"too late", func(w *world, _ *store.Person, s *store.Schedule) { s.NextDue = w.now.Add(-3 * time.Hour) }},
	{"a script that reads a list", func(_ *world, _ *store.Person, s *store.Schedule) { s.Flow = "reads" }},
	{"a script that breaks", func(_ *world, p *store.Person, s *store.Schedule) {
		s.Flow, p.Vars["times"] = "breaks", "no number"
	}},
	{"damaged", nil},
	{"does not reply", func(_ *world, _ *store.Person, s *store.Schedule) { s.Flow = "unanswered" }},
	{"a pause, and then a script that breaks", func(_ *world, p *store.Person, s *store.Schedule) {
		s.Flow, p.Vars["times"] = "pauses", "no number"
	}},
	{"a pause", func(_ *world, _ *store.Person, s *store.Schedule) { s.Flow = "pauses" }},
}

var togetherScripts = map[string]string{
	"reads": `
flow: reads
title: Reads
steps:
  - show: names
    none: You wrote nothing down.
  - keep: {list: names, text: seen}
`,
	"agreed.again": `
flow: agreed.again
title: Again
steps:
  - ask: Shall it go on?
    greeting: true
    yes_no: {"yes": {consent: again}, "no": {consent: end}}
    no_reply: {after: 2h, end: }
`,
	"unanswered": `
flow: unanswered
title: Unanswered
steps:
  - ask: Is this a good moment?
    yes_no: {"yes": {}, "no": {}}
    no_reply: {after: 30m, say: Another time.}
  - say: It is.
`,
	"pauses": `
flow: pauses
title: Pauses
steps:
  - say: A pause.
  - wait: 30m
  - keep: {list: names, text: paused}
  - wait: 10m
  - if: times > 3
    do:
      - say: Many.
  - say: It is over.
`,
	"breaks": `
flow: breaks
title: Breaks
steps:
  - if: times > 3
    do:
      - say: Many.
  - say: Few.
  - set: {times: 4}
`,
}

// TestTogether compares what becomes of a crowd that is due in the same minute,
// fired together, with the same crowd fired one by one.
func TestTogether(t *testing.T) {
	t.Parallel()
	server := pgtest.ForTest(t, "")
	single := newCrowdOf(t, "", 1)
	want := single.fire()
	n := len(single.net.sent)
	later := []map[string]string{single.pause(31 * time.Minute), single.pause(10 * time.Minute)}
	if timed := len(single.net.sent) - n; n < togetherPeople/4 || timed < togetherPeople/16 {
		t.Fatalf("only %d messages, and %d of timers", n, timed)
	}
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			address := ""
			if database == "postgres" {
				address = server.Empty(t)
			}
			w := newCrowdOf(t, address, 8)
			compare(t, w.fire(), want)
			compare(t, w.pause(31*time.Minute), later[0])
			compare(t, w.pause(10*time.Minute), later[1])
			if n, err := w.bot.FireDue(t.Context()); n != 0 || err != nil {
				t.Errorf("%d are still due: %v", n, err)
			}
		})
	}
}

func compare(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, who := range slices.Sorted(maps.Keys(want)) {
		if got[who] != want[who] {
			t.Errorf("%s: together\n%s\none by one\n%s", who, got[who], want[who])
		}
	}
}

// pause is fire after a while: what comes then are timers.
func (w *world) pause(long time.Duration) map[string]string {
	w.t.Helper()
	w.now = w.now.Add(long)
	return w.fire()
}

// newCrowdOf makes the people.
func newCrowdOf(t *testing.T, database string, workers int) *world {
	t.Helper()
	w := newWorldOn(t, database)
	files := maps.Clone(scripts)
	maps.Copy(files, togetherScripts)
	w.lib, w.workers = library(t, files), workers
	w.open()
	plan, err := schedule.Daily("19:59", nil)
	if err != nil {
		t.Fatal(err)
	}
	var broken []string
	err = w.store.Update(t.Context(), func(tx *store.Tx) error {
		for i := range togetherPeople {
			fate := fates[i%len(fates)]
			p, err := tx.CreatePerson(person(fmt.Sprintf("p%03d", i)), w.now.Add(-48*time.Hour))
			if err != nil {
				return err
			}
			p.Vars = map[string]any{"welcomed": true, "consent_other": "2026-01-01 v0", "_guarded": `{"consent_other":"2026-01-01 v0"}`}
			s := store.Schedule{
				Person: p.ID, Name: "daily", Flow: "daily.ask", Cron: plan.String(), FreshFor: 2 * time.Hour,
				NextDue: w.now.Add(-time.Minute),
			}
			twice := i < 100 && fate.name == "nothing" // due twice, in the first commit
			if twice {
				s.NextDue = w.now.Add(-30*time.Minute + time.Duration(i)*10*time.Millisecond)
			}
			if fate.set != nil {
				fate.set(w, p, &s)
			}
			if fate.name == "damaged" {
				broken = append(broken, fmt.Sprint(p.ID))
			}
			second := s
			second.Name, second.NextDue = "second", s.NextDue.Add(time.Millisecond)
			err = errors.Join(tx.SavePerson(p), tx.PutSchedule(s))
			if twice {
				err = errors.Join(err, tx.PutSchedule(second))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.scratch("UPDATE person SET state = %s WHERE id IN (" + strings.Join(broken, ", ") + ")")
	return w
}

// fire runs everything that is due and describes what became of each.
func (w *world) fire() map[string]string {
	w.t.Helper()
	if _, err := w.bot.FireDue(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.bot.DeliverDue(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	said := map[string][]string{}
	for _, o := range w.net.sent {
		said[o.To.User] = append(said[o.To.User], string(o.Text))
	}
	all := map[string]string{}
	err := w.store.View(context.Background(), func(tx *store.Tx) error {
		for i := range togetherPeople {
			who := person(fmt.Sprintf("p%03d", i))
			p, err := tx.FindPerson(who)
			if err != nil {
				return err
			}
			text := fmt.Sprintf("%s said %q vars %v session %+v quiet %v\n", fates[i%len(fates)].name, said[who.User], p.Vars, p.Session.Frames, p.QuietUntil)
			list, err := tx.Schedules(p.ID)
			if err != nil {
				return err
			}
			for _, s := range list {
				s.ID, s.Person = 0, 0
				text += fmt.Sprintf("%+v\n", s)
			}
			items, err := tx.Items(p.ID, "names", 0)
			if err != nil {
				return err
			}
			if timer, err := tx.LoadTimer(p.ID, "session"); err == nil {
				text += fmt.Sprint(timer.Seq, timer.Due)
			}
			all[who.User] = text + fmt.Sprint(len(items))
		}
		notes, err := tx.DayNotes(w.now.Add(-24*time.Hour), w.now.Add(24*time.Hour))
		all["counts"] = fmt.Sprint(notes)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// scratch changes rows behind the store's back; %s is bytes that nobody sealed.
func (w *world) scratch(statement string) {
	w.t.Helper()
	driver, address, bytes := "sqlite3", "file:"+filepath.Join(w.dir, "data", "handrail.db"), "x'00112233'"
	if w.database != "" {
		driver, address, bytes = "pgx", w.database, `'\x00112233'`
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf(statement, bytes)); err != nil {
		w.t.Fatal(err)
	}
}
