package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"handrail/bot/matrix"
	"handrail/bot/seal"
	"handrail/bot/store"
)

type restoreCmd struct {
	File     string `arg:"" help:"A backup made by handrail backup."`
	Config   string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration. It says where the store shall be: in the data folder, or in a database on a server."`
	Identity string `placeholder:"FILE" help:"A file with the age identity (AGE-SECRET-KEY-...) that opens an encrypted backup."`
}

// Help is shown by handrail restore --help.
func (restoreCmd) Help() string {
	return `Puts a backup to where the configuration says, with the master key that was in use when it was made. Nothing is overwritten: where a store is already, move it away first. Everything is checked before it gets its place. Run it as the user the bot runs as. The bot must not run, here or anywhere else: two copies would both answer.

Where the encryption state of the Matrix account is gone, the next start logs in with the password, takes a new device, and signs it with the recovery key of the backup; people see no warning. Who had the last word is told that it could not be read. Remove the old device afterwards; handrail doctor names it.

What was waiting when the backup was taken may have been sent since, and what was due since may have come. For each such message the bot looks into the room first, and leaves out what is there. What people told the bot after the backup is not known to it any more.

Who had everything erased after the backup was taken is in it: they are back, with their reminders. Erase them again with handrail forget before you start the bot.

  handrail restore /backup/2026-11-22.handrail -c config.yaml
  handrail restore /backup/2026-11-22.handrail -c config.yaml --identity ~/age.key`
}

// restorePart is the folder inside the data folder in which a restoration is
// prepared.
const restorePart = "restore.part"

// Run puts the backup back.
func (c *restoreCmd) Run(ctx context.Context, s streams) error {
	ids, err := ageIdentities(c.Identity)
	if err != nil {
		return err
	}
	cfg, master, err := loadKeys(s, c.Config)
	if err != nil {
		return err
	}
	if err := roomFor(ctx, cfg, master); err != nil {
		return err
	}
	r := restoration{cfg: cfg, master: master, part: filepath.Join(cfg.Data, restorePart)}
	about, err := r.prepare(ctx, c.File, ids)
	if noRoom(err) {
		return fail("the disk of %s is full, and nothing was restored: make room, then try again", cfg.Data)
	}
	if err != nil {
		return err
	}
	if err := r.finish(ctx, s); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "restored: %s, %s to send, as of %s\n", people(about.People), count(int(about.Waiting), "message"), about.Taken.Format(time.RFC3339))
	fmt.Fprintf(s.out, "who had everything erased since then is back: handrail forget erases them again, before the bot starts\n")
	switch {
	case matrix.LoggedIn(cfg.matrixDir()):
		fmt.Fprintf(s.out, "the login and the encryption state in %s are used on\n", cfg.matrixDir())
	case about.Identity:
		fmt.Fprintln(s.out, "the bot takes a new device on the next start and signs it with the recovery key; remove the old device then, handrail doctor names it")
	default:
		fmt.Fprintln(s.out, "there was no recovery key in the backup: if the account has an identity already, the bot needs that key, or matrix.reset_identity")
	}
	return nil
}

// roomFor refuses to restore to where something is already.
func roomFor(ctx context.Context, cfg Config, master *seal.Master) error {
	if cfg.Database != "" {
		var o store.Options
		if err := cfg.address(&o, cfg.Database); err != nil {
			return err
		}
		if err := store.Reach(ctx, o); err != nil {
			return err
		}
		o.Master = master
		r, err := store.OpenReader(ctx, o)
		if errors.Is(err, store.ErrNoStore) || errors.Is(err, store.ErrMoving) {
			return nil
		}
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }() // only read
		switch counts, err := r.Counts(ctx); {
		case err != nil:
			return err
		case counts.People > 0:
			return fail("the database holds a store with %s already: name an empty one in the configuration", people(counts.People))
		}
		return nil
	}
	for _, name := range []string{cfg.storePath(), cfg.storePath() + "-wal"} {
		if _, err := os.Lstat(name); err == nil {
			return fail("there is a store at %s already: move it and what begins with its name away, then try again", cfg.storePath())
		}
	}
	return nil
}

