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
	if state := w.bot.proc.State(); state != nil {
		t.Fatalf("the bot does not wait for its homeserver: %s\n%s", state, w.bot.logEnd())
	}
	must(t, w.server.Restart(t.Context()))
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
		said := b.logText()
		more := strings.Count(said, "\n") - strings.Count(said, `msg="store upgrade"`) // a line for each part of a new store
		if state.ExitCode() != 1 || !strings.Contains(said, tt.want) || more > 4 {
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

// TestStopAtAnyMoment: whoever asks the bot to stop gets a clean stop, also in
// the middle of its first or a later start.
func TestStopAtAnyMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	random := seeded(t)
	for range 12 {
		w.bot.start(t)
		time.Sleep(time.Duration(random.Int64N(int64(400 * time.Millisecond))))
		// Before its first instruction there is nothing to end in good order.
		if state := w.bot.terminate(t); !state.Success() && state.String() != "signal: terminated" {
			t.Errorf("asked to stop, the bot ended with %s\n%s", state, w.bot.logEnd())
		}
	}
	w.bot.start(t)
	c := w.enter("ann")
	c.ask("yes", "country")
	w.bot.stop(t)
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
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
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
