package seal

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// keyFile is the content of a master key file: two Tink keysets in clear. The
// index keyset is apart from the sealing one because rotating the latter must
// not change what the index finds.
type keyFile struct {
	About   string          `json:"about"`
	Version int             `json:"version"`
	Seal    json.RawMessage `json:"seal"`
	Index   json.RawMessage `json:"index"`
}

const (
	keyFileAbout   = "Handrail master key. Keep it secret and keep a copy: without it every stored word is lost."
	keyFileVersion = 1
	keyFileLimit   = 64 << 10 // bytes; a real one has about one thousand
	indexSize      = 16       // bytes of a keyed index
	checkDomain    = "seal.check"
	checkText      = "handrail"
)

// Master seals what belongs to the bot as a whole, wraps the keys of persons,
// and makes keyed indexes. It is safe for use by many goroutines.
type Master struct {
	aead  tink.AEAD
	index *prf.Set
}

// NewMasterKey makes the content of a fresh key file. The caller writes it with
// mode 0400 and never over an existing file.
func NewMasterKey() ([]byte, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make sealing key: %w", err)
	}
	index, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make index key: %w", err)
	}
	file := keyFile{About: keyFileAbout, Version: keyFileVersion}
	if file.Seal, err = inClear(sealing); err != nil {
		return nil, err
	}
	if file.Index, err = inClear(index); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, errors.New("write master key") // the cause could quote the key
	}
	return append(text, '\n'), nil
}

// inClear writes a keyset as JSON, unencrypted: for the key file alone.
func inClear(h *keyset.Handle) (json.RawMessage, error) {
	var buf bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&buf)); err != nil {
		return nil, errors.New("write master key")
	}
	return buf.Bytes(), nil
}

// OpenMaster reads the content of a key file. Every fault is ErrKeyFile: the
// cause is left out because it could quote the key.
func OpenMaster(file []byte) (*Master, error) {
	var kf keyFile
	if err := json.Unmarshal(file, &kf); err != nil || kf.Version != keyFileVersion {
		return nil, ErrKeyFile
	}
	sealing, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(kf.Seal)))
	if err != nil {
		return nil, ErrKeyFile
	}
	index, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(kf.Index)))
	if err != nil {
		return nil, ErrKeyFile
	}
	m := &Master{}
	if m.aead, err = aead.New(sealing); err != nil {
		return nil, ErrKeyFile
	}
	if m.index, err = prf.NewPRFSet(index); err != nil {
		return nil, ErrKeyFile
	}
	if _, err = m.index.ComputePrimaryPRF([]byte(checkDomain), indexSize); err != nil {
		return nil, ErrKeyFile
	}
	return m, nil
}

// LoadMaster reads the key file at path. It refuses a file that other users can
// read or change (ErrKeyFileMode) and one that is not a key file (ErrKeyFile);
// a missing file is fs.ErrNotExist. Each error says what to do.
func LoadMaster(path string) (*Master, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no key file at %s: restore it from your backup, or make one "+
			"for a new store with `handrail keygen`: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("open key file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("key file %s: not a file: %w", path, ErrKeyFile)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("key file %s has mode %04o: run `chmod 400 %s`: %w",
			path, mode, path, ErrKeyFileMode)
	}
	content, err := io.ReadAll(io.LimitReader(f, keyFileLimit))
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	m, err := OpenMaster(content)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return m, nil
}

// Seal seals a field that belongs to the bot and to no person; what is its
// table.column and has to be given again to Open.
func (m *Master) Seal(plain []byte, what string) ([]byte, error) {
	sealed, err := m.aead.Encrypt(plain, binding(scopeBot, what, nil))
	if err != nil {
		return nil, errors.New("seal: " + what) // the cause is Tink's alone and tells nothing
	}
	return sealed, nil
}

// Open opens what Seal sealed under the same what, or fails with ErrOpen.
func (m *Master) Open(sealed []byte, what string) ([]byte, error) {
	plain, err := m.aead.Decrypt(sealed, binding(scopeBot, what, nil))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, ErrOpen)
	}
	return plain, nil
}

// Index returns the 16 bytes under which text can be looked up without being
// stored. The same text in two domains gives unrelated bytes.
func (m *Master) Index(domain, text string) []byte {
	in := make([]byte, 0, 2+len(domain)+len(text))
	in = binary.BigEndian.AppendUint16(in, uint16(min(len(domain), 0xffff)))
	in = append(in, domain...)
	in = append(in, text...)
	out, err := m.index.ComputePrimaryPRF(in, indexSize)
	if err != nil {
		// HMAC fails for no input, and OpenMaster has tried this key.
		panic("seal: index: " + err.Error())
	}
	return out
}

// Check returns bytes for a store to keep: Verify of the same master key, and
// of no other, accepts them.
func (m *Master) Check() []byte {
	check, err := m.Seal(m.Index(checkDomain, checkText), checkDomain)
	if err != nil {
		// Sealing a few bytes fails only where the machine has no randomness.
		panic("seal: check: " + err.Error())
	}
	return check
}

// Verify tells by nil that this is the key with which Check was made, and by
// ErrWrongKey that it is not.
func (m *Master) Verify(check []byte) error {
	kept, err := m.Open(check, checkDomain)
	if err != nil || !hmac.Equal(kept, m.Index(checkDomain, checkText)) {
		return ErrWrongKey
	}
	return nil
}
