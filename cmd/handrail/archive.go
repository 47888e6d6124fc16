package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"filippo.io/age"
)

// A backup is a tar file of the parts below, in this order, or that tar file
// encrypted by age. The store in it is sealed with the master key, which is not
// in it, and so is the recovery key; in clear are numbers, times and the scripts.
const (
	partAbout    = "backup.json" // archiveAbout
	partStore    = "handrail.db" // a file of SQLite, whichever database it came from
	partIdentity = "identity"    // the recovery key of the Matrix account, sealed
)

const (
	archiveVersion = 1
	maxAbout       = 64 << 10 // bytes
	maxIdentity    = 4 << 10  // bytes
	ageMagic       = "age-encryption.org/"
	// sealedIdentity is what the recovery key is sealed as.
	sealedIdentity = "backup.identity"
)

// archiveAbout says what a backup holds. Nothing in it is about a person.
type archiveAbout struct {
	About    string    `json:"about"`
	Version  int       `json:"version"`
	Taken    time.Time `json:"taken"`  // everything committed before is in it
	Schema   int       `json:"schema"` // of the store
	People   int64     `json:"people"`
	Waiting  int64     `json:"waiting"`          // messages to send
	Broken   int64     `json:"broken,omitempty"` // people whose keys were damaged before
	Bytes    int64     `json:"bytes"`            // of the store
	SHA256   string    `json:"sha256"`           // of the store
	Identity bool      `json:"identity"`
}

const archiveText = "A backup of Handrail. What people wrote is sealed with the master key, which is not in here: keep that apart. To put it back: handrail restore --help"

// writeArchive writes a backup to path, which must not exist, and returns the
// checksum of what it wrote. Everything is on disk when it returns.
func writeArchive(path string, about archiveAbout, storePath string, identity []byte, to []age.Recipient) (sum string, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	hash := sha256.New()
	buf := bufio.NewWriterSize(io.MultiWriter(f, hash), 1<<20)
	var out io.Writer = buf
	closeAge := func() error { return nil }
	if len(to) > 0 {
		sealed, err := age.Encrypt(buf, to...)
		if err != nil {
			return "", fmt.Errorf("encrypt: %w", err)
		}
		out, closeAge = sealed, sealed.Close
	}
	if err := writeParts(tar.NewWriter(out), about, storePath, identity); err != nil {
		return "", err
	}
	if err := errors.Join(closeAge(), buf.Flush()); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), f.Sync()
}

func writeParts(w *tar.Writer, about archiveAbout, storePath string, identity []byte) error {
	text, err := json.MarshalIndent(about, "", "  ")
	if err != nil {
		return err
	}
	part := func(name string, size int64, from io.Reader) error {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: about.Taken, Format: tar.FormatPAX}); err != nil {
			return err
		}
		_, err := io.Copy(w, from)
		return err
	}
	if err := part(partAbout, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	f, err := os.Open(storePath)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	if err := part(partStore, about.Bytes, f); err != nil {
		return err
	}
	if about.Identity {
		if err := part(partIdentity, int64(len(identity)), bytes.NewReader(identity)); err != nil {
			return err
		}
	}
	return w.Close()
}

// errNoBackup says that a file is none of ours, or a damaged one.
var errNoBackup = errors.New("this is no backup of Handrail, or it is damaged")

// readArchive reads a backup whole, writes its store to storePath (none if that
// is empty) and holds it against its checksum.
func readArchive(path, storePath string, ids []age.Identity) (about archiveAbout, identity []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return about, nil, err
	}
	defer func() { _ = f.Close() }() // only read
	in := bufio.NewReaderSize(f, 1<<20)
	var from io.Reader = in
	if head, _ := in.Peek(len(ageMagic)); string(head) == ageMagic {
		if len(ids) == 0 {
			return about, nil, fail("%s is encrypted: name the file with your age identity, --identity FILE", path)
		}
		if from, err = age.Decrypt(in, ids...); err != nil {
			return about, nil, fail("%s cannot be decrypted: is this the identity that it was made for? (%v)", path, err)
		}
	}
	parts := tar.NewReader(from)
	next := func(name string, limit int64) (*tar.Header, error) {
		h, err := parts.Next()
		if err != nil || h.Name != name || limit > 0 && h.Size > limit {
			return nil, errNoBackup
		}
		return h, nil
	}
	if _, err := next(partAbout, maxAbout); err != nil {
		return about, nil, err
	}
	if err := json.NewDecoder(parts).Decode(&about); err != nil {
		return about, nil, errNoBackup
	}
	if about.Version != archiveVersion {
		return about, nil, fail("%s was made by a newer version of Handrail: install that one", path)
	}
	h, err := next(partStore, 0)
	if err != nil {
		return about, nil, err
	}
	if h.Size != about.Bytes {
		return about, nil, errNoBackup
	}
	sum, err := copyOut(parts, storePath)
	if err != nil {
		return about, nil, err
	}
	if sum != about.SHA256 {
		return about, nil, fmt.Errorf("%w: the checksum of the store is another", errNoBackup)
	}
	if about.Identity {
		if _, err := next(partIdentity, maxIdentity); err != nil {
			return about, nil, err
		}
		if identity, err = io.ReadAll(parts); err != nil {
			return about, nil, errNoBackup
		}
	}
	if _, err := parts.Next(); !errors.Is(err, io.EOF) {
		return about, nil, errNoBackup
	}
	if _, err := io.Copy(io.Discard, from); err != nil { // to the end: age checks it there
		return about, nil, errNoBackup
	}
	return about, identity, nil
}

// copyOut writes what is left of a part to a new file, or nowhere, and sums it up.
func copyOut(from io.Reader, path string) (sum string, err error) {
	hash := sha256.New()
	var to io.Writer = hash
	if path != "" {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return "", err
		}
		defer func() {
			if cerr := errors.Join(f.Sync(), f.Close()); err == nil {
				err = cerr
			}
		}()
		to = io.MultiWriter(f, hash)
	}
	switch n, err := io.Copy(to, from); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", errNoBackup
	case err != nil && n == 0:
		return "", errNoBackup
	case err != nil:
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// fileSum is the checksum and the size of a file.
func fileSum(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = f.Close() }() // only read
	hash := sha256.New()
	size, err = io.Copy(hash, f)
	return hex.EncodeToString(hash.Sum(nil)), size, err
}
