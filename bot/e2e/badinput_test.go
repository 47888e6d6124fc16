package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/client"
)

const (
	// largePlain is the 60 kB message of a client that does not encrypt; its
	// event just fits into what a homeserver takes.
	largePlain = 60_000
	// largeEncrypted is the longest that fits after encryption, which makes a
	// text a third longer.
	largeEncrypted = 45_000
)

// TestOddThingsGetAnAnswer: what is no text in the expected form is answered in
// plain words, and the talk goes on.
func TestOddThingsGetAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.count()
	ctx := t.Context()

	tests := []struct {
		name string
		send func() error
		want string
	}{
		{"a picture", func() error {
			_, err := c.p.Picture(ctx, c.room, "our kitchen.png")
			return err
		}, "I can only read words."},
		{"an edit", func() error {
			event := c.say("a sentence with a mistale")
			c.hear(heardText("a sentence with a mistale"))
			_, err := c.p.Edit(ctx, c.room, event, "a sentence with a mistake")
			return err
		}, "You changed a message."},
		{"no words", func() error {
			_, err := c.p.Send(ctx, c.room, "   ")
			return err
		}, "without words"},
		{"a long message", func() error {
			c.say(strings.Repeat("and then it all began again ", largeEncrypted/28))
			return nil
		}, "more than I can take in"},
		{"a sticker", func() error {
			_, err := c.p.SendType(ctx, c.room, "m.sticker", map[string]any{"body": "a cat", "url": "mxc://localhost/none", "info": map[string]any{}})
			return err
		}, "I can only read words."},
	}
	for _, tt := range tests {
		must(t, tt.send())
		c.hear(tt.want)
		c.ask("after "+tt.name, heardText("after "+tt.name))
	}
	w.bot.stop(t)
}

// TestSilentThings: what asks for nothing gets no answer, and breaks nothing.
func TestSilentThings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	ctx := t.Context()
	old := c.ask("count with me", "Counting.")
	event := c.say("a word too many")
	c.hear(heardText("a word too many"))
	_, err := c.p.Redact(ctx, c.room, event)
	must(t, err)
	_, err = c.p.React(ctx, c.room, old.ID, "🌱") // what was asked there is answered
	must(t, err)
	_, err = c.p.SendType(ctx, c.room, "org.example.weather", map[string]any{"sky": "grey"})
	must(t, err)
	before := c.heard
	c.ask("counted message 0001", heardText("counted message 0001"))
	if c.heard != before+1 {
		t.Errorf("%d messages came for things that ask for nothing\n%s", c.heard-before-1, c.talk())
	}
	w.bot.stop(t)
}

// TestPlainText: words without encryption in an encrypted room are not used,
// and the person hears why, encrypted.
func TestPlainText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.plain = true
	for _, body := range []string{"something in the open", strings.Repeat("x", largePlain)} {
		_, err := c.p.SendPlain(t.Context(), c.room, body)
		must(t, err)
		if answer := c.hear("came without encryption"); !answer.Encrypted {
			t.Error("the answer is not encrypted")
		}
	}
	c.ask("yes", "country")
	w.bot.stop(t)
}

// TestUnencryptedRoom: the bot says that it does not talk here, and nothing else.
func TestUnencryptedRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	p := w.login("ann")
	room, err := p.CreateRoom(t.Context(), false, botID)
	must(t, err)
	w.dump(p.WaitJoined(t.Context(), room, botID))
	c := &chat{w: w, p: p, room: room, plain: true}
	w.chats = append(w.chats, c)
	c.hear("only talk in rooms that are encrypted")
	c.say("a secret in the wrong room")
	c.hear("only talk in rooms that are encrypted")

	// In a room of the right kind all is well.
	good := w.open(p)
	good.hear("good moment")
	good.ask("yes", "country")
	for _, e := range c.events() {
		if e.Sender == botID && e.Message() && !strings.Contains(e.Body, "only talk in rooms that are encrypted") {
			t.Errorf("the bot talked in a room without encryption")
		}
	}
	w.bot.stop(t)
}

