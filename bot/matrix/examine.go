package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Examination is what can be told about an account from outside. Each error says
// what is wrong and what to do; what comes after the first in this order was not
// looked at.
type Examination struct {
	// Reach is why the homeserver cannot be used.
	Reach error
	// Skew is how far its clock is ahead of ours; it is known to a second or so.
	Skew time.Duration
	// LoggedIn tells that there is a login. Without one the bot has not run yet.
	LoggedIn bool
	// Login is why that login cannot be used.
	Login error
	// Device is why people's clients warn of the bot's device, or cannot write to it.
	Device error
	// Recovery is why a lost device could not be replaced without a warning.
	Recovery error
	// Name is the name that people see; empty: there is none, or it cannot be had.
	Name string
	// Others are how many other devices the account has: of lost copies, or of
	// somebody who is logged in as the bot.
	Others []string
}

var (
	errNoDeviceKeys = errors.New("the homeserver has no keys of the bot's device: the bot cannot be written to; look at what handrail run says")
	errUnsigned     = errors.New("the device is not signed by the bot's identity, so people see a warning: start the bot again with its recovery key in place")
	errNoRecovery   = errors.New("there is no recovery key: a lost device could not be replaced without a warning to everybody; put the key back")
	errRecoveryBad  = errors.New("the recovery key does not open the bot's identity on the homeserver: put the right one back")
)

// Examine looks at the account as the homeserver has it, beside a bot that may
// run. It logs nobody in and changes nothing.
func Examine(ctx context.Context, cfg Config) (x Examination, err error) {
	if err := cfg.check(); err != nil {
		return x, err
	}
	cli, err := mautrix.NewClient(cfg.Homeserver, "", "")
	if err != nil {
		return x, errors.New("matrix: the homeserver's address is not a URL")
	}
	cli.Log = newLibraryLog(cfg.Log)
	t := &Transport{cfg: cfg, log: cfg.Log, now: time.Now, cli: cli}
	defer cli.Client.CloseIdleConnections()
	if t.vault, err = cfg.vault(); err != nil {
		return x, err
	}
	if x.Skew, err = t.greet(ctx); err != nil {
		x.Reach = t.reach("ask the homeserver for its versions", err)
		return x, nil
	}
	sess, err := t.vault.session()
	if err != nil {
		return x, err
	}
	if x.LoggedIn = sess != nil; !x.LoggedIn {
		return x, nil
	}
	if x.Login = t.resume(ctx, sess); x.Login != nil {
		if answered(x.Login, unknownToken) {
			x.Login = errors.New("the homeserver does not know the bot's login any more: start the bot again, it logs in with the password")
		}
		return x, nil
	}
	t.self = sess.User
	if name, err := t.shownName(ctx); err == nil {
		x.Name = name
	}
	resp, err := t.ownKeys(ctx)
	if err != nil {
		return x, err
	}
	if device := resp.DeviceKeys[t.self][t.cli.DeviceID]; len(device.Keys) == 0 {
		x.Device = errNoDeviceKeys
	} else if !t.signed(resp) {
		x.Device = errUnsigned
	}
	master := resp.MasterKeys[t.self]
	if x.Recovery, err = t.tryRecovery(ctx, master.FirstKey()); err != nil {
		return x, err
	}
	devices, err := cli.GetDevicesInfo(ctx)
	if err != nil {
		return x, t.reach("list the bot's devices", err)
	}
	for _, d := range devices.Devices {
		if d.DeviceID != sess.Device {
			x.Others = append(x.Others, d.DeviceID.String())
		}
	}
	return x, nil
}

// greetPatience is for a homeserver that is busy. Who asks is a person who waits.
const greetPatience = 10 * time.Second

// greet asks the homeserver for its versions, and tells how far its clock is
// ahead of ours. It waits for greetPatience.
func (t *Transport) greet(ctx context.Context) (skew time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, greetPatience)
	defer cancel()
	t.cli.ResponseHook = func(_ *http.Request, resp *http.Response, _ error, took time.Duration) {
		if resp == nil {
			return
		}
		if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			// The header has whole seconds, and is half the way old.
			skew = at.Add(time.Second / 2).Sub(t.now().Add(-took / 2))
		}
	}
	defer func() { t.cli.ResponseHook = nil }()
	_, err = t.cli.Versions(ctx)
	return skew, err
}

// tryRecovery tells why the recovery key would not open the identity whose public
// key is given; err is for what cannot be known now.
func (t *Transport) tryRecovery(ctx context.Context, published id.Ed25519) (why, err error) {
	recovery, err := t.vault.recoveryKey()
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", t.vault.path(recoveryFile), err)
	case recovery == "":
		return errNoRecovery, nil
	case published == "":
		return errRecoveryBad, nil
	}
	mach := ssss.NewSSSSMachine(t.cli)
	keyID, data, err := mach.GetDefaultKeyData(ctx)
	if err == nil {
		var key *ssss.Key
		if key, err = data.VerifyRecoveryKey(keyID, recovery); err == nil || errors.Is(err, ssss.ErrUnverifiableKey) {
			_, err = mach.GetDecryptedAccountData(ctx, event.AccountDataCrossSigningMaster, key)
		}
	}
	if err == nil {
		return nil, nil
	}
	if f := classify(err); f.onWire || f.status != 0 && f.status != http.StatusNotFound {
		return nil, t.reach("fetch the cross-signing keys", err)
	}
	return errRecoveryBad, nil
}
