package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/desk"
	"handrail/bot/seal"
)

// childMove in the environment makes the test binary move the store that
// childStore names to this address.
const childMove = "STORE_TEST_MOVE"

// moveChild moves and says every step on out.
func moveChild(to string, out io.Writer) error {
	file, err := os.ReadFile(os.Getenv(childKey))
	if err != nil {
		return err
	}
	master, err := seal.OpenMaster(file)
	if err != nil {
		return err
	}
	say := func(s MoveStep) { fmt.Fprintf(out, "%s %d of %d %v\n", s.Table, s.Rows, s.Total, s.Checked) }
	return Move(context.Background(), Options{Path: os.Getenv(childStore), Master: master}, Options{URL: to, Master: master}, say)
}

// movePair are a file with rows in every table and an empty database.
func movePair(t *testing.T, people int) (from, to Options) {
	t.Helper()
	from = sqliteOptions(t)
	to = Options{URL: emptyPostgres(t, "template1"), Master: from.Master}
	s, err := Open(context.Background(), from)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 0, people)
	a := create(t, s, alice)
	gone := create(t, s, bob)
	mustUpdate(t, s, func(tx *Tx) error {
		var errs []error
		for id := range PersonID(people) {
			_, err := tx.Admit("matrix", fmt.Sprint("$", id), start)
			errs = append(errs, err, tx.AddItem(id+1, "reasons", "one", "$source", start), tx.SetTimer(id+1, "wait", 1, start),
				tx.SetTimer(id+1, "Nudge", 1, start), tx.Enqueue(id+1, text(fmt.Sprint("k", id), "words"), start))
		}
		_, err := tx.exec(`INSERT INTO edition (hash, replaced, revs, scripts) VALUES ($1, 5, $2, $3)`, "hash", []byte("{}"), []byte{})
		return errors.Join(append(errs, err,
			tx.AddItem(a, "reasons", "my sister", "", start), tx.Note("crisis", a, start), tx.Note("Äpfel", a, start),
			tx.PutSchedule(Schedule{Person: a, Name: "s", Flow: "f", NextDue: start}),
			tx.PutSchedule(Schedule{Person: gone, Name: "s", Flow: "f"}),
			tx.Enqueue(a, text("sent", "words"), start), tx.Enqueue(a, text("dead", "words"), start), tx.Enqueue(a, text("waits", "words"), start),
			tx.ErasePerson(gone), tx.PutLinkCode(a, "code", start), fillDesk(tx, a))...)
	})
	mustSent(t, s, head(t, s, a), "$sent")
	if err := s.Bury(context.Background(), head(t, s, a), "room-gone", start); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return from, to
}

// fillDesk writes a row into every table of the desk.
func fillDesk(tx *Tx, person PersonID) error {
	c, err := tx.NewCase(person, "matrix", start)
	if err != nil {
		return err
	}
	if _, _, err := tx.KnownKeys("@ana:example.org", "keys"); err != nil {
		return err
	}
	return errors.Join(tx.PutCase(c), tx.Cross("matrix", Crossing{Lane: c.Lane, Event: "$crossed", Copy: "copy"}),
		tx.SetAway("@ana:example.org", AwaySaid), tx.Record(c.ID, desk.Record{By: "@ana:example.org", Action: "claim"}, start))
}

// sameRows holds both sides of a move against each other and tells how many
// rows there are.
func sameRows(t *testing.T, from, to Options) (total int64) {
	t.Helper()
	ctx := context.Background()
	from.moving, to.moving = true, true
	m := &mover{say: func(s MoveStep) {
		if total += s.Rows; s.Rows == 0 {
			t.Errorf("table %s is empty: the test does not test it", s.Table)
		}
	}}
	var errFrom, errTo error
	m.from, errFrom = Open(ctx, from)
	m.to, errTo = Open(ctx, to)
	if err := errors.Join(errFrom, errTo); err != nil {
		t.Fatal(err)
	}
	for _, table := range moveTables() {
		if err := m.compare(ctx, table); err != nil {
			t.Errorf("table %s: %v", table.name, err)
		}
	}
	if err := errors.Join(m.from.Close(), m.to.Close()); err != nil {
		t.Error(err)
	}
	return total
}

