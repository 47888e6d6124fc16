package bot_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// mendWorld has a flow with questions of several kinds.
func mendWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	files := maps.Clone(scripts)
	files["two"] = `
flow: two
title: Two questions
start: [two]
steps:
  - ask: How heavy?
    pick: {light: {}, heavy: {}}
    keep: load
  - ask: Rest now?
    yes_no: {"yes": {}, "no": {}}
    keep: rest
    no_reply: {after: 10m, say: No hurry.}
  - ask: One line.
    text: {}
    keep: {list: names}
  - ask: Once more?
    yes_no: {"yes": {}, "no": {}}
  - say: Over.
`
	w.lib = library(t, files)
	w.open()
	w.says("hello")
	return w
}

// hears wants just these messages since the last look.
func (w *world) hears(what string, want ...string) {
	w.t.Helper()
	if got := w.heard(); !slices.Equal(got, want) {
		w.t.Errorf("%s: answered with %q, want %q", what, got, want)
	}
}

// key is the event under which the newest message that begins so was sent.
func (w *world) key(text string) string {
	w.t.Helper()
	for _, o := range slices.Backward(w.net.sent) {
		if strings.Contains(string(o.Text), text) {
			return "$" + o.Key
		}
	}
	w.t.Fatalf("%q was never said", text)
	return ""
}

const (
	askLoad = "How heavy?\n1 light\n2 heavy"
	askRest = "Rest now?\n1 yes\n2 no"
	askMore = "Once more?\n1 yes\n2 no"
)

func TestEditChangesTheAnswer(t *testing.T) {
	t.Parallel()
	w := mendWorld(t)
	w.says("two")
	m := w.message(ada, "light")
	w.handle(m)
	w.hears("the answer", askRest)
	edit := func(words string) chat.Message {
		e := w.message(ada, words)
		e.Kind, e.Target = chat.KindEdit, m.ID
		return e
	}
	e := edit("heavy")
	w.handle(e)
	w.hears("the edit", "text changed\n"+askRest)
	if got := w.person().Vars["load"]; got != "heavy" {
		t.Errorf("the answer is %v", got)
	}
	w.open() // killed and started again, and the network says it once more
	w.handle(e)
	w.hears("the same edit again")
	w.handle(edit("2"))
	w.hears("an edit that means the same", "text edit_same")
	w.handle(edit("what a day"))
	w.hears("an edit that is no answer", "text edited")
	if got := w.person().Session.Wait; got == nil || got.Tries != 0 {
		t.Errorf("the question was counted as missed: %v", got)
	}
	w.until(w.now.Add(11 * time.Minute))
	w.hears("silence", "No hurry.")
	w.handle(edit("stop"))
	w.hears("an edit to a word that stops", "OK. No more messages.")
}

func TestEditedWordsAreRewritten(t *testing.T) {
	t.Parallel()
	w := mendWorld(t)
	for _, words := range []string{"two", "light", "no"} {
		w.says(words)
	}
	m := w.message(ada, "my gardn")
	w.handle(m)
	w.heard()
	e := w.message(ada, "my garden")
	e.Kind, e.Target = chat.KindEdit, m.ID
	w.handle(e)
	w.hears("the edit", "text changed")
	w.says("the birds too")
	if got := w.lines("names"); !slices.Equal(got, []string{"my garden", "the birds too"}) {
		t.Errorf("kept %q", got)
	}
	r := w.message(ada, "")
	r.Kind, r.Target = chat.KindRemoval, m.ID
	w.handle(r)
	w.hears("the removal", "text withdrawn\nOne line.")
	if got := w.lines("names"); len(got) != 0 {
		t.Errorf("kept %q, though the question is asked again", got)
	}
}

func TestRemovalTakesTheAnswerBack(t *testing.T) {
	t.Parallel()
	w := mendWorld(t)
	w.says("two")
	first, second := w.message(ada, "heavy"), w.message(ada, "yes")
	w.handle(first)
	w.handle(second)
	w.heard()
	remove := func(m chat.Message) {
		r := w.message(ada, "")
		r.Kind, r.Target = chat.KindRemoval, m.ID
		w.handle(r)
		w.handle(r)
	}
	remove(first) // an older one: what it set is gone, and nothing is said
	w.hears("an older answer is taken back")
	if p := w.person(); p.Vars["load"] != nil || p.Vars["rest"] != true {
		t.Errorf("remembered: %v", p.Vars)
	}
	remove(second)
	w.hears("the last answer is taken back", "text withdrawn\n"+askRest)
	if p := w.person(); p.Vars["rest"] != nil {
		t.Errorf("remembered: %v", p.Vars)
	}
	w.until(w.now.Add(11 * time.Minute))
	w.hears("silence after that", "No hurry.")
	if got := w.says("no"); !slices.Equal(got, []string{"One line."}) {
		t.Errorf("the question that was asked again: %q", got)
	}
}

