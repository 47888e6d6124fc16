// Package child runs the other programs of the demo and of the end-to-end
// tests: a homeserver, a Matrix client, the bot. A child ends when this process
// does, keeps the end of its output for an error message, and can be ended in
// good order or as a crash would, or started again when it ends by itself. The
// package never reads what a child says.
package child

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// grandchildPatience is how long output is read on when the child has ended but
// something that it started still holds its pipes.
const grandchildPatience = 2 * time.Second

// Process is one run of a program. Its methods may be called at any time and
// from any goroutine.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// Start starts cmd, which must be new. On Linux the child is killed when this
// process ends, however it ends.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, done: make(chan struct{})}
	cmd.SysProcAttr = attr()
	cmd.WaitDelay = grandchildPatience
	started := make(chan error, 1)
	go func() {
		// "Die with the parent" means the parent thread, so the thread that
		// starts the child stays as long as the child does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Done is closed when the child has ended and its output was read.
func (p *Process) Done() <-chan struct{} { return p.done }

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// State says how the child ended. It is nil until Done is closed.
func (p *Process) State() *os.ProcessState {
	select {
	case <-p.done:
		return p.cmd.ProcessState
	default:
		return nil
	}
}

// Kill ends the child as a crash would (SIGKILL) and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Stop asks the child to end (SIGTERM) and waits. When patience is over it is
// killed, and that is an error.
func (p *Process) Stop(patience time.Duration) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
		p.Kill()
		return fmt.Errorf("it did not end within %s and was killed", patience)
	}
}
