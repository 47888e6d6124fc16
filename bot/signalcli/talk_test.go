package signalcli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/signalcli/fakedaemon"
)

// TestTalk is one conversation with everything that people do on Signal.
func TestTalk(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"0.13.19", "0.14.6"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakedaemon.Options{Version: version})
			p := w.d.Person(alice)
			w.say(p, "hello bot")
			id := w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: "Choose 1 or 2"})
			if w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: "Choose 1 or 2"}) != id {
				t.Error("the same message has another id")
			}
			wantPhone(t, p, "Choose 1 or 2")
			ours, own, ok := stampOf(id)
			if !own || !ok || p.Phone()[0].Stamp != ours {
				t.Errorf("event id %q", id)
			}
			first := p.Answer("1", ours, "Choose 1 or 2")
			p.React("👍", ours, false)
			p.React("👍", ours, true)
			p.Edit(first, "2")
			p.Delete(first)
			p.Picture()
			p.Call()
			p.Type()
			p.Poll("When?", "Mon", "Tue")
			p.Vote(ours, 1)
			p.WrittenOnLinkedPhone("by hand")
			w.d.Person(bob).WrittenOnLinkedPhone("note to self")
			p.Unreadable()
			w.d.Broken()
			w.say(p, "done")
			w.must(chat.Outgoing{Key: "2", To: to1(alice), Form: chat.FormEdit, Target: id, Text: "Choose 1, 2 or 3"})
			w.must(chat.Outgoing{Key: "3", To: to1(alice), Form: chat.FormReaction, Target: eventID(alice, first), Text: "❤"})
			w.must(chat.Outgoing{Key: "4", To: to1(alice), Form: chat.FormFile, Name: "notes.txt", Data: chat.Bytes("kept")})
			w.must(chat.Outgoing{Key: "5", To: to1(alice), Form: chat.FormImage, Name: "picture.png", Data: chat.Bytes("png"), Alt: "a line going up"})
			wantPhone(t, p, "Choose 1, 2 or 3", "", "a line going up")
			if got := p.Phone()[1].Files; len(got) != 1 || got[0] != "data:text/plain;filename=notes.txt;base64,a2VwdA==" {
				t.Errorf("files %q", got)
			}
			w.must(chat.Outgoing{Key: "6", To: to1(alice), Form: chat.FormRemove, Target: id})
			wantPhone(t, p, "[removed]", "", "a line going up")
			if got := p.Reactions(); !slices.Equal(got, []string{"❤"}) {
				t.Errorf("reactions %q", got)
			}
			w.until("it is shown that the answer was read", func() bool { return p.SeenRead(first) })

			var kinds []string
			for _, m := range w.h.all() {
				target := ""
				if m.Target != "" {
					target = " " + strings.NewReplacer(ownID(ours), "ours", eventID(alice, first), "theirs").Replace(m.Target)
				}
				kinds = append(kinds, fmt.Sprintf("%d %s%s", m.Kind, string(m.Text), target))
			}
			reaction := ""
			for _, m := range w.h.all() {
				if m.Kind == chat.KindReaction {
					reaction = m.ID
				}
			}
			want := []string{
				fmt.Sprintf("%d hello bot", chat.KindText), fmt.Sprintf("%d 1 ours", chat.KindText), fmt.Sprintf("%d 👍 ours", chat.KindReaction),
				fmt.Sprintf("%d  %s", chat.KindRemoval, reaction), fmt.Sprintf("%d 2 theirs", chat.KindEdit), fmt.Sprintf("%d  theirs", chat.KindRemoval),
				fmt.Sprintf("%d ", chat.KindMedia), fmt.Sprintf("%d ", chat.KindCall), fmt.Sprintf("%d ", chat.KindMedia),
				fmt.Sprintf("%d ", chat.KindUnreadable), fmt.Sprintf("%d done", chat.KindText),
			}
			if !slices.Equal(kinds, want) {
				t.Errorf("handled\n%q, want\n%q", kinds, want)
			}
			w.leaks("hello bot", "Choose", "by hand", alice, number, ownID(ours))
		})
	}
}

