package flow

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/crisis"
	"handrail/bot/schedule"
	"handrail/flows"
)

// shippedScripts are the scripts that the program brings along.
func shippedScripts(t testing.TB) *Library {
	t.Helper()
	lib, found, err := Load(flows.FS, Options{Readers: schedule.Readers()})
	if err != nil || lib == nil {
		t.Fatal(err, found)
	}
	return lib
}

// shippedFlows are the scripts in the order of their names.
func shippedFlows(lib *Library) []*flow {
	var all []*flow
	for _, f := range lib.flows {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *flow) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// TestShippedWays: every script that somebody can want is at most three messages
// away, by plain words or from the menu.
func TestShippedWays(t *testing.T) {
	t.Parallel()
	const most = 3
	lib := shippedScripts(t)
	away := map[string]int{} // messages until the first step of the flow is done
	alone := map[string]bool{}
	reach := func(id string, n int) {
		if have, ok := away[id]; !ok || n < have {
			away[id] = n
		}
	}
	for _, f := range lib.menu {
		reach(f.ID, 2)
	}
	for _, c := range crisis.Categories() {
		reach("crisis."+c, 1)
		reach("crisis."+c+".ask", 1)
	}
	// What the program opens by itself: when words only may mean danger, when the
	// same danger is told twice, for somebody new who writes another language,
	// in the place of everything else while it is hidden.
	for _, id := range []string{"crisis.check", "crisis.again", "crisis.witness", "human.missed", "settings.offer", "link.both", "decoy.start", "decoy.danger", "decoy.low"} {
		reach(id, 1)
	}
	alone[flowAgreed], alone[flowKnock] = true, true
	for _, f := range shippedFlows(lib) {
		if len(f.first1)+len(f.any1)+len(f.start1)+len(f.idle1) > 0 {
			reach(f.ID, 1)
		}
		for _, n := range f.nodes {
			switch o := n.op.(type) {
			case *everyOp:
				alone[o.flow.name], alone[o.stepDown.name] = true, true
			case *atOp:
				alone[o.flow.name] = true
			}
		}
	}
	for range len(lib.flows) {
		for _, f := range shippedFlows(lib) {
			if n, ok := away[f.ID]; ok {
				leads(f, n, reach)
			}
		}
	}
	for _, f := range shippedFlows(lib) {
		n, ok := away[f.ID]
		switch {
		case alone[f.ID]: // comes by itself, when it was asked for
		case !ok:
			t.Errorf("%s: nothing leads there; if the program opens it by itself, name it in this test", f.ID)
		case n > most:
			t.Errorf("%s: %d messages away; at most %d", f.ID, n, most)
		}
	}
}

// leads tells reach of the flows that f leads to, with the answers on the way.
func leads(f *flow, begun int, reach func(id string, n int)) {
	type at struct {
		n    *node
		cost int
	}
	best := map[*node]int{}
	todo := []at{{f.first, begun}}
	for len(todo) > 0 {
		x := todo[0]
		todo = todo[1:]
		if have, ok := best[x.n]; x.n == nil || ok && have <= x.cost {
			continue
		}
		best[x.n] = x.cost
		switch o := x.n.op.(type) {
		case *runOp:
			reach(o.flow.name, x.cost)
		case *callOp:
			reach(o.flow.name, x.cost)
		}
		cost := x.cost
		if x.n.waits() {
			cost++
		}
		for _, to := range x.n.edges() {
			todo = append(todo, at{to, cost})
		}
	}
}

// TestShippedHelpAndExit: wherever a talk waits, help is one message away with its
// numbers first, and so are the plain line of exit and the end of stop.
func TestShippedHelpAndExit(t *testing.T) {
	t.Parallel()
	lib := shippedScripts(t)
	now := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	waiting := 0
	for _, f := range shippedFlows(lib) {
		for _, path := range slices.Sorted(keysOf(f.nodes)) {
			n := f.nodes[path]
			wait := &Waiting{Kind: waitAsk}
			switch n.op.(type) {
			case *askOp:
			case *menuOp:
				wait.Data = map[string]any{"menu": "urge lines"}
			case *waitOp:
				wait = &Waiting{Kind: "pause", Until: now.Add(time.Hour)}
			case *paceOp:
				wait = &Waiting{Kind: "pace", Until: now.Add(time.Second)}
			default:
				continue
			}
			waiting++
			fr := f.frame()
			fr.Step = path
			for _, word := range []string{"help", "HELP", "x", "exit", "stop"} {
				s := Session{Frames: []Frame{fr}, Wait: wait}
				s, out, err := lib.Step(s, Input{Kind: InText, Text: word, Now: now, Seed: 7, Vars: map[string]any{"welcomed": true, "country": "GB"}})
				if err != nil {
					t.Fatalf("%s step %s, %q: %v", f.ID, path, word, err)
				}
				if !answersWord(word, s, out) {
					t.Errorf("%s step %s: %q is answered by %v", f.ID, path, word, out)
				}
			}
		}
	}
	t.Logf("%d steps that wait, in %d scripts", waiting, len(lib.flows))
}

// answersWord tells whether an answer is that of the word: numbers first for help,
// a plain line that hides for x, quiet for stop.
func answersWord(word string, s Session, out []Effect) bool {
	numbers, hidden, quiet, said := false, false, false, 0
	for _, e := range out {
		switch e.(type) {
		case Lines:
			if said == 0 {
				numbers = true
			}
		case Say:
			said++
		case Hide:
			hidden = true
		case Quiet:
			quiet = true
		}
	}
	switch strings.ToLower(word) {
	case "help":
		return numbers
	case "stop":
		return quiet && s.Idle() && said == 1
	}
	return hidden && said == 1 && s.Idle()
}

// TestShippedReadability: the scripts can be read at the age of ten, and no
// script is hard.
func TestShippedReadability(t *testing.T) {
	t.Parallel()
	lib := shippedScripts(t)
	for _, lang := range []struct {
		tag           string
		grade         func(string) float64
		median, worst func(float64) bool
	}{
		{"en", FleschKincaid, func(g float64) bool { return g <= 5 }, func(g float64) bool { return g <= 8 }},
		{"es", FernandezHuerta, func(g float64) bool { return g >= 70 }, func(g float64) bool { return g >= 50 }},
	} {
		type figure struct {
			id string
			g  float64
		}
		var all []figure
		for _, f := range shippedFlows(lib) {
			text := f.saysIn(lang.tag)
			if text == "" {
				continue
			}
			all = append(all, figure{f.ID, lang.grade(text)})
			for line := range strings.Lines(text) { // a short one says little about itself
				if len(strings.Fields(line)) >= 12 && !lang.worst(lang.grade(line)) {
					t.Errorf("%s: %s says %q: %.1f", lang.tag, f.ID, line, lang.grade(line))
				}
			}
		}
		slices.SortFunc(all, func(a, b figure) int { return cmp.Compare(a.g, b.g) })
		mid, low, high := all[len(all)/2], all[0], all[len(all)-1]
		t.Logf("%s: %d scripts, median %.1f, from %.1f (%s) to %.1f (%s)", lang.tag, len(all), mid.g, low.g, low.id, high.g, high.id)
		if !lang.median(mid.g) {
			t.Errorf("%s: the median is %.1f", lang.tag, mid.g)
		}
		for _, x := range all {
			if !lang.worst(x.g) {
				t.Errorf("%s: %s has %.1f", lang.tag, x.id, x.g)
			}
		}
	}
}

// saysIn is all that a flow says in a language, a line each; "" where it is not
// translated.
func (f *flow) saysIn(lang string) string {
	var b strings.Builder
	for _, path := range slices.Sorted(keysOf(f.nodes)) {
		var txt *text
		switch o := f.nodes[path].op.(type) {
		case *sayOp:
			txt = o.text
		case *askOp:
			txt = o.text
		case *menuOp:
			txt = o.text
		}
		if txt == nil {
			continue
		}
		variants := txt.variants
		if lang != "en" {
			variants = nil
			for i := range txt.said {
				if txt.said[i].lang == lang {
					variants = txt.said[i].variants
				}
			}
		}
		for _, v := range variants {
			fmt.Fprintln(&b, v.src)
		}
	}
	return b.String()
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestReadability compares the figures with ones that were counted by hand.
func TestReadability(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		got  float64
		want float64
	}{
		{"no words", FleschKincaid("12 ... 7"), 0},
		{"three short words", FleschKincaid("The cat sat."), 0.39*3 + 11.8*1 - 15.59},
		{"two sentences", FleschKincaid("I waited here. The table is little."), 0.39*7/2 + 11.8*10/7 - 15.59},
		{"a line ends a sentence", FleschKincaid("one\ntwo"), 0.39*1 + 11.8*1 - 15.59},
		{"Spanish, no words", FernandezHuerta(""), 0},
		{"Spanish words of one", FernandezHuerta("El pan es bueno."), 206.84 - 60*5.0/4 - 1.02*4},
		{"Spanish hiatus and silent u", FernandezHuerta("Aquí había un león que guía."), 206.84 - 60*11.0/6 - 1.02*6},
	} {
		if diff := row.got - row.want; diff > 0.001 || diff < -0.001 {
			t.Errorf("%s: %.3f, want %.3f", row.name, row.got, row.want)
		}
	}
}

// TestShippedCoverage: each row of the table of what was learned names a script
// and a step that there is, or says why there is none.
func TestShippedCoverage(t *testing.T) {
	t.Parallel()
	lib := shippedScripts(t)
	file, err := os.ReadFile("../../flows/coverage.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for sc := bufio.NewScanner(strings.NewReader(string(file))); sc.Scan(); {
		line := sc.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		cell := strings.Split(line, "\t")
		if len(cell) != 4 || cell[0] != fmt.Sprint(rows) {
			t.Errorf("row %d: want its number, script, step and words, with tabs between: %q", rows, line)
			continue
		}
		switch id, step := cell[1], cell[2]; {
		case id == "-" && cell[3] != "":
		case lib.flows[id] == nil:
			t.Errorf("row %d: there is no script %q", rows, id)
		case lib.flows[id].named[step] == nil && lib.flows[id].nodes[step] == nil:
			t.Errorf("row %d: script %s has no step %q", rows, id, step)
		}
	}
	if rows != 128 {
		t.Errorf("%d rows, want 128", rows)
	}
}
