package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/seal"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

// TestMigrate moves a store as an operator would, with every wrong turn.
func TestMigrate(t *testing.T) {
	t.Parallel()
	server := pgtest.ForTest(t, "")
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	to := server.Empty(t)
	does := func(what string, code int, want string, args ...string) {
		t.Helper()
		r := handrail(t, "", args...)
		if r.code != code || !strings.Contains(r.out+r.err, want) {
			t.Errorf("%s: exit %d, want %d that says %q\n%s%s", what, r.code, code, want, r.out, r.err)
		}
	}
	migrate := []string{"migrate", "-c", config, "--to", to}
	does("nothing to move", 1, "there is no store", migrate...)
	st := someStore(t, dir)
	does("the bot runs", 1, "must not run", migrate...)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	does("no address", 2, "where to?", "migrate", "-c", config)
	does("an address with a password", 1, "password does not belong", "migrate", "-c", config, "--to", "postgres://bot:secretword@127.0.0.1/x")
	does("dry run", 0, "nothing was changed", append(migrate, "--dry-run")...)
	does("run after the dry run", 1, "is the homeserver running", "run", "-c", config)

	configure := func(address string) {
		t.Helper()
		text := "matrix: {homeserver: 'http://127.0.0.1:1', user: handrail}\ndatabase: " + address + "\n"
		if err := os.Remove(config); err != nil {
			t.Fatal(err)
		}
		if err := createSecret(config, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	does("moved", 0, "database: "+to, migrate...)
	does("moved again", 0, "the same", migrate...)
	does("run with the old configuration", 1, store.ErrMoved.Error(), "run", "-c", config)
	configure(server.Empty(t))
	does("run on an empty database", 1, "move it with handrail migrate", "run", "-c", config)
	configure(to)
	does("run", 1, "is the homeserver running", "run", "-c", config)
	does("run beside the file of before", 1, "delete it", "run", "-c", config)
	master, err := seal.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	moved, err := store.Open(context.Background(), store.Options{URL: to, Master: master})
	if err != nil {
		t.Fatal(err)
	}
	does("forget while the bot runs", 1, store.ErrLocked.Error(), "forget", "@ann:example.org", "-c", config)
	does("a second copy", 1, store.ErrLocked.Error(), "run", "-c", config)
	if got, err := moved.Counts(context.Background()); err != nil || got.People != 1 {
		t.Errorf("counts %+v, %v", got, err)
	}
	if err := moved.Close(); err != nil {
		t.Fatal(err)
	}
	does("forget beside the file of before", 0, "delete that file", "forget", "@a:example.org", "-c", config)
	cfg, _, err := loadConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := reachDatabase(context.Background(), cfg); err != nil {
		t.Errorf("the database is there: %v", err)
	}
	configure("postgres://bot@127.0.0.1:1/x")
	does("check without a database", 1, "the database cannot be used", "check", "-c", config, copyFlows(t))
}

// someStore makes a store with one person and leaves it open.
func someStore(t *testing.T, dir string) *store.Store {
	t.Helper()
	master, err := seal.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(context.Background(), store.Options{Path: filepath.Join(dir, "data", "handrail.db"), Master: master})
	if err != nil {
		t.Fatal(err)
	}
	err = st.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.CreatePerson(chat.Address{Network: "matrix", User: "@a:example.org"}, time.Unix(1, 0))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestProgress(t *testing.T) {
	t.Parallel()
	steps := []store.MoveStep{
		{Table: "person", Total: 2000},
		{Table: "person", Rows: 1000, Total: 2000},
		{Table: "person", Rows: 2000, Total: 2000},
		{Table: "person", Rows: 2000, Total: 2000, Checked: true},
	}
	for live, want := range map[bool]string{
		true: "\r\x1b[Kperson       0 of 2000\r\x1b[Kperson       1000 of 2000\r\x1b[Kperson       2000 of 2000\n" +
			"person       2000 rows, compared\n",
		false: "person       2000 rows copied\nperson       2000 rows, compared\n",
	} {
		var out strings.Builder
		p := progress{out: &out, live: live}
		for _, s := range steps {
			p.show(s)
		}
		if out.String() != want {
			t.Errorf("live %v: %q", live, out.String())
		}
	}
}
