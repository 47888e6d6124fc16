package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"handrail/bot/e2e/homeserver"
	"handrail/bot/seal"
	"handrail/bot/store"
	"handrail/flows"
)

// runFolder makes a folder from which handrail run can start.
func runFolder(t *testing.T, url, user, password string) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	key, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	config = filepath.Join(dir, "config.yaml")
	yaml := "matrix: {homeserver: '" + url + "', user: " + user + "}\n"
	for name, data := range map[string]string{"config.yaml": yaml, "master.key": string(key), "matrix.password": password + "\n"} {
		if err := createSecret(filepath.Join(dir, name), []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	return dir, config
}

// lastLine is what the person at the terminal reads last.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// TestRunRefuses: each doubt ends the start with exit 1 and one line that says
// what to do. The folder is the same, so that each start meets what the one
// before left.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	refused := func(what, want string) {
		t.Helper()
		r := handrail(t, "", "run", "-c", config)
		if r.code != 1 || !strings.HasPrefix(lastLine(r.err), "handrail: ") || !strings.Contains(r.err, want) {
			t.Errorf("%s: exit %d\n%s", what, r.code, r.err)
		}
		if strings.Contains(r.err, "not so secret") {
			t.Errorf("%s: the password is on the screen\n%s", what, r.err)
		}
	}
	refused("no homeserver", "is the homeserver running")

	key := filepath.Join(dir, "master.key")
	master, err := seal.LoadMaster(key)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(context.Background(), store.Options{Path: filepath.Join(dir, "data", "handrail.db"), Master: master})
	if err != nil {
		t.Fatal(err)
	}
	refused("a second copy", store.ErrLocked.Error())
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}

	if err := os.Chmod(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	refused("a folder that others can look into", "chmod 700")
	if err := os.Chmod(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}

	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	refused("no key", "restore it from your backup")
	other, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := createSecret(key, other); err != nil {
		t.Fatal(err)
	}
	refused("another key", store.ErrWrongKey.Error())
	if err := os.Chmod(key, 0o440); err != nil {
		t.Fatal(err)
	}
	refused("a key that others can read", "chmod 0400")
}

// watchedLog is a log in which a test waits for words.
type watchedLog struct {
	mu   sync.Mutex
	text string
	news chan struct{} // closed and replaced at every line
}

func newWatchedLog() *watchedLog { return &watchedLog{news: make(chan struct{})} }

func (w *watchedLog) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text += string(p)
	close(w.news)
	w.news = make(chan struct{})
	return len(p), nil
}

func (w *watchedLog) look() (text string, news <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text, w.news
}

// running is a handrail run in this process.
type running struct {
	log  *watchedLog
	stop context.CancelFunc
	code chan int
}

func startRun(ctx context.Context, config string) *running {
	ctx, stop := context.WithCancel(ctx)
	r := &running{log: newWatchedLog(), stop: stop, code: make(chan int, 1)}
	go func() {
		r.code <- run(ctx, []string{"run", "-c", config}, streams{strings.NewReader(""), &bytes.Buffer{}, r.log})
	}()
	return r
}

// says waits for words in the log.
func (r *running) says(t *testing.T, words string) {
	t.Helper()
	for {
		text, news := r.log.look()
		if strings.Contains(text, words) {
			return
		}
		select {
		case <-news:
		case code := <-r.code:
			t.Fatalf("it ended with %d before it said %q\n%s", code, words, text)
		}
	}
}

// ends stops it as a service manager does.
func (r *running) ends(t *testing.T) {
	t.Helper()
	r.stop()
	if code := <-r.code; code != 0 {
		text, _ := r.log.look()
		t.Errorf("exit %d\n%s", code, text)
	}
}

// TestDemoRun starts the bot as an operator does, on the homeserver of the
// demo, and stops it as a service manager does. A later start goes on with the
// first one's login, and waits for a homeserver that is down.
func TestDemoRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	server, err := homeserver.Start(ctx, homeserver.Options{Dir: filepath.Join(t.TempDir(), "homeserver"), InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	if err := server.CreateUser(ctx, "handrail", "a long password"); err != nil {
		t.Fatal(err)
	}
	_, wrong := runFolder(t, server.URL(), "handrail", "another password")
	if r := handrail(t, "", "run", "-c", wrong); r.code != 1 || !strings.Contains(lastLine(r.err), "password") || strings.Contains(r.err, "another password") {
		t.Errorf("a wrong password: exit %d\n%s", r.code, r.err)
	}
	_, config := runFolder(t, server.URL(), "handrail", "a long password")
	for range 2 {
		r := startRun(ctx, config)
		r.says(t, "msg=running")
		r.ends(t)
		r.log.mu.Lock()
		if !strings.Contains(r.log.text, "msg=stopped") {
			t.Errorf("it did not say that it stopped\n%s", r.log.text)
		}
		r.log.mu.Unlock()
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	r := startRun(ctx, config)
	r.says(t, "homeserver cannot be reached, waiting")
	r.ends(t)
	r = startRun(ctx, config)
	r.says(t, "homeserver cannot be reached, waiting")
	if err := server.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	r.says(t, "msg=running")
	r.ends(t)
}

// TestDemoReload edits the scripts of a bot that runs, and asks it to read them
// at once.
func TestDemoReload(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	server, err := homeserver.Start(ctx, homeserver.Options{Dir: filepath.Join(t.TempDir(), "homeserver"), InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	if err := server.CreateUser(ctx, "handrail", "a long password"); err != nil {
		t.Fatal(err)
	}
	dir, config := runFolder(t, server.URL(), "handrail", "a long password")
	if err := os.CopyFS(filepath.Join(dir, "content"), flows.FS); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("scripts: content\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(dir, "content", "thanks.yaml")
	before, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := startRun(ctx, config)
	r.says(t, "msg=running")
	write(string(before) + "  - sing: la\n")
	r.says(t, "scripts not taken, the last good ones stay in use")
	r.says(t, "thanks.yaml:")
	write(strings.Replace(string(before), "title: Thank you", "title: Thanks", 1))
	r.says(t, `msg="scripts read again"`)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.says(t, "nothing has changed")
	r.ends(t)
	r = startRun(ctx, config)
	r.says(t, "msg=running")
	r.ends(t)
}
