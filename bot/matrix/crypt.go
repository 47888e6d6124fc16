package matrix

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/account"
)

// keyStore is the crypto store without the names that people give their
// devices ("Anna's telephone").
type keyStore struct {
	*crypto.SQLCryptoStore
	order *sync.Mutex // held around what takes the library's lock and the connection
}

var _ crypto.Store = keyStore{}

func (s keyStore) PutDevice(ctx context.Context, user id.UserID, device *id.Device) error {
	return s.SQLCryptoStore.PutDevice(ctx, user, nameless(device))
}

func (s keyStore) PutDevices(ctx context.Context, user id.UserID, devices map[id.DeviceID]*id.Device) error {
	lean := make(map[id.DeviceID]*id.Device, len(devices))
	for device, keys := range devices {
		lean[device] = nameless(keys)
	}
	return s.SQLCryptoStore.PutDevices(ctx, user, lean)
}

// GetGroupSession treats a key that was refused as one that is not there. The
// library would return an error, also to its own code that is about to store
// the key after all, and so lose it.
func (s keyStore) GetGroupSession(ctx context.Context, room id.RoomID, session id.SessionID) (*crypto.InboundGroupSession, error) {
	var igs *crypto.InboundGroupSession
	err := within(ctx).read(ctx, func() (err error) {
		igs, err = s.SQLCryptoStore.GetGroupSession(ctx, room, session)
		return err
	})
	if errors.Is(err, crypto.ErrGroupSessionWithheld) {
		return nil, nil
	}
	return igs, err
}

func nameless(device *id.Device) *id.Device {
	lean := *device
	lean.Name = ""
	return &lean
}

// crypt encrypts and decrypts. It implements mautrix.CryptoHelper, because the
// verification helper sends through the client.
type crypt struct {
	cli   *mautrix.Client
	mach  *crypto.OlmMachine
	store keyStore
	state stateStore

	mu      sync.Mutex
	arrived map[id.SessionID]bool   // keys that came since the last look
	readers map[id.SessionID]string // which person was seen to have the key of a session of ours
	given   map[id.RoomID]given     // of rooms of staff; the first message after a start makes a new key
}

var _ mautrix.CryptoHelper = (*crypt)(nil)

func newCrypt(cli *mautrix.Client, store keyStore, state stateStore) *crypt {
	c := &crypt{cli: cli, store: store, state: state, arrived: make(map[id.SessionID]bool), readers: make(map[id.SessionID]string), given: make(map[id.RoomID]given)}
	c.mach = crypto.NewOlmMachine(cli, &cli.Log, store, state)
	c.mach.DisableRatchetTracking = true // saves one write a message; nothing here uses it
	c.mach.IgnorePostDecryptionParseErrors = true
	c.mach.SessionReceived = func(_ context.Context, _ id.RoomID, session id.SessionID, _ uint32) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.arrived[session] = true
	}
	return c
}

// takeArrived returns the keys that came since the last call.
func (c *crypt) takeArrived() []id.SessionID {
	c.mu.Lock()
	defer c.mu.Unlock()
	var sessions []id.SessionID
	for session := range c.arrived {
		sessions = append(sessions, session)
	}
	clear(c.arrived)
	return sessions
}

// Init does nothing: Open has done it.
func (c *crypt) Init(context.Context) error { return nil }

// Encrypt encrypts content for everybody in the room, giving them the key
// first where they lack it.
func (c *crypt) Encrypt(ctx context.Context, room id.RoomID, kind event.Type, content any) (*event.EncryptedEventContent, error) {
	encrypted, err := c.mach.EncryptMegolmEvent(ctx, room, kind, content)
	if !errors.Is(err, crypto.ErrSessionExpired) && !errors.Is(err, crypto.ErrNoGroupSession) && !errors.Is(err, crypto.ErrSessionNotShared) {
		return encrypted, err
	}
	members, err := c.state.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	if err := c.mach.ShareGroupSession(ctx, room, members); err != nil {
		return nil, fmt.Errorf("share the key: %w", err)
	}
	return c.mach.EncryptMegolmEvent(ctx, room, kind, content)
}

