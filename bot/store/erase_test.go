package store

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"handrail/bot/chat"
)

// blobs are all sealed and indexed bytes of the persons, by table.
func blobs(t *testing.T, s *Store) (all [][]byte) {
	t.Helper()
	for _, column := range []string{
		"who FROM person", "address FROM person", "state FROM person", "wrapped FROM person_key", "body FROM item", "list FROM item", "source FROM item",
		"body FROM schedule", "name FROM schedule", "body FROM sent", "key FROM sent", "event FROM sent", "body FROM outbox", "key FROM outbox",
	} {
		mustView(t, s, func(tx *Tx) error {
			return tx.rows("SELECT "+column, nil, func(scan func(...any) error) error {
				var b []byte
				if err := scan(&b); err != nil {
					return err
				}
				if len(b) > 0 {
					all = append(all, b)
				}
				return nil
			})
		})
	}
	return all
}

func TestEraseLeavesNoByte(t *testing.T) { forEach(t, testEraseLeavesNoByte) }

// testEraseLeavesNoByte looks into the files only where the store promises that
// they hold nothing: see Scrub.
func testEraseLeavesNoByte(t *testing.T, db database) {
	s := db.newStore(t)
	other := create(t, s, bob)
	id := create(t, s, alice)
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err != nil {
			return err
		}
		p.Vars["name"] = "value"
		return errors.Join(
			tx.SavePerson(p),
			tx.AddItem(id, "reasons", "first", "$source", start), tx.AddItem(id, "journal", "second", "$source2", start),
			tx.AddItem(other, "reasons", "of another person", "$source3", start),
			tx.PutSchedule(Schedule{Person: id, Name: "name", Flow: "flow", Cron: "0 9 * * *", NextDue: start}),
			tx.Enqueue(id, Post{Key: "one", Out: chat.Outgoing{Text: "text", Data: chat.Bytes("data")}}, start),
			tx.Enqueue(id, Post{Key: "two", Out: chat.Outgoing{Text: "text"}}, start),
			tx.SetTimer(id, "session", 1, start),
		)
	})
	mustSent(t, s, head(t, s, id), "$event")
	mustUpdate(t, s, func(tx *Tx) error { return tx.DropList(id, "journal") })
	theirs := blobs(t, s)
	if len(theirs) < 15 {
		t.Fatalf("only %d", len(theirs))
	}
	var fresh *Person
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err != nil {
			return err
		}
		if fresh, _, err = tx.Renew(p, start.Add(-time.Hour), start); err != nil {
			return err
		}
		return tx.Enqueue(fresh.ID, text("bye", "the last line"), start)
	})
	if fresh.ID == id || fresh.Addr != alice || len(fresh.Vars) > 0 {
		t.Errorf("the new one: %+v", fresh)
	}
	// Of what may be on its way, the news come under the old number.
	if err := s.Sent(context.Background(), Parcel{Lane: int64(id), Person: id, Seq: 2, Key: "two", Out: chat.Outgoing{To: alice}}, "$late", start); err != nil {
		t.Error(err)
	}
	if got := drain(t, s, fresh.ID); !slices.Equal(got, []string{"the last line", "remove $event", "remove $late"}) {
		t.Errorf("lane of the new one: %q", got)
	}
	mustUpdate(t, s, func(tx *Tx) error { return tx.ErasePerson(fresh.ID) })
	if err := s.Scrub(context.Background()); err != nil {
		t.Fatal(err)
	}
	kept := blobs(t, s)
	var files []byte
	if !s.engine.remote() {
		files = allBytes(t, s)
	}
	for _, b := range theirs {
		mine := false
		for _, k := range kept { // those of the other person
			mine = mine || bytes.Equal(b, k)
		}
		if !mine && bytes.Contains(files, b) {
			t.Errorf("%d bytes of an erased person are in the files", len(b))
		}
	}
	if len(kept) > 8 {
		t.Errorf("%d values are left", len(kept))
	}
	var people int
	mustView(t, s, func(tx *Tx) error { return tx.row(`SELECT COUNT(*) FROM person`, nil, &people) })
	if people != 1 {
		t.Errorf("%d people are left", people)
	}
	if err := s.Sent(context.Background(), Parcel{Lane: int64(id), Person: id, Seq: 2, Key: "two"}, "$late", start); err != nil {
		t.Errorf("news about an erased person: %v", err)
	}
	if err := s.SentByKey(context.Background(), "matrix", "two", "$late", start); err != nil {
		t.Errorf("an echo about an erased person: %v", err)
	}
}
