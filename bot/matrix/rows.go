package matrix

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// rowVault keeps in a database what a vault otherwise keeps in files, for an
// account that another copy of the bot must be able to go on with. Each row is
// sealed under a key made from the pickle key: a token and a recovery key are not
// for everybody who can read the database.
type rowVault struct {
	db   *sql.DB
	aead cipher.AEAD
}

const rowPatience = 10 * time.Second // for one question to the database

func newRowVault(db *sql.DB, pickle []byte) (*rowVault, error) {
	key, err := hkdf.Key(sha256.New, pickle, nil, "handrail matrix vault", 32)
	if err != nil {
		return nil, fmt.Errorf("make the key of the vault: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the key of the vault: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make the key of the vault: %w", err)
	}
	return &rowVault{db: db, aead: aead}, nil
}

func (v *rowVault) exec(query string, args ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), rowPatience)
	defer cancel()
	_, err := v.db.ExecContext(ctx, query, args...)
	return err
}

func (v *rowVault) row(query string, dest any, args ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), rowPatience)
	defer cancel()
	return v.db.QueryRowContext(ctx, query, args...).Scan(dest)
}

func (v *rowVault) prepare() error {
	return v.exec(`CREATE TABLE IF NOT EXISTS hr_vault (name TEXT PRIMARY KEY, sealed BYTEA NOT NULL)`)
}

// read returns nil when there is no such row.
func (v *rowVault) read(name string) ([]byte, error) {
	var sealed []byte
	err := v.row(`SELECT sealed FROM hr_vault WHERE name = $1`, &sealed, name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	plain, err := v.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return nil, errors.New("it does not open: give the bot the master key that it was written with")
	}
	return plain, nil
}

func (v *rowVault) write(name string, data []byte) error {
	return v.exec(sqlPutSecret, name, v.seal(name, data))
}

const sqlPutSecret = `INSERT INTO hr_vault (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed`

func (v *rowVault) seal(name string, data []byte) []byte {
	return v.aead.Seal(nil, nil, data, []byte(name))
}

func (v *rowVault) remove(name string) error {
	return v.exec(`DELETE FROM hr_vault WHERE name = $1`, name)
}

// hasKeys tells whether the keys of a device are in the database.
func (v *rowVault) hasKeys() (there bool, err error) {
	if err = v.row(`SELECT to_regclass('crypto_account') IS NOT NULL`, &there); err != nil || !there {
		return false, err
	}
	err = v.row(`SELECT EXISTS (SELECT 1 FROM crypto_account)`, &there)
	return there, err
}
