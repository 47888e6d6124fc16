package bot_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

// otherNet is another network in memory.
type otherNet struct{ *net }

func (otherNet) Network() string { return "second" }

var adaToo = chat.Address{Network: "second", User: "ada-too", Room: "ada-too"}

// twoApps is a world with two networks and the scripts that are shipped.
type twoApps struct {
	*world
	there     *net
	seenThere int
}

func newTwoApps(t testing.TB, database string) *twoApps {
	t.Helper()
	w := &twoApps{world: newWorldOn(t, database), there: &net{}}
	w.lib = shipped(t)
	w.more = []chat.Transport{otherNet{w.there}}
	w.open()
	return w
}

// saysThere is a text from the other app. The answers are those of both.
func (w *twoApps) saysThere(text string) (here, there []string) {
	w.t.Helper()
	w.handle(w.message(adaToo, text))
	return w.both()
}

// both is what was sent in each app since the last look; "-" begins what was
// taken back.
func (w *twoApps) both() (here, there []string) {
	look := func(n *net, seen *int) (out []string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		texts := map[string]string{}
		for _, o := range n.sent {
			texts["$"+o.Key] = string(o.Text)
		}
		for _, o := range n.sent[*seen:] {
			if o.Form == chat.FormRemove {
				out = append(out, "-"+texts[o.Target])
			} else {
				out = append(out, string(o.Text))
			}
		}
		*seen = len(n.sent)
		return out
	}
	return look(w.net, &w.seen), look(w.there, &w.seenThere)
}

var codeText = regexp.MustCompile(`link \d{4} \d{4} \d{4}`)

// code asks for a code here.
func (w *twoApps) code() string {
	w.t.Helper()
	w.says("link")
	for _, said := range w.says("get a code") {
		if c := codeText.FindString(said); c != "" {
			return c
		}
	}
	w.t.Fatal("no code came")
	return ""
}

// joins connects the other app.
func (w *twoApps) joins() {
	w.t.Helper()
	if _, there := w.saysThere(w.code()); !has(there, "Done. Both apps are connected") && !has(there, "text link_done") {
		w.t.Fatalf("the code was answered with %q", there)
	}
}

// has tells whether one of the texts begins so.
func has(texts []string, begin string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, begin) })
}

// onEach runs a test with the store in a file and on a server.
func onEach(t *testing.T, test func(t *testing.T, database string)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, "") })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, pgtest.ForTest(t, "").Empty(t))
	})
}

// TestTwoAppsAreOneTalk goes through all that a person must not lose on the way
// to another app and back.
func TestTwoAppsAreOneTalk(t *testing.T) { onEach(t, testTwoAppsAreOneTalk) }

