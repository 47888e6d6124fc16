package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"handrail/bot/seal"
	"handrail/bot/store"
)

// TestRotateKey changes the key as an operator would, and is cut off between any
// two steps: after the key file was written, and after the store was brought to
// the new key.
func TestRotateKey(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	key := filepath.Join(dir, "master.key")
	read := func() []byte {
		t.Helper()
		data, err := os.ReadFile(key)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	write := func(data []byte) {
		t.Helper()
		if err := errors.Join(os.Remove(key), createSecret(key, data)); err != nil {
			t.Fatal(err)
		}
	}
	rotate := []string{"rotate", "-c", config}
	does(t, "no store", 1, "there is no store at", rotate...)
	st := storeToKeep(t, dir)
	before := read()
	does(t, "while the bot runs", 1, "must not run", rotate...)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	other, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	write(other)
	does(t, "with another key", 1, store.ErrWrongKey.Error(), rotate...)
	if !bytes.Equal(read(), other) {
		t.Error("a key file that does not fit was changed")
	}
	write(before)
	does(t, "rotated", 0, "is the new key", rotate...)
	after := read()
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o400 || seal.Rotating(after) || bytes.Equal(before, after) {
		t.Errorf("the key file has mode %v, rotating %v, %v", info.Mode(), seal.Rotating(after), err)
	}
	if files, err := filepath.Glob(key + ".*"); err != nil || len(files) > 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	does(t, "works on", 0, "1 person", "backup", filepath.Join(dir, "backup"), "-c", config)
	write(before)
	does(t, "the old key", 1, store.ErrWrongKey.Error(), "backup", filepath.Join(dir, "none"), "-c", config)

	// Cut off after the key file was written.
	both, err := seal.BeginRotation(after)
	if err != nil {
		t.Fatal(err)
	}
	write(both)
	does(t, "between the two", 0, "1 person", "backup", filepath.Join(dir, "between"), "-c", config)
	does(t, "goes on", 0, "is the new key", rotate...)
	want, err := seal.EndRotation(both)
	if err != nil || !bytes.Equal(read(), want) {
		t.Errorf("it did not end the rotation that was begun, %v", err)
	}
	// Cut off before the key file was written again.
	write(both)
	does(t, "goes on at the end", 0, "is the new key", rotate...)
	if !bytes.Equal(read(), want) {
		t.Error("it did not end the rotation that was nearly over")
	}
	write(after)
	does(t, "the key before", 1, store.ErrWrongKey.Error(), "backup", filepath.Join(dir, "none"), "-c", config)
	write(want)
	checkKept(t, dir)
}

// checkKept finds what storeToKeep has put into the store of a folder.
func checkKept(t *testing.T, dir string) {
	t.Helper()
	master, err := seal.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(context.Background(), store.Options{Path: filepath.Join(dir, "data", "handrail.db"), Master: master})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if p, ok, err := st.Head(context.Background(), 1); err != nil || !ok || p.Out.Text != "zephyrcanary waits" {
		t.Errorf("what waits is %v, %v, %v", p.Out, ok, err)
	}
}
