package chaos

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot/e2e/child"
	"handrail/flows"
)

const (
	// restartAfter is how long whoever watches over the bot waits before it
	// starts one again that has ended by itself.
	restartAfter = 500 * time.Millisecond
	botPatience  = 2 * time.Minute
)

// running is what the bot logs when it has started.
var running = []byte("msg=running")

// runner is one copy of the bot: a folder with a configuration, and a process
// that is started again when it ends by itself, as a service manager would.
type runner struct {
	dir   string
	clock string // the file with the bot's clock
	log   *os.File

	kept  *child.Kept                   // nil: it is not to run
	ready atomic.Pointer[chan struct{}] // closed when the process that runs has started
	ends  atomic.Int64                  // how often a process ended by itself
}

// setUp writes what an operator would write.
func setUp(t testing.TB, dir, homeserver, database, key, clock string) *runner {
	t.Helper()
	config := fmt.Sprintf("data: data\nmaster_key_file: %s\nscripts: scripts\nmatrix:\n  homeserver: %s\n  user: %s\n  password_file: password\nlog: {level: info}\n",
		key, homeserver, botName)
	if database != "" {
		config += "database: " + database + "\n"
	}
	must(t, os.MkdirAll(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "password"), []byte(botPassword+"\n"), 0o400))
	must(t, os.CopyFS(filepath.Join(dir, "scripts"), flows.FS))
	scripts := os.DirFS("testdata")
	names, err := fs.Glob(scripts, "*.yaml")
	must(t, err)
	for _, name := range names {
		data, err := fs.ReadFile(scripts, name)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, "scripts", name), data, 0o600))
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	must(t, err)
	r := &runner{dir: dir, clock: clock, log: log}
	t.Cleanup(func() { r.kill(); _ = log.Close() })
	return r
}

func (r *runner) command() *exec.Cmd {
	cmd := exec.Command(handrail, "run", "-c", filepath.Join(r.dir, "config.yaml"))
	cmd.Env = append(os.Environ(), "HANDRAIL_CHAOS_CLOCK="+r.clock)
	return cmd
}

// start starts the bot; it is kept running until kill or stop.
func (r *runner) start(t testing.TB) {
	t.Helper()
	if r.kept != nil {
		return
	}
	var err error
	r.kept, err = child.Keep(restartAfter, r.next, func() { r.ends.Add(1) })
	must(t, err)
}

// next is the command of the next process, and from now on that is looked for which
// is ready.
func (r *runner) next() *exec.Cmd {
	cmd := r.command()
	ready := make(chan struct{})
	out := &watch{to: r.log, ready: ready}
	cmd.Stderr, cmd.Stdout = out, out
	r.ready.Store(&ready)
	return cmd
}

// started is closed when the process that runs now is ready.
func (r *runner) started() <-chan struct{} { return *r.ready.Load() }

// kill ends the bot as a crash would.
func (r *runner) kill() {
	if r.kept != nil {
		r.kept.Kill()
		r.kept = nil
	}
}

// stop ends the bot in good order.
func (r *runner) stop(t testing.TB) {
	t.Helper()
	if r.kept != nil {
		if _, err := r.kept.Stop(botPatience); err != nil {
			t.Errorf("stop the bot: %v", err)
		}
		r.kept = nil
	}
}

// logEnd is the last of what the bot logged, for a failed test.
func (r *runner) logEnd() string {
	const lines = 20
	data, err := os.ReadFile(r.log.Name())
	if err != nil {
		return err.Error()
	}
	var all []string
	for line := range strings.Lines(string(data)) {
		if !strings.Contains(line, `msg="matrix library"`) { // it counts slow queries
			all = append(all, strings.TrimSpace(line))
		}
	}
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// watch passes the log on and notices when the bot says that it runs.
type watch struct {
	to    *os.File
	ready chan struct{}
	once  sync.Once
}

func (w *watch) Write(p []byte) (int, error) {
	if bytes.Contains(p, running) {
		w.once.Do(func() { close(w.ready) })
	}
	return w.to.Write(p)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
