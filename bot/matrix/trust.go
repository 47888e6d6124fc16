package matrix

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Who of staff reads what is sent to staff. The key of a room goes to those alone
// who are named in the configuration; where devices must be verified, to those of
// their devices alone that they have signed, and only while the bot knows the
// identity with which they did. A fault of the database or the network is an error,
// after which it is asked again, and never an answer.

// errUnproven says that a member of staff has no device that may read.
var errUnproven = errors.New("send: none of the devices of this one of staff is confirmed by its owner, so that nobody could read it")

// identity is what stands for a user: their master key, and the key with which
// they sign their devices. Both are "" where the one has not signed the other.
func (c *crypt) identity(ctx context.Context, user id.UserID) (master, signer id.Ed25519, err error) {
	keys, err := c.store.GetCrossSigningKeys(ctx, user)
	if err != nil {
		return "", "", err
	}
	master, signer = keys[id.XSUsageMaster].Key, keys[id.XSUsageSelfSigning].Key
	if master == "" || signer == "" {
		return "", "", nil
	}
	if ok, err := c.store.IsKeySignedBy(ctx, user, signer, user, master); err != nil || !ok {
		return "", "", err
	}
	return master, signer, nil
}

// identityOf is the identity of whoever sent an event, if its owner has signed the
// device that encrypted it; else "". That somebody compared emoji with the bot says
// nothing about who they are: it always agrees.
func (c *crypt) identityOf(ctx context.Context, evt *event.Event) (string, error) {
	if evt.Mautrix.ForwardedKeys || evt.Mautrix.TrustSource == nil || evt.Mautrix.TrustState == id.TrustStateDeviceKeyMismatch {
		return "", nil
	}
	master, signer, err := c.identity(ctx, evt.Sender)
	if err != nil || signer == "" {
		return "", err
	}
	if ok, err := c.store.IsKeySignedBy(ctx, evt.Sender, evt.Mautrix.TrustSource.SigningKey, evt.Sender, signer); err != nil || !ok {
		return "", err
	}
	return master.String(), nil
}

// findDevice looks once more for the device of an event that was decrypted: the
// library takes one that it could not look up for one that is not there.
func (c *crypt) findDevice(ctx context.Context, evt, plain *event.Event) error {
	content, ok := evt.Content.Parsed.(*event.EncryptedEventContent)
	if !ok || plain.Mautrix.TrustState != id.TrustStateUnknownDevice {
		return nil
	}
	session, err := c.store.GetGroupSession(ctx, evt.RoomID, content.SessionID)
	if err != nil || session == nil {
		return err
	}
	device, err := c.store.FindDeviceByKey(ctx, evt.Sender, session.SenderKey)
	if err != nil {
		return err
	}
	if device == nil {
		fetched, err := c.mach.FetchKeys(ctx, []id.UserID{evt.Sender}, true)
		if err != nil {
			return err
		}
		for _, d := range fetched[evt.Sender] {
			if d.IdentityKey == session.SenderKey {
				device = d
			}
		}
	}
	if device != nil && device.SigningKey == session.SigningKey {
		plain.Mautrix.TrustSource, plain.Mautrix.TrustState = device, id.TrustStateUnset
	}
	return nil
}

// readers are the devices that are given the key of a room, by user.
type readers map[id.UserID]map[id.DeviceID]bool

// sum tells two sets of readers apart.
func (r readers) sum() string {
	var b strings.Builder
	for _, user := range slices.Sorted(maps.Keys(r)) {
		for _, device := range slices.Sorted(maps.Keys(r[user])) {
			b.WriteString(user.String() + "\x00" + device.String() + "\x00")
		}
	}
	return b.String()
}

// onlyFor marks a context in which keys are given to some devices alone. Its value
// are the readers.
type onlyFor struct{}

// given is to whom the key of a session of a room of staff was given.
type given struct {
	session id.SessionID
	to      string
}

