package console_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"handrail/bot"
	"handrail/bot/console"
	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/lines"
	"handrail/bot/schedule"
	"handrail/bot/seal"
	"handrail/bot/store"
	"handrail/flows"
)

// scripts are the smallest set with a question, a schedule, a wait, and an
// edited message.
var scripts = map[string]string{
	"welcome": "flow: welcome\ntitle: Welcome\nsteps:\n  - set: {welcomed: true}\n  - say: Welcome text.\n",
	"menu":    "flow: menu\ntitle: Menu\nanywhere: [menu]\nsteps:\n  - say: Menu text.\n",
	"crisis":  "flow: crisis\ntitle: Crisis\nsteps:\n  - say: Crisis text.\n  - lines: crisis\n",
	"daily": `flow: daily
title: Daily
start: [daily]
steps:
  - every: daily
    flow: daily.ask
    at: "21:00"
    fresh_for: 2h
  - say: Daily is set.
`,
	"daily.ask": `flow: daily.ask
title: Daily question
steps:
  # lint: allow no-reply because a test waits for longer
  - ask: |-
      How was today?

      Any word will do.
    text: {}
    keep: {list: days}
  - say: Noted.
`,
	"human": "flow: human\ntitle: Human\nstart: [human]\nsteps:\n  - hand_over: {reason: asked}\n",
	"wait":  "flow: wait\ntitle: Wait\nstart: [wait]\nsteps:\n  - say: We wait.\n  - wait: 15m\n  - say: The wait is over.\n",
	"pace":  "flow: pace\ntitle: Pace\nstart: [pace]\nsteps:\n  - pace: {in: 4, out: 6, rounds: 1}\n  - say: Done breathing.\n",
	"zone":  "flow: zone\ntitle: Zone\nstart: [zone]\nsteps:\n  - ask: Where?\n    zone: {}\n    keep: zone\n  - say: Zone is set.\n",
}

func library(t *testing.T) *flow.Library {
	t.Helper()
	files := fstest.MapFS{}
	texts, err := fs.ReadFile(flows.FS, "texts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files["texts.yaml"] = &fstest.MapFile{Data: texts}
	for id, y := range scripts {
		files[id+".yaml"] = &fstest.MapFile{Data: []byte(y)}
	}
	lib, found, err := flow.Load(files, flow.Options{Readers: schedule.Readers()})
	if err != nil || lib == nil {
		t.Fatalf("scripts: %v, %v", found, err)
	}
	return lib
}

// builder makes simulators of the scripts above.
func builder(t *testing.T) console.Build {
	t.Helper()
	lib := library(t)
	return func(ctx context.Context, begin console.Stage, sink func(console.Entry)) (*console.Sim, func() error, error) {
		words, err := fs.Sub(flows.FS, "crisis")
		if err != nil {
			return nil, nil, err
		}
		lex, err := crisis.Load(words)
		if err != nil {
			return nil, nil, err
		}
		help, err := fs.Sub(flows.FS, "lines")
		if err != nil {
			return nil, nil, err
		}
		dir, _, err := lines.Load(help)
		if err != nil {
			return nil, nil, err
		}
		key, err := seal.NewMasterKey()
		if err != nil {
			return nil, nil, err
		}
		master, err := seal.OpenMaster(key)
		if err != nil {
			return nil, nil, err
		}
		o := store.Options{Path: filepath.Join(t.TempDir(), "s", "x.db"), Master: master}
		st, err := store.Open(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		sim, err := console.New(console.Config{
			Bot: bot.Config{
				Store: st, Library: lib, Lexicon: lex, Lines: dir, Zone: begin.Zone.String(), Language: begin.Lang, Workers: 1,
				Staff: team(begin.Desk),
			},
			Clock: console.NewClock(begin.At, nil), Zone: begin.Zone, Session: "t", Sink: sink,
			Reopen: func(ctx context.Context) (*store.Store, error) {
				if err := st.Close(); err != nil {
					return nil, err
				}
				st, err = store.Open(ctx, o)
				return st, err
			},
		})
		return sim, func() error { return st.Close() }, err
	}
}

// talk plays a script and returns what was on the screen.
func talk(t *testing.T, zone, script string) (string, error) {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	sim, done, err := builder(t)(context.Background(), console.Stage{At: console.DefaultBegin(loc), Zone: loc}, func(e console.Entry) {
		out.WriteString(e.String() + "\n")
	})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	err = sim.Run(context.Background(), strings.NewReader(script))
	return out.String(), err
}

func TestRun(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, zone, script, want string }{
		{"first words", "UTC", "hi\n", "< hi\n> Welcome text.\n"},
		{"no line break at the end, and one of another system", "UTC", "hi\r\nmenu", "< hi\n> Welcome text.\n< menu\n> Menu text.\n"},
		{"a wait", "UTC", "wait\n@ +14m\n@ +1m\n", "< wait\n> We wait.\n> The wait is over.\n"},
		{
			"a check-in", "UTC", "daily\n@ 20:59\n@ +1m\nslow\n@ +1d\n",
			"< daily\n> Daily is set.\n> How was today?\n  \n  Any word will do.\n< slow\n> Noted.\n> How was today?\n  \n  Any word will do.\n",
		},
		{"a start", "UTC", "/start daily.ask\n", "< /start daily.ask\n> How was today?\n  \n  Any word will do.\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := talk(t, tt.zone, tt.script)
			if err != nil || got != tt.want {
				t.Errorf("%v, got\n%s\nwant\n%s", err, got, tt.want)
			}
		})
	}
}

