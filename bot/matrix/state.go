package matrix

import (
	"context"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"
)

// unknownAlgorithm stands for an encryption event that says nothing usable.
const unknownAlgorithm id.Algorithm = "unknown"

// stateStore is what the bot knows about its rooms: members and encryption. It
// keeps no display names and no avatars, because they can be people's real
// names and faces; and a room that was encrypted once stays encrypted.
type stateStore struct{ *sqlstatestore.SQLStateStore }

var (
	_ mautrix.StateStore = stateStore{}
	_ crypto.StateStore  = stateStore{}
)

func bare(member *event.MemberEventContent) *event.MemberEventContent {
	return &event.MemberEventContent{Membership: member.Membership}
}

// SetMember stores a membership without the profile.
func (s stateStore) SetMember(ctx context.Context, room id.RoomID, user id.UserID, member *event.MemberEventContent) error {
	return s.SQLStateStore.SetMember(ctx, room, user, bare(member))
}

// ReplaceCachedMembers stores memberships without the profiles.
func (s stateStore) ReplaceCachedMembers(ctx context.Context, room id.RoomID, evts []*event.Event, only ...event.Membership) error {
	lean := make([]*event.Event, 0, len(evts))
	for _, evt := range evts {
		member, ok := evt.Content.Parsed.(*event.MemberEventContent)
		if !ok || evt.StateKey == nil {
			continue
		}
		lean = append(lean, &event.Event{StateKey: evt.StateKey, Content: event.Content{Parsed: bare(member)}})
	}
	return s.SQLStateStore.ReplaceCachedMembers(ctx, room, lean, only...)
}

// SetEncryptionEvent stores how a room is encrypted; what is there already is
// replaced only by the same algorithm with other settings.
func (s stateStore) SetEncryptionEvent(ctx context.Context, room id.RoomID, content *event.EncryptionEventContent) error {
	old, err := s.GetEncryptionEvent(ctx, room)
	if err != nil {
		return err
	}
	if old != nil && old.Algorithm == id.AlgorithmMegolmV1 && content.Algorithm != id.AlgorithmMegolmV1 {
		return nil
	}
	return s.SQLStateStore.SetEncryptionEvent(ctx, room, content)
}

// apply stores one state event, if it matters here.
func (s stateStore) apply(ctx context.Context, evt *event.Event) error {
	if evt.StateKey == nil {
		return nil
	}
	switch evt.Type.Type {
	case event.StateMember.Type:
		member, ok := evt.Content.Parsed.(*event.MemberEventContent)
		if !ok || *evt.StateKey == "" {
			return nil
		}
		return s.SetMember(ctx, evt.RoomID, id.UserID(*evt.StateKey), member)
	case event.StateEncryption.Type:
		if *evt.StateKey != "" {
			return nil
		}
		content, ok := evt.Content.Parsed.(*event.EncryptionEventContent)
		if !ok || content.Algorithm == "" {
			content = &event.EncryptionEventContent{Algorithm: unknownAlgorithm}
		}
		return s.SetEncryptionEvent(ctx, evt.RoomID, content)
	case event.StateHistoryVisibility.Type:
		if content, ok := evt.Content.Parsed.(*event.HistoryVisibilityEventContent); ok {
			return s.SetHistoryVisibility(ctx, evt.RoomID, content)
		}
	}
	return nil
}

// roomView is what must be known about a room before anything is read from or
// sent into it.
type roomView struct {
	known     bool // the whole state was seen
	joined    bool // the bot is in it
	encrypted bool // once encrypted, always encrypted
	usable    bool // ... by an algorithm that the bot speaks
	others    []id.UserID
}

// crowd reports whether more than one person can read the room.
func (v roomView) crowd() bool { return len(v.others) > 1 }

// has reports whether the user is in the room or invited.
func (v roomView) has(user id.UserID) bool {
	for _, other := range v.others {
		if other == user {
			return true
		}
	}
	return false
}

func (s stateStore) view(ctx context.Context, room id.RoomID, self id.UserID) (v roomView, err error) {
	if v.known, err = s.HasFetchedMembers(ctx, room); err != nil {
		return v, err
	}
	encryption, err := s.GetEncryptionEvent(ctx, room)
	if err != nil {
		return v, err
	}
	v.encrypted = encryption != nil
	v.usable = v.encrypted && encryption.Algorithm == id.AlgorithmMegolmV1
	members, err := s.GetRoomMembers(ctx, room, event.MembershipJoin, event.MembershipInvite)
	if err != nil {
		return v, err
	}
	for user, member := range members {
		if user == self {
			v.joined = member.Membership == event.MembershipJoin
			continue
		}
		v.others = append(v.others, user)
	}
	return v, nil
}

// parse fills evt.Content.Parsed. An event that does not fit its type stays
// unparsed: everything that reads it copes with that.
func parse(evt *event.Event, room id.RoomID, class event.TypeClass) {
	evt.RoomID = room
	evt.Type.Class = class
	if evt.StateKey != nil {
		evt.Type.Class = event.StateEventType
	}
	if evt.Content.Parsed == nil {
		if err := evt.Content.ParseRaw(evt.Type); err != nil {
			evt.Content.Parsed = nil
		}
	}
}
