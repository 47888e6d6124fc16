package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"

	"handrail/bot/e2e/client"
	"handrail/bot/e2e/homeserver"
)

// handrail is the binary under test, built once for a run of the tests.
var handrail string

const clientDir = "client"

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
	dir, err := os.MkdirTemp("", "handrail-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := client.Install(ctx, clientDir); err != nil {
		return 0, err
	}
	progress := func(line string) { fmt.Fprintln(os.Stderr, line) }
	if _, err := homeserver.Build(ctx, progress); err != nil {
		return 0, err
	}
	handrail = filepath.Join(dir, "handrail")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "goolm", "-o", handrail, "handrail/cmd/handrail")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the bot: %w\n%s", err, out)
	}
	return m.Run(), nil
}
