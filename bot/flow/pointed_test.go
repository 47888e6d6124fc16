package flow

import (
	"strings"
	"testing"
)

// guarded is a library with a question about safety in the middle.
func guarded() map[string]string {
	all := repairs()
	all["guard"] = `steps:
  - ask: Are you safe?
    pick:
      safe: {also: [yes]}
      not safe: {also: [no], say: Numbers now.}
      not sure: {say: Numbers in case.}
    safety: {danger: not safe, unsure: not sure}
  - ask: How heavy?
    pick: {light: {}, heavy: {}}`
	all["quote"] = `steps:
  - ask: How was it?
    text: {}
  - keep: {list: mine, text: "Today: {{answer}}"}
  - ask: Rest?
    yes_no: {}`
	return all
}

func TestPointsElsewhere(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, cmds, want string }{
		{"a number under the question that is parked", "day\nlight\nbreathe\n/sign 2 7️⃣", "! set pull 7\n! set twice 14\n> [ask] One line."},
		{"a thumb under a choice that is parked", "day\nlight\n7\nwords\nbreathe\n/sign 2 👎", "> Over.\n! end"},
		{
			"an answer about safety is edited to other words", "/interrupt guard\nsafe\n/edit 1 well he came back",
			"> I changed that. / Numbers in case.\n> [ask] How heavy? / 1 light / 2 heavy",
		},
		{
			"to half a yes", "/interrupt guard\nsafe\n/edit 1 safe but he came back",
			"> I changed that. / Numbers in case.\n> [ask] How heavy? / 1 light / 2 heavy",
		},
		{"to the same", "/interrupt guard\nsafe\n/edit 1 yes", "> That is how I have it."},
		{
			"an answer about safety is given anew in other words", "/interrupt guard\nsafe\n/reply 2 well he came back",
			"> I changed that. We go on from there. / Numbers in case.\n> [ask] How heavy? / 1 light / 2 heavy",
		},
		{
			"a reply to what is parked does not end a question about safety", "day\nlight\n/interrupt guard\n/reply 2 7",
			"> Numbers in case.\n> [ask] How heavy? / 1 light / 2 heavy",
		},
		{
			"and danger in it is danger", "day\nlight\n/interrupt guard\n/danger 2 he came back",
			"> Numbers now.\n> [ask] How heavy? / 1 light / 2 heavy",
		},
		{
			"words that a line only quotes", "/start quote\nwet\n/edit 1 dry",
			"! undo [m2]\n! keep mine Today: dry\n> [ask] I changed that. / Rest? / 1 yes / 2 no",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t, library(t, guarded()))
			for cmd := range strings.SplitSeq(tc.cmds, "\n") {
				k.out.Reset()
				k.do(cmd)
			}
			_, got, _ := strings.Cut(k.out.String(), "\n")
			if got = strings.TrimSpace(got); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}