func testTwoAppsAreOneTalk(t *testing.T, database string) {
	w := newTwoApps(t, database)
	for _, text := range []string{
		"add a reason", "the garden", "no",
		"own word", "set a word", "blue teapot", "yes", "yellow lamp", "yes",
		"own word", "a word to leave fast", "lavender",
		"take your messages back", "some days", "/start checkin",
	} {
		w.says(text)
	}
	c := w.code()
	here, there := w.saysThere(c)
	if !has(here, "Your other app is connected now.") || !slices.ContainsFunc(here, func(s string) bool { return strings.HasPrefix(s, "-") && strings.Contains(s, c) }) {
		t.Errorf("the app that gave the code hears %q", here)
	}
	if len(there) != 1 {
		t.Errorf("the other app hears %q", there)
	}
	w.open() // nothing of it is in memory alone
	if _, there := w.saysThere("reasons"); !has(there, askWord) {
		t.Errorf("what was opened here is open there: %q", there)
	}
	if _, there := w.saysThere("Blue Teapot"); !has(there, "Your own reasons.") {
		t.Errorf("the word does not open there: %q", there)
	}
	if here, there := w.saysThere("read them"); len(here) != 0 || !slices.ContainsFunc(there, func(s string) bool { return strings.Contains(s, "the garden") }) {
		t.Errorf("the line: here %q, there %q", here, there)
	}
	// A talk that was begun there goes on here, with the word, and the answer comes here.
	w.saysThere("add a reason")
	if got := first(w.says("the sea")); got != askWord {
		t.Errorf("what was opened there is open here: %q", got)
	}
	if here := w.says("blue teapot"); !has(here, "It is kept.") && !has(here, "Kept.") {
		t.Errorf("in the app where the person went on: %q", here)
	}
	w.says("no")
	var vars map[string]any
	var lines int
	err := w.store.View(t.Context(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(adaToo)
		if err != nil {
			return err
		}
		vars = p.Vars
		items, err := tx.Items(p.ID, "reasons", 0)
		lines = len(items)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if lines != 2 || vars["take_back"] != "some days" || vars["lock_word"] != true || vars["lock_exit"] != true {
		t.Errorf("%d lines, settings %v", lines, vars)
	}
	w.both()
	here, there = w.saysThere("lavender")
	if !has(here, "-") || !has(there, "-") || has(here, "Water") || len(there) == 0 {
		t.Errorf("the word to leave: here %q, there %q", here, there)
	}
}

func TestWhatComesByItselfComesToTheChosenApp(t *testing.T) {
	t.Parallel()
	w := newTwoApps(t, "")
	w.lib = library(t, withLink(scripts))
	w.open()
	w.says("daily")
	w.joins()
	w.both()
	day := 24 * time.Hour
	w.until(w.now.Add(day))
	if here, there := w.both(); count(here, question) != 1 || len(there) != 0 {
		t.Errorf("before it was chosen: here %q, there %q", here, there)
	}
	w.saysThere("times here")
	w.until(w.now.Add(day))
	if here, there := w.both(); count(there, question) != 1 || count(here, question) != 0 {
		t.Errorf("chosen there: here %q, there %q", here, there)
	}
	w.says("hello") // that does not move it
	w.both()
	w.until(w.now.Add(day))
	if here, there := w.both(); count(there, question) != 1 || count(here, question) != 0 {
		t.Errorf("the day after a talk here: here %q, there %q", here, there)
	}
	w.saysThere("times there")
	w.until(w.now.Add(day))
	if here, there := w.both(); count(here, question) != 1 || count(there, question) != 0 {
		t.Errorf("sent to the other one: here %q, there %q", here, there)
	}
}

// withLink are small scripts with every act of link.
func withLink(files map[string]string) map[string]string {
	all := map[string]string{}
	for id, y := range files {
		all[id] = y
	}
	all["link"] = "flow: link\ntitle: Link\nstart: [link]\nsteps:\n  - ask: What now?\n    pick:\n      get a code: {link: code}\n      not now: {end: }\n"
	for id, do := range map[string]string{"here": "times here", "there": "times there"} {
		all["times."+id] = "flow: times." + id + "\ntitle: Times\nstart: [times " + id + "]\nsteps:\n  - link: " + do + "\n  - say: Noted.\n"
	}
	return all
}

func TestCodesAreSparing(t *testing.T) {
	t.Parallel()
	const wrong = "That code does not work."
	bea := person("bea")
	tests := []struct {
		name string
		do   func(w *twoApps, code string) []string // what is said to whoever sends the code last
		want string
	}{
		{"in time", func(w *twoApps, code string) []string { _, there := w.saysThere(code); return there }, "Done."},
		{"written otherwise", func(w *twoApps, code string) []string {
			_, there := w.saysThere("  LINK: " + strings.ReplaceAll(strings.TrimPrefix(code, "link "), " ", "-") + ".")
			return there
		}, "Done."},
		{"over", func(w *twoApps, code string) []string {
			w.until(w.now.Add(11 * time.Minute))
			w.both()
			_, there := w.saysThere(code)
			return there
		}, wrong},
		{"a second time", func(w *twoApps, code string) []string {
			w.saysThere(code)
			w.handle(w.message(bea, code))
			here, _ := w.both()
			return here
		}, wrong},
		{"where it was made", func(w *twoApps, code string) []string { return w.says(code) }, "That code is for your other app."},
		{"after a newer one", func(w *twoApps, code string) []string {
			w.code()
			_, there := w.saysThere(code)
			return there
		}, wrong},
		{"after leaving in a hurry", func(w *twoApps, code string) []string {
			w.says("x")
			_, there := w.saysThere(code)
			return there
		}, wrong},
		{"after many wrong ones", func(w *twoApps, code string) []string {
			for range 5 {
				w.saysThere("link 1234 5678 9012")
			}
			_, there := w.saysThere(code)
			return there
		}, wrong},
		{"an hour after many wrong ones", func(w *twoApps, _ string) []string {
			for range 5 {
				w.saysThere("link 1234 5678 9012")
			}
			w.until(w.now.Add(61 * time.Minute))
			w.both()
			_, there := w.saysThere(w.code())
			return there
		}, "Done."},
		{"a third app", func(w *twoApps, code string) []string {
			w.saysThere(code)
			w.handle(w.message(bea, "link"))
			w.handle(w.message(bea, "get a code"))
			here, _ := w.both()
			for _, said := range here {
				if c := codeText.FindString(said); c != "" {
					_, there := w.saysThere(c)
					return there
				}
			}
			return nil
		}, "Two apps are connected already."},
		{"a telephone number", func(w *twoApps, _ string) []string {
			_, there := w.saysThere("call 4912 3456 7890")
			return []string{strings.Join(there, " ")[:2]}
		}, "H"}, // a welcome, as to any first words
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newTwoApps(t, "")
			w.says("hello")
			if got := tt.do(w, w.code()); !has(got, tt.want) {
				t.Errorf("answered %q, want %q", got, tt.want)
			}
		})
	}
}

