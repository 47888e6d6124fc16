package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"handrail/bot/desk"
)

const (
	sqlKeySure     = `SELECT sure FROM desk_key WHERE who = $1 AND key = $2`
	sqlKeysOf      = `SELECT key FROM desk_key WHERE who = $1 AND sure = $2`
	sqlAddStaffKey = `INSERT INTO desk_key (who, key, sure) VALUES ($1, $2, $3)`
	sqlDropKeys    = `DELETE FROM desk_key WHERE who = $1`
)

// LookAtKeys tells whether these keys of a member of staff count, and whether they
// were seen before. It notes nothing.
func (t *Tx) LookAtKeys(who desk.StaffID, identity string) (known, noted bool, err error) {
	var sure int
	err = t.row(sqlKeySure, []any{t.staff(who), t.s.index("staff.keys", string(who), identity)}, &sure)
	if errors.Is(err, ErrNotFound) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("look at the keys of staff: %w", err)
	}
	return sure == 1, true, nil
}

// KnownKeys tells whether these keys of a member of staff count. The first ones
// do. Others are noted, and code is the number by which they can be confirmed.
func (t *Tx) KnownKeys(who desk.StaffID, identity string) (known bool, code string, err error) {
	known, code, err = t.knownKeys(t.staff(who), t.s.index("staff.keys", string(who), identity))
	if err != nil {
		return false, "", fmt.Errorf("look at the keys of staff: %w", err)
	}
	return known, code, nil
}

func (t *Tx) knownKeys(who, key []byte) (known bool, code string, err error) {
	var sure int
	if err = t.row(sqlKeySure, []any{who, key}, &sure); err == nil {
		return sure == 1, keyCode(key), nil
	}
	if !errors.Is(err, ErrNotFound) {
		return false, "", err
	}
	held, err := t.keysOf(who, 1)
	if err != nil {
		return false, "", err
	}
	if len(held) == 0 {
		sure = 1
	}
	_, err = t.exec(sqlAddStaffKey, who, key, sure)
	return sure == 1, keyCode(key), err
}

// ConfirmKeys makes the keys with this code those that count for a member of
// staff. ok is false if none wait that have it.
func (t *Tx) ConfirmKeys(who desk.StaffID, code string) (ok bool, err error) {
	keys, err := t.keysOf(t.staff(who), 0)
	for _, key := range keys {
		if err != nil || keyCode(key) != code {
			continue
		}
		if _, err = t.exec(sqlDropKeys, t.staff(who)); err == nil {
			_, err = t.exec(sqlAddStaffKey, t.staff(who), key, 1)
		}
		ok = err == nil
		break
	}
	if err != nil {
		return false, fmt.Errorf("confirm the keys of staff: %w", err)
	}
	return ok, nil
}

func (t *Tx) keysOf(who []byte, sure int) (keys [][]byte, err error) {
	err = t.rows(sqlKeysOf, []any{who, sure}, func(scan func(...any) error) error {
		var key []byte
		if err := scan(&key); err != nil {
			return err
		}
		keys = append(keys, key)
		return nil
	})
	return keys, err
}

// keyCode is a number of four digits that stands for keys.
func keyCode(key []byte) string { return fmt.Sprintf("%04d", binary.BigEndian.Uint32(key)%10_000) }
