package main

import (
	"fmt"
	"io"
	"os"

	"handrail/bot/seal"
)

type keygenCmd struct {
	File string `arg:"" optional:"" help:"Where to write the key, with mode 0400; an existing file is never overwritten. Without it the key goes to standard output."`
}

// Help is shown by handrail keygen --help.
func (keygenCmd) Help() string {
	return `Everything that people write is sealed with this key. Keep a copy in another place: without it the store cannot be read by anybody.

  handrail keygen master.key     a key file that only its owner can read
  handrail keygen | vault put    hand it to another program`
}

// Run makes the key.
func (c *keygenCmd) Run(s streams) error {
	key, err := seal.NewMasterKey()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	if c.File == "" {
		if readable(s.out) {
			fmt.Fprintln(s.err, "handrail: other users can read the file that you write the key to: run chmod 0400 on it, or use handrail keygen FILE")
		}
		_, err = s.out.Write(key)
		return err
	}
	if err := createSecret(c.File, key); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "wrote %s; keep a copy of it in another place\n", c.File)
	return nil
}

// readable tells whether a stream is a plain file that others can read.
func readable(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0
}
