package flow

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// TestLimitsOfScripts: each limit of a script lets through what is just within
// it, and refuses one more.
func TestLimitsOfScripts(t *testing.T) {
	t.Parallel()
	say := func(text string) string { return "steps:\n- say: \"" + text + "\"\n" }
	words := func(n int) string {
		return strings.TrimSuffix(strings.Repeat("ab. ", n/4), " ") + strings.Repeat(".", n%4+1)
	}
	cond := func(c string) string { return "steps:\n- if: " + c + "\n  do: [{say: x}]\n" }
	terms := func(n int) string { return "hour > 1" + strings.Repeat(" or hour > 1", n-1) }
	chain := func(n int) map[string]string {
		flows := map[string]string{}
		for i := range n {
			flows[fmt.Sprintf("a%d", i)] = fmt.Sprintf("steps: [{call: a%d}]", i+1)
		}
		flows[fmt.Sprintf("a%d", n)] = "steps: [{say: Deep.}]"
		return flows
	}
	phrases := func(n int) string {
		var b strings.Builder
		b.WriteString("start:\n")
		for i := range n {
			fmt.Fprintf(&b, "- phrase %d\n", i)
		}
		return b.String() + say("Hi.")
	}
	nested := func(n int) string { // the mapping and the innermost value are levels too
		return "steps: " + strings.Repeat("[", n-2) + "x" + strings.Repeat("]", n-2) + "\n"
	}
	one := func(body string) map[string]string { return map[string]string{"a": body} }
	for _, tc := range []struct {
		name, rule   string
		within, over map[string]string
	}{
		{"MaxText", ruleLongText, one(say(words(MaxText))), one(say(words(MaxText + 1)))},
		{"MaxNesting", ruleDepth, one(nested(MaxNesting)), one(nested(MaxNesting + 1))},
		{"MaxCalls", ruleCall, chain(MaxCalls), chain(MaxCalls + 1)},
		{"MaxPhrases", ruleSize, one(phrases(MaxPhrases)), one(phrases(MaxPhrases + 1))},
		{"maxExpression", ruleCondition, one(cond("hour>1" + strings.Repeat(" ", maxExpression-7) + "\n")), one(cond("hour >" + strings.Repeat(" ", maxExpression) + "1"))},
		{"maxNodes", ruleCondition, one(cond(terms(maxNodes / 4))), one(cond(terms(maxNodes/4 + 1)))},
		{"longestWait", ruleValue, one("steps: [{wait: 31d}, {say: Hi.}]"), one("steps: [{wait: 745h}, {say: Hi.}]")},
		{"longestTitle", ruleTitle, map[string]string{"a": say("Hi.")}, nil},
		{"mostMessages", ruleMessages, one("steps: [{say: A.}, {say: B.}]"), one("steps: [{say: A.}, {say: B.}, {say: C.}]")},
		{"longestSentence", ruleSentence, one(say(strings.Repeat("ab ", longestSentence-1) + "ab.")), one(say(strings.Repeat("ab ", longestSentence) + "ab."))},
		{"longestWord", ruleLongWord, one(say(strings.Repeat("a", longestWord))), one(say(strings.Repeat("a", longestWord+1)))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			has := func(flows map[string]string) bool {
				for _, f := range load(t, files(t, flows)) {
					if f.Rule == tc.rule {
						return true
					}
				}
				return false
			}
			if has(tc.within) {
				t.Errorf("refused within the limit: %v", load(t, files(t, tc.within)))
			}
			if tc.over != nil && !has(tc.over) {
				t.Errorf("let through over the limit: %v", load(t, files(t, tc.over)))
			}
		})
	}
	t.Run("MaxFileBytes", func(t *testing.T) {
		t.Parallel()
		for size, refused := range map[int]bool{MaxFileBytes: false, MaxFileBytes + 1: true} {
			fsys := files(t, nil)
			head := "flow: a\ntitle: A\nsteps: [{say: Hi.}]\n#"
			fsys["a.yaml"] = &fstest.MapFile{Data: []byte(head + strings.Repeat("x", size-len(head)))}
			if list := load(t, fsys); (len(list) > 0) != refused {
				t.Errorf("%d bytes: %v", size, list)
			}
		}
	})
}