// TestThirdPersonInTheRoom: the bot says that it talks one to one only, and
// goes on when the other one has left.
func TestThirdPersonInTheRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.ask("yes", "country")
	other := w.login("ben")
	ctx := t.Context()
	must(t, c.p.Invite(ctx, c.room, other.UserID))
	must(t, other.Join(ctx, c.room))
	must(t, c.p.WaitJoined(ctx, c.room, other.UserID))
	c.ask("United Kingdom", "only talk one to one")

	must(t, other.Leave(ctx, c.room))
	must(t, c.p.WaitLeft(ctx, c.room, other.UserID))
	c.ask("United Kingdom", "locked with a key")
	for _, e := range c.events() {
		if e.Sender == botID && e.Message() && strings.Contains(e.Body, "999") && e.Shield != 0 {
			t.Error("a warning beside the numbers")
		}
	}
	w.bot.stop(t)
}

// TestFlood: one person sends more than can be answered one by one. They are
// told once, "stop" still works at once, and another person notices nothing.
func TestFlood(t *testing.T) {
	t.Parallel()
	const burst, flood = 200, 230
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c, other := w.enter("ann"), w.enter("ben")
	c.count()
	other.count()
	w.bot.stop(t) // so that they come all at once, however slow the homeserver is
	w.dump(<-c.sendAll(numbered(1, flood)))
	c.say("stop")
	other.say("counted message 0001")
	w.bot.start(t)
	other.hear(heardText("counted message 0001"))
	_, answered := other.tally(other.events())
	if len(answered) != 1 {
		t.Errorf("the other person has %d answers", len(answered))
	}
	c.hearWithin(2*time.Minute, "OK. No more messages.")
	w.bot.stop(t)

	told, heard := 0, 0
	for _, e := range c.events() {
		switch {
		case e.Sender != botID || !e.Message():
		case strings.Contains(e.Body, "Many messages came at once"):
			told++
		case strings.HasPrefix(e.Body, "Heard "):
			heard++
		}
	}
	if told != 1 || heard < burst || heard > flood {
		t.Errorf("%d answers and told %d times, want %d or a few more, and once", heard, told, burst)
	}
}

// TestHomeserverDown: at the start, and in the middle of a talk.
func TestHomeserverDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{durable: true})
	w.bot.start(t)
	c := w.enter("ann")
	c.count()

	must(t, w.server.Stop())
	sent := c.sendAll(numbered(1, 1))
	must(t, w.server.Restart(t.Context()))
	w.dump(<-sent)
	c.answers(numbered(1, 1))

	w.bot.stop(t)
	must(t, w.server.Stop())
	w.bot.start(t)
	waitForLog(t, w.bot)
	must(t, w.server.Restart(t.Context()))
	w.serviceManager(t)
	c.ask("counted message 0002", heardText("counted message 0002"))
	c.judge()
	w.bot.stop(t)
}

// waitForLog waits until the bot has written one more line.
func waitForLog(t *testing.T, b *botRun) {
	t.Helper()
	before := len(b.logText())
	for deadline := time.Now().Add(botPatience); len(b.logText()) == before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the bot logs nothing")
		}
	}
}

// TestFirstStartRefuses: what the operator did wrong is said in a line or two, and
// the exit code is 1.
func TestFirstStartRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	tests := []struct {
		name  string
		spoil func(dir string) error
		want  string
	}{
		{"wrong password", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "password"), []byte("something else\n"), 0o600)
		}, "password"},
		{"readable key", func(dir string) error { return os.Chmod(filepath.Join(dir, "master.key"), 0o644) }, "chmod 0400"},
		{"no password file", func(dir string) error { return os.Remove(filepath.Join(dir, "password")) }, "password"},
		{"unknown key", func(dir string) error { return appendTo(filepath.Join(dir, "config.yaml"), "colour: blue\n") }, "colour"},
		{"script error", func(dir string) error {
			return appendTo(filepath.Join(dir, "scripts", "count.yaml"), "  - goto: nowhere\n")
		}, "count.yaml"},
	}
	for _, tt := range tests {
		b := setUpBot(t, filepath.Join(w.server.Dir(), "..", tt.name), w.server.URL(), botName, botPassword)
		must(t, os.Chmod(filepath.Join(b.dir, "password"), 0o600))
		must(t, tt.spoil(b.dir))
		b.start(t)
		state := b.exit(t)
		if said := b.logText(); state.ExitCode() != 1 || !strings.Contains(said, tt.want) || strings.Count(said, "\n") > 4 {
			t.Errorf("%s: %s, and it says %q, want %q in it and not much more", tt.name, state, said, tt.want)
		}
	}
}