func TestPostgresMove(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from, to := movePair(t, 30)
	steps, err := Survey(ctx, from, to)
	if err != nil || len(steps) != len(moveTables()) {
		t.Fatalf("Survey = %+v, %v", steps, err)
	}
	checked := map[string]int64{}
	err = Move(ctx, from, to, func(s MoveStep) {
		if s.Checked {
			checked[s.Table] = s.Rows
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if checked[s.Table] != s.Total {
			t.Errorf("table %s: %d rows checked, %d announced", s.Table, checked[s.Table], s.Total)
		}
	}
	if _, err := Open(ctx, from); !errors.Is(err, ErrMoved) {
		t.Errorf("the file opens: %v", err)
	}
	if _, err := Survey(ctx, from, to); !errors.Is(err, ErrOccupied) {
		t.Errorf("Survey again: %v, want ErrOccupied", err)
	}
	if err := Move(ctx, from, to, func(s MoveStep) { t.Errorf("moved again: %+v", s) }); err != nil {
		t.Errorf("Move again: %v", err)
	}
	s := openStore(t, to)
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(alice)
		if err != nil {
			return err
		}
		items, err := tx.Items(p.ID, "reasons", 0)
		if texts(items) != "1:my sister" {
			t.Errorf("items %q", texts(items))
		}
		fresh, errAdmit := tx.Admit("matrix", "$0", start)
		if fresh {
			t.Error("a handled event counts as new")
		}
		// Ids go on behind those of the file, also of the one who was erased.
		next, errCreate := tx.CreatePerson(carol, start)
		if errCreate == nil && next.ID <= p.ID+1 {
			t.Errorf("person %d after %d and one erased", next.ID, p.ID)
		}
		return errors.Join(err, errAdmit, errCreate, tx.PutSchedule(Schedule{Person: p.ID, Name: "new"}))
	})
	if n := count(t, s, `SELECT MAX(id) FROM schedule`); n != 3 {
		t.Errorf("schedule %d, want 3", n)
	}
	if p := head(t, s, 31); p.Key != "waits" || p.Out.To != alice {
		t.Errorf("head %+v", p)
	}
}

func TestPostgresMoveRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	quiet := func(MoveStep) {}
	tests := []struct {
		name   string
		change func(t *testing.T, from, to *Options)
		want   error
	}{
		{"the bot runs", func(t *testing.T, from, _ *Options) { openStore(t, *from) }, ErrLocked},
		{"another store there", func(t *testing.T, _, to *Options) {
			other := postgresOptions(t)
			other.Master = to.Master
			create(t, openStore(t, other), carol)
			*to = other
		}, ErrLocked},
		{"people there", func(t *testing.T, _, to *Options) {
			s, err := Open(ctx, *to)
			if err != nil {
				t.Fatal(err)
			}
			create(t, s, carol)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}, ErrOccupied},
		{"another master key", func(t *testing.T, _, to *Options) {
			s, err := Open(ctx, Options{URL: to.URL, Master: newMaster(t)})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}, ErrWrongKey},
		{"half of another move", func(t *testing.T, from, to *Options) {
			other, _ := movePair(t, 1)
			stopMove(t, Options{Path: other.Path, Master: other.Master}, *to, other.Master)
			from.Master, to.Master = other.Master, other.Master
		}, nil},
		{"a table that is not known", func(t *testing.T, from, _ *Options) {
			s, err := Open(ctx, *from)
			if err != nil {
				t.Fatal(err)
			}
			mustUpdate(t, s, func(tx *Tx) error { _, err := tx.exec(`CREATE TABLE novel (x INTEGER)`); return err })
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			from, to := movePair(t, 1)
			tt.change(t, &from, &to)
			if err := Move(ctx, from, to, quiet); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("Move: %v, want %v", err, tt.want)
			}
			if tt.want == ErrLocked {
				return
			}
			if s, err := Open(ctx, from); err == nil { // nothing was closed
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			} else if errors.Is(err, ErrMoved) {
				t.Error("the file counts as moved")
			}
		})
	}
}

// stopMove lets a move fail in its middle.
func stopMove(t *testing.T, from, to Options, master *seal.Master) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	from.Master, to.Master = master, master
	err := Move(ctx, from, to, func(s MoveStep) {
		if s.Table == "item" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Move: %v", err)
	}
}

func TestPostgresHalfAMoveIsNoStore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from, to := movePair(t, 5)
	stopMove(t, from, to, from.Master)
	if _, err := Open(ctx, to); !errors.Is(err, ErrMoving) {
		t.Errorf("the database opens: %v, want ErrMoving", err)
	}
	s, err := Open(ctx, from) // the bot can go on where it was,
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Survey(ctx, from, to); err != nil {
		t.Errorf("Survey: %v", err)
	}
	if err := Move(ctx, from, to, func(MoveStep) {}); err != nil { // and the move, too
		t.Fatal(err)
	}
	sameRows(t, from, to)
}