// leaks looks for what must not be in the log or on disk.
func (w *world) leaks(secrets ...string) {
	w.t.Helper()
	hay := []byte(w.logged())
	_ = filepath.WalkDir(w.cfg.Dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			data, _ := os.ReadFile(path)
			hay = append(hay, data...)
		}
		return nil
	})
	for _, s := range secrets {
		if bytes.Contains(hay, []byte(s)) {
			w.t.Errorf("%q leaked", s)
		}
	}
}

// TestLongText: a long text is sent in parts that fit, and is one message to the
// bot: an answer to a part is one to it, and all of it is taken back.
func TestLongText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.say(p, "hi")
	text := strings.TrimSpace(strings.Repeat("Ein längerer Satz über alles. ", 200))
	id := w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: chat.Text(text)})
	phone := p.Phone()
	if len(phone) != 4 || strings.Join(shown(p), " ") != text {
		t.Fatalf("%d parts", len(phone))
	}
	for _, s := range phone {
		if len(s.Text) > maxBody || !strings.HasSuffix(s.Text, ".") {
			t.Errorf("a part of %d bytes that ends with %q", len(s.Text), s.Text[len(s.Text)-5:])
		}
	}
	p.Answer("yes", phone[2].Stamp, "…")
	w.until("the answer", func() bool { return len(w.h.all()) == 2 })
	if m := w.h.all()[1]; m.Target != id {
		t.Errorf("it answers %q", m.Target)
	}
	w.must(chat.Outgoing{Key: "2", To: to1(alice), Form: chat.FormEdit, Target: id, Text: "short"})
	if got := p.Phone()[0].Text; got != "short" {
		t.Errorf("the edit shows %q", got)
	}
	w.must(chat.Outgoing{Key: "3", To: to1(alice), Form: chat.FormRemove, Target: id})
	wantPhone(t, p, "[removed]", "[removed]", "[removed]", "[removed]")
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "short": "a b", "no place to cut": strings.Repeat("ä", 3000), "paragraphs": strings.Repeat(strings.Repeat("word ", 100)+"\n\n", 9),
		"lines": strings.Repeat("a line of text\n", 400), "emoji": strings.Repeat("👩‍👩‍👧", 400),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := ""
			for _, part := range split(text) {
				if len(part) > maxBody || part == "" || strings.ToValidUTF8(part, "?") != part {
					t.Errorf("a part of %d bytes", len(part))
				}
				whole += part
			}
			strip := func(s string) string { return strings.Join(strings.Fields(s), "") }
			if strip(whole) != strip(text) {
				t.Error("something was lost")
			}
		})
	}
}

// TestStranger: nothing goes to who did not write first.
func TestStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	w.ready()
	for name, to := range map[string]chat.Address{
		"never wrote": to1(alice), "a number": to1("+15551230000"), "a name": to1("u:somebody.01"), "a phone identity": to1("PNI:" + alice),
	} {
		var never *chat.PermanentError
		if _, err := w.send(chat.Outgoing{Key: name, To: to, Text: "hello"}); !errors.As(err, &never) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if calls := w.d.Calls("send"); len(calls) > 0 {
		t.Errorf("%d sends", len(calls))
	}
	var never *chat.PermanentError
	if _, err := w.send(chat.Outgoing{Key: "team", To: to1(alice), Team: true, Text: "x"}); !errors.As(err, &never) {
		t.Error("something for staff went to Signal")
	}
}

// TestLostLedger: whoever has keys at the daemon has written, even if the ledger
// does not know it.
func TestLostLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.say(p, "hi")
	w.stop()
	time.Sleep(2 * time.Millisecond) // keys and ledger are told apart by their times
	w.loseLedger()
	w.start()
	w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: "Good evening"})
	wantPhone(t, p, "Good evening")
}