// encryptFor is Encrypt with a promise: at least one device of the person was
// given the key. The library only logs it when it reaches none, and then the
// message would be there and nobody could ever read it.
func (c *crypt) encryptFor(ctx context.Context, room id.RoomID, person id.UserID, kind event.Type, content any) (*event.EncryptedEventContent, error) {
	encrypted, err := c.Encrypt(ctx, room, kind, content)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	known := c.readers[encrypted.SessionID] == person.String()
	c.mu.Unlock()
	if known {
		return encrypted, nil
	}
	devices, err := c.store.GetDevices(ctx, person)
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	for _, device := range devices {
		shared, err := c.store.IsOutboundGroupSessionShared(ctx, person, device.IdentityKey, encrypted.SessionID)
		if err != nil {
			return nil, fmt.Errorf("devices: %w", err)
		}
		if shared {
			c.noteReader(encrypted.SessionID, person)
			return encrypted, nil
		}
	}
	if err := c.store.RemoveOutboundGroupSession(ctx, room); err != nil {
		return nil, fmt.Errorf("drop the key: %w", err)
	}
	// Ask again next time: the devices may only have been out of reach. What is
	// fetched is kept, and must not be as GetDevices marks it for some readers.
	if _, err := c.mach.FetchKeys(context.WithValue(ctx, onlyFor{}, nil), []id.UserID{person}, true); err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	return nil, errNoReader
}

func (c *crypt) noteReader(session id.SessionID, person id.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.readers) > 10_000 {
		clear(c.readers)
	}
	c.readers[session] = person.String()
}

// Decrypt decrypts one event of a room. The library was seen to panic on
// hostile input in other versions, so that ends here.
func (c *crypt) Decrypt(ctx context.Context, evt *event.Event) (plain *event.Event, err error) {
	defer func() {
		if recover() != nil {
			plain, err = nil, account.ErrPanic
		}
	}()
	return c.mach.DecryptMegolmEvent(ctx, evt)
}

// WaitForSession is part of the interface.
func (c *crypt) WaitForSession(ctx context.Context, room id.RoomID, sender id.SenderKey, session id.SessionID, timeout time.Duration) bool {
	return c.mach.WaitForSession(ctx, room, sender, session, timeout)
}

// RequestSession asks the sender's devices for a key that did not come.
func (c *crypt) RequestSession(ctx context.Context, room id.RoomID, sender id.SenderKey, session id.SessionID, user id.UserID, device id.DeviceID) {
	if device == "" {
		device = "*"
	}
	_ = c.mach.SendRoomKeyRequest(ctx, room, sender, session, "", map[id.UserID][]id.DeviceID{user: {device}})
}

// fetchRoom asks the homeserver for the whole state of a room.
func (c *crypt) fetchRoom(ctx context.Context, room id.RoomID) error {
	evts, err := c.cli.StateAsArray(mautrix.WithMaxRetries(ctx, 0), room)
	if err != nil {
		return err
	}
	var members []*event.Event
	for _, evt := range evts {
		if evt == nil {
			continue
		}
		parse(evt, room, event.StateEventType)
		if evt.Type == event.StateMember {
			members = append(members, evt)
		} else if err := c.state.apply(ctx, evt); err != nil {
			return err
		}
	}
	return c.state.ReplaceCachedMembers(ctx, room, members)
}

// applyState stores a state event and tells the crypto machine, which forgets
// the room's key when somebody came or left.
func (c *crypt) applyState(ctx context.Context, evt *event.Event) error {
	if err := c.state.apply(ctx, evt); err != nil {
		return err
	}
	switch evt.Type {
	case event.StateMember:
		c.mach.HandleMemberEvent(ctx, evt)
	case event.StateHistoryVisibility:
		c.mach.HandleHistoryVisibility(ctx, evt)
	}
	return nil
}
