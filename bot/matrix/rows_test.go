package matrix

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"maunium.net/go/mautrix/id"

	"handrail/bot/store/pgtest"
)

// ownDatabase makes an empty database, and a function that opens it.
func ownDatabase(t *testing.T) func() *sql.DB {
	t.Helper()
	config, err := pgx.ParseConfig(pgtest.ForTest(t, "").Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	return func() *sql.DB {
		db := stdlib.OpenDB(*config)
		db.SetMaxOpenConns(1)
		return db
	}
}

// TestAnotherCopyGoesOn: a copy of the bot with nothing but the database goes on
// where the one before stopped, as the same device.
func TestAnotherCopyGoesOn(t *testing.T) {
	t.Parallel()
	server, open := sharedServer(t), ownDatabase(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	cfg.DB = open()
	r := newRecorder()
	first := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, first)
	g.say(t, "are you there")
	r.waitText(t, "are you there")
	first.say(t, g, "key-1", "yes, I am")
	g.awaitText(t, "yes, I am")
	device := first.cli.DeviceID
	first.stop()

	g.say(t, "and now")
	cfg.DB, cfg.Dir, cfg.Password = open(), filepath.Join(t.TempDir(), "elsewhere"), ""
	if !cfg.LoggedIn() {
		t.Error("the second copy would log in anew")
	}
	away := cfg
	away.Homeserver = "http://127.0.0.1:1"
	if _, err := Open(testContext(t), away); !Unreachable(err) || !away.LoggedIn() {
		t.Errorf("with the homeserver away: %v; the login is there: %v", err, away.LoggedIn())
	}
	second := startBot(t, cfg, r, nil)
	r.waitText(t, "and now")
	if second.cli.DeviceID != device || second.replaced {
		t.Error("the second copy is another device")
	}
	if again := second.say(t, g, "key-1", "yes, I am"); again != r.waitDelivered(t, "key-1") {
		t.Error("what the first copy sent is sent again")
	}
	second.say(t, g, "key-2", "still here")
	g.awaitText(t, "still here")
	g.say(t, "good")
	r.waitText(t, "good")
	if n := len(r.messages); n != 4 { // the first is that the chat was opened
		t.Errorf("%d messages: %s", n, r.summary())
	}
}

// TestFilesMoveIn: an account that was kept in files goes on in a database as the
// same device, with the keys it has and what it knows of its messages; the files
// are out of use.
func TestFilesMoveIn(t *testing.T) {
	t.Parallel()
	server, open := sharedServer(t), ownDatabase(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	r := newRecorder()
	before := startBot(t, cfg, r, nil)
	g := newGuest(t, server, "ann")
	g.openChat(t, before)
	g.say(t, "are you there")
	r.waitText(t, "are you there")
	sent := before.say(t, g, "key-1", "yes, I am")
	g.awaitText(t, "yes, I am")
	device := before.cli.DeviceID
	before.stop()
	g.say(t, "and now")

	cfg.Password = ""
	for round := range 2 {
		cfg.DB = open()
		after := startBot(t, cfg, r, nil)
		r.waitText(t, "and now")
		if after.cli.DeviceID != device || after.replaced {
			t.Error("it is another device")
		}
		if round == 0 {
			if again := after.say(t, g, "key-1", "yes, I am"); again != sent {
				t.Error("what was sent is sent again")
			}
			after.say(t, g, "key-2", "still here")
			got := g.awaitText(t, "still here")
			if !got.Mautrix.WasEncrypted {
				t.Error("it is not encrypted")
			}
		}
		after.stop()
	}
	if LoggedIn(cfg.Dir) {
		t.Error("the files are still in use")
	}
	if key, err := RecoveryKey(cfg.Dir); err != nil || key == "" {
		t.Errorf("the recovery key is gone: %v", err)
	}
}

// TestRowVault: what is written is sealed, and opens for the same key and name.
func TestRowVault(t *testing.T) {
	t.Parallel()
	db := ownDatabase(t)()
	defer func() { _ = db.Close() }()
	v, err := newRowVault(db, bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.prepare(); err != nil {
		t.Fatal(err)
	}
	if data, err := v.read("a"); data != nil || err != nil {
		t.Errorf("nothing: %q, %v", data, err)
	}
	for _, words := range []string{"first secret", "second secret"} {
		if err := v.write("a", []byte(words)); err != nil {
			t.Fatal(err)
		}
		if data, err := v.read("a"); string(data) != words || err != nil {
			t.Errorf("%q, %v", data, err)
		}
	}
	var sealed []byte
	if err := v.row(`SELECT sealed FROM hr_vault WHERE name = 'a'`, &sealed); err != nil || bytes.Contains(sealed, []byte("secret")) {
		t.Errorf("it is not sealed: %v", err)
	}
	if err := v.exec(`UPDATE hr_vault SET name = 'b'`); err != nil {
		t.Fatal(err)
	}
	if data, err := v.read("b"); err == nil {
		t.Errorf("a row under another name opens: %q", data)
	}
	other, err := newRowVault(db, bytes.Repeat([]byte("o"), 32))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := other.read("b"); err == nil {
		t.Errorf("another key opens it: %q", data)
	}
	if err := v.remove("b"); err != nil {
		t.Error(err)
	}
	if there, err := v.hasKeys(); there || err != nil {
		t.Errorf("keys: %v, %v", there, err)
	}
}

// TestWaitingInADatabase: an event that waits for its key is kept, told once, and
// forgotten, by the same statements on both databases.
func TestWaitingInADatabase(t *testing.T) {
	t.Parallel()
	server, open := sharedServer(t), ownDatabase(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	cfg.DB = open()
	b := startBot(t, cfg, newRecorder(), nil)
	ctx, now := testContext(t), time.Now()
	// Not due for a while: the bot runs, and would tell of it in the middle of this.
	w := waiting{event: "$1", room: "!r", session: "s", raw: []byte("{}"), due: now.Add(time.Minute).UnixMilli()}
	told := w
	told.told, told.due = true, now.Add(time.Hour).UnixMilli()
	for _, write := range []batch{
		{waiting: []waiting{w}},
		{waiting: []waiting{told}},
		{waiting: []waiting{w}}, // comes again: it was told all the same
		{token: "t1", rooms: nil, echoed: nil},
	} {
		if err := b.ledger.commit(ctx, write, now); err != nil {
			t.Fatal(err)
		}
	}
	list, err := b.ledger.allWaiting(ctx)
	if err != nil || len(list) != 1 || !list[0].told || list[0].due != told.due {
		t.Errorf("waiting %+v, %v", list, err)
	}
	if err := b.ledger.commit(ctx, batch{read: []id.EventID{"$1"}}, now); err != nil {
		t.Fatal(err)
	}
	if list, err := b.ledger.allWaiting(ctx); err != nil || len(list) != 0 {
		t.Errorf("still waiting %+v, %v", list, err)
	}
	for _, step := range []struct {
		token  string
		after  time.Duration
		oldest string
	}{
		{"t2", 0, "t1"},
		{"t3", tokensFor / 2, "t1"},      // all are young
		{"t4", 2 * tokensFor, "t3"},      // the youngest of the old ones stays
		{"t5", 4*tokensFor - 1000, "t4"}, // behind it are many
	} {
		for range 2 * tokensKept {
			if err := b.ledger.commit(ctx, batch{token: step.token}, now.Add(step.after)); err != nil {
				t.Fatal(err)
			}
		}
		if token, err := b.ledger.oldToken(ctx); err != nil || token != step.oldest {
			t.Errorf("after %s the oldest token is %q, %v; want %q", step.token, token, err, step.oldest)
		}
	}
	if err := b.ledger.prune(ctx, now); err != nil {
		t.Error(err)
	}
	if _, _, err := b.ledger.invitesDue(ctx, now); err != nil {
		t.Error(err)
	}
}
