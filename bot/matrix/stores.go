package matrix

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"

	"handrail/bot/account"
)

// openStores opens the database with keys, room state and ledger. It has one
// connection: the library drops errors of some writes, among them that of a
// key that just arrived, so there must be nobody to be locked out by.
func (t *Transport) openStores(ctx context.Context, sess *session) error {
	path := t.vault.path(cryptoFile)
	db, err := t.openDB(ctx)
	if err != nil {
		return err
	}
	db.Log = dbutil.ZeroLogger(t.cli.Log)
	if t.ledger, err = openLedger(ctx, db); err != nil {
		return errors.Join(clean("open "+path, err), db.Close())
	}
	t.state = stateStore{sqlstatestore.NewSQLStateStore(db, db.Log, false)}
	if err := t.state.Upgrade(ctx); err != nil {
		return clean("open "+path, err)
	}
	store := keyStore{crypto.NewSQLCryptoStore(db, db.Log, "", sess.Device, t.cfg.PickleKey), new(sync.Mutex)}
	if err := store.DB.Upgrade(ctx); err != nil {
		return clean("open "+path, err)
	}
	stored, err := store.FindDeviceID(ctx)
	if err != nil {
		return clean("open "+path, err)
	}
	if stored != "" && stored != sess.Device {
		return t.mismatch("it belongs to another device than " + t.vault.path(sessionFile))
	}
	t.cli.StateStore = t.state
	t.cli.Syncer = mautrix.NewDefaultSyncer() // dispatches verification events only
	t.crypt = newCrypt(t.cli, store, t.state)
	if err := t.crypt.mach.Load(ctx); err != nil {
		return fmt.Errorf("open %s: its keys do not open: give the bot the pickle key it was made with; if that is lost, move the file away and start again, the bot then takes a new device", path)
	}
	t.cli.Crypto = t.crypt
	return nil
}

// openDB opens the file, or takes the database that it was given.
func (t *Transport) openDB(ctx context.Context) (*dbutil.Database, error) {
	if t.cfg.DB != nil {
		return dbutil.NewWithDB(t.cfg.DB, "pgx")
	}
	return account.Open(ctx, t.vault.file(cryptoFile), "")
}

// mismatch is the error for a crypto store that is not this device's.
func (t *Transport) mismatch(why string) error {
	return fmt.Errorf("%s does not fit: %s. Never restore it from a backup. Move it away and start again: the bot then takes a new device and signs it with %s",
		t.vault.path(cryptoFile), why, t.vault.file(recoveryFile))
}

// checkDevice compares our device keys with what the homeserver shows to
// others, and uploads them on the first start.
func (t *Transport) checkDevice(ctx context.Context) error {
	resp, err := t.ownKeys(ctx)
	if err != nil {
		return err
	}
	mach := t.crypt.mach
	device, there := resp.DeviceKeys[t.self][t.cli.DeviceID]
	there = there && len(device.Keys) > 0
	ours := there && device.Keys.GetEd25519(t.cli.DeviceID) == mach.OwnIdentity().SigningKey
	shared := mach.GetAccount().Shared
	switch {
	case !there && !shared:
		if err := mach.ShareKeys(ctx, -1); err != nil {
			return t.reach("upload the device's keys", err)
		}
		return nil
	case !there:
		return t.mismatch("the homeserver has lost the keys of this device, or somebody has removed the device")
	case !ours:
		return t.mismatch("the homeserver shows other keys for this device")
	case !shared:
		// The upload worked and the process ended before it could note that.
		mach.GetAccount().Internal.MarkKeysAsPublished()
		mach.GetAccount().Shared = true
		if err := t.crypt.store.PutAccount(ctx, mach.GetAccount()); err != nil {
			return clean("save the device's keys", err)
		}
	}
	return nil
}

// ownKeys asks what the homeserver shows of us to others.
func (t *Transport) ownKeys(ctx context.Context) (*mautrix.RespQueryKeys, error) {
	resp, err := patiently(ctx, func(ctx context.Context) (*mautrix.RespQueryKeys, error) {
		return t.cli.QueryKeys(ctx, &mautrix.ReqQueryKeys{
			DeviceKeys: map[id.UserID]mautrix.DeviceIDList{t.self: {}},
			Timeout:    10_000,
		})
	})
	if err != nil {
		return nil, t.reach("ask for the bot's own keys", err)
	}
	return resp, nil
}
