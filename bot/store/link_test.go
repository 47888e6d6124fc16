package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

var aliceToo = chat.Address{Network: "signal", User: "a1b2", Room: "a1b2"}

// twoPlaces makes a person at alice and another at aliceToo, each with a line, a
// time of their own, one of the same name, and a message that went out.
func twoPlaces(t *testing.T, s *Store) (first, second PersonID) {
	t.Helper()
	first, second = create(t, s, alice), create(t, s, aliceToo)
	for id, name := range map[PersonID]string{first: "first", second: "second"} {
		mustUpdate(t, s, func(tx *Tx) error {
			p, err := tx.LoadPerson(id)
			if err != nil {
				return err
			}
			p.Vars["name"] = name
			return errors.Join(
				tx.SavePerson(p),
				tx.AddItem(id, "reasons", "line of "+name, "$of-"+name, start),
				tx.PutSchedule(Schedule{Person: id, Name: name, Flow: "flow", Cron: "0 9 * * *", NextDue: start}),
				tx.PutSchedule(Schedule{Person: id, Name: "both", Flow: name, Cron: "0 9 * * *", NextDue: start}),
				tx.SetTimer(id, "session", 0, start),
				tx.Enqueue(id, text("sent-"+name, "went out"), start),
			)
		})
		p := head(t, s, id)
		mustSent(t, s, p, "$out-"+name)
	}
	return first, second
}

// link joins the two persons who are at these addresses.
func link(tx *Tx, to, from chat.Address) error {
	p, err := tx.FindPerson(to)
	if err != nil {
		return err
	}
	other, err := tx.FindPerson(from)
	if err != nil {
		return err
	}
	if err := tx.Link(p, other); err != nil {
		return err
	}
	return tx.SavePerson(p)
}

func lines(t testing.TB, tx *Tx, id PersonID) (texts []string) {
	t.Helper()
	items, err := tx.Items(id, "reasons", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		texts = append(texts, i.Text)
	}
	return texts
}

func TestTwoPlacesAreOnePerson(t *testing.T) { forEach(t, testTwoPlacesAreOnePerson) }

func testTwoPlacesAreOnePerson(t *testing.T, db database) {
	s := db.newStore(t)
	first, second := twoPlaces(t, s)
	mustUpdate(t, s, func(tx *Tx) error { return link(tx, alice, aliceToo) })
	mustUpdate(t, s, func(tx *Tx) error {
		for addr, row := range map[chat.Address]PersonID{alice: first, aliceToo: second} {
			p, err := tx.FindPerson(addr)
			if err != nil {
				return err
			}
			if p.ID != first || p.Row != row || p.Addr != addr || p.Vars["name"] != "first" || !p.Linked {
				t.Errorf("from %s: %d in %d at %s, %v", addr.Network, p.ID, p.Row, p.Addr.Network, p.Vars["name"])
			}
			other, err := tx.Other(p)
			if err != nil || other == row || other == 0 {
				t.Errorf("the other place of %d is %d, %v", row, other, err)
			}
		}
		if got := lines(t, tx, first); !slices.Equal(got, []string{"line of first", "line of second"}) {
			t.Errorf("lines %q", got)
		}
		all, err := tx.Schedules(first)
		if err != nil || len(all) != 3 {
			t.Fatalf("%d times, %v", len(all), err)
		}
		for _, x := range all {
			if x.Name == "both" && x.Flow != "first" {
				t.Error("a time of the first one was replaced")
			}
		}
		if err := tx.DropItemsOf(first, []string{tx.Source(second, "$of-second")}); err != nil {
			return err
		}
		if got := lines(t, tx, first); len(got) != 1 {
			t.Errorf("a message taken back in the other place leaves its line: %q", got)
		}
		return nil
	})
	// A room may change in the other place, and what goes there waits there.
	moved := aliceToo
	moved.Room = "elsewhere"
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(aliceToo)
		if err != nil {
			return err
		}
		p.Addr.Room, p.Place = "elsewhere", p.Row
		return errors.Join(tx.SavePerson(p), tx.Enqueue(p.Row, Post{Key: "k", Out: chat.Outgoing{Text: "hi"}, Unprompted: true}, start))
	})
	if p := head(t, s, second); p.Out.To != moved {
		t.Errorf("it goes to %#v", p.Out.To.Network)
	}
	if due, err := s.DueLanes(context.Background(), "signal", start, 10); err != nil || !slices.Equal(due, []int64{int64(second)}) {
		t.Errorf("due on the other network: %v, %v", due, err)
	}
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(first)
		if err != nil {
			return err
		}
		if p.Row != second || p.Addr != moved {
			t.Error("who is loaded is not where they wrote last")
		}
		if p, err = tx.LoadPerson(second); err != nil || p.ID != first || p.Row != second {
			t.Errorf("the row of the other place leads to %d, %v", p.ID, err)
		}
		if waits, err := tx.WaitsUnprompted(first); err != nil || !waits {
			t.Errorf("WaitsUnprompted = %v, %v", waits, err)
		}
		if _, ok, err := tx.SentAt(first, "sent-second"); err != nil || !ok {
			t.Errorf("SentAt = %v, %v", ok, err)
		}
		return tx.DropUnprompted(first)
	})
	if _, ok, err := s.Head(context.Background(), int64(second)); err != nil || ok {
		t.Errorf("something unasked still waits: %v, %v", ok, err)
	}
	if c, err := s.Counts(context.Background()); err != nil || c.People != 1 {
		t.Errorf("%d people, %v", c.People, err)
	}
	// Exit reaches both places.
	mustUpdate(t, s, func(tx *Tx) error { return tx.Withdraw(first, start.Add(-time.Hour), start) })
	for row, event := range map[PersonID]string{first: "$out-first", second: "$out-second"} {
		if p := head(t, s, row); p.Out.Form != chat.FormRemove || p.Out.Target != event {
			t.Errorf("exit takes back %v", p.Out.Form)
		}
	}
}

