package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"handrail/bot/account"
	"handrail/bot/chat"
)

// goOut takes the bot out of the room of somebody for good, and out of every other
// in which nobody is but the two of them. Afterwards nothing here names them or
// opens what was said in those rooms, unless they share a further one with the bot.
// Doing it again is going on with it.
func (t *Transport) goOut(ctx context.Context, out chat.Outgoing) error {
	user := id.UserID(out.To.User)
	rooms, err := t.ledger.roomsOf(ctx, user)
	if err != nil {
		return clean("look for the rooms of a person", err)
	}
	here := id.RoomID(out.To.Room)
	if !slices.Contains(rooms, here) {
		rooms = append(rooms, here)
	}
	for _, room := range rooms {
		if goes, err := t.goesOutOf(ctx, room, here); err != nil {
			return err
		} else if !goes {
			continue
		}
		if err := t.quitRoom(ctx, room); err != nil {
			return err
		}
	}
	if t.cfg.Staff != nil && slices.Contains(t.cfg.Staff.Members, user.String()) {
		return nil
	}
	return clean("forget a person", t.ledger.dropUser(ctx, user))
}

// goesOutOf tells whether a room is to be left with the one that is named: never
// one of staff, and another only where there is nobody else.
func (t *Transport) goesOutOf(ctx context.Context, room, here id.RoomID) (bool, error) {
	staff, err := t.staffRoom(ctx)
	if err != nil {
		return false, err
	}
	name, err := t.ledger.caseIn(ctx, room)
	if err != nil {
		return false, clean("look whether a room is that of a case", err)
	}
	if room == staff || name != "" || room == here {
		return room == here && room != staff && name == "", nil
	}
	view, err := t.state.view(ctx, room, t.self)
	if err != nil {
		return false, clean("look at a room", err)
	}
	return view.known && view.joined && len(view.others) == 1, nil
}

// quitRoom leaves one room, lets the homeserver forget that the bot was there, and
// drops the keys of what was said.
func (t *Transport) quitRoom(ctx context.Context, room id.RoomID) error {
	once := mautrix.WithMaxRetries(ctx, 0)
	if _, err := t.cli.LeaveRoom(once, room); err != nil && !refused(err) {
		return sendError("leave a room", err)
	}
	if _, err := t.cli.ForgetRoom(once, room); err != nil && !refused(err) {
		return sendError("forget a room", err)
	}
	defer t.rooms.WithLock(room)()
	return clean("forget a room", t.ledger.dropRoom(ctx, room))
}

// refused tells whether the homeserver was there and would not: the bot is not in
// the room, or the room is gone.
func refused(err error) bool {
	s := classify(err).status
	return s >= http.StatusBadRequest && s < http.StatusInternalServerError &&
		!slices.Contains([]int{http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests}, s)
}

// roomsOf are the rooms that somebody is in or is invited to, as far as is known.
func (l *ledger) roomsOf(ctx context.Context, user id.UserID) ([]id.RoomID, error) {
	rows, err := l.db.Query(ctx, "SELECT room_id FROM mx_user_profile WHERE user_id=$1 AND membership IN ('join', 'invite')", user)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.RoomID], err).AsList()
}

// dropRoom forgets a room and the keys of what was said there.
func (l *ledger) dropRoom(ctx context.Context, room id.RoomID) error {
	return l.drop(ctx, room.String(),
		`DELETE FROM crypto_message_index WHERE session_id IN (SELECT session_id FROM crypto_megolm_inbound_session WHERE room_id=$1)`,
		`DELETE FROM crypto_megolm_outbound_session_shared WHERE session_id IN (SELECT session_id FROM crypto_megolm_outbound_session WHERE room_id=$1)`,
		`DELETE FROM crypto_megolm_inbound_session WHERE room_id=$1`,
		`DELETE FROM crypto_megolm_outbound_session WHERE room_id=$1`,
		`DELETE FROM mx_user_profile WHERE room_id=$1`,
		`DELETE FROM mx_room_state WHERE room_id=$1`,
		`DELETE FROM hr_room WHERE room_id=$1`,
		`DELETE FROM hr_waiting WHERE room_id=$1`,
		`DELETE FROM hr_invite WHERE room_id=$1`)
}

// dropUser forgets somebody who is in no room with the bot: who they are, and which
// devices they had. What was agreed with a device to read its messages stays, by a
// key that names nobody: without it the first words could not be read if they come
// back.
func (l *ledger) dropUser(ctx context.Context, user id.UserID) error {
	rooms, err := l.roomsOf(ctx, user)
	if err != nil || len(rooms) > 0 {
		return err
	}
	return l.drop(ctx, user.String(),
		`DELETE FROM crypto_tracked_user WHERE user_id=$1`,
		`DELETE FROM crypto_device WHERE user_id=$1`,
		`DELETE FROM crypto_cross_signing_keys WHERE user_id=$1`,
		`DELETE FROM crypto_cross_signing_signatures WHERE signed_user_id=$1 OR signer_user_id=$1`,
		`DELETE FROM crypto_megolm_outbound_session_shared WHERE user_id=$1`,
		`DELETE FROM mx_user_profile WHERE user_id=$1`)
}

// dropLeft forgets the rooms that the bot has left: news of them may come late.
func (l *ledger) dropLeft(ctx context.Context, self id.UserID) error {
	return l.drop(ctx, self.String(),
		`DELETE FROM mx_user_profile WHERE room_id IN (SELECT room_id FROM mx_user_profile WHERE user_id=$1 AND membership='leave')`)
}

// drop runs statements about one name in one transaction, and takes what they
// deleted out of the file.
func (l *ledger) drop(ctx context.Context, name string, statements ...string) error {
	sqlite := l.db.Dialect == dbutil.SQLite
	if sqlite {
		if _, err := l.db.Exec(ctx, "PRAGMA secure_delete=ON"); err != nil {
			return fmt.Errorf("overwrite what is deleted: %w", err)
		}
	}
	err := account.Txn(ctx, l.db, func(ctx context.Context) error {
		run := runner{ctx: ctx, db: l.db}
		for _, statement := range statements {
			run.exec(statement, name)
		}
		return run.err
	})
	if err != nil || !sqlite {
		return err
	}
	var busy, log, done int
	err = l.db.QueryRow(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done)
	if err == nil && busy != 0 {
		err = errors.New("the write-ahead log is in use")
	}
	return err
}
