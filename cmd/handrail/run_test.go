package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot/e2e/homeserver"
	"handrail/bot/seal"
	"handrail/bot/store"
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

// signalBuffer is a log that closes a channel when a word is in it.
type signalBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	word string
	seen chan struct{}
}

func (s *signalBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Write(p)
	if s.word != "" && strings.Contains(s.b.String(), s.word) {
		close(s.seen)
		s.word = ""
	}
	return len(p), nil
}

// TestDemoRun starts the bot as an operator does, on the homeserver of the
// demo, and stops it as a service manager does. Twice: the second start goes on
// with the first one's login.
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
		rctx, stop := context.WithCancel(ctx)
		errs := &signalBuffer{word: "msg=running", seen: make(chan struct{})}
		code := make(chan int, 1)
		go func() {
			code <- run(rctx, []string{"run", "-c", config}, streams{strings.NewReader(""), &bytes.Buffer{}, errs})
		}()
		select {
		case <-errs.seen:
		case got := <-code:
			t.Fatalf("it ended with %d\n%s", got, errs.b.String())
		}
		stop()
		if got := <-code; got != 0 || !strings.Contains(errs.b.String(), "msg=stopped") {
			t.Errorf("exit %d\n%s", got, errs.b.String())
		}
	}
}