// restoration is one run.
type restoration struct {
	cfg    Config
	master *seal.Master
	part   string
}

// ready is a file in the folder part: what is beside it is whole, and from the
// backup whose checksum stands in it.
const ready = "ready"

func (r restoration) storePath() string { return filepath.Join(r.part, partStore) }

// prepare checks the backup and makes everything ready in the folder part. What a
// restoration of the same backup has made ready is used again: a copy to a server
// that was cut off goes on.
func (r restoration) prepare(ctx context.Context, file string, ids []age.Identity) (about archiveAbout, err error) {
	if err := os.MkdirAll(r.cfg.Data, 0o700); err != nil {
		return about, err
	}
	sum, _, err := fileSum(file)
	if errors.Is(err, fs.ErrNotExist) {
		return about, fail("there is no backup at %s", file)
	}
	if err != nil {
		return about, err
	}
	mark := filepath.Join(r.part, ready)
	if had, err := os.ReadFile(mark); err == nil && string(had) == sum {
		about, _, err = readArchive(file, "", ids)
		return about, err
	}
	if err := os.RemoveAll(r.part); err != nil {
		return about, err
	}
	if err := os.Mkdir(r.part, 0o700); err != nil {
		return about, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(r.part))
		}
	}()
	about, identity, err := readArchive(file, r.storePath(), ids)
	if err != nil {
		return about, err
	}
	o := store.Options{Path: r.storePath(), Master: r.master}
	found, err := store.Verify(ctx, o)
	switch {
	case errors.Is(err, store.ErrWrongKey):
		return about, fail("the backup was made with another master key than %s: put that one there", r.cfg.MasterKeyFile)
	case err != nil:
		return about, err
	case found.People != about.People:
		return about, errNoBackup
	}
	if err := store.MarkRestored(ctx, o, about.Taken, time.Now()); err != nil {
		return about, err
	}
	if err := r.putIdentity(identity); err != nil {
		return about, err
	}
	if err := os.WriteFile(mark, []byte(sum), 0o600); err != nil {
		return about, err
	}
	return about, syncDir(r.part)
}

// putIdentity puts the recovery key to where the bot looks for it.
func (r restoration) putIdentity(sealed []byte) error {
	if sealed == nil {
		return nil
	}
	key, err := r.master.Open(sealed, sealedIdentity)
	if err != nil {
		return errNoBackup
	}
	err = matrix.PutRecoveryKey(r.cfg.matrixDir(), string(key))
	if errors.Is(err, matrix.ErrOtherIdentity) {
		return fail("%s holds the recovery key of another identity than the backup: move that folder away, then try again", r.cfg.matrixDir())
	}
	return err
}

// finish moves what is ready to its place.
func (r restoration) finish(ctx context.Context, s streams) error {
	if r.cfg.Database == "" {
		if err := giveName(r.storePath(), r.cfg.storePath()); err != nil {
			return err
		}
		return os.RemoveAll(r.part)
	}
	o, err := r.cfg.storeOptions(r.master, nil)
	if err != nil {
		return err
	}
	if err := move(ctx, s, store.Options{Path: r.storePath(), Master: r.master}, o); err != nil {
		return err
	}
	return os.RemoveAll(r.part)
}

// ageIdentities reads the file of an age identity.
func ageIdentities(file string) ([]age.Identity, error) {
	if file == "" {
		return nil, nil
	}
	if err := checkSecret(file); err != nil {
		return nil, fail("--identity: %v", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fail("--identity: %v", err)
	}
	ids, err := age.ParseIdentities(strings.NewReader(string(text)))
	if err != nil {
		return nil, fail("%s holds no age identity (AGE-SECRET-KEY-...)", file)
	}
	return ids, nil
}
