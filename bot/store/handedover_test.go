package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/flow"
)

// inClear are the columns that hold words in clear, and the words of the program
// that may stand there. Numbers and times may stand anywhere; bytes are sealed, or
// a keyed hash.
var inClear = map[string][]string{
	"person.network": {"matrix", "desk"},
	"lane.network":   {"matrix", "desk"},
	"timer.kind":     {"session", "leave"},
	"dead.reason":    {"refused"},
	"note.kind":      {"crisis"},
	"desk_away.why":  {"away"},
}

// TestHandedOver is what the README tells operators of what a server can hand over,
// row by row: what of it can be read without the master key, with it, and after the
// person had everything erased.
func TestHandedOver(t *testing.T) { forEach(t, testHandedOver) }

func testHandedOver(t *testing.T, db database) {
	const word = "kanarienvogel"
	s := db.newStore(t)
	a := chat.Address{Network: "matrix", User: "@" + word + ":example.org", Room: "!" + word + ":example.org"}
	id := create(t, s, a)
	var c Case
	mustUpdate(t, s, func(tx *Tx) (err error) {
		if _, err := tx.Admit("matrix", "$"+word, start); err != nil {
			return err
		}
		p, err := tx.LoadPerson(id)
		if err != nil {
			return err
		}
		p.Vars = map[string]any{"country": word, "consent_checkin": "2026-01-05 " + word, "_word": "$argon2id$" + word}
		p.Session = flow.Session{Seq: 3, Answer: word}
		if c, err = tx.NewCase(id, "matrix", start); err != nil {
			return err
		}
		c.State, c.Reason, c.Since, c.Holder, c.Said = desk.Claimed, desk.Asked, start, "@"+word, []string{word}
		return errors.Join(
			tx.SavePerson(p), tx.PutCase(c), tx.Cross("matrix", Crossing{Lane: c.Lane, Event: "$e" + word, Copy: "copy" + word, Staff: true}),
			tx.Record(c.ID, desk.Record{By: "@" + word, Action: "claim"}, start), tx.SetAway("@"+word, "away"),
			tx.AddItem(id, "journal", word, "$"+word, start),
			tx.PutSchedule(Schedule{Person: id, Name: word, Flow: word, NextDue: start}),
			tx.PutLinkCode(id, word, start), tx.SetTimer(id, "session", 3, start), tx.Note("crisis", id, start),
			tx.Enqueue(id, text("sent "+word, word), start), tx.Enqueue(id, text("dead "+word, word), start), tx.Enqueue(id, text("waits "+word, word), start),
		)
	})
	mustSent(t, s, head(t, s, id), "$sent"+word)
	if err := s.Bury(context.Background(), head(t, s, id), "refused", start); err != nil {
		t.Fatal(err)
	}

	rows := []struct {
		what string
		read func(tx *Tx) (string, error)
	}{
		{"who somebody is", func(tx *Tx) (string, error) {
			return ofPerson(tx, id, func(p *Person) any { return p.Addr.User + p.Addr.Room })
		}},
		{"settings", func(tx *Tx) (string, error) {
			return ofPerson(tx, id, func(p *Person) any { return p.Vars["country"] })
		}},
		{"lists in their words", func(tx *Tx) (string, error) { items, err := tx.Items(id, "journal", 0); return fmt.Sprint(items), err }},
		{"what they agreed to", func(tx *Tx) (string, error) {
			return ofPerson(tx, id, func(p *Person) any { return p.Vars["consent_checkin"] })
		}},
		{"cases", func(tx *Tx) (string, error) { c, err := tx.CaseOf(id); return fmt.Sprint(c.Holder, c.Said), err }},
		{"which message is which one in the room of staff", func(tx *Tx) (string, error) { x, _, err := tx.Copied("copy" + word); return x.Event, err }},
		{"where they are in a talk", func(tx *Tx) (string, error) { return ofPerson(tx, id, func(p *Person) any { return p.Session.Answer }) }},
		{"what comes by itself", func(tx *Tx) (string, error) { list, err := tx.Schedules(id); return fmt.Sprint(list), err }},
		{"messages that wait", func(tx *Tx) (string, error) { p, err := tx.head(id); return string(p.Out.Text), err }},
		{"event ids of what was said", func(tx *Tx) (string, error) { return tx.sentEvent(id, "sent "+word) }},
		{"what is made of words of their own", func(tx *Tx) (string, error) { return ofPerson(tx, id, func(p *Person) any { return p.Vars["_word"] }) }},
	}
	without := dump(t, s)
	for _, table := range moveTables() {
		if n := without.rows[table.name]; n == 0 && table.name != "edition" && table.name != "desk_key" {
			t.Errorf("nothing is in %s: the test looks at too little", table.name)
		}
	}
	without.check(t, "without the key", word)
	for _, r := range rows {
		mustView(t, s, func(tx *Tx) error {
			if got, err := r.read(tx); err != nil || !bytes.Contains([]byte(got), []byte(word)) {
				t.Errorf("with the key, %s: %q, %v", r.what, got, err)
			}
			return nil
		})
	}
	mustUpdate(t, s, func(tx *Tx) error { return tx.ErasePerson(id) })
	after := dump(t, s)
	after.check(t, "after the end", word)
	for _, r := range rows {
		mustView(t, s, func(tx *Tx) error {
			got, err := r.read(tx)
			if err != nil && !errors.Is(err, ErrNotFound) || bytes.Contains([]byte(got), []byte(word)) {
				t.Errorf("after the end, %s: %q, %v", r.what, got, err)
			}
			return nil
		})
	}
	// Counts and hashes name nobody, and the record tells what staff did.
	stay := []string{"inbox", "note", "desk_record", "desk_away"}
	keeper := 1 // the key of the record, with a row that stands for it
	for name, n := range after.rows {
		switch {
		case n == 0 || slices.Contains(stay, name):
		case (name == "person" || name == "person_key" || name == "lane") && n <= keeper:
		default:
			t.Errorf("after the end, %s has %d rows", name, n)
		}
	}
}

