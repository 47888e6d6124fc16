package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
)

// rooms is a house in which each case has a room of its own.
func rooms(t testing.TB) *house {
	h := &house{world: newWorldOn(t, ""), ids: map[string]string{}}
	h.staff = office(time.UTC)
	h.staff.Threads = false
	h.world.with(handing)
	return h
}

// told are the messages since the last look, those in the room of a case as
// "K1[ana,ben]> ".
func (h *house) told() []string {
	h.net.mu.Lock()
	sent := h.net.sent[h.past:]
	h.net.mu.Unlock()
	list := h.news()
	for i, o := range sent {
		if !o.Team || o.To.User != "" || o.To.Room == "" {
			continue
		}
		var who []string
		for _, m := range o.Members {
			who = append(who, strings.Split(strings.TrimPrefix(m, "@"), ":")[0])
		}
		name, _, _ := strings.Cut(o.To.Room, ".")
		text := strings.TrimPrefix(list[i], "staff> ")
		switch o.Form {
		case chat.FormMembers:
			text = "[members]"
		case chat.FormLeave:
			text = "[leave]"
		}
		list[i] = name + "[" + strings.Join(who, ",") + "]> " + text
	}
	return list
}

// inside is what a member of staff writes in the room of the case that is spoken
// of.
func (h *house) inside(who desk.StaffID, text string) chat.Message {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	m := h.message(chat.Address{Network: "test", User: string(who), Room: "!k1"}, text)
	m.Staff = &chat.Staff{}
	for _, o := range h.net.sent {
		if o.Team && o.To.User == "" && o.To.Room != "" {
			m.Staff.Case = o.To.Room
		}
	}
	return m
}

// TestDeskRooms: words of the person and of those who have the case are sent only
// where exactly those are, and everybody else reads where the case is.
func TestDeskRooms(t *testing.T) {
	t.Parallel()
	h := rooms(t)
	say := func(who desk.StaffID, text string) []string {
		h.handle(h.inside(who, text))
		return h.told()
	}
	thread := func(who desk.StaffID, text string) []string {
		h.handle(h.staffMessage(who, chat.KindText, text))
		return h.told()
	}
	ask := func(text string) []string {
		h.handle(h.message(ada, text))
		return h.told()
	}
	ask("hello")
	ask("human")
	wantNews(t, ask("messages"), "> text desk_asked", "staff> K1 asks for a person...", "staff> Ana, can you take this?...")
	wantNews(t, thread(ben, "hello?"), "staff> text staff_free")
	wantNews(t, thread(ana, "claim"), "> text desk_someone is here now...", "staff> Ana has it. The talk is in the room K1.",
		"K1[ana]> Ana has it....", "K1[ana]> Shared by the person:\n- hello\n- human\n- messages")
	wantNews(t, ask("I am here"), "K1[ana]> K1: I am here")
	wantNews(t, thread(ana, "in the wrong place"), "staff> Write that in the room K1. It did not reach the person.")
	wantNews(t, thread(ben, "let me"), "staff> Ana has this case....")
	wantNews(t, say(ana, "How can I help?"), "> How can I help?")
	wantNews(t, say(ana, "note she sounds tired"))
	wantNews(t, say(ana, "text fire"), "K1[ana]> There is no text of that name. There are: police")
	wantNews(t, say(ana, "invite ben"), "> text desk_someone was asked in...", "K1[ana,ben]> Ana asked Ben in....")
	wantNews(t, say(ben, "hi from me"), "> hi from me")
	wantNews(t, say(cara, "and me"), "staff> Ana has this case....")
	wantNews(t, say(ana, "pass cara"), "> text desk_someone was asked to go on...",
		"staff> Ana asks Cara to take it....", "K1[ana,ben]> Ana asks Cara to take it....", "K1[]> [members]")
	wantNews(t, ask("are you there"), "> ...") // the bot answers
	wantNews(t, say(ana, "one more"), "staff> text staff_free")
	got := thread(cara, "claim")
	if !slices.Contains(got, "K1[cara]> Shared by the person:\n- hello\n- human\n- messages\n- I am here\n- are you there") {
		t.Errorf("%q", got)
	}
	h.now = h.now.Add(time.Minute)
	if got = ask("he has a gun"); len(got) != 4 || got[2] != "K1[cara]> K1: he has a gun" || !strings.HasPrefix(got[3], "K1[cara]> Danger was heard") {
		t.Errorf("%q", got)
	}
	wantNews(t, say(cara, "close"), "> text desk_closed", "> text desk_survey", "staff> Cara closed it....", "K1[cara]> Cara closed it....", "K1[]> [members]")
	wantNews(t, say(cara, "one more thing"), "staff> text staff_over")
	h.until(h.now.Add(9 * 24 * time.Hour))
	got = h.told()
	if !slices.Contains(got, "K1[]> [leave]") {
		t.Errorf("the room is kept: %q", got)
	}
	wantNews(t, say(cara, "hello"), "staff> text staff_no_case")
}

