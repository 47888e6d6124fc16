package bot_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"handrail/bot/e2e/watch"
)

// forensicAlone says to a process of the tests that it is the one that is watched.
const forensicAlone = "HANDRAIL_FORENSIC_ALONE"

// watched runs the test in a process of its own, and looks over its shoulder all
// the while: at every file that is open, also those that were deleted, and at its
// folder for temporary files, in which nothing may be made but the folder of the
// test. It is false in that process, which has to do the work.
func watched(t *testing.T) bool {
	t.Helper()
	if os.Getenv(forensicAlone) != "" {
		return false
	}
	dir := t.TempDir()
	w, err := watch.New(dir, mark())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, forensicAlone+"=1")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Follow(cmd.Process.Pid)
	ended := cmd.Wait()
	created, found, looks, err := w.End()
	t.Logf("%d looks\n%s", looks, out.String())
	if ended != nil || err != nil {
		t.Fatal(ended, err)
	}
	if looks < 10 {
		t.Errorf("it was looked %d times", looks)
	}
	if len(found) > 0 {
		t.Errorf("words of the person stood in %q", found)
	}
	if len(created) != 1 || !strings.HasPrefix(created[0], t.Name()) {
		t.Errorf("temporary files were made: %q", created)
	}
	return true
}
