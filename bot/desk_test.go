package bot_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// handing are scripts that hand over.
var handing = map[string]string{
	"human": `
flow: human
title: Human
start: [human]
steps:
  - say: "{{desk_about}}"
  - ask: What may they see?
    pick:
      nothing: {set: {desk_share: nothing}}
      messages: {set: {desk_share: messages}}
      plan: {set: {desk_share: plan}}
  - hand_over: {reason: asked}
`,
	"rope": `
flow: rope
title: Rope
start: [rope]
steps:
  - hand_over: {reason: worried, urgent: true}
`,
	"erase": `
flow: erase
title: Erase
start: [erase]
steps:
  - say: Erased.
  - forget: all
`,
}

const (
	ana  = desk.StaffID("@ana:example.org")
	ben  = desk.StaffID("@ben:example.org")
	cara = desk.StaffID("@cara:example.org")
	dora = desk.StaffID("@dora:example.org")
)

// office has ana and ben on call by day, cara in the list, and dora to fall
// back to.
func office(zone *time.Location) *bot.Staff {
	days := [7]bool{true, true, true, true, true, true, true}
	return &bot.Staff{
		Network: "test", Threads: true, Reasons: []string{"done", "referred"}, Texts: map[string]string{"police": "You can call the police."},
		Who: "Advocates of the house answer.", Hours: "Every day, 18 to 2.", Duty: "They must report danger to a child.", Survey: true, Zone: zone,
		Desk: desk.Desk{
			Fallback: dora,
			Rota: desk.Rota{
				Members: []desk.Member{
					{ID: ana, Name: "Ana", Langs: []string{"en"}},
					{ID: ben, Name: "Ben", Langs: []string{"en", "es"}},
					{ID: cara, Name: "Cara", Langs: []string{"de"}},
					{ID: dora, Name: "Dora"},
				},
				Shifts: []desk.Shift{{Who: []desk.StaffID{ana, ben}, Days: days, From: 18 * 60, To: 2 * 60, Zone: zone, Holidays: true}},
			},
		},
	}
}

// house is a world with a desk.
type house struct {
	*world
	root string // event id of the last thread
	past int    // messages looked at
	ids  map[string]string
}

func newHouse(t testing.TB, database string) *house {
	h := &house{world: newWorldOn(t, database), ids: map[string]string{}}
	h.staff = office(time.UTC)
	h.world.with(handing)
	return h
}

// news are the messages since the last look, with who they are for: "> " the
// person, "staff> " the room, "NAME> " one alone.
func (h *house) news() []string {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	var out []string
	for _, o := range h.net.sent[h.past:] {
		mark := "> "
		if o.Team {
			mark = "staff> "
			if o.To.User != "" {
				mark = strings.Split(strings.TrimPrefix(o.To.User, "@"), ":")[0] + "> "
			}
			if o.Thread == "" && o.To.User == "" && strings.Contains(string(o.Text), " asks for a person") {
				h.root = "$" + o.Key
			}
		}
		text := string(o.Text)
		switch o.Form {
		case chat.FormEdit:
			text = "[edited] " + text
		case chat.FormRemove:
			text = "[removed]"
		case chat.FormReaction:
			text = "[reaction " + text + "]"
		}
		h.ids[mark+text] = "$" + o.Key
		out = append(out, mark+text)
	}
	h.past = len(h.net.sent)
	return out
}

// ada says something.
func (h *house) ada(text string) []string {
	h.t.Helper()
	h.handle(h.message(ada, text))
	return h.news()
}

// staffMessage is something that a member of staff does in the thread.
func (h *house) staffMessage(who desk.StaffID, kind chat.Kind, text string) chat.Message {
	m := h.message(chat.Address{Network: "test", User: string(who), Room: "!staff"}, text)
	m.Kind, m.Staff = kind, &chat.Staff{Thread: h.root}
	return m
}

func (h *house) writes(who desk.StaffID, text string) []string {
	h.t.Helper()
	h.handle(h.staffMessage(who, chat.KindText, text))
	return h.news()
}

