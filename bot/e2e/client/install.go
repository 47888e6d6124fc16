package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"handrail/bot/e2e/child"
)

const (
	oldestNode = 20
	// stampFile says for which package-lock.json node_modules is complete.
	stampFile = "node_modules/.handrail"
)

// Install puts the client's libraries into dir/node_modules as its
// package-lock.json says, unless they are there. It needs Node 20 or newer and
// npm. Two processes that ask at the same time do not both install.
func Install(ctx context.Context, dir string) error {
	lockData, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return fmt.Errorf("install the test client: %w", err)
	}
	if err := checkNode(ctx); err != nil {
		return err
	}
	want := fmt.Sprintf("%x\n", sha256.Sum256(lockData))
	// Beside node_modules, which npm removes; ignored by git by its name.
	unlock, err := child.Lock(ctx, filepath.Join(dir, ".lock"), func(time.Duration) {})
	if err != nil {
		return fmt.Errorf("install the test client: wait for the lock: %w", err)
	}
	defer unlock()
	if got, err := os.ReadFile(filepath.Join(dir, stampFile)); err == nil && string(got) == want {
		return nil
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("install the test client: npm ci: %w\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, stampFile), []byte(want), 0o644); err != nil {
		return fmt.Errorf("install the test client: %w", err)
	}
	return nil
}

// checkNode says what to install, before anything is tried.
func checkNode(ctx context.Context) error {
	const advice = "the end-to-end tests need Node 20 or newer with npm: install it from https://nodejs.org or, on Debian, apt-get install nodejs npm"
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return errors.New("there is no `" + tool + "` command in PATH; " + advice)
		}
	}
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return fmt.Errorf("ask node for its version: %w", err)
	}
	version := strings.TrimSpace(string(out))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		return fmt.Errorf("node is %s; %s", version, advice)
	}
	return nil
}
