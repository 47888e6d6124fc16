package watch

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestFindsWhatIsHidden: a temporary file that was deleted while it is open, in
// UTF-16, and one that was there for a moment.
func TestFindsWhatIsHidden(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := New(dir, "wren")
	if err != nil {
		t.Fatal(err)
	}
	w.Follow(os.Getpid())
	for i, text := range Spellings("a wren sings") {
		f, err := os.CreateTemp(dir, "hidden")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(f.Name()); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(text); err != nil {
			t.Fatal(err)
		}
		name := f.Name() + " (deleted)"
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(pause) {
			again, err := New(dir, "wren")
			if err != nil {
				t.Fatal(err)
			}
			again.Follow(os.Getpid())
			_, found, _, err := again.End()
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(found, name) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("spelling %d is not found in %q", i, found)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	brief := filepath.Join(dir, "brief")
	if err := os.WriteFile(brief, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(brief); err != nil {
		t.Fatal(err)
	}
	created, _, looks, err := w.End()
	if err != nil || len(created) != 4 || !slices.Contains(created, "brief") || looks == 0 {
		t.Errorf("created %q after %d looks, %v", created, looks, err)
	}
}
