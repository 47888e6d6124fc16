package crisis

import (
	"strings"
	"testing"
)

// TestOverrule covers what the learned words take back, and what they never do.
func TestOverrule(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	story := "We went to the market and bought bread. The sky was blue and my sister laughed. "
	for _, row := range []struct {
		name, text string
		want       Level
	}{
		{"plain", "he has a knife", Crisis},
		{"sure, with a film", "he has a knife and the film was good", Ask},
		{"a long harmless story around it", story + "He is outside my house. " + story, Crisis},
		{"a story without a point", "so we had soup and then my sister laughed and he strangled me and then we had tea", Crisis},
		{"said twice", "he hit me. he hit me.", Crisis},
		{"one word", "SOS", Crisis},
		{"two words", "help me", Ask},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := level(x.Scan(row.text, "")); got < row.want {
				t.Errorf("%s, want %s; overruled %v", got, row.want, x.Overruled(row.text, ""))
			}
		})
	}
	text := "my boss is going to murder me, forgot the rota"
	if got := x.Scan(text, ""); len(got) > 0 {
		t.Errorf("%q: %v", text, got)
	}
	o := x.Overruled(text, "en")
	if len(o) == 0 || o[0].Rule != "violence.threat" || o[0].From >= o[0].To || o[0].To > len(text) {
		t.Errorf("overruled: %v", o)
	}
}

// TestNothingLowers: harmless sentences before, after and around, and saying it
// twice, never lower what an example says.
func TestNothingLowers(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for i, ex := range x.Examples() {
		if ex.Level == None || i%5 != 0 || strings.ContainsAny(ex.Text[len(ex.Text)-1:], ":,-(") {
			continue
		}
		alone := level(x.Scan(ex.Text, ex.Lang))
		for _, around := range []string{
			"The sky is blue. " + ex.Text, ex.Text + ". The sky is blue.", ex.Text + "\n" + ex.Text,
			"We had soup. It was warm. My sister sang.\n" + ex.Text + "\nThe bus was late. We laughed and went home.",
		} {
			if got := level(x.Scan(around, ex.Lang)); got < alone {
				t.Errorf("%q says %s, %q alone %s", around, got, ex.Text, alone)
			}
		}
	}
}
