package chaos

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"

	"handrail/bot/e2e/homeserver"
)

// handrail is the binary under test, built once for a run of the tests. It is
// the bot as it is, but for its clock, which the test can set.
var handrail string

func TestMain(m *testing.M) {
	code, err := prepareAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func prepareAndRun(m *testing.M) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "handrail-chaos-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if _, err := homeserver.Build(ctx, say); err != nil {
		return 0, err
	}
	handrail = filepath.Join(dir, "handrail")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "goolm,chaos", "-o", handrail, "handrail/cmd/handrail")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the bot: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// say is progress for whoever watches.
func say(line string) { fmt.Fprintln(os.Stderr, line) }
