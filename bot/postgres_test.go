package bot_test

import (
	"slices"
	"testing"
	"time"

	"handrail/bot/store/pgtest"
)

// TestTalkOnPostgres goes through a talk with a daily question, a restart, a
// message that comes twice and a crash of the server, on PostgreSQL.
func TestTalkOnPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.ForTest(t, "")
	w := newWorldOn(t, server.Empty(t))
	if got := w.says("hello"); !slices.Contains(got, "Welcome text.") {
		t.Errorf("hello: %q", got)
	}
	if got := w.says("daily"); !slices.Contains(got, "Daily is set.") {
		t.Errorf("daily: %q", got)
	}
	w.open()
	again := w.message(ada, "menu")
	w.handle(again)
	w.handle(again)
	if n := count(w.heard(), "Menu text."); n != 1 {
		t.Errorf("a message that came twice was answered %d times", n)
	}
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	failed := w.message(ada, "menu")
	for range 10 { // the network hands it up again until it was taken
		if err := w.bot.Handle(t.Context(), failed); err == nil {
			break
		}
		w.heard() // what it says past the store
	}
	w.pass()
	if n := count(w.heard(), "Menu text."); n != 1 {
		t.Errorf("a message during the crash was answered %d times", n)
	}
	w.until(w.now.Add(3 * 24 * time.Hour))
	if n := count(w.heard(), question); n != 3 {
		t.Errorf("three days: the question came %d times", n)
	}
}
