package matrix

import (
	"context"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// identityOf is the identity of whoever sent an event, if its owner has signed the
// device that encrypted it; else "". That somebody compared emoji with the bot says
// nothing about who they are: it always agrees.
func (t *Transport) identityOf(ctx context.Context, evt *event.Event) string {
	if evt.Mautrix.ForwardedKeys || evt.Mautrix.TrustSource == nil || evt.Mautrix.TrustState < id.TrustStateCrossSignedUntrusted {
		return ""
	}
	if !t.crypt.signed(ctx, evt.Mautrix.TrustSource) {
		return ""
	}
	keys, err := t.crypt.store.GetCrossSigningKeys(ctx, evt.Sender)
	if err != nil {
		return ""
	}
	return keys[id.XSUsageMaster].Key.String()
}

// signed tells whether the owner of a device has signed it.
func (c *crypt) signed(ctx context.Context, device *id.Device) bool {
	plain := *device
	plain.Trust = id.TrustStateUnset
	trust, err := c.mach.ResolveTrustContext(ctx, &plain)
	return err == nil && trust >= id.TrustStateCrossSignedUntrusted
}

// onlySigned marks a context in which devices that their owner has not signed are
// given no key.
type onlySigned struct{}

// encryptSigned is Encrypt for those devices in the room alone that their owner
// has signed.
func (c *crypt) encryptSigned(ctx context.Context, room id.RoomID, kind event.Type, content any) (*event.EncryptedEventContent, error) {
	members, err := c.state.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil {
		return nil, err
	}
	var unknown []id.UserID
	for _, user := range members {
		devices, err := c.store.GetDevices(ctx, user)
		if err != nil {
			return nil, err
		}
		if devices == nil {
			unknown = append(unknown, user)
		}
	}
	if len(unknown) > 0 { // the library would give a key to what it fetches while it shares
		if _, err := c.mach.FetchKeys(ctx, unknown, true); err != nil {
			return nil, err
		}
	}
	return c.Encrypt(context.WithValue(ctx, onlySigned{}, c), room, kind, content)
}

// GetDevices hides from the library, where it is about to share a key with signed
// devices alone, all others.
func (s keyStore) GetDevices(ctx context.Context, user id.UserID) (map[id.DeviceID]*id.Device, error) {
	devices, err := s.SQLCryptoStore.GetDevices(ctx, user)
	c, only := ctx.Value(onlySigned{}).(*crypt)
	if err != nil || !only {
		return devices, err
	}
	ctx = context.WithValue(ctx, onlySigned{}, nil)
	for _, device := range devices {
		if !c.signed(ctx, device) {
			device.Trust = id.TrustStateBlacklisted
		}
	}
	return devices, nil
}
