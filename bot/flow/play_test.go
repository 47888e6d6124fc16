package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// texts is a texts.yaml made of the examples, as every library needs one.
func texts(t testing.TB) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString("texts:\n")
	for _, s := range RequiredTexts() {
		example, err := json.Marshal(s.Example)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %s: %s\n", s.Key, example)
	}
	return []byte(b.String())
}

// files makes a file system of scripts; each is the part after the header.
func files(t testing.TB, scripts map[string]string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{textsFile: {Data: texts(t)}}
	for id, body := range scripts {
		if !strings.Contains(body, "title:") {
			body = "title: The " + id + " flow\n" + body
		}
		fsys[id+".yaml"] = &fstest.MapFile{Data: []byte("flow: " + id + "\n" + body)}
	}
	return fsys
}

// library loads scripts that must be without a fault.
func library(t testing.TB, scripts map[string]string) *Library {
	t.Helper()
	lib, list, err := Load(files(t, scripts), Options{Readers: readers()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Rule != ruleGreeting { // these are small, and have no person behind them
			t.Error(f)
		}
	}
	if lib == nil {
		t.FailNow()
	}
	return lib
}

// readers are simple stand-ins: "at 9" is the time 09:00, and so on.
func readers() map[string]Reader {
	one := func(prefix, suffix string) Reader {
		return func(text, _ string, _ time.Time) (value, echo string, ok bool) {
			v, ok := strings.CutPrefix(strings.ToLower(text), prefix+" ")
			if !ok {
				v, ok = strings.CutSuffix(strings.ToLower(text), suffix)
			}
			return v + suffix, prefix + " " + v, ok && v != ""
		}
	}
	return map[string]Reader{
		"time": one("at", ":00"), "zone": one("in", "/zone"), "country": one("from", "-land"), "days": one("on", "day"),
		"span": one("for", "d"), "hours": one("from", "-o-clock"), "window": one("between", "-window"),
		"date": func(text, _ string, _ time.Time) (value, echo string, ok bool) {
			d, err := time.Parse(time.DateOnly, text)
			if err != nil {
				return "", "", false
			}
			return text, d.Format("2 January 2006"), true
		},
	}
}

// tester is what testing.TB and rapid.T have in common.
type tester interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// talk is a small host: it keeps what the effects say, with the session as JSON
// between steps, and checks what must hold for every step.
type talk struct {
	t       tester
	lib     *Library
	session []byte
	vars    map[string]any
	lists   map[string][]Item
	nextID  int64
	now     time.Time
	seed    uint64
	wait    time.Duration
	inputs  int  // the ID of an input is its number
	asked   int  // so is the key of a question
	prompt  bool // something came by itself
	quiet   bool // do not write the transcript
	out     strings.Builder
}

func newTalk(t tester, lib *Library) *talk {
	return &talk{
		t: t, lib: lib, session: []byte("{}"), vars: map[string]any{}, lists: map[string][]Item{},
		now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC),
	}
}

// step runs one input and applies its effects.
func (k *talk) step(in Input) ([]Effect, error) {
	k.t.Helper()
	in.Now, in.Seed, in.Vars, in.Lists = k.now, k.seed, maps.Clone(k.vars), k.lists
	in.Prompted = k.prompt
	if in.ID == "" {
		k.inputs++
		in.ID = fmt.Sprint("m", k.inputs)
	}
	s := k.load()
	after, effects, err := k.lib.Step(s, in)
	k.checkPure(s, in, after, effects, err)
	if err != nil {
		return nil, err
	}
	if after.Seq != s.Seq+1 {
		k.t.Errorf("Seq went from %d to %d", s.Seq, after.Seq)
	}
	for _, e := range effects {
		if say, ok := e.(Say); ok && say.Ask {
			k.asked++
			after.Asked = AddAsked(after.Asked, fmt.Sprint("k", k.asked))
		}
	}
	b, err := json.Marshal(after)
	if err != nil {
		k.t.Fatal(err)
	}
	k.session = b
	k.apply(in.ID, effects)
	return effects, nil
}

