package matrix

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// openError opens with cfg and returns the text of the error.
func openError(t *testing.T, cfg Config) string {
	t.Helper()
	tr, err := Open(testContext(t), cfg)
	if err == nil {
		_ = tr.Close()
		t.Fatal("Open worked")
	}
	return err.Error()
}

func openClose(t *testing.T, cfg Config) *Transport {
	t.Helper()
	tr, err := Open(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	return tr
}

func wantWords(t *testing.T, got string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(got, word) {
			t.Errorf("the error %q does not say %q", got, word)
		}
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	name := createUser(t, server, "bot")
	closed := httptest.NewServer(nil)
	closed.Close()
	rows := map[string]struct {
		change func(*Config)
		want   []string
	}{
		"wrong password":  {func(c *Config) { c.Password = "wrong" }, []string{"log in", "M_FORBIDDEN", "check the name and the password"}},
		"no such user":    {func(c *Config) { c.User = "nobody-here" }, []string{"check the name and the password"}},
		"no password":     {func(c *Config) { c.Password = "" }, []string{"no password is configured"}},
		"homeserver down": {func(c *Config) { c.Homeserver = closed.URL }, []string{"refused", "is the homeserver running", closed.URL}},
		"no homeserver":   {func(c *Config) { c.Homeserver = "" }, []string{"no homeserver"}},
		"not a URL":       {func(c *Config) { c.Homeserver = "::::" }, []string{"not a URL"}},
		"no user":         {func(c *Config) { c.User = "" }, []string{"no user"}},
		"no directory":    {func(c *Config) { c.Dir = "" }, []string{"no directory"}},
		"short key":       {func(c *Config) { c.PickleKey = []byte("x") }, []string{"key for the crypto store"}},
	}
	for row, c := range rows {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			cfg := botConfig(t, server.URL(), name)
			c.change(&cfg)
			wantWords(t, openError(t, cfg), c.want...)
		})
	}
}

// TestOpenIsPatient: a homeserver that asks for a pause gets it, and the bot starts.
func TestOpenIsPatient(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	w := newWire(t, server)
	cfg := botConfig(t, w.url, createUser(t, server, "bot"))
	r := newRecorder()
	startBot(t, cfg, r, nil).stop()
	asked := map[string]*atomic.Int64{
		"/whoami": {}, "/keys/query": {}, "/m.secret_storage.default_key": {}, "/m.cross_signing.master": {},
	}
	busy := func(req *http.Request) *http.Response {
		for path, n := range asked {
			if strings.HasSuffix(req.URL.Path, path) && n.Add(1) <= 3 {
				return newAnswer(http.StatusTooManyRequests, `{"errcode":"M_LIMIT_EXCEEDED","error":"later","retry_after_ms":50}`)
			}
		}
		return nil
	}
	w.reply.Store(&busy)
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	for path, n := range asked {
		if n.Load() < 4 {
			t.Errorf("asked %d times for %s, want more than the refusals", n.Load(), path)
		}
	}
}

