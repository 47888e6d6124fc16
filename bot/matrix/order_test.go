package matrix

import (
	"context"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto"
)

// TestSessionsDoNotWaitForEachOther reads Olm sessions in both ways at once, on
// the one connection that there is.
func TestSessionsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	tr := &Transport{vault: vault{dir: t.TempDir()}}
	db, err := tr.openDB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	store := keyStore{crypto.NewSQLCryptoStore(db, db.Log, "", "DEVICE", []byte("a key for pickles")), new(sync.Mutex)}
	if err := store.DB.Upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 2000 {
					if _, err := store.GetSessions(ctx, "somebody"); err != nil {
						t.Error(err)
						return
					}
				}
			})
			all.Go(func() {
				for range 2000 {
					if _, err := store.GetLatestSession(ctx, "somebody"); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		t.Fatal("they wait for each other")
	}
}