func (k *talk) load() (s Session) {
	k.t.Helper()
	if err := json.Unmarshal(k.session, &s); err != nil {
		k.t.Fatal(err)
	}
	return s
}

// checkPure runs the step again and compares, and looks whether anything that
// was handed in has changed.
func (k *talk) checkPure(s Session, in Input, after Session, effects []Effect, err error) {
	k.t.Helper()
	if !reflect.DeepEqual(s, k.load()) {
		k.t.Error("Step changed the session it was given")
	}
	if len(in.Vars) != len(k.vars) || !reflect.DeepEqual(in.Vars, maps.Clone(k.vars)) {
		k.t.Error("Step changed the variables it was given")
	}
	again, effects2, err2 := k.lib.Step(k.load(), in)
	if !reflect.DeepEqual(after, again) || !reflect.DeepEqual(effects, effects2) || fmt.Sprint(err) != fmt.Sprint(err2) {
		k.t.Error("the same step gave two results")
	}
	if err != nil {
		return
	}
	spoke := false
	for i, e := range effects {
		switch e := e.(type) {
		case Say:
			spoke = true
			if strings.TrimSpace(e.Text) == "" {
				k.t.Error("an empty message")
			}
			if n := len([]rune(e.Text)); n > MaxSay {
				k.t.Errorf("a message of %d runes", n)
			}
		case Lines, Export, HandOver, Chart:
			spoke = true
		case Wait:
			if e.For <= 0 {
				k.t.Errorf("a wait of %s", e.For)
			}
		case End:
			if i != len(effects)-1 {
				k.t.Error("End is not the last effect")
			}
			if !after.Idle() {
				k.t.Error("End of a session that is not idle")
			}
		}
	}
	if !spoke && (in.Kind == InText || in.Kind == InReaction || in.Kind == InEdit) {
		k.t.Error("silence after the person wrote")
	}
	if len(after.Past) > MaxPast || len(after.Asked) > askedKept {
		k.t.Errorf("%d points and %d keys", len(after.Past), len(after.Asked))
	}
	for _, p := range after.Past {
		if len(p.IDs) > MaxPast || len(p.Asked) > askedKept {
			k.t.Errorf("a point with %d inputs and %d keys", len(p.IDs), len(p.Asked))
		}
	}
	if len(after.Frames) > 0 && after.Wait == nil {
		k.t.Error("a flow runs and nothing waits")
	}
}

func (k *talk) apply(id string, effects []Effect) {
	k.wait = 0
	for _, e := range effects {
		switch e := e.(type) {
		case Wait:
			k.wait = e.For
		case Set:
			if e.Value == nil {
				delete(k.vars, e.Name)
			} else {
				k.vars[e.Name] = e.Value
			}
		case Keep:
			k.nextID++
			k.lists[e.List] = append(slices.Clone(k.lists[e.List]), Item{ID: k.nextID, Text: e.Text, From: id})
		case Undo:
			for list := range k.lists {
				k.lists[list] = slices.DeleteFunc(slices.Clone(k.lists[list]), func(i Item) bool { return slices.Contains(e.IDs, i.From) })
			}
		case Forget:
			if delete(k.lists, e.List); e.All {
				k.vars, k.lists = map[string]any{}, map[string][]Item{}
			}
		case Rewrite:
			lines := slices.Clone(k.lists[e.List])
			for i := range lines {
				if lines[i].ID == e.ID {
					lines[i].Text = e.Text
				}
			}
			k.lists[e.List] = lines
		case Drop:
			k.lists[e.List] = slices.DeleteFunc(slices.Clone(k.lists[e.List]), func(i Item) bool { return i.ID == e.ID })
		}
		if !k.quiet {
			fmt.Fprintln(&k.out, line(e))
		}
	}
}

