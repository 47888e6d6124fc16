package main

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"handrail/bot/signalcli"
)

// listener finds the process that listens at an address: that of a UNIX socket
// says so itself, another is looked for among the processes that can be seen.
func listener(address string) (pid int, err error) {
	if path, ok := signalcli.SocketPath(address); ok {
		return peer(path)
	}
	address = strings.TrimPrefix(address, "tcp:")
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		args := strings.Split(string(text), "\x00")
		if flags := flagsOf(args); flags["--tcp"] == address {
			return strconv.Atoi(filepath.Base(filepath.Dir(file)))
		}
	}
	return 0, errNoProcess
}

// peer is the process at the other end of a UNIX socket.
func peer(path string) (pid int, err error) {
	c, err := net.Dial("unix", path)
	if err != nil {
		return 0, errNoProcess
	}
	defer func() { _ = c.Close() }() // nothing was said
	raw, err := c.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, errNoProcess
	}
	var cred *syscall.Ucred
	var errCred error
	err = raw.Control(func(fd uintptr) {
		cred, errCred = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED) //nolint:gosec // a descriptor is small
	})
	if err != nil || errCred != nil || cred.Pid <= 1 { // 0: of another container; 1: systemd opened it
		return 0, errNoProcess
	}
	return int(cred.Pid), nil
}
