package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"handrail/bot/seal"
	"handrail/bot/store"
)

type rotateCmd struct {
	Config string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration. The key file that it names is replaced."`
}

// Help is shown by handrail rotate --help.
func (rotateCmd) Help() string {
	return `Makes a new master key and wraps the key of each person with it, so that the old master key opens nothing of the store any more. Do it when somebody leaves who could read the key file, or once in a while. Stop the bot before.

Cut off at any point, the same command goes on. Until it has come to its end the key file holds both keys and the bot can run with it; the old key alone is refused from the beginning.

Before: take a backup, and keep a copy of the old key with it: backups from before need the old key. Afterwards: copy the new key file to where its other copy is, and to every machine that runs a copy of the bot, at once. It is now the only one that opens the store.

It does not change the keys of the people themselves, by which their words are sealed, nor the key of the look-up and of the encryption state: who had a copy of the store and of the old key together has read what was in it.

  handrail backup /backup/before.handrail -c config.yaml && cp master.key /elsewhere/before.key
  handrail rotate -c config.yaml`
}

// Run rotates the key, or goes on with it.
func (c *rotateCmd) Run(ctx context.Context, s streams) error {
	cfg, _, err := loadKeys(s, c.Config)
	if err != nil {
		return err
	}
	if cfg.Database == "" {
		if err := checkStore(cfg.storePath()); err != nil {
			return err
		}
	}
	o, err := cfg.storeOptions(nil, nil)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(cfg.MasterKeyFile)
	if err != nil {
		return err
	}
	// Nothing is written before it is certain that this key file is the store's,
	// and that no bot works with it.
	if err := openOnce(ctx, o, old); err != nil {
		return tellRotate(err)
	}
	began := seal.Rotating(old)
	both, err := seal.BeginRotation(old)
	if err != nil {
		return err
	}
	if !began {
		if err := replaceSecret(cfg.MasterKeyFile, both); err != nil {
			return fail("the key file cannot be replaced: %v: run this where the key file is kept, as its owner", err)
		}
	}
	one, err := seal.EndRotation(both)
	if err != nil {
		return err
	}
	broken, err := rotateStore(ctx, s, o, both, one)
	if err != nil {
		return tellRotate(err)
	}
	if err := replaceSecret(cfg.MasterKeyFile, one); err != nil {
		return fail("the key file still holds the old key, too: %v: run the same command again", err)
	}
	if broken > 0 {
		fmt.Fprintf(s.out, "the keys of %s were damaged before and stay lost\n", people(broken))
	}
	fmt.Fprintf(s.out, "%s is the new key, and the old one opens nothing any more. Copy it now to where its other copy is kept; "+
		"keep the old one only as long as backups from before\n", cfg.MasterKeyFile)
	return nil
}

// openOnce tells whether a store opens with a key file.
func openOnce(ctx context.Context, o store.Options, file []byte) (err error) {
	if o.Master, err = seal.OpenMaster(file); err != nil {
		return err
	}
	st, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	return st.Close()
}

// rotateStore brings the store to the new key, and shows how far it is.
func rotateStore(ctx context.Context, s streams, o store.Options, both, one []byte) (broken int64, err error) {
	bothKeys, err := seal.OpenMaster(both)
	if err != nil {
		return 0, err
	}
	newKey, err := seal.OpenMaster(one)
	if err != nil {
		return 0, err
	}
	p := progress{out: s.err, live: wantsColour(s.err)}
	defer p.end()
	return store.Rotate(ctx, o, bothKeys, newKey, func(done, all int64) {
		p.show(store.MoveStep{Table: "keys", Rows: done, Total: all})
	})
}

// tellRotate says what to do about an error.
func tellRotate(err error) error {
	switch {
	case errors.Is(err, store.ErrLocked):
		return fail("%v: the bot must not run while its key is changed", err)
	case errors.Is(err, context.Canceled):
		return fail("stopped in the middle: run the same command again, and it goes on from there")
	}
	return err
}

// replaceSecret puts a secret in the place of another: after a crash the file has
// the old content or the new, and is on disk when it returns. Its owner and mode
// stay.
func replaceSecret(path string, data []byte) (err error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(real), filepath.Base(real)+".new-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(info.Mode().Perm()), sameOwner(f, info), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), real); err != nil {
		return err
	}
	return syncDir(filepath.Dir(real))
}
