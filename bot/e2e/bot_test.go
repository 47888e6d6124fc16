package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/child"
	"handrail/flows"
)

const (
	botPatience  = 2 * time.Minute
	restartAfter = 500 * time.Millisecond // whoever watches over the bot waits so long
)

// botRun is the bot as its operator runs it: a folder with a configuration, and
// a process that comes and goes.
type botRun struct {
	dir string
	log *os.File // standard error of every run, one after the other
	// managed is to be started again by a service manager when it ends by itself:
	// what it needs to start may just not be there.
	managed bool
	proc    *child.Process
	kept    *child.Kept // in the place of proc, if it is managed
}

// setUpBot writes what an operator would write.
func setUpBot(t testing.TB, dir, url, user, password string) *botRun {
	t.Helper()
	config := fmt.Sprintf(`data: data
master_key_file: master.key
scripts: scripts
matrix:
  homeserver: %s
  user: %s
  password_file: password
log: {level: debug}
`, url, user)
	must(t, os.MkdirAll(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "password"), []byte(password+"\n"), 0o400))
	must(t, os.CopyFS(filepath.Join(dir, "scripts"), flows.FS))
	extra := os.DirFS("testdata")
	must(t, fs.WalkDir(extra, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(extra, path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "scripts", path), data, 0o600)
	}))
	if out, err := exec.Command(handrail, "keygen", filepath.Join(dir, "master.key")).CombinedOutput(); err != nil {
		t.Fatalf("keygen: %v\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	must(t, err)
	b := &botRun{dir: dir, log: log}
	t.Cleanup(func() { b.kill(); _ = log.Close() })
	return b
}

// start starts the bot and does not wait for anything: what is sent to it waits
// on the homeserver.
func (b *botRun) start(t testing.TB) {
	t.Helper()
	if b.proc != nil || b.kept != nil {
		t.Fatal("the bot already runs")
	}
	var err error
	if b.managed {
		b.kept, err = child.Keep(restartAfter, b.runCommand, func() {})
	} else {
		b.proc, err = child.Start(b.runCommand())
	}
	must(t, err)
}

func (b *botRun) runCommand() *exec.Cmd {
	cmd := exec.Command(handrail, "run", "-c", filepath.Join(b.dir, "config.yaml"))
	cmd.Stderr, cmd.Stdout = b.log, b.log
	return cmd
}

// kill ends the bot as a crash would.
func (b *botRun) kill() {
	if b.proc != nil {
		b.proc.Kill()
	}
	if b.kept != nil {
		b.kept.Kill()
	}
	b.proc, b.kept = nil, nil
}

// stop ends the bot in good order and says so if it was not.
func (b *botRun) stop(t testing.TB) {
	t.Helper()
	if state := b.terminate(t); state != nil && !state.Success() {
		t.Errorf("the bot ended with %s\n%s", state, b.logEnd())
	}
}

// terminate sends SIGTERM and returns how the bot ended, nil if it did not run.
func (b *botRun) terminate(t testing.TB) *os.ProcessState {
	t.Helper()
	proc, kept := b.proc, b.kept
	b.proc, b.kept = nil, nil
	var (
		state *os.ProcessState
		err   error
	)
	switch {
	case proc != nil:
		err = proc.Stop(botPatience)
		state = proc.State()
	case kept != nil:
		state, err = kept.Stop(botPatience)
	}
	if err != nil {
		t.Errorf("stop the bot: %v\n%s", err, b.logEnd())
	}
	return state
}

// exit waits until the bot ends by itself.
func (b *botRun) exit(t testing.TB) *os.ProcessState {
	t.Helper()
	proc := b.proc
	select {
	case <-proc.Done():
		b.proc = nil
		return proc.State()
	case <-time.After(botPatience):
		t.Fatalf("the bot still runs after %s\n%s", botPatience, b.logEnd())
		return nil
	}
}

// logText is everything the bot has logged so far, over all runs.
func (b *botRun) logText() string {
	data, err := os.ReadFile(b.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// logEnd is the last of it, for a failed test.
func (b *botRun) logEnd() string {
	const lines = 60
	all := strings.Split(strings.TrimSpace(b.logText()), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// rss is the memory of the running bot in MB.
func (b *botRun) rss(t testing.TB) float64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.proc.PID()))
	must(t, err)
	for line := range strings.Lines(string(data)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	t.Fatal("no VmRSS in the process status")
	return 0
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