// TestDeskRoomsForget: what crossed is taken back in the room of the case before
// the bot leaves it.
func TestDeskRoomsForget(t *testing.T) {
	t.Parallel()
	h := rooms(t)
	h.ada("hello")
	h.ada("rope")
	h.writes(ana, "claim")
	h.ada("something private")
	h.writes(ana, "release")
	h.told()
	h.handle(h.message(ada, "erase"))
	h.until(h.now.Add(5 * time.Minute))
	left, removed := false, 0
	for _, s := range h.told() {
		switch {
		case s == "K1[]> [removed]":
			removed++
			if left {
				t.Error("something is taken back in a room that the bot has left")
			}
		case s == "K1[]> [leave]":
			left = true
		}
	}
	if !left || removed < 2 {
		t.Errorf("left %v, %d taken back", left, removed)
	}
}

// TestDeskNobodyWritesForAnother: an edit is the words of whoever wrote the
// message, and a case that somebody gave up is not theirs to write in.
func TestDeskNobodyWritesForAnother(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	h.writes(ana, "invite ben")
	mine := h.staffMessage(ana, chat.KindText, "Stay inside")
	h.handle(mine)
	h.news()
	change := func(who desk.StaffID, kind chat.Kind, text string) []string {
		m := h.staffMessage(who, kind, text)
		m.Target = mine.ID
		h.handle(m)
		return h.news()
	}
	wantNews(t, change(ben, chat.KindEdit, "Go outside"), "staff> text staff_not_yours")
	wantNews(t, change(cara, chat.KindRemoval, ""))
	wantNews(t, change("@eve:example.org", chat.KindEdit, "Go outside"), "staff> text staff_stranger")
	wantNews(t, change(ana, chat.KindEdit, "Stay inside, please"), "> [edited] Stay inside, please")
	h.writes(ana, "release")
	wantNews(t, change(ana, chat.KindEdit, "Go outside"), "staff> text staff_free")
	wantNews(t, change(ana, chat.KindRemoval, ""), "> [removed]")
	eve := h.message(person("eve"), "Stay outside")
	eve.Kind, eve.Target = chat.KindEdit, mine.ID
	h.handle(eve)
	if got := h.news(); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "Stay outside") }) {
		t.Errorf("%q", got)
	}
}

