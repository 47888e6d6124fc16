// Package secret checks a word that a person chose, without keeping the word: it
// keeps what Argon2id makes of it, which takes a
// noticeable moment and 24 MiB of memory for every guess. It never keeps, logs
// or prints a word.
package secret

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What one guess costs.
const (
	passes  = 2
	memory  = 24 << 10 // KiB
	threads = 1
	keySize = 32 // bytes
	// SaltSize is how many random bytes Hash wants.
	SaltSize = 16
	// mostMemory and mostPasses bound what Check does for a text that says
	// otherwise.
	mostMemory = 256 << 10
	mostPasses = 16
)

// Hash is what to keep of a word, in the usual text form of Argon2id. The caller
// gives the word as it is to be compared, and SaltSize fresh random bytes.
func Hash(word string, salt []byte) string {
	key := argon2.IDKey([]byte(word), salt, passes, memory, threads, keySize)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, b64(salt), b64(key))
}

// Check tells whether word is the one that Hash made kept of. A text that Hash
// cannot have made fits no word.
func Check(kept, word string) bool {
	parts := strings.Split(kept, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var version, m, t, p int
	if n, _ := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &m, &t, &p); n != 4 {
		return false
	}
	if version != argon2.Version || m < 8 || m > mostMemory || t < 1 || t > mostPasses || p < 1 || p > 16 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) < 16 || len(key) > 64 {
		return false
	}
	got := argon2.IDKey([]byte(word), salt, uint32(t), uint32(m), uint8(p), uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1
}
