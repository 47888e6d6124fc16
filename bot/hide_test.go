package bot_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"handrail/bot/chat"
)

var hiding = map[string]string{
	"leave": `
flow: leave
title: Leave
first: [x]
steps:
  - say: A glass of water.
  - hide: 2h
`,
	"wipe": `
flow: wipe
title: Wipe
first: [wipe]
steps:
  - hide: all
  - say: A cup of tea.
`,
}

// losesTheNewsOf lets the network take every message of that text and break each
// request for it. The key of the message is there once it was tried.
func (w *world) losesTheNewsOf(text chat.Text) (key *string) {
	key = new(string)
	w.net.fail = func(o chat.Outgoing) error {
		if o.Text != text {
			return nil
		}
		*key = o.Key
		w.net.mu.Lock()
		w.net.sent = append(w.net.sent, o)
		w.net.mu.Unlock()
		return errors.New("the answer got lost")
	}
	return key
}

// removed are the texts that were taken back since the last call of heard, in
// the order in which it happened, and the others.
func (w *world) removed() (gone, said []string) {
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	texts := map[string]string{}
	for _, o := range w.net.sent {
		texts["$"+o.Key] = string(o.Text)
	}
	for _, o := range w.net.sent[w.seen:] {
		if o.Form == chat.FormRemove {
			gone = append(gone, texts[o.Target])
		} else {
			said = append(said, string(o.Text))
		}
	}
	w.seen = len(w.net.sent)
	return gone, said
}

func TestHideTakesBackWhatWasSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(hiding)
	w.says("hello")
	w.now = w.now.Add(2 * time.Hour)
	w.says("menu")
	w.now = w.now.Add(30 * time.Minute)
	w.says("daily")
	w.handle(w.message(ada, "x"))
	gone, said := w.removed()
	if !slices.Equal(said, []string{"A glass of water."}) || !slices.Equal(gone, []string{"Daily is set.", "Menu text."}) {
		t.Errorf("said %q, taken back %q", said, gone)
	}
	w.handle(w.message(ada, "wipe"))
	gone, said = w.removed()
	if !slices.Equal(said, []string{"A cup of tea."}) || !slices.Equal(gone, []string{"A glass of water.", "Welcome text."}) {
		t.Errorf("the second time: said %q, taken back %q", said, gone)
	}
	w.handle(w.message(ada, "menu"))
	if gone, said = w.removed(); !slices.Equal(said, []string{"Menu text."}) || len(gone) > 0 {
		t.Errorf("after it: said %q, taken back %q", said, gone)
	}
}

func TestHideDropsWhatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(hiding)
	w.says("hello")
	down := true
	w.net.fail = func(chat.Outgoing) error {
		if down {
			return errors.New("no network")
		}
		return nil
	}
	w.handle(w.message(ada, "menu"))
	w.handle(w.message(ada, "daily"))
	w.handle(w.message(ada, "x"))
	w.open() // in between, the program ends
	down = false
	w.until(w.now.Add(5 * time.Minute))
	gone, said := w.removed()
	if !slices.Equal(said, []string{"A glass of water."}) || !slices.Equal(gone, []string{"Welcome text."}) {
		t.Errorf("said %q, taken back %q", said, gone)
	}
}

// TestHideFindsWhatWasOnItsWay: the request for a message broke, and the network
// had taken it. The news of it comes after the person asked to hide everything.
func TestHideFindsWhatWasOnItsWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(hiding)
	w.says("hello")
	key := w.losesTheNewsOf("Menu text.")
	w.handle(w.message(ada, "menu"))
	w.handle(w.message(ada, "x"))
	if err := w.bot.Delivered(t.Context(), "test", *key, "$"+*key); err != nil {
		t.Fatal(err)
	}
	w.until(w.now.Add(5 * time.Minute))
	gone, said := w.removed()
	slices.Sort(gone)
	if !slices.Equal(said, []string{"Menu text.", "A glass of water."}) || !slices.Equal(gone, []string{"Menu text.", "Welcome text."}) {
		t.Errorf("said %q, taken back %q", said, gone)
	}
}

// TestHideWaitsForNewsAfterManyTries: tries of the message itself, and of the
// answer, are no tries to take it back.
func TestHideWaitsForNewsAfterManyTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(hiding)
	w.says("hello")
	key, down := "", true
	w.net.fail = func(o chat.Outgoing) error {
		if o.Text == "Menu text." {
			key = o.Key
		}
		if down {
			return errors.New("the answer got lost")
		}
		return nil
	}
	w.handle(w.message(ada, "menu"))
	w.until(w.now.Add(time.Minute))
	w.handle(w.message(ada, "x"))
	w.until(w.now.Add(2 * time.Minute))
	down = false
	for range 60 {
		if slices.Contains(w.heard(), "A glass of water.") {
			break
		}
		w.until(w.now.Add(time.Second))
	}
	w.until(w.now.Add(4 * time.Second))
	if err := w.bot.Delivered(t.Context(), "test", key, "$"+key); err != nil {
		t.Fatal(err)
	}
	w.until(w.now.Add(time.Minute))
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	if !slices.ContainsFunc(w.net.sent, func(o chat.Outgoing) bool { return o.Form == chat.FormRemove && o.Target == "$"+key }) {
		t.Error("the message stays in the chat")
	}
}

// TestAnswersOvertakeRemovals: a network that is slow in taking back does not
// keep a person waiting.
func TestAnswersOvertakeRemovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(hiding)
	for range 20 {
		w.says("hello")
	}
	removals := 0
	w.net.fail = func(o chat.Outgoing) error {
		if o.Form == chat.FormRemove {
			if removals++; removals%3 != 0 {
				return &chat.RetryError{After: time.Second, Err: errors.New("slow down")}
			}
		}
		return nil
	}
	w.handle(w.message(ada, "x"))
	w.until(w.now.Add(2 * time.Second))
	w.handle(w.message(ada, "menu"))
	w.until(w.now.Add(2 * time.Second))
	gone, said := w.removed()
	if !slices.Equal(said, []string{"A glass of water.", "Menu text."}) || len(gone) > 5 {
		t.Errorf("said %q, taken back %d", said, len(gone))
	}
	w.until(w.now.Add(5 * time.Minute))
	more, _ := w.removed()
	if len(gone)+len(more) != 20 {
		t.Errorf("taken back %d of 20", len(gone)+len(more))
	}
}
