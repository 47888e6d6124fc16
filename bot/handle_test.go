package bot_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/crisis"
	"handrail/bot/store"
)

func TestFirstMessageIsWelcomed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.says("hello there"); !slices.Equal(got, []string{"Welcome text."}) {
		t.Errorf("first message answered with %q", got)
	}
	if got := w.says("hello again"); !slices.Contains(got, "Menu text.") {
		t.Errorf("second message answered with %q, want the menu", got)
	}
}

func TestSameMessageIsHandledOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.message(ada, "hello")
	w.handle(m)
	w.handle(m)
	w.open()
	w.handle(m)
	if got := w.heard(); len(got) != 1 {
		t.Errorf("one message handed up three times was answered with %q", got)
	}
}

// Every kind of message has an outcome, and all but a removal have a reply.
func TestEveryKindIsAnswered(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		kind chat.Kind
		text string
		want string
	}{
		{"text", chat.KindText, "hello", "Menu text."},
		{"spaces only", chat.KindText, " \n\t ", "text empty"},
		{"sixty kilobytes", chat.KindText, strings.Repeat("so it goes ", 6000), "text too_long"},
		{"picture", chat.KindMedia, "", "text media"},
		{"edit", chat.KindEdit, "other words", "text edited"},
		{"edit to an alarm", chat.KindEdit, "he is going to kill me tonight", "Crisis text."},
		{"words under a picture", chat.KindMedia, "he has a knife, he is in the house", "Crisis text."},
		{"stop under a picture", chat.KindMedia, "stop", "OK. No more messages."},
		{"call", chat.KindCall, "", "text call"},
		{"unreadable", chat.KindUnreadable, "", "text unreadable"},
		{"plaintext", chat.KindPlaintext, "hello", "text plaintext"},
		{"unencrypted room", chat.KindUnencrypted, "hello", "text unencrypted"},
		{"crowd", chat.KindCrowd, "", "text crowd"},
		{"opened again", chat.KindOpened, "", "text opened"},
		{"start", chat.KindStart, "waiting", "We wait."},
		{"start of nothing", chat.KindStart, "nothing", "Menu text."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.says("hello")
			m := w.message(ada, tt.text)
			m.Kind = tt.kind
			w.handle(m)
			if got := w.heard(); !slices.Contains(got, tt.want) {
				t.Errorf("answered with %q, want %q among it", got, tt.want)
			}
		})
	}
}

func TestRemovalTakesTheWordsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("name")
	m := w.message(ada, "Ada")
	w.handle(m)
	names := func() (n int) {
		err := w.store.View(context.Background(), func(tx *store.Tx) error {
			p, err := tx.FindPerson(ada)
			if err != nil {
				return err
			}
			items, err := tx.Items(p.ID, "names", 10)
			n = len(items)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if names() != 1 {
		t.Fatal("the answer was not kept")
	}
	w.heard()
	r := w.message(ada, "")
	r.Kind, r.Target = chat.KindRemoval, m.ID
	w.handle(r)
	if n := names(); n != 0 {
		t.Errorf("%d lines kept after the person took the message back", n)
	}
	if got := w.heard(); len(got) != 0 {
		t.Errorf("a removal was answered with %q", got)
	}
}

func TestReactionAnswersItsQuestionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	first := w.net.sent[0]
	w.handle(chat.Message{ID: "$s", From: ada, Kind: chat.KindStart, Text: "daily.ask"})
	question := w.net.sent[len(w.net.sent)-1]
	w.heard()
	react := func(id, target string) []string {
		w.handle(chat.Message{ID: id, From: ada, Kind: chat.KindReaction, Text: "👍", Target: target})
		return w.heard()
	}
	if got := react("$r1", "$"+first.Key); len(got) != 0 {
		t.Errorf("a thumb under an old message was taken for an answer: %q", got)
	}
	if got := react("$r0", "$s"); len(got) != 0 {
		t.Errorf("a thumb under the person's own message was taken for an answer: %q", got)
	}
	if got := react("$r2", "$"+question.Key); !slices.Equal(got, []string{"Noted."}) {
		t.Errorf("a thumb under the question gave %q", got)
	}
	if got := react("$r3", "$"+question.Key); len(got) != 0 {
		t.Errorf("a thumb when nothing waits gave %q", got)
	}
}

// A person in danger is heard in every state.
func TestCrisisIsHeardAnywhere(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"never consented":       nil,
		"idle":                  {"hello"},
		"a free text waits":     {"hello", "name"},
		"a pause":               {"hello", "waiting"},
		"a paced exercise":      {"hello", "move"},
		"stopped":               {"hello", "stop"},
		"inside another alarm":  {"hello", "i want to kill myself"},
		"after a false alarm":   {"hello", "he has a knife", "yes"},
		"a schedule's question": {"hello", "daily"},
	}
	for name, before := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, s := range before {
				w.says(s)
			}
			got := w.says("please he is in the house and he has a knife")
			if !slices.Contains(got, "Crisis text.") && !strings.Contains(strings.Join(got, "\n"), "safe right now") {
				t.Errorf("answered with %q", got)
			}
		})
	}
}

