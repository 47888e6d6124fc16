package flow

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMeant(t *testing.T) {
	t.Parallel()
	const upToLine = "day\nlight\n7\n" // now "One line." waits and takes any text
	for _, tc := range []struct{ name, cmds, want string }{
		{"another answer to the last question", "day\nlight\nI meant: heavy", "> [ask] I changed that. / Safe? / 1 yes / 2 no"},
		{"an answer to the one that waits", "day\nlight\nI meant 3", "! set pull 3\n! set twice 6\n> [ask] One line."},
		{"a soft word, and both understand it", "day\nheavy\nyes\nsorry, 4", "! set pull 4\n! set twice 8\n> [ask] One line."},
		{"a soft word, and only the last one does", "day\nlight\nactually, heavy", "> [ask] I changed that. / Safe? / 1 yes / 2 no"},
		{"a flow", "day\nlight\nI meant breathe", "> Breathe.\n> [ask] Again? / 1 yes / 2 no"},
		{"help", "day\nlight\nsorry, help", "> Numbers.\n> [ask] Shall we go back to The day flow? / 1 yes / 2 no"},
		{"nothing that fits", "day\nlight\nI meant you know", "> [ask] I did not catch that. A number from 0 to 10 is enough.\n! wait 5m0s"},
		{"any text is an answer", upToLine + "actually I miss the dog", "! keep mine actually I miss the dog\n> A lot, 14.\n> [ask] Rest now? / 1 yes / 2 no"},
		{"a soft number is a text", upToLine + "sorry, 3", "! keep mine sorry, 3\n> A lot, 14.\n> [ask] Rest now? / 1 yes / 2 no"},
		{"a plain correction is none", upToLine + "I meant 3", "! set pull 3\n! set twice 6\n> [ask] I changed that. / One line."},
		{"right after the end", "/start breathe\nno\nI meant yes", "> I changed that.\n! end"},
		{"several messages", upToLine + "words\nand more of them", "! keep mine and more of them\n> I kept that with it. The question above is still open."},
		{"a number is no more of it", upToLine + "words\n9", "> [ask] I did not catch that. / 1 yes / 2 no"},
		{"thanks", "day\nthanks", "> All right."},
		{"thanks is no text", upToLine + "thank you", "> All right."},
		{"an edit of an answer that was joined", upToLine + "words\nand more of them\n/edit 1 and more", "! rewrite mine 2 and more\n> I changed that."},
		{"an older answer, from there on", "day\nlight\n7\n/edit 2 heavy", "> [ask] I changed that. We go on from there. / Safe? / 1 yes / 2 no"},
		{"a reply to the talk that is parked", "day\nlight\nbreathe\n/reply 2 4", "! set pull 4\n! set twice 8\n> [ask] One line."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t, library(t, repairs()))
			for cmd := range strings.SplitSeq(tc.cmds, "\n") {
				k.out.Reset()
				k.do(cmd)
			}
			_, got, _ := strings.Cut(k.out.String(), "\n")
			var kept []string
			for line := range strings.SplitSeq(strings.TrimSpace(got), "\n") {
				if !strings.HasPrefix(line, "! set load") && !strings.HasPrefix(line, "! set safe") &&
					!strings.HasSuffix(line, "<nil>") && !strings.HasPrefix(line, "! undo") {
					kept = append(kept, line)
				}
			}
			if got := strings.Join(kept, "\n"); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

// What is not to be kept leaves nothing in the history, not even a mark.
func TestPastForgets(t *testing.T) {
	t.Parallel()
	k := newTalk(t, library(t, map[string]string{"a": `
steps:
  - ask: What do you see?
    text: {forget: true}
  - ask: How strong?
    scale: {from: 0, to: 10}
    keep: pull
  - ask: Again?
    yes_no: {}`}))
	k.do("/start a")
	k.do("a green lamp")
	k.do("and a chair")
	p := k.load().Past
	if b, _ := json.Marshal(k.load()); strings.Contains(string(b), "lamp") || strings.Contains(string(b), "chair") || len(p) != 1 || p[0].Sum != 0 {
		t.Errorf("the session holds %s", b)
	}
	k.do("7")
	if p := k.load().Past; p[1].Sum == 0 {
		t.Error("a number leaves no mark")
	}
	k.do("/remove 1")
	if len(k.load().Past) != 1 || k.vars["pull"] != nil {
		t.Errorf("taken back, and still there: %v", k.vars)
	}
}
