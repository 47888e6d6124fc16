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
)

// TestExportAndForget: an operator prints what is kept of somebody and erases
// it, by address, while the bot is off.
func TestExportAndForget(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	master, err := seal.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(context.Background(), store.Options{Path: filepath.Join(dir, "data", "handrail.db"), Master: master})
	if err != nil {
		t.Fatal(err)
	}
	ann := chat.Address{Network: "matrix", User: "@ann:example.org", Room: "!r:example.org"}
	err = st.Update(context.Background(), func(tx *store.Tx) error {
		p, err := tx.CreatePerson(ann, time.Now())
		if err != nil {
			return err
		}
		p.Vars["country"], p.Vars["_own"], p.Vars["checkin_on"] = "GB", "internal", true
		if err := tx.SavePerson(p); err != nil {
			return err
		}
		return tx.AddItem(p.ID, "reasons", "my sister", "$1", time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC))
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := handrail(t, "", "export", ann.User, "-c", config); r.code != 1 || !strings.Contains(r.err, "stop it first") {
		t.Errorf("while the bot runs: exit %d %s", r.code, r.err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	r := handrail(t, "", "export", ann.User, "-c", config)
	for _, want := range []string{"Country: United Kingdom\n", "Hello is on: yes\n", "- 2026-03-02  my sister\n"} {
		if r.code != 0 || !strings.Contains(r.out, want) {
			t.Errorf("export lacks %q: exit %d\n%s%s", want, r.code, r.out, r.err)
		}
	}
	if strings.Contains(r.out, "internal") {
		t.Errorf("the program's own is in it:\n%s", r.out)
	}
	for _, args := range [][]string{{"forget", "ann"}, {"export", "@ann"}} {
		if r := handrail(t, "", append(args, "-c", config)...); r.code != 2 || !strings.Contains(r.err, "@name:example.org") {
			t.Errorf("%v: exit %d %s", args, r.code, r.err)
		}
	}
	if r := handrail(t, "", "forget", "@bob:example.org", "-c", config); r.code != 1 || strings.Contains(r.err, "bob") {
		t.Errorf("somebody unknown: exit %d %s", r.code, r.err)
	}
	if r := handrail(t, ann.User+"\n", "export", "-", "-c", config); r.code != 0 || !strings.Contains(r.out, "my sister") {
		t.Errorf("an address that is in no list of processes: exit %d %s%s", r.code, r.out, r.err)
	}
	if r := handrail(t, "", "forget", ann.User, "-c", config); r.code != 0 {
		t.Errorf("forget: exit %d %s", r.code, r.err)
	}
	if r := handrail(t, "", "export", ann.User, "-c", config); r.code != 1 || !strings.Contains(r.err, "nothing is kept") {
		t.Errorf("after it: exit %d %s%s", r.code, r.out, r.err)
	}
}

// TestForgetWithoutAStore: where there is no store, none is made, and nobody is
// told that there is nothing about a person.
func TestForgetWithoutAStore(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	for _, command := range []string{"forget", "export"} {
		if r := handrail(t, "", command, "@ann:example.org", "-c", config); r.code != 1 || !strings.Contains(r.err, "there is no store") {
			t.Errorf("%s: exit %d %s", command, r.code, r.err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "handrail.db")); err == nil {
		t.Error("a store was made")
	}
}