func TestEraseReachesBothPlaces(t *testing.T) { forEach(t, testEraseReachesBothPlaces) }

func testEraseReachesBothPlaces(t *testing.T, db database) {
	s := db.newStore(t)
	twoPlaces(t, s)
	mustUpdate(t, s, func(tx *Tx) error { return link(tx, alice, aliceToo) })
	theirs := blobs(t, s)
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(aliceToo) // asked for there
		if err != nil {
			return err
		}
		fresh, others, err := tx.Renew(p, start.Add(-time.Hour), start)
		if err != nil {
			return err
		}
		if fresh.Addr != aliceToo || len(others) != 1 || others[0].Addr != alice {
			t.Errorf("left are %#v and %d others", fresh.Addr.Network, len(others))
		}
		for _, p := range append(others, fresh) {
			if waits, err := tx.Waits(p.ID); err != nil || !waits {
				t.Errorf("in %s nothing is taken back: %v", p.Addr.Network, err)
			}
			if err := tx.ErasePerson(p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if n := count(t, s, `SELECT COUNT(*) FROM person`); n != 0 {
		t.Errorf("%d rows of person are left", n)
	}
	for _, b := range blobs(t, s) {
		if slices.ContainsFunc(theirs, func(x []byte) bool { return len(x) > 16 && string(x) == string(b) }) {
			t.Error("a sealed value is left")
		}
	}
}

func TestEitherPlaceCanGo(t *testing.T) { forEach(t, testEitherPlaceCanGo) }

func testEitherPlaceCanGo(t *testing.T, db database) {
	for _, tt := range []struct {
		name          string
		asked, leaves chat.Address
	}{
		{"the first, asked for there", alice, alice},
		{"the first, asked for in the other", aliceToo, alice},
		{"the other, asked for there", aliceToo, aliceToo},
		{"the other, asked for in the first", alice, aliceToo},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := db.newStore(t)
			first, second := twoPlaces(t, s)
			mustUpdate(t, s, func(tx *Tx) error { return link(tx, alice, aliceToo) })
			stays, place := aliceToo, first
			if tt.leaves == aliceToo {
				stays, place = alice, second
			}
			mustUpdate(t, s, func(tx *Tx) error {
				p, err := tx.FindPerson(tt.asked)
				if err != nil {
					return err
				}
				p.Session.Seq = 7
				stay, gone, err := tx.Unlink(p, place, start.Add(-time.Hour), start)
				if err != nil {
					return err
				}
				if stay.Addr != stays || stay.Row != stay.ID || stay.Linked || gone.Addr != tt.leaves {
					t.Errorf("%#v stays in %d of %d, %#v goes", stay.Addr.Network, stay.Row, stay.ID, gone.Addr.Network)
				}
				if waits, err := tx.Waits(gone.ID); err != nil || !waits {
					t.Errorf("nothing is taken back there: %v", err)
				}
				return tx.ErasePerson(gone.ID)
			})
			mustUpdate(t, s, func(tx *Tx) error {
				p, err := tx.FindPerson(stays)
				if err != nil {
					return err
				}
				if p.Vars["name"] != "first" || p.Session.Seq != 7 {
					t.Errorf("the person who stays has lost themselves: %v", p.Vars["name"])
				}
				if got := lines(t, tx, p.ID); len(got) != 2 {
					t.Errorf("lines %q", got)
				}
				if all, err := tx.Schedules(p.ID); err != nil || len(all) != 3 {
					t.Errorf("%d times, %v", len(all), err)
				}
				if _, err := tx.LoadTimer(p.ID, "session"); err != nil {
					t.Errorf("the timer of the talk: %v", err)
				}
				if _, err := tx.FindPerson(tt.leaves); !errors.Is(err, ErrNotFound) {
					t.Errorf("who left is still there: %v", err)
				}
				if _, _, err := tx.Unlink(p, p.Row, time.Time{}, start); !errors.Is(err, ErrNotLinked) {
					t.Errorf("parting nobody: %v", err)
				}
				return nil
			})
		})
	}
}