// claimed is a house in which ana has ada.
func claimed(t testing.TB) *house {
	h := newHouse(t, "")
	h.ada("hello")
	h.ada("rope")
	h.writes(ana, "claim")
	return h
}

func wantNews(t *testing.T, got []string, want ...string) {
	t.Helper()
	fit := len(got) == len(want)
	for i := 0; fit && i < len(got); i++ {
		prefix, cut := strings.CutSuffix(want[i], "...")
		fit = got[i] == want[i] || cut && strings.HasPrefix(got[i], prefix)
	}
	if !fit {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDeskTakesOverAndGivesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.ada("hello")
	about := h.ada("human")
	if len(about) != 2 || !strings.HasPrefix(about[0], "> Advocates of the house answer.\nEvery day, 18 to 2.\nSomebody is on call now.") ||
		!strings.HasSuffix(about[0], "They must report danger to a child.") {
		t.Errorf("%q", about)
	}
	wantNews(t, h.ada("messages"), "> text desk_asked", "staff> K1 asks for a person. Reason: text staff_word_asked. Language: en.", "staff> Ana, can you take this?...")
	wantNews(t, h.writes(ben, "hello?"), "staff> text staff_free")
	wantNews(t, h.writes(ana, "claim"), "> text desk_someone is here now...", "staff> Ana has it....", "staff> Shared by the person:\n- hello\n- human\n- messages")
	wantNews(t, h.ada("I am here"), "staff> K1: I am here")
	wantNews(t, h.writes(ana, "How can I help?"), "> How can I help?")
	wantNews(t, h.writes(ana, "note she sounds tired"))
	wantNews(t, h.writes(ana, "text police"), "> You can call the police.")
	wantNews(t, h.writes(ana, "text fire"), "staff> There is no text of that name. There are: police")
	wantNews(t, h.writes(ben, "claim"), "staff> Ana has this case....")
	wantNews(t, h.writes(ana, "pass ben"), "> text desk_someone was asked to go on...", "staff> Ana asks Ben to take it....")
	wantNews(t, h.writes(ben, "👍"), "> text desk_someone is here now...", "staff> Ben has it....", "staff> text staff_shared_nothing")
	wantNews(t, h.writes(ben, "close referred"), "> text desk_closed", "> text desk_survey", "staff> Ben closed it. referred")
	wantNews(t, h.ada("5"), "> text desk_survey_thanks")
	wantNews(t, h.ada("menu"), "> Menu text.")
	wantNews(t, h.writes(ben, "one more thing"), "staff> text staff_over")
	err := h.store.View(context.Background(), func(tx *store.Tx) error {
		entries, err := tx.Entries()
		var actions []string
		for _, e := range entries {
			actions = append(actions, e.Action)
		}
		if want := []string{"claim", "pass", "claim", "close"}; !slices.Equal(actions, want) || desk.Verify(desk.Entry{}, entries) != nil {
			t.Errorf("the record has %q", actions)
		}
		notes, err2 := tx.DayNotes(h.now.AddDate(0, 0, -1), h.now.AddDate(0, 0, 1))
		var kinds []string
		for _, n := range notes {
			if strings.HasPrefix(n.Kind, "desk_") {
				kinds = append(kinds, n.Kind)
			}
		}
		if want := []string{"desk_case_asked", "desk_claimed", "desk_closed_referred", "desk_survey_5", "desk_waited_05"}; !slices.Equal(kinds, want) {
			t.Errorf("counted %q", kinds)
		}
		if err == nil {
			err = err2
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDeskCrossesEditsRemovalsAndReactions(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	ask := h.staffMessage(ana, chat.KindText, "Are you save?")
	h.handle(ask)
	wantNews(t, h.news(), "> Are you save?")
	edit := h.staffMessage(ana, chat.KindEdit, "Are you safe?")
	edit.Target = ask.ID
	h.handle(edit)
	wantNews(t, h.news(), "> [edited] Are you safe?")
	sign := h.message(ada, "❤️")
	sign.Kind, sign.Target = chat.KindReaction, h.ids["> Are you save?"]
	h.handle(sign)
	wantNews(t, h.news(), "staff> [reaction ❤️]")
	answer := h.message(ada, "no")
	h.handle(answer)
	wantNews(t, h.news(), "staff> K1: no")
	edit = h.message(ada, "now I am")
	edit.Kind, edit.Target = chat.KindEdit, answer.ID
	h.handle(edit)
	wantNews(t, h.news(), "staff> [edited] K1: now I am")
	back := h.staffMessage(ana, chat.KindReaction, "🙏")
	back.Target, back.Staff.Thread = h.ids["staff> K1: no"], ""
	h.handle(back)
	wantNews(t, h.news(), "> [reaction 🙏]")
	for _, m := range []chat.Message{answer, ask} {
		gone := chat.Message{ID: "gone" + m.ID, From: m.From, Kind: chat.KindRemoval, Target: m.ID, Staff: m.Staff}
		h.handle(gone)
	}
	wantNews(t, h.news(), "staff> [removed]", "> [removed]")
}

func TestDeskStillHearsDangerAndStop(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	got := h.ada("he has a gun")
	if !slices.Contains(got, "staff> K1: he has a gun") || !slices.Contains(got, "> Crisis text.") ||
		!slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "staff> Danger was heard in the last message: ") }) {
		t.Errorf("%q", got)
	}
	wantNews(t, h.ada("yes"), "staff> K1: yes") // not an answer to the bot's own question
	wantNews(t, h.ada("stop"), "> text desk_withdrawn", "> OK. No more messages.", "staff> text staff_withdrawn")
	wantNews(t, h.writes(ana, "wait"), "staff> text staff_over")
	wantNews(t, h.writes(ana, "open"), "staff> K1 asked for no messages....")
}

// TestDeskLadder: nobody comes, across a restart at every rung.
func TestDeskLadder(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.ada("hello")
	wantNews(t, h.ada("rope"), "> text desk_asked", "staff> K1 asks...", "staff> Ana, can...")
	for _, rung := range []struct {
		after time.Duration
		want  []string
	}{
		{3 * time.Minute, []string{"staff> Ben, can you..."}},
		{3 * time.Minute, []string{"> text desk_still_asking", "staff> text staff_everyone"}},
		{5 * time.Minute, []string{"> text desk_asking_one", "dora> K1 waits..."}},
		{5 * time.Minute, []string{"> No advocate can come now. The next time is tomorrow at 18:00...", "> ...", "staff> text staff_nobody"}},
	} {
		h.open()
		h.until(h.now.Add(rung.after - time.Second))
		wantNews(t, h.news())
		h.until(h.now.Add(2 * time.Second))
		wantNews(t, h.news(), rung.want...)
		h.now = h.now.Add(-time.Second)
	}
	wantNews(t, h.ada("menu"), "> Menu text.")
	h.until(time.Date(2026, 1, 6, 18, 0, 0, 0, time.UTC)) // past midnight, to the next shift
	h.pass()
	got := h.news()
	if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "staff> Ana, can you") }) ||
		!slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "K1: ") }) {
		t.Errorf("when the shift begins: %q", got)
	}
}

