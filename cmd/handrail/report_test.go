package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"handrail/bot/flow"
)

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	dir := copyFlows(t)
	var got reported
	r := handrail(t, "", "check", "--format", "json", dir)
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != 0 || got.Faults == nil || len(got.Faults) != 0 {
		t.Errorf("sound: exit %d, %v\n%s%s", r.code, err, r.out, r.err)
	}
	writeFile(t, dir, "spoilt.yaml", "flow: spoilt\ntitle: Spoilt\nsteps:\n  - say: You must!\n  - say: You should!\n")
	r = handrail(t, "", "check", "--format", "json", dir)
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != 1 || r.err != "" {
		t.Fatalf("spoilt: exit %d, %v\n%s%s", r.code, err, r.out, r.err)
	}
	want := reportedFinding{filepath.Join(dir, "spoilt.yaml"), 4, 10, "wording-order", `"you must" is not for this place`}
	if len(got.Faults) != 4 || got.Faults[0] != want || got.Rules["exclamation"] != 2 || got.Rules["wording-order"] != 2 {
		t.Errorf("got %+v", got)
	}
	if r := handrail(t, "", "check", dir); r.code != 1 || strings.Contains(r.out, "\x1b") || !strings.Contains(r.err, "4 faults") || !strings.Contains(r.err, "(2 exclamation, 2 wording-order;") {
		t.Errorf("as text: exit %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, rule := range append(flow.Rules(), otherRules()...) {
		r := handrail(t, "", "check", "--explain", rule.Name)
		if r.code != 0 || !strings.HasPrefix(r.out, rule.Name+"\n  refuses:  ") || strings.Contains(r.out, "# lint: allow "+rule.Name+" because") != rule.Waivable {
			t.Errorf("%s: exit %d\n%s%s", rule.Name, r.code, r.out, r.err)
		}
	}
	if r := handrail(t, "", "check", "--explain", "nonsense"); r.code != 2 || !strings.Contains(r.err, "long-text") {
		t.Errorf("no rule: exit %d, %s", r.code, r.err)
	}
}

func TestColours(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	coloured(&b, []finding{{"a.yaml", 3, 0, "loop", "it comes back"}})
	if b.String() != "\x1b[1ma.yaml:3:1:\x1b[0m it comes back \x1b[33m(loop)\x1b[0m\n" || wantsColour(&b) {
		t.Errorf("%q", b.String())
	}
}
