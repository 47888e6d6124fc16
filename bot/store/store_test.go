package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mau.fi/util/dbutil"

	"handrail/bot/chat"
	"handrail/bot/seal"
)

// start is the moment at which the tests begin.
var start = time.Date(2026, 3, 28, 20, 59, 0, 0, time.UTC)

var (
	alice = chat.Address{Network: "matrix", User: "@alice:example.org", Room: "!a:example.org"}
	bob   = chat.Address{Network: "matrix", User: "@bob:example.org", Room: "!b:example.org"}
	carol = chat.Address{Network: "signal", User: "carol", Room: "carol"}
)

var errCaller = errors.New("the caller's own error")

func newMaster(t testing.TB) *seal.Master {
	t.Helper()
	file, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	m, err := seal.OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "data", "bot.db") }

func openStore(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func mustUpdate(t testing.TB, s *Store, fn func(tx *Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func mustView(t testing.TB, s *Store, fn func(tx *Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB, s *Store, a chat.Address) PersonID {
	t.Helper()
	var id PersonID
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.CreatePerson(a, start)
		if err == nil {
			id = p.ID
		}
		return err
	})
	return id
}

// count runs a query of the test that counts rows.
func count(t testing.TB, s *Store, query string, args ...any) int {
	t.Helper()
	var n int
	mustView(t, s, func(tx *Tx) error { return tx.row(query, args, &n) })
	return n
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	// made is a store that was used and closed, with a change made to it.
	made := func(t *testing.T, change func(path string)) string {
		path := newPath(t)
		s, err := Open(context.Background(), Options{Path: path, Master: m})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		change(path)
		return path
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	script := func(t *testing.T, path, text string) {
		t.Helper()
		db, err := sql.Open(sqliteDriver, path)
		must(t, err)
		_, err = db.Exec(text)
		must(t, err)
		must(t, db.Close())
	}
	tests := []struct {
		name string
		path func(t *testing.T) string
		key  *seal.Master
		want error
		says string
	}{
		{"wrong key", func(t *testing.T) string { return made(t, func(string) {}) }, newMaster(t), ErrWrongKey, "key file"},
		{"newer schema", func(t *testing.T) string {
			return made(t, func(path string) { script(t, path, `UPDATE version SET version = 99, compat = 99`) })
		}, m, ErrNewerSchema, "newer version"},
		{"another program's", func(t *testing.T) string {
			return made(t, func(path string) { script(t, path, `UPDATE database_owner SET owner = 'other'`) })
		}, m, dbutil.ErrNotOwned, "other"},
		{"folder others can enter", func(t *testing.T) string {
			return made(t, func(path string) { must(t, os.Chmod(filepath.Dir(path), 0o750)) })
		}, m, ErrFileMode, "chmod 700"},
		{"file others can read", func(t *testing.T) string {
			return made(t, func(path string) { must(t, os.Chmod(path, 0o640)) })
		}, m, ErrFileMode, "chmod 600"},
		{"side file others can read", func(t *testing.T) string {
			return made(t, func(path string) {
				must(t, os.WriteFile(path+"-wal", nil, 0o600))
				must(t, os.Chmod(path+"-wal", 0o604))
			})
		}, m, ErrFileMode, "chmod 600"},
		{"not a database", func(t *testing.T) string {
			return made(t, func(path string) { must(t, os.WriteFile(path, []byte(strings.Repeat("words ", 1000)), 0o600)) })
		}, m, nil, "not a database"},
		{"a folder", func(t *testing.T) string {
			return made(t, func(path string) { must(t, os.Remove(path)); must(t, os.Mkdir(path, 0o700)) })
		}, m, nil, "directory"},
		{"no path", func(*testing.T) string { return "" }, m, nil, "no path"},
		{"no key", newPathT, nil, nil, "no master key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := tt.path(t)
			for range 2 { // a refusal lets go of the lock
				s, err := Open(context.Background(), Options{Path: path, Master: tt.key})
				if err == nil {
					_ = s.Close()
					t.Fatal("opened")
				}
				if tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("error %q, want %v that says %q", err, tt.want, tt.says)
				}
			}
		})
	}
}

func newPathT(t *testing.T) string { return newPath(t) }

func TestOpenTwiceIsLocked(t *testing.T) { forEach(t, testOpenTwiceIsLocked) }

func testOpenTwiceIsLocked(t *testing.T, db database) {
	o := db.empty(t)
	first, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrLocked) {
		t.Errorf("second Open: %v, want ErrLocked", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openStore(t, o)
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b c?#%41", "bot.db")
	s := openStore(t, Options{Path: path, Master: newMaster(t)})
	create(t, s, alice)
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"bot.db": true, "bot.db-wal": true, "bot.db-shm": true, "bot.db.lock": true}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 || !want[e.Name()] {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
		delete(want, e.Name())
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestUnsafeConnectionIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tests := []struct{ name, pragmas string }{
		{"no write-ahead log", `PRAGMA journal_mode = DELETE`},
		{"not every commit flushed", `PRAGMA synchronous = NORMAL`},
		{"no foreign keys", `PRAGMA foreign_keys = OFF`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, err := sql.Open(sqliteDriver, filepath.Join(t.TempDir(), "x.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			c, err := db.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if err := assertSQLite(ctx, c); err != nil {
				t.Fatalf("a sound connection: %v", err)
			}
			if err := assertSecureDelete(ctx, c); !errors.Is(err, ErrUnsafeDatabase) {
				t.Errorf("without secure_delete: %v", err)
			}
			if _, err := c.ExecContext(ctx, tt.pragmas); err != nil {
				t.Fatal(err)
			}
			if err := assertSQLite(ctx, c); !errors.Is(err, ErrUnsafeDatabase) {
				t.Errorf("assertSQLite: %v, want ErrUnsafeDatabase", err)
			}
		})
	}
}

func TestReopenKeepsEverything(t *testing.T) { forEach(t, testReopenKeepsEverything) }

func testReopenKeepsEverything(t *testing.T, db database) {
	var log strings.Builder
	o := logged(db.unmade(t), slog.New(slog.NewTextHandler(&log, nil)))
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	id := create(t, s, alice)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, o)
	if n := strings.Count(log.String(), "store upgrade"); n != len(upgrades()) {
		t.Errorf("%d upgrades logged, want %d: %s", n, len(upgrades()), log.String())
	}
	mustView(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(alice)
		if err == nil && (p.ID != id || p.Addr != alice) {
			t.Errorf("person %d at %v", p.ID, p.Addr == alice)
		}
		return err
	})
}

