//go:build unix

package account

import (
	"fmt"
	"os"
	"syscall"
)

// Lock makes sure that one process uses the account at a time: two with the same
// ratchets would make messages that nobody can read, and two with the same ledger
// would each send what is in doubt. The lock ends with the process, however it
// ends, or when the file is closed.
func Lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: another copy of the bot uses this account: stop it first", path)
	}
	return f, nil
}
