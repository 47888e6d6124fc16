package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"handrail/bot/chat"
	"handrail/bot/e2e/watch"
	"handrail/bot/journal"
	"handrail/bot/seal"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

// TestCommandsLeaveNoWords runs every command that handles what people wrote as a
// process of its own, and looks over its shoulder: nothing is made in the folder
// for temporary files, no file that it has open has a word of the person in it, and
// none that it leaves behind.
func TestCommandsLeaveNoWords(t *testing.T) {
	t.Parallel()
	const phrase = "seven blue teapots"
	mark := strings.Join([]string{"zaun", "koenig"}, "") // it stands in no program of the tests
	server := pgtest.ForTest(t, "")
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	who := writerOfMuch(t, dir, mark)
	to, toConfig := sameKey(t, dir)
	out := t.TempDir() // what is written where the operator wants it
	recipient, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	entry := journal.Next(nil, journal.Entry{Happened: mark + " sealed"}, time.Unix(1, 0), []byte("salt"))
	book := journal.NewBook([]journal.Entry{entry}, time.Unix(2, 0))
	plain, err := book.JSON()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := journal.Seal(plain, phrase)
	if err != nil {
		t.Fatal(err)
	}
	file, export := filepath.Join(out, "backup"), filepath.Join(out, "notes.json.age")
	if err := createSecret(export, sealed); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stdin string
		args  []string
		words bool // they are what it prints
	}{
		{"", []string{"backup", file, "-c", config}, false},
		{"", []string{"backup", file + ".age", "-c", config, "--recipient", recipient.Recipient().String()}, false},
		{"", []string{"status", "-c", config}, false},
		{"", []string{"report", "-c", config, "--month", "2026-01", "--csv", filepath.Join(out, "csv"), "--png", filepath.Join(out, "png")}, false},
		{"", []string{"export", who, "-c", config}, true},
		{phrase + "\n", []string{"verify-export", export}, false},
		{"", []string{"restore", file, "-c", toConfig}, false},
		{"", []string{"migrate", "-c", toConfig, "--to", server.Empty(t)}, false},
		{"", []string{"rotate", "-c", config}, false},
		{"", []string{"forget", who, "-c", config}, false},
		{"", []string{"backup", file + ".after", "-c", config}, false},
	} {
		said := underWatch(t, mark, c.stdin, c.args...)
		if strings.Contains(strings.ToLower(said), mark) != c.words {
			t.Errorf("%s prints words of the person: %v, want %v", c.args[0], !c.words, c.words)
		}
	}
	for _, folder := range []string{dir, to, out, server.Folder()} {
		for _, h := range storeFiles(t, folder) {
			for _, b := range watch.Spellings(mark) {
				if bytes.Contains(bytes.ToLower(h.data), b) {
					t.Errorf("words of the person are in %s", h.name)
				}
			}
		}
	}
}

// underWatch runs one command and returns what it printed.
func underWatch(t *testing.T, mark, stdin string, args ...string) string {
	t.Helper()
	temp := t.TempDir()
	w, err := watch.New(temp, mark)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+temp)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Follow(cmd.Process.Pid)
	ended := cmd.Wait()
	created, found, _, err := w.End()
	if ended != nil || err != nil {
		t.Errorf("%s: %v %v\n%s", args[0], ended, err, out.String())
	}
	if len(created) > 0 || len(found) > 0 {
		t.Errorf("%s: made the temporary files %q, words of the person stood in %q", args[0], created, found)
	}
	return out.String()
}

// writerOfMuch makes a store with somebody who has written very much, and returns
// who that is.
func writerOfMuch(t *testing.T, dir, mark string) string {
	t.Helper()
	master, err := seal.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(context.Background(), store.Options{Path: filepath.Join(dir, "data", "handrail.db"), Master: master})
	if err != nil {
		t.Fatal(err)
	}
	who := chat.Address{Network: "matrix", User: "@" + mark + ":example.org", Room: "!" + mark + ":example.org"}
	err = st.Update(context.Background(), func(tx *store.Tx) error {
		p, err := tx.CreatePerson(who, time.Unix(1, 0))
		if err != nil {
			return err
		}
		p.Vars["country"], p.Vars["name"] = "GB", mark
		if err := tx.SavePerson(p); err != nil {
			return err
		}
		for i := range 1200 { // more than SQLite keeps in memory
			if err := tx.AddItem(p.ID, "reasons", fmt.Sprintf("%s %d: %s", mark, i, strings.Repeat("and so on ", 200)), "", time.Unix(1, 0)); err != nil {
				return err
			}
		}
		return tx.Enqueue(p.ID, store.Post{Key: "k", Out: chat.Outgoing{Text: chat.Text(mark + " waits")}}, time.Unix(1, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return who.User
}
