package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/util/dbutil"

	"handrail/bot/seal"
	"handrail/bot/store/pgtest"
)

// nameOf is the name of the database at an address.
func nameOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

// asAdmin runs a statement in a database as its server's owner.
func asAdmin(t testing.TB, address, statement string) {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.AdminIn(nameOf(t, address), statement); err != nil {
		t.Fatal(err)
	}
}

func TestPostgresRefuses(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	const secret = "geheimwort"
	used := func(change string) func(t *testing.T) string {
		return func(t *testing.T) string {
			o := postgresOptions(t)
			o.Master = m
			s, err := Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if change != "" {
				asAdmin(t, o.URL, strings.ReplaceAll(change, "DB", nameOf(t, o.URL)))
			}
			return o.URL
		}
	}
	is := func(address string) func(*testing.T) string { return func(*testing.T) string { return address } }
	tests := []struct {
		name string
		url  func(t *testing.T) string
		key  *seal.Master
		want error
		says string
	}{
		{"wrong key", used(""), newMaster(t), ErrWrongKey, "key file"},
		{"newer schema", used(`UPDATE version SET version = 99, compat = 99`), m, ErrNewerSchema, "newer version"},
		{"another program's", used(`UPDATE database_owner SET owner = 'other'`), m, dbutil.ErrNotOwned, "other"},
		{"another program's tables", func(t *testing.T) string {
			address := emptyPostgres(t, "template1")
			asAdmin(t, address, `CREATE TABLE event_json (x int)`)
			return address
		}, m, dbutil.ErrForeignTables, "of its own"},
		{"commits not flushed", used(`ALTER DATABASE DB SET synchronous_commit = off`), m, ErrUnsafeDatabase, "synchronous_commit"},
		{"read-only", used(`ALTER DATABASE DB SET default_transaction_read_only = on`), m, ErrUnsafeDatabase, "replica"},
		{"password in the address", is("postgres://bot:" + secret + "@127.0.0.1/x"), m, nil, "password does not belong"},
		{"password as a parameter", is("postgres://bot@127.0.0.1/x?password=" + secret), m, nil, "password does not belong"},
		{"not an address", is("postgres://bot:" + secret + "@127.0.0.1:port/x"), m, nil, "not of the form"},
		{"another database", is("mysql://bot:" + secret + "@127.0.0.1/x"), m, nil, "not of the form"},
		{"unknown parameter value", is("postgres://bot@127.0.0.1/x?sslmode=" + secret), m, nil, "question mark"},
		{"over the network without a word about TLS", is("postgres://bot@db.example.org/x"), m, ErrUnsafeDatabase, "sslmode=verify-full"},
		{"the second of two servers over the network", is("postgres://bot@127.0.0.1:1,db.example.org:1/x"), m, ErrUnsafeDatabase, "sslmode=verify-full"},
		{"nobody there", is("postgres://bot@127.0.0.1:1/x"), m, nil, "127.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address := tt.url(t)
			for range 2 { // a refusal lets go of the lock
				var log strings.Builder
				s, err := Open(context.Background(), Options{
					URL: address, Password: secret, Master: tt.key, Log: slog.New(slog.NewTextHandler(&log, nil)),
				})
				if err == nil {
					_ = s.Close()
					t.Fatal("opened")
				}
				if tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("error %q, want %v that says %q", err, tt.want, tt.says)
				}
				if strings.Contains(err.Error()+log.String(), secret) {
					t.Error("the password is told")
				}
			}
		})
	}
	if _, err := Open(context.Background(), Options{Path: "x", URL: "postgres://bot@127.0.0.1/x", Master: m}); err == nil {
		t.Error("opened both a path and an address")
	}
}

// TestPostgresFence lets a store lose its session while another copy waits: the
// first neither writes nor reads any more, until the other one has gone.
func TestPostgresFence(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := postgresOptions(t)
	first := openStore(t, o)
	mustUpdate(t, first, admit("a"))
	cutOff(t, o)
	second, err := Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first still has to learn of it
		err = first.Update(ctx, admit("b"))
	}
	if !errors.Is(err, ErrLocked) {
		t.Errorf("Update: %v, want ErrLocked", err)
	}
	if err := first.View(ctx, func(*Tx) error { t.Error("ran"); return nil }); !errors.Is(err, ErrLocked) {
		t.Errorf("View: %v, want ErrLocked", err)
	}
	mustUpdate(t, second, admit("c"))
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, first, admit("d"))
	if kept := admitted(t, first, "a", "b", "c", "d"); kept != "a c d" {
		t.Errorf("kept %q", kept)
	}
}

