package matrix

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// Staff are those who can take over a talk, and where they do it.
type Staff struct {
	// Room is the id of their room, which must be encrypted, and in which the
	// bot must be. Empty: the bot makes one, and those are in it whom Members names.
	Room string
	// RoomName is the name of the room that the bot makes; empty: "Staff". A room
	// that was given keeps its own.
	RoomName string
	// Members are their user ids. A room of one of them alone with the bot is
	// theirs, too.
	Members []string
	// Verified lets only devices act, and read, that their owner has confirmed, and
	// none once the keys of the owner have changed, until the handler vouches for
	// the new ones. Reactions have no device, so they do nothing then.
	Verified bool
}

// roomName is the name of the room that the bot makes.
func (s *Staff) roomName() string { return cmp.Or(s.RoomName, "Staff") }

// staffData is the kind of account data that says which room was made.
const staffData = "org.handrail.staff"

// staffRoom is the room of staff; "" when there are no staff.
func (t *Transport) staffRoom(ctx context.Context) (id.RoomID, error) {
	s := t.cfg.Staff
	if s == nil {
		return "", nil
	}
	if s.Room != "" {
		return id.RoomID(s.Room), nil
	}
	t.staffMu.Lock()
	defer t.staffMu.Unlock()
	if t.staffMade != "" {
		return t.staffMade, nil
	}
	var kept struct {
		Room id.RoomID `json:"room"`
	}
	err := t.cli.GetAccountData(mautrix.WithMaxRetries(ctx, 0), staffData, &kept)
	if err != nil && !answered(err, "M_NOT_FOUND") {
		return "", sendError("look for the room of staff", err)
	}
	if kept.Room == "" {
		if kept.Room, err = t.makeRoom(ctx, s.roomName(), false, s.Members...); err != nil {
			return "", sendError("make the room of staff", err)
		}
		if err := t.cli.SetAccountData(mautrix.WithMaxRetries(ctx, 0), staffData, &kept); err != nil {
			return "", sendError("note the room of staff", err)
		}
	}
	t.staffMade = kept.Room
	return kept.Room, nil
}

// makeRoom makes an encrypted room whose past only those can read who were there.
func (t *Transport) makeRoom(ctx context.Context, name string, direct bool, invite ...string) (id.RoomID, error) {
	req := roomRequest(name)
	req.IsDirect = direct
	for _, user := range invite {
		req.Invite = append(req.Invite, id.UserID(user))
	}
	resp, err := t.cli.CreateRoom(mautrix.WithMaxRetries(ctx, 0), req)
	if err != nil {
		return "", err
	}
	return resp.RoomID, nil
}

// directRoom is a room of one member of staff alone with the bot.
func (t *Transport) directRoom(ctx context.Context, user id.UserID) (id.RoomID, error) {
	t.staffMu.Lock()
	defer t.staffMu.Unlock()
	direct := map[id.UserID][]id.RoomID{}
	err := t.cli.GetAccountData(mautrix.WithMaxRetries(ctx, 0), event.AccountDataDirectChats.Type, &direct)
	if err != nil && !answered(err, "M_NOT_FOUND") {
		return "", sendError("look for a direct room", err)
	}
	for _, room := range direct[user] {
		if _, err := t.learn(ctx, room); err != nil {
			continue // the bot is not there any more
		}
		if view, err := t.state.view(ctx, room, t.self); err == nil && view.joined && view.usable && view.has(user) && !view.crowd() {
			return room, nil
		}
	}
	room, err := t.makeRoom(ctx, "", true, user.String())
	if err != nil {
		return "", sendError("make a direct room", err)
	}
	direct[user] = append(direct[user], room)
	if err := t.cli.SetAccountData(mautrix.WithMaxRetries(ctx, 0), event.AccountDataDirectChats.Type, direct); err != nil {
		return "", sendError("note a direct room", err)
	}
	return room, nil
}

// place finds out where something for staff goes.
func (t *Transport) place(ctx context.Context, out *chat.Outgoing) error {
	if t.cfg.Staff == nil {
		return &chat.PermanentError{Err: errors.New("send: there are no staff")}
	}
	var room id.RoomID
	var err error
	switch {
	case out.To.User == "" && out.To.Room != "":
		room, err = t.caseRoom(ctx, *out)
	case out.To.User == "":
		room, err = t.staffRoom(ctx)
	case slices.Contains(t.cfg.Staff.Members, out.To.User) && out.To.Room == "":
		room, err = t.directRoom(ctx, id.UserID(out.To.User))
	case slices.Contains(t.cfg.Staff.Members, out.To.User):
		return nil
	default:
		if room, err = t.staffRoom(ctx); err == nil { // a removal names the case
			out.To.User = ""
		}
	}
	if err != nil {
		return err
	}
	out.To.Room = room.String()
	return nil
}

// staffHere tells whether a message from this room is one of staff.
func (j *roomJob) staffHere(ctx context.Context, from id.UserID, view roomView) (s *chat.Staff, err error) {
	if j.cfg.Staff == nil {
		return nil, nil
	}
	var room id.RoomID
	err = j.insist(ctx, "look for the room of staff", func() error {
		room, err = j.Transport.staffRoom(ctx)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case j.room == room:
		return &chat.Staff{Unproven: j.cfg.Staff.Verified}, nil
	}
	var name string
	err = j.insist(ctx, "look whether a room is that of a case", func() error {
		name, err = j.ledger.caseIn(ctx, j.room)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case name != "":
		return &chat.Staff{Case: name, Unproven: j.cfg.Staff.Verified}, nil
	case !view.crowd() && slices.Contains(j.cfg.Staff.Members, from.String()):
		return &chat.Staff{Alone: true, Unproven: j.cfg.Staff.Verified}, nil
	}
	return nil, nil
}

// mark notes what is known of a message of staff; ok is false for one that says
// nothing to the bot. It fails only when ctx ends.
func (j *roomJob) mark(ctx context.Context, m *chat.Message, s *chat.Staff, evt *event.Event) (ok bool, err error) {
	relates := object(evt.Content.Raw, "m.relates_to")
	if text(relates, "rel_type") == "m.thread" {
		s.Thread = text(relates, "event_id")
	}
	m.Staff = s
	if !j.cfg.Staff.Verified {
		return true, nil
	}
	if !evt.Mautrix.WasEncrypted {
		return m.Kind != chat.KindReaction, nil
	}
	err = j.insist(ctx, "look at the keys of staff", func() error {
		s.Identity, err = j.crypt.identityOf(ctx, evt)
		return err
	})
	s.Doubted, s.Unproven = s.Identity == "", false
	return true, err
}

// reaction is a sign under a message. It is not encrypted, as no reaction is.
func reaction(out chat.Outgoing) (event.Type, any, error) {
	sign := strings.TrimSpace(string(out.Text))
	if out.Target == "" || sign == "" {
		return event.Type{}, nil, &chat.PermanentError{Err: errors.New("react: no message is named")}
	}
	return event.EventReaction, &event.Content{
		Parsed: &event.ReactionEventContent{RelatesTo: event.RelatesTo{Type: event.RelAnnotation, EventID: id.EventID(out.Target), Key: sign}},
		Raw:    map[string]any{keyField: out.Key},
	}, nil
}
