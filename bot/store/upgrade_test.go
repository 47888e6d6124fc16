package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"go.mau.fi/util/dbutil"

	"handrail/bot/chat"
	"handrail/bot/flow"
	"handrail/bot/seal"
)

// frozen are the upgrades that stores in use have gone through.
var frozen = map[string]string{
	"upgrades/01-first.sql":    "2aabf5d2d49cfcd9195dc84245d6055e1d2e529aa4ecc9fb102d26f8523b74e8",
	"upgrades/02-editions.sql": "9fec7a4f31905bd9d679906c6a4cc4eb83c858a6c01ea394333b403f0e996297",
	"upgrades/03-doubt.sql":    "b7339a26e307950f6078ddda325543d29bc3d68f1c233d15e1f625a92c32a663",
	"upgrades/04-copies.sql":   "901283f349f5cd768e49510c7b5994ed5585e6d8e0e17d56e84e15eaf441bb80",
	"upgrades/05-process.sql":  "eb01b015a86234c72863099a471e00d76f667ef02342b9b9dd7471113ef62748",
	"upgrades/06-answers.sql":  "00dadd1ccf3bd43b426d409de7d295a66662fcac0f08bd7a7c2987c73dc14806",
	"upgrades/07-desk.sql":     "a01cd299387da681f3604a8430d55f1c5d623dc0547b490df13f79c3bcfccc72",
	"upgrades/08-link.sql":     "a53d480cdcf605cfab942b118fd59b78a61978f786b7f6fa78fe60b30aa007da",
	"upgrades/09-keys.sql":     "7cd0db3fd8ceb4ae9de9e9e14572b514b397b47c1712f96aafc5a2cf92af2b23",
}

func TestPublishedUpgradesAreNeverEdited(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("upgrades/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); got != frozen[file] {
			t.Errorf("%s has sum %s: a new file needs an entry here, an old one must stay as it was", file, got)
		}
	}
	if len(files) != len(frozen) {
		t.Errorf("%d upgrades, %d frozen", len(files), len(frozen))
	}
}

// oldStore writes a database as version 1 of the program left it.
func oldStore(t *testing.T) Options {
	t.Helper()
	file, err := os.ReadFile("testdata/v1.key")
	if err != nil {
		t.Fatal(err)
	}
	master, err := seal.OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/v1.sql")
	if err != nil {
		t.Fatal(err)
	}
	path := newPath(t)
	if err := makeFolder(path); err != nil {
		t.Fatal(err)
	}
	if err := prepareFile(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(sqliteDriver, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(script)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return Options{Path: path, Master: master}
}

func TestOldStoreKeepsWorking(t *testing.T) {
	t.Parallel()
	more := func(text string) dbutil.UpgradeTable {
		last := len(upgrades())
		return append(upgrades(), dbutil.WrapUpgrade(last, last+1, 0, "test", dbutil.TxnModeOn,
			func(ctx context.Context, db *dbutil.Database) error { _, err := db.Exec(ctx, text); return err }))
	}
	tests := []struct {
		name  string
		table dbutil.UpgradeTable
	}{
		{"newest", upgrades()},
		{"one more column", more(`ALTER TABLE person ADD COLUMN extra BIGINT NOT NULL DEFAULT 5`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := open(context.Background(), oldStore(t), tt.table)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			if n := count(t, s, `SELECT version FROM version`); n != len(tt.table) {
				t.Errorf("version %d, want %d", n, len(tt.table))
			}
			checkOldPeople(t, s)
			checkOldLanes(t, s)
		})
	}
}

func checkOldPeople(t *testing.T, s *Store) {
	t.Helper()
	want := Person{
		ID: 1, Row: 1, Addr: alice, loaded: alice, Anchor: "first", QuietUntil: Forever, Created: start, Seen: start.Add(time.Hour),
		Vars: map[string]any{"zone": "Europe/Berlin", "welcomed": true, "level": 4.0},
		Session: flow.Session{
			Seq: 12, Frames: []flow.Frame{{Flow: "urge", Rev: "abc", Step: "2.do.1"}},
			Wait: &flow.Waiting{Kind: "ask", Tries: 1}, Last: map[string]int{"menu/1": 2},
		},
	}
	checkin := Schedule{
		ID: 1, Person: 1, Name: "checkin", Flow: "checkin.daily", Cron: "0 21 * * *", Zone: "Europe/Berlin",
		FreshFor: 2 * time.Hour, NextDue: start.Add(time.Minute), LastDue: start.Add(-24 * time.Hour),
	}
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(alice)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(*p, want) {
			t.Errorf("person %+v, want %+v", *p, want)
		}
		if _, err := tx.FindPerson(carol); err != nil {
			return err
		}
		items, err := tx.Items(1, "reasons", 0)
		if texts(items) != "1:my sister 2:quiet mornings" {
			t.Errorf("items %q", texts(items))
		}
		schedules, errSchedules := tx.Schedules(1)
		if len(schedules) != 2 || schedules[0] != checkin {
			t.Errorf("schedules %+v", schedules)
		}
		timer, errTimer := tx.LoadTimer(1, "wait")
		if timer != (Timer{Person: 1, Kind: "wait", Seq: 12, Due: start.Add(10 * time.Minute)}) {
			t.Errorf("timer %+v", timer)
		}
		fresh, errAdmit := tx.Admit("matrix", "$handled", start)
		if fresh {
			t.Error("a handled event counts as new")
		}
		before, errBefore := tx.any(`SELECT 1 FROM item WHERE person = 1 AND source IS NOT NULL`)
		errDrop := tx.DropItemsOf(1, []string{tx.Source(1, "$source")})
		after, errAfter := tx.any(`SELECT 1 FROM item WHERE person = 1 AND source IS NOT NULL`)
		if !before || after {
			t.Errorf("items of the source: before %v, after they were dropped %v", before, after)
		}
		return errors.Join(err, errSchedules, errTimer, errAdmit, errBefore, errDrop, errAfter)
	})
}