// TestMaxFlows: a folder of too many scripts is refused, the last within is not.
func TestMaxFlows(t *testing.T) {
	t.Parallel()
	fsys := files(t, nil)
	for i := range MaxFlows {
		fsys[fmt.Sprintf("f%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "flow: f%d\ntitle: F\nsteps: [{say: Hi.}]\n", i)}
	}
	if list := load(t, fsys); len(list) > 0 {
		t.Errorf("%d scripts: %v", MaxFlows, list)
	}
	fsys["more.yaml"] = &fstest.MapFile{Data: []byte("flow: more\ntitle: F\nsteps: [{say: Hi.}]\n")}
	if list := load(t, fsys); len(list) != 1 || list[0].Rule != ruleSize {
		t.Errorf("%d scripts: %v", MaxFlows+1, list)
	}
}

// TestHostileScriptsCostLittle: scripts made to exhaust the reader are refused
// with memory in proportion to their size. Memory is counted and time is not,
// so that a slow machine fails nothing. It runs alone.
func TestHostileScriptsCostLittle(t *testing.T) {
	const half, most = MaxFileBytes / 2, 200 << 20
	sound := map[string]bool{"nothing but marks": true} // only long
	for _, tc := range []struct{ name, src string }{
		{"brackets", "flow: bomb\nsteps: " + strings.Repeat("[", half)},
		{"aliases", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [" + strings.Repeat("*a,", 5000) + "]\nc: [" + strings.Repeat("*b,", 5000) + "]\n"},
		{"one text", "flow: bomb\ntitle: x\nsteps: [{say: " + strings.Repeat("word ", half/5) + "}]"},
		{"placeholders", "flow: bomb\ntitle: x\nsteps: [{say: '" + strings.Repeat("{{a}}", half/5) + "'}]"},
		{"a condition", "flow: bomb\ntitle: x\nsteps: [{if: '" + strings.Repeat("(", half) + "', do: [{say: x}]}]"},
		{"a condition of texts", "flow: bomb\ntitle: x\nsteps: [{if: 'answer == \"" + strings.Repeat("a", half) + "\"', do: [{say: x}]}]"},
		{"phrases", "flow: bomb\ntitle: x\nstart: [" + strings.Repeat("a b c d,", half/8) + "]\nsteps: [{say: x}]"},
		{"choices", "flow: bomb\ntitle: x\nsteps: [{ask: x, pick: {" + strings.Repeat("a: {}, ", half/7) + "}}]"},
		{"steps", "flow: bomb\ntitle: x\nsteps:\n" + strings.Repeat("- say: hi\n", half/10)},
		{"gotos", "flow: bomb\ntitle: x\nsteps:\n" + strings.Repeat("- goto: x\n", half/10)},
		{"questions and conditions", "flow: bomb\ntitle: x\nsteps:\n" + strings.Repeat("- {ask: q, yes_no: {}}\n- {if: answer == 'x', do: [{say: y}]}\n", half/70)},
		{"turned text", "flow: bomb\ntitle: x\nsteps: [{say: \"" + strings.Repeat("\u202e", half/3) + "\"}]"},
		{"nothing but marks", "flow: bomb\ntitle: x\nstart: [\"e" + strings.Repeat("\u0301", half/2) + "\"]\nsteps: [{say: x}]"},
		{"NUL", "flow: bomb\ntitle: x\nsteps: [{say: \"a\x00b\"}]"},
		{"no UTF-8", "flow: bomb\ntitle: \xc3\x28\nsteps: [{say: x}]"},
		{"waivers", "flow: bomb\ntitle: x\nsteps: [{say: x}]\n" + strings.Repeat("# lint: allow wording because x\n", half/32)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := files(t, nil)
			fsys["bomb.yaml"] = &fstest.MapFile{Data: []byte(tc.src)}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			list := load(t, fsys)
			runtime.ReadMemStats(&after)
			used := after.TotalAlloc - before.TotalAlloc
			t.Logf("%d findings, %d kB, %s", len(list), used>>10, time.Since(start))
			if used > most {
				t.Errorf("%d MB to read %d kB", used>>20, len(tc.src)>>10)
			}
			if (len(list) == 0) != sound[tc.name] {
				t.Error("let through")
			}
		})
	}
}

// TestLongMessageCostsTheSame: what is compared of a message is bounded, so that
// a megabyte costs as much as the part that is looked at.
func TestLongMessageCostsTheSame(t *testing.T) {
	lib := talked(t)
	cost := func(n int) float64 {
		text := strings.Repeat("i am a word ", n)
		return testing.AllocsPerRun(5, func() { lib.Match(text) })
	}
	if short, long := cost(maxHeard/12), cost(100_000); long > 2*short+20 {
		t.Errorf("%.0f allocations for a message at the limit, %.0f for a megabyte", short, long)
	}
}
