package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"handrail/bot/chat"
)

// TestDrafts: what a draft would write is written whole, once, and only if what
// it went by is still so.
func TestDrafts(t *testing.T) {
	forEach(t, func(t *testing.T, db database) {
		for name, meanwhile := range map[string]func(tx *Tx, p *Person, s Schedule) error{
			"nothing happened": nil,
			"the person wrote": func(tx *Tx, p *Person, _ Schedule) error { return tx.SavePerson(p) },
			"the schedule was changed": func(tx *Tx, _ *Person, s Schedule) error {
				return tx.PutSchedule(s)
			},
			"the schedule was cancelled": func(tx *Tx, p *Person, s Schedule) error { return tx.CancelSchedule(p.ID, s.Name) },
			"something else was said": func(tx *Tx, p *Person, _ Schedule) error {
				return tx.Enqueue(p.ID, Post{Key: "other"}, start)
			},
			"the same was said already": func(tx *Tx, p *Person, _ Schedule) error {
				return tx.Enqueue(p.ID, Post{Key: "k1"}, start)
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := db.newStore(t)
				drafts := draftTwo(t, s)
				ctx := context.Background()
				want := 2
				if meanwhile != nil {
					want = 0
					mustUpdate(t, s, func(tx *Tx) error {
						p, err := tx.LoadPerson(drafts[1].Person)
						if err != nil {
							return err
						}
						sc, err := tx.LoadSchedule(drafts[1].ID)
						if err != nil {
							return err
						}
						return meanwhile(tx, p, sc)
					})
				}
				before := count(t, s, `SELECT COUNT(*) FROM outbox`)
				if err := s.Commit(ctx, drafts); (err == nil) != (meanwhile == nil) || err != nil && !errors.Is(err, ErrAside) {
					t.Fatalf("Commit: %v", err)
				}
				if n := count(t, s, `SELECT COUNT(*) FROM outbox`) - before; n != want {
					t.Errorf("%d posts came in, want %d", n, want)
				}
				if err := s.Commit(ctx, drafts); !errors.Is(err, ErrAside) {
					t.Errorf("the same drafts once more: %v", err)
				}
				if n := count(t, s, `SELECT COUNT(*) FROM outbox`) - before; n != want {
					t.Errorf("%d posts after that, want %d", n, want)
				}
				if meanwhile == nil {
					return
				}
				if err := s.Commit(ctx, drafts[:1]); err != nil {
					t.Errorf("the one about whom nothing happened: %v", err)
				}
				if n := count(t, s, `SELECT COUNT(*) FROM outbox`) - before; n != 1 {
					t.Errorf("%d posts of the one about whom nothing happened", n)
				}
			})
		}
	})
}

// draftTwo makes two people who are due, and drafts their turns.
func draftTwo(t *testing.T, s *Store) (drafts []*Draft) {
	t.Helper()
	mustUpdate(t, s, func(tx *Tx) error {
		for i := range 2 {
			p, err := tx.CreatePerson(benchAddress(i), start)
			if err != nil {
				return err
			}
			if err := tx.PutSchedule(Schedule{Person: p.ID, Name: "daily", Flow: "f", NextDue: start}); err != nil {
				return err
			}
		}
		return nil
	})
	due, err := s.DueAhead(context.Background(), "", start, 10)
	if err != nil || len(due) != 2 {
		t.Fatalf("%d are due: %v", len(due), err)
	}
	for _, a := range due {
		d, err := s.Draft(a)
		if err != nil {
			t.Fatal(err)
		}
		drafts = append(drafts, d)
		err = d.Run(func(tx *Tx) error {
			p, err := tx.LoadPerson(a.Person)
			if err != nil {
				return err
			}
			sc, err := tx.LoadSchedule(a.ID)
			if err != nil {
				return err
			}
			sc.NextDue = start.Add(24 * time.Hour)
			p.Vars["seen"] = true
			key := map[bool]string{true: "k1", false: "k0"}[len(drafts) == 2]
			return errors.Join(tx.PutSchedule(sc), tx.Enqueue(p.ID, Post{Key: key, Out: chat.Outgoing{Text: "hello"}}, start),
				tx.SetTimer(p.ID, "wait", 1, start), tx.SavePerson(p))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return drafts
}
