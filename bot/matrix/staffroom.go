package matrix

import (
	"context"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// keepStaff sees to it, once for each Run, that the room of staff has those in it
// who are staff now: the configuration may be another one than last time.
func (t *Transport) keepStaff(ctx context.Context) {
	if t.cfg.Staff == nil || t.Ready(ctx) != nil {
		return
	}
	err := t.persist(ctx, "look who is in the room of staff", func() error { return t.seatStaff(ctx) })
	if err != nil && ctx.Err() == nil {
		t.log.Warn("who is in the room of staff could not be put right", "err", clean("look who is there", err))
	}
}

// seatStaff invites who lacks in the room of staff and takes out who is no member.
// Where the bot may not do that it says so; who is no member gets no key there
// whatever happens.
func (t *Transport) seatStaff(ctx context.Context) error {
	room, err := t.staffRoom(ctx)
	if err != nil {
		return err
	}
	if _, err := t.learn(ctx, room); err != nil {
		return sendError("look at the room of staff", err)
	}
	view, err := t.state.view(ctx, room, t.self)
	if err != nil {
		return clean("look at the room of staff", err)
	}
	if !view.joined {
		return clean("look at the room of staff", errNotInvited)
	}
	for _, user := range view.others {
		if slices.Contains(t.cfg.Staff.Members, user.String()) {
			continue
		}
		err := t.unseat(ctx, room, user)
		if err != nil && classify(err).final() {
			t.log.Warn("somebody who is not staff is in the room of staff, and the bot may not take them out: do it by hand")
			continue
		}
		if err != nil {
			return err
		}
	}
	t.nameStaffRoom(ctx, room)
	for _, member := range t.cfg.Staff.Members {
		if user := id.UserID(member); !view.has(user) {
			if err := t.bringIn(ctx, room, user); err != nil {
				return err
			}
		}
	}
	return nil
}

// bringIn invites one of staff into a room. On nil they are invited, or the
// homeserver refuses it for good: then they are only missing.
func (t *Transport) bringIn(ctx context.Context, room id.RoomID, user id.UserID) error {
	_, err := t.cli.InviteUser(mautrix.WithMaxRetries(ctx, 0), room, &mautrix.ReqInviteUser{UserID: user})
	if err == nil {
		return t.moved(ctx, room, user, event.MembershipInvite)
	}
	if !classify(err).final() {
		return sendError("invite one of staff", err)
	}
	t.log.Warn("one of staff could not be invited", "err", clean("invite", err))
	if err := t.again(ctx, room); err != nil {
		return clean("look at a room of staff", err)
	}
	return nil
}

// threaded puts a message into its thread and calls who is named.
func threaded(message *event.MessageEventContent, out chat.Outgoing) {
	for _, user := range out.Mentions {
		message.Mentions.UserIDs = append(message.Mentions.UserIDs, id.UserID(user))
	}
	if out.Thread != "" && out.Form != chat.FormEdit {
		message.RelatesTo = (&event.RelatesTo{}).SetThread(id.EventID(out.Thread), id.EventID(out.Thread))
	}
}

// nameStaffRoom gives the room of staff that the bot made the name that is
// configured, if it has another one now.
func (t *Transport) nameStaffRoom(ctx context.Context, room id.RoomID) {
	if t.cfg.Staff.Room != "" {
		return
	}
	want, once := t.cfg.Staff.roomName(), mautrix.WithMaxRetries(ctx, 0)
	var now event.RoomNameEventContent
	err := t.cli.StateEvent(once, room, event.StateRoomName, "", &now)
	if answered(err, "M_NOT_FOUND") {
		err = nil
	}
	if err == nil && now.Name != want {
		_, err = t.cli.SendStateEvent(once, room, event.StateRoomName, "", &event.RoomNameEventContent{Name: want})
	}
	if err != nil {
		t.log.Warn("the room of staff could not be given its name", "err", clean("name a room", err))
	}
}
