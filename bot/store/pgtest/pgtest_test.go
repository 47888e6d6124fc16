package pgtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestServer starts a server, loses it, and lets it go.
func TestServer(t *testing.T) {
	t.Parallel()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	name, err := s.Create("template1")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	ask := func(query string) (answer string) {
		t.Helper()
		c, err := pgx.Connect(ctx, s.URL(name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.QueryRow(ctx, query).Scan(&answer), c.Close(ctx)); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	for setting, want := range map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "is_superuser": "off"} {
		if got := ask("SHOW " + setting); got != want {
			t.Errorf("%s is %s, not %s", setting, got, want)
		}
	}
	if err := s.AdminIn(name, "CREATE TABLE t AS SELECT 'kept'::text AS x; GRANT SELECT ON t TO public"); err != nil {
		t.Fatal(err)
	}
	for _, how := range []Ending{Fast, Immediate, Killed} {
		if err := s.Restart(how); err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if got := ask("SELECT x FROM t"); got != "kept" {
			t.Errorf("after %s: %q", how, got)
		}
	}
	if err := s.Drop(name); err != nil {
		t.Error(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Folder()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}
