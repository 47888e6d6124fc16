package bot_test

import (
	"io/fs"
	"testing"

	"handrail/flows"
)

// The crisis words and the help lines of the tests are the shipped ones: what
// they say is data, and the host must work with the real data.
func crisisFS(t testing.TB) fs.FS { return sub(t, "crisis") }
func linesFS(t testing.TB) fs.FS  { return sub(t, "lines") }

func sub(t testing.TB, dir string) fs.FS {
	t.Helper()
	f, err := fs.Sub(flows.FS, dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