func checkOldLanes(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.Background()
	if got, err := s.Counts(ctx); err != nil || got != (Counts{People: 2, Outbox: 2, Timers: 1, Schedules: 2, Dead: 1}) {
		t.Errorf("counts %+v, %v", got, err)
	}
	want := Parcel{
		Lane: 1, Seq: 3, Person: 1, Key: "edit", Attempts: 1, Unprompted: true,
		Out: chat.Outgoing{Key: "edit", To: alice, Form: chat.FormEdit, Text: "hello again", Target: "$first", Choices: []string{"1", "2"}},
	}
	if p := head(t, s, 1); !reflect.DeepEqual(p, want) {
		t.Errorf("head %+v", p)
	}
	if lanes, err := s.DueLanes(ctx, "signal", start.Add(time.Minute), 9); err != nil || !reflect.DeepEqual(lanes, []int64{2}) {
		t.Errorf("lanes %v, %v", lanes, err)
	}
	enqueue(t, s, 1, start, text("dead", "again"), text("first", "again"), text("new", "x"))
	mustSent(t, s, want, "$edit")
	if p := head(t, s, 1); p.Key != "new" || p.Seq != 4 {
		t.Errorf("head %+v", p)
	}
}

func TestFailedUpgradeChangesNothing(t *testing.T) {
	t.Parallel()
	o := oldStore(t)
	last := len(upgrades())
	table := append(upgrades(), dbutil.WrapUpgrade(last, last+1, 0, "test", dbutil.TxnModeOn,
		func(ctx context.Context, db *dbutil.Database) error {
			if _, err := db.Exec(ctx, `DELETE FROM item`); err != nil {
				return err
			}
			return errCaller
		}))
	if _, err := open(context.Background(), o, table); !errors.Is(err, errCaller) {
		t.Fatalf("open: %v", err)
	}
	s := openStore(t, o)
	checkOldPeople(t, s)
}

func TestFreshStoreHasTheSchemaOfAnUpgradedOne(t *testing.T) {
	t.Parallel()
	schema := func(s *Store) (lines []string) {
		mustView(t, s, func(tx *Tx) error {
			return tx.rows(`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name`, nil, func(scan func(...any) error) error {
				var line string
				err := scan(&line)
				lines = append(lines, line)
				return err
			})
		})
		return lines
	}
	fresh, old := schema(openStore(t, sqliteOptions(t))), schema(openStore(t, oldStore(t)))
	if !reflect.DeepEqual(fresh, old) {
		t.Errorf("fresh:\n%q\nupgraded:\n%q", fresh, old)
	}
}

func TestUpgradeKeepsRows(t *testing.T) { forEach(t, testUpgradeKeepsRows) }

// testUpgradeKeepsRows writes rows under the first schema, as far as it can hold
// them, and reads them under the newest.
func testUpgradeKeepsRows(t *testing.T, db database) {
	ctx := context.Background()
	o := db.unmade(t)
	old, err := open(ctx, o, upgrades()[:1])
	if err != nil {
		t.Fatal(err)
	}
	plan := Schedule{Person: 1, Name: "checkin", Flow: "checkin.daily", Cron: "0 21 * * *", Zone: "UTC", NextDue: start}
	mustUpdate(t, old, func(tx *Tx) error {
		if _, err := tx.CreatePerson(alice, start); err != nil {
			return err
		}
		_, err := tx.Admit("matrix", "$1", start)
		body, errSeal := tx.seal(1, postBody{Key: "k", Text: "words"}, fieldPost, 1)
		_, errPost := tx.exec(`INSERT INTO outbox (lane, seq, key, body) VALUES (1, 1, $1, $2)`, tx.s.sendKey("k"), body)
		_, errLane := tx.exec(`UPDATE lane SET next_seq = 2, next_try = 1 WHERE person = 1`)
		return errors.Join(err, tx.AddItem(1, "reasons", "my sister", "$1", start), tx.PutSchedule(plan),
			tx.SetTimer(1, "wait", 1, start), errSeal, errPost, errLane)
	})
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, o)
	if n := count(t, s, `SELECT version FROM version`); n != len(upgrades()) {
		t.Errorf("version %d, want %d", n, len(upgrades()))
	}
	mustUpdate(t, s, func(tx *Tx) error {
		p, err := tx.FindPerson(alice)
		if err != nil {
			return err
		}
		p.Anchor = "k"
		items, errItems := tx.Items(1, "reasons", 0)
		if texts(items) != "1:my sister" {
			t.Errorf("items %q", texts(items))
		}
		plan.ID = 1
		if list, err := tx.Schedules(1); err != nil || len(list) != 1 || list[0] != plan {
			t.Errorf("schedules %+v, %v", list, err)
		}
		if fresh, err := tx.Admit("matrix", "$1", start); fresh || err != nil {
			t.Errorf("a handled event counts as new, %v", err)
		}
		return errors.Join(errItems, tx.SavePerson(p))
	})
	if p := head(t, s, 1); p.Key != "k" || p.Out.Text != "words" {
		t.Errorf("head %+v", p)
	}
}
