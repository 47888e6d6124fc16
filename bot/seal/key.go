package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Key seals the fields of one person. It is safe for use by many goroutines.
type Key struct{ aead tink.AEAD }

// NewPerson makes a key for the person with this id and returns it along with
// its wrapped form, which is what a store keeps. Destroying every copy of the
// wrapped form destroys what the key sealed.
func (m *Master) NewPerson(id int64) (k *Key, wrapped []byte, err error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("make person key: %w", err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, nil, fmt.Errorf("make person key: %w", err)
	}
	var buf bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), m.aead, wrapBinding(id)); err != nil {
		return nil, nil, errors.New("wrap person key")
	}
	return &Key{aead: primitive}, buf.Bytes(), nil
}

// Unwrap opens the wrapped key of the person with this id. A key of another
// person, of another master, or damaged, is ErrOpen.
func (m *Master) Unwrap(id int64, wrapped []byte) (*Key, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), m.aead, wrapBinding(id))
	if err != nil {
		return nil, fmt.Errorf("unwrap person key: %w", ErrOpen)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("unwrap person key: %w", ErrOpen)
	}
	return &Key{aead: primitive}, nil
}

func wrapBinding(id int64) []byte { return strconv.AppendInt([]byte("person:"), id, 10) }

// Seal seals one field. What is its table.column and ids are the identity of
// its row; Open needs the same.
func (k *Key) Seal(plain []byte, what string, ids ...int64) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plain, binding(scopePerson, what, ids))
	if err != nil {
		return nil, errors.New("seal: " + what)
	}
	return sealed, nil
}

// Open opens what Seal sealed for the same field of the same row, or fails
// with ErrOpen.
func (k *Key) Open(sealed []byte, what string, ids ...int64) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, binding(scopePerson, what, ids))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, ErrOpen)
	}
	return plain, nil
}
