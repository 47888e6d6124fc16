package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// What outsiders try, what is done about it, and the tests. Those of other packages
// are named with it; bot/e2e and bot/matrix have a real homeserver.
//
//   - invitations without end: by rule, and so many rooms for each account.
//     matrix TestInvitationsFollowThePolicy, TestInvitationSpam
//   - floods: a limit for each person, told once; danger and stop are heard in it.
//     TestFloodIsAnsweredTogether, TestStopInTheBacklogIsHeardFirst; e2e TestFlood
//   - huge, broken or senseless events: each by itself, and always an answer.
//     TestHostileText; e2e TestOddThingsGetAnAnswer, TestSilentThings;
//     matrix TestDecodeSyncKeepsTheGoodEvents, FuzzInbound, FuzzDecodeSync
//   - HTML and Markdown: plain words count, and plain words go out.
//     TestMarkupStaysText; matrix TestMarkup
//   - letters that only look Latin. TestLookalikesAreHeard
//   - events that come again, or claim to be the bot's own.
//     TestReplayedEvents, TestSameMessageIsHandledOnce; matrix TestForgedEvents
//   - a second person in the room: one plain line, then silence.
//     TestSecondPersonInTheRoom, TestNothingUnpromptedInACrowd; e2e TestThirdPersonInTheRoom; matrix TestCrowd
//   - no encryption, or a message in plain text. e2e TestUnencryptedRoom, TestPlainText
//   - somebody who plays an advocate, or has their login.
//     TestDeskNobodyWritesForAnother, TestDeskPartsWhoIsNoStaff, TestDeskKeys;
//     matrix TestStaffDevices, TestStaffKeysFault; e2e TestConfirmNewKeys
//   - an admin, a thief or a court with the database.
//     TestForensic; store TestHandedOver, TestNothingAPersonWroteIsInTheFiles,
//     TestEraseLeavesNoByte; cmd/handrail TestCommandsLeaveNoWords; e2e, after every test: checkRaw
//   - somebody with the phone. TestDecoyShowsNoTrace, TestOwnWordOpensWhatIsPrivate,
//     TestExitCutAnywhere, TestSafeTimes, TestOwnLineComesFirst;
//     e2e TestExitLeavesNothing, TestExitKilled
//   - somebody who doubts an export. journal TestEveryByteOfTheFileCounts, TestPublicToolOpens;
//     cmd/handrail TestVerifyExport

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
