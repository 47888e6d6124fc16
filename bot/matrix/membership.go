package matrix

import (
	"context"
	"slices"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// stateEvent handles a change of the room: the bot came or went, somebody else
// came, encryption was turned on.
func (j *roomJob) stateEvent(ctx context.Context, evt *event.Event) error {
	before, err := j.look(ctx)
	if err != nil {
		return err
	}
	if err := j.store(ctx, evt); err != nil {
		return err
	}
	switch {
	case evt.Type.Type == event.StateMember.Type && *evt.StateKey == j.self.String():
		return j.ownChange(ctx, evt)
	case j.away || j.ahead || j.old(evt):
		return nil
	case evt.Type.Type == event.StateMember.Type:
		return j.otherChange(ctx, evt, before)
	case evt.Type.Type == event.StateEncryption.Type && *evt.StateKey == "" && !before.encrypted && !j.settled:
		return j.opened(ctx, evt) // now we can talk
	}
	return nil
}

func (j *roomJob) ownChange(ctx context.Context, evt *event.Event) error {
	switch j.ownMembership(evt) {
	case event.MembershipJoin:
		if !j.away {
			return nil // a new name, not a join
		}
		j.away = false
		if j.old(evt) {
			return nil
		}
		return j.opened(ctx, evt)
	case event.MembershipLeave, event.MembershipBan:
		j.away = true
	}
	return nil
}

// leftMessage tells that somebody is in a room with the bot no more.
func leftMessage(who id.UserID, room id.RoomID, name string, at time.Time) chat.Message {
	return chat.Message{
		ID: name, Kind: chat.KindLeft, Sent: at,
		From: chat.Address{Network: NetworkName, User: who.String(), Room: room.String()},
	}
}

// otherChange tells of who left, and of every change that makes or keeps the room a crowd.
func (j *roomJob) otherChange(ctx context.Context, evt *event.Event, before roomView) error {
	member := event.Membership(text(evt.Content.Raw, "membership"))
	if who := id.UserID(*evt.StateKey); (member == event.MembershipLeave || member == event.MembershipBan) && before.has(who) {
		return j.deliver(ctx, leftMessage(who, j.room, "left:"+evt.ID.String(), time.UnixMilli(evt.Timestamp)))
	}
	in := member == event.MembershipJoin || member == event.MembershipInvite
	if !in || (before.has(id.UserID(*evt.StateKey)) && !j.settled) {
		return nil
	}
	now, err := j.look(ctx)
	if err != nil || !now.crowd() {
		return err
	}
	j.row.crowd = evt.ID
	if evt.Sender == j.self {
		return nil
	}
	return j.deliver(ctx, crowdMessage(evt, evt.ID))
}

// opened tells that a conversation can begin, or why it cannot. Its id comes
// from the event, so it is handled once however often it is told.
func (j *roomJob) opened(ctx context.Context, evt *event.Event) error {
	view, err := j.look(ctx)
	if err != nil {
		return err
	}
	person := j.person(evt, view)
	if person == "" {
		return nil
	}
	m := chat.Message{
		ID: "opened:" + evt.ID.String(), Kind: chat.KindOpened, Sent: time.UnixMilli(evt.Timestamp),
		From: chat.Address{Network: NetworkName, User: person.String(), Room: j.room.String()},
	}
	switch {
	case view.crowd():
		j.row.crowd = evt.ID
		m.ID, m.Kind = "crowd:"+evt.ID.String(), chat.KindCrowd
	case !view.encrypted && !j.cfg.AllowUnencrypted:
		m.Kind = chat.KindUnencrypted
	}
	return j.deliver(ctx, m)
}

// person is who the room is about: whoever invited the bot or turned on
// encryption, if they are still there; "" when nobody is.
func (j *roomJob) person(evt *event.Event, view roomView) id.UserID {
	for _, user := range []id.UserID{j.inviter, evt.Sender, evt.Unsigned.PrevSender} {
		if user != "" && user != j.self && view.has(user) {
			return user
		}
	}
	if len(view.others) == 0 {
		return ""
	}
	return slices.Min(view.others)
}