// cutOff ends the session that holds the lock of a store.
func cutOff(t *testing.T, o Options) {
	t.Helper()
	asAdmin(t, o.URL, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted `+
		`AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
}

// TestPostgresIdleWriterFindsOut takes the session of a store in which nobody
// writes: Views stop all the same, and go on when the lock is free again.
func TestPostgresIdleWriterFindsOut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := postgresOptions(t)
	first := openStore(t, o)
	look := func(*Tx) error { return nil }
	cutOff(t, o)
	second, err := Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	first.writer.beat.Reset(10 * time.Millisecond)
	for deadline := time.Now().Add(2 * time.Minute); !errors.Is(err, ErrLocked); time.Sleep(10 * time.Millisecond) {
		if err = first.View(ctx, look); time.Now().After(deadline) {
			t.Fatalf("the first still reads: %v", err)
		}
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); err != nil; time.Sleep(10 * time.Millisecond) {
		if err = first.View(ctx, look); time.Now().After(deadline) {
			t.Fatalf("the first does not come back: %v", err)
		}
	}
}

// TestPostgresOverlookedFault has functions that go on after a statement failed:
// the server keeps nothing of them, so they must not hear that it did.
func TestPostgresOverlookedFault(t *testing.T) {
	t.Parallel()
	s := openStore(t, postgresOptions(t))
	careless := func(event string) func(tx *Tx) error {
		return func(tx *Tx) error {
			if err := admit(event)(tx); err != nil {
				return err
			}
			_, _ = tx.exec(sqlAddLane, 4711, "matrix")
			return nil
		}
	}
	if err := s.Update(context.Background(), careless("a")); !errors.Is(err, errOverlooked) {
		t.Errorf("a lone caller got %v", err)
	}
	errs := together(t, s, admit("b"), careless("c"), admit("d"))
	if errs[0] != nil || !errors.Is(errs[1], errOverlooked) || errs[2] != nil {
		t.Errorf("callers got %v", errs)
	}
	if kept := admitted(t, s, "a", "b", "c", "d"); kept != "b d" {
		t.Errorf("kept %q", kept)
	}
}

