package bot_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/store"
)

const (
	askAgain = "Shall it go on?\n1 yes\n2 no"
	halfYear = 180 * 24 * time.Hour
)

var agreeing = map[string]string{
	"look":         "flow: look\ntitle: Look\nstart: [look]\nsteps:\n  - every: look\n    flow: daily.ask\n    kind: checkin\n    at: \"21:00\"\n  - say: Look is set.\n",
	"agreed":       "flow: agreed\ntitle: Agreed\nstart: [agreed]\nsteps:\n  - say: \"{{agreed}}\"\n",
	"agreed.again": "flow: agreed.again\ntitle: Again\nsteps:\n  - ask: Shall it go on?\n    greeting: true\n    yes_no: {\"yes\": {consent: again}, \"no\": {consent: end}}\n    no_reply: {after: 2h, do: [{consent: end}, {end: }]}\n  - say: Noted.\n",
	"enough":       "flow: enough\ntitle: Enough\nstart: [enough]\nsteps:\n  - cancel: {kind: checkin}\n  - say: It ended.\n",
}

// consenting is a person who asked for a look back today, with a program that
// asks again after half a year.
func consenting(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.change = func(c *bot.Config) { c.ConsentVersion, c.ConsentFor = 1, halfYear }
	w.with(agreeing)
	w.says("hello")
	w.says("look")
	return w
}

func TestConsentIsDatedAndRenewed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer string // "": none
		goesOn bool
	}{
		{"yes", "yes", true},
		{"no", "no", false},
		{"no answer", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := consenting(t)
			if got := w.person().Vars["consent_checkin"]; got != "2026-01-05 v1" {
				t.Fatalf("noted %v", got)
			}
			if got := w.says("agreed"); !slices.Equal(got, []string{"text kind_checkin: since 2026-01-05"}) {
				t.Errorf("agreed to %q", got)
			}
			w.now = w.now.Add(halfYear + 24*time.Hour) // the program was off meanwhile
			w.open()
			got := w.evening(time.Minute)
			if !slices.Equal(got, []string{askAgain}) {
				t.Fatalf("after half a year: %q", got)
			}
			if tt.answer != "" {
				w.says(tt.answer)
			}
			w.until(w.now.Add(3 * time.Hour))
			w.heard()
			next := w.evening(time.Minute)
			if tt.goesOn != (count(next, question) == 1) || !tt.goesOn && len(next) > 0 {
				t.Errorf("the day after: %q", next)
			}
			if got, ok := w.person().Vars["consent_checkin"].(string); ok != tt.goesOn || ok && !strings.HasPrefix(got, "2026-07-0") {
				t.Errorf("then noted: %v", w.person().Vars["consent_checkin"])
			}
		})
	}
}

// TestConsentQuestionAndOutages: the question comes once, whether the program or
// the network was away when its wait was over, and what was never asked does not
// end.
func TestConsentQuestionAndOutages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		unsent bool // the network took nothing all evening
		off    time.Duration
		again  bool // asked again the next evening
	}{
		{"the program was off for a night", false, 10 * time.Hour, false},
		{"it was never sent, in time", true, 2*time.Hour + time.Minute, true},
		{"it was never sent, and the program was off", true, 10 * time.Hour, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := consenting(t)
			w.now = w.now.Add(halfYear + 24*time.Hour)
			w.open()
			if tt.unsent {
				w.net.fail = func(chat.Outgoing) error { return errors.New("no network") }
			}
			if got := w.evening(time.Minute); !tt.unsent && !slices.Equal(got, []string{askAgain}) {
				t.Fatalf("after half a year: %q", got)
			}
			w.now = w.now.Add(tt.off) // the timer comes late
			w.open()
			w.pass()
			w.net.fail = nil
			w.until(w.now.Add(time.Hour))
			if got := w.heard(); len(got) != 0 {
				t.Errorf("afterwards: %q", got)
			}
			got := w.evening(time.Minute)
			if tt.again && !slices.Equal(got, []string{askAgain}) || !tt.again && len(got) > 0 {
				t.Errorf("the day after: %q", got)
			}
			if _, ok := w.person().Vars["consent_checkin"]; ok != tt.again {
				t.Errorf("the consent is there: %t", ok)
			}
		})
	}
}

// Another wording of what is agreed to asks at the next time, and nothing comes
// without a consent, whatever lies in the store.
func TestNothingComesWithoutConsent(t *testing.T) {
	t.Parallel()
	w := consenting(t)
	w.change = func(c *bot.Config) { c.ConsentVersion, c.ConsentFor = 2, halfYear }
	w.open()
	if got := w.evening(time.Minute); !slices.Equal(got, []string{askAgain}) {
		t.Fatalf("another wording: %q", got)
	}
	w.says("yes")
	if got := w.evening(time.Minute); !slices.Equal(got, []string{question}) {
		t.Errorf("after the yes: %q", got)
	}
	w.says("later")
	w.damage() // the consent outlives the row, as the schedule does
	w.says("hello")
	if got := w.evening(time.Minute); !slices.Equal(got, []string{question}) {
		t.Errorf("with a damaged row: %q", got)
	}
	id := w.person().ID
	err := w.store.Update(t.Context(), func(tx *store.Tx) error {
		p, err := tx.LoadPerson(id)
		if err != nil {
			return err
		}
		delete(p.Vars, "consent_checkin")
		return tx.SavePerson(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.evening(time.Minute); !slices.Equal(got, []string{askAgain}) {
		t.Errorf("without a consent: %q", got)
	}
}

// Who left is not opted in again by anything that they write.
func TestNoMessageOptsInAgain(t *testing.T) {
	t.Parallel()
	for _, leave := range []string{"stop", "enough"} {
		w := consenting(t)
		w.says(leave)
		if got := w.person().Vars["consent_checkin"]; got != nil {
			t.Errorf("%s: the consent is still there: %v", leave, got)
		}
		for _, text := range []string{"hello", "menu", "yes", "thanks", "agreed"} {
			w.says(text)
		}
		if leave == "stop" {
			w.says("start")
		}
		w.until(w.now.Add(5 * 24 * time.Hour))
		if got := w.heard(); len(got) != 0 {
			t.Errorf("%s: by itself: %q", leave, got)
		}
		w.says("look")
		if got := w.evening(time.Minute); count(got, question) != 1 {
			t.Errorf("%s: asked for again: %q", leave, got)
		}
	}
}

// Where the time for an answer ends outside of the safe times, the consent ends
// all the same, without a word: the question does not come day after day.
func TestConsentEndsOutsideSafeTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change = func(c *bot.Config) { c.ConsentVersion, c.ConsentFor = 1, halfYear }
	more := maps.Clone(agreeing)
	more["safe"] = discreetly["safe"]
	w.with(more)
	for _, text := range []string{"hello", "look", "safe", "20:00-22:00", "skip"} {
		w.says(text)
	}
	w.now = w.now.Add(halfYear + 24*time.Hour)
	w.open()
	w.heard()
	if got := w.evening(time.Minute); !slices.Equal(got, []string{askAgain}) {
		t.Fatalf("after half a year: %q", got)
	}
	w.until(w.now.Add(5 * 24 * time.Hour))
	if got := w.heard(); len(got) > 0 {
		t.Errorf("then by itself: %q", got)
	}
	if got := w.person().Vars["consent_checkin"]; got != nil {
		t.Errorf("still agreed to: %v", got)
	}
}