// TestFirstStartWithoutAHomeserver: the very first start either waits or says
// what is wrong; either way the next start works.
func TestFirstStartWithoutAHomeserver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	must(t, w.server.Stop())
	w.bot.start(t)
	waitForLog(t, w.bot)
	must(t, w.server.Restart(t.Context()))
	w.serviceManager(t)
	c := w.enter("ann")
	c.ask("yes", "country")
	w.bot.stop(t)
}

// serviceManager starts the bot again if it has given up for want of a
// homeserver, which it must have said.
func (w *world) serviceManager(t *testing.T) {
	t.Helper()
	select {
	case <-w.bot.proc.Done():
	case <-time.After(time.Second): // it waits for the homeserver by itself
		return
	}
	if code := w.bot.exit(t).ExitCode(); code != 1 || !strings.Contains(lastLine(w.bot.logText()), "homeserver") {
		t.Errorf("without a homeserver: exit code %d and %q", code, lastLine(w.bot.logText()))
	}
	w.bot.start(t)
}

// TestSecondCopyAndOtherKey: a second copy on the same data refuses to start,
// and so does a key that does not fit the store.
func TestSecondCopyAndOtherKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	second := &botRun{dir: w.bot.dir, log: w.bot.log}
	t.Cleanup(second.kill)
	second.start(t)
	if state := second.exit(t); state.ExitCode() != 1 {
		t.Errorf("the second copy: %s", state)
	}
	c.ask("yes", "country")
	w.bot.stop(t)

	other := setUpBot(t, filepath.Join(w.server.Dir(), "..", "other"), w.server.URL(), botName, botPassword)
	must(t, os.Rename(filepath.Join(other.dir, "master.key"), filepath.Join(w.bot.dir, "master.key")))
	w.bot.start(t)
	if state := w.bot.exit(t); state.ExitCode() != 1 || !strings.Contains(lastLine(w.bot.logText()), "key") {
		t.Errorf("another key: %s, %q", state, lastLine(w.bot.logText()))
	}
}

// TestLostDevice: somebody ended all sessions of the bot's account, and with
// them the keys of its device. The bot says what to do; after that was done it
// is a new device without a warning, and tells the person which message it
// could not read.
func TestLostDevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ann")
	c.count()
	logoutAll(t, w)
	for _, start := range []bool{false, true} { // it ends, and refuses to start
		if start {
			w.bot.start(t)
		}
		if state := w.bot.exit(t); state.ExitCode() != 1 {
			t.Errorf("without its device the bot ends with %s", state)
		}
	}
	const advice = "crypto.db does not fit"
	if last := lastLine(w.bot.logText()); !strings.Contains(last, advice) || !strings.Contains(last, "Move it away") {
		t.Errorf("the advice is %q", last)
	}
	c.say("counted message 0001") // encrypted for nobody
	files, err := filepath.Glob(filepath.Join(w.bot.dir, "data", "matrix", "crypto.db*"))
	must(t, err)
	for _, f := range files {
		must(t, os.Rename(f, filepath.Join(w.bot.dir, filepath.Base(f))))
	}
	w.bot.start(t)
	c.hearWithin(time.Minute, "could not open your last message")
	c.ask("counted message 0002", heardText("counted message 0002"))
	checkSigned(t, c.p)
	w.bot.stop(t)
}

// logoutAll ends every session of the bot's account.
func logoutAll(t *testing.T, w *world) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	p, err := client.Login(ctx, client.Options{Dir: clientDir, Homeserver: w.server.URL(), User: botName, Password: botPassword})
	must(t, err)
	defer p.Close()
	must(t, rawRequest(ctx, http.MethodPost, w.server.URL()+"/_matrix/client/v3/logout/all", p.Token, "{}", &struct{}{}))
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(text)
	return err
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
