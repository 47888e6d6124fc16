package child

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		script string
		end    func(*Process) error
		want   string // part of the error, "" for none
		state  string
	}{
		{"by itself", "exit 3", func(p *Process) error { <-p.Done(); return nil }, "", "exit status 3"},
		{"killed with a child of its own", "sleep 5 & echo ready; wait", func(p *Process) error { p.Kill(); return nil }, "", "signal: killed"},
		{"killed twice", "exec sleep 60", func(p *Process) error { p.Kill(); p.Kill(); return nil }, "", "signal: killed"},
		{"stopped", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done", func(p *Process) error { return p.Stop(time.Minute) }, "", "exit status 0"},
		{"deaf", "trap '' TERM; echo ready; while :; do sleep 0.01; done", func(p *Process) error { return p.Stop(50 * time.Millisecond) }, "was killed", "signal: killed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ready := make(signal)
			cmd := exec.Command("/bin/sh", "-c", tt.script)
			cmd.Stdout = ready
			p, err := Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(tt.script, "ready") {
				<-ready
			}
			err = tt.end(p)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if got := p.State().String(); got != tt.state {
				t.Errorf("ended with %q, want %q", got, tt.state)
			}
		})
	}
}

// signal is closed by the first write.
type signal chan struct{}

func (s signal) Write(p []byte) (int, error) {
	close(s)
	return len(p), nil
}

func TestStartOfNothing(t *testing.T) {
	t.Parallel()
	if _, err := Start(exec.Command(filepath.Join(t.TempDir(), "nothing"))); err == nil {
		t.Error("started a program that is not there")
	}
}

// TestKept: what ends by itself is started again, and what was killed or stopped is
// not, also in the pause before a start.
func TestKept(t *testing.T) {
	t.Parallel()
	for _, stop := range []bool{false, true} {
		runs := filepath.Join(t.TempDir(), "runs")
		ended := make(chan struct{})
		// The first two runs end by themselves, the third one stays.
		script := `trap 'exit 0' TERM; echo run >>"$0"; test $(wc -l <"$0") -lt 3 && exit 3; while :; do sleep 0.01; done`
		k, err := Keep(10*time.Millisecond, func() *exec.Cmd { return exec.Command("/bin/sh", "-c", script, runs) }, func() { ended <- struct{}{} })
		if err != nil {
			t.Fatal(err)
		}
		<-ended
		<-ended
		waitForLines(t, runs, 3)
		if stop {
			if state, err := k.Stop(time.Minute); err != nil || state == nil || !state.Success() {
				t.Errorf("stopped: %v, %v", state, err)
			}
		} else {
			k.Kill()
		}
		k.Kill()
		if state, err := k.Stop(time.Minute); state != nil || err != nil {
			t.Errorf("stopped when it had ended: %v, %v", state, err)
		}
	}

	ended := make(chan struct{})
	starts := 0
	k, err := Keep(50*time.Millisecond, func() *exec.Cmd { starts++; return exec.Command("/bin/false") }, func() { close(ended) })
	if err != nil {
		t.Fatal(err)
	}
	<-ended
	if state, err := k.Stop(time.Minute); state != nil || err != nil {
		t.Errorf("stopped in the pause: %v, %v", state, err)
	}
	time.Sleep(200 * time.Millisecond)
	if starts != 1 {
		t.Errorf("%d starts, the last after it was stopped", starts)
	}
}

// waitForLines waits until a file has n lines.
func waitForLines(t *testing.T, path string, n int) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		data, err := os.ReadFile(path)
		if err == nil && strings.Count(string(data), "\n") >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d lines are not there: %v", n, err)
		}
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	t.Parallel()
	var tail Tail
	for range 100 {
		_, _ = tail.Write([]byte(strings.Repeat("x", 99) + "\n"))
	}
	_, _ = tail.Write([]byte("the end\n"))
	got := tail.String()
	if len(got) > tailSize || !strings.HasSuffix(got, "the end") {
		t.Errorf("%d bytes ending in %q", len(got), got[len(got)-10:])
	}
}

func TestLockWaitsAndGivesUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(context.Background(), path, func(time.Duration) {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	if _, err := Lock(ctx, path, func(time.Duration) { calls++; cancel() }); err == nil {
		t.Error("two holders of one lock")
	}
	if calls != 1 {
		t.Errorf("progress was called %d times while waiting, want once", calls)
	}
	unlock()
	unlock, err = Lock(context.Background(), path, func(time.Duration) {})
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}
