package flow

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"handrail/bot/crisis"
	"handrail/flows"
)

// walks is how many talks are played in each language where WALKS does not say
// otherwise; WALKS_SEED gives other talks.
const walks = 300

// mostFaults is how many talks with a fault are shown before the walker gives up.
const mostFaults = 8

// longestLine is how much of what the walker kept comes back in a list, so that
// a message is long by its own words alone.
const longestLine = 12

// TestWalk answers at random, with choices, with real sentences and with noise,
// and lets time go by: no talk comes to a dead end, no message is too long, none
// comes twice in a row, and never do two wait that nobody asked for.
func TestWalk(t *testing.T) {
	t.Parallel()
	talks, seed := fromEnv(t, "WALKS", walks), uint64(fromEnv(t, "WALKS_SEED", 8))
	lib := shippedScripts(t)
	for _, lang := range []string{"", "es"} {
		t.Run("lang="+lang, func(t *testing.T) {
			t.Parallel()
			said := sentences(t, lib, lang)
			var opens []string
			for _, f := range shippedFlows(lib) {
				if !strings.HasPrefix(f.ID, "decoy") {
					opens = append(opens, f.ID)
				}
			}
			steps, faults, seen := 0, 0, map[string]bool{}
			for i := range talks {
				w := &walker{
					lib: lib, lang: lang, said: said, opens: opens, seen: seen, rnd: rand.New(rand.NewPCG(uint64(i), seed^hash(lang))),
					vars: map[string]any{}, lists: map[string][]Item{}, due: map[string]string{},
					now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC),
				}
				w.settle(i)
				w.talk()
				steps += w.steps
				if w.fault == "" {
					continue
				}
				t.Errorf("talk %d: %s\n%s", i, w.fault, strings.Join(w.log, "\n"))
				if faults++; faults == mostFaults {
					t.FailNow()
				}
			}
			t.Logf("%d talks, %d inputs, %d sentences to choose from, %d of %d steps that wait were reached", talks, steps, len(said), len(seen), waits(lib))
		})
	}
}

// fromEnv reads a whole number from the environment.
func fromEnv(t *testing.T, name string, usual int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return usual
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no whole number", name, v)
	}
	return n
}

// waits counts the steps at which a talk can stand.
func waits(lib *Library) (n int) {
	for _, f := range lib.flows {
		for _, s := range f.nodes {
			switch s.op.(type) {
			case *askOp, *menuOp, *waitOp, *paceOp:
				n++
			}
		}
	}
	return n
}