// TestLinkHalfWay breaks off in the middle, in every way that there is: nothing
// has happened then, and it can be done again.
func TestLinkHalfWay(t *testing.T) { forEach(t, testLinkHalfWay) }

func testLinkHalfWay(t *testing.T, db database) {
	halfway := errors.New("half way")
	act := func(tx *Tx, part bool) error {
		if !part {
			return link(tx, alice, aliceToo)
		}
		p, err := tx.FindPerson(aliceToo)
		if err == nil {
			_, _, err = tx.Unlink(p, p.ID, start.Add(-time.Hour), start)
		}
		return err
	}
	for _, tt := range []struct {
		name string
		part bool
	}{{"joined", false}, {"parted", true}} {
		t.Run(tt.name, func(t *testing.T) {
			s := db.newStore(t)
			twoPlaces(t, s)
			if tt.part {
				mustUpdate(t, s, func(tx *Tx) error { return link(tx, alice, aliceToo) })
			}
			before := blobs(t, s)
			same := func(how string) {
				t.Helper()
				after := blobs(t, s)
				if len(before) != len(after) {
					t.Fatalf("%s: %d values, before %d", how, len(after), len(before))
				}
				for i := range after {
					if string(after[i]) != string(before[i]) {
						t.Fatalf("%s: something has changed", how)
					}
				}
			}
			err := s.Update(context.Background(), func(tx *Tx) error {
				if err := act(tx, tt.part); err != nil {
					return err
				}
				return halfway
			})
			if !errors.Is(err, halfway) {
				t.Fatal(err)
			}
			same("an error")
			err = s.Update(context.Background(), func(tx *Tx) error {
				if err := act(tx, tt.part); err != nil {
					return err
				}
				panic("half way")
			})
			if p := (*PanicError)(nil); !errors.As(err, &p) {
				t.Fatal(err)
			}
			same("a panic")
			real := s.writer.commit
			s.writer.commit = func(*conn) error { s.writer.commit = real; return halfway }
			if err := s.Update(context.Background(), func(tx *Tx) error { return act(tx, tt.part) }); !errors.Is(err, halfway) {
				t.Fatal(err)
			}
			same("a commit that failed")
			mustUpdate(t, s, func(tx *Tx) error { return act(tx, tt.part) })
			mustUpdate(t, s, func(tx *Tx) error {
				p, err := tx.FindPerson(aliceToo)
				if err != nil {
					return err
				}
				if got := lines(t, tx, p.ID); len(got) != 2 {
					t.Errorf("lines %q", got)
				}
				return nil
			})
		})
	}
}

func TestLinkRefuses(t *testing.T) { forEach(t, testLinkRefuses) }

