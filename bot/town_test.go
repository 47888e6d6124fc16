package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/lines"
	"handrail/bot/store"
)

// town is a bot with many people, whose scripts are edited while they talk.
type town struct {
	t      testing.TB
	rnd    *rand.Rand
	path   string
	clock  atomic.Int64 // unix ms
	store  *store.Store
	bot    *bot.Bot
	lex    *crisis.Lexicon
	dir    *lines.Directory
	editor *editor
	sets   []*flow.Library // every set that was in use, the newest last
	people []*citizen

	mu   sync.Mutex
	keys map[string]bool // of everything that was sent
}

// citizen is one person of a town, and what they should hear.
type citizen struct {
	name  string
	last  chat.Message // what they wrote last
	heard []string     // messages since the last look
	// shadow is the talk as it goes on the set that it began on, without any
	// edit; nil when there is no telling.
	shadow *shadow
}

// shadow runs a flow on one set of scripts that nobody edits.
type shadow struct {
	lib   *flow.Library
	s     flow.Session
	vars  map[string]any
	due   time.Time
	heard []string
}

func (s *shadow) step(in flow.Input) error {
	in.Vars = s.vars
	next, effects, err := s.lib.Step(s.s, in)
	if err != nil {
		return err
	}
	s.s, s.due = next, time.Time{}
	for _, e := range effects {
		switch e := e.(type) {
		case flow.Say:
			s.heard = append(s.heard, e.Text)
		case flow.Set:
			s.vars[e.Name] = e.Value
		case flow.Wait:
			s.due = in.Now.Add(e.For)
		}
	}
	return nil
}

// marks are the marks of generated texts, in the order in which they came:
// rewording leaves them alone.
func marks(messages []string) string {
	return strings.Join(regexp.MustCompile(`G\d+\.\d+`).FindAllString(strings.Join(messages, "\n"), -1), " ")
}

// Network is the town's only one.
func (w *town) Network() string { return "test" }

// Run receives nothing: the test calls Handle.
func (w *town) Run(ctx context.Context, _ chat.Handler) error { <-ctx.Done(); return nil }

// Ready is at once.
func (w *town) Ready(context.Context) error { return nil }

// Send hands a message to its citizen.
func (w *town) Send(_ context.Context, o chat.Outgoing) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keys[o.Key] {
		w.t.Errorf("a message was sent twice: %q", o.Text)
	}
	w.keys[o.Key] = true
	var i int
	if _, err := fmt.Sscanf(o.To.User, "@p%d:example.org", &i); err != nil {
		w.t.Errorf("a message for %q", o.To.User)
		return "", err
	}
	if o.Text != "" { // else it takes an earlier one back
		w.people[i].heard = append(w.people[i].heard, string(o.Text))
	}
	return "$" + o.Key, nil
}

func newTown(t testing.TB, seed uint64, people int) *town {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, seed))
	w := &town{
		t: t, rnd: rnd, path: filepath.Join(t.TempDir(), "data", "handrail.db"), lex: lexicon(t), dir: directory(t),
		editor: newEditor(t, rnd, 25), keys: map[string]bool{},
	}
	w.clock.Store(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC).UnixMilli())
	for i := range people {
		w.people = append(w.people, &citizen{name: fmt.Sprintf("p%d", i)})
	}
	lib, found := w.editor.load(w.editor.files)
	if lib == nil {
		t.Fatalf("the generated scripts have faults: %v", found[:min(10, len(found))])
	}
	w.sets = append(w.sets, lib)
	w.open()
	t.Cleanup(func() { w.store.Close() })
	return w
}

func (w *town) now() time.Time { return time.UnixMilli(w.clock.Load()).UTC() }