func TestRunEdits(t *testing.T) {
	t.Parallel()
	got, err := talk(t, "UTC", "pace\n@ +1m\n")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "\n> [edited] ") || !strings.HasSuffix(got, "> Done breathing.\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, script, want string }{
		{"a time that is none", "hi\n@ soon\n", "line 2 of the input: cannot read the time"},
		{"backwards", "hi\n@ 2026-03-01T10:00\n", "line 2 of the input: the clock cannot go back"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := talk(t, "UTC", tt.script)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestSummerTime lets a daily question come over both changes of a year.
func TestSummerTime(t *testing.T) {
	t.Parallel()
	for _, day := range []string{"2026-03-28", "2026-10-24"} {
		t.Run(day, func(t *testing.T) {
			t.Parallel()
			got, err := talk(t, "Europe/Berlin", "@ "+day+"T20:30\ndaily\n@ +1d\n@ +1d\n@ +1d\n")
			if n := strings.Count(got, "How was today?"); err != nil || n != 3 {
				t.Errorf("it came %d times in three days, %v\n%s", n, err, got)
			}
		})
	}
}

const good = `# a daily question in Berlin
@ 2026-03-28T20:30 Europe/Berlin
< daily
> Daily is ...
! timer daily 2026-03-28T21:00
@ +1d
> How was today?

  Any word will do.
< slow
> Noted.
! timer daily 2026-03-29T21:00:00+02:00
! list days 1
! no timer weekly
! no var zone
`

func play(t *testing.T, text string) console.Played {
	t.Helper()
	tr, err := console.ParseTranscript("a.txt", []byte(text))
	var played console.Played
	if err == nil {
		played, err = console.Play(context.Background(), tr, builder(t))
	}
	var fault console.Fault
	if errors.As(err, &fault) {
		return console.Played{Fault: &fault}
	}
	if err != nil {
		t.Fatal(err)
	}
	return played
}

func TestPlay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, from, to string // what is changed in the sound transcript
		want           string // the fault
	}{
		{"sound", "", "", ""},
		{"another word", "> Noted.", "> Fine.", `a.txt:11:1: expected "Fine." but the bot said "Noted." (transcript)`},
		{"a message too few", "> Noted.\n", "", `a.txt:10:1: expected nothing more but the bot said "Noted." (transcript)`},
		{"a message too many", "> Noted.\n", "> Noted.\n> More.\n", `a.txt:12:1: expected "More." but the bot said nothing more (transcript)`},
		{"another time", "2026-03-29T21:00:00+02:00", "2026-03-29T21:00:00+01:00", `a.txt:12:1: expected "timer daily 2026-03-29T22:00:00+02:00" but it is "timer daily 2026-03-29T21:00:00+02:00" (transcript)`},
		{"a timer that is there", "no timer weekly", "no timer", `a.txt:14:1: expected "no timer" but it is "timer daily 2026-03-29T21:00:00+02:00" (transcript)`},
		{"a timer that is not there", "timer daily 2026-03-28T21:00", "timer weekly 2026-03-28T21:00", `a.txt:5:1: expected "timer weekly 2026-03-28T21:00" but it is "no timer weekly" (transcript)`},
		{"another count", "list days 1", "list days 2", `a.txt:13:1: expected "list days 2" but it is "list days 1" (transcript)`},
		{"a clock that goes back", "@ +1d", "@ 2026-03-01", `a.txt:6:1: the clock cannot go back from 2026-03-28T20:30 to 2026-03-01T00:00: name a later time (transcript)`},
		{"an assertion that is none", "! list days 1", "! days are long", `a.txt:13:1: cannot read the assertion "days are long": ` + console.AssertHelp + ` (transcript)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(good, tt.from, tt.to, 1)
			got := play(t, text)
			fault := ""
			if got.Fault != nil {
				fault = got.Fault.String()
			}
			if fault != tt.want {
				t.Fatalf("got  %s\nwant %s", fault, tt.want)
			}
			if got.Rewrite == nil {
				return
			}
			if again := play(t, string(got.Rewrite)); again.Fault != nil {
				t.Errorf("the rewritten file does not fit either: %v\n%s", again.Fault, got.Rewrite)
			}
			if tt.want == "" && string(got.Rewrite) != good {
				t.Errorf("a sound file was rewritten:\n%s", got.Rewrite)
			}
		})
	}
}

// TestFirstDifference: of a long message only the line that differs is named.
func TestFirstDifference(t *testing.T) {
	t.Parallel()
	const head = "@ 2026-03-28T20:30 Europe/Berlin\n< /start daily.ask\n"
	for _, tt := range []struct{ name, said, want string }{
		{"another line", "> How was today?\n  \n  Any words will do.\n", `a.txt:5:1: expected "Any words will do." but the bot said "Any word will do." (transcript)`},
		{"a line too few", "> How was today?\n", `a.txt:3:1: expected the message to end here but the bot went on "\nAny word will do." (transcript)`},
		{"a line too many", "> How was today?\n  \n  Any word will do.\n  More.\n", `a.txt:6:1: expected "More." but the message of the bot ends before it (transcript)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if f := play(t, head+tt.said).Fault; f == nil || f.String() != tt.want {
				t.Errorf("got %v, want %s", f, tt.want)
			}
		})
	}
}