// TestLinkOfWhoMustBeCareful: neither a locked person nor one in the decoy is
// connected, and nothing tells that there is anything to connect.
func TestLinkOfWhoMustBeCareful(t *testing.T) {
	t.Parallel()
	w := &twoApps{world: withOwnWords(t), there: &net{}}
	w.more = []chat.Transport{otherNet{w.there}}
	w.open()
	w.away()
	if got := first(w.says("link")); got != askWord {
		t.Errorf("a code without the word: %q", got)
	}
	w.says("blue teapot")
	c := ""
	for _, said := range w.says("get a code") {
		c += codeText.FindString(said)
	}
	if c == "" {
		t.Fatal("no code with the word")
	}
	w.says("yellow lamp") // the word for danger
	if _, there := w.saysThere(c); !has(there, "That code does not work.") {
		t.Errorf("the code of somebody in the decoy: %q", there)
	}
	before := w.says("link 1234 5678 9012")
	if has(before, "That code") || len(before) == 0 {
		t.Errorf("in the decoy a code is answered with %q", before)
	}
	// Somebody locked who sends a code has to give their word first.
	w.says("blue teapot")
	w.away()
	w.saysThere("hello")
	w.saysThere("link")
	_, there := w.saysThere("get a code")
	c = ""
	for _, said := range there {
		c += codeText.FindString(said)
	}
	if got := first(w.says(c)); got != askWord {
		t.Errorf("a code from who is locked: %q", got)
	}
	if got := first(w.says("blue teapot")); !strings.HasPrefix(got, "Done.") {
		t.Errorf("with the word: %q", got)
	}
	if _, there := w.saysThere("reasons"); !has(there, askWord) {
		t.Errorf("the app that had no word opens what is locked: %q", there)
	}
}

func TestErasedInBothApps(t *testing.T) { onEach(t, testErasedInBothApps) }

func testErasedInBothApps(t *testing.T, database string) {
	w := newTwoApps(t, database)
	w.says("add a reason")
	w.says("the garden")
	w.says("no")
	w.joins()
	w.saysThere("export")
	w.saysThere("yes")
	var file string
	for _, o := range w.there.sent {
		if o.Form == chat.FormFile {
			file = string(o.Data)
		}
	}
	if !strings.Contains(file, "test: "+ada.User) || !strings.Contains(file, "second: "+adaToo.User) || !strings.Contains(file, "the garden") {
		t.Errorf("the export names neither both apps nor the line:\n%s", file)
	}
	w.saysThere("delete")
	w.saysThere("everything")
	here, there := w.saysThere("yes")
	w.until(w.now.Add(2 * time.Hour))
	moreHere, moreThere := w.both()
	if gone := append(here, moreHere...); !has(gone, "-") || slices.ContainsFunc(gone, func(s string) bool { return !strings.HasPrefix(s, "-") }) {
		t.Errorf("in the first app: %q", gone)
	}
	if said := append(there, moreThere...); !has(said, "-") {
		t.Errorf("in the other app: %q", said)
	}
	if c, err := w.store.Counts(t.Context()); err != nil || c.People != 0 {
		t.Errorf("%d people are left, %v", c.People, err)
	}
	if _, there := w.saysThere("hello"); !has(there, "H") {
		t.Errorf("who comes back there hears %q", there)
	}
}

// TestLinkTwiceHandled: a code that the network hands up again, and a crash of
// the program right after it, change nothing.
func TestLinkTwiceHandled(t *testing.T) {
	t.Parallel()
	w := newTwoApps(t, "")
	w.says("add a reason")
	w.says("the garden")
	w.says("no")
	m := w.message(adaToo, w.code())
	if err := w.bot.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	w.open() // before anything was sent
	w.handle(m)
	here, there := w.both()
	if count(there, "Done. Both apps are connected. I answer where you write. What comes by itself comes where it came before. Link changes that.") != 1 {
		t.Errorf("there %q", there)
	}
	told := 0
	for _, said := range here {
		if strings.HasPrefix(said, "Your other app is connected now.") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("here %q", here)
	}
}
