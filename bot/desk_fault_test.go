package bot_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// sql runs a statement behind the back of the bot.
func (w *world) sql(statement string) {
	w.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.dir, "data", "handrail.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		w.t.Fatal(err)
	}
}

// TestDeskKeepsWhatTheStoreCannotTake: a sign or a change of staff's that meets a
// store which cannot answer is handed up again, not lost.
func TestDeskKeepsWhatTheStoreCannotTake(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		kind chat.Kind
		text string
		want string
	}{
		{"a sign", chat.KindReaction, "🙏", "> [reaction 🙏]"},
		{"an edit", chat.KindEdit, "Are you safe?", "> [edited] Are you safe?"},
		{"a removal", chat.KindRemoval, "", "> [removed]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := claimed(t)
			h.ada("I am here")
			said := h.staffMessage(ana, chat.KindText, "Are you save?")
			h.handle(said)
			h.news()
			m := h.staffMessage(ana, tt.kind, tt.text)
			if m.Target = said.ID; tt.kind == chat.KindReaction {
				m.Target = h.ids["staff> K1: I am here"]
			}
			h.sql("ALTER TABLE desk_case RENAME TO elsewhere")
			if err := h.bot.Handle(context.Background(), m); err == nil {
				t.Error("it counts as done")
			}
			h.sql("ALTER TABLE elsewhere RENAME TO desk_case")
			h.open()
			h.handle(m)
			wantNews(t, h.news(), tt.want)
		})
	}
}

// TestDeskEditsNothingIntoATalkThatIsOver: words that staff put into an old
// message are new words; who ended the talk does not get them.
func TestDeskEditsNothingIntoATalkThatIsOver(t *testing.T) {
	t.Parallel()
	h := claimed(t)
	said := h.staffMessage(ana, chat.KindText, "Are you save?")
	h.handle(said)
	h.ada("stop")
	h.news()
	edit := h.staffMessage(ana, chat.KindEdit, "Please answer me")
	edit.Target = said.ID
	h.handle(edit)
	wantNews(t, h.news(), "staff> text staff_over")
	gone := h.staffMessage(ana, chat.KindRemoval, "")
	gone.Target = said.ID
	h.handle(gone)
	wantNews(t, h.news(), "> [removed]")
}

// TestDeskDeadlineThatFails: a deadline that can never be met is told to both
// sides once, and not tried for ever.
func TestDeskDeadlineThatFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.ada("hello")
	h.ada("rope")
	h.news()
	zone := h.staff.Desk.Rota.Shifts[0].Zone
	h.staff.Desk.Rota.Shifts[0].Zone = nil // no rota can be read without it
	h.until(h.now.Add(4 * time.Minute))
	h.pass()
	got := h.news()
	if !slices.Contains(got, "> text safe_reply") || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "staff> K1: ") }) {
		t.Errorf("both sides hear %q", got)
	}
	h.until(h.now.Add(time.Hour))
	wantNews(t, h.news())
	h.staff.Desk.Rota.Shifts[0].Zone = zone
	wantNews(t, h.writes(ana, "claim"), "> text desk_someone is here now...", "staff> Ana has it....", "staff> text staff_shared_nothing")
}

// TestDeskShiftThatFails: the change of shifts is announced again once it can be.
func TestDeskShiftThatFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.ada("hello")
	h.news()
	zone := h.staff.Desk.Rota.Shifts[0].Zone
	h.staff.Desk.Rota.Shifts[0].Zone = nil
	h.until(time.Date(2026, 1, 6, 2, 5, 0, 0, time.UTC))
	h.staff.Desk.Rota.Shifts[0].Zone = zone
	h.until(time.Date(2026, 1, 6, 18, 1, 0, 0, time.UTC))
	if got := h.news(); !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "The shift changes") }) {
		t.Errorf("staff hear %q", got)
	}
}

// TestDeskRetires: what the bot said to the person is taken back after a while,
// what staff work with is not.
func TestDeskRetires(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.takeBack = 24 * time.Hour
	h.open()
	h.ada("hello")
	h.ada("rope")
	h.writes(ana, "claim")
	h.writes(ana, "on call")
	h.news()
	h.now = h.now.Add(25 * time.Hour)
	if _, err := h.bot.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.bot.DeliverDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone := 0
	for _, s := range h.news() {
		if s == "> [removed]" {
			gone++
		} else {
			t.Errorf("%q", s)
		}
	}
	if gone == 0 {
		t.Error("nothing was taken back")
	}
}
