package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/mattn/go-sqlite3"

	"handrail/bot/matrix"
	"handrail/bot/seal"
	"handrail/bot/store"
)

type backupCmd struct {
	File      string   `arg:"" help:"Where to write the backup. An existing file is never overwritten."`
	Config    string   `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Recipient []string `placeholder:"KEY" help:"Encrypt it for this age public key (age1...), too; may be given several times. Make a pair with age-keygen."`
}

// Help is shown by handrail backup --help.
func (backupCmd) Help() string {
	return `Writes everything that the bot knows about people into one file, as it is at one moment. The bot may run: nobody waits for it. The file is read again and checked before it gets its name; until then it is FILE.part.

In it: the store (from SQLite or PostgreSQL, the file is the same) and the recovery key of the Matrix account. What people wrote, who they are and the recovery key are sealed with the master key. In clear are numbers, times and the scripts; with --recipient these are encrypted, too.

Not in it, keep them yourself: the master key (in another place than the backups: whoever has both can read everything), the account's password, the configuration, and your own scripts and help lines. Never in it: the encryption state of the Matrix account; an old copy of that would do harm. After a restoration the bot takes a new device and signs it with the recovery key, so that nobody sees a warning.

Whom somebody had erased is in the backups from before, until you delete those. Keep few, and not for long.

  handrail backup /backup/$(date +%F).handrail
  handrail backup /backup/$(date +%F).handrail --recipient age1...`
}

// Run makes the backup.
func (c *backupCmd) Run(ctx context.Context, s streams) error {
	began := time.Now()
	recipients, err := ageRecipients(c.Recipient)
	if err != nil {
		return err
	}
	cfg, master, err := loadKeys(s, c.Config)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.File); err == nil {
		return fail("%s exists and is not overwritten: choose another name", c.File)
	}
	part := c.File + ".part"
	if err := os.Mkdir(part, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fail("%s is there: another backup to this file is being made, or one was cut off; then delete it and try again", part)
		}
		return fail("no backup can be written there: %v", err)
	}
	defer func() { _ = os.RemoveAll(part) }() // what matters has left it
	about, err := takeBackup(ctx, cfg, master, c.File, part, recipients)
	if noRoom(err) {
		return fail("the disk of %s is full, and there is no backup: one needs room for two copies of the store while it is made; make room, or write it to another disk", c.File)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	if err := noteBackup(cfg, about.Taken); err != nil {
		fmt.Fprintln(s.err, "handrail: the backup is good, but when it was taken cannot be noted for handrail status:", oneLine(err))
	}
	fmt.Fprintf(s.out, "%s: %s, %s to send, %s, taken %s, read again and sound, %s\n", c.File, people(about.People),
		count(int(about.Waiting), "message"), size(info.Size()), about.Taken.Format(time.RFC3339), time.Since(began).Round(time.Millisecond))
	if about.Broken > 0 {
		fmt.Fprintf(s.out, "the store has lost the keys of %s, and what they wrote with them; look for a backup from before that\n", people(about.Broken))
	}
	if !about.Identity {
		fmt.Fprintln(s.out, "there is no recovery key in it: the bot has not logged in yet, or the key is lost")
	}
	return nil
}

// takeBackup makes the backup inside the folder part and then gives it its name.
func takeBackup(ctx context.Context, cfg Config, master *seal.Master, file, part string, to []age.Recipient) (about archiveAbout, err error) {
	o, err := cfg.storeOptions(master, nil)
	if err != nil {
		return about, err
	}
	r, err := store.OpenReader(ctx, o)
	if err != nil {
		return about, noStore(err, cfg)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	about = archiveAbout{About: archiveText, Version: archiveVersion, Taken: time.Now().UTC().Truncate(time.Millisecond)}
	copied := filepath.Join(part, partStore)
	if err := r.Snapshot(ctx, copied); err != nil {
		return about, err
	}
	found, err := store.Verify(ctx, store.Options{Path: copied, Master: master})
	if err != nil {
		return about, err
	}
	about.Schema, about.People, about.Waiting, about.Broken = found.Schema, found.People, found.Outbox, found.Broken
	if about.SHA256, about.Bytes, err = fileSum(copied); err != nil {
		return about, err
	}
	identity, err := sealIdentity(cfg, master)
	if err != nil {
		return about, err
	}
	about.Identity = identity != nil
	written := filepath.Join(part, "backup")
	sum, err := writeArchive(written, about, copied, identity, to)
	if err != nil {
		return about, fmt.Errorf("write the backup: %w", err)
	}
	if again, _, err := fileSum(written); err != nil || again != sum {
		return about, errors.Join(fail("what was written is not what is read: look at the disk of %s", file), err)
	}
	if len(to) == 0 { // else it is for others to open
		if _, _, err := readArchive(written, "", nil); err != nil {
			return about, fmt.Errorf("read the backup again: %w", err)
		}
	}
	return about, giveName(written, file)
}

// noRoom tells whether an error is that a disk, or what this user may use of it, is full.
func noRoom(err error) bool {
	var file sqlite3.Error
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.As(err, &file) && file.Code == sqlite3.ErrFull
}

// sealIdentity seals the recovery key of the account; nil if there is none.
func sealIdentity(cfg Config, master *seal.Master) ([]byte, error) {
	key, err := matrix.RecoveryKey(cfg.matrixDir())
	if err != nil || key == "" {
		return nil, err
	}
	return master.Seal([]byte(key), sealedIdentity)
}

// giveName moves a file to its place, where nothing may be, and returns when that
// is on disk.
func giveName(from, to string) error {
	if err := os.Link(from, to); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fail("%s exists and is not overwritten: choose another name", to)
		}
		// A file system without links: the name was free a moment ago.
		if err := os.Rename(from, to); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(to))
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ageRecipients reads public keys of age.
func ageRecipients(keys []string) ([]age.Recipient, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	list, err := age.ParseRecipients(strings.NewReader(strings.Join(keys, "\n")))
	if err != nil {
		return nil, misuse("--recipient wants the public key of a pair made with age-keygen, as in age1...")
	}
	return list, nil
}

// noStore says what to do about a store that is not there.
func noStore(err error, cfg Config) error {
	switch {
	case errors.Is(err, store.ErrNoStore) && cfg.Database == "":
		return fail("there is no store at %s: is this the right configuration? handrail run makes one", cfg.storePath())
	case errors.Is(err, store.ErrNoStore):
		return fail("there is no store in the database yet: handrail run makes one")
	}
	return err
}

// loadKeys reads a configuration without a fault, and the master key.
func loadKeys(s streams, config string) (Config, *seal.Master, error) {
	cfg, err := soundConfig(s, config)
	if err != nil {
		return cfg, nil, err
	}
	master, err := seal.LoadMaster(cfg.MasterKeyFile)
	return cfg, master, err
}

// backupNote is a file in the data folder with the time of the last backup.
const backupNote = "last-backup"

func noteBackup(cfg Config, taken time.Time) error {
	return os.WriteFile(filepath.Join(cfg.Data, backupNote), []byte(taken.Format(time.RFC3339)+"\n"), 0o600)
}

// lastBackup is when the last backup was taken; zero: never, as far as is known.
func lastBackup(cfg Config) time.Time {
	text, err := os.ReadFile(filepath.Join(cfg.Data, backupNote))
	if err != nil {
		return time.Time{}
	}
	taken, _ := time.Parse(time.RFC3339, strings.TrimSpace(string(text))) // zero if it cannot be read
	return taken
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// people is a number of people.
func people(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