func ofPerson(tx *Tx, id PersonID, what func(*Person) any) (string, error) {
	p, err := tx.LoadPerson(id)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(what(p)), nil
}

// dumped is everything that the tables hold, as somebody without the key sees it.
type dumped struct {
	rows   map[string]int
	values map[string][]any // by table and column
}

func dump(t *testing.T, s *Store) dumped {
	t.Helper()
	d := dumped{map[string]int{}, map[string][]any{}}
	mustView(t, s, func(tx *Tx) error {
		for _, table := range moveTables() {
			rows, err := tx.c.c.QueryContext(context.Background(), `SELECT * FROM `+table.name)
			if err != nil {
				return err
			}
			defer rows.Close()
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				values, to := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					to[i] = &values[i]
				}
				if err := rows.Scan(to...); err != nil {
					return err
				}
				d.rows[table.name]++
				for i, c := range columns {
					d.values[table.name+"."+c] = append(d.values[table.name+"."+c], values[i])
				}
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return d
}

// check holds every value to what may stand there in clear.
func (d dumped) check(t *testing.T, when, word string) {
	t.Helper()
	for column, values := range d.values {
		for _, v := range values {
			switch v := v.(type) {
			case nil, int64:
			case string:
				if !slices.Contains(inClear[column], v) {
					t.Errorf("%s: %s says %q", when, column, v)
				}
			case []byte:
				for how, b := range spellings(word) {
					if bytes.Contains(v, b) {
						t.Errorf("%s: %s has the words of the person in %s", when, column, how)
					}
				}
				if len(v) < 16 {
					t.Errorf("%s: %s has %d bytes, which are neither sealed nor a keyed hash", when, column, len(v))
				}
			default:
				t.Errorf("%s: %s has a %T", when, column, v)
			}
		}
	}
}