// teamReaders are the devices of those in a room who may read what is for staff.
func (t *Transport) teamReaders(ctx context.Context, room id.RoomID) (readers, error) {
	members, err := t.state.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil {
		return nil, err
	}
	may := readers{}
	var unknown []id.UserID
	for _, user := range members {
		if user != t.self && !slices.Contains(t.cfg.Staff.Members, user.String()) {
			continue
		}
		devices, err := t.crypt.store.GetDevices(ctx, user)
		if err != nil {
			return nil, err
		}
		if devices == nil {
			unknown = append(unknown, user)
		}
		may[user] = nil
	}
	if len(unknown) > 0 {
		if _, err := t.crypt.mach.FetchKeys(ctx, unknown, true); err != nil {
			return nil, err
		}
	}
	for user := range may {
		if may[user], err = t.devicesOf(ctx, user); err != nil {
			return nil, err
		}
	}
	return may, nil
}

// devicesOf are the devices of one of staff that may read.
func (t *Transport) devicesOf(ctx context.Context, user id.UserID) (map[id.DeviceID]bool, error) {
	devices, err := t.crypt.store.GetDevices(ctx, user)
	if err != nil {
		return nil, err
	}
	may := make(map[id.DeviceID]bool, len(devices))
	if !t.cfg.Staff.Verified {
		for name := range devices {
			may[name] = true
		}
		return may, nil
	}
	master, signer, err := t.crypt.identity(ctx, user)
	if err != nil || signer == "" {
		return may, err
	}
	if user != t.self {
		if known, err := t.vouched(ctx, user, master); err != nil || !known {
			return may, err
		}
	}
	for name, device := range devices {
		signed, err := t.crypt.store.IsKeySignedBy(ctx, user, device.SigningKey, user, signer)
		if err != nil {
			return nil, err
		}
		if signed {
			may[name] = true
		}
	}
	return may, nil
}

// vouched asks whether an identity of one of staff counts.
func (t *Transport) vouched(ctx context.Context, user id.UserID, master id.Ed25519) (bool, error) {
	h := t.asks.Load()
	if h == nil {
		return false, errHandler
	}
	known, err := (*h).Vouch(ctx, NetworkName, user.String(), master.String())
	if err != nil {
		t.log.Warn("the keys of staff could not be looked at", "err", err)
		return false, errHandler
	}
	return known, nil
}

// encryptTeam encrypts what is for staff. The key goes to those who may read at
// this moment: when they are others than before, there is a new one.
func (t *Transport) encryptTeam(ctx context.Context, room id.RoomID, to id.UserID, kind event.Type, content any) (*event.EncryptedEventContent, error) {
	defer t.keys.WithLock("the key of " + room.String())()
	may, err := t.teamReaders(ctx, room)
	if err != nil {
		return nil, err
	}
	if to != "" && len(may[to]) == 0 && t.cfg.Staff.Verified {
		if _, err := t.crypt.mach.FetchKeys(ctx, []id.UserID{to}, true); err != nil { // they may be signed by now
			return nil, err
		}
		if may[to], err = t.devicesOf(ctx, to); err != nil {
			return nil, err
		}
		if len(may[to]) == 0 {
			return nil, errUnproven
		}
	}
	c, sum := t.crypt, may.sum()
	session, err := c.store.GetOutboundGroupSession(ctx, room)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	same := session != nil && c.given[room] == given{session.ID(), sum}
	c.mu.Unlock()
	if session != nil && !same {
		if err := c.store.RemoveOutboundGroupSession(ctx, room); err != nil {
			return nil, err
		}
	}
	ctx = context.WithValue(ctx, onlyFor{}, may)
	var encrypted *event.EncryptedEventContent
	if to != "" {
		encrypted, err = c.encryptFor(ctx, room, to, kind, content)
	} else {
		encrypted, err = c.Encrypt(ctx, room, kind, content)
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.given[room] = given{encrypted.SessionID, sum}
	c.mu.Unlock()
	return encrypted, nil
}

// GetDevices marks for the library, where it is about to share a key with some
// devices alone, all others as barred. Of whom it knows none it would ask for all.
func (s keyStore) GetDevices(ctx context.Context, user id.UserID) (map[id.DeviceID]*id.Device, error) {
	devices, err := s.SQLCryptoStore.GetDevices(ctx, user)
	may, only := ctx.Value(onlyFor{}).(readers)
	if err != nil || !only {
		return devices, err
	}
	if devices == nil {
		devices = map[id.DeviceID]*id.Device{}
	}
	for name, device := range devices {
		if !may[user][name] {
			device.Trust = id.TrustStateBlacklisted
		}
	}
	return devices, nil
}
