package signalcli

import (
	"database/sql"
	"strings"
	"sync"
	"testing"

	"handrail/bot/store/pgtest"
)

// sharedServer runs until the tests have ended.
var sharedServer = sync.OnceValues(pgtest.Start)

// serverDB is an empty database on a server, with the one connection that a
// ledger has there.
func serverDB(t testing.TB) *sql.DB {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", server.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

const onServer = "TestOnServer"

// ledgerDB is where a test keeps its ledger: on a server below TestOnServer, and
// otherwise in a file (nil).
func ledgerDB(t testing.TB) *sql.DB {
	t.Helper()
	if !strings.HasPrefix(t.Name(), onServer+"/") {
		return nil
	}
	return serverDB(t)
}

// TestOnServer repeats what goes through the ledger with one on a server.
func TestOnServer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T){
		"ledger": TestLedger, "talk": TestTalk, "long text": TestLongText, "stranger": TestStranger, "lost ledger": TestLostLedger,
		"group": TestGroup, "timer": TestTimer, "safety number": TestSafetyNumber, "limits": TestLimits, "refusals": TestRefusals,
		"doubt": TestDoubt, "proof": TestProofIsOfThisMessage, "backlog": TestBacklog, "failing handler": TestFailingHandler,
		"odd lines": TestOddLines, "edit of parts": TestEditOfParts, "lost ledger and other keys": TestLostLedgerAndOtherKeys,
		"tidies": TestTidiesWhileConnected, "timer is a send": TestTimerIsASend, "reconnect": TestReconnect, "other key": TestOtherKey,
	} {
		t.Run(name, test)
	}
}

// newLedger is an empty ledger where the test keeps its own.
func newLedger(t *testing.T) *ledger {
	t.Helper()
	l, err := openLedger(t.Context(), t.TempDir(), ledgerDB(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.db.Close() })
	return l
}
