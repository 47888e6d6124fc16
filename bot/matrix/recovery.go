package matrix

import (
	"errors"
	"fmt"
)

// ErrOtherIdentity says that a folder holds the recovery key of another identity.
var ErrOtherIdentity = errors.New("another recovery key is there already")

// RecoveryKey returns the key in the folder of an account that opens the bot's
// identity on the homeserver; "" when there is none. It is a secret.
func RecoveryKey(dir string) (string, error) {
	key, err := vault{dir: dir}.recoveryKey()
	if err != nil {
		return "", fmt.Errorf("read the recovery key: %w", err)
	}
	return key, nil
}

// PutRecoveryKey puts a recovery key into the folder of an account, which is made
// if it is not there. The next Open takes a new device and signs it with the
// identity that the key opens. The same key again changes nothing; in the place
// of another it fails with ErrOtherIdentity.
func PutRecoveryKey(dir, key string) error {
	v := vault{dir: dir}
	if err := v.prepare(); err != nil {
		return fmt.Errorf("prepare %s: %w", dir, err)
	}
	there, err := v.recoveryKey()
	switch {
	case err != nil:
		return fmt.Errorf("read the recovery key: %w", err)
	case there == key:
		return nil
	case there != "":
		return ErrOtherIdentity
	}
	if err := v.write(recoveryFile, []byte(key+"\n")); err != nil {
		return fmt.Errorf("write %s: %w", v.path(recoveryFile), err)
	}
	return nil
}