func TestClosed(t *testing.T) { forEach(t, testClosed) }

func testClosed(t *testing.T, db database) {
	s, err := Open(context.Background(), db.empty(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	none := func(*Tx) error { t.Error("ran on a closed store"); return nil }
	if err := s.Update(context.Background(), none); !errors.Is(err, ErrClosed) {
		t.Errorf("Update: %v", err)
	}
	if err := s.View(context.Background(), none); !errors.Is(err, ErrClosed) {
		t.Errorf("View: %v", err)
	}
}

func TestViewCannotWrite(t *testing.T) { forEach(t, testViewCannotWrite) }

func testViewCannotWrite(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	tests := []struct {
		name string
		fn   func(tx *Tx) error
	}{
		{"admit", func(tx *Tx) error { _, err := tx.Admit("matrix", "$e", start); return err }},
		{"create", func(tx *Tx) error { _, err := tx.CreatePerson(bob, start); return err }},
		{"enqueue", func(tx *Tx) error { return tx.Enqueue(id, Post{Key: "k"}, start) }},
		{"add item", func(tx *Tx) error { return tx.AddItem(id, "l", "x", "", start) }},
		{"set timer", func(tx *Tx) error { return tx.SetTimer(id, "wait", 1, start) }},
		{"past the guard", func(tx *Tx) error {
			if _, err := tx.c.exec(sqlClearTimer, int64(id), "x"); err != nil && strings.Contains(strings.ReplaceAll(err.Error(), "-", ""), "readonly") {
				return ErrReadOnly // the database's own guard
			}
			return nil
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := s.View(context.Background(), tt.fn); !errors.Is(err, ErrReadOnly) {
				t.Errorf("View: %v, want ErrReadOnly", err)
			}
		})
	}
}

func TestViewSeesOnePicture(t *testing.T) { forEach(t, testViewSeesOnePicture) }

func testViewSeesOnePicture(t *testing.T, db database) {
	s := db.newStore(t)
	mustView(t, s, func(tx *Tx) error {
		if _, err := tx.FindPerson(alice); !errors.Is(err, ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		create(t, s, alice)
		if _, err := tx.FindPerson(alice); !errors.Is(err, ErrNotFound) {
			t.Errorf("in the same View after: %v", err)
		}
		return nil
	})
	mustView(t, s, func(tx *Tx) error { _, err := tx.FindPerson(alice); return err })
}

func TestViewEndsWithItsContextAndItsPanic(t *testing.T) {
	forEach(t, testViewEndsWithItsContextAndItsPanic)
}

func testViewEndsWithItsContextAndItsPanic(t *testing.T, db database) {
	s := db.newStore(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.View(ctx, func(*Tx) error { t.Error("ran"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("View: %v", err)
	}
	for range 2 * readers { // none of the connections is lost
		var p *PanicError
		if err := s.View(context.Background(), func(*Tx) error { panic("x") }); !errors.As(err, &p) {
			t.Errorf("View: %v, want a PanicError", err)
		}
	}
	var held *Tx
	mustView(t, s, func(tx *Tx) error { held = tx; return nil })
	if _, err := held.FindPerson(alice); !errors.Is(err, ErrTxOver) {
		t.Errorf("after the View: %v, want ErrTxOver", err)
	}
}