// One unsure sentence asks; a second one soon after gets the full answer.
func TestUnsureWordsTwiceAreClear(t *testing.T) {
	t.Parallel()
	const unsure, again = "I do not see the point of anything any more", "there is no point any more in going on"
	w := newWorld(t)
	for _, s := range []string{unsure, again} {
		if f := lexicon(t).Scan(s, "en"); len(f) == 0 || f[0].Level != crisis.Ask {
			t.Fatalf("the test needs words that are heard as ask: %q is %v", s, f)
		}
	}
	w.says("hello")
	if got := w.says(unsure); !strings.Contains(strings.Join(got, "\n"), "Is it happening now?") {
		t.Errorf("first: %q", got)
	}
	if got := w.says(again); !slices.Contains(got, "Crisis text.") {
		t.Errorf("second: %q", got)
	}
	w.says("yes")
	w.now = w.now.Add(time.Hour)
	if got := w.says(unsure); slices.Contains(got, "Crisis text.") {
		t.Errorf("an hour later: %q", got)
	}
}

func TestStopWinsOverTheCrisisScan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	if got := w.says("STOP"); !slices.Equal(got, []string{"OK. No more messages."}) {
		t.Errorf("stop answered with %q", got)
	}
}

// What goes wrong inside a step would go wrong again: it is answered once, and
// the next message works.
func TestFailingStepIsAnswered(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w *world) []string{
		"engine error": func(w *world) []string {
			w.says("typed")
			return w.says("no time at all")
		},
		"panic": func(w *world) []string {
			m := w.message(ada, "x")
			m.Kind = chat.Kind(99)
			w.handle(m)
			return w.heard()
		},
	}
	for name, breakIt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.says("hello")
			got := breakIt(w)
			if len(got) != 2 || got[0] != "text safe_reply" {
				t.Fatalf("answered with %q, want the fixed reply and help lines", got)
			}
			if got := w.says("anything"); !slices.Contains(got, "Menu text.") {
				t.Errorf("the next message got %q", got)
			}
		})
	}
}

func TestFloodIsAnsweredTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	floods, replies := 0, 0
	for range 400 {
		for _, s := range w.says("again") {
			replies++
			if s == "text flood" {
				floods++
			}
		}
	}
	if floods != 1 || replies < 190 || replies > 500 {
		t.Errorf("400 messages at once: %d replies, %d of them about the flood", replies, floods)
	}
	if got := w.says("he has a knife and he is going to kill me"); !slices.Contains(got, "Crisis text.") {
		t.Errorf("an alarm in a flood got %q", got)
	}
	w.now = w.now.Add(5 * time.Minute)
	if got := w.says("again"); slices.Contains(got, "text flood") {
		t.Errorf("five minutes later: %q", got)
	}
}

// A store that fails keeps nothing, says so to the transport, and from the
// second failure on the person hears from the bot all the same, once.
func TestFailingStoreIsAnsweredPastIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	sent := make(chan chat.Outgoing, 10)
	w.net.fail = func(o chat.Outgoing) error { sent <- o; return nil }
	m := w.message(ada, "secret words")
	for range 4 {
		err := w.bot.Handle(context.Background(), m)
		if err == nil {
			t.Fatal("a closed store took a message")
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "ada") {
			t.Errorf("the error gives words or address away: %v", err)
		}
	}
	select {
	case o := <-sent:
		if !strings.HasPrefix(string(o.Text), "text safe_reply") {
			t.Errorf("sent %q", string(o.Text))
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("no reply past the store")
	}
	if len(sent) != 0 {
		t.Errorf("%d further replies past the store", len(sent))
	}
}

