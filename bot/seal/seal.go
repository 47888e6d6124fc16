// Package seal keeps people's words unreadable at rest. One master key, kept in
// a file outside the database, wraps one key per person; each stored field is
// sealed under its person's key and bound to the row it belongs to, so that
// nobody can move a sealed field to another row, and destroying one wrapped key
// makes one person's words unreadable for good. What must be found again is
// found by a keyed index.
//
// The package never touches a database or a network, never logs, and never puts
// key material or plain text into an error or into formatted output. The
// cryptography is Tink's: AES-256-GCM keysets with key ids, so that keys can be
// rotated without touching what they sealed, and HMAC-SHA-256 for the index.
package seal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

var (
	// ErrKeyFile says that a file is not a master key file of this program.
	ErrKeyFile = errors.New("not a Handrail key file, or damaged: restore the right file from your backup; " +
		"only for a new and empty store make a new one with `handrail keygen`")
	// ErrKeyFileMode says that other users of the machine can read the key file.
	ErrKeyFileMode = errors.New("key file can be read or changed by other users of this machine")
	// ErrWrongKey says that a master key is not the one a store was made with.
	ErrWrongKey = errors.New("the master key does not fit")
	// ErrOpen says that sealed bytes were changed, moved to another row, or
	// sealed under another key. It tells nothing more on purpose.
	ErrOpen = errors.New("cannot open sealed bytes: changed, moved or sealed under another key")
)

// binding is the associated data of one sealed field: what it is (table.column)
// and the row it lives in. The length in front keeps any two bindings apart.
func binding(scope byte, what string, ids []int64) []byte {
	b := make([]byte, 0, 3+len(what)+8*len(ids))
	b = append(b, scope)
	b = binary.BigEndian.AppendUint16(b, uint16(min(len(what), 0xffff)))
	b = append(b, what...)
	for _, id := range ids {
		b = binary.BigEndian.AppendUint64(b, uint64(id))
	}
	return b
}

// The scopes of a binding. A wrapped person's key is bound by text that begins
// with a letter, so it can never pass for a field.
const (
	scopePerson byte = 1
	scopeBot    byte = 2
)

// String hides the key.
func (m Master) String() string { return "[master key]" }

// GoString hides the key.
func (m Master) GoString() string { return m.String() }

// Format hides the key from every verb of fmt.
func (m Master) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// LogValue hides the key from slog.
func (m Master) LogValue() slog.Value { return slog.StringValue(m.String()) }

// MarshalText hides the key from every encoder.
func (m Master) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// String hides the key.
func (k Key) String() string { return "[person key]" }

// GoString hides the key.
func (k Key) GoString() string { return k.String() }

// Format hides the key from every verb of fmt.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue hides the key from slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText hides the key from every encoder.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
