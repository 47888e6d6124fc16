package bot_test

import (
	"slices"
	"testing"
	"time"

	"handrail/bot/chat"
)

// knocking are the scripts of a desk with the line that comes first.
var knocking = map[string]string{
	"human.hello": `
flow: human.hello
title: Hello
steps:
  - ask: Is now all right?
    greeting: true
    pick: {"yes": {}, later: {goto: later}}
    no_reply: {after: 20h, end: }
  - say: There is something.
  - end:
  - set: {desk_later: true}
    name: later
  - say: It waits.
`,
	"safe": "flow: safe\ntitle: Safe\nstart: [mornings]\nsteps:\n  - set: {safe_times: \"08:00-10:00\"}\n  - say: Mornings.\n",
}

// newKnocking is a house in which ana has ada, who has been away for a while.
func newKnocking(t testing.TB, before ...string) *house {
	h := newHouse(t, "")
	all := map[string]string{}
	for _, more := range []map[string]string{handing, quietly, knocking} {
		for id, text := range more {
			all[id] = text
		}
	}
	h.world.with(all)
	h.ada("hello")
	for _, text := range before {
		h.ada(text)
	}
	h.ada("rope")
	h.writes(ana, "claim")
	h.ada("I am here")
	h.writes(ana, "Good.")
	h.until(h.now.Add(25 * time.Minute))
	return h
}

// TestAnAdvocateKnocksFirst: what staff do while the person is away is seen after
// the plain line was answered, and not before.
func TestAnAdvocateKnocksFirst(t *testing.T) {
	t.Parallel()
	const line, with = "> Is now all right?\n1 yes\n2 later", "> text desk_someone has this talk and can read what you write here."
	said := func(h *house, id, text string) {
		m := h.staffMessage(ana, chat.KindText, text)
		m.ID = id
		h.handle(m)
	}
	change := func(h *house, kind chat.Kind, id, text string) {
		m := h.staffMessage(ana, kind, text)
		m.Target = id
		h.handle(m)
	}
	tests := []struct {
		name string
		with []string // what ada says before
		do   func(h *house)
		away []string // what the phone shows meanwhile
		says string
		back []string // and after that
	}{
		{"words", nil, func(h *house) { said(h, "$1", "One."); said(h, "$2", "Two.") }, []string{line}, "yes", []string{"> There is something.", with, "> One.", "> Two."}},
		{"other words than yes", nil, func(h *house) { said(h, "$1", "One.") }, []string{line}, "who is it", []string{"> There is something.", with, "> One."}},
		{"later", nil, func(h *house) { said(h, "$1", "One.") }, []string{line}, "later", []string{"> It waits."}},
		{"no word but the one to stop", nil, func(h *house) { said(h, "$1", "One.") }, []string{line}, "stop", []string{"> text desk_withdrawn", "> OK. No more messages."}},
		{"the word to leave", nil, func(h *house) { said(h, "$1", "One.") }, []string{line}, "away now", []string{"> OK."}},
		{"changed", nil, func(h *house) { said(h, "$1", "One."); change(h, chat.KindEdit, "$1", "Uno.") }, []string{line}, "yes", []string{"> There is something.", with, "> One.", "> [edited] Uno."}},
		{"taken back", nil, func(h *house) { said(h, "$1", "One."); change(h, chat.KindRemoval, "$1", "") }, []string{line}, "yes", []string{"> There is something.", with}},
		{"an end", nil, func(h *house) { said(h, "$1", "One."); h.writes(ana, "close done") }, nil, "yes", []string{"> There is something.", "> One.", "> text desk_closed"}},
		{"given back and claimed", nil, func(h *house) { h.writes(ana, "release"); h.writes(ben, "claim") }, nil, "yes", []string{"> There is something.", with}},
		{"a time that is not safe", []string{"mornings"}, func(h *house) { said(h, "$1", "One.") }, nil, "menu", []string{"> Menu text.", with, "> One."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newKnocking(t, tt.with...)
			h.news()
			tt.do(h)
			if got := forAda(h.news()); tt.away != nil && !slices.Equal(got, tt.away) || len(got) > 1 {
				t.Errorf("while away: %q", got)
			}
			h.open()
			if got := forAda(h.ada(tt.says)); !slices.Equal(got, tt.back) {
				t.Errorf("after %q: %q, want %q", tt.says, got, tt.back)
			}
		})
	}
}

// TestStaffHearThatTheirWordsWait: once, and again when the person has read them.
func TestStaffHearThatTheirWordsWait(t *testing.T) {
	t.Parallel()
	h := newKnocking(t)
	wantNews(t, h.writes(ana, "One."), "> Is now all right?...", "staff> text staff_knocked")
	wantNews(t, h.writes(ana, "Two."))
	got := h.ada("yes")
	if !slices.Contains(got, "staff> text staff_read") {
		t.Errorf("staff are not told: %q", got)
	}
	wantNews(t, h.ada("I am here"), "staff> K1: I am here")
	wantNews(t, h.writes(ana, "Good."), "> Good.")
	h = newKnocking(t, "mornings")
	wantNews(t, h.writes(ana, "One."), "staff> text staff_unsafe")
}
