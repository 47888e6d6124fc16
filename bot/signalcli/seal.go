package signalcli

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
)

// keys are what the ledger is closed with: lines are sealed, and people are known
// by an index that says nothing without the key.
type keys struct {
	aead  cipher.AEAD
	index []byte
}

const shortestKey = 16

func newKeys(key []byte) (k keys, err error) {
	if len(key) < shortestKey {
		return k, errors.New("signal: the key for the ledger is missing or shorter than 16 bytes")
	}
	seal, err := hkdf.Key(sha256.New, key, nil, "handrail signal lines", 32)
	if err != nil {
		return k, clean("make a key", err)
	}
	if k.index, err = hkdf.Key(sha256.New, key, nil, "handrail signal index", 32); err != nil {
		return k, clean("make a key", err)
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return k, clean("make a key", err)
	}
	k.aead, err = cipher.NewGCMWithRandomNonce(block)
	return k, clean("make a key", err)
}

// seal closes a line that belongs to who.
func (k keys) seal(who, data []byte) []byte { return k.aead.Seal(nil, nil, data, who) }

// open gives it back; it fails for what was changed, or sealed with another key.
func (k keys) open(who, sealed []byte) ([]byte, error) { return k.aead.Open(nil, nil, sealed, who) }

const indexLength = 16

// who is the index of a person.
func (k keys) who(aci string) []byte { return k.hash("who", aci) }

func (k keys) hash(parts ...string) []byte {
	h := hmac.New(sha256.New, k.index)
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return h.Sum(nil)[:indexLength]
}

// seen is by what a repetition of an arrival is known.
func (k keys) seen(a arrival) []byte {
	return k.hash("seen", a.from, strconv.Itoa(a.device), stampText(a.stamp), string(a.what), stampText(a.target), a.group)
}

// ref names a person to an operator: it is always the same, and says nothing.
func (k keys) ref(aci string) string { return hex.EncodeToString(k.hash("ref", aci)[:4]) }
