//go:build !linux

package child

import "syscall"

// attr keeps Ctrl-C in a terminal away from the child: the parent ends the
// child when it is done with it. Dying with the parent is Linux only.
func attr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
