package matrix

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"maunium.net/go/mautrix/id"
)

// The files in Config.Dir. Each holds something that opens the account, so
// each is 0600 in a directory of 0700.
const (
	deviceFile   = "device.id"
	sessionFile  = "session.json"
	recoveryFile = "recovery.key"
	cryptoFile   = "crypto.db"
	lockFile     = "lock"
)

// session is one login.
type session struct {
	User    id.UserID   `json:"user_id"`
	Device  id.DeviceID `json:"device_id"`
	Token   string      `json:"access_token"`
	Born    int64       `json:"born"`     // unix ms by the homeserver's clock: nothing older is for this device
	HasKeys bool        `json:"has_keys"` // its crypto store was made; without it the device is lost
	// Replaced says that it took the place of a device whose crypto store was lost.
	Replaced bool `json:"replaced,omitempty"`
}

// vault reads and writes the files, or the rows that stand for them.
type vault struct {
	dir  string
	rows *rowVault // nil: files
}

// path tells an operator where something is.
func (v vault) path(name string) string {
	if v.rows != nil {
		return "the bot's " + name + " in the database"
	}
	return v.file(name)
}

func (v vault) file(name string) string { return filepath.Join(v.dir, name) }

// prepare makes the directory and closes it to others.
func (v vault) prepare() error {
	if v.rows != nil {
		if err := v.rows.prepare(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(v.dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(v.dir, 0o700) //nolint:gosec // a directory needs the x bit
}

// read returns nil when there is no such file.
func (v vault) read(name string) ([]byte, error) {
	if v.rows != nil {
		return v.rows.read(name)
	}
	data, err := os.ReadFile(v.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// hasKeys tells whether there is a crypto store.
func (v vault) hasKeys() (bool, error) {
	if v.rows != nil {
		return v.rows.hasKeys()
	}
	_, err := os.Stat(v.file(cryptoFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// write replaces a file so that after a crash it has the old content or the
// new, and is on disk when write returns.
func (v vault) write(name string, data []byte) error {
	if v.rows != nil {
		return v.rows.write(name, data)
	}
	return v.writeFile(name, data)
}

func (v vault) writeFile(name string, data []byte) error {
	tmp, err := os.CreateTemp(v.dir, name+".new-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	if _, err := tmp.Write(data); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := tmp.Sync(); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), v.file(name)); err != nil {
		return err
	}
	return v.sync()
}

func (v vault) remove(names ...string) error {
	for _, name := range names {
		if v.rows != nil {
			if err := v.rows.remove(name); err != nil {
				return err
			}
			continue
		}
		if err := os.Remove(v.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return v.sync()
}

// sync makes renames and removals durable.
func (v vault) sync() error {
	dir, err := os.Open(v.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// device returns the id for the next login. It is on disk before it is used:
// a crash between login and the next line must not leave a device that nobody
// can ever log out.
func (v vault) device() (id.DeviceID, error) {
	data, err := v.read(deviceFile)
	if err != nil {
		return "", err
	}
	if name := strings.TrimSpace(string(data)); name != "" {
		return id.DeviceID(name), nil
	}
	name := rand.Text()[:10]
	return id.DeviceID(name), v.write(deviceFile, []byte(name+"\n"))
}

// LoggedIn reports whether there is a login in the folder of an account, so that
// this is not the first start.
func LoggedIn(dir string) bool { return Config{Dir: dir}.LoggedIn() }

// LoggedIn is the same wherever the account is kept.
func (c Config) LoggedIn() bool {
	v, err := c.vault()
	if err != nil {
		return false
	}
	sess, err := v.session()
	return err == nil && sess != nil
}

// session returns nil before the first login.
func (v vault) session() (*session, error) {
	data, err := v.read(sessionFile)
	if err != nil || data == nil {
		return nil, err
	}
	var s session
	if err := json.Unmarshal(data, &s); err != nil || s.User == "" || s.Device == "" || s.Token == "" {
		return nil, fmt.Errorf("%s is damaged: remove it, the bot then logs in again with the password", v.path(sessionFile))
	}
	return &s, nil
}

func (v vault) putSession(s *session) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return v.write(sessionFile, data)
}

// recoveryKey returns "" when there is none. The file counts for the database,
// too: an operator puts it there, or had the account in files before.
func (v vault) recoveryKey() (string, error) {
	data, err := v.read(recoveryFile)
	if err != nil || v.rows == nil {
		return strings.TrimSpace(string(data)), err
	}
	file, err := vault{dir: v.dir}.read(recoveryFile)
	switch {
	case err != nil:
	case len(data) == 0:
		data = file
	case len(file) == 0: // each copy has the file, for the operator and for backups
		err = v.writeFile(recoveryFile, data)
	}
	return strings.TrimSpace(string(data)), err
}

// putRecoveryKey keeps the key where the login is and in a file, of which an
// operator keeps a copy.
func (v vault) putRecoveryKey(key string) error {
	if err := v.writeFile(recoveryFile, []byte(key+"\n")); err != nil || v.rows == nil {
		return err
	}
	return v.rows.write(recoveryFile, []byte(key+"\n"))
}
