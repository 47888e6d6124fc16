package homeserver

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func start(t *testing.T) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	s, err := Start(ctx, Options{Dir: t.TempDir(), InMemory: true, Progress: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s
}

// login returns the HTTP status of a password login.
func login(t *testing.T, s *Server, user, password string) int {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"type": "m.login.password", "password": password,
		"identifier": map[string]any{"type": "m.id.user", "user": user},
	})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.URL()+"/_matrix/client/v3/login", "application/json", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestUserSurvivesStopAndKill(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.CreateUser(ctx, "ann", "correct horse"); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateUser(ctx, "ann", "correct horse"); err == nil || strings.Contains(err.Error(), "ann") {
		t.Errorf("the same user twice: %v, want an error without the name", err)
	}
	url := s.URL()
	ends := map[string]func(){
		"stop": func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		},
		"kill":          s.Kill,
		"still running": func() {},
	}
	for name, end := range ends {
		end()
		if err := s.Restart(ctx); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s.URL() != url {
			t.Errorf("%s: the address became %s, was %s", name, s.URL(), url)
		}
		if code := login(t, s, "ann", "correct horse"); code != http.StatusOK {
			t.Errorf("%s: login after restart: %d", name, code)
		}
	}
	if code := login(t, s, "ann", "wrong horse"); code != http.StatusForbidden {
		t.Errorf("login with a wrong password: %d", code)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if s.PID() != 0 {
		t.Error("a stopped server has a process id")
	}
}

func TestTakenPortIsAnError(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	s, err := Start(ctx, Options{Dir: t.TempDir(), Port: l.Addr().(*net.TCPAddr).Port, InMemory: true})
	if err == nil {
		s.Kill()
		t.Fatal("started on a port that is taken")
	}
}

func TestBuildSaysWhatIsMissing(t *testing.T) {
	empty := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("PATH", empty)
	if _, err := Build(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "install Go") {
		t.Errorf("without go: %v", err)
	}
	fake := "#!/bin/sh\necho no-such-compiler\n"
	if err := os.WriteFile(filepath.Join(empty, "go"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "install gcc") {
		t.Errorf("without a C compiler: %v", err)
	}
}

func TestSigningKeyIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var keys [2]string
	for i := range keys {
		if _, err := prepare(dir, true); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "matrix_key.pem"))
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = string(data)
	}
	if keys[0] != keys[1] || keys[0] == "" {
		t.Error("the signing key changed")
	}
}
