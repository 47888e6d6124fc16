package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// TestSecondPersonInTheRoom: the bot says one neutral line, is quiet, sends
// nothing by itself, and is back when the other has gone.
func TestSecondPersonInTheRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(nil)
	w.says("hello")
	w.says("daily")
	crowd := func(text string) []string {
		m := w.message(ada, text)
		m.Kind = chat.KindCrowd
		w.handle(m)
		return w.heard()
	}
	if got := crowd("menu"); len(got) != 1 || got[0] != "text crowd" {
		t.Errorf("the first message: %q", got)
	}
	for _, text := range []string{"name", "what do you know of her", "he has a knife"} {
		if got := crowd(text); len(got) != 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
	w.until(w.now.Add(26 * time.Hour))
	if got := w.heard(); len(got) != 0 {
		t.Errorf("by itself: %q", got)
	}
	if got := w.says("menu"); len(got) != 1 || got[0] != "Menu text." {
		t.Errorf("alone again: %q", got)
	}
}

// TestLookalikesAreHeard: a command or a plea in letters that only look Latin.
func TestLookalikesAreHeard(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(nil)
	w.says("hello")
	for text, want := range map[string]string{
		"ѕtop": "OK. No more messages.", "ЅTОP": "OK. No more messages.", "s\u200bt\u200bop": "OK. No more messages.",
		"ｓｔｏｐ": "OK. No more messages.", "\u202estop": "OK. No more messages.", "he hаs а knife": "Crisis text.",
	} {
		if got := w.says(text); len(got) == 0 || got[0] != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestReplayedEvents: what a homeserver hands over again has no effect again,
// also after a restart and under another time.
func TestReplayedEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(nil)
	w.says("hello")
	w.says("name")
	m := w.message(ada, "Kim")
	w.handle(m)
	w.heard()
	for range 3 {
		w.open()
		m.Sent = m.Sent.Add(time.Hour)
		w.handle(m)
	}
	if got := w.heard(); len(got) > 0 {
		t.Errorf("a replay was answered: %q", got)
	}
}

// TestMarkupStaysText: what a person writes comes back as it was written, and
// nothing of it is markup, a mention or a placeholder.
func TestMarkupStaysText(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(nil)
	w.says("hello")
	for _, text := range []string{
		"<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "@room **all**", "{{count_names}} {{zone}}", "</mx-reply><b>b</b>", "`code` ~~x~~",
	} {
		w.says("name")
		got := w.says(text)
		if len(got) == 0 || got[0] != "I wrote down "+text+"." {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestHostileText: texts that are huge or make no sense are answered, and the
// next one is, too.
func TestHostileText(t *testing.T) {
	t.Parallel()
	w := newWorld(t).with(nil)
	w.says("hello")
	for name, text := range map[string]string{
		"a megabyte": strings.Repeat("a ", 1<<19), "no UTF-8": "\xff\xfe\x00", "signs": strings.Repeat("\u0301", 5000), "turned": strings.Repeat("\u202e", 3000) + "x",
		"nothing seen": "\u200b\u200b", "one word": strings.Repeat("x", 100_000), "braces": strings.Repeat("{{", 10_000),
	} {
		if err := w.bot.Handle(context.Background(), w.message(ada, text)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w.pass()
		if got := w.heard(); len(got) == 0 || strings.TrimSpace(got[0]) == "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	w.says("stop")
	if got := w.says("menu"); len(got) == 0 || got[0] != "Menu text." {
		t.Errorf("afterwards: %q", got)
	}
}
