package flow

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

// everything is a library in which every verb and every kind of question
// stands, also inside each other.
func everything() map[string]string {
	return map[string]string{
		"welcome": "steps: [{say: Welcome., any: [Hello.]}, {set: {welcomed: true}}, {run: menu}]",
		"menu":    "anywhere: [menu]\nresume: false\nsteps: [{menu: Menu., any: [Again.]}, {say: Fine.}]",
		"stop":    "first: [stop]\nsteps: [{say: Stopped.}, {hide: 2h}, {cancel: all}, {quiet: stop}]",
		"help":    "anywhere: [help]\nsteps: [{lines: dv}, {if: desk, do: [{say: Soon.}], else: [{hand_over: {reason: danger, urgent: true}}]}, {hand_over: }, {ask: More., yes_no: {yes: {call: list}}}]",
		"quiet":   "start: [pause]\nsteps: [{quiet: {for: 7d}}, {wait: 1d}, {quiet: off}]",
		"erase":   "title: Erase\nstart: [erase]\nsteps: [{ask: 'All?', pick: {all: {}, list: {do: [{forget: {list: mine}}, {end: }]}, n: {do: [{forget: [n, pull]}, {export: [mine]}, {end: }]}, no: {end: }}}, {chart: mine, title: 'Mine {{n}}'}, {wait: 1m}, {export: }, {forget: all}, {say: 'Gone {{pull}}.'}]",
		"silent":  "start: [silent]\nsteps: [{set: {n: 1}}]",
		"list": `menu: 2
modes: [together, deciding]
start: [my list, show me my list]
steps:
  - if: count_mine > 3
    do:
      - show: mine
        pick: random
        up_to: 2
    else:
      - show: mine
        numbered: true
        newest: true
        none:
          - say: Nothing.
          - ask: Add?
            yes_no: {yes: {goto: add}, no: {end: }}
  - ask: What now?
    pick:
      add: {goto: add}
      drop: {also: [remove], do: [{ask: Which., number: {from: 1, to: 99}, keep: n}, {drop: mine, number: n}]}
      done: {also: [no more]}
    not_understood:
      - say: Add or drop.
      - ask: Really?
        yes_no: {}
  - end:
  - ask: Write.
    name: add
    text: {max: 40}
    keep: {list: mine}
    no_reply: {after: 5m, do: [{ask: "There?", text: {}}, {say: "{{answer}}"}]}
  - keep: {list: mine, text: "{{answer | or \"-\"}} at {{time}}"}
  - goto: add`,
		"urge": `menu: 1
start: [urge]
safe: rest
steps:
  - ask: How strong?
    scale: {from: 0, to: 10}
    keep: pull
    no_reply: {after: 10m, call: deep}
  - set: {mode: "= pull > 5 ? 'together' : 'deciding'", half: "= pull / 2", echo_text: "<{{pull}}>"}
  - if: answer > 3 and hour >= 1 and weekday in ["mon", "tue"] or half == 1.5
    do: [{call: deep}]
  - say: Until {{until}}, {{mode}}, {{half}}, {{echo_text}}.
    name: rest
  - wait: 15m
  - pace: {in: 4, hold: 1, out: 6, rest: 1, rounds: 2}
    words: {in: "In {{half}}"}
  - say: Over.`,
		"deep": `steps:
  - ask: When?
    time: {}
    keep: at_time
    skip: false # lint: allow no-skip because the engine has to say so
    no_reply: {after: 1h, end: }
  - ask: Which days?
    days: {}
    keep: on_days
  - ask: Where?
    zone: {}
    keep: zone
  - ask: Land?
    country: {}
    keep: country
    no_reply: {after: 1h, run: help}
  - every: daily
    flow: checkin
    at: at_time
    days: on_days
    fresh_for: 2h
    kind: checkin
    step_down: checkin
  - every: weekly
    flow: checkin
    cron: 0 9 * * 1
  - ask: On what date?
    date: {}
    keep: on_date
  - ask: How long?
    span: {}
    keep: how_long
    opening: true
  - quiet: {for: how_long}
  - snooze: how_long
  - if: prompted
    do: [{snooze: 1h}]
  - every: news
    kind: note
    organization: true
  - cancel: {kind: note}
  - at: daily
    flow: checkin
    date: on_date
    time: at_time
  - at: hour
    flow: checkin
    date: +0d
    time: at_time
    past: [{ask: "Over?", yes_no: {}}]
  - say: "{{on_date}} {{at_time}} {{on_days}} {{zone}} {{country}}"
  - cancel: weekly`,
		"checkin": "steps: [{ask: 'How is it?', greeting: true, any: ['And now?'], pick: {light: {}, heavy: {run: urge}}, no_reply: {after: 2h, end: }}, {say: Noted.}]",
	}
}