func TestOpenOneCopyAtATime(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	tr, err := Open(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	wantWords(t, openError(t, cfg), "another copy", "stop it first")
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	openClose(t, cfg)
}

func TestOpenRefusesAForeignCryptoStore(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	openClose(t, cfg)

	wrongKey := cfg
	wrongKey.PickleKey = bytes.Repeat([]byte("z"), 32)
	wantWords(t, openError(t, wrongKey), "do not open", "pickle key", "move the file away")

	other := botConfig(t, server.URL(), createUser(t, server, "bot"))
	openClose(t, other)
	mixed := cfg
	mixed.Dir = filepath.Join(t.TempDir(), "mixed")
	copyFiles(t, cfg.Dir, mixed.Dir, sessionFile, deviceFile, recoveryFile)
	copyFiles(t, other.Dir, mixed.Dir, cryptoFile)
	wantWords(t, openError(t, mixed), "another device", "Never restore it from a backup", "Move it away")
}

func copyFiles(t *testing.T, from, to string, names ...string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLostCryptoStore: a new device is taken, signed by the same identity, the
// old one is gone, and people can go on talking.
func TestLostCryptoStore(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	b := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	g.say(t, "before")
	r.waitText(t, "before")
	b.stop()
	for _, name := range []string{cryptoFile, cryptoFile + "-wal", cryptoFile + "-shm"} {
		_ = os.Remove(filepath.Join(cfg.Dir, name))
	}
	noPassword := cfg
	noPassword.Password = ""
	wantWords(t, openError(t, noPassword), "is gone", "set the password")

	second := startBot(t, cfg, r, func(tr *Transport) { tr.born += 10_000 }) // as if it took a while
	r.wait(t, chat.KindUnreadable, nil)
	if second.cli.DeviceID == b.cli.DeviceID {
		t.Error("the old device was used again")
	}
	checkSigned(t, g, b.self, second.cli.DeviceID, b.cli.DeviceID)
	g.say(t, "after")
	r.waitText(t, "after")
	second.say(t, g, "k", "I am back")
	g.awaitText(t, "I am back")
	// The last words before were not answered; the person learns that they are lost.
	if n := len(r.messages); n != 4 || r.count(chat.KindUnreadable) != 1 {
		t.Errorf("%d messages, want opened, before, unreadable, after: %s", n, r.summary())
	}
}

// checkSigned makes sure that others see the device as signed by the bot's
// identity, and the old one not at all.
func checkSigned(t *testing.T, g *guest, bot id.UserID, device, old id.DeviceID) {
	t.Helper()
	resp, err := g.cli.QueryKeys(testContext(t), &mautrix.ReqQueryKeys{DeviceKeys: map[id.UserID]mautrix.DeviceIDList{bot: {}}})
	if err != nil {
		t.Fatal(err)
	}
	signer := resp.SelfSigningKeys[bot]
	if _, ok := resp.DeviceKeys[bot][device].Signatures[bot][id.NewKeyID(id.KeyAlgorithmEd25519, signer.FirstKey().String())]; !ok {
		t.Error("the device is not signed by the bot's identity")
	}
	if _, there := resp.DeviceKeys[bot][old]; there && old != "" {
		t.Error("the old device is still there")
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	g := newGuest(t, server, "ann")
	first := openClose(t, cfg)
	checkSigned(t, g, first.self, first.cli.DeviceID, "")

	// Another directory for the same account, without the recovery key.
	bare := cfg
	bare.Dir = filepath.Join(t.TempDir(), "bare")
	wantWords(t, openError(t, bare), recoveryFile, "is missing", "allow a new identity")
	if err := os.WriteFile(filepath.Join(bare.Dir, recoveryFile), []byte("EsTc not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantWords(t, openError(t, bare), recoveryFile, "does not open", "allow a new identity")
	copyFiles(t, cfg.Dir, bare.Dir, recoveryFile)
	second := openClose(t, bare)
	checkSigned(t, g, second.self, second.cli.DeviceID, "")

	// A later start loads the private keys: they verify people.
	again, err := Open(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if again.crypt.mach.CrossSigningKeys == nil {
		t.Error("the private keys are not loaded")
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}

	reset := cfg
	reset.Dir, reset.ResetIdentity = filepath.Join(t.TempDir(), "reset"), true
	third := openClose(t, reset)
	checkSigned(t, g, third.self, third.cli.DeviceID, "")
}

// TestTokenTakenAway: the token dies, the device stays.
func TestTokenTakenAway(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	first := openClose(t, cfg)
	sess, err := vault{dir: cfg.Dir}.session()
	if err != nil {
		t.Fatal(err)
	}
	sess.Token = "gone"
	if err := (vault{dir: cfg.Dir}).putSession(sess); err != nil {
		t.Fatal(err)
	}
	second := openClose(t, cfg)
	if second.cli.DeviceID != first.cli.DeviceID || second.born != first.born {
		t.Error("another device was taken")
	}
	// The device is removed from the account by its owner: now it says so.
	if _, err := first.cli.Whoami(testContext(t)); err == nil {
		t.Error("the old token still works")
	}
	if _, err := second.cli.Logout(testContext(t)); err != nil {
		t.Fatal(err)
	}
	wantWords(t, openError(t, cfg), "removed the device", "Move it away")
}

// TestCrashesOfTheFirstStart: whatever the first start left behind, the next
// one goes on from there.
func TestCrashesOfTheFirstStart(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	g := newGuest(t, server, "ann")
	t.Run("device chosen, not logged in", func(t *testing.T) {
		t.Parallel()
		cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
		if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cfg.Dir, deviceFile), []byte("CHOSENONCE\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		tr := openClose(t, cfg)
		if tr.cli.DeviceID != "CHOSENONCE" {
			t.Error("another device id was chosen")
		}
		checkSigned(t, g, tr.self, tr.cli.DeviceID, "")
	})
	t.Run("keys uploaded, not noted", func(t *testing.T) {
		t.Parallel()
		cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
		first := openClose(t, cfg)
		execIn(t, cfg.Dir, "UPDATE crypto_account SET shared=false")
		second := openClose(t, cfg)
		checkSigned(t, g, second.self, first.cli.DeviceID, "")
	})
	t.Run("recovery key made, identity not published", func(t *testing.T) {
		t.Parallel()
		cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
		if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cfg.Dir, recoveryFile), []byte("of an identity that never was\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		tr := openClose(t, cfg)
		checkSigned(t, g, tr.self, tr.cli.DeviceID, "")
		openClose(t, cfg)
	})
}

func execIn(t *testing.T, dir, statement string) {
	t.Helper()
	db, err := dbutil.NewWithDialect("file:"+filepath.Join(dir, cryptoFile), "sqlite3-fk-wal-fullsync")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(testContext(t), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