// sentences are what people write: the lines of all transcripts, the labelled
// messages, and the phrases of the language.
func sentences(t *testing.T, lib *Library, lang string) []string {
	t.Helper()
	all := map[string]bool{}
	files, err := fs.Glob(flows.FS, "testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	more, err := fs.Glob(flows.FS, "testdata/intents/*.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, more...) {
		data, err := fs.ReadFile(flows.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSpace(line)
			if text, ok := strings.CutPrefix(line, "< "); ok && !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "[") {
				all[text] = true
			}
			if text, _, ok := strings.Cut(line, "\t"); ok {
				all[text] = true
			}
		}
	}
	for _, phrases := range phrasesOf(lib.in(lang)) {
		for _, phrase := range phrases {
			all[phrase] = true
		}
	}
	return slices.Sorted(keysOf(all))
}

// walker is one person who answers at random.
type walker struct {
	fault string // what was wrong first
	lib   *Library
	lang  string
	said  []string
	opens []string // all flows but those of the decoy
	seen  map[string]bool
	rnd   *rand.Rand
	s     Session
	vars  map[string]any
	lists map[string][]Item
	due   map[string]string // what comes by itself: schedule to flow
	wait  time.Duration     // until the timer; 0: none
	now   time.Time
	last  string // the last message of the bot
	again bool   // the person asked for it once more, or gave the same twice
	quiet bool   // this answer begins with quiet, as that of stop does
	timed bool   // this answer is to a timer
	same  bool   // this answer has the last message once more
	lone  int    // messages that nobody asked for since the person's last word
	steps int
	ids   int64
	log   []string
}

// settle makes three of four somebody who is not new, in one of the situations.
func (w *walker) settle(i int) {
	if i%4 == 0 {
		return
	}
	modes := []string{"no-contact", "structured", "together", "deciding", "other", "own"}
	w.vars["welcomed"], w.vars["mode"] = true, modes[w.rnd.IntN(len(modes))]
	if i%2 == 0 {
		w.vars["country"], w.vars["zone"] = "IE", "Europe/Dublin"
	}
	for _, list := range []string{"reasons", "people", "letters"} {
		if w.rnd.IntN(3) == 0 {
			w.do(Keep{List: list, Text: "a line of mine"})
		}
	}
}

// wrong notes a fault; the first one counts.
func (w *walker) wrong(format string, args ...any) {
	if w.fault == "" {
		w.fault = fmt.Sprintf(format, args...)
	}
}

func (w *walker) talk() {
	for range 6 + w.rnd.IntN(16) {
		switch n := w.rnd.IntN(100); {
		case n < 10 && w.wait > 0:
			w.now = w.now.Add(w.wait)
			w.step(Input{Kind: InTimer})
		case n < 16 && w.s.Idle() && len(w.due) > 0 && w.lone == 0:
			names := slices.Sorted(keysOf(w.due))
			w.now = w.now.Add(24 * time.Hour)
			w.step(Input{Kind: InStart, Flow: w.due[names[w.rnd.IntN(len(names))]]})
		case n < 18 && w.s.Idle() && w.lone == 0: // what comes by itself, or a flow that others lead to
			w.step(Input{Kind: InStart, Flow: w.opens[w.rnd.IntN(len(w.opens))]})
		case n < 20:
			list := crisis.Categories()
			w.step(Input{Kind: InInterrupt, Flow: "crisis." + list[w.rnd.IntN(len(list))]})
		case n < 65:
			w.says(w.answer())
		case n < 95:
			w.says(w.said[w.rnd.IntN(len(w.said))])
		default:
			w.says([]string{"asdf", "???", "12345", "...", "lorem ipsum dolor", "7", "0", "👍", "", "no idea what this is about"}[w.rnd.IntN(10)])
		}
		if w.fault != "" {
			return
		}
	}
	w.says("menu")
	if w.s.Wait == nil && w.vars["hidden"] != true {
		w.wrong("a dead end: the menu does not open")
	}
}

// says is one message of the person.
func (w *walker) says(text string) {
	w.now = w.now.Add(time.Duration(30+w.rnd.IntN(600)) * time.Second)
	w.lone = 0
	w.step(Input{Kind: InText, Text: text, Danger: w.rnd.IntN(40) == 0})
}

// answer is one that the question may understand, or a word of the engine.
func (w *walker) answer() string {
	few := []string{"skip", "yes", "no", "ok", "done", "menu", "back", "2"}
	if w.s.Wait == nil || w.s.Wait.Kind != waitAsk || w.rnd.IntN(6) == 0 {
		return few[w.rnd.IntN(len(few))]
	}
	fr := w.s.Frames[len(w.s.Frames)-1]
	f := w.lib.find(fr)
	if f == nil {
		return "yes"
	}
	o, ok := f.nodes[fr.Step].op.(*askOp)
	if !ok {
		return strconv.Itoa(1 + w.rnd.IntN(7))
	}
	if len(o.options) > 0 {
		opt := &o.options[w.rnd.IntN(len(o.options))]
		return opt.words[w.rnd.IntN(len(opt.words))]
	}
	switch o.kind {
	case askScale, askNumber:
		return strconv.Itoa(w.rnd.IntN(11))
	case askText:
		return "some words of mine"
	}
	values := []string{"9pm", "monday and friday", "tomorrow", "5 May", "London", "Ireland", "Madrid", "3 days", "an hour", "22:00-07:00", "English", "in the evening"}
	if w.lang == "es" && w.rnd.IntN(3) > 0 {
		values = []string{"a las 8 de la tarde", "lunes y viernes", "mañana", "el 5 de mayo", "Londres", "España", "tres días", "una hora", "de 22 a 7", "español", "por la noche", "ayer"}
	}
	return values[w.rnd.IntN(len(values))]
}

// step gives one input to the engine and does what it wants done.
func (w *walker) step(in Input) {
	in.Now, in.Seed, in.Lang, in.Vars, in.Lists = w.now, w.rnd.Uint64(), w.lang, w.vars, w.lists
	in.ID = fmt.Sprint("m", w.steps)
	w.steps++
	w.log = append(w.log, fmt.Sprintf("< %d %q %s", in.Kind, in.Text, in.Flow))
	w.again = in.Kind != InText || w.repeats(in.Text)
	w.quiet, w.same, w.timed = false, false, in.Kind == InTimer
	was := w.stands()
	s, out, err := w.lib.Step(w.s, in)
	if err != nil {
		w.wrong("%v", err)
		return
	}
	w.s, w.wait = s, 0
	messages := 0
	for _, e := range out {
		messages += w.do(e)
	}
	if w.same && (was != w.stands() || w.s.Wait == nil || w.s.Wait.Tries > 0) { // else their words open anew what is open
		w.wrong("the same message twice in a row")
	}
	switch {
	case in.Kind == InText && messages == 0:
		w.wrong("no answer")
	case in.Kind != InText && in.Kind != InInterrupt && messages > 0:
		w.lone++
		if w.lone > 1 {
			w.wrong("two messages wait that nobody asked for")
		}
	}
	w.seen[w.stands()] = true
}

// stands is the step that the talk waits at.
func (w *walker) stands() string {
	if n := len(w.s.Frames); n > 0 {
		return w.s.Frames[n-1].Flow + " " + w.s.Frames[n-1].Step
	}
	return ""
}

// repeats tells whether a text asks for the same once more.
func (w *walker) repeats(text string) bool {
	norm := Normalise(text)
	sp := w.lib.in(w.lang)
	return norm == "" || slices.Contains(sp.words.repeat, norm) || slices.Contains(sp.words.back, norm) || slices.Contains(w.lib.in("").words.back, norm) ||
		slices.Contains(w.lib.in("").words.repeat, norm)
}

// do carries out an effect and counts the messages that it is.
func (w *walker) do(e Effect) int {
	switch e := e.(type) {
	case Say:
		return w.hear(e)
	case Link:
		if e.Do != LinkCode && e.Do != LinkTogether {
			break
		}
		w.last = "Link " + e.Do
		w.log = append(w.log, "> "+w.last)
		return 1
	case Lines, Export, Chart, HandOver, Secret: // the host says something
		w.last = fmt.Sprintf("%T", e)
		w.log = append(w.log, "> "+w.last)
		return 1
	case Wait:
		w.wait = e.For
	case Quiet:
		w.quiet = true
	case Set:
		w.vars[e.Name] = e.Value
		if e.Value == nil {
			delete(w.vars, e.Name)
		}
	case Keep:
		w.ids++
		w.lists[e.List] = append(slices.Clone(w.lists[e.List]), Item{ID: w.ids, Text: first(e.Text, longestLine), At: w.now})
	case Drop:
		w.lists[e.List] = slices.DeleteFunc(slices.Clone(w.lists[e.List]), func(it Item) bool { return it.ID == e.ID })
	case Every:
		if e.Flow != "" { // else what comes stands in the configuration
			w.due[e.Name] = e.Flow
		}
	case At:
		w.due[e.Name] = e.Flow
	case Cancel:
		if delete(w.due, e.Name); e.Name == "all" {
			clear(w.due)
		}
	case Forget:
		if e.All {
			clear(w.vars)
			clear(w.lists)
			clear(w.due)
		}
		delete(w.lists, e.List)
	}
	return 0
}

// hear looks at one message.
func (w *walker) hear(e Say) int {
	w.log = append(w.log, "> "+e.Text)
	cue := e.Edit || e.Anchor // of paced breathing
	switch {
	case e.Text == "":
		w.wrong("an empty message")
	case utf8.RuneCountInString(e.Text) > MaxText:
		w.wrong("%d characters", utf8.RuneCountInString(e.Text))
	case e.Text == w.last && !w.again && !cue && w.vars["hidden"] != true && !w.quiet: // the plain line and that of stop are the same on purpose
		w.same = true
	}
	w.last = e.Text
	if e.Edit || cue && w.timed {
		return 0
	}
	return 1
}

// first gives the first n characters.
func first(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}
