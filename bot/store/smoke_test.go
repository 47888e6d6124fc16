package store

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/flow"
	"handrail/bot/seal"
)

// start is the moment at which the tests begin.
var start = time.Date(2026, 3, 28, 20, 59, 0, 0, time.UTC)

var alice = chat.Address{Network: "matrix", User: "@alicecanary:example.org", Room: "!roomcanary:example.org"}

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

// newStore opens a store of its own for a test and closes it in the end.
func newStore(t testing.TB) *Store {
	t.Helper()
	return openStore(t, Options{Path: newPath(t), Master: newMaster(t)})
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "data", "bot.db") }

func openStore(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
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

func TestPath(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	ctx := context.Background()
	var id PersonID
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.CreatePerson(alice, start)
		if err != nil {
			return err
		}
		id = p.ID
		return nil
	})
	mustUpdate(t, s, func(tx *Tx) error {
		if fresh, err := tx.Admit("matrix", "$event", start); err != nil || !fresh {
			t.Errorf("Admit = %v, %v", fresh, err)
		}
		p, err := tx.FindPerson(alice)
		if err != nil {
			return err
		}
		p.Session = flow.Session{Seq: 1}
		p.Vars["name"] = "x"
		if err := tx.SavePerson(p); err != nil {
			return err
		}
		if err := tx.SetTimer(id, "wait", 1, start); err != nil {
			return err
		}
		return tx.Enqueue(id, Post{Key: "k1", Out: chat.Outgoing{Text: "hello"}}, start)
	})
	lanes, err := s.DueLanes(ctx, "matrix", start, 10)
	if err != nil || len(lanes) != 1 {
		t.Fatal(lanes, err)
	}
	p, ok, err := s.Head(ctx, lanes[0])
	if err != nil || !ok || p.Out.Text != "hello" || p.Out.To != alice {
		t.Fatal(p, ok, err)
	}
	if err := s.Sent(ctx, p, "$out", start); err != nil {
		t.Fatal(err)
	}
	lanes, err = s.DueLanes(ctx, "matrix", start, 10)
	if err != nil || len(lanes) != 0 {
		t.Fatal(lanes, err)
	}
	key, who, ok, err := s.SentKey(ctx, "matrix", "$out")
	if key != "k1" || who != id || !ok || err != nil {
		t.Fatal(key, who, ok, err)
	}
	if _, err := s.Prune(ctx, start.Add(24*365*time.Hour)); err != nil {
		t.Fatal(err)
	}
}
