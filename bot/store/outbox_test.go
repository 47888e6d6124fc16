package store

import (
	"context"
	"reflect"
	"testing"
	"time"

	"handrail/bot/chat"
)

func TestPostKeepsEveryField(t *testing.T) { forEach(t, testPostKeepsEveryField) }

func testPostKeepsEveryField(t *testing.T, db database) {
	out := chat.Outgoing{
		Key: "k", To: bob, Form: chat.FormRemove, Text: "words", Target: "$target", Choices: []string{"👍", "👎"},
		AllowPlain: true, AllowCrowd: true, Data: chat.Bytes("data"), Name: "n.txt", Alt: "alternative",
		Team: true, Mentions: []string{"@staff:x"}, Members: []string{"@staff:x"}, OnDoubt: chat.OnDoubtAsk,
		Since: start, Until: start.Add(time.Hour),
	}
	v := reflect.ValueOf(out)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		// Doubt is of a restored store alone, and Thread is looked up from ThreadOf
		// when the post goes out.
		if v.Field(i).IsZero() && name != "Doubt" && name != "Thread" {
			t.Errorf("chat.Outgoing has a field %s that this test does not fill", name)
		}
	}
	s := db.newStore(t)
	id := create(t, s, alice)
	enqueue(t, s, id, start, Post{Key: "k", Out: out, Unprompted: true}, text("k2", "later"))
	want := Parcel{Lane: int64(id), Seq: 1, Person: id, Key: "k", Out: out, Unprompted: true}
	if p := head(t, s, id); !reflect.DeepEqual(p, want) {
		t.Errorf("Head = %+v, want %+v", p, want)
	}
	mustSent(t, s, want, "$1")
	if p := head(t, s, id); p.Out.To != alice || p.Out.Key != "k2" || p.Unprompted || p.Seq != 2 {
		t.Errorf("the second: %+v", p)
	}
}

func TestSameKeyTwiceIsIgnored(t *testing.T) { forEach(t, testSameKeyTwiceIsIgnored) }

func testSameKeyTwiceIsIgnored(t *testing.T, db database) {
	s := db.newStore(t)
	ctx := context.Background()
	id := create(t, s, alice)
	again := func(when string) {
		t.Helper()
		before := readLane(t, s, id)
		enqueue(t, s, id, start, text("k", "again"))
		if after := readLane(t, s, id); after != before {
			t.Errorf("%s: the lane went from %+v to %+v", when, before, after)
		}
	}
	enqueue(t, s, id, start, text("k", "first"))
	again("waiting")
	p := head(t, s, id)
	if p.Out.Text != "first" {
		t.Error("the first post was replaced")
	}
	mustSent(t, s, p, "$1")
	again("sent")
	enqueue(t, s, id, start, text("dead", "x"))
	if err := s.Bury(ctx, head(t, s, id), "gone", start); err != nil {
		t.Fatal(err)
	}
	before := readLane(t, s, id)
	enqueue(t, s, id, start, text("dead", "again"))
	if after := readLane(t, s, id); after != before {
		t.Error("a buried post was enqueued again")
	}
	for name, fn := range map[string]func(tx *Tx) error{
		"nobody": func(tx *Tx) error { return tx.Enqueue(99, text("x", "x"), start) },
		"no key": func(tx *Tx) error { return tx.Enqueue(id, text("", "x"), start) },
	} {
		if err := s.Update(ctx, fn); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDropUnprompted(t *testing.T) { forEach(t, testDropUnprompted) }

func testDropUnprompted(t *testing.T, db database) {
	ctx := context.Background()
	unprompted := func(key string) Post { p := text(key, "x"); p.Unprompted = true; return p }
	tests := []struct {
		name  string
		posts []Post
		left  string
	}{
		{"nothing waits", nil, ""},
		{"all unprompted", []Post{unprompted("a"), unprompted("b")}, ""},
		{"in front", []Post{unprompted("a"), text("b", "x")}, "b"},
		{"behind", []Post{text("a", "x"), unprompted("b")}, "a"},
		{"between", []Post{text("a", "x"), unprompted("b"), text("c", "x")}, "ac"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := db.newStore(t)
			id, other := create(t, s, alice), create(t, s, bob)
			enqueue(t, s, id, start, tt.posts...)
			enqueue(t, s, other, start, unprompted("other"))
			mustUpdate(t, s, func(tx *Tx) error { return tx.DropUnprompted(id) })
			left := ""
			for {
				p, ok, err := s.Head(ctx, int64(id))
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				left += p.Key
				mustSent(t, s, p, "$"+p.Key)
			}
			if left != tt.left {
				t.Errorf("left %q, want %q", left, tt.left)
			}
			n := int64(len(tt.posts))
			if l := readLane(t, s, id); l != (laneRow{n + 1, n, idle, 0}) {
				t.Errorf("lane %+v", l)
			}
			if p := head(t, s, other); p.Key != "other" {
				t.Errorf("the other person's lane: %s", p.Key)
			}
		})
	}
}
