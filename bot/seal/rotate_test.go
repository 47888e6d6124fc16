package seal

import (
	"bytes"
	"errors"
	"testing"
)

func TestRotation(t *testing.T) {
	t.Parallel()
	old, file := newMaster(t)
	k, wrapped, err := old.NewPerson(7)
	if err != nil {
		t.Fatal(err)
	}
	words, err := k.Seal([]byte("words"), "item.body", 7)
	if err != nil {
		t.Fatal(err)
	}
	bothFile, err := BeginRotation(file)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := BeginRotation(bothFile); err != nil || !bytes.Equal(again, bothFile) {
		t.Errorf("begun twice: another file, %v", err)
	}
	oneFile, err := EndRotation(bothFile)
	if err != nil {
		t.Fatal(err)
	}
	if Rotating(file) || !Rotating(bothFile) || Rotating(oneFile) || Rotating([]byte("{}")) {
		t.Error("it cannot be told when a rotation is under way")
	}
	both, one := mustOpen(t, bothFile), mustOpen(t, oneFile)
	rewrapped, err := both.Rewrap(7, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		m       *Master
		wrapped []byte
		opens   bool
	}{
		"old, as it was": {old, wrapped, true}, "old, anew": {old, rewrapped, false},
		"both, as it was": {both, wrapped, true}, "both, anew": {both, rewrapped, true},
		"new, as it was": {one, wrapped, false}, "new, anew": {one, rewrapped, true},
	} {
		k, err := tt.m.Unwrap(7, tt.wrapped)
		if (err == nil) != tt.opens {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !tt.opens {
			continue
		}
		if plain, err := k.Open(words, "item.body", 7); err != nil || string(plain) != "words" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if _, err := both.Rewrap(8, wrapped); !errors.Is(err, ErrOpen) {
		t.Errorf("the key of another: %v", err)
	}
	if !bytes.Equal(old.Index("who", "ann"), one.Index("who", "ann")) {
		t.Error("what was found by the index is lost")
	}
	check := both.Check()
	if old.Verify(check) == nil || both.Verify(check) != nil || one.Verify(check) != nil || both.Verify(old.Check()) != nil {
		t.Error("the check does not tell the keys apart")
	}
	for _, bad := range [][]byte{nil, []byte("{}"), []byte(`{"version": 1}`)} {
		if _, err := BeginRotation(bad); !errors.Is(err, ErrKeyFile) {
			t.Errorf("begin with no key file: %v", err)
		}
		if _, err := EndRotation(bad); !errors.Is(err, ErrKeyFile) {
			t.Errorf("end with no key file: %v", err)
		}
	}
}

func mustOpen(t *testing.T, file []byte) *Master {
	t.Helper()
	m, err := OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
