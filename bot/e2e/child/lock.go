package child

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

const (
	lockPoll     = 100 * time.Millisecond
	lockProgress = 10 * time.Second
)

// Lock takes an advisory lock on the file at path and waits for it until ctx
// ends. The lock dies with the process, so a killed holder blocks nobody. While
// waiting it calls progress at once and every ten seconds with the time so far.
func Lock(ctx context.Context, path string, progress func(time.Duration)) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	start, said := time.Now(), time.Time{}
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			_ = f.Close()
			return nil, err
		}
		if time.Since(said) >= lockProgress {
			said = time.Now()
			progress(time.Since(start))
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}