// TestPostgresMoveFindsADifference changes a row behind the back of a move that
// was cut off: it must not come to its end.
// TestPostgresMoveGoesToOnePlace: a file that was moved is old, and so is half a
// move that was begun anew elsewhere. Neither makes a second store.
func TestPostgresMoveGoesToOnePlace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	quiet := func(MoveStep) {}
	from, to := movePair(t, 3)
	half := Options{URL: emptyPostgres(t, "template1"), Master: from.Master}
	other := Options{URL: emptyPostgres(t, "template1"), Master: from.Master}
	stopMove(t, from, half, from.Master)
	if err := Move(ctx, from, to, quiet); err != nil {
		t.Fatal(err)
	}
	for name, second := range map[string]Options{"an empty database": other, "the half of before": half} {
		if err := Move(ctx, from, second, quiet); !errors.Is(err, ErrMoved) && !errors.Is(err, ErrOccupied) {
			t.Errorf("%s: %v", name, err)
		}
		if s, err := Open(ctx, second); err == nil && count(t, s, `SELECT COUNT(*) FROM person`) > 0 {
			t.Errorf("%s: a second store", name)
		} else if err == nil {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := Move(ctx, from, to, quiet); err != nil {
		t.Errorf("Move again: %v", err)
	}
}

func TestPostgresMoveFindsADifference(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"a row less":    `DELETE FROM person WHERE id = 2`,
		"another value": `UPDATE person SET seen = seen + 1 WHERE id = 2`,
		"other bytes":   `UPDATE person_key SET wrapped = wrapped || '\x00' WHERE person = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := movePair(t, 5)
			stopMove(t, from, to, from.Master)
			asAdmin(t, to.URL, change)
			if err := Move(context.Background(), from, to, func(MoveStep) {}); err == nil {
				t.Error("the move went through")
			}
			if _, err := Open(context.Background(), to); !errors.Is(err, ErrMoving) {
				t.Errorf("the database opens: %v", err)
			}
		})
	}
}

// TestPostgresMoveIsKilled kills a move again and again with SIGKILL, at any
// moment, and starts it again: in the end both sides hold the same rows.
func TestPostgresMoveIsKilled(t *testing.T) {
	t.Parallel()
	file, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, file, 0o600); err != nil {
		t.Fatal(err)
	}
	master, err := seal.OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	from := Options{Path: newPath(t), Master: master}
	to := Options{URL: emptyPostgres(t, "template1"), Master: master}
	crowdFile(t, from)
	kills := 0
	for finished := false; !finished; {
		if kills > 200 {
			t.Fatal("the move does not get on")
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childStore+"="+from.Path, childKey+"="+key, childMove+"="+to.URL)
		var faults strings.Builder
		cmd.Stderr = &faults
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := rand.IntN(12) // it says more than that, also when nothing is left to copy
		if kills >= 5 {
			lines = rand.IntN(120)
		}
		for scanner := bufio.NewScanner(out); scanner.Scan(); lines-- {
			if lines == 0 {
				time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if finished = cmd.Wait() == nil; !finished {
			kills++
		}
		if faults.Len() > 0 {
			t.Fatal(faults.String())
		}
	}
	rows := sameRows(t, from, to)
	t.Logf("%d kills, %d rows", kills, rows)
	if kills < 5 {
		t.Errorf("only %d kills", kills)
	}
	if _, err := Open(context.Background(), from); !errors.Is(err, ErrMoved) {
		t.Errorf("the file opens: %v", err)
	}
	openStore(t, to)
}

// crowdFile fills every table of a file with some thousand rows.
func crowdFile(t *testing.T, o Options) {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	const n = `WITH RECURSIVE n(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM n WHERE g < 5000) `
	mustUpdate(t, s, func(tx *Tx) error {
		for _, q := range []string{
			`INSERT INTO person (network, who, address, state, created, seen) ` + n + `SELECT 'matrix', randomblob(16), randomblob(90), randomblob(300), g, g FROM n`,
			`INSERT INTO person_key (person, wrapped) SELECT id, randomblob(144) FROM person`,
			`INSERT INTO item (person, n, list, source, body, created) SELECT id, 1, who, NULL, randomblob(50), 1 FROM person`,
			`INSERT INTO schedule (person, name, body, next_due) SELECT id, who, randomblob(90), NULL FROM person WHERE id > 4000`,
			`INSERT INTO timer (person, kind, seq, due) SELECT id, CASE WHEN id % 2 = 0 THEN 'wait' ELSE 'Nudge' END, 1, id FROM person`,
			`INSERT INTO inbox (event, at) SELECT who, id FROM person`,
			`INSERT INTO lane (person, network, next_try) SELECT id, 'matrix', id FROM person`,
			`INSERT INTO outbox (lane, seq, key, body) SELECT id, 1, who, randomblob(280) FROM person`,
			`INSERT INTO sent (person, key, event, at) SELECT id, who, who, id FROM person WHERE id < 2000`,
			`INSERT INTO dead (person, seq, reason, at) SELECT id, 1, 'other', 1 FROM person WHERE id < 1500`,
			`INSERT INTO note (kind, day, n) SELECT 'kind' || id, id, 1 FROM person WHERE id < 1500`,
			`INSERT INTO edition (hash, replaced, revs, scripts) SELECT 'hash' || id, id, who, randomblob(2000) FROM person WHERE id < 20`,
			`INSERT INTO link_code (person, code, until) SELECT id, who, 1 FROM person WHERE id < 1500`,
			`UPDATE person SET main = id + 1 WHERE id % 100 = 0`,
			`INSERT INTO desk_case (person, lane, body) SELECT id, id, who FROM person WHERE id < 1500`,
			`INSERT INTO desk_crossing (event, copy, lane, body) SELECT who, who, id, who FROM person WHERE id < 1500`,
			`INSERT INTO desk_away (who, why) SELECT who, 'away' FROM person WHERE id < 1500`,
			`INSERT INTO desk_key (who, key, sure) SELECT who, who, 1 FROM person WHERE id < 1500`,
			`INSERT INTO desk_record (seq, at, body) SELECT id, 1, who FROM person WHERE id < 1500`,
		} {
			if _, err := tx.exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