func vocabulary() []string {
	return []string{
		"yes", "no", "1", "2", "3", "7/10", "skip", "back", "done", "menu", "help", "stop", "urge", "my list", "add",
		"drop", "remove", "at 9", "2026-03-02", "2026-04-01", "on mon", "in Ulm", "from Ire", "light", "heavy", "xyzzy", "", "👍", "ok", "silent",
		"pause", "erase", "all", "list", "n", "hepl", "{{pull}}", "show me my list now", strings.Repeat("long ", 2000),
		"/timer", "/later 20m", "/later 48h", "/start checkin", "/start urge", "/start deep", "/interrupt help",
		"/interrupt silent", "/react 👍", "/react 👎", "/react 2️⃣", "/react ❤️", "/react 🔟",
		"i meant 3", "i meant yes", "sorry, no", "actually light", "correction: on mon", "thanks", "go back", "back again",
		"/edit 1 7", "/edit 1 yes", "/edit 2 other words", "/edit 3 heavy", "/edit 4 no", "/edit 99 x", "/edit 1 ",
		"/remove 1", "/remove 2", "/remove 3", "/remove 99", "/reply 1 yes", "/reply 2 7", "/reply 2 no", "/reply 3 words of mine",
		"/reply 4 light", "/reply 99 x", "/sign 1 👍", "/sign 2 👎", "/sign 2 1️⃣", "/sign 3 ❤️", "/early yes", "/early 7", "/early light",
	}
}

// run plays commands; any error of Step is a fault.
func (k *talk) run(cmds []string) {
	k.t.Helper()
	k.quiet = true
	for i, c := range cmds {
		k.seed = mix(uint64(i))
		k.do(c)
		if k.out.Len() > 0 {
			k.t.Fatalf("%q: %s", c, k.out.String())
		}
	}
	k.help()
}

// help must be there after anything: the word brings numbers.
func (k *talk) help() {
	k.t.Helper()
	effects, err := k.step(Input{Text: "help"})
	if err != nil || !slices.ContainsFunc(effects, func(e Effect) bool { _, ok := e.(Lines); return ok }) {
		k.t.Fatalf("help gave %v, %v", effects, err)
	}
}

// TestAnyTalk plays random talks. What must hold is checked at every step.
func TestAnyTalk(t *testing.T) {
	t.Parallel()
	lib := library(t, everything())
	rapid.Check(t, func(rt *rapid.T) {
		cmds := rapid.SliceOfN(rapid.SampledFrom(vocabulary()), 1, 40).Draw(rt, "talk")
		newTalk(rt, lib).run(cmds)
	})
}

// TestAnySession: whatever is stored, a step never panics and gets out of it.
func TestAnySession(t *testing.T) {
	t.Parallel()
	lib := library(t, everything())
	paths := []string{"", "1", "2", "3", "7", "1.no_reply.1", "2.not_understood.2", "1.else.1.none.2", "99"}
	rapid.Check(t, func(rt *rapid.T) {
		frame := rapid.Custom(func(rt *rapid.T) Frame {
			f := Frame{
				Flow: rapid.SampledFrom([]string{"list", "urge", "deep", "menu", "gone", ""}).Draw(rt, "flow"),
				Step: rapid.SampledFrom(paths).Draw(rt, "step"),
			}
			if rapid.Bool().Draw(rt, "current") && lib.Has(f.Flow) {
				f.Rev = lib.flows[f.Flow].Rev
			}
			return f
		})
		waiting := rapid.Custom(func(rt *rapid.T) *Waiting {
			return &Waiting{
				Kind:   rapid.SampledFrom([]string{"", "ask", "pause", "pace", "resume", "other"}).Draw(rt, "kind"),
				Round:  rapid.IntRange(-3, 20).Draw(rt, "round"),
				Tries:  rapid.IntRange(-1, 5).Draw(rt, "tries"),
				Nudged: rapid.Bool().Draw(rt, "nudged"),
				Data:   map[string]any{"menu": rapid.SampledFrom([]any{"urge gone", 7.0, nil, ""}).Draw(rt, "menu")},
			}
		})
		s := Session{Frames: rapid.SliceOfN(frame, 0, 5).Draw(rt, "frames")}
		for range rapid.IntRange(0, MaxPast).Draw(rt, "points") {
			s.Past = append(s.Past, Point{
				Frames: rapid.SliceOfN(frame, 0, 3).Draw(rt, "point"), Menu: rapid.SampledFrom([]string{"", "urge gone"}).Draw(rt, "shown"),
				IDs:   []string{rapid.SampledFrom([]string{"", "m0", "m1"}).Draw(rt, "id")}[:rapid.IntRange(0, 1).Draw(rt, "ids")],
				Asked: []string{"k0"}, Over: rapid.Bool().Draw(rt, "over"), Words: rapid.Bool().Draw(rt, "words"),
				At: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC), Vars: map[string]any{"n": 1.0, "mode": nil},
			})
		}
		if rapid.Bool().Draw(rt, "waits") {
			s.Wait = waiting.Draw(rt, "wait")
		}
		if rapid.Bool().Draw(rt, "parks") {
			s.Parked = &Parked{Frames: rapid.SliceOfN(frame, 0, 2).Draw(rt, "parked"), Wait: waiting.Draw(rt, "parked wait")}
		}
		k := newTalk(rt, lib)
		var err error
		if k.session, err = json.Marshal(s); err != nil {
			rt.Fatal(err)
		}
		k.run(rapid.SliceOfN(rapid.SampledFrom(vocabulary()), 1, 5).Draw(rt, "talk"))
	})
}