func TestDeskHolderOrPersonIsSilent(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	h.until(h.now.Add(10*time.Minute + time.Second))
	wantNews(t, h.news(), "staff> Ana, the person waits...")
	h.until(h.now.Add(10 * time.Minute))
	wantNews(t, h.news(), "> text desk_again", "staff> Ana did not answer...", "staff> Ben, can you...")
	h.writes(ben, "claim")
	h.writes(ben, "here I am")
	h.until(h.now.Add(30*time.Minute + time.Second))
	wantNews(t, h.news(), "> text desk_still_there", "staff> text staff_asked_still_there")
	h.until(h.now.Add(30 * time.Minute))
	wantNews(t, h.news(), "> text desk_quiet", "staff> text staff_quiet")
	h.until(h.now.Add(9 * 24 * time.Hour))
	err := h.store.View(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.LoadCase(1); err == nil {
			t.Error("the case is still kept")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDeskClaimRace: of many who claim at the same instant one has it, and each
// of the others is told.
func TestDeskClaimRace(t *testing.T) {
	onEach(t, func(t *testing.T, database string) { claimRace(t, newHouse(t, database)) })
}

func claimRace(t *testing.T, h *house) {
	t.Helper()
	h.ada("hello")
	h.ada("rope")
	var wg sync.WaitGroup
	for _, who := range []desk.StaffID{ana, ben, cara, dora} {
		m := h.staffMessage(who, chat.KindText, "claim")
		wg.Go(func() {
			if err := h.bot.Handle(context.Background(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	h.pass()
	has, told, person := 0, 0, 0
	for _, s := range h.news() {
		switch {
		case strings.Contains(s, " has it."):
			has++
		case strings.Contains(s, " has this case."):
			told++
		case strings.HasPrefix(s, "> "):
			person++
		}
	}
	if has != 1 || told != 3 || person != 1 {
		t.Errorf("%d have it, %d were told, the person heard %d messages", has, told, person)
	}
}

func TestDeskAwayAndKeys(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	wantNews(t, h.writes(ana, "away"), "> text desk_again", "staff> Ana is away. here ends it.", "staff> Ana gave it back.", "staff> Ben, can you...")
	wantNews(t, h.writes(ana, "on call"), "staff> On call until tomorrow at 02:00: Ben")
	wantNews(t, h.writes(ana, "here"), "staff> Ana is here.")
	h.writes(ben, "claim")
	doubted := h.staffMessage(ben, chat.KindText, "I am ben")
	doubted.Staff.Doubted = true
	h.handle(doubted)
	got := h.news()
	if slices.Contains(got, "> I am ben") || !slices.Contains(got, "> text desk_again") ||
		!slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "staff> Ben, this device is not confirmed") }) {
		t.Errorf("%q", got)
	}
	wantNews(t, h.writes(ben, "cases"), "staff> K1 waits. It was asked for today at 20:00.")
	stranger := h.staffMessage("@eve:example.org", chat.KindText, "claim")
	h.handle(stranger)
	wantNews(t, h.news(), "staff> text staff_stranger")
	h.handle(h.staffMessage("@eve:example.org", chat.KindText, "claim"))
	wantNews(t, h.news())
}

// TestDeskForgetsWithThePerson: whoever erases everything takes back what crossed,
// and nothing of the case is left but the record.
func TestDeskForgetsWithThePerson(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	h.ada("something private")
	h.writes(ana, "release")
	got := h.ada("erase")
	removed := 0
	for _, s := range got {
		if s == "staff> [removed]" {
			removed++
		}
	}
	if removed < 4 || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "staff> K1: the person erased") }) {
		t.Errorf("%q", got)
	}
	h.until(h.now.Add(2 * time.Minute))
	err := h.store.View(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.LoadCase(1); err == nil {
			t.Error("the case is still there")
		}
		entries, err := tx.Entries()
		if len(entries) == 0 {
			t.Error("the record is gone")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNews(t, h.writes(ana, "claim"), "staff> text staff_no_case")
}

// TestDeskKeepsNamesApart: nothing that goes to the person names staff, and
// nothing that goes to staff holds an address of the person.
func TestDeskKeepsNamesApart(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	h.ada("hi")
	h.writes(ana, "hi")
	h.writes(ana, "invite ben")
	h.writes(ben, "hi from me")
	h.writes(ana, "pause")
	h.writes(ana, "resume")
	h.writes(ana, "close")
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	for _, o := range h.net.sent {
		// The name of a thread is made by chance, and "ada" may be in it.
		said := string(o.Text) + strings.Join(o.Mentions, " ") + o.To.User + o.To.Room
		if o.Team && (strings.Contains(said, "ada") || strings.Contains(o.Thread, ada.User)) {
			t.Errorf("staff get %q in %q", said, o.Thread)
		}
		if !o.Team {
			for _, name := range []string{"Ana", "@ana", "Ben", "@ben", "!staff"} {
				if strings.Contains(said, name) || strings.HasPrefix(name, "@") && strings.Contains(o.Thread, name) {
					t.Errorf("the person gets %q in %q", said, o.Thread)
				}
			}
		}
	}
}
