package matrix

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// caseField is where the name of a case stands in the event that made its room, so
// that the room is found again whatever was lost. The name says nothing of whom
// the case is about.
const caseField = "org.handrail.case"

const casesSchema = `
CREATE TABLE hr_case (
	name    TEXT PRIMARY KEY,
	room_id TEXT NOT NULL
);
CREATE INDEX hr_case_room ON hr_case (room_id);
`

var errNoRoom = errors.New("send: the case has no room")

// caseRoom is the room of a case; known and "": a request to make it is or was
// under way.
func (l *ledger) caseRoom(ctx context.Context, name string) (room id.RoomID, known bool, err error) {
	err = l.db.QueryRow(ctx, "SELECT room_id FROM hr_case WHERE name=$1", name).Scan(&room)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return room, err == nil, err
}

// caseIn is the name of the case of a room; "" if it is none.
func (l *ledger) caseIn(ctx context.Context, room id.RoomID) (name string, err error) {
	err = l.db.QueryRow(ctx, "SELECT name FROM hr_case WHERE room_id=$1", room).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// putCase notes the room of a case, or with "" that it is about to be made.
func (l *ledger) putCase(ctx context.Context, name string, room id.RoomID) error {
	_, err := l.db.Exec(ctx, `INSERT INTO hr_case (name, room_id) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET room_id=excluded.room_id`, name, room)
	return err
}

func (l *ledger) dropCase(ctx context.Context, name string) error {
	_, err := l.db.Exec(ctx, "DELETE FROM hr_case WHERE name=$1", name)
	return err
}

// noteCase notes the room of a case when the event comes that made it.
func (j *roomJob) noteCase(ctx context.Context, evt *event.Event) error {
	name := text(evt.Content.Raw, caseField)
	if j.cfg.Staff == nil || evt.Type.Type != event.StateCreate.Type || evt.Sender != j.self || name == "" {
		return nil
	}
	room, _, err := j.ledger.caseRoom(ctx, name)
	if err != nil || room != "" {
		return err
	}
	return j.ledger.putCase(ctx, name, j.room)
}

// caseRoom finds or makes the room of a case, with its members in it and nobody
// else.
func (t *Transport) caseRoom(ctx context.Context, out chat.Outgoing) (id.RoomID, error) {
	name := out.To.Room
	defer t.keys.WithLock(caseKey(name))()
	room, known, err := t.ledger.caseRoom(ctx, name)
	if err != nil {
		return "", clean("look for the room of a case", err)
	}
	if out.Form == chat.FormRemove || out.Form == chat.FormLeave {
		if room == "" {
			return "", &chat.PermanentError{Err: errNoRoom}
		}
		return room, nil
	}
	if known && room == "" {
		if room, err = t.madeBefore(ctx, name); err != nil {
			return "", err
		}
	}
	if room == "" && len(out.Members) == 0 { // nobody would read it
		return "", &chat.PermanentError{Err: errNoRoom}
	}
	if room == "" {
		if room, err = t.makeCase(ctx, name); err != nil {
			return "", err
		}
	}
	return room, t.seat(ctx, name, room, out.Members)
}

// madeBefore finds out whether a request to make a room, of which nobody knows how
// it ended, has made one: the sync brings it. "" where it has not.
func (t *Transport) madeBefore(ctx context.Context, name string) (id.RoomID, error) {
	signal(t.poke)
	if err := t.passes.next(ctx); err != nil {
		return "", clean("wait for the sync", err)
	}
	room, _, err := t.ledger.caseRoom(ctx, name)
	if err != nil {
		return "", clean("look for the room of a case", err)
	}
	if room != "" {
		return room, nil
	}
	if wait := time.Until(t.calmFor(caseKey(name))); wait > 0 {
		return "", &chat.RetryError{After: max(wait, backoffFirst), Err: errDoubt}
	}
	return "", nil
}

// caseKey stands for the request that makes the room of a case.
func caseKey(name string) string { return "case " + name }

// makeCase makes the room of a case.
func (t *Transport) makeCase(ctx context.Context, name string) (id.RoomID, error) {
	if err := t.ledger.putCase(ctx, name, ""); err != nil {
		return "", clean("note the room of a case", err)
	}
	shown, _, _ := strings.Cut(name, ".")
	req := roomRequest(shown)
	req.CreationContent = map[string]any{caseField: name}
	resp, err := t.cli.CreateRoom(mautrix.WithMaxRetries(ctx, 0), req)
	after := context.WithoutCancel(ctx)
	if err != nil {
		t.broke.Store(caseKey(name), time.Now())
		if classify(err).unsent {
			if err := t.ledger.dropCase(after, name); err != nil {
				t.log.Warn("a room that was not made could not be noted", "err", clean("note", err))
			}
		}
		return "", sendError("make the room of a case", err)
	}
	if err := t.ledger.putCase(after, name, resp.RoomID); err != nil {
		t.log.Warn("the room of a case could not be noted", "err", clean("note", err)) // the sync brings it
	}
	return resp.RoomID, nil
}

// roomRequest asks for an encrypted room into which only the bot invites. Who
// comes reads what was sent since they were invited, and nothing from before.
func roomRequest(name string) *mautrix.ReqCreateRoom {
	empty, all := "", 100
	return &mautrix.ReqCreateRoom{
		Preset: "private_chat", Name: name,
		PowerLevelOverride: &event.PowerLevelsEventContent{InvitePtr: &all, KickPtr: &all, BanPtr: &all, StateDefaultPtr: &all},
		InitialState: []*event.Event{
			{Type: event.StateEncryption, StateKey: &empty, Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}}},
			{Type: event.StateHistoryVisibility, StateKey: &empty, Content: event.Content{Parsed: &event.HistoryVisibilityEventContent{HistoryVisibility: event.HistoryVisibilityInvited}}},
		},
	}
}

