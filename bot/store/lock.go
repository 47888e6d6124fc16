package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// fileLock keeps a second copy of the program away from a database. The lock
// belongs to the open file and goes with the process, however it ends, so a
// stale one cannot be left behind. The file itself stays: removing it would let
// two copies lock two files of one name.
type fileLock struct{ f *os.File }

// Somebody who only looks whether the lock is held, has it for a moment.
const (
	lookTries = 5
	lookPause = 10 * time.Millisecond
)

func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	for try := 0; try < lookTries && errors.Is(err, syscall.EWOULDBLOCK); try++ {
		time.Sleep(lookPause)
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		_ = f.Close() // the lock was not ours
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w (lock file %s)", ErrLocked, path)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &fileLock{f: f}, nil
}

// release lets go of the lock. Closing alone would leave it for a moment to a
// child process that is being started just now and has not dropped its copy yet.
func (l *fileLock) release() error {
	return errors.Join(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN), l.f.Close())
}
