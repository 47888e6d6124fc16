package matrix

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"handrail/bot/chat"
)

// TestRestoredElsewhere: the folder of the account is lost, and only the recovery
// key is put into another one. The bot is the same identity on a new device, what
// the lost copy has sent is not sent again, and what it has not is.
func TestRestoredElsewhere(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	known := b.say(t, g, "known", "known to the backup")
	first := b.say(t, g, "first", "sent after the backup")
	second := b.say(t, g, "second", "sent right after that")
	g.awaitText(t, "sent right after that")
	g.say(t, "are you there")
	r.waitText(t, "are you there")
	b.stop()

	key, err := os.ReadFile(filepath.Join(cfg.Dir, recoveryFile))
	if err != nil {
		t.Fatal(err)
	}
	moved := cfg
	moved.Dir = filepath.Join(t.TempDir(), "matrix")
	if err := os.Mkdir(moved.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(moved.Dir, recoveryFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	c := startBot(t, moved, r, func(tr *Transport) { tr.born += 10_000 }) // as if it took a while
	if c.cli.DeviceID == b.cli.DeviceID {
		t.Error("the device of the lost copy was used again")
	}
	checkSigned(t, g, b.self, c.cli.DeviceID, "")
	// The person had the last word, and nobody can read it any more.
	r.wait(t, chat.KindUnreadable, nil)

	doubt := chat.Doubt{Since: time.Now().Add(-2 * time.Hour), After: known}
	for i, want := range []string{first, second, ""} {
		words := fmt.Sprintf("in doubt %d", i)
		out := chat.Outgoing{Key: fmt.Sprint("doubt", i), To: g.address(), Text: chat.Text(words), Doubt: doubt}
		got, err := c.Send(testContext(t), out)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Send(testContext(t), out)
		if err != nil || again != got {
			t.Errorf("message %d, sent again: %q, then %q, %v", i, got, again, err)
		}
		if want != "" && got != want {
			t.Errorf("message %d is %q, want %q", i, got, want)
		}
		if sent := g.countText(words); want != "" && sent != 0 {
			t.Errorf("message %d was sent again", i)
		}
	}
	g.awaitText(t, "in doubt 2")
	// A timer of after the last message: nothing can have been sent since.
	late := chat.Doubt{Since: time.Now().Add(time.Minute), After: known}
	if _, err := c.Send(testContext(t), chat.Outgoing{Key: "late", To: g.address(), Text: "due later", Doubt: late}); err != nil {
		t.Fatal(err)
	}
	g.awaitText(t, "due later")
}