// seat brings the members into the room of a case and takes everybody else out. On
// nil nobody else is in it; a member who cannot be brought in is only missing.
func (t *Transport) seat(ctx context.Context, name string, room id.RoomID, members []string) error {
	_, err := t.learn(ctx, room)
	if err != nil && !classify(err).final() {
		return sendError("look at the room of a case", err)
	}
	gone := err != nil
	view, err := t.state.view(ctx, room, t.self)
	if err != nil {
		return clean("look at the room of a case", err)
	}
	if !view.known && !gone {
		return clean("look at the room of a case", errStateIncomplete)
	}
	if gone || !view.joined { // somebody closed it; a new one takes its place
		if err := t.ledger.dropCase(ctx, name); err != nil {
			return clean("give up the room of a case", err)
		}
		return errors.New("send: the bot is not in the room of the case any more")
	}
	for _, user := range view.others {
		if !slices.Contains(members, user.String()) {
			if err := t.unseat(ctx, room, user); err != nil {
				return err
			}
		}
	}
	for _, member := range members {
		user := id.UserID(member)
		if view.has(user) {
			continue
		}
		if err := t.bringIn(ctx, room, user); err != nil {
			return err
		}
	}
	return nil
}

// unseat takes somebody out of a room.
func (t *Transport) unseat(ctx context.Context, room id.RoomID, user id.UserID) error {
	_, err := t.cli.KickUser(mautrix.WithMaxRetries(ctx, 0), room, &mautrix.ReqKickUser{UserID: user})
	if err == nil {
		return t.moved(ctx, room, user, event.MembershipLeave)
	}
	if !classify(err).final() {
		return sendError("take somebody out of the room of a case", err)
	}
	// They may have left by themselves. If not, nothing is sent until they have.
	if err := t.again(ctx, room); err != nil {
		return clean("look at the room of a case", err)
	}
	view, viewErr := t.state.view(ctx, room, t.self)
	if viewErr != nil || view.has(user) {
		return clean("take somebody out of the room of a case", err)
	}
	return nil
}

// moved notes a change of members at once: the sync tells of it later. What is
// sent from now on has a new key.
func (t *Transport) moved(ctx context.Context, room id.RoomID, user id.UserID, is event.Membership) error {
	defer t.rooms.WithLock(room)()
	if err := t.state.SetMember(ctx, room, user, &event.MemberEventContent{Membership: is}); err != nil {
		return clean("note who is in a room", err)
	}
	if err := t.crypt.store.RemoveOutboundGroupSession(ctx, room); err != nil {
		return clean("drop the key of a room", err)
	}
	return nil
}

// again fetches the state of a room, because what is known of it does not fit.
func (t *Transport) again(ctx context.Context, room id.RoomID) error {
	defer t.rooms.WithLock(room)()
	return errors.Join(t.crypt.fetchRoom(ctx, room), t.crypt.store.RemoveOutboundGroupSession(ctx, room))
}

// quit takes everybody out of the room of a case and leaves it. name is that of
// the case.
func (t *Transport) quit(ctx context.Context, name string, room id.RoomID) error {
	if err := t.seat(ctx, name, room, nil); err != nil {
		return err
	}
	if _, err := t.cli.LeaveRoom(mautrix.WithMaxRetries(ctx, 0), room); err != nil && !classify(err).final() {
		return sendError("leave the room of a case", err)
	}
	if _, err := t.cli.ForgetRoom(mautrix.WithMaxRetries(ctx, 0), room); err != nil && !classify(err).final() {
		return sendError("forget the room of a case", err)
	}
	if err := t.ledger.dropCase(ctx, name); err != nil {
		return clean("forget the room of a case", err)
	}
	return nil
}

// arranged does what is no message: who is in the room of a case, or its end.
func (t *Transport) arranged(ctx context.Context, name string, out chat.Outgoing) (done bool, err error) {
	switch out.Form {
	case chat.FormMembers: // done while the room was looked for
		return true, nil
	case chat.FormLeave:
		return true, t.quit(ctx, name, id.RoomID(out.To.Room))
	}
	return false, nil
}
