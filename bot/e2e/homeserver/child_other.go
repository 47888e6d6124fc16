//go:build !linux

package homeserver

import "syscall"

// childAttr keeps Ctrl-C in a terminal away from the child: the parent ends the
// child when it is done with it. Dying with the parent is Linux only.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
