package child

import "syscall"

// attr lets the child die with its parent, and keeps Ctrl-C in a terminal
// away from it: the parent ends the child when it is done with it.
func attr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