// FuzzStep plays a talk of which each line is a text or a command.
func FuzzStep(f *testing.F) {
	words := vocabulary()
	f.Add(strings.Join(words, "\n"), uint64(1))
	slices.Reverse(words)
	f.Add(strings.Join(words, "\n"), uint64(2))
	f.Add("urge\n7\n/timer\n/timer\nhi\n/timer\nhelp\nyes", uint64(3))
	f.Add("urge\n7\nback\ni meant 3\n/edit 1 8\n/reply 2 2\n/remove 1\nmy list\nadd\nwords\nmore words\n/edit 2 x\n/remove 1\nback\nhelp\nback", uint64(4))
	lib := library(f, everything())
	f.Fuzz(func(t *testing.T, lines string, seed uint64) {
		k := newTalk(t, lib)
		k.quiet = true
		n := 0
		for l := range strings.SplitSeq(lines, "\n") {
			if n++; n > 60 {
				break
			}
			in := Input{Text: l}
			if rest, ok := strings.CutPrefix(l, "/"); ok {
				verb, arg, _ := strings.Cut(rest, " ")
				in, _ = k.mend("/"+verb, arg)
				switch verb {
				case "timer":
					k.now = k.now.Add(k.wait)
					in = Input{Kind: InTimer}
				case "react":
					in = Input{Kind: InReaction, Text: arg}
				case "later":
					k.now = k.now.Add(time.Duration(len(arg)) * time.Hour)
					continue
				case "start", "interrupt":
					if !lib.Has(arg) {
						continue
					}
					in = Input{Kind: InStart, Flow: arg}
					if verb == "interrupt" {
						in.Kind = InInterrupt
					}
				}
			}
			k.seed = mix(seed + uint64(n))
			if _, err := k.step(in); err != nil {
				t.Fatalf("step %d: %v", n, err)
			}
		}
		k.help()
	})
}

// FuzzLoad gives the parser a file. It must answer with findings or with a
// library that runs; twice the same.
func FuzzLoad(f *testing.F) {
	for id, body := range everything() {
		f.Add([]byte("flow: a\ntitle: " + id + "\n" + body))
	}
	broken, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range broken {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	sentences := texts(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		fsys := fstest.MapFS{textsFile: {Data: sentences}, "a.yaml": {Data: src}}
		lib, list, err := Load(fsys, Options{Readers: readers()})
		if err != nil {
			t.Fatal(err)
		}
		if len(src)%4 == 0 { // a load takes longer than all else here
			if _, again, _ := Load(fsys, Options{Readers: readers()}); !reflect.DeepEqual(list, again) {
				t.Errorf("two runs, two findings:\n%v\n%v", list, again)
			}
		}
		if (lib == nil) != slices.ContainsFunc(list, func(f Finding) bool { return !f.Mild() }) {
			t.Fatalf("library is nil: %t, with %d findings", lib == nil, len(list))
		}
		last := 2
		for _, r := range string(src) {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", r) { // what YAML takes for a line break
				last++
			}
		}
		for _, fd := range list {
			if fd.Line < 1 || fd.Col < 1 || fd.File == "a.yaml" && fd.Line > last {
				t.Errorf("a finding outside the file: %v", fd)
			}
		}
		if lib == nil {
			return
		}
		s, now := Session{}, time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
		for _, in := range []Input{{Kind: InStart, Flow: "a"}, {Kind: InTimer}, {Text: "1"}, {Text: "x"}, {Text: "skip"}, {Kind: InTimer}} {
			in.Now = now
			next, effects, err := lib.Step(s, in)
			if err != nil {
				continue // too many steps
			}
			if in.Kind == InText && len(effects) == 0 {
				t.Error("silence after the person wrote")
			}
			s = next
		}
	})
}
