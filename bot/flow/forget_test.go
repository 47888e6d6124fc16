package flow

import (
	"strings"
	"testing"
)

// TestForget: what a person wrote stays in the session only while a step may
// still read it.
func TestForget(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, script string
		kept         bool // right after the answer
		want         string
	}{
		{
			"the next question follows", `
  - ask: Next?
    text: {}`, false, "> [ask] Next?",
		},
		{
			"said, then the next question", `
  - say: You wrote {{answer}}.
  - ask: Next?
    text: {}`, false, "> You wrote secret.\n> [ask] Next?",
		},
		{
			"the next question may be said again", `
  - ask: You wrote {{answer}}. Right?
    yes_no: {}`, true, "> [ask] You wrote secret. Right? / 1 yes / 2 no",
		},
		{
			"read after a pause", `
  - wait: 1m
  - if: answer == "secret"
    do: [{say: x}]`, true, "! wait 1m0s",
		},
		{
			"a pause and nothing that reads it", `
  - wait: 1m
  - say: x
  - ask: Next?
    text: {}
  - say: "{{answer}}"`, false, "! wait 1m0s",
		},
		{
			"kept on a list after a pause", `
  - wait: 1m
  - keep: {list: l}`, true, "! wait 1m0s",
		},
		{
			"a call after a pause", `
  - wait: 1m
  - call: b`, true, "! wait 1m0s",
		},
		{
			"a silence that reads it", `
  - ask: Next?
    text: {}
    no_reply: {after: 1m, say: "{{answer}}"}`, true, "> [ask] Next?\n! wait 1m0s",
		},
		{
			"the end", `
  - say: x`, false, "> x\n! end",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t, library(t, map[string]string{
				"a": "start: [go]\nsteps:\n  - ask: Write.\n    text: {}" + tc.script,
				"b": "start: [info]\nsteps: [{say: '{{answer}}'}]",
			}))
			k.do("go")
			k.out.Reset()
			k.do("secret")
			compare(t, k.out.String(), "< secret\n"+silence(tc.want))
			if got := strings.Contains(string(k.session), "secret"); got != tc.kept {
				t.Errorf("in the session: %t, want %t: %s", got, tc.kept, k.session)
			}
		})
	}
	t.Run("forget", func(t *testing.T) {
		t.Parallel()
		k := newTalk(t, library(t, map[string]string{"a": `
start: [go]
steps:
  - ask: Write.
    text: {forget: true}
  - say: "{{answer}}"
  - wait: 1m
  - say: "Again {{answer | or \"nothing\"}}"`}))
		k.do("go")
		k.do("secret")
		if strings.Contains(string(k.session), "secret") {
			t.Error("the answer is in the session")
		}
		k.do("/timer")
		compare(t, k.out.String(), "< go\n> [ask] Write.\n< secret\n> secret\n! wait 1m0s\n< /timer\n> Again nothing\n! end")
	})
}

// silence puts in what the engine says when a script says nothing.
func silence(want string) string {
	if strings.HasPrefix(want, "!") {
		return "> Noted.\n" + want
	}
	return want
}
