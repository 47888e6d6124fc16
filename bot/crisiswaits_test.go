package bot_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"handrail/bot/crisis"
)

// wait is a state in which danger may be heard, and how a transcript shows that
// the person is in it: what stands before the words of danger.
type wait struct{ name, before string }

// waits are all states. That an advocate has the talk is TestDeskHearsEveryDanger.
func waits() []wait {
	return []wait{
		{"nothing agreed yet", ""},
		{"a question", "> "},
		{"an exercise", "[edited]"},
		{"a pause inside a flow", "< wait"},
		{"a person was asked for", "< human"},
		{"paused for a week", "< a week"},
		{"stopped a week ago", "< stop"},
	}
}

// TestEveryDangerInEveryWait counts the transcripts: every category has its
// answer in every state, the numbers first, or one plain line for who is read
// along with. What the transcripts say is played by the tests of the scripts.
func TestEveryDangerInEveryWait(t *testing.T) {
	t.Parallel()
	x := lexicon(t)
	shown := 0
	for _, category := range crisis.Categories() {
		t.Run(category, func(t *testing.T) {
			data, err := os.ReadFile("../flows/testdata/crisis." + category + "-in-every-wait.txt")
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.Split("\n"+string(data), "\n# ")[2:] // one says what the transcript is about
			if len(parts) != len(waits()) {
				t.Fatalf("%d states, want %d", len(parts), len(waits()))
			}
			for i, w := range waits() {
				lines := strings.Split(parts[i], "\n")[1:]
				at := slices.IndexFunc(lines, func(line string) bool {
					said, ok := strings.CutPrefix(line, "< ")
					return ok && slices.ContainsFunc(x.Scan(said, "en"), func(f crisis.Finding) bool { return f.Category == category })
				})
				if at < 0 || at+1 == len(lines) {
					t.Errorf("%s: no words of this danger, or nothing after them", w.name)
					continue
				}
				before := strings.Join(lines[:at], "\n")
				if !strings.Contains(before, w.before) || (w.before == "" && strings.Contains(before, "< ")) {
					t.Errorf("%s: before the danger stands %q", w.name, before)
				}
				if strings.HasPrefix(w.name, "stopped") && !strings.Contains(before, "@ +7d") {
					t.Errorf("%s: no week goes by: %q", w.name, before)
				}
				answer := lines[at+1]
				if !strings.HasPrefix(answer, "> ") || (category == "watched") == isNumbers(answer) {
					t.Errorf("%s: the answer begins with %q", w.name, answer)
				}
				shown++
			}
		})
	}
	if want := len(crisis.Categories()) * len(waits()); shown != want {
		t.Errorf("%d of %d pairs of danger and state are shown", shown, want)
	}
}

// isNumbers tells that an answer begins with a line to call, or says at once
// that no country is known to pick one for.
func isNumbers(answer string) bool {
	for _, begins := range []string{"> Emergency", "> National", "> Samaritans", "> Respect", "> I do not know your country"} {
		if strings.HasPrefix(answer, begins) {
			return true
		}
	}
	return false
}