// TestDeskKeys: whose keys have changed is locked out until a colleague confirms
// those very keys.
func TestDeskKeys(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	with := func(who desk.StaffID, keys, text string) []string {
		m := h.staffMessage(who, chat.KindText, text)
		m.Staff.Identity = keys
		h.handle(m)
		return h.news()
	}
	wantNews(t, with(ana, "first", "hello"), "> hello")
	wantNews(t, with(ben, "ben", "note I am here"))
	got := with(ana, "second", "send me her address")
	if len(got) != 4 || got[0] != "> text desk_again" || !strings.HasPrefix(got[3], "staff> Ana, your keys have changed.") {
		t.Fatalf("%q", got)
	}
	code := got[3][len(got[3])-4:]
	wantNews(t, with(ana, "second", "claim"), got[3])
	for name, m := range map[string]chat.Message{
		"taken back":   {Kind: chat.KindRemoval},
		"cannot read":  {Kind: chat.KindUnreadable},
		"without keys": {Kind: chat.KindText, Text: "claim"},
	} {
		m.ID, m.From = "$"+name, chat.Address{Network: "test", User: string(ana), Room: "!staff"}
		m.Staff = &chat.Staff{Thread: h.root, Unproven: true}
		h.handle(m)
		if got := h.news(); slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, ">") || strings.Contains(s, "has it") }) {
			t.Errorf("%s: %q", name, got)
		}
	}
	wantNews(t, with(ana, "second", "confirm ana "+code), got[3])
	wantNews(t, with(ben, "ben", "confirm ana 12345"), "staff> text staff_free")
	wrong := "0000"
	if code == wrong {
		wrong = "0001"
	}
	wantNews(t, with(ben, "ben", "confirm ana "+wrong), "staff> text staff_not_confirmed")
	wantNews(t, with(ben, "ben", "confirm ben "+code), "staff> text staff_not_confirmed")
	wantNews(t, with(ben, "ben", "confirm ana "+code), "staff> Ana is confirmed.")
	if got := with(ana, "second", "claim"); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "staff> Ana has it.") }) {
		t.Errorf("%q", got)
	}
	got = with(ana, "first", "it is me")
	if len(got) == 0 || !strings.Contains(got[len(got)-1], "your keys have changed") {
		t.Errorf("keys that no longer count: %q", got)
	}
}

// TestDeskVouch: keys that nobody knows read nothing from the moment on that they
// are heard of, even if whoever has them never writes; what their owner had is
// offered to others.
func TestDeskVouch(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	vouch := func(who desk.StaffID, keys string) bool {
		t.Helper()
		known, err := h.bot.Vouch(t.Context(), "test", string(who), keys)
		if err != nil {
			t.Fatal(err)
		}
		h.pass()
		return known
	}
	vouch(ana, "first")
	if !vouch(ana, "first") || vouch("@eve:example.org", "first") || vouch(ana, "") {
		t.Error("the first keys of staff count, and nobody else's")
	}
	h.news()
	if vouch(ana, "second") {
		t.Error("other keys count")
	}
	got, code := h.news(), ""
	for _, text := range got {
		if strings.HasPrefix(text, "staff> Ana, your keys have changed.") {
			code = text[len(text)-4:]
		}
	}
	if code == "" || !slices.Contains(got, "> text desk_again") {
		t.Fatalf("%q", got)
	}
	if vouch(ana, "second") {
		t.Error("keys that were refused count")
	}
	wantNews(t, h.news())
	h.writes(ben, "confirm ana "+code)
	if !vouch(ana, "second") || vouch(ana, "first") {
		t.Error("a colleague has confirmed the second keys, and those alone count")
	}
}

// TestDeskPartsWhoIsNoStaff: who is no longer in the list when the bot starts has no
// case any more, and is in no room of one.
func TestDeskPartsWhoIsNoStaff(t *testing.T) {
	t.Parallel()
	h := rooms(t)
	h.ada("hello")
	h.ada("rope")
	h.writes(ana, "claim")
	h.handle(h.inside(ana, "invite ben"))
	h.told()
	without := func(gone desk.StaffID) {
		h.staff = office(time.UTC)
		h.staff.Threads = false
		r := &h.staff.Desk.Rota
		r.Members = slices.DeleteFunc(r.Members, func(m desk.Member) bool { return m.ID == gone })
		for i := range r.Shifts {
			r.Shifts[i].Who = slices.DeleteFunc(slices.Clone(r.Shifts[i].Who), func(w desk.StaffID) bool { return w == gone })
		}
		h.open()
		h.pass()
	}
	without(ben)
	wantNews(t, h.told(), "> text desk_someone is no longer in this talk....", "K1[ana]> [members]")
	h.handle(h.message(ada, "are you there"))
	wantNews(t, h.told(), "K1[ana]> K1: are you there")
	without(ana)
	got := h.told()
	if !slices.Contains(got, "K1[]> [members]") || !slices.Contains(got, "> text desk_again") || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "staff> Ben, can you take this?") }) {
		t.Errorf("%q", got)
	}
	without(ana)
	wantNews(t, h.told())
}
