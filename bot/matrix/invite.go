package matrix

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	inviteTimeout  = 90 * time.Second // a join through a slow homeserver
	inviteGiveUp   = 24 * time.Hour
	inviteParallel = 8
	// defaultMostRooms is how many rooms one account may have with the bot, whatever
	// the policy: far more than anybody talks in, and few enough that a machine which
	// invites without end costs nobody anything. In those they have, they are served.
	defaultMostRooms = 50
)

// invitations decides on the invitations of a response; true: follow.
func (l *loop) invitations(ctx context.Context, resp *mautrix.RespSync) map[id.RoomID]bool {
	decided := make(map[id.RoomID]bool)
	free := make(map[id.UserID]int)
	for room, data := range resp.Rooms.Invite {
		if data == nil {
			continue
		}
		var inviter id.UserID
		for _, evt := range data.State.Events {
			if evt != nil && evt.Type.Type == event.StateMember.Type && evt.GetStateKey() == l.self.String() {
				inviter = evt.Sender
			}
		}
		if !l.cfg.Invites.Admits(inviter.String()) {
			decided[room] = false
			continue
		}
		if _, known := free[inviter]; !known {
			free[inviter] = l.roomsLeft(ctx, inviter)
		}
		decided[room] = free[inviter] > 0
		free[inviter]--
	}
	return decided
}

// roomsLeft is how many more rooms somebody may have with the bot. Rooms into which
// others invited them do not count, or a stranger could use them up. When in doubt
// nobody is refused.
func (l *loop) roomsLeft(ctx context.Context, user id.UserID) int {
	if l.cfg.Staff != nil && slices.Contains(l.cfg.Staff.Members, user.String()) {
		return l.mostRooms
	}
	var has int
	err := l.ledger.db.QueryRow(ctx, "SELECT COUNT(*) FROM mx_user_profile WHERE user_id=$1 AND membership='join'", user).Scan(&has)
	if err != nil {
		l.log.Warn("the rooms of somebody cannot be counted", "err", clean("count rooms", err))
		return l.mostRooms
	}
	if has >= l.mostRooms {
		l.log.Warn("an invitation is declined: its sender has too many rooms with the bot", "rooms", has)
	}
	return l.mostRooms - has
}

// followInvites joins and declines until ctx ends. The invitations are in the
// ledger: a homeserver tells of each only once. What a join means for people
// is told when the sync brings it.
func (t *Transport) followInvites(ctx context.Context) {
	for ctx.Err() == nil {
		due, next, err := t.ledger.invitesDue(ctx, t.now())
		if err != nil {
			if ctx.Err() == nil {
				t.log.Warn("invitations cannot be read", "err", clean("read invitations", err))
			}
			next = t.now().Add(backoffMost)
		}
		var group errgroup.Group
		group.SetLimit(inviteParallel)
		for _, invite := range due {
			group.Go(func() error { t.answer(ctx, invite); return nil })
		}
		_ = group.Wait()
		if len(due) > 0 {
			continue
		}
		wait := time.Hour
		if !next.IsZero() {
			wait = max(next.Sub(t.now()), 10*time.Millisecond)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-t.invited:
		}
		timer.Stop()
	}
}

// answer follows or declines one invitation.
func (t *Transport) answer(ctx context.Context, invite inviteRow) {
	rctx, cancel := context.WithTimeout(ctx, inviteTimeout)
	defer cancel()
	err := guard(func() (err error) {
		if invite.follow {
			_, err = t.cli.JoinRoomByID(rctx, invite.room)
		} else {
			_, err = t.cli.LeaveRoom(rctx, invite.room)
		}
		return err
	})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		f := classify(err)
		pause := max(backoff(invite.tries), f.after)
		// Dendrite says M_FORBIDDEN of a join, too, that failed by a fault of its own.
		final := f.final() && (invite.tries >= refusals || !invite.follow || f.code != "M_FORBIDDEN")
		if !final && t.now().Sub(invite.first) < inviteGiveUp {
			t.log.Warn("an invitation could not be answered, will try again", "follow", invite.follow, "err", clean("answer", err))
			err = t.ledger.inviteAgain(ctx, invite, t.now().Add(pause))
			t.noteInvite(ctx, err)
			return
		}
		t.log.Warn("an invitation could not be answered", "follow", invite.follow, "err", clean("answer", err))
		_, _ = t.cli.LeaveRoom(rctx, invite.room)
	}
	t.noteInvite(ctx, t.ledger.inviteDone(ctx, invite))
}

// noteInvite slows the loop down when the ledger fails, else it would spin.
func (t *Transport) noteInvite(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	t.log.Warn("an invitation could not be noted", "err", clean("note invitation", err))
	_ = sleep(ctx, time.Second)
}
