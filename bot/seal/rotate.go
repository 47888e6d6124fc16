package seal

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// A rotation goes by three key files: the old one, one with the old and a new
// key, which opens what either sealed and seals with the new one, and one with
// the new key alone. The index key is the same in all three: what was found by
// it must be found on.

// errRotate says no more, because the cause could quote a key.
var errRotate = errors.New("rotate master key")

// BeginRotation adds a new key to the content of a key file, with which everything
// is sealed from then on. A file in which a rotation has begun is returned as it
// is.
func BeginRotation(file []byte) ([]byte, error) {
	kf, sealing, err := readKeyFile(file)
	if err != nil {
		return nil, err
	}
	if sealing.Len() > 1 {
		return file, nil
	}
	m := keyset.NewManagerFromHandle(sealing)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, errRotate
	}
	return writeKeyFile(kf, m)
}

// EndRotation takes every key but the newest out of the content of a key file.
func EndRotation(file []byte) ([]byte, error) {
	kf, sealing, err := readKeyFile(file)
	if err != nil {
		return nil, err
	}
	newest, err := sealing.Primary()
	if err != nil {
		return nil, errRotate
	}
	m := keyset.NewManagerFromHandle(sealing)
	for i := range sealing.Len() {
		entry, err := sealing.Entry(i)
		if err != nil {
			return nil, errRotate
		}
		if entry.KeyID() == newest.KeyID() {
			continue
		}
		if err := m.Delete(entry.KeyID()); err != nil {
			return nil, errRotate
		}
	}
	return writeKeyFile(kf, m)
}

// Rotating tells whether a rotation was begun in a key file and not ended.
func Rotating(file []byte) bool {
	_, sealing, err := readKeyFile(file)
	return err == nil && sealing.Len() > 1
}

// Rewrap seals the wrapped key of a person anew, with the newest master key. What
// it sealed stays as it is.
func (m *Master) Rewrap(id int64, wrapped []byte) ([]byte, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), m.aead, wrapBinding(id))
	if err != nil {
		return nil, ErrOpen
	}
	var buf bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), m.aead, wrapBinding(id)); err != nil {
		return nil, errors.New("wrap person key")
	}
	return buf.Bytes(), nil
}

func readKeyFile(file []byte) (kf keyFile, sealing *keyset.Handle, err error) {
	if err := json.Unmarshal(file, &kf); err != nil || kf.Version != keyFileVersion {
		return kf, nil, ErrKeyFile
	}
	if sealing, err = insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(kf.Seal))); err != nil {
		return kf, nil, ErrKeyFile
	}
	return kf, sealing, nil
}

// writeKeyFile is a key file with other sealing keys, after trying that it opens.
func writeKeyFile(kf keyFile, m *keyset.Manager) ([]byte, error) {
	handle, err := m.Handle()
	if err != nil {
		return nil, errRotate
	}
	if kf.Seal, err = inClear(handle); err != nil {
		return nil, errRotate
	}
	text, err := json.MarshalIndent(kf, "", "  ")
	if err != nil {
		return nil, errRotate
	}
	text = append(text, '\n')
	if _, err := OpenMaster(text); err != nil {
		return nil, err
	}
	return text, nil
}
