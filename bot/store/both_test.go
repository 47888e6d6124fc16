package store

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"handrail/bot/store/pgtest"
)

// database is one of the two that a store can be kept in. What the store
// promises is tested on both, with the same tests.
type database struct {
	name string
	// empty makes the options for a store that is not there yet, with a key of
	// its own.
	empty func(t testing.TB) Options
}

// forEach runs a test on each database.
func forEach(t *testing.T, test func(t *testing.T, db database)) {
	t.Parallel()
	for _, db := range []database{{"sqlite", sqliteOptions}, {"postgres", postgresOptions}} {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			test(t, db)
		})
	}
}

func sqliteOptions(t testing.TB) Options {
	t.Helper()
	return Options{Path: newPath(t), Master: newMaster(t)}
}

// sharedServer is the server of all tests that do not break it.
var sharedServer = sync.OnceValues(pgtest.Start)

// templateName is an empty database with the newest schema: copying it is
// quicker than making another. It holds no master key yet.
var templateName = sync.OnceValues(func() (string, error) {
	server, err := sharedServer()
	if err != nil {
		return "", err
	}
	name, err := server.Create("template1")
	if err != nil {
		return "", err
	}
	e, err := newPostgres(server.URL(name), "")
	if err != nil {
		return "", err
	}
	db, err := e.open(context.Background())
	if err != nil {
		return "", err
	}
	db.UpgradeTable = upgrades()
	if err := db.Upgrade(context.Background()); err != nil {
		return "", err
	}
	return name, db.Close()
})

func postgresOptions(t testing.TB) Options {
	t.Helper()
	template, err := templateName()
	if err != nil {
		t.Fatal(err)
	}
	return Options{URL: emptyPostgres(t, template), Master: newMaster(t)}
}

// emptyPostgres makes a database of the shared server, which goes after the test.
func emptyPostgres(t testing.TB, template string) string {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		t.Fatal(err)
	}
	name, err := server.Create(template)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Drop(name); err != nil {
			t.Error(err)
		}
	})
	return server.URL(name)
}

// newStore opens a store of its own for a test and closes it in the end.
func (db database) newStore(t testing.TB) *Store {
	t.Helper()
	return openStore(t, db.empty(t))
}

// unmade is a store with no schema yet.
func (db database) unmade(t testing.TB) Options {
	t.Helper()
	o := db.empty(t)
	if o.URL != "" {
		o.URL = emptyPostgres(t, "template1")
	}
	return o
}

// onSQLite are the tests of one database only, each with its reason.
var onSQLite = map[string]string{
	"TestOpenRefuses":                           "files and their modes; PostgreSQL has TestPostgresRefuses",
	"TestOpenMakesPrivateFiles":                 "files",
	"TestUnsafeConnectionIsRefused":             "pragmas; PostgreSQL has TestPostgresRefuses",
	"TestFullDisk":                              "a bound that only SQLite has",
	"TestErasedRowsLeaveNoBytes":                "PostgreSQL does not promise it: see Scrub",
	"TestEveryQueryUsesAnIndex":                 "plans; PostgreSQL has TestPostgresEveryQueryUsesAnIndex",
	"TestRotationKnowsWhatIsSealed":             "no database",
	"TestVerifyFindsDamage":                     "a backup is a file",
	"TestOldStoreLearnsEditions":                "a file of the first version; both have TestUpgradeKeepsRows",
	"TestOldStoreKeepsWorking":                  "a file of the first version; both have TestUpgradeKeepsRows",
	"TestFailedUpgradeChangesNothing":           "a file of the first version",
	"TestFreshStoreHasTheSchemaOfAnUpgradedOne": "a file of the first version",
	"TestPublishedUpgradesAreNeverEdited":       "no database",
	"TestQueriesFitBothDatabases":               "no database",
	"TestLogMoved":                              "a write-ahead log of a file",
	"TestScrubBesideMoves":                      "a write-ahead log of a file",
	"TestKeyCache":                              "no database",
	"TestEveryTestRunsOnBothDatabases":          "no database",
}

// TestEveryTestRunsOnBothDatabases finds the tests that somebody wrote for one
// database: a test is `func TestX(t *testing.T) { forEach(t, testX) }`, or begins
// with TestPostgres, or says above why it is of SQLite alone.
func TestEveryTestRunsOnBothDatabases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Test") || f.Name.Name == "TestMain" || strings.HasPrefix(f.Name.Name, "TestPostgres") {
				continue
			}
			found++
			both := false
			ast.Inspect(f.Body, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				both = both || ok && id.Name == "forEach"
				return true
			})
			if both == (onSQLite[f.Name.Name] != "") {
				t.Errorf("%s: %s runs on both: %v, and the reason why not is %q", path, f.Name.Name, both, onSQLite[f.Name.Name])
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d tests found", found)
	}
}

func TestMain(m *testing.M) {
	if where := os.Getenv(childStore); where != "" {
		err := error(nil)
		if to := os.Getenv(childMove); to != "" {
			err = moveChild(to, os.Stdout)
		} else if socket := os.Getenv(childNetwork); socket != "" {
			err = replicaChild(where, socket)
		} else {
			err = victim(where, os.Stdout)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if server, err := sharedServer(); err == nil {
			if err := server.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		os.Exit(code)
	}))
}

// logged is options with a log.
func logged(o Options, log *slog.Logger) Options {
	o.Log = log
	return o
}