// open starts the bot, or starts it again, on the scripts of today.
func (w *town) open() {
	w.t.Helper()
	if w.store != nil {
		if err := w.store.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	var err error
	if w.store, err = store.Open(context.Background(), store.Options{Path: w.path, Master: master(w.t)}); err != nil {
		w.t.Fatal(err)
	}
	w.bot, err = bot.New(bot.Config{
		Store: w.store, Library: w.sets[len(w.sets)-1], Lexicon: w.lex, Lines: w.dir,
		Transports: []chat.Transport{w}, Now: w.now, Burst: 10_000, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// edit makes one random edit and puts the set in use, unless it has a fault.
func (w *town) edit() {
	w.t.Helper()
	files, kind := w.editor.edit()
	lib, _ := w.editor.load(files)
	if lib == nil {
		w.editor.done["refused"]++
		return
	}
	w.editor.take(files, kind)
	w.sets = append(w.sets, lib)
	if err := w.bot.Swap(context.Background(), bot.Content{Library: lib, Lexicon: w.lex, Lines: w.dir}); err != nil {
		w.t.Fatal(err)
	}
}

// says makes every person of a list write something, many at a time, while
// meanwhile runs.
func (w *town) says(list []*citizen, what func(*citizen) chat.Message, meanwhile func()) {
	w.t.Helper()
	var g errgroup.Group
	g.SetLimit(64)
	messages := make([]chat.Message, len(list))
	for i, c := range list {
		messages[i] = what(c)
		c.last = messages[i]
	}
	var done sync.WaitGroup
	done.Go(func() {
		if meanwhile != nil {
			meanwhile()
		}
	})
	for _, m := range messages {
		g.Go(func() error { return w.bot.Handle(context.Background(), m) })
	}
	if err := g.Wait(); err != nil {
		w.t.Fatal(err)
	}
	done.Wait()
	w.deliver()
}

func (w *town) deliver() {
	w.t.Helper()
	for {
		n, err := w.bot.DeliverDue(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// message is a text of a person, with an id of its own.
func (w *town) message(c *citizen, kind chat.Kind, text string) chat.Message {
	return chat.Message{ID: fmt.Sprintf("$%s.%d", c.name, w.rnd.Uint64()), Kind: kind, From: person(c.name), Text: chat.Text(text), Sent: w.now()}
}

// take is what a person has heard since the last look.
func (c *citizen) take() []string {
	out := c.heard
	c.heard = nil
	return out
}

// person is somebody as the store has them; empty when they had themselves
// erased.
func (w *town) person(c *citizen) (p *store.Person) {
	w.t.Helper()
	err := w.store.View(context.Background(), func(tx *store.Tx) (err error) {
		p, err = tx.FindPerson(person(c.name))
		if errors.Is(err, store.ErrNotFound) {
			p, err = &store.Person{}, nil
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// begins makes every person begin a flow, half of them a generated one, and
// notes on which set that was.
func (w *town) begins() {
	w.t.Helper()
	var all, generated []string
	for _, f := range w.sets[len(w.sets)-1].Flows() {
		if all = append(all, f.ID); strings.HasPrefix(f.ID, "gen") {
			generated = append(generated, f.ID)
		}
	}
	begun := map[*citizen]string{}
	w.says(w.people, func(c *citizen) chat.Message {
		ids := all
		if w.rnd.IntN(2) == 0 {
			ids = generated
		}
		begun[c] = ids[w.rnd.IntN(len(ids))]
		return w.message(c, chat.KindStart, begun[c])
	}, func() { w.edit(); w.edit() })
	for _, c := range w.people {
		heard := c.take()
		c.shadow = nil
		p := w.person(c)
		frames := p.Session.Frames
		if id := begun[c]; strings.HasPrefix(id, "gen") && len(frames) == 1 && frames[0].Flow == id && !hidden(p) {
			c.shadow = w.shadow(id, frames[0].Rev, p.Vars)
			c.compare(w.t, heard)
		}
	}
}

// hidden tells whether somebody asked for plain lines, and hears nothing else
// for a while.
func hidden(p *store.Person) bool { return p.Vars["hidden"] == true }

// shadow begins a flow on the set that has it in this revision.
func (w *town) shadow(id, rev string, vars map[string]any) *shadow {
	w.t.Helper()
	for _, lib := range slices.Backward(w.sets) {
		if !slices.ContainsFunc(lib.Flows(), func(f flow.Info) bool { return f.ID == id && f.Rev == rev }) {
			continue
		}
		s := &shadow{lib: lib, vars: maps.Clone(vars)}
		if err := s.step(flow.Input{Kind: flow.InStart, Flow: id, Now: w.now()}); err != nil {
			w.t.Fatal(err)
		}
		return s
	}
	w.t.Fatalf("no set has flow %q in revision %s", id, rev)
	return nil
}

// compare holds what a person heard against what they would have heard without
// any edit. When the talk of the shadow is over, there is no telling any more.
func (c *citizen) compare(t testing.TB, heard []string) {
	t.Helper()
	if c.shadow == nil {
		return
	}
	if got, want := marks(heard), marks(c.shadow.heard); got != want {
		t.Errorf("%s wrote %q and heard %q, without the edits it had been %q: %q %+v", c.name, c.last.Text, got, want, heard, c.shadow.s)
		c.shadow = nil
		return
	}
	c.shadow.heard = nil
	if c.shadow.s.Idle() {
		c.shadow = nil
	}
}

// answers is one round: every second person writes an answer, while scripts are edited.
func (w *town) answers(choices []string, edits int) {
	w.t.Helper()
	var some []*citizen // the others are at other points of their talks in the end
	for _, c := range w.people {
		if w.rnd.IntN(2) == 0 {
			some = append(some, c)
		}
	}
	w.says(some, func(c *citizen) chat.Message {
		return w.message(c, chat.KindText, choices[w.rnd.IntN(len(choices))])
	}, func() {
		for range edits {
			w.edit()
		}
	})
	for _, c := range some {
		heard := c.take()
		if len(heard) == 0 || len(heard) > 8 {
			w.t.Errorf("%s wrote %q and heard %d messages: %q", c.name, c.last.Text, len(heard), heard)
		}
		c.unmoved(w.t, heard)
		if c.shadow != nil {
			if err := c.shadow.step(flow.Input{Kind: flow.InText, Text: string(c.last.Text), Now: w.now()}); err != nil {
				w.t.Fatal(err)
			}
			c.compare(w.t, heard)
		}
	}
}

func (c *citizen) unmoved(t testing.TB, heard []string) {
	t.Helper()
	if strings.Contains(strings.Join(heard, "\n"), movedMark) {
		t.Errorf("%s lost their place: %q", c.name, heard)
	}
}

// again hands up what everybody wrote last once more, as a homeserver may.
func (w *town) again() {
	w.t.Helper()
	w.says(w.people, func(c *citizen) chat.Message { return c.last }, nil)
	for _, c := range w.people {
		if heard := c.take(); len(heard) > 0 {
			w.t.Errorf("%s heard %q for a message that was answered already", c.name, heard)
		}
	}
}

// later moves the clock, and lets happen what is due.
func (w *town) later(d time.Duration) {
	w.t.Helper()
	w.clock.Add(d.Milliseconds())
	if _, err := w.bot.FireDue(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.deliver()
	for _, c := range w.people {
		heard := c.take()
		c.unmoved(w.t, heard)
		if s := c.shadow; s != nil {
			if !s.due.IsZero() && !s.due.After(w.now()) {
				if err := s.step(flow.Input{Kind: flow.InTimer, Now: w.now()}); err != nil {
					w.t.Fatal(err)
				}
			}
			c.compare(w.t, heard)
		}
	}
}

// TestEditsUnderRunningTalks: a thousand people are in the middle of shipped and
// generated scripts while the scripts are edited at random and the bot is
// restarted. Nobody is stranded, nobody hears anything twice, nobody waits for
// an answer, and what somebody began goes on as it was.
func TestEditsUnderRunningTalks(t *testing.T) {
	t.Parallel()
	const people = 1000
	w := newTown(t, 1, people)
	choices := []string{"1", "2", "3", "7", "0", "skip", "some words about it", "yes"}
	followed := 0
	for round := range 6 {
		if round%3 == 0 {
			w.begins()
		}
		w.answers(choices, 5)
		switch round % 3 {
		case 0:
			w.later(time.Duration(1+w.rnd.IntN(20)) * time.Minute)
		case 1:
			w.again()
		case 2:
			w.open()
		}
		for _, c := range w.people {
			if c.shadow != nil {
				followed++
			}
		}
	}
	w.finish()
	t.Logf("%d people, %d sets of scripts, edits %v, %d answers held against a talk without edits", people, len(w.sets), w.editor.done, followed)
	for _, kind := range []string{"reword", "add a step", "remove a step", "rename a step", "change a choice", "swap two steps", "remove a flow", "add a flow", "refused"} {
		if w.editor.done[kind] == 0 {
			t.Errorf("no edit of the kind %q", kind)
		}
	}
	if followed < people {
		t.Errorf("only %d answers were held against a talk without edits", followed)
	}
}

// finish lets every second person come to the end of what they began, and
// everybody to the menu.
func (w *town) finish() {
	w.t.Helper()
	open := map[*citizen]bool{}
	for i, c := range w.people {
		if i%2 == 0 {
			open[c] = true
		}
		c.shadow = nil
	}
	ways := []string{"skip", "done", "skip", "no", "2", "3", "5", "skip", "words"}
	for range 300 {
		maps.DeleteFunc(open, func(c *citizen, _ bool) bool {
			s := w.person(c).Session
			return s.Idle() || len(s.Frames) == 1 && s.Frames[0].Flow == "menu"
		})
		var list []*citizen
		for _, c := range w.people {
			if open[c] {
				list = append(list, c)
			}
		}
		if len(list) == 0 {
			break
		}
		w.says(list, func(c *citizen) chat.Message {
			return w.message(c, chat.KindText, ways[w.rnd.IntN(len(ways))])
		}, nil)
		for _, c := range list {
			heard := c.take()
			if len(heard) == 0 {
				w.t.Errorf("%s wrote %q and heard nothing", c.name, c.last.Text)
			}
			c.unmoved(w.t, heard)
		}
	}
	for c := range open {
		w.t.Errorf("%s does not come to an end: %+v", c.name, w.person(c).Session.Frames)
	}
	w.says(w.people, func(c *citizen) chat.Message { return w.message(c, chat.KindText, "menu") }, nil)
	for _, c := range w.people {
		if heard := c.take(); len(heard) == 0 || !strings.Contains(strings.Join(heard, "\n"), "\n1 ") && !hidden(w.person(c)) {
			w.t.Errorf("%s asked for the menu and heard %q", c.name, heard)
		}
	}
}
