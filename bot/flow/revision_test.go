package flow

import (
	"maps"
	"strings"
	"testing"
)

// edited is a set of scripts with one piece of one of them replaced; an empty
// id replaces nothing, and an old "" takes the whole script away.
func edited(before map[string]string, id, old, now string) map[string]string {
	after := maps.Clone(before)
	switch {
	case id == "":
	case old == "":
		delete(after, id)
	default:
		after[id] = strings.ReplaceAll(before[id], old, now)
	}
	return after
}

// TestKept plays sessions that go on with the revision that they began on.
func TestKept(t *testing.T) {
	t.Parallel()
	before := map[string]string{
		"menu": "steps: [{menu: Menu.}]",
		"a": `
start: [begin]
steps:
  - ask: One?
    pick: {good: {}, bad: {goto: last}}
  - call: b
  - say: Behind b.
  - ask: How many?
    number: {}
    keep: count
  - if: count > 3
    do: [{say: Many.}]
    else: [{say: Few.}]
  - wait: 5m
  - say: Last.
    name: last`,
		"b":    "steps: [{ask: In b., text: {}}, {say: Out of b.}]",
		"gone": "steps: [{ask: Old., text: {}}, {ask: Sure., text: {}}, {run: b}]",
		"c":    "steps: [{say: First.}, {ask: Middle., text: {}}, {say: Second.}]",
		"help": "anywhere: [help]\nsteps: [{say: Help.}]",
	}
	for _, tc := range []struct {
		name, first, then, want string
		after                   map[string]string
	}{
		{
			"a corrected message reaches who waits before it", "/start b", "x",
			"< x\n> Out.\n! end", edited(before, "b", "Out of b.", "Out."),
		},
		{
			"a step more", "/start a", "good",
			"< good\n> [ask] In b.", edited(before, "a", "steps:\n", "steps:\n  - say: New.\n"),
		},
		{
			"a step less, and the caller of a flow that waits", "/start a\ngood", "x",
			"< x\n> Out of b.\n> Behind b.\n> [ask] How many?", edited(before, "a", "  - say: Behind b.\n", ""),
		},
		{
			"a renamed step", "/start a", "bad",
			"< bad\n> Last.\n! end", edited(before, "a", "last", "end"),
		},
		{
			"a renamed choice", "/start a", "bad",
			"< bad\n> Last.\n! end", edited(before, "a", "bad", "worse"),
		},
		{
			"a choice that leads elsewhere", "/start a", "bad",
			"< bad\n> Last.\n! end", edited(before, "a", "bad: {goto: last}", "bad: {say: Oh.}"),
		},
		{
			"a flow that is called is edited, its caller is not", "/start a", "good",
			"< good\n> New.\n> [ask] In b.", edited(before, "b", "[{ask: In b., text: {}}", "[{say: New.}, {ask: In b., text: {}}"),
		},
		{
			"a caller stays with the flow that it was checked with", "/start a", "good\nx",
			"< good\n> [ask] In b.\n< x\n> Out of b.\n> Behind b.\n> [ask] How many?",
			edited(edited(before, "a", "bad", "worse"), "b", "[{ask: In b., text: {}}", "[{say: New.}, {ask: In b., text: {}}"),
		},
		{
			"a flow that is called is reworded", "/start a", "good",
			"< good\n> [ask] In b.", edited(before, "b", "Out of b.", "Out."),
		},
		{
			"a called flow is gone together with its caller's call", "/start a", "good\nx",
			"< good\n> [ask] In b.\n< x\n> Out of b.\n> Behind b.\n> [ask] How many?",
			edited(edited(edited(before, "a", "  - call: b\n", ""), "gone", ", {run: b}", ""), "b", "", ""),
		},
		{
			"the flow is gone, and leaves for one that is not", "/start gone", "x\nx\nx",
			"< x\n> [ask] Sure.\n< x\n> [ask] In b.\n< x\n> Out.\n! end",
			edited(edited(before, "gone", "", ""), "b", "Out of b.", "Out."),
		},
		{
			"the flow is gone while it is parked", "/start gone\nhelp", "yes\nx",
			"< yes\n> [ask] Old.\n< x\n> [ask] Sure.", edited(before, "gone", "", ""),
		},
		{
			"a variable of another kind", "/start a\ngood\nx\n7", "/timer",
			"< /timer\n> Last.\n! end",
			edited(edited(before, "a", "number: {}", "text: {}"), "a", "count > 3", "count == \"3\""),
		},
		{
			"a condition about a variable of another kind", "/start a\ngood\nx", "7",
			"< 7\n! set count 7\n> Many.\n! wait 5m0s",
			edited(edited(before, "a", "    number: {}", "    text: {}"), "a", "count > 3", "count == \"3\""),
		},
		{
			"two messages change places", "/start c", "x",
			"< x\n> Second.\n! end",
			edited(before, "c", "First.}, {ask: Middle., text: {}}, {say: Second.", "Second.}, {ask: Middle., text: {}}, {say: First."),
		},
		{
			"a message is reworded beside a moved one", "/start c", "x",
			"< x\n> Second.\n! end",
			edited(before, "c", "First.}, {ask: Middle., text: {}}, {say: Second.", "Second.}, {ask: Middle., text: {}}, {say: Third."),
		},
		{
			"a phrase begins the script of today", "/start a", "begin",
			"< begin\n> [ask] One? / 1 good / 2 worse", edited(before, "a", "bad", "worse"),
		},
		{
			"a wait goes on", "/start a\ngood\nx\n1", "/timer",
			"< /timer\n> Last.\n! end", edited(before, "a", "wait: 5m", "wait: 6m"),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			old := library(t, before)
			k := newTalk(t, old)
			k.quiet = true
			for cmd := range strings.SplitSeq(tc.first, "\n") {
				k.do(cmd)
			}
			now := library(t, tc.after)
			k.lib, k.quiet = now.Keep([]Edition{now.Edition(2, nil), old.Edition(1, nil)}), false
			for cmd := range strings.SplitSeq(tc.then, "\n") {
				k.do(cmd)
			}
			compare(t, k.out.String(), tc.want)
		})
	}
}