// do runs one line of a test: a text, or a command.
//
//	/start FLOW, /interrupt FLOW, /react EMOJI, /timer, /later 5m, /prompted
//
// Of what mends a talk, N counts back from the newest, which is 1, over the
// inputs or over the questions:
//
//	/edit N text, /remove N, /reply N text, /sign N EMOJI, /early text
func (k *talk) do(cmd string) {
	k.t.Helper()
	if !k.quiet {
		fmt.Fprintln(&k.out, "< "+cmd)
	}
	in := Input{Kind: InText, Text: cmd}
	if verb, arg, _ := strings.Cut(cmd, " "); strings.HasPrefix(verb, "/") {
		if mend, ok := k.mend(verb, arg); ok {
			in, verb = mend, ""
		}
		switch verb {
		case "":
		case "/start":
			in = Input{Kind: InStart, Flow: arg}
		case "/interrupt":
			in = Input{Kind: InInterrupt, Flow: arg}
		case "/react":
			in = Input{Kind: InReaction, Text: arg}
		case "/prompted":
			k.prompt = true
			return
		case "/timer":
			k.now = k.now.Add(k.wait)
			in = Input{Kind: InTimer}
		case "/later":
			d, err := time.ParseDuration(arg)
			if err != nil {
				k.t.Fatal(err)
			}
			k.now = k.now.Add(d)
			return
		default:
			k.t.Fatalf("unknown command %s", verb)
		}
	}
	if _, err := k.step(in); err != nil {
		fmt.Fprintln(&k.out, "! error "+err.Error())
	}
}

// mend is the input of a command that mends the talk.
func (k *talk) mend(verb, arg string) (in Input, ok bool) {
	number, rest, _ := strings.Cut(arg, " ")
	n, _ := strconv.Atoi(number)
	in.Text = rest
	switch verb {
	case "/edit":
		in.Kind, in.Target = InEdit, fmt.Sprint("m", k.inputs+1-n)
		in.ID = in.Target
	case "/remove":
		in.Kind, in.Target = InRemoval, fmt.Sprint("m", k.inputs+1-n)
	case "/reply":
		in.Kind, in.Target = InText, fmt.Sprint("k", k.asked+1-n)
	case "/sign":
		in.Kind, in.Target = InReaction, fmt.Sprint("k", k.asked+1-n)
	case "/danger":
		in.Kind, in.Target, in.Danger = InText, fmt.Sprint("k", k.asked+1-n), true
	case "/early":
		in.Kind, in.Text, in.Early = InText, arg, true
	default:
		return Input{}, false
	}
	return in, true
}

// line writes an effect as a line of a transcript.
func line(e Effect) string {
	switch e := e.(type) {
	case Say:
		marks := ""
		if e.Edit {
			marks = "[edit] "
		}
		if e.Anchor {
			marks += "[anchor] "
		}
		if e.Ask {
			marks += "[ask] "
		}
		return "> " + marks + strings.ReplaceAll(e.Text, "\n", " / ")
	case End:
		return "! end"
	}
	return "! " + strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", e), "flow.")) + " " +
		strings.Trim(fmt.Sprintf("%v", e), "{}")
}

// play runs all lines and compares the transcript.
func play(t *testing.T, lib *Library, cmds, want string) {
	t.Helper()
	k := newTalk(t, lib)
	for cmd := range strings.SplitSeq(strings.TrimSpace(cmds), "\n") {
		k.do(strings.TrimSpace(cmd))
	}
	compare(t, k.out.String(), want)
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	clean := func(s string) []string {
		var out []string
		for l := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
			out = append(out, strings.TrimSpace(l))
		}
		return out
	}
	g, w := clean(got), clean(want)
	if slices.Equal(g, w) {
		return
	}
	for i := range max(len(g), len(w)) {
		gl, wl := "(nothing)", "(nothing)"
		if i < len(g) {
			gl = g[i]
		}
		if i < len(w) {
			wl = w[i]
		}
		if gl != wl {
			t.Errorf("line %d\n got  %s\n want %s\n\nwhole transcript:\n%s", i+1, gl, wl, got)
			return
		}
	}
}
