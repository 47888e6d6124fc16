package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"handrail/bot/chat"
	"handrail/bot/console"
	"handrail/bot/desk"
	"handrail/bot/e2e/client"
	"handrail/bot/e2e/homeserver"
	"handrail/bot/matrix"
)

// matrixNames are all who are staff in some transcript.
var matrixNames = []string{"mara", "ben", "ines", "dora"} //nolint:gochecknoglobals // a constant list

func matrixMembers() (ids []string) {
	for _, name := range matrixNames {
		ids = append(ids, "@"+name+":"+homeserver.ServerName)
	}
	return ids
}

// matrixTeam is staff with their clients, in the room of staff and each alone with
// the bot. They stay for all transcripts.
type matrixTeam struct {
	room  string
	alone map[string]string         // rooms, by user id
	who   map[string]*client.Person // by user id
}

func (m *matrixTeam) close() {
	for _, p := range m.who {
		p.Close()
	}
}

// gather logs staff in and lets the bot make their rooms.
func (w *matrixWorld) gather(ctx context.Context) error {
	m := &matrixTeam{alone: map[string]string{}, who: map[string]*client.Person{}}
	w.team = m
	for _, name := range matrixNames {
		p, err := w.login(ctx, name)
		if err != nil {
			return err
		}
		m.who[p.UserID] = p
	}
	hello := chat.Outgoing{Key: "hello.room", Text: "hello", Team: true, To: chat.Address{Network: matrix.NetworkName}}
	if _, err := w.account.Send(ctx, hello); err != nil {
		return err
	}
	for _, p := range m.who {
		var err error
		if m.room, err = p.Accept(ctx, "Staff"); err != nil {
			return err
		}
		hello.Key, hello.To.User = "hello."+strings.Trim(p.UserID, "@"), p.UserID
		if _, err := w.account.Send(ctx, hello); err != nil {
			return err
		}
		if m.alone[p.UserID], err = p.Accept(ctx, ""); err != nil {
			return err
		}
	}
	return nil
}

// meet makes the staff of a transcript those of the world.
func (w *matrixWire) meet(ctx context.Context, members []desk.Member) error {
	ctx, cancel := context.WithTimeout(ctx, matrixPatience)
	defer cancel()
	if w.team == nil {
		if err := w.gather(ctx); err != nil {
			return fmt.Errorf("gather staff: %w", err)
		}
	}
	w.members = console.NewStaffRoom(members)
	w.wrote, w.place = map[*client.Person][]string{}, map[string]matrixPlace{}
	w.matrixWorld.mu.Lock()
	w.matrixWorld.staff = w
	w.matrixWorld.mu.Unlock()
	return nil
}

// part ends what meet began.
func (w *matrixWire) part() error {
	w.matrixWorld.mu.Lock()
	w.matrixWorld.staff = nil
	w.matrixWorld.mu.Unlock()
	return nil
}

// StaffDoes lets a member of staff do something in their client.
func (w *matrixWire) StaffDoes(ctx context.Context, who desk.StaffID, e console.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, matrixPatience)
	defer cancel()
	at := matrixPlace{who: w.team.who[string(who)], room: w.team.room}
	if at.who == nil {
		return errors.New("this member of staff has no account here")
	}
	switch e.Place {
	case console.PlaceRoom:
	case console.PlaceAlone:
		at.room = w.team.alone[string(who)]
	default:
		var ok bool
		if at.thread, ok = w.members.Thread(e.Place); !ok {
			return fmt.Errorf("there is no case %q yet", e.Place)
		}
	}
	var theirs []string
	if e.Act == console.Reacted {
		event := w.members.Message(max(e.Back, 1))
		theirs, e.Back = []string{event}, 0
		at.room = w.place[event].room
	}
	mine := w.wrote[at.who]
	event, err := act(ctx, at, e, &mine, theirs)
	w.wrote[at.who] = mine
	if err != nil {
		return err
	}
	return w.wait(ctx, event)
}

// showTeam tells what staff see of something that the bot sent them.
func (w *matrixWire) showTeam(ctx context.Context, out chat.Outgoing, id string) error {
	at := matrixPlace{who: w.team.who["@"+matrixNames[0]+":"+homeserver.ServerName], room: w.team.room}
	if p := w.team.who[out.To.User]; p != nil && out.Form != chat.FormRemove {
		at = matrixPlace{who: p, room: w.team.alone[out.To.User]}
	}
	if known, ok := w.place[out.Target]; ok {
		at = known
	}
	e, _, err := at.entry(ctx, out, id)
	if err != nil {
		return err
	}
	w.place[id] = at
	w.members.Took(out, id)
	e.Staff = true
	if at.room != w.team.room {
		e.Who = w.members.Name(at.who.UserID)
	}
	if strings.TrimSpace(e.Who) == "" && at.room != w.team.room {
		return errors.New("staff are told something alone who are none")
	}
	w.sink(e)
	return nil
}
