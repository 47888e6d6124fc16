package child

import (
	"os"
	"os/exec"
	"sync"
	"time"
)

// Kept is a program that is started again when it has ended by itself, as a
// service manager does it. Its methods may be called from any goroutine.
type Kept struct {
	command func() *exec.Cmd
	ended   func()
	pause   time.Duration

	mu   sync.Mutex
	proc *Process // nil after Kill and Stop
}

// Keep starts what command makes, and again when that has ended by itself, after
// a call of ended and a pause, until Kill or Stop. Command is called once for each
// start.
func Keep(pause time.Duration, command func() *exec.Cmd, ended func()) (*Kept, error) {
	k := &Kept{command: command, ended: ended, pause: pause}
	return k, k.launch()
}

// launch starts the program; nobody else looks at k, or k.mu is held.
func (k *Kept) launch() error {
	proc, err := Start(k.command())
	if err != nil {
		return err
	}
	k.proc = proc
	go func() {
		<-proc.Done()
		if !k.has(proc) {
			return
		}
		k.ended()
		time.Sleep(k.pause)
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.proc == proc {
			_ = k.launch() // it was possible before
		}
	}()
	return nil
}

func (k *Kept) has(proc *Process) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.proc == proc
}

// Kill ends the program as a crash would (SIGKILL), for good.
func (k *Kept) Kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if proc := k.proc; proc != nil {
		k.proc = nil
		proc.Kill()
	}
}

// Stop asks the program to end (SIGTERM), for good, and tells how it ended: nil if
// it did not run. When patience is over it is killed, and that is an error.
func (k *Kept) Stop(patience time.Duration) (*os.ProcessState, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	proc := k.proc
	if proc == nil {
		return nil, nil
	}
	k.proc = nil
	if proc.State() != nil { // by itself, and it was about to be started again
		return nil, nil
	}
	err := proc.Stop(patience)
	return proc.State(), err
}
