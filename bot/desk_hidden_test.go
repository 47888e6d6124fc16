package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// quietly are scripts with a decoy, a word of one's own, and a quick way out.
var quietly = map[string]string{
	"word":         "flow: word\ntitle: Word\nstart: [own]\nsteps:\n  - ask: Which?\n    text: {forget: true}\n  - secret: word\n  - ask: And which?\n    text: {forget: true}\n  - secret: duress\n",
	"tell":         "flow: tell\ntitle: Tell\nstart: [tell]\nsteps:\n  - set: {lock_tell: true}\n  - say: Agreed.\n",
	"decoy":        "flow: decoy\ntitle: Water\nsteps:\n  - say: Water.\n",
	"diary":        "flow: diary\ntitle: Diary\nprivate: true\nstart: [diary]\nsteps:\n  - say: Dear diary.\n",
	"decoy.danger": "flow: decoy.danger\ntitle: Danger\nsteps:\n  - say: A number.\n",
	"decoy.start":  "flow: decoy.start\ntitle: Water\nsteps:\n  - say: A glass.\n",
	"exit":         "flow: exit\ntitle: Away\nfirst: [away now]\nsteps:\n  - set: {hidden: true}\n  - say: OK.\n",
	"near":         "flow: near\ntitle: Near\nstart: [near]\nsteps:\n  - set: {hidden: false}\n  - say: Here.\n",
}

// newQuietly is a house in which ada has a word, and one for when she is made to
// write.
func newQuietly(t testing.TB) *house {
	h := newHouse(t, "")
	all := map[string]string{}
	for _, more := range []map[string]string{handing, quietly} {
		for id, text := range more {
			all[id] = text
		}
	}
	h.world.with(all)
	for _, text := range []string{"hello", "own", "blue teapot", "yellow lamp"} {
		h.ada(text)
	}
	return h
}

// forAda are the news that she sees.
func forAda(news []string) (seen []string) {
	for _, n := range news {
		if strings.HasPrefix(n, "> ") && n != "> [removed]" {
			seen = append(seen, n)
		}
	}
	return seen
}

// TestDeskShowsNothingToWhoIsHidden: whatever staff do, and whatever deadline
// passes, nothing of it is seen by whoever holds the phone.
func TestDeskShowsNothingToWhoIsHidden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		has  bool // ana has the talk already
		do   func(h *house)
	}{
		{"a claim", false, func(h *house) { h.handle(h.staffMessage(ana, chat.KindText, "claim")) }},
		{"nobody comes", false, func(h *house) { h.until(h.now.Add(time.Hour)) }},
		{"a pause", true, func(h *house) { h.handle(h.staffMessage(ana, chat.KindText, "pause")) }},
		{"a release", true, func(h *house) { h.handle(h.staffMessage(ana, chat.KindText, "release")) }},
		{"an end", true, func(h *house) { h.handle(h.staffMessage(ana, chat.KindText, "close done")) }},
		{"an end and a new talk", true, func(h *house) {
			h.handle(h.staffMessage(ana, chat.KindText, "close done"))
			h.handle(h.staffMessage(ana, chat.KindText, "open"))
		}},
		{"the holder is silent", true, func(h *house) { h.until(h.now.Add(2 * time.Hour)) }},
		{"the person is silent", true, func(h *house) { h.until(h.now.Add(2 * time.Hour)) }},
		{"a change of what was said", true, func(h *house) {
			m := h.staffMessage(ana, chat.KindEdit, "Are you safe from him?")
			m.Target = "said"
			h.handle(m)
		}},
		{"a sign", true, func(h *house) {
			m := h.staffMessage(ana, chat.KindReaction, "🙏")
			m.Target, m.Staff.Thread = h.ids["staff> K1: I am afraid"], ""
			h.handle(m)
		}},
	}
	for _, way := range []struct{ word, answer string }{{"yellow lamp", "> A glass."}, {"away now", "> OK."}} {
		for _, tt := range tests {
			t.Run(way.word+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				h := newQuietly(t)
				h.ada("rope")
				if tt.has {
					h.writes(ana, "claim")
					h.ada("I am afraid")
					m := h.staffMessage(ana, chat.KindText, "Are you save?")
					m.ID = "said"
					h.handle(m)
					h.news()
				}
				if got := forAda(h.ada(way.word)); !slices.Equal(got, []string{way.answer}) {
					t.Fatalf("on the way: %q", got)
				}
				tt.do(h)
				if got := forAda(h.news()); len(got) > 0 {
					t.Errorf("seen: %q", got)
				}
			})
		}
	}
}

