package bot_test

import (
	"maps"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// reactions are the signs that were sent on a network since the message at from.
func reactions(n *net, from int) (signs []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range n.sent[from:] {
		if o.Form == chat.FormReaction {
			signs = append(signs, string(o.Text)+" under "+o.Target)
		}
	}
	return signs
}

// TestReactionGoesWhereTheMessageWas: what an advocate puts under a message comes
// in the app in which it was written, and nowhere once the person has left that.
func TestReactionGoesWhereTheMessageWas(t *testing.T) {
	t.Parallel()
	there := &net{}
	h := newHouse(t, "")
	scripts := maps.Clone(handing)
	maps.Copy(scripts, knocking)
	h.with(scripts)
	h.more = []chat.Transport{otherNet{there}}
	h.open()
	h.ada("hello")
	h.ada("rope")
	h.writes(ana, "claim")
	wrote := h.message(ada, "I am here")
	h.handle(wrote)
	h.news()
	react := func(sign string) (here, elsewhere, told []string) {
		h.t.Helper()
		from, over := len(h.net.sent), len(there.sent)
		m := h.staffMessage(ana, chat.KindReaction, sign)
		m.Target, m.Staff.Thread = h.ids["staff> K1: I am here"], ""
		h.handle(m)
		told = h.news()
		return reactions(h.net, from), reactions(there, over), told
	}
	places := func(fn func(tx *store.Tx, p *store.Person) error) {
		h.t.Helper()
		err := h.store.Update(t.Context(), func(tx *store.Tx) error {
			p, err := tx.FindPerson(ada)
			if err != nil {
				return err
			}
			return fn(tx, p)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "❤️ under " + wrote.ID
	if here, over, _ := react("❤️"); len(here) != 1 || here[0] != want || len(over) != 0 {
		t.Errorf("one place: %q, %q", here, over)
	}
	places(func(tx *store.Tx, p *store.Person) error {
		other, err := tx.CreatePerson(adaToo, h.now)
		if err != nil {
			return err
		}
		if err := tx.Link(p, other); err != nil {
			return err
		}
		return tx.SavePerson(p)
	})
	h.handle(h.message(adaToo, "and now from here"))
	h.news()
	if here, over, _ := react("❤️"); len(here) != 1 || here[0] != want || len(over) != 0 {
		t.Errorf("the person is in the other place: %q, %q", here, over)
	}
	h.now = h.now.Add(30 * time.Minute) // it is kept until they write
	if here, over, _ := react("🙏"); len(here)+len(over) != 0 {
		t.Errorf("while they are away: %q, %q", here, over)
	}
	from, over := len(h.net.sent), len(there.sent)
	h.handle(h.message(adaToo, "yes"))
	if got, wrong := reactions(h.net, from), reactions(there, over); len(got) != 1 || len(wrong) != 0 {
		t.Errorf("handed over: %q, %q", got, wrong)
	}
	h.news()
	places(func(tx *store.Tx, p *store.Person) error {
		_, _, err := tx.Unlink(p, p.Row, time.UnixMilli(1), h.now)
		return err
	})
	here, gone, told := react("❤️")
	if len(here)+len(gone) != 0 {
		t.Errorf("the place was left: %q, %q", here, gone)
	}
	if len(told) == 0 || told[0] != "staff> text staff_place_left" {
		t.Errorf("staff were told %q", told)
	}
	if got := h.writes(desk.StaffID(ana), "still here"); len(got) != 0 || string(there.sent[len(there.sent)-1].Text) != "still here" {
		t.Errorf("words do not reach the person: %q", got)
	}
}
