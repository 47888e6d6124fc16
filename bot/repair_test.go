package bot_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// ada's row, for tests that look at what is remembered.
func (w *world) person() *store.Person {
	w.t.Helper()
	var p *store.Person
	err := w.store.View(context.Background(), func(tx *store.Tx) (err error) {
		p, err = tx.FindPerson(ada)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// lines are those of one of ada's lists.
func (w *world) lines(list string) []string {
	w.t.Helper()
	id := w.person().ID
	var out []string
	err := w.store.View(context.Background(), func(tx *store.Tx) error {
		items, err := tx.Items(id, list, 100)
		for _, it := range items {
			out = append(out, it.Text)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestBackTakesTheLineBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("name")
	w.says("Ada")
	if got := w.lines("names"); !slices.Equal(got, []string{"Ada"}) {
		t.Fatalf("kept %q", got)
	}
	w.open() // a restart in between changes nothing
	if got := w.says("back"); !slices.Equal(got, []string{"text step_back\nWhat shall I call you?"}) {
		t.Errorf("back was answered with %q", got)
	}
	if got := w.lines("names"); len(got) != 0 {
		t.Errorf("still kept: %q", got)
	}
	if got := w.says("Bea"); !slices.Equal(got, []string{"I wrote down Bea."}) || !slices.Equal(w.lines("names"), []string{"Bea"}) {
		t.Errorf("answered with %q, kept %q", got, w.lines("names"))
	}
}

// A row of an older program says in a variable which message asks.
func TestOldRowsKnowTheirQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.handle(startOf("daily.ask"))
	question := "$" + w.net.sent[len(w.net.sent)-1].Key
	err := w.store.Update(context.Background(), func(tx *store.Tx) error {
		p, err := tx.FindPerson(ada)
		if err != nil {
			return err
		}
		if len(p.Session.Asked) != 1 {
			return errors.New("the question is not known")
		}
		p.Vars["_ask"], p.Session.Asked = p.Session.Asked[0], nil
		return tx.SavePerson(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.heard()
	w.handle(reaction("$thumb", "👍", question))
	if got := w.heard(); !slices.Equal(got, []string{"Noted."}) {
		t.Errorf("a thumb under the question gave %q", got)
	}
	if p := w.person(); p.Vars["_ask"] != nil {
		t.Error("the old variable is still there")
	}
}

func startOf(flow string) chat.Message {
	return chat.Message{ID: "$start-" + flow, From: ada, Kind: chat.KindStart, Text: chat.Text(flow)}
}

func reaction(id, emoji, target string) chat.Message {
	return chat.Message{ID: id, From: ada, Kind: chat.KindReaction, Text: chat.Text(emoji), Target: target}
}