// TestGroup: a group is refused in one line, once, and nothing else goes there.
func TestGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	p.SayInGroup("Zz==", 3, "hello all")
	w.d.Person(bob).SayInGroup("Zz==", 3, "hi bot")
	w.until("the group", func() bool { return len(w.h.all()) == 1 && w.tr.pending.Load() == 0 })
	m := w.h.all()[0]
	if m.Kind != chat.KindCrowd || m.From.Room != groupPrefix+"Zz==" || m.Text != "" {
		t.Errorf("kind %d", m.Kind)
	}
	w.must(chat.Outgoing{Key: "1", To: m.From, Text: "One to one only.", AllowCrowd: true})
	if got := w.d.Group("Zz=="); len(got) != 1 {
		t.Errorf("%d lines in the group", len(got))
	}
	var never *chat.PermanentError
	if _, err := w.send(chat.Outgoing{Key: "2", To: m.From, Text: "private"}); !errors.As(err, &never) {
		t.Errorf("into a group: %v", err)
	}
	if _, err := w.send(chat.Outgoing{Key: "3", To: to1(alice), Text: "private"}); !errors.As(err, &never) {
		t.Errorf("to somebody who wrote in a group only: %v", err)
	}
}

// TestTimer: messages disappear from the first one on; the shorter time of the
// person stays; one that crossed ours on its way is set again, a choice is not.
func TestTimer(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * 3600
	for _, test := range []struct {
		name string
		play func(w *world, p *fakedaemon.Person)
		sets []int64
		last int64 // of the last message on the phone
	}{
		{"first contact", func(w *world, p *fakedaemon.Person) { w.say(p, "hi") }, []int64{week}, week},
		{"a shorter one of the person", func(w *world, p *fakedaemon.Person) { p.SetTimer(3600); w.say(p, "hi") }, nil, 3600},
		{"a longer one of the person", func(w *world, p *fakedaemon.Person) { p.SetTimer(4 * week); w.say(p, "hi") }, []int64{week}, week},
		{"set shorter later", func(w *world, p *fakedaemon.Person) {
			w.say(p, "hi")
			w.must(chat.Outgoing{Key: "0", To: to1(alice), Text: "first"})
			p.SetTimer(60)
			w.say(p, "again")
		}, []int64{week}, 60},
		{"turned off later", func(w *world, p *fakedaemon.Person) {
			w.say(p, "hi")
			w.must(chat.Outgoing{Key: "0", To: to1(alice), Text: "first"})
			p.SetTimer(0)
			w.say(p, "again")
		}, []int64{week}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakedaemon.Options{}, func(c *Config) { c.Timer = week * time.Second })
			p := w.d.Person(alice)
			test.play(w, p)
			w.must(chat.Outgoing{Key: "last", To: to1(alice), Text: "x"})
			if got := p.TimersSet(); !slices.Equal(got, test.sets) {
				t.Errorf("set to %v, want %v", got, test.sets)
			}
			phone := p.Phone()
			if got := phone[len(phone)-1].Expires; got != test.last {
				t.Errorf("the last message lasts %d s, want %d", got, test.last)
			}
		})
	}
}

// TestSafetyNumber: another safety number stops the talk, staff are told once, and
// after it was compared everything goes on, with what was written meanwhile.
func TestSafetyNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		write bool // the person writes before the bot does
	}{{"the person writes", true}, {"the bot writes", false}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakedaemon.Options{})
			p := w.d.Person(alice)
			w.say(p, "hi")
			w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"})
			p.ChangeKeys()
			if test.write {
				p.Say("new phone")
				p.Say("are you there?")
				w.until("staff are told", func() bool { return len(w.h.all()) == 2 })
			}
			var held *chat.HeldError
			for range 3 {
				if _, err := w.send(chat.Outgoing{Key: "2", To: to1(alice), Text: "two"}); !errors.As(err, &held) {
					t.Fatalf("sent to other keys: %v", err)
				}
			}
			w.until("staff are told", func() bool { return len(w.h.all()) == 2 })
			if m := w.h.all()[1]; m.Kind != chat.KindKeysChanged || m.From.User != alice {
				t.Errorf("kind %d", m.Kind)
			}
			if w.tr.State().Held != 1 {
				t.Error("the operator is not told")
			}
			list, err := Untrusted(t.Context(), w.cfg)
			if err != nil || len(list) != 1 || list[0].SafetyNumber != p.SafetyNumber() || strings.Contains(alice, list[0].Ref) {
				t.Fatalf("untrusted: %d %v", len(list), err)
			}
			if err := Trust(t.Context(), w.cfg, list[0].Ref, strings.Repeat("1", 60)); err == nil {
				t.Error("a wrong safety number was trusted")
			}
			if err := Trust(t.Context(), w.cfg, "00000000", p.SafetyNumber()); !errors.Is(err, ErrNobody) {
				t.Errorf("somebody else was trusted: %v", err)
			}
			if err := Trust(t.Context(), w.cfg, list[0].Ref, " "+p.SafetyNumber()[:30]+" "+p.SafetyNumber()[30:]); err != nil {
				t.Fatal(err)
			}
			w.must(chat.Outgoing{Key: "2", To: to1(alice), Text: "two"})
			wantPhone(t, p, "one", "two")
			if test.write {
				w.until("what was written meanwhile", func() bool { return len(w.h.all()) == 4 })
			}
			if w.tr.State().Held != 0 {
				t.Error("the operator still hears of it")
			}
			w.leaks(alice, "new phone")
		})
	}
}

