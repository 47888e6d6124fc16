package bot_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/schedule"
	"handrail/flows"
)

// loaded are the scripts that come with the program: read only, and slow to read.
var loaded = sync.OnceValues(func() (*flow.Library, error) {
	lib, findings, err := flow.Load(flows.FS, flow.Options{Readers: schedule.Readers()})
	if err == nil && lib == nil {
		err = fmt.Errorf("faults: %v", findings)
	}
	return lib, err
})

// shipped are the scripts that come with the program.
func shipped(t testing.TB) *flow.Library {
	t.Helper()
	lib, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// TestCrisisAnswers holds every answer to a clear danger to its shape: numbers
// first, then the one question, and nothing else; a question whose open answers
// are read as danger. Who is watched gets a plain line and nothing more.
func TestCrisisAnswers(t *testing.T) {
	t.Parallel()
	lib := shipped(t)
	ids := []string{"crisis", "crisis.again", "crisis.violence.ask"}
	for _, c := range crisis.Categories() {
		ids = append(ids, "crisis."+c)
	}
	for _, id := range ids {
		for _, country := range []string{"", "GB"} {
			t.Run(id+" "+country, func(t *testing.T) {
				t.Parallel()
				if !lib.Has(id) {
					t.Fatal("the category has no answer of its own")
				}
				s, out, err := lib.Step(flow.Session{}, flow.Input{
					Kind: flow.InInterrupt, Flow: id, Now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC),
					Vars: map[string]any{"country": country},
				})
				if err != nil {
					t.Fatal(err)
				}
				if id == "crisis.watched" {
					isDecoy(t, s, out)
					return
				}
				said := seen(out)
				if len(said) != 2 {
					t.Fatalf("%d messages, want the numbers and one question: %v", len(said), out)
				}
				if _, ok := said[0].(flow.Lines); !ok {
					t.Errorf("the first message is %v, not numbers", said[0])
				}
				q, _ := said[1].(flow.Say)
				if !q.Ask || !strings.Contains(q.Text, "program") && !strings.Contains(q.Text, "obody reads") {
					t.Errorf("the second message is %q, not a question by a program", q.Text)
				}
				if safety, _ := lib.Asks(s); !safety {
					t.Error("the question is not marked as one about safety")
				}
			})
		}
	}
}

// seen are the effects that the person sees.
func seen(out []flow.Effect) (said []flow.Effect) {
	for _, e := range out {
		switch e.(type) {
		case flow.Say, flow.Lines:
			said = append(said, e)
		}
	}
	return said
}

// isDecoy checks that nothing shows, neither now nor later: one plain line, no
// number, no question, no talk to go back to, and all that comes by itself is
// stopped.
func isDecoy(t *testing.T, s flow.Session, out []flow.Effect) {
	t.Helper()
	said := seen(out)
	if len(said) != 1 {
		t.Fatalf("%d messages, want one plain line: %v", len(said), out)
	}
	line, ok := said[0].(flow.Say)
	if !ok || line.Ask || strings.ContainsAny(line.Text, "0123456789?") {
		t.Errorf("the line is %v", said[0])
	}
	quiet := false
	for _, e := range out {
		if q, ok := e.(flow.Quiet); ok {
			quiet = q.Stop
		}
	}
	if !quiet || !s.Idle() || s.Parked != nil {
		t.Errorf("quiet %t, session %+v", quiet, s)
	}
}
