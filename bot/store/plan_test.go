package store

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// queries reads every SQL constant out of the package's source, by name, so
// that none can be forgotten.
func queries(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	name := regexp.MustCompile(`^sql[A-Z]`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if ok && name.MatchString(spec.Names[0].Name) && len(spec.Values) == 1 {
				if query, ok := constant(spec.Values[0]); ok {
					found[spec.Names[0].Name] = query
				}
			}
			return true
		})
	}
	if len(found) < 45 {
		t.Fatalf("only %d queries found", len(found))
	}
	return found
}

// planned tells whether a query has a plan: those that steer transactions have none.
func planned(query string) bool {
	return strings.Contains(query, " ") && !regexp.MustCompile(`SAVEPOINT|BEGIN|^VACUUM|^SELECT 1$`).MatchString(query)
}

// ofSQLite tells that a query is for a file only.
func ofSQLite(name string) bool { return strings.HasPrefix(name, "sqlSQLite") }

// ofPostgres tells that a query is in postgres.go.
func ofPostgres(name string) bool { return strings.HasPrefix(name, "sqlPostgres") }

func constant(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		x, okX := constant(e.X)
		y, okY := constant(e.Y)
		return x + y, okX && okY
	}
	return "", false
}

// TestEveryQueryUsesAnIndex asks SQLite how it would run each query: none may
// read a whole table or sort, but for the few that are meant to.
func TestEveryQueryUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := openStore(t, sqliteOptions(t))
	meant := map[string]string{
		"sqlCounts":       "counting reads an index from end to end",
		"sqlNextDue":      "three smallest values are put side by side",
		"sqlSchedules":    "the few schedules of one person are sorted",
		"sqlHealthPeople": "counting", "sqlHealthTimers": "counting", "sqlHealthPlans": "counting", "sqlHealthOutbox": "counting",
		"sqlHealthLanes": "counting", "sqlHealthDead": "counting", "sqlNotes": "a few rows a day", "sqlDayNotes": "a few rows a day",
		"sqlNoLeases": "a table of a few rows", "sqlNoCopies": "a table of a few rows",
		"sqlCountKeys": "counting", "sqlVersion": "a table of one row", "sqlSQLiteRaise": "a table of two rows",
		"sqlPersonKeys": "a backup is verified as a whole", "sqlDoubtAll": "a restored store is marked as a whole",
		"sqlDueAnswers": "the posts that answer somebody are few",
		"sqlReplicas":   "a row for each copy", "sqlProcesses": "a row for each copy", "sqlCountCopies": "a row for each copy", "sqlDropReplicas": "a row for each copy",
		"sqlOpenCases": "an index of open cases alone", "sqlEntries": "the record is read as a whole", "sqlLastEntry": "the end of an index",
		"sqlLeases": "a row for each account", "sqlLeaveLeases": "a row for each account",
	}
	plain := regexp.MustCompile(`^(SCAN (version|sqlite_sequence|person_key|dead)$|SCAN (desk_case|desk_record) USING INDEX|SCAN (outbox|note) USING INDEX|SCAN (person|person_key|outbox|timer|schedule|dead) USING COVERING INDEX|SCAN next|CO-ROUTINE|SCALAR|COMPOUND|LEFT-MOST|UNION ALL|SEARCH (timer|schedule|lane) USING COVERING INDEX|SCAN CONSTANT|SCAN (replica|lease)|USE TEMP B-TREE FOR (ORDER BY|DISTINCT))`)
	for name, query := range queries(t) {
		if !planned(query) || ofPostgres(name) {
			continue
		}
		args := make([]any, highest(query))
		var plan []string
		mustView(t, s, func(tx *Tx) error {
			return tx.rows("EXPLAIN QUERY PLAN "+query, args, func(scan func(...any) error) error {
				var id, parent, unused int
				var detail string
				if err := scan(&id, &parent, &unused, &detail); err != nil {
					return err
				}
				plan = append(plan, detail)
				return nil
			})
		})
		for _, line := range plan {
			bad := strings.HasPrefix(line, "SCAN") || strings.Contains(line, "TEMP B-TREE")
			if bad && (meant[name] == "" || !plain.MatchString(line)) {
				t.Errorf("%s: %q in\n%s\n%s", name, line, query, strings.Join(plan, "\n"))
			}
		}
	}
}

func highest(query string) int {
	top := 0
	for _, m := range regexp.MustCompile(`\$([0-9]+)`).FindAllStringSubmatch(query, -1) {
		n, _ := strconv.Atoi(m[1]) // digits
		top = max(top, n)
	}
	return top
}

// TestQueriesFitBothDatabases holds what PostgreSQL asks for: placeholders
// numbered in order of first appearance, and no words that it does not know.
func TestQueriesFitBothDatabases(t *testing.T) {
	t.Parallel()
	foreign := regexp.MustCompile(`(?i)\b(INSERT OR|REPLACE INTO|IFNULL|DATETIME|STRFTIME|PRAGMA|ROWID|GLOB|AUTOINCREMENT|IMMEDIATE)\b|\?`)
	for name, query := range queries(t) {
		seen := 0
		for _, m := range regexp.MustCompile(`\$([0-9]+)`).FindAllStringSubmatch(query, -1) {
			n, _ := strconv.Atoi(m[1]) // digits
			if n > seen+1 {
				t.Errorf("%s: $%d comes before $%d", name, n, seen+1)
			}
			seen = max(seen, n)
		}
		if word := foreign.FindString(query); word != "" && name != "sqlBeginImmediate" && !ofPostgres(name) {
			t.Errorf("%s: %q is SQLite's alone", name, word)
		}
	}
}

// TestHotPathIsPrepared tells that the writer prepares each query once.
func TestHotPathIsPrepared(t *testing.T) { forEach(t, testHotPathIsPrepared) }

func testHotPathIsPrepared(t *testing.T, db database) {
	s := db.newStore(t)
	id := create(t, s, alice)
	path := func(event string) func(tx *Tx) error {
		return func(tx *Tx) error {
			_, err := tx.Admit("matrix", event, start)
			p, errFind := tx.FindPerson(alice)
			if errFind != nil {
				return errFind
			}
			return errors.Join(err, tx.SavePerson(p), tx.Enqueue(id, text(event, "x"), start), tx.SetTimer(id, "wait", 1, start))
		}
	}
	mustUpdate(t, s, path("$1"))
	before := len(s.writer.conn.stmts)
	for _, event := range []string{"$2", "$3", "$4"} {
		mustUpdate(t, s, path(event))
	}
	if after := len(s.writer.conn.stmts); after != before {
		t.Errorf("%d statements, then %d", before, after)
	}
	if err := s.Update(context.Background(), func(tx *Tx) error { _, err := tx.exec(`nonsense`); return err }); err == nil {
		t.Error("a query that cannot be prepared went through")
	}
}
