package bot_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/signalcli"
	"handrail/bot/signalcli/fakedaemon"
)

const phoneACI = "5d5d5d5d-5d5d-4d5d-8d5d-5d5d5d5d5d5d"

// phoneHouse is a house with a person who has only Signal, over a daemon. Staff
// are where they always are.
type phoneHouse struct {
	*house
	phone *fakedaemon.Person
	took  chan struct{} // one for each message of the person that the bot took
	shown []fakedaemon.Shown
}

// tookHandler tells of each message that was taken.
type tookHandler struct {
	chat.Handler
	took chan struct{}
}

func (h tookHandler) Handle(ctx context.Context, m chat.Message) error {
	err := h.Handler.Handle(ctx, m)
	if err == nil {
		h.took <- struct{}{}
	}
	return err
}

func newPhoneHouse(t *testing.T) *phoneHouse {
	t.Helper()
	dir := t.TempDir()
	d, err := fakedaemon.Listen("unix", filepath.Join(dir, "s"), fakedaemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := signalcli.Open(t.Context(), signalcli.Config{Address: d.Address(), Dir: filepath.Join(dir, "signal"), Key: make([]byte, 64)})
	if err != nil {
		t.Fatal(err)
	}
	h := &phoneHouse{house: newHouse(t, ""), phone: d.Person(phoneACI), took: make(chan struct{}, 100)}
	h.more = []chat.Transport{tr}
	h.open()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- tr.Run(ctx, tookHandler{h.bot, h.took}) }()
	t.Cleanup(func() {
		stop()
		for _, err := range []error{<-done, tr.Close(), d.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	return h
}

// does lets the person do something and returns what came of it: "phone> " what
// is new on their phone, and what staff read.
func (h *phoneHouse) does(what func()) []string {
	h.t.Helper()
	what()
	select {
	case <-h.took:
	case <-time.After(time.Minute):
		h.t.Fatal("the bot does not take what the person did")
	}
	h.pass()
	return h.all()
}

// says is a text of the person.
func (h *phoneHouse) says(text string) []string {
	h.t.Helper()
	return h.does(func() { h.phone.Say(text) })
}

// staff is a text of a member of staff.
func (h *phoneHouse) staff(m chat.Message) []string {
	h.t.Helper()
	h.handle(m)
	return h.all()
}

func (h *phoneHouse) all() (out []string) {
	now := h.phone.Phone()
	for i, s := range now {
		switch {
		case i >= len(h.shown):
			out = append(out, "phone> "+s.Text)
		case s.Removed && !h.shown[i].Removed:
			out = append(out, "phone> [removed]")
		case s.Text != h.shown[i].Text:
			out = append(out, "phone> [edited] "+s.Text)
		}
	}
	h.shown = now
	return append(out, h.news()...)
}

// TestDeskOverSignal: a hand-over is the same for somebody who has only Signal,
// with staff on the other network.
func TestDeskOverSignal(t *testing.T) {
	t.Parallel()
	h := newPhoneHouse(t)
	h.says("hello")
	wantNews(t, h.says("rope"), "phone> text desk_asked", "staff> K1 asks for a person...", "staff> Ana, can you take this?...")
	wantNews(t, h.staff(h.staffMessage(ana, chat.KindText, "claim")), "phone> text desk_someone is here now...", "staff> Ana has it....", "staff> text staff_shared_nothing")
	wrote := int64(0)
	wantNews(t, h.does(func() { wrote = h.phone.Say("I am here") }), "staff> K1: I am here")
	ask := h.staffMessage(ana, chat.KindText, "Are you save?")
	wantNews(t, h.staff(ask), "phone> Are you save?")
	asked := h.phone.Phone()[len(h.phone.Phone())-1].Stamp
	edit := h.staffMessage(ana, chat.KindEdit, "Are you safe?")
	edit.Target = ask.ID
	wantNews(t, h.staff(edit), "phone> [edited] Are you safe?")
	wantNews(t, h.does(func() { h.phone.React("❤", asked, false) }), "staff> [reaction ❤]")
	wantNews(t, h.does(func() { h.phone.Edit(wrote, "I am here now") }), "staff> [edited] K1: I am here now")
	sign := h.staffMessage(ana, chat.KindReaction, "🙏")
	sign.Target, sign.Staff.Thread = h.ids["staff> K1: I am here"], ""
	h.staff(sign)
	if got := h.phone.Reactions(); len(got) != 1 || got[0] != "🙏" {
		t.Errorf("reactions on the phone: %q", got)
	}
	wantNews(t, h.does(func() { h.phone.Delete(wrote) }), "staff> [removed]")
	gone := chat.Message{ID: "gone", From: ask.From, Kind: chat.KindRemoval, Target: ask.ID, Staff: ask.Staff}
	wantNews(t, h.staff(gone), "phone> [removed]")
	danger := strings.Join(h.says("he has a gun"), "\n")
	for _, part := range []string{"staff> K1: he has a gun", "phone> Crisis text.", "staff> Danger was heard"} {
		if !strings.Contains(danger, part) {
			t.Errorf("danger: no %q in\n%s", part, danger)
		}
	}
	wantNews(t, h.staff(h.staffMessage(ana, chat.KindText, "close done")), "phone> text desk_closed", "phone> text desk_survey", "staff> Ana closed it. done")
	wantNews(t, h.says("5"), "phone> text desk_survey_thanks")
	wantNews(t, h.says("menu"), "phone> Menu text.")
}