func testLinkRefuses(t *testing.T, db database) {
	s := db.newStore(t)
	twoPlaces(t, s)
	create(t, s, bob)
	mustUpdate(t, s, func(tx *Tx) error { return link(tx, alice, aliceToo) })
	for _, tt := range []struct {
		name     string
		to, from chat.Address
	}{
		{"themselves", bob, bob},
		{"the same two again", alice, aliceToo},
		{"a third place", alice, bob},
		{"a third place, the other way", bob, aliceToo},
	} {
		err := s.Update(context.Background(), func(tx *Tx) error { return link(tx, tt.to, tt.from) })
		if !errors.Is(err, ErrLinked) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestLinkCodes(t *testing.T) { forEach(t, testLinkCodes) }

func testLinkCodes(t *testing.T, db database) {
	s := db.newStore(t)
	a, b := create(t, s, alice), create(t, s, bob)
	const old, code, other = "111122223333", "444455556666", "777788889999"
	mustUpdate(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutLinkCode(a, old, start.Add(time.Minute)), tx.PutLinkCode(a, code, start.Add(time.Minute)), tx.PutLinkCode(b, other, start.Add(time.Hour)))
	})
	find := func(code string, at time.Time) (id PersonID) {
		mustView(t, s, func(tx *Tx) error {
			var err error
			if id, err = tx.LinkCode(code, at); errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		})
		return id
	}
	for _, tt := range []struct {
		name, code string
		at         time.Time
		want       PersonID
	}{
		{"in time", code, start, a},
		{"replaced", old, start, 0},
		{"over", code, start.Add(time.Minute), 0},
		{"another's", other, start, b},
		{"nobody's", "123456789012", start, 0},
	} {
		if got := find(tt.code, tt.at); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	for _, v := range blobs(t, s) {
		if strings.Contains(string(v), code) || strings.Contains(string(v), code[:6]) {
			t.Error("the code is in the database")
		}
	}
	mustUpdate(t, s, func(tx *Tx) error { return tx.Withdraw(b, start, start) })
	if find(other, start) != 0 {
		t.Error("a code outlives exit")
	}
	if _, err := s.Prune(context.Background(), start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT COUNT(*) FROM link_code`); n != 0 {
		t.Errorf("%d old codes are kept", n)
	}
}

func TestKeeps(t *testing.T) { forEach(t, testKeeps) }

func testKeeps(t *testing.T, db database) {
	s := db.newStore(t)
	for _, tt := range []struct {
		name string
		do   func(tx *Tx, id PersonID) error
		want bool
	}{
		{"nothing", func(*Tx, PersonID) error { return nil }, false},
		{"a line", func(tx *Tx, id PersonID) error { return tx.AddItem(id, "reasons", "x", "", start) }, true},
		{"a line on the list that does not count", func(tx *Tx, id PersonID) error { return tx.AddItem(id, "copy", "x", "", start) }, false},
		{"a time", func(tx *Tx, id PersonID) error { return tx.PutSchedule(Schedule{Person: id, Name: "s", Flow: "f"}) }, true},
		{"a case", func(tx *Tx, id PersonID) error { _, err := tx.NewCase(id, "matrix", start); return err }, true},
	} {
		a := chat.Address{Network: "matrix", User: tt.name}
		id := create(t, s, a)
		mustUpdate(t, s, func(tx *Tx) error {
			if err := tt.do(tx, id); err != nil {
				return err
			}
			got, err := tx.Keeps(id, "copy")
			if got != tt.want {
				t.Errorf("%s: %v", tt.name, got)
			}
			return err
		})
	}
}

// TestEditUnderTheSameEvent: a network that knows an edit by the id of what it
// changed points at the post that was changed.
func TestEditUnderTheSameEvent(t *testing.T) { forEach(t, testEditUnderTheSameEvent) }

func testEditUnderTheSameEvent(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	for _, key := range []string{"said", "changed", "once more"} {
		mustUpdate(t, s, func(tx *Tx) error {
			p := text(key, "words")
			if key != "said" {
				p.EditOf = "said"
			}
			return tx.Enqueue(id, p, start)
		})
		mustSent(t, s, head(t, s, id), "$same")
	}
	key, who, ok, err := s.SentKey(context.Background(), "matrix", "$same")
	if key != "said" || who != id || !ok || err != nil {
		t.Errorf("SentKey = %q, %d, %v, %v", key, who, ok, err)
	}
}

func TestTakeBackWhereItIs(t *testing.T) { forEach(t, testTakeBackWhereItIs) }

// testTakeBackWhereItIs: what a person with two places got in one of them is taken
// back there, wherever they write from now.
func testTakeBackWhereItIs(t *testing.T, db database) {
	s := db.newStore(t)
	first, second := twoPlaces(t, s)
	mustUpdate(t, s, func(tx *Tx) error { return link(tx, alice, aliceToo) })
	for _, tt := range []struct {
		key  string
		row  PersonID
		want chat.Address
	}{{"sent-first", first, alice}, {"sent-second", second, aliceToo}} {
		mustUpdate(t, s, func(tx *Tx) error {
			now := aliceToo // where they are
			if tt.row == second {
				now = alice
			}
			return tx.TakeBack(first, tt.key, false, now, start)
		})
		if p := head(t, s, tt.row); p.Out.Form != chat.FormRemove || p.Out.To != tt.want {
			t.Errorf("%s is taken back from %s, want %s", tt.key, p.Out.To.Network, tt.want.Network)
		}
	}
}