// TestDeskIsCaughtUpWithWhoIsBack: who comes back reads where their case is before
// anything of theirs goes to an advocate.
func TestDeskIsCaughtUpWithWhoIsBack(t *testing.T) {
	t.Parallel()
	with := "> text desk_someone has this talk and can read what you write here."
	h := newQuietly(t)
	h.ada("rope")
	h.ada("yellow lamp")
	wantNews(t, h.writes(ana, "claim"), "staff> Ana has it....", "staff> text staff_shared_nothing", "staff> text staff_left")
	wantNews(t, h.ada("more water"), "> Water.")
	if got := forAda(h.ada("blue teapot")); len(got) != 2 || got[1] != with {
		t.Errorf("back from the decoy: %q", got)
	}
	wantNews(t, h.ada("it is me"), "staff> K1: it is me")
	h.ada("away now")
	h.writes(ana, "close done")
	if got := forAda(h.ada("near")); !slices.Equal(got, []string{"> Here.", "> text desk_closed"}) {
		t.Errorf("back after an end: %q", got)
	}
	wantNews(t, h.ada("menu"), "> Menu text.")
}

// TestDuressAsksForAnAdvocate: with the person's consent, and without a word to
// whoever holds the phone.
func TestDuressAsksForAnAdvocate(t *testing.T) {
	t.Parallel()
	h := newQuietly(t)
	h.ada("tell")
	got := h.ada("yellow lamp")
	if seen := forAda(got); !slices.Equal(seen, []string{"> A glass."}) {
		t.Errorf("seen: %q", seen)
	}
	if !slices.Contains(got, "staff> K1 asks for a person. Reason: text staff_word_duress. Language: en.") || !slices.Contains(got, "staff> text staff_left") {
		t.Errorf("staff read %q", got)
	}
	h.until(h.now.Add(time.Hour))
	if seen := forAda(h.news()); len(seen) > 0 {
		t.Errorf("seen later: %q", seen)
	}
	if got := h.ada("he has a gun"); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "staff> Danger was heard") }) {
		t.Errorf("danger in the decoy: %q", got)
	}
}

// TestStaffSeeNoSecretWord: neither a word of the person's own, nor what was taken
// back, is among the messages that are shared.
func TestStaffSeeNoSecretWord(t *testing.T) {
	t.Parallel()
	h := newQuietly(t)
	gone := h.message(ada, "this was a slip")
	h.handle(gone)
	h.handle(chat.Message{ID: "gone", From: ada, Kind: chat.KindRemoval, Target: gone.ID})
	later := h.message(ada, "and so was this")
	h.handle(later)
	h.ada("human")
	h.ada("messages")
	h.handle(chat.Message{ID: "gone too", From: ada, Kind: chat.KindRemoval, Target: later.ID})
	h.news()
	got := strings.Join(h.writes(ana, "claim"), "\n")
	if !strings.Contains(got, "Shared by the person:") || !strings.Contains(got, "- human") {
		t.Fatalf("nothing was shared:\n%s", got)
	}
	for _, word := range []string{"teapot", "lamp", "slip", "so was this"} {
		if strings.Contains(got, word) {
			t.Errorf("staff read %q:\n%s", word, got)
		}
	}
}

// TestGateOutlivesAnythingButText: what wanted in was no text, and the word that is
// given next opens it all the same.
func TestGateOutlivesAnythingButText(t *testing.T) {
	t.Parallel()
	h := newQuietly(t)
	h.now = h.now.Add(10 * time.Minute)
	m := h.message(ada, "diary")
	m.Kind = chat.KindStart
	h.handle(m)
	wantNews(t, h.news(), "> text lock_ask")
	wantNews(t, h.ada("blue teapot"), "> Dear diary.")
}
