package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"handrail/bot/chat"
	"handrail/bot/flow"
)

// allBytes is what a thief of the store's folder gets: every file in it. Of a
// server it is the database's own files, the write-ahead log and the log.
func allBytes(t *testing.T, s *Store) []byte {
	t.Helper()
	folders := []string{}
	if s.engine.remote() {
		folders = postgresFolders(t, s)
	} else {
		var file string
		var seq int
		var name string
		mustView(t, s, func(tx *Tx) error { return tx.row(`PRAGMA database_list`, nil, &seq, &name, &file) })
		folders = append(folders, filepath.Dir(file))
	}
	var all []byte
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			content, err := os.ReadFile(filepath.Join(folder, e.Name()))
			if err != nil && e.Type().IsRegular() && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			all = append(all, content...)
		}
	}
	if len(all) < 10_000 {
		t.Fatalf("only %d bytes in the folder", len(all))
	}
	return all
}

// postgresFolders are the folders in which the words of a store could lie, after
// all of it was written there.
func postgresFolders(t *testing.T, s *Store) []string {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Admin("CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	var oid string
	mustView(t, s, func(tx *Tx) error {
		return tx.row(`SELECT oid::text FROM pg_database WHERE datname = current_database()`, nil, &oid)
	})
	data := filepath.Join(server.Folder(), "data")
	return []string{filepath.Join(data, "base", oid), filepath.Join(data, "pg_wal"), server.Folder()}
}

// spellings are the ways in which a word could lie in a file.
func spellings(word string) map[string][]byte {
	units := utf16.Encode([]rune(word))
	var le, be []byte
	for _, u := range units {
		le = binary.LittleEndian.AppendUint16(le, u)
		be = binary.BigEndian.AppendUint16(be, u)
	}
	return map[string][]byte{"UTF-8": []byte(word), "UTF-16LE": le, "UTF-16BE": be}
}

// TestNothingAPersonWroteIsInTheFiles plants a word in every field that can
// hold one and looks for it in every byte on disk and in every error.
func TestNothingAPersonWroteIsInTheFiles(t *testing.T) {
	forEach(t, testNothingAPersonWroteIsInTheFiles)
}

func testNothingAPersonWroteIsInTheFiles(t *testing.T, db database) {
	const word = "kanarienvogel"
	s := db.newStore(t)
	ctx := context.Background()
	a := chat.Address{Network: "matrix", User: "@user" + word + ":example.org", Room: "!room" + word + ":example.org"}
	id := create(t, s, a)
	out := chat.Outgoing{Text: chat.Text("text " + word), Target: "$target" + word, Choices: []string{word}, To: a}
	mustUpdate(t, s, func(tx *Tx) error {
		if _, err := tx.Admit("matrix", "$event"+word, start); err != nil {
			return err
		}
		p, err := tx.FindPerson(a)
		if err != nil {
			return err
		}
		p.Vars["name"+word] = "value " + word
		p.Anchor = "anchor" + word
		p.Session = flow.Session{
			Frames: []flow.Frame{{Flow: "flow" + word, Rev: word, Step: word}},
			Wait:   &flow.Waiting{Kind: word, Data: map[string]any{word: word}},
			Answer: "answer " + word, Last: map[string]int{word: 1},
		}
		return errors.Join(
			tx.SavePerson(p),
			tx.AddItem(id, "list"+word, "item "+word, "$source"+word, start),
			tx.AddItem(id, "list"+word, "dropped "+word, "$source2"+word, start), tx.DropItem(id, 2),
			tx.PutSchedule(Schedule{Person: id, Name: "name" + word, Flow: "flow" + word, Cron: word, Zone: "Europe/" + word, NextDue: start}),
			tx.Enqueue(id, Post{Key: "one" + word, Out: out, EditOf: "edit" + word}, start),
			tx.Enqueue(id, Post{Key: "two" + word, Out: out}, start), tx.Enqueue(id, Post{Key: "three" + word, Out: out}, start),
			tx.SetTimer(id, "wait", 1, start), tx.Note("crisis", id, start),
		)
	})
	mustSent(t, s, head(t, s, id), "$sent"+word)
	if err := s.Bury(ctx, head(t, s, id), "no such room !room"+word+":example.org", start); err != nil {
		t.Fatal(err)
	}
	missing := func(s *Store) {
		all := allBytes(t, s)
		for name, spelt := range spellings(word) {
			if bytes.Contains(all, spelt) {
				t.Errorf("the word is on disk in %s", name)
			}
		}
		for _, part := range []string{"example.org", "!room", "@user", "$event", "$sent", "Europe/"} {
			if s.engine.remote() && part == "@user" {
				continue // the catalog of every PostgreSQL database has it
			}
			if bytes.Contains(all, []byte(part)) {
				i := bytes.Index(all, []byte(part))
				t.Errorf("%q is on disk: %q", part, all[max(i-60, 0):i+60])
			}
		}
	}
	missing(s)
	if !bytes.Contains(allBytes(t, s), []byte("matrix")) {
		t.Error("not even the name of the network is found: the test looks in the wrong place")
	}
	if err := s.Scrub(ctx); err != nil {
		t.Fatal(err)
	}
	missing(s)
	for name, err := range provoke(s, id, a, word) {
		if err == nil || strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "example.org") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// provoke makes faults with words in reach.
func provoke(s *Store, id PersonID, a chat.Address, word string) map[string]error {
	ctx := context.Background()
	on := func(fn func(tx *Tx) error) error { return s.Update(ctx, fn) }
	stranger := chat.Address{Network: "matrix", User: "@other" + word}
	return map[string]error{
		"find":   on(func(tx *Tx) error { _, err := tx.FindPerson(stranger); return err }),
		"create": on(func(tx *Tx) error { _, err := tx.CreatePerson(a, start); return err }),
		"save":   on(func(tx *Tx) error { return tx.SavePerson(&Person{ID: id, Addr: stranger}) }),
		"json": on(func(tx *Tx) error {
			return tx.SavePerson(&Person{ID: id, Addr: a, Vars: map[string]any{word: make(chan string)}})
		}),
		"nobody's item": on(func(tx *Tx) error { return tx.AddItem(99, word, word, word, start) }),
		"nobody's post": on(func(tx *Tx) error { return tx.Enqueue(99, Post{Key: word}, start) }),
		"nobody's plan": on(func(tx *Tx) error { return tx.PutSchedule(Schedule{Person: 99, Name: word, Zone: word}) }),
		"panic":         on(func(*Tx) error { panic(word) }),
		"panic error":   on(func(*Tx) error { panic(errors.New(word)) }),
		"broken state": on(func(tx *Tx) error {
			if _, err := tx.exec(`UPDATE person SET state = address`); err != nil {
				return err
			}
			_, err := tx.FindPerson(a)
			return err
		}),
		"not JSON": on(func(tx *Tx) error {
			k, err := tx.key(id)
			if err != nil {
				return err
			}
			sealed, err := k.Seal([]byte(`{"vars": `+word), fieldState, int64(id))
			if err != nil {
				return err
			}
			if _, err := tx.exec(`UPDATE person SET state = $1`, sealed); err != nil {
				return err
			}
			_, err = tx.FindPerson(a)
			return err
		}),
		"not the type": on(func(tx *Tx) error {
			sealed, err := tx.seal(id, map[string]any{"session": map[string]any{"seq": word}}, fieldState)
			if err != nil {
				return err
			}
			if _, err := tx.exec(`UPDATE person SET state = $1`, sealed); err != nil {
				return err
			}
			_, err = tx.FindPerson(a)
			return err
		}),
	}
}

// TestErasedRowsLeaveNoBytes looks for the sealed bytes themselves: a key that
// is found later must not open what was erased before.
func TestErasedRowsLeaveNoBytes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query string // the bytes that have to vanish
		erase       func(t *testing.T, s *Store, id PersonID)
	}{
		{"dropped item", `SELECT body FROM item`, func(t *testing.T, s *Store, id PersonID) {
			mustUpdate(t, s, func(tx *Tx) error { return tx.DropItem(id, 1) })
		}},
		{"edited away", `SELECT body FROM item`, func(t *testing.T, s *Store, id PersonID) {
			mustUpdate(t, s, func(tx *Tx) error { return tx.DropItemsOf(id, []string{tx.Source(id, "$source")}) })
		}},
		{"sent post", `SELECT body FROM outbox`, func(t *testing.T, s *Store, id PersonID) { mustSent(t, s, head(t, s, id), "$1") }},
		{"buried post", `SELECT body FROM outbox`, func(t *testing.T, s *Store, id PersonID) {
			if err := s.Bury(context.Background(), head(t, s, id), "gone", start); err != nil {
				t.Fatal(err)
			}
		}},
		{"dropped post", `SELECT body FROM outbox`, func(t *testing.T, s *Store, id PersonID) {
			mustUpdate(t, s, func(tx *Tx) error { return tx.DropUnprompted(id) })
		}},
		{"cancelled schedule", `SELECT body FROM schedule`, func(t *testing.T, s *Store, id PersonID) {
			mustUpdate(t, s, func(tx *Tx) error { return tx.CancelSchedule(id, "s") })
		}},
		{"replaced state", `SELECT state FROM person`, func(t *testing.T, s *Store, id PersonID) {
			mustUpdate(t, s, func(tx *Tx) error { return tx.SavePerson(&Person{ID: id, Addr: alice}) })
		}},
		{"key of a person", `SELECT wrapped FROM person_key`, func(t *testing.T, s *Store, id PersonID) {
			mustUpdate(t, s, func(tx *Tx) error { _, err := tx.exec(`DELETE FROM person WHERE id = $1`, int64(id)); return err })
		}},
		{"address of a person", `SELECT address FROM person`, func(t *testing.T, s *Store, id PersonID) {
			mustUpdate(t, s, func(tx *Tx) error { _, err := tx.exec(`DELETE FROM person WHERE id = $1`, int64(id)); return err })
		}},
		{"pruned event", `SELECT event FROM inbox`, func(t *testing.T, s *Store, _ PersonID) {
			if _, err := s.Prune(context.Background(), start.Add(2*inboxAge)); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := openStore(t, sqliteOptions(t))
			id := create(t, s, alice)
			mustUpdate(t, s, func(tx *Tx) error {
				_, err := tx.Admit("matrix", "$event", start)
				return errors.Join(err,
					tx.AddItem(id, "reasons", strings.Repeat("words ", 40), "$source", start),
					tx.PutSchedule(Schedule{Person: id, Name: "s", NextDue: start.Add(time.Hour)}),
					tx.Enqueue(id, Post{Key: "k", Unprompted: true, Out: chat.Outgoing{Text: "words"}}, start))
			})
			var sealed []byte
			mustView(t, s, func(tx *Tx) error { return tx.row(tt.query, nil, &sealed) })
			// The end of it: SQLite may reuse the first bytes of a freed cell.
			mark := sealed[len(sealed)-12:]
			if !bytes.Contains(allBytes(t, s), mark) {
				t.Fatal("the bytes are not in the files even before")
			}
			tt.erase(t, s, id)
			if err := s.Scrub(context.Background()); err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(allBytes(t, s), mark) {
				t.Error("the bytes are still in the files")
			}
		})
	}
}
