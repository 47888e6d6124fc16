package flow

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"
)

// BenchmarkStep measures one input of a flow with two questions, without JSON.
func BenchmarkStep(b *testing.B) {
	lib := library(b, map[string]string{"a": `
start: [go]
steps:
  - ask: How heavy is today?
    any: ["How is today?"]
    pick: {light: {}, heavy: {}}
    keep: load
  - ask: And the pull, 0 to 10?
    scale: {from: 0, to: 10}
    keep: pull
  - if: pull >= 7 and load == "heavy"
    do: [{say: "That sounds like a lot, {{pull}}."}]
    else: [{say: Noted.}]`})
	in := Input{Now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC), Vars: map[string]any{}}
	talk := []string{"go", "Heavy.", "about 8"}
	b.ReportAllocs()
	s := Session{}
	for i := 0; b.Loop(); i++ {
		in.Text, in.Seed = talk[i%len(talk)], uint64(i)
		if i%len(talk) == 0 {
			s = Session{}
		}
		next, effects, err := lib.Step(s, in)
		if err != nil || len(effects) == 0 {
			b.Fatal(effects, err)
		}
		s = next
	}
}

// BenchmarkStepAmong is one answer, in sets of more and more flows: the cost of
// a step must not grow with them.
func BenchmarkStepAmong(b *testing.B) {
	for _, n := range []int{1, 50, 500} {
		b.Run(fmt.Sprintf("%d flows", n), func(b *testing.B) {
			lib, list, err := Load(manyFlows(b, n), Options{})
			if lib == nil {
				b.Fatal(list, err)
			}
			in := Input{Text: "flow 0", Vars: map[string]any{}, Now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)}
			asked, _, err := lib.Step(Session{}, in)
			if err != nil || asked.Idle() {
				b.Fatal("nothing waits", err)
			}
			in.Text = "light"
			b.ReportAllocs()
			for b.Loop() {
				if _, effects, err := lib.Step(asked, in); err != nil || len(effects) == 0 {
					b.Fatal(effects, err)
				}
			}
		})
	}
}

// BenchmarkLoad500 compiles 500 scripts of about ten steps.
func BenchmarkLoad500(b *testing.B) {
	fsys := manyFlows(b, 500)
	b.ReportAllocs()
	for b.Loop() {
		if lib, list, err := Load(fsys, Options{}); lib == nil {
			b.Fatal(list, err)
		}
	}
}

// manyFlows are n scripts of about ten steps.
func manyFlows(b *testing.B, n int) fstest.MapFS {
	fsys := fstest.MapFS{textsFile: {Data: texts(b)}}
	for i := range n {
		fsys[fmt.Sprintf("f%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, `
flow: f%[1]d
title: Flow %[1]d
about: One of many.
start: [flow %[1]d, "tell me about number %[1]d"]
steps:
  - ask: How heavy is today?
    any: ["How is today?", "What is today like?"]
    pick:
      light: {say: Noted.}
      not now: {}
      heavy: {also: [very heavy, bad], do: [{say: That sounds like a lot.}, {goto: more}]}
  - say: You could look around for a moment.
    name: more
  - ask: And the pull?
    scale: {from: 0, to: 10}
    keep: pull_%[1]d
    no_reply: {after: 15m, say: There is no hurry.}
  - if: pull_%[1]d >= 7 and answer != ""
    do: [{say: "{{pull_%[1]d}} is noted."}]
  - pace: {in: 4, out: 6, rounds: 6}
  - wait: 15m
  - show: reasons
    up_to: 2
  - ask: One more line?
    text: {}
    keep: {list: reasons}
`, i)}
	}
	return fsys
}
