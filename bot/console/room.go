package console

import (
	"context"
	"errors"
	"fmt"

	"handrail/bot/chat"
)

// What can happen to the room in which somebody talks with the bot.
const (
	secondJoins  = "second person joins"
	secondLeaves = "second person leaves"
	personLeaves = "person leaves"
)

func isRoomAct(what string) bool {
	return what == secondJoins || what == secondLeaves || what == personLeaves
}

// Room lets somebody come into the room or go out of it, as a line of a transcript
// says. It is for the console alone.
func (s *Sim) Room(ctx context.Context, what string) error {
	if s.network != nil {
		return errors.New("who is in the room can be played on the console alone")
	}
	var m chat.Message
	switch what {
	case secondJoins:
		s.others = true
		s.crowd++
		m = s.crowded()
	case secondLeaves:
		s.others = false
		return s.Settle(ctx)
	case personLeaves:
		s.said++
		m = chat.Message{ID: fmt.Sprintf("%s-left%d", s.session, s.said), From: s.address(false), Kind: chat.KindLeft, Sent: s.clock.Now()}
	default:
		return fmt.Errorf("nothing of that name happens to a room: %q", what)
	}
	if err := s.bot.Handle(ctx, m); err != nil {
		return fmt.Errorf("handle a change of the room: %w", err)
	}
	return s.Settle(ctx)
}

// crowded is what reaches the bot while somebody else is in the room: that it is
// so, once for each who came, and no word of what is written.
func (s *Sim) crowded() chat.Message {
	return chat.Message{ID: fmt.Sprintf("%s-crowd%d", s.session, s.crowd), From: s.address(false), Kind: chat.KindCrowd, Sent: s.clock.Now()}
}