// TestLimits: what Signal says about too much is heard, told, and kept to.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, version, token string
		retry                int
		least                time.Duration
	}{
		{"without a captcha", "0.14.6", "", 3600, limitProbe},
		{"of an old daemon, which says no time", "0.13.19", "", 3600, limitFirst},
		{"with a captcha", "0.14.6", "challenge-token-1", 86400, limitProbe},
		{"short", "0.14.6", "", 2, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakedaemon.Options{Version: test.version})
			p := w.d.Person(alice)
			w.say(p, "hi")
			w.until("receipts are out", func() bool { return len(w.d.Calls("sendReceipt")) == 1 })
			p.Outcome, p.Token, p.Retry = fakedaemon.RateLimit, test.token, test.retry
			var pause *chat.RetryError
			for range 3 {
				if _, err := w.send(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"}); !errors.As(err, &pause) ||
					pause.After > test.least || pause.After < test.least-20*time.Second {
					t.Fatalf("%v", err)
				}
			}
			if n := len(w.d.Calls("send")); n != 1 && test.name != "short" {
				t.Errorf("%d sends in spite of a limit", n)
			}
			s := w.tr.State()
			if s.LimitedUntil.IsZero() || s.Challenge != test.token {
				t.Errorf("the operator hears %+v", s)
			}
			if test.token != "" {
				w.until("the state is on disk", func() bool { s, err := ReadState(w.cfg.Dir); return err == nil && s.Challenge == test.token })
				if err := SubmitCaptcha(t.Context(), w.cfg, "nonsense"); !errors.Is(err, ErrCaptcha) {
					t.Errorf("nonsense: %v", err)
				}
				if err := SubmitCaptcha(t.Context(), w.cfg, "signalcaptcha://solved"); err != nil {
					t.Fatal(err)
				}
				w.until("it is tried again at once", func() bool {
					_, err := w.send(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"})
					return err == nil
				})
				wantPhone(t, p, "one")
				if s := w.tr.State(); !s.LimitedUntil.IsZero() || s.Challenge != "" {
					t.Errorf("the operator still hears %+v", s)
				}
				w.leaks(test.token + "x")
				if strings.Contains(w.logged(), test.token) || strings.Contains(w.logged(), number) {
					t.Error("a token or a number is in the log")
				}
			}
		})
	}
}

// TestRefusals: what the daemon says about a send becomes what the host should do.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		outcome string
		never   bool
	}{{fakedaemon.Network, false}, {fakedaemon.PreKey, false}, {fakedaemon.Unregistered, true}} {
		t.Run(test.outcome, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakedaemon.Options{})
			p := w.d.Person(alice)
			w.say(p, "hi")
			w.until("receipts are out", func() bool { return len(w.d.Calls("sendReceipt")) == 1 })
			p.Outcome = test.outcome
			var never *chat.PermanentError
			if _, err := w.send(chat.Outgoing{Key: "1", To: to1(alice), Text: "one"}); err == nil || errors.As(err, &never) != test.never {
				t.Errorf("%v", err)
			}
			p.Outcome = ""
			w.must(chat.Outgoing{Key: "1", To: to1(alice), Text: "one", OnDoubt: chat.OnDoubtDrop})
			wantPhone(t, p, "one")
		})
	}
}

// TestTyping: while an answer takes a while the person sees that it is being
// written.
func TestTyping(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.ready()
	w.h.setFail(func(chat.Message) error {
		w.until("it is shown", func() bool { return p.Typing() == 1 })
		return nil
	})
	w.say(p, "this takes long")
}