// TestPostgresFaultsQuoteNothing makes the server and the driver complain about
// a value.
func TestPostgresFaultsQuoteNothing(t *testing.T) {
	t.Parallel()
	const word = "geheimwort"
	s := openStore(t, postgresOptions(t))
	id := create(t, s, alice)
	for query, arg := range map[string]any{
		`SELECT CAST($1::text AS BIGINT)`: word, `SELECT id FROM person WHERE id = $1`: word,
		`INSERT INTO meta (name, value) VALUES ($1, 'key_check'), ($1, '')`: word,
		`SELECT $1::text::bytea`: `\` + word, `SELECT n FROM note WHERE kind = $1`: word + "\x00",
	} {
		err := s.Update(context.Background(), func(tx *Tx) error { return tx.row(query, []any{arg}, &id) })
		if err == nil || strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// TestPostgresCrashes ends the server again and again while callers write. They
// do again what was not acknowledged, with the same event, as the networks do.
func TestPostgresCrashes(t *testing.T) {
	t.Parallel()
	server := pgtest.ForTest(t, "")
	s := openStore(t, Options{URL: server.Empty(t), Master: newMaster(t)})
	id := create(t, s, alice)
	const callers, crashes = 8, 4
	stop := make(chan struct{})
	var done [callers]int // events each caller got acknowledged
	var faults sync.Map
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for {
				event := fmt.Sprint(c, ".", done[c])
				err := s.Update(context.Background(), func(tx *Tx) error {
					fresh, err := tx.Admit("matrix", event, start)
					if err != nil || !fresh {
						return err
					}
					p, err := tx.LoadPerson(id)
					if err != nil {
						return err
					}
					p.Session.Seq++
					return errors.Join(tx.SavePerson(p), tx.Enqueue(id, text(event, "words"), start))
				})
				if err != nil {
					faults.Store(err.Error(), true)
					time.Sleep(10 * time.Millisecond)
					continue
				}
				done[c]++
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for range crashes {
		time.Sleep(300 * time.Millisecond)
		if err := server.Crash(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(300 * time.Millisecond)
	close(stop)
	wg.Wait()
	total := 0
	for _, n := range done {
		total += n
	}
	mustView(t, s, func(tx *Tx) error {
		p, err := tx.LoadPerson(id)
		if err == nil && p.Session.Seq != int64(total) {
			t.Errorf("%d acknowledged, %d kept", total, p.Session.Seq)
		}
		return err
	})
	for _, table := range []string{"inbox", "outbox"} {
		if n := count(t, s, "SELECT COUNT(*) FROM "+table); n != total {
			t.Errorf("%d acknowledged, %d rows in %s", total, n, table)
		}
	}
	seen := 0
	faults.Range(func(any, any) bool { seen++; return true })
	if seen == 0 || total < callers*crashes {
		t.Errorf("%d kinds of faults, %d events: the server was not missed", seen, total)
	}
	t.Logf("%d events, %d kinds of faults", total, seen)
}

func TestPostgresScrub(t *testing.T) {
	t.Parallel()
	s := openStore(t, postgresOptions(t))
	fill(t, s, 0, 2000)
	mustUpdate(t, s, func(tx *Tx) error { _, err := tx.exec(`DELETE FROM person WHERE id > 10`); return err })
	size := func() int { return count(t, s, `SELECT pg_relation_size('person') + pg_relation_size('person_key')`) }
	before := size()
	if err := s.Scrub(context.Background()); err != nil {
		t.Fatal(err)
	}
	if after := size(); after >= before/10 {
		t.Errorf("%d bytes, %d after: the deleted rows are still there", before, after)
	}
	mustUpdate(t, s, admit("a")) // the connections are as they were
	for range readers {
		mustView(t, s, func(*Tx) error { return nil })
	}
}

// TestPostgresEveryQueryUsesAnIndex asks PostgreSQL how it would run each query
// on tables with many rows.
func TestPostgresEveryQueryUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openStore(t, postgresOptions(t))
	crowd(t, s)
	meant := map[string]string{
		"sqlCounts": "counts every row", "sqlCapEditions": "at most some hundred rows",
		"sqlGetMeta": "a table of two rows", "sqlAddMeta": "a table of two rows", "sqlPutMeta": "a table of two rows",
		"sqlDropMeta": "a table of two rows", "sqlSetCheck": "a table of two rows", "sqlCountKeys": "counting",
		"sqlHealthPeople": "counting", "sqlHealthTimers": "counting", "sqlHealthPlans": "counting", "sqlHealthOutbox": "counting",
		"sqlHealthLanes": "counting", "sqlHealthDead": "counting", "sqlNotes": "a few rows a day",
		"sqlNoLeases": "a table of a few rows", "sqlNoCopies": "a table of a few rows",
		"sqlVersion": "a table of one row", "sqlPersonKeys": "reads every row", "sqlDoubtAll": "changes every row",
		"sqlDropReplicas": "a row for each copy", "sqlCountCopies": "a row for each copy", "sqlReplicas": "a row for each copy", "sqlProcesses": "a row for each copy",
		"sqlLeases": "a row for each account", "sqlGetLease": "a row for each account", "sqlRenewLease": "a row for each account",
		"sqlLeaveLeases": "a row for each account", "sqlFence": "a row for each account", "sqlBeat": "a row for each copy",
		"sqlEntries": "the record is read as a whole", "sqlDayNotes": "for a report of the month",
		"sqlLeaveReplica": "a row for each copy", "sqlTakeLease": "a row for each account",
	}
	value := map[string]string{"bigint": "5", "integer": "5", "smallint": "1", "text": "'matrix'", "bytea": `'\x0123'`}
	for name, query := range queries(t) {
		if !planned(query) || ofPostgres(name) || ofSQLite(name) || strings.HasPrefix(name, "sqlBegin") {
			continue
		}
		var types string
		var plan []string
		err := s.Update(context.Background(), func(tx *Tx) error {
			c, ctx := tx.c.c, context.Background()
			if _, err := c.ExecContext(ctx, "PREPARE asked AS "+query); err != nil {
				return err
			}
			err := c.QueryRowContext(ctx, `SELECT array_to_string(parameter_types, ',') FROM pg_prepared_statements WHERE name = 'asked'`).Scan(&types)
			if err != nil {
				return err
			}
			var args []string
			if types != "" {
				for name := range strings.SplitSeq(types, ",") {
					args = append(args, value[name])
				}
			}
			ask := "EXPLAIN EXECUTE asked"
			if len(args) > 0 {
				ask += "(" + strings.Join(args, ", ") + ")"
			}
			rows, err := c.QueryContext(ctx, ask)
			if err != nil {
				return err
			}
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					return err
				}
				plan = append(plan, line)
			}
			_, err = c.ExecContext(ctx, "DEALLOCATE asked")
			return errors.Join(err, rows.Err(), errCaller)
		})
		if err == nil || err.Error() != errCaller.Error() {
			t.Errorf("%s: %v", name, err)
		}
		if slow := regexp.MustCompile(`Seq Scan`).FindString(strings.Join(plan, "\n")); slow != "" && meant[name] == "" {
			t.Errorf("%s: %s\n%s\n%s", name, slow, query, strings.Join(plan, "\n"))
		}
	}
}

// crowd fills every table with rows that nobody can open.
func crowd(t *testing.T, s *Store) {
	t.Helper()
	mustUpdate(t, s, func(tx *Tx) error {
		for _, q := range []string{
			`INSERT INTO person (network, who, address, state, created, seen, edition, parked_edition) ` +
				`SELECT 'matrix', int8send(g), int8send(g), int8send(g), g, g, g, g FROM generate_series(1, 20000) g`,
			`INSERT INTO person_key (person, wrapped) SELECT id, who FROM person`,
			`INSERT INTO item (person, n, list, source, body, created) SELECT id, 1, who, who, who, 1 FROM person`,
			`INSERT INTO schedule (person, name, body, next_due) SELECT id, who, who, id * 1000 FROM person`,
			`INSERT INTO timer (person, kind, seq, due) SELECT id, 'wait', 1, id * 1000 FROM person`,
			`INSERT INTO inbox (event, at) SELECT who, id * 1000 FROM person`,
			`INSERT INTO lane (person, network, next_try) SELECT id, 'matrix', id * 1000 FROM person`,
			`INSERT INTO outbox (lane, seq, key, body) SELECT id, 1, who, who FROM person`,
			`INSERT INTO sent (person, key, event, at) SELECT id, who, who, id * 1000 FROM person`,
			`INSERT INTO dead (person, seq, reason, at) SELECT id, 1, 'other', 1 FROM person`,
			`INSERT INTO note (kind, day, n) SELECT 'kind' || id, id, 1 FROM person`,
			`INSERT INTO edition (hash, replaced, revs, scripts) SELECT 'hash' || id, id * 1000, who, who FROM person`,
			`INSERT INTO link_code (person, code, until) SELECT id, who, id FROM person`,
			`INSERT INTO desk_case (person, lane, open, body) SELECT id, id, CASE WHEN id % 100 = 0 THEN 1 ELSE 0 END, who FROM person`,
			`INSERT INTO desk_crossing (event, copy, lane, body) SELECT who, who, id, who FROM person`,
			`INSERT INTO desk_away (who, why) SELECT who, 'away' FROM person`,
			`INSERT INTO desk_key (who, key, sure) SELECT who, who, 1 FROM person`,
			`INSERT INTO desk_record (seq, at, body) SELECT id, 1, who FROM person`,
		} {
			if _, err := tx.exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Scrub(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestPostgresReadsWhatIsDueInOrder: in a minute in which a great many are due the
// server must not collect and sort all of them for each page.
func TestPostgresReadsWhatIsDueInOrder(t *testing.T) {
	t.Parallel()
	o := postgresOptions(t)
	s := openStore(t, o)
	const people = 5000
	fill(t, s, 0, people)
	mustUpdate(t, s, func(tx *Tx) error {
		for id := PersonID(1); id <= people; id++ {
			due := start.Add(-time.Second * time.Duration(id%40))
			if id%3 == 0 {
				due = start.Add(time.Hour)
			}
			err := errors.Join(
				tx.PutSchedule(Schedule{Person: id, Name: "checkin", Flow: "checkin.ask", Cron: "0 9 * * *", NextDue: due}),
				tx.SetTimer(id, "session", 0, due))
			if err != nil {
				return err
			}
		}
		return nil
	})
	asAdmin(t, o.URL, "ANALYZE")
	plan := func(query string, args ...any) string {
		var lines []string
		mustView(t, s, func(tx *Tx) error {
			return tx.rows("EXPLAIN "+query, args, func(scan func(...any) error) error {
				lines = append(lines, "")
				return scan(&lines[len(lines)-1])
			})
		})
		return strings.Join(lines, "\n")
	}
	whose := []any{millis(start), 1, 0, millis(start.Add(-othersAfter)), ""}
	for query, more := range map[string][]any{
		sqlDueAhead: {2048}, sqlTimersAhead: {"session", 2048}, sqlDueSchedules: {500}, sqlDueTimers: {500},
	} {
		text := plan(query, append(slices.Clone(whose), more...)...)
		if !strings.Contains(text, "_due on ") || regexp.MustCompile("Sort|Bitmap|Gather|JIT").MatchString(text) {
			t.Errorf("not in the order of the index:\n%s\n%s", query, text)
		}
	}
	// Nobody is due as far as the server has counted: then a crowd is, and the few
	// who talk must not be looked for among them.
	if text := plan(sqlDueAnswers, millis(start), "matrix", 256); strings.Contains(text, "lane_due") {
		t.Errorf("answers are looked for among all that is due:\n%s", text)
	}
}
