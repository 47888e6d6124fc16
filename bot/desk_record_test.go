package bot_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// TestDeskRecordsEveryAction: whatever staff do to a case or to their own place in
// the rota is in the record, with who did it and no word of the talk.
func TestDeskRecordsEveryAction(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	for _, words := range []string{
		"hello you", "note she sounds tired", "invite ben", "pause", "back again", "pause", "resume", "pass ben",
	} {
		h.writes(ana, words)
	}
	h.writes(ben, "claim")
	h.writes(ben, "release")
	h.writes(cara, "claim")
	h.writes(cara, "away")
	h.writes(cara, "here")
	h.writes(cara, "claim")
	h.writes(cara, "close referred")
	h.writes(ana, "open")
	var got []string
	err := h.store.View(context.Background(), func(tx *store.Tx) error {
		entries, err := tx.Entries()
		if broken := desk.Verify(desk.Entry{}, entries); broken != nil {
			t.Error(broken)
		}
		for _, e := range entries {
			name := func(id desk.StaffID) string { return strings.Split(strings.TrimPrefix(string(id), "@"), ":")[0] }
			got = append(got, strings.TrimSpace(name(e.By)+" "+e.Action+" "+name(e.On)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ana claim", "ana invite ben", "ana pause", "ana resume", "ana pause", "ana resume", "ana pass ben", "ben claim", "ben release",
		"cara claim", "cara away", "cara away", "cara here", "cara claim", "cara close", "ana open",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestDeskShowsNames: where names are shown the person reads who writes, in every
// word that crosses, and no address of theirs.
func TestDeskShowsNames(t *testing.T) {
	t.Parallel()
	h := &house{world: newWorldOn(t, ""), ids: map[string]string{}}
	h.staff = office(time.UTC)
	h.staff.Names = true
	h.world.with(handing)
	h.ada("hello")
	h.ada("rope")
	wantNews(t, h.writes(ana, "claim"), "> Ana is here now....", "staff> Ana has it....", "staff> text staff_shared_nothing")
	said := h.staffMessage(ana, chat.KindText, "Are you save?")
	h.handle(said)
	wantNews(t, h.news(), "> Ana: Are you save?")
	said.ID, said.Kind, said.Target, said.Text = "edit", chat.KindEdit, said.ID, "Are you safe?"
	h.handle(said)
	wantNews(t, h.news(), "> [edited] Ana: Are you safe?")
	wantNews(t, h.writes(ana, "text police"), "> Ana: You can call the police.")
	h.writes(ana, "invite ben")
	wantNews(t, h.writes(ben, "hi"), "> Ben: hi")
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	for _, o := range h.net.sent {
		if !o.Team && strings.Contains(string(o.Text), "@") {
			t.Errorf("the person gets %q", string(o.Text))
		}
	}
}

// TestDeskAsksNothingAfterwards: the question after a talk is the organization's to
// want.
func TestDeskAsksNothingAfterwards(t *testing.T) {
	t.Parallel()
	h := &house{world: newWorldOn(t, ""), ids: map[string]string{}}
	h.staff = office(time.UTC)
	h.staff.Survey = false
	h.world.with(handing)
	h.ada("hello")
	h.ada("rope")
	h.writes(ana, "claim")
	wantNews(t, h.writes(ana, "close"), "> text desk_closed", "staff> Ana closed it....")
	if got := h.ada("5"); slices.Contains(got, "> text desk_survey_thanks") {
		t.Errorf("a number is taken for an answer to a question that was not asked: %q", got)
	}
}
