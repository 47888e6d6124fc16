package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
)

// unknownToken is the answer to a token that is not valid any more.
const unknownToken = "M_UNKNOWN_TOKEN"

// login gets the client a valid token: the saved one, or a new one for the
// same device, or, when the crypto store is gone, one for a new device.
func (t *Transport) login(ctx context.Context) (*session, error) {
	sess, err := t.vault.session()
	if err != nil {
		return nil, err
	}
	if sess != nil && sess.HasKeys {
		there, err := t.vault.hasKeys()
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", t.vault.path(cryptoFile), err)
		}
		if !there {
			if err := t.giveUpDevice(ctx, sess); err != nil {
				return nil, err
			}
			return t.loginAnew(ctx, session{Replaced: true})
		}
	}
	if sess != nil {
		err := t.resume(ctx, sess)
		if !answered(err, unknownToken) {
			return sess, err
		}
		t.log.Warn("the homeserver does not know the access token any more, logging in again for the same device")
		return t.loginAnew(ctx, *sess)
	}
	// A recovery key without a login was put there: by a restoration, or by hand.
	recovery, err := t.vault.recoveryKey()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.vault.file(recoveryFile), err)
	}
	return t.loginAnew(ctx, session{Replaced: recovery != ""})
}

// resume uses the saved token and makes sure that it is for this device.
func (t *Transport) resume(ctx context.Context, sess *session) error {
	t.cli.UserID, t.cli.DeviceID, t.cli.AccessToken = sess.User, sess.Device, sess.Token
	me, err := patiently(ctx, t.cli.Whoami)
	if err != nil {
		return t.reach("ask the homeserver who we are", err)
	}
	if me.UserID != sess.User || (me.DeviceID != "" && me.DeviceID != sess.Device) {
		return fmt.Errorf("%s is for another account or device than the token in it: move the directory %s away and start again", t.vault.path(sessionFile), t.cfg.Dir)
	}
	return nil
}

// busyTries is how often a homeserver that asks for patience is asked at the start
// of an account that has its login: with the pauses that it asks for, or about a
// minute in all. To end here would make a restart out of a pause.
const busyTries = 8

// patiently asks the homeserver once, and again where it asks for a pause.
func patiently[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	for attempt := 0; ; attempt++ {
		answer, err := ask(mautrix.WithMaxRetries(ctx, 0))
		f := classify(err)
		if err == nil || f.status != http.StatusTooManyRequests || attempt == busyTries {
			return answer, err
		}
		if err := sleep(ctx, max(f.after, backoff(attempt))); err != nil {
			return answer, err
		}
	}
}

// loginAnew logs in with the password. old is the login that it goes on from.
func (t *Transport) loginAnew(ctx context.Context, old session) (*session, error) {
	if t.cfg.Password == "" {
		return nil, errors.New("matrix: the bot must log in, but no password is configured: set the password of its account and start again")
	}
	device, err := t.vault.device()
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", t.vault.path(deviceFile), err)
	}
	var date string
	t.cli.ResponseHook = func(_ *http.Request, resp *http.Response, _ error, _ time.Duration) {
		if resp != nil {
			date = resp.Header.Get("Date")
		}
	}
	resp, err := t.cli.Login(ctx, &mautrix.ReqLogin{
		Type: mautrix.AuthTypePassword, DeviceID: device, StoreCredentials: true,
		Identifier:               mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: t.cfg.User},
		Password:                 t.cfg.Password,
		InitialDeviceDisplayName: t.cfg.DeviceName,
	})
	t.cli.ResponseHook = nil
	switch {
	case answered(err, "M_FORBIDDEN", "M_USER_DEACTIVATED", "M_INVALID_USERNAME"):
		return nil, fmt.Errorf("%w: check the name and the password of the bot's account", clean("log in", err))
	case err != nil:
		return nil, t.reach("log in", err)
	case resp.DeviceID != device:
		return nil, errors.New("log in: the homeserver gave the bot another device than it asked for")
	}
	born := t.now()
	if at, err := http.ParseTime(date); err == nil {
		born = at // the homeserver's clock; it stamps the events too
	}
	sess := &session{User: resp.UserID, Device: resp.DeviceID, Token: resp.AccessToken, Born: born.UnixMilli(), HasKeys: old.HasKeys, Replaced: old.Replaced}
	if old.Device == sess.Device {
		sess.Born = old.Born
	}
	if err := t.vault.putSession(sess); err != nil {
		return nil, fmt.Errorf("write %s: %w", t.vault.path(sessionFile), err)
	}
	return sess, nil
}

// giveUpDevice is the way on when the crypto store of a device is gone: its
// keys cannot be made again, so it is logged out and a new device is taken.
// The recovery key lets the new one be signed, and people see no warning.
func (t *Transport) giveUpDevice(ctx context.Context, sess *session) error {
	where := t.vault.path(cryptoFile)
	if t.cfg.Password == "" {
		return fmt.Errorf("%s is gone: set the password of the bot's account and start again, the bot then takes a new device", where)
	}
	key, err := t.vault.recoveryKey()
	if err != nil {
		return fmt.Errorf("read %s: %w", t.vault.file(recoveryFile), err)
	}
	if key == "" && !t.cfg.ResetIdentity {
		return fmt.Errorf("%s and %s are gone: put the recovery key back, or allow a new identity (people will be warned), and start again", where, t.vault.file(recoveryFile))
	}
	t.cli.UserID, t.cli.DeviceID, t.cli.AccessToken = sess.User, sess.Device, sess.Token
	if _, err := t.cli.Logout(ctx); err != nil && !answered(err, unknownToken) {
		return t.reach("log out the device whose keys are gone", err)
	}
	t.cli.ClearCredentials()
	t.log.Warn("the crypto store is gone: taking a new device. Messages under way to the old one cannot be read", "path", where)
	if err := t.vault.remove(sessionFile, deviceFile, cryptoFile+"-wal", cryptoFile+"-shm"); err != nil {
		return fmt.Errorf("remove the old device's files: %w", err)
	}
	return nil
}

// reach adds what to do to an error on the way to the homeserver.
func (t *Transport) reach(op string, err error) error {
	f := classify(err)
	cleaned := clean(op, err)
	switch {
	case errors.Is(f.is, context.Canceled):
		return cleaned
	case f.onWire:
		return fmt.Errorf("%w: is the homeserver running, and is its address right (%s)?", cleaned, t.cli.HomeserverURL.Redacted())
	case f.status >= http.StatusInternalServerError:
		return fmt.Errorf("%w: it is in trouble, look at its log or try again later", cleaned)
	case f.status == http.StatusTooManyRequests:
		return fmt.Errorf("%w: try again in %s", cleaned, f.after)
	case f.status == http.StatusNotFound && f.code == "":
		return fmt.Errorf("%w: is there a Matrix homeserver at this address (%s)?", cleaned, t.cli.HomeserverURL.Redacted())
	}
	return cleaned
}
