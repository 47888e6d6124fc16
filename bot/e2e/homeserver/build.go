package homeserver

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"handrail/bot/e2e/child"
)

// The module that builds Dendrite. Its files have other names here, because a
// folder with a go.mod would be no part of our module and could not be
// embedded. To move to another version: copy the three files to an empty
// folder as go.mod, go.sum and tools.go, change the version, `go mod tidy`.
var (
	//go:embed dendrite.mod
	pinnedMod []byte
	//go:embed dendrite.sum
	pinnedSum []byte
	//go:embed tools.txt
	pinnedImports []byte
)

const (
	serverPackage = "github.com/element-hq/dendrite/cmd/dendrite"
	progressEvery = 10 * time.Second
)

// Build returns the path of the Dendrite binary, compiling it first when this
// user has none for the pinned version. That takes about two minutes, needs
// `go`, a C compiler and the module proxy, and happens once: two processes that
// ask at the same time do not both build. progress is called, from one
// goroutine, with lines for a person to read; it may be nil.
func Build(ctx context.Context, progress func(string)) (bin string, err error) {
	if progress == nil {
		progress = func(string) {}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the homeserver (set HOME or XDG_CACHE_HOME): %w", err)
	}
	dir := filepath.Join(cache, "handrail", "dendrite-"+pins())
	bin = filepath.Join(dir, "dendrite")
	if isFile(bin) {
		return bin, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the homeserver's folder: %w", err)
	}
	unlock, err := child.Lock(ctx, filepath.Join(dir, "lock"), func(d time.Duration) {
		progress(fmt.Sprintf("Another process is building the homeserver, waiting for it: %.0f s so far ...", d.Seconds()))
	})
	if err != nil {
		return "", fmt.Errorf("wait for the homeserver's build lock: %w", err)
	}
	defer unlock()
	if isFile(bin) { // the other process built it
		return bin, nil
	}
	if err := checkTools(ctx); err != nil {
		return "", err
	}
	if err := writeModule(dir); err != nil {
		return "", fmt.Errorf("write the homeserver's module: %w", err)
	}
	fresh := bin + ".new"
	if err := compile(ctx, dir, fresh, progress); err != nil {
		return "", err
	}
	// The rename is what says "finished": a killed build leaves no binary.
	if err := os.Rename(fresh, bin); err != nil {
		return "", fmt.Errorf("put the homeserver in its place: %w", err)
	}
	return bin, nil
}

// pins names what the binary depends on: the pinned module and the Go version.
func pins() string {
	h := sha256.New()
	for _, part := range [][]byte{pinnedMod, pinnedSum, pinnedImports, []byte(runtime.Version() + runtime.GOARCH)} {
		fmt.Fprintf(h, "%d:", len(part))
		h.Write(part)
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:12]
}

func isFile(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular()
}

func writeModule(dir string) error {
	for name, data := range map[string][]byte{"go.mod": pinnedMod, "go.sum": pinnedSum, "tools.go": pinnedImports} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// checkTools looks for the compilers before anything is downloaded.
func checkTools(ctx context.Context) error {
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the homeserver must be compiled once and there is no `go` command in PATH: install Go from https://go.dev/dl/")
	}
	out, err := exec.CommandContext(ctx, "go", "env", "CC").Output()
	if err != nil {
		return fmt.Errorf("ask go for the C compiler: %w", err)
	}
	cc := strings.Fields(string(out))
	if len(cc) == 0 {
		cc = []string{"gcc"}
	}
	if _, err := exec.LookPath(cc[0]); err != nil {
		return fmt.Errorf("the homeserver must be compiled once and there is no C compiler %q in PATH: install gcc", cc[0])
	}
	return nil
}

func compile(ctx context.Context, dir, out string, progress func(string)) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", out, serverPackage)
	cmd.Dir = dir
	// The flags of our own build (tags, vendor, workspace) are not Dendrite's.
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=1", "GOOS=", "GOARCH=")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var output child.Tail
	cmd.Stdout, cmd.Stderr = &output, &output
	progress("Building the homeserver, about two minutes the first time ...")
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the homeserver's build: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if ctx.Err() != nil {
				return fmt.Errorf("build the homeserver: %w", ctx.Err())
			}
			if err != nil {
				return fmt.Errorf("build the homeserver: %w\n%s", err, output.String())
			}
			progress(fmt.Sprintf("The homeserver is built (%.0f s).", time.Since(start).Seconds()))
			return nil
		case <-tick.C:
			progress(fmt.Sprintf("Building the homeserver, about two minutes the first time: %.0f s so far ...", time.Since(start).Seconds()))
		}
	}
}
