package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"handrail/bot/chat"
	"handrail/bot/matrix"
	"handrail/bot/seal"
	"handrail/bot/store"
	"handrail/bot/store/pgtest"
)

// does runs a command and wants an exit code and words.
func does(t *testing.T, what string, code int, want string, args ...string) result {
	t.Helper()
	r := handrail(t, "", args...)
	if r.code != code || !strings.Contains(r.out+r.err, want) {
		t.Errorf("%s: exit %d, want %d that says %q\n%s%s", what, r.code, code, want, r.out, r.err)
	}
	return r
}

// sameKey makes a folder for another bot with the master key of the first one.
func sameKey(t *testing.T, dir string) (other, config string) {
	t.Helper()
	other, config = runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	key, err := os.ReadFile(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(other, "master.key")
	if err := errors.Join(os.Remove(path), createSecret(path, key)); err != nil {
		t.Fatal(err)
	}
	return other, config
}

// addDatabase names a database in a configuration.
func addDatabase(t *testing.T, config, url string) {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(config), createSecret(config, append(text, "database: "+url+"\n"...))); err != nil {
		t.Fatal(err)
	}
}

const recoveryWords = "EsTc LW2K PGiF wKEA 3As5 g5c4"

// storeToKeep leaves a store open with one person, for whom a message waits.
func storeToKeep(t *testing.T, dir string) *store.Store {
	t.Helper()
	st := someStore(t, dir)
	err := st.Update(context.Background(), func(tx *store.Tx) error {
		return tx.Enqueue(1, store.Post{Key: "k", Out: chat.Outgoing{Text: "zephyrcanary waits"}}, time.Unix(1, 0))
	})
	if err = errors.Join(err, matrix.PutRecoveryKey(filepath.Join(dir, "data", "matrix"), recoveryWords)); err != nil {
		t.Fatal(err)
	}
	return st
}

// TestBackupAndRestore: every wrong turn on the way, and back into another folder.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	file := filepath.Join(t.TempDir(), "one.handrail")
	does(t, "nothing to keep", 1, "there is no store at", "backup", file, "-c", config)
	st := storeToKeep(t, dir)
	does(t, "while it runs", 0, "1 person, 1 message to send", "backup", file, "-c", config)
	does(t, "over another", 1, "is not overwritten", "backup", file, "-c", config)
	does(t, "into no folder", 1, "no backup can be written there", "backup", filepath.Join(dir, "none", "x"), "-c", config)
	if err := os.Mkdir(file+"2.part", 0o700); err != nil {
		t.Fatal(err)
	}
	does(t, "beside another", 1, "another backup to this file", "backup", file+"2", "-c", config)
	does(t, "over the store", 1, "there is a store at", "restore", file, "-c", config)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"zephyrcanary", "@a:example.org", recoveryWords} {
		if (hay{"backup", data}).holds(secret) {
			t.Errorf("%q stands in the backup", secret)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v, %v", info.Mode(), err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*.part"))
	if err != nil || len(left) != 1 { // the one made above
		t.Errorf("left behind: %v", left)
	}

	_, otherKey := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	does(t, "with another key", 1, "another master key", "restore", file, "-c", otherKey)
	to, toConfig := sameKey(t, dir)
	does(t, "nothing to restore", 1, "there is no backup at", "restore", file+"3", "-c", toConfig)
	for what, bad := range map[string][]byte{
		"cut off": data[:len(data)-4096], "changed": bytes.Replace(data, []byte("SQLite format"), []byte("SQLite farmot"), 1),
		"something else": []byte("hello"), "empty": nil,
	} {
		path := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		does(t, what, 1, errNoBackup.Error(), "restore", path, "-c", toConfig)
		if entries, err := os.ReadDir(filepath.Join(to, "data")); err != nil || len(entries) > 0 {
			t.Errorf("%s: left behind %v, %v", what, entries, err)
		}
	}
	does(t, "restored", 0, "takes a new device", "restore", file, "-c", toConfig)
	does(t, "again", 1, "there is a store at", "restore", file, "-c", toConfig)
	checkRestored(t, to, store.Options{Path: filepath.Join(to, "data", "handrail.db")})
	if _, err := os.Stat(filepath.Join(to, "data", restorePart)); err == nil {
		t.Error("the folder of the restoration is still there")
	}

	other, otherConfig := sameKey(t, dir)
	if err := matrix.PutRecoveryKey(filepath.Join(other, "data", "matrix"), "another"); err != nil {
		t.Fatal(err)
	}
	does(t, "over another identity", 1, "another identity", "restore", file, "-c", otherConfig)
}