// TestNeeds: which set of scripts a talk needs, and under which names of
// revisions it is found.
func TestNeeds(t *testing.T) {
	t.Parallel()
	scripts := map[string]string{"a": "steps: [{ask: A., text: {}}]", "b": "steps: [{ask: B., text: {}}]"}
	one := library(t, scripts)
	two := library(t, edited(scripts, "a", "A.", "Another."))
	lib := two.Keep([]Edition{
		two.Edition(2, nil),
		one.Edition(1, map[string]string{"a": "before the upgrade"}),
	})
	rev := func(l *Library, id string) Frame { return Frame{Flow: id, Rev: l.flows[id].Rev} }
	for _, tc := range []struct {
		name   string
		frames []Frame
		want   int64
	}{
		{"nothing", nil, 0},
		{"both have it", []Frame{rev(one, "b")}, 2},
		{"only the new one", []Frame{rev(two, "a")}, 2},
		{"only the old one", []Frame{rev(one, "a")}, 1},
		{"one of two", []Frame{rev(one, "b"), rev(one, "a")}, 1},
		{"by the name that an older program gave", []Frame{{Flow: "a", Rev: "before the upgrade"}}, 1},
		{"of different sets", []Frame{rev(one, "a"), rev(two, "a")}, 0},
		{"nobody has it", []Frame{{Flow: "c", Rev: "x"}}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := lib.Needs(tc.frames); got != tc.want {
				t.Errorf("edition %d, want %d", got, tc.want)
			}
		})
	}
	if lib.find(Frame{Flow: "a", Rev: "before the upgrade"}) != one.flows["a"] {
		t.Error("a session of an older program does not find its script")
	}
	same := one.Keep([]Edition{one.Edition(1, map[string]string{"a": "old name", "b": "old name"})})
	if same.find(Frame{Flow: "a", Rev: "old name"}) != one.flows["a"] {
		t.Error("after an upgrade of the program alone, a session does not find its script")
	}
	if one.older != nil || two.older != nil {
		t.Error("Keep changed what it was given")
	}
}

// TestListsOfEditions: the host loads the lists that a running talk reads, also
// when no script of today has them.
func TestListsOfEditions(t *testing.T) {
	t.Parallel()
	old := library(t, map[string]string{"a": "steps: [{ask: A., text: {}, keep: {list: before}}, {show: before}]"})
	now := library(t, map[string]string{"a": "steps: [{ask: A., text: {}, keep: {list: after}}]"})
	lib := now.Keep([]Edition{old.Edition(1, nil)})
	if got := strings.Join(lib.Lists(), " "); got != "after before" {
		t.Errorf("lists %q", got)
	}
}

// TestPack: a set comes back as it was, also where a later program would not
// take it as a new one.
func TestPack(t *testing.T) {
	t.Parallel()
	scripts := everything()
	lib := library(t, scripts)
	data, err := lib.Pack()
	if err != nil {
		t.Fatal(err)
	}
	old, err := library(t, edited(scripts, "menu", "Menu.", "Choose.")).Unpack(data)
	if err != nil {
		t.Fatal(err)
	}
	if old.Hash() != lib.Hash() || lib.Hash() == library(t, edited(scripts, "menu", "Menu.", "Choose.")).Hash() {
		t.Error("the hash does not tell sets apart")
	}
	for i, f := range lib.Flows() {
		if got := old.Flows()[i]; got.ID != f.ID || got.Rev != f.Rev {
			t.Errorf("flow %q came back as %q of revision %s, not %s", f.ID, got.ID, got.Rev, f.Rev)
		}
	}
	if _, err := lib.Unpack(data[:len(data)/2]); err == nil {
		t.Error("half a pack was taken")
	}
}

// TestUnpack: what a set of before may break, and what not.
func TestUnpack(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{"a": "steps: [{say: A.}]"})
	for _, tc := range []struct {
		name, file, old, now string
		fits                 bool
	}{
		{"nothing", "a.yaml", "A.", "A.", true},
		{"a rule of wording", "a.yaml", "A.", "A!", true},
		{"a sentence that the program needs by now", textsFile, "  moved:", "  # moved:", true},
		{"a sentence that it needs no more", textsFile, "texts:", "texts:\n  gone: x", true},
		{"a phrase that is claimed by now", "a.yaml", "steps:", "anywhere: [\"yes\"]\nsteps:", true},
		{"a verb that is gone", "a.yaml", "say", "sing", false},
		{"no YAML", "a.yaml", "steps:", "steps", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			old := files(t, map[string]string{"a": "steps: [{say: A.}]"})
			before := string(old[tc.file].Data)
			if !strings.Contains(before, tc.old) {
				t.Fatalf("%s has no %q", tc.file, tc.old)
			}
			packed := map[string][]byte{}
			for name, f := range old {
				packed[name] = f.Data
			}
			packed[tc.file] = []byte(strings.Replace(before, tc.old, tc.now, 1))
			data, err := pack(packed)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := lib.Unpack(data); (err == nil) != tc.fits {
				t.Errorf("unpacked with %v", err)
			}
		})
	}
}
