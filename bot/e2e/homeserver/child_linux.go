package homeserver

import "syscall"

// childAttr lets the child die with its parent, and keeps Ctrl-C in a terminal
// away from it: the parent ends the child when it is done with it.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
