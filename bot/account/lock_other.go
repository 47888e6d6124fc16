//go:build !unix

package account

import "os"

// Lock does not lock on systems without flock.
func Lock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
