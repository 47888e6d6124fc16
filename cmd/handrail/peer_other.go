//go:build !linux

package main

// listener finds the process that listens at an address; not on this system.
func listener(string) (pid int, err error) { return 0, errNoProcess }
