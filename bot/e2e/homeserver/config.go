package homeserver

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ServerName is the part of every user id behind the colon.
const ServerName = "localhost"

// Every database section must be there, also those that a server without
// federation never opens: Dendrite refuses to start otherwise.
const configText = `version: 2
global:
  server_name: %s
  private_key: matrix_key.pem
  disable_federation: true
  jetstream: {storage_path: ./jetstream, in_memory: %t}
  cache: {max_size_estimated: 64mb}
client_api:
  registration_disabled: true
  guests_disabled: true
  registration_shared_secret: %q
  rate_limiting: {enabled: false}
federation_api: {database: {connection_string: "file:federationapi.db"}}
key_server:     {database: {connection_string: "file:keyserver.db"}}
media_api:      {base_path: ./media, database: {connection_string: "file:mediaapi.db"}}
room_server:    {database: {connection_string: "file:roomserver.db"}}
sync_api:       {database: {connection_string: "file:syncapi.db"}}
user_api:       {bcrypt_cost: 4, account_database: {connection_string: "file:userapi.db"}}
relay_api:      {database: {connection_string: "file:relayapi.db"}}
mscs:           {database: {connection_string: "file:mscs.db"}}
logging: [{type: std, level: warn}]
`

// prepare fills dir with what Dendrite wants to find and returns the secret
// with which users are registered. The signing key of an earlier run is kept.
func prepare(dir string, inMemory bool) (secret string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := keepKey(filepath.Join(dir, "matrix_key.pem")); err != nil {
		return "", fmt.Errorf("signing key: %w", err)
	}
	random := make([]byte, 24)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	secret = hex.EncodeToString(random)
	config := fmt.Sprintf(configText, ServerName, inMemory, secret)
	return secret, os.WriteFile(filepath.Join(dir, "dendrite.yaml"), []byte(config), 0o600)
}

// keepKey makes a signing key, unless there is one.
func keepKey(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return err
	}
	id := make([]byte, 4)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	block := &pem.Block{
		Type:    "MATRIX PRIVATE KEY",
		Headers: map[string]string{"Key-ID": "ed25519:" + hex.EncodeToString(id)},
		Bytes:   seed,
	}
	return os.WriteFile(path, pem.EncodeToMemory(block), 0o600)
}
