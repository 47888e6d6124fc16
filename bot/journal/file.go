package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"
)

// Book is an export: all entries and when they were written out.
type Book struct {
	Format  string   `json:"format"`
	Made    string   `json:"made"` // RFC 3339, in Zone
	Zone    string   `json:"zone"` // of the person when it was made
	About   []string `json:"about"`
	Entries []Entry  `json:"entries"`
	Head    string   `json:"head"` // hash of the newest entry
	Sum     string   `json:"sum"`  // hash of all above, so that no byte of the file changes unseen
}

// NewBook binds entries; now is in the person's zone.
func NewBook(entries []Entry, now time.Time) Book {
	b := Book{
		Format: Format, Made: now.Format(time.RFC3339), Zone: now.Location().String(), About: Statement(),
		Entries: entries, Head: Head(entries),
	}
	b.Sum = b.sum()
	return b
}

func (b *Book) sum() string {
	var c canon
	c.text("format", b.Format)
	c.text("made", b.Made)
	c.text("zone", b.Zone)
	c.list("about", b.About)
	c.number("entries", len(b.Entries))
	c.text("head", b.Head)
	return c.hash()
}

// JSON is the file for programs. ReadJSON takes it back.
func (b *Book) JSON() ([]byte, error) {
	if b.Entries == nil {
		b.Entries = []Entry{}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(b); err != nil {
		return nil, errors.New("write journal as JSON") // the cause could quote it
	}
	return buf.Bytes(), nil
}

// ReadJSON reads a file that JSON wrote and checks all of it: the chain, the
// head, and that no byte is different. An error wraps ErrBroken and quotes
// nothing.
func ReadJSON(file []byte) (*Book, error) {
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	var b Book
	if err := dec.Decode(&b); err != nil {
		return nil, fmt.Errorf("not a journal file, or damaged: %w", ErrBroken)
	}
	if b.Format != Format {
		return nil, fmt.Errorf("not a journal file of this kind (%s): %w", Format, ErrBroken)
	}
	if err := Verify(b.Entries); err != nil {
		return nil, err
	}
	if b.Head != Head(b.Entries) || b.Sum != b.sum() {
		return nil, fmt.Errorf("the frame around the entries was changed: %w", ErrBroken)
	}
	again, err := b.JSON()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, file) {
		return nil, fmt.Errorf("the entries are whole, but something was put between them: %w", ErrBroken)
	}
	return &b, nil
}

// SealWork is the work factor of scrypt in a sealed file: 2 to this power, which
// takes 64 MiB and about a quarter of a second for each try.
const SealWork = 16

// mostWork is the highest work factor that Open accepts.
const mostWork = 20

// ErrPhrase is the error of Open for a passphrase that does not fit, or a file
// that was changed: age does not tell the two apart.
var ErrPhrase = errors.New("this passphrase does not open it, or the file was changed")

// Seal encrypts a file under a passphrase, in the age format: any age tool opens
// it. It takes SealWork.
func Seal(plain []byte, phrase string) ([]byte, error) {
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return nil, errors.New("seal: the passphrase is empty")
	}
	to.SetWorkFactor(SealWork)
	var buf bytes.Buffer
	w, err := age.Encrypt(&buf, to)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return buf.Bytes(), nil
}

// Sealed tells whether a file is one of the age format.
func Sealed(file []byte) bool { return bytes.HasPrefix(file, []byte("age-encryption.org/v1\n")) }

// Open decrypts a file that Seal made. Every fault of phrase or file is
// ErrPhrase.
func Open(sealed []byte, phrase string) ([]byte, error) {
	id, err := age.NewScryptIdentity(phrase)
	if err != nil {
		return nil, ErrPhrase
	}
	id.SetMaxWorkFactor(mostWork)
	r, err := age.Decrypt(bytes.NewReader(sealed), id)
	if err != nil {
		return nil, ErrPhrase
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, ErrPhrase
	}
	return plain, nil
}
