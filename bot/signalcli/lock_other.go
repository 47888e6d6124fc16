//go:build !unix

package signalcli

import "os"

// lockDir does not lock on systems without flock.
func lockDir(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
