package flow

import (
	"regexp"
	"strings"
	"testing"
)

func TestPicture(t *testing.T) {
	t.Parallel()
	lib := library(t, map[string]string{
		"tea": `title: Tea, "now" | later
start: [tea]
steps:
  - say: "Some people put the kettle on. {{answer}}"
  - ask: "Wait <here>?"
    pick: {"yes": {}, "no": {goto: leave}}
    no_reply: {after: 5m, say: No hurry.}
    not_understood: {say: Hm.}
  - if: count_cups > 1
    do: [{call: other}]
  - wait: 5m
  - ask: How many?
    number: {}
    keep: {list: cups}
  - show: cups
    none: [{say: None.}]
  - end
  - say: Bye.
    name: leave
  - run: other`,
		"other": "steps: [{say: x}]",
	})
	m, ok := lib.Mermaid("tea")
	if !ok {
		t.Fatal("no picture")
	}
	compare(t, m, `---
title: "Tea, \"now\" | later"
---
flowchart TD
  start(["tea<br/>tea"])
  s1("Some people put the kettle on. {{answer}}")
  s2{{"Wait #lt;here#gt;?"}}
  s3["go to leave"]
  s4("No hurry.")
  s5("Hm.")
  s6{"if count_cups #gt; 1"}
  s7[["other"]]
  s8["wait 5m"]
  s9{{"How many?<br/>(number)"}}
  s10["show cups"]
  s11("None.")
  s12(["end"])
  s13("Bye.")
  s14[["go over to other"]]
  start --> s1
  s1 --> s2
  s2 -->|"yes"| s6
  s2 -->|"no"| s3
  s2 -.->|"skip"| s6
  s2 -.->|"no reply in 5m"| s4
  s2 -.->|"not understood"| s5
  s3 --> s13
  s4 --> s2
  s5 --> s2
  s6 -->|"yes"| s7
  s6 -->|"no"| s8
  s7 --> s8
  s8 --> s9
  s9 --> s10
  s10 -->|"empty"| s11
  s10 --> s12
  s11 --> s12
  s13 --> s14`)
	d, ok := lib.Dot("tea")
	if !ok || !strings.HasPrefix(d, "digraph flow {\n") || !strings.Contains(d, `label="Tea, \"now\" | later"`) || !strings.Contains(d, `s2 -> s3 [label="no"];`) {
		t.Errorf("dot:\n%s", d)
	}
	if _, ok := lib.Mermaid("nothing"); ok {
		t.Error("a picture of nothing")
	}
	if _, ok := lib.Dot("nothing"); ok {
		t.Error("a picture of nothing")
	}
}

// TestPicturesWhole: every arrow of every test flow joins boxes that are there.
func TestPicturesWhole(t *testing.T) {
	t.Parallel()
	lib := library(t, everything())
	boxes, arrows := regexp.MustCompile(`(?m)^  (\w+)[^\w -]`), regexp.MustCompile(`(?m)^  (\w+) -[.-]+>(?:\|".*"\|)? (\w+)$`)
	for _, f := range lib.Flows() {
		m, _ := lib.Mermaid(f.ID)
		there := map[string]bool{}
		for _, b := range boxes.FindAllStringSubmatch(m, -1) {
			there[b[1]] = true
		}
		all := arrows.FindAllStringSubmatch(m, -1)
		if len(all) == 0 {
			t.Errorf("%s has no arrows:\n%s", f.ID, m)
		}
		for _, a := range all {
			if !there[a[1]] || !there[a[2]] {
				t.Errorf("%s: %s leads nowhere", f.ID, a[0])
			}
		}
	}
}
