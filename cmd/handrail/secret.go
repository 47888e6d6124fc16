package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// maxSecret bounds a secret file; a key or a password is far shorter.
const maxSecret = 64 << 10

// checkSecret refuses a secret file that others than its owner can read. The
// message never quotes what is in it.
func checkSecret(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s: %w", path, fs.ErrNotExist)
	case err != nil:
		return fmt.Errorf("look at the secret file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a plain file", path)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("other users can read %s (mode %04o): run chmod 0400 %s", path, info.Mode().Perm(), path)
	case info.Size() > maxSecret:
		return fmt.Errorf("%s is too long for a secret", path)
	}
	return nil
}

// readSecret returns the first line of a secret file.
func readSecret(path string) (string, error) {
	if err := checkSecret(path); err != nil {
		return "", err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the secret file: %w", err)
	}
	secret, _, _ := strings.Cut(string(data), "\n")
	if secret = strings.TrimRight(secret, "\r"); secret == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return secret, nil
}

// createSecret writes a new secret file, 0400, and never over another one.
func createSecret(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and is not overwritten: choose another name", path)
	}
	if err != nil {
		return fmt.Errorf("make the secret file: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("write the secret file: %w", err)
	}
	return f.Sync()
}

// sameOwner gives a file the owner of another, which only root has to do.
func sameOwner(f *os.File, like fs.FileInfo) error {
	st, ok := like.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) == os.Geteuid() {
		return nil
	}
	return f.Chown(int(st.Uid), int(st.Gid))
}
