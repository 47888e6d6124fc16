package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/id"
)

// prepareIdentity makes sure that the bot's device is signed by the bot's
// cross-signing identity, so that people's clients show no warning, and loads
// the private keys, which the verification of people needs. The private keys
// live on the homeserver, sealed with the recovery key; the recovery key lives
// in Dir and is written before anything depends on it.
func (t *Transport) prepareIdentity(ctx context.Context) error {
	resp, err := t.ownKeys(ctx)
	if err != nil {
		return err
	}
	master := resp.MasterKeys[t.self]
	published := master.FirstKey()
	recovery, err := t.vault.recoveryKey()
	if err != nil {
		return fmt.Errorf("read %s: %w", t.vault.file(recoveryFile), err)
	}
	if published == "" {
		return t.createIdentity(ctx)
	}
	where := t.vault.file(recoveryFile)
	if recovery == "" {
		switch {
		case t.signed(resp):
			t.log.Warn("the recovery key is missing: people can still talk to the bot, but not verify it, and a lost crypto store cannot be replaced without a warning to them", "path", where)
			return nil
		case t.cfg.ResetIdentity:
			return t.createIdentity(ctx)
		}
		return fmt.Errorf("the bot's account has a cross-signing identity, but %s is missing: put the recovery key there, or allow a new identity (people will be warned), and start again", where)
	}
	key, err := patiently(ctx, func(ctx context.Context) (id.Ed25519, error) { return t.loadIdentity(ctx, recovery) })
	if err == nil && key != published {
		err = errIdentityDiffers
	}
	if err != nil {
		switch f := classify(err); {
		case f.onWire || f.status != 0 && f.status != http.StatusNotFound:
			return t.reach("fetch the cross-signing keys", err)
		case t.cfg.ResetIdentity:
			return t.createIdentity(ctx)
		}
		return fmt.Errorf("%s does not open the bot's cross-signing keys on the homeserver: put the right recovery key there, or allow a new identity (people will be warned), and start again", where)
	}
	if t.signed(resp) {
		return nil
	}
	return t.signDevice(ctx)
}

var errIdentityDiffers = errors.New("the stored cross-signing keys are not the published ones")

// signed reports whether the homeserver shows our device as signed by our
// published self-signing key.
func (t *Transport) signed(resp *mautrix.RespQueryKeys) bool {
	keys := resp.SelfSigningKeys[t.self]
	signer := keys.FirstKey()
	device := resp.DeviceKeys[t.self][t.cli.DeviceID]
	_, ok := device.Signatures[t.self][id.NewKeyID(id.KeyAlgorithmEd25519, signer.String())]
	return signer != "" && ok
}

// loadIdentity fetches the private keys and returns the public master key.
func (t *Transport) loadIdentity(ctx context.Context, recovery string) (id.Ed25519, error) {
	mach := t.crypt.mach
	keyID, data, err := mach.SSSS.GetDefaultKeyData(ctx)
	if err != nil {
		return "", err
	}
	key, err := data.VerifyRecoveryKey(keyID, recovery)
	if err != nil && !errors.Is(err, ssss.ErrUnverifiableKey) {
		return "", err
	}
	if err := mach.FetchCrossSigningKeysFromSSSS(ctx, key); err != nil {
		return "", err
	}
	// The public keys go into the crypto store too, where trust is resolved.
	if _, err := mach.FetchKeys(ctx, []id.UserID{t.self}, true); err != nil {
		return "", err
	}
	return mach.CrossSigningKeys.MasterKey.PublicKey(), nil
}

// createIdentity makes a new identity. The order is such that a crash at any
// point leaves either no published identity (it is made again) or one whose
// recovery key is on disk.
func (t *Transport) createIdentity(ctx context.Context) error {
	if t.cfg.Password == "" {
		return errors.New("matrix: the bot needs the password of its account to publish its cross-signing keys: set it and start again")
	}
	mach := t.crypt.mach
	key, err := mach.SSSS.GenerateAndUploadKey(ctx, "")
	if err != nil {
		return t.reach("upload a recovery key's description", err)
	}
	if err := t.vault.putRecoveryKey(key.RecoveryKey()); err != nil {
		return fmt.Errorf("write %s: %w", t.vault.file(recoveryFile), err)
	}
	keys, err := mach.GenerateCrossSigningKeys()
	if err != nil {
		return clean("make cross-signing keys", err)
	}
	if err := mach.SSSS.SetDefaultKeyID(ctx, key.ID); err != nil {
		return t.reach("choose the recovery key", err)
	}
	if err := mach.UploadCrossSigningKeysToSSSS(ctx, key, keys); err != nil {
		return t.reach("store the cross-signing keys", err)
	}
	if err := t.publish(ctx, keys); err != nil {
		return err
	}
	t.log.Info("the bot has a new cross-signing identity; keep a copy of the recovery key", "path", t.vault.file(recoveryFile))
	return t.signDevice(ctx)
}

func (t *Transport) publish(ctx context.Context, keys *crypto.CrossSigningKeysCache) error {
	err := t.crypt.mach.PublishCrossSigningKeys(ctx, keys, func(ui *mautrix.RespUserInteractive) any {
		return &mautrix.ReqUIAuthLogin{
			BaseAuthData: mautrix.BaseAuthData{Type: mautrix.AuthTypePassword, Session: ui.Session},
			User:         t.self.String(), Password: t.cfg.Password,
		}
	})
	if answered(err, "M_FORBIDDEN") {
		return fmt.Errorf("%w: check the password of the bot's account", clean("publish the cross-signing keys", err))
	}
	if err != nil {
		return t.reach("publish the cross-signing keys", err)
	}
	return nil
}

func (t *Transport) signDevice(ctx context.Context) error {
	mach := t.crypt.mach
	if err := mach.SignOwnDevice(ctx, mach.OwnIdentity()); err != nil {
		return t.reach("sign the bot's device", err)
	}
	if err := mach.SignOwnMasterKey(ctx); err != nil {
		return t.reach("sign the bot's identity", err)
	}
	return nil
}