// checkRestored looks for what storeToKeep has put there.
func checkRestored(t *testing.T, dir string, o store.Options) {
	t.Helper()
	ctx := context.Background()
	var err error
	if o.Master, err = seal.LoadMaster(filepath.Join(dir, "master.key")); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	p, ok, err := st.Head(ctx, 1)
	if err != nil || !ok || p.Out.Text != "zephyrcanary waits" || p.Out.Doubt.Since.IsZero() {
		t.Errorf("the message that waited: %+v, %v, %v", p, ok, err)
	}
	if key, err := matrix.RecoveryKey(filepath.Join(dir, "data", "matrix")); err != nil || key != recoveryWords {
		t.Errorf("the recovery key is %q, %v", key, err)
	}
}

// TestBackupForRecipients encrypts a backup with age as well.
func TestBackupForRecipients(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	if err := storeToKeep(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	keys := t.TempDir()
	for name, text := range map[string]string{"mine": "# made for the test\n" + id.String() + "\n", "other": stranger.String(), "none": "hello"} {
		if err := createSecret(filepath.Join(keys, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(keys, "backup")
	does(t, "no key of age", 2, "public key", "backup", file, "-c", config, "--recipient", "ssh-rsa AAAA")
	does(t, "encrypted", 0, "1 person", "backup", file, "-c", config, "--recipient", id.Recipient().String())
	data, err := os.ReadFile(file)
	if err != nil || bytes.Contains(data, []byte("people")) || bytes.Contains(data, []byte("SQLite")) {
		t.Errorf("something can be read in it, %v", err)
	}
	to, toConfig := sameKey(t, dir)
	does(t, "no identity", 1, "--identity FILE", "restore", file, "-c", toConfig)
	does(t, "no identity in the file", 1, "holds no age identity", "restore", file, "-c", toConfig, "--identity", filepath.Join(keys, "none"))
	does(t, "another identity", 1, "cannot be decrypted", "restore", file, "-c", toConfig, "--identity", filepath.Join(keys, "other"))
	does(t, "restored", 0, "1 person", "restore", file, "-c", toConfig, "--identity", filepath.Join(keys, "mine"))
	checkRestored(t, to, store.Options{Path: filepath.Join(to, "data", "handrail.db")})
}

// TestBackupOfPostgres goes from a server to a file and to another server.
func TestBackupOfPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.ForTest(t, "")
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	file := filepath.Join(dir, "backup")
	from := server.Empty(t)
	if err := storeToKeep(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	does(t, "moved", 0, "compared row by row", "migrate", "-c", config, "--to", from)
	does(t, "a store that was moved away", 1, store.ErrMoved.Error(), "backup", file, "-c", config)
	addDatabase(t, config, from)
	master, err := seal.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(context.Background(), store.Options{URL: from, Master: master})
	if err != nil {
		t.Fatal(err)
	}
	does(t, "while it runs", 0, "1 person, 1 message to send", "backup", file, "-c", config)
	does(t, "over the store", 1, "name an empty one", "restore", file, "-c", config)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	to, toConfig := sameKey(t, dir)
	does(t, "into a file", 0, "1 person", "restore", file, "-c", toConfig)
	checkRestored(t, to, store.Options{Path: filepath.Join(to, "data", "handrail.db")})
	to, toConfig = sameKey(t, dir)
	there := server.Empty(t)
	addDatabase(t, toConfig, there)
	does(t, "into another server", 0, "1 person", "restore", file, "-c", toConfig)
	checkRestored(t, to, store.Options{URL: there})
}

// TestBackupOnAFullDisk: it says that the disk is full and what to do, leaves nothing
// there, and so does a restoration. Where this user cannot make a small file system
// there is no full disk to be had.
func TestBackupOnAFullDisk(t *testing.T) {
	t.Parallel()
	small := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "none", small).CombinedOutput(); err != nil {
		t.Skipf("no small file system: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", small).Run() })
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	if err := storeToKeep(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	does(t, "with room", 0, "1 person", "backup", whole, "-c", config)
	_, server := sameKey(t, dir)
	addDatabase(t, server, pgtest.ForTest(t, "").Empty(t))
	does(t, "to a server", 0, "restored", "restore", whole, "-c", server)
	for name, config := range map[string]string{"file": config, "server": server} {
		does(t, name, 1, "is full, and there is no backup", "backup", filepath.Join(small, "backup"), "-c", config)
		if left, err := os.ReadDir(small); err != nil || len(left) > 0 {
			t.Errorf("%s: left behind: %v %v", name, left, err)
		}
	}
	other, config := sameKey(t, dir)
	if err := os.Symlink(small, filepath.Join(other, "data")); err != nil {
		t.Fatal(err)
	}
	does(t, "restoration", 1, "is full, and nothing was restored", "restore", whole, "-c", config)
	if left, err := os.ReadDir(small); err != nil || len(left) > 0 {
		t.Errorf("a restoration leaves behind: %v %v", left, err)
	}
}