func TestOrderIsKeptAndOneStuckPersonBlocksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := person("ben")
	w.net.fail = func(o chat.Outgoing) error {
		if o.To.User == ada.User {
			return errors.New("unreachable")
		}
		return nil
	}
	for i := range 5 {
		w.handle(w.message(ada, fmt.Sprint("hello ", i)))
		w.handle(w.message(ben, fmt.Sprint("hello ", i)))
	}
	if got := w.heard(); len(got) < 5 {
		t.Errorf("ben heard %q while ada could not be reached", got)
	}
	w.net.fail = nil
	w.until(w.now.Add(2 * time.Minute))
	got := w.heard()
	if len(got) < 5 || got[0] != "Welcome text." {
		t.Errorf("ada heard %q", got)
	}
}

func TestSendErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := w.now
	w.net.fail = func(chat.Outgoing) error {
		if w.now.Before(start.Add(70 * time.Second)) {
			return &chat.RetryError{After: 70 * time.Second, Err: errors.New("slow down")}
		}
		return nil
	}
	w.says("hello")
	next, ok, err := w.bot.NextDue(context.Background())
	if err != nil || !ok || next.Before(start.Add(70*time.Second)) {
		t.Errorf("asked to wait 70 s, next try is %s after", next.Sub(start))
	}
	w.until(start.Add(2 * time.Minute))
	if got := w.heard(); !slices.Equal(got, []string{"Welcome text."}) {
		t.Errorf("after the pause: %q", got)
	}
	w.net.fail = func(chat.Outgoing) error { return &chat.PermanentError{Err: errors.New("gone")} }
	w.says("hello")
	w.net.fail = nil
	w.says("hello")
	if got := w.heard(); len(got) != 0 {
		t.Errorf("something was left over: %q", got)
	}
	c, err := w.store.Counts(context.Background())
	if err != nil || c.Dead == 0 || c.Outbox != 0 {
		t.Errorf("counts %+v, %v: want a dead row and an empty outbox", c, err)
	}
}

// A message that was sent but not noted as sent goes out again under the same
// key, with the same words.
func TestCrashBetweenSendAndNoteRepeatsTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var keys []string
	w.net.fail = func(o chat.Outgoing) error {
		keys = append(keys, o.Key+string(o.Text))
		if len(keys) == 1 {
			return errors.New("connection lost after the request was written")
		}
		return nil
	}
	w.handle(w.message(ada, "hello"))
	w.open()
	w.until(w.now.Add(time.Minute))
	if len(keys) != 2 || keys[0] != keys[1] {
		t.Errorf("keys and texts of the two tries: %q", keys)
	}
}

func TestEchoSettlesTheRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var key string
	w.net.fail = func(o chat.Outgoing) error { key = o.Key; return errors.New("no answer") }
	w.handle(w.message(ada, "hello"))
	if err := w.bot.Delivered(context.Background(), "test", key, "$echo"); err != nil {
		t.Fatal(err)
	}
	w.net.fail = nil
	w.until(w.now.Add(time.Minute))
	if got := w.heard(); len(got) != 0 {
		t.Errorf("sent again though the network echoed it: %q", got)
	}
}

// Somebody whose rows are damaged is answered like somebody new, and from then
// on the rows are sound.
func TestDamagedRowsLeaveNobodyUnanswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.dir, "data", "handrail.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE person SET state = x'00112233'"); err != nil {
		t.Fatal(err)
	}
	if got := w.says("are you there"); !slices.Equal(got, []string{"Welcome text."}) {
		t.Errorf("answered with %q", got)
	}
	if got := w.says("and now"); !slices.Contains(got, "Menu text.") {
		t.Errorf("the message after was answered with %q", got)
	}
	if _, err := db.Exec("UPDATE person SET state = x'00112233'"); err != nil {
		t.Fatal(err)
	}
	w.until(w.now.Add(2 * time.Hour))
	if n := count(w.heard(), question); n != 1 {
		t.Errorf("%d questions from the schedule", n)
	}
}
