package flow

import (
	"errors"
	"slices"
	"testing"
	"time"
)

var errNoList = errors.New("no list today")

// TestItemsAreAskedFor: a step asks only for the lists that it needs, each once,
// and a list that cannot be read fails the step.
func TestItemsAreAskedFor(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{
		"plain":  "start: [plain]\nsteps: [{say: Hello.}]",
		"shown":  "start: [shown]\nsteps: [{show: one}, {if: count_one > 1, do: [{say: Two.}]}, {keep: {list: one, text: x}}, {show: one}]",
		"others": "start: [others]\nsteps: [{keep: {list: two, text: x}}]",
	})
	for _, tc := range []struct {
		text  string
		asked []string
		said  []string
	}{
		{"plain", nil, []string{"Hello."}},
		{"shown", []string{"one"}, []string{"- a\n- b", "Two.", "- a\n- b\n- x"}},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			stored := []Item{{ID: 1, Text: "a"}, {ID: 2, Text: "b"}}
			var asked, said []string
			in := Input{Text: tc.text, Now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC), Items: func(list string) ([]Item, error) {
				asked = append(asked, list)
				return stored, nil
			}}
			_, effects, err := lib.Step(Session{}, in)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range effects {
				if say, ok := e.(Say); ok {
					said = append(said, say.Text)
				}
			}
			if !slices.Equal(asked, tc.asked) || !slices.Equal(said, tc.said) || len(stored) != 2 {
				t.Errorf("asked for %q, said %q", asked, said)
			}
		})
	}
	in := Input{Text: "shown", Items: func(string) ([]Item, error) { return nil, errNoList }}
	if _, effects, err := lib.Step(Session{}, in); !errors.Is(err, errNoList) || effects != nil {
		t.Errorf("a list that cannot be read: %v, %v", effects, err)
	}
}
