package matrix

import (
	"path/filepath"
	"strings"
	"testing"

	"handrail/bot/account"
)

// TestKeyAndSessionTogether: the process ends when it has read a room key and could
// not write it yet. The key is there when it runs again.
func TestKeyAndSessionTogether(t *testing.T) {
	t.Parallel()
	r, b, g := talking(t)
	if _, err := b.ledger.db.Exec(testContext(t), "CREATE TRIGGER full BEFORE INSERT ON crypto_megolm_inbound_session BEGIN SELECT RAISE(ABORT, 'no room'); END"); err != nil {
		t.Fatal(err)
	}
	g.say(t, "the first words")
	poll(t, "a key that cannot be written", func() bool {
		logs := b.logs.String()
		return strings.Contains(logs, "keep a key") || strings.Contains(logs, "cannot be read yet")
	})
	b.stop()
	db, err := account.Open(testContext(t), filepath.Join(b.cfg.Dir, cryptoFile), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(testContext(t), "DROP TRIGGER full"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	b = startBot(t, b.cfg, r, nil)
	r.waitText(t, "the first words")
	g.say(t, "and others")
	r.waitText(t, "and others")
	b.say(t, g, "answer", "an answer")
	g.awaitText(t, "an answer")
}