func TestReplyToAnOlderQuestion(t *testing.T) {
	t.Parallel()
	w := mendWorld(t)
	for _, words := range []string{"two", "light", "no"} {
		w.says(words)
	}
	reply := func(to, words string) {
		m := w.message(ada, words)
		m.Target = w.key(to)
		w.handle(m)
	}
	reply("How heavy?", "heavy")
	w.hears("a reply to the first question", "text changed_older\n"+askRest)
	w.handle(reaction("$thumb", "👍", w.key("Rest now?")))
	w.hears("a thumb under the question", "One line.")
	w.handle(reaction("$heart", "❤️", w.key("How heavy?")))
	w.hears("a heart under an older question")
	w.handle(reaction("$down", "👎", w.key("Rest now?")))
	w.hears("a thumb under an older question", "text changed_older\nOne line.")
	reply("One line.", "words")
	w.hears("a reply to the question that waits", askMore)
	reply("One line.", "more words")
	w.hears("more words for it", "text joined text still_open")
	if got := w.lines("names"); !slices.Equal(got, []string{"words", "more words"}) {
		t.Errorf("kept %q", got)
	}
	w.says("no")
	reply("How heavy?", "light")
	w.hears("a reply to a talk that is over", "That one is over: Two questions. Shall we begin it again?\n1 yes\n2 no")
	if got := w.says("yes"); !slices.Equal(got, []string{askLoad}) {
		t.Errorf("yes to that: %q", got)
	}
	bea := person("bea")
	m := w.message(bea, "heavy")
	m.Target = w.key("How heavy?")
	w.handle(m)
	if got := w.heard(); slices.Contains(got, askRest) {
		t.Errorf("a reply to somebody else's question was taken: %q", got)
	}
}

func TestDoubleTap(t *testing.T) {
	t.Parallel()
	yes := func(w *world, sent time.Time) chat.Message {
		m := w.message(ada, "yes")
		m.Sent = sent
		return m
	}
	start := func(t *testing.T) *world {
		w := mendWorld(t)
		w.says("two")
		w.says("light")
		return w
	}
	// The question after "yes" takes any text, so a second yes would be kept.
	for _, tc := range []struct {
		name string
		play func(w *world)
		want []string
		kept int
	}{
		{"before anything was sent", func(w *world) {
			for range 2 {
				if err := w.bot.Handle(context.Background(), yes(w, w.now)); err != nil {
					w.t.Fatal(err)
				}
			}
			w.pass()
		}, []string{"One line.", "text same_again text still_open"}, 0},
		{"written before the question was sent", func(w *world) {
			w.handle(yes(w, w.now))
			w.now = w.now.Add(time.Second)
			w.handle(yes(w, w.now.Add(-1500*time.Millisecond)))
		}, []string{"One line.", "text same_again text still_open"}, 0},
		{"written after it", func(w *world) {
			w.handle(yes(w, w.now))
			w.now = w.now.Add(5 * time.Second)
			w.handle(yes(w, w.now))
		}, []string{"One line.", askMore}, 1},
		{"by a clock that is slow, and once more", func(w *world) {
			for range 3 {
				w.handle(yes(w, w.now.Add(-10*time.Minute)))
				w.now = w.now.Add(5 * time.Second)
			}
		}, []string{"One line.", "text same_again text still_open", askMore}, 1},
		{"long after, and the question could not be sent", func(w *world) {
			w.net.fail = func(chat.Outgoing) error { return fmt.Errorf("down") }
			w.handle(yes(w, w.now))
			w.now = w.now.Add(time.Minute)
			w.net.fail = nil
			w.handle(yes(w, w.now))
			w.until(w.now.Add(time.Minute))
		}, []string{"One line.", "text same_again text still_open"}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			tc.play(w)
			w.hears(tc.name, tc.want...)
			if got := w.lines("names"); len(got) != tc.kept {
				t.Errorf("kept %q", got)
			}
		})
	}
}

// Words that may mean danger, in an edit of whatever message, answer the
// question about safety that waits.
func TestEditAtAQuestionAboutSafety(t *testing.T) {
	t.Parallel()
	const words = "I am so scared of him"
	var said [][]string
	for _, edit := range []bool{false, true} {
		w := newShipped(t)
		w.says("hello")
		old := w.message(ada, "what a day")
		w.handle(old)
		w.handle(startOf("crisis.check"))
		m := w.message(ada, words)
		if edit {
			m.Kind, m.Target = chat.KindEdit, old.ID
		}
		w.heard()
		w.handle(m)
		said = append(said, w.heard())
	}
	if !strings.Contains(strings.Join(said[0], ""), "obody reads") || !slices.Equal(said[0], said[1]) {
		t.Errorf("a message is answered with\n%q\nan edit with\n%q", said[0], said[1])
	}
}
