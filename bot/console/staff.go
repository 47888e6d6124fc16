package console

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/desk"
)

// Places where a member of staff can write, but for the thread of a case.
const (
	PlaceRoom  = "room"  // in the room of staff, outside of any thread
	PlaceAlone = "alone" // to the bot alone
)

// staffLine is a line of staff: "staff(mara)< claim", "staff(mara alone)< cases",
// or of the bot to them: "staff> K1 ...", "staff(ines)> K1 waits ...".
var staffLine = regexp.MustCompile(`^staff(?:\((\S+)(?: (\S+))?\))?([<>])(?: (.*))?$`)

// readStaff takes a line of staff apart. ok is false for any other line.
func readStaff(line string) (e Entry, rest string, ok bool) {
	m := staffLine.FindStringSubmatch(line)
	if m == nil {
		return Entry{}, "", false
	}
	e = Entry{Staff: true, Bot: m[3] == ">", Who: m[1], Place: m[2]}
	return e, m[4], e.Bot || e.Who != ""
}

// member finds somebody of staff by name.
func (s *Sim) member(name string) (desk.StaffID, bool) {
	if s.staff == nil {
		return "", false
	}
	for _, m := range s.staff.Desk.Rota.Members {
		if strings.EqualFold(m.Name, name) {
			return m.ID, true
		}
	}
	return "", false
}

// StaffDoes hands one act of a member of staff to the bot and lets the bot do
// what is due.
func (s *Sim) StaffDoes(ctx context.Context, e Entry) error {
	if s.staff == nil {
		return errors.New("there is no desk here: begin the transcript with the line [desk]")
	}
	who, ok := s.member(e.Who)
	if !ok {
		return fmt.Errorf("there is no %q among staff: name a member", e.Who)
	}
	if s.network != nil {
		return s.staffOver(ctx, who, e)
	}
	s.said++
	m := chat.Message{
		ID: fmt.Sprintf("%s-s%d", s.session, s.said), From: chat.Address{Network: Network, User: string(who), Room: PlaceRoom},
		Kind: e.kind(), Text: chat.Text(e.Text), Sent: s.clock.Now(), Staff: &chat.Staff{},
	}
	switch back := max(e.Back, 1); e.Act {
	case Edited, Removed:
		m.Target = nth(s.staffTexts[who], back)
	case Reacted:
		m.Target = s.transport.StaffMessage(back)
	case Image, File:
		m.Text = ""
	default:
		s.staffTexts[who] = append(s.staffTexts[who], m.ID)
	}
	switch e.Place {
	case PlaceRoom:
	case PlaceAlone:
		m.Staff.Alone, m.From.Room = true, PlaceAlone
	default:
		if m.Staff.Thread, ok = s.transport.Thread(e.Place); !ok {
			return fmt.Errorf("there is no case %q yet: write %s, %s, or the name of a case", e.Place, PlaceRoom, PlaceAlone)
		}
	}
	if m.Kind == chat.KindReaction {
		m.Staff.Thread = ""
	}
	if err := s.bot.Handle(ctx, m); err != nil {
		return fmt.Errorf("handle the message: %w", err)
	}
	if e.Act == AtOnce { // somebody else is as quick
		return nil
	}
	return s.Settle(ctx)
}

// staffOver is StaffDoes over the network that takes the place of the console.
func (s *Sim) staffOver(ctx context.Context, who desk.StaffID, e Entry) error {
	w, ok := s.network.(StaffWire)
	if !ok {
		return fmt.Errorf("there are no staff on %s", s.network.Network())
	}
	if err := w.StaffDoes(ctx, who, e); err != nil || e.Act == AtOnce {
		return err
	}
	return s.Settle(ctx)
}

// Restart stops the bot, lets the time go by that off says, as in "+20m" (empty:
// none), and starts it again on the same store. What fell due meanwhile is done
// then.
func (s *Sim) Restart(ctx context.Context, off string) error {
	if s.config.Reopen == nil {
		return errors.New("the bot cannot be restarted here")
	}
	target := s.clock.Now()
	if off != "" {
		var err error
		if target, err = s.Target(ctx, off); err != nil {
			return err
		}
	}
	st, err := s.config.Reopen(ctx)
	if err != nil {
		return fmt.Errorf("open the store again: %w", err)
	}
	s.clock.Advance(target)
	s.config.Bot.Store, s.store = st, st
	if s.bot, err = bot.New(s.config.Bot); err != nil {
		return fmt.Errorf("start again: %w", err)
	}
	return s.Settle(ctx)
}

// StaffRoom is what a network on which staff are played remembers of their room:
// the messages of the bot and the threads of the cases.
type StaffRoom struct {
	members []desk.Member
	ids     []string          // messages of the bot among staff
	roots   map[string]string // of the threads, by the name of the case
	newest  string            // the case that was opened last
}

// NewStaffRoom is a room in which nothing was said yet.
func NewStaffRoom(members []desk.Member) *StaffRoom {
	return &StaffRoom{members: members, roots: map[string]string{}}
}

// caseName is how a message that begins a thread names its case.
var caseName = regexp.MustCompile(`\bK[0-9]+\b`)

// Took notes a message to staff and its event id: the first one outside of threads
// that names a case is the one from which its thread hangs.
func (t *StaffRoom) Took(out chat.Outgoing, id string) {
	if out.Form == chat.FormText {
		t.ids = append(t.ids, id)
	}
	name := caseName.FindString(string(out.Text))
	if name == "" || out.Thread != "" || out.To.User != "" || out.Form != chat.FormText {
		return
	}
	if _, known := t.roots[name]; !known {
		t.roots[name], t.newest = id, name
	}
}

// Name is how a member of staff is called, by their id; empty for none.
func (t *StaffRoom) Name(user string) string {
	i := slices.IndexFunc(t.members, func(m desk.Member) bool { return string(m.ID) == user })
	if i < 0 {
		return ""
	}
	return t.members[i].Name
}

// Message is the event id of a message of the bot among staff, counted back from
// the newest, which is 1; empty if there are not so many.
func (t *StaffRoom) Message(back int) string { return nth(t.ids, back) }

// Thread is the event id from which the thread of a case hangs; of the newest one
// where no case is named, empty where there is none yet.
func (t *StaffRoom) Thread(name string) (id string, ok bool) {
	if name == "" {
		return t.roots[t.newest], true
	}
	id, ok = t.roots[strings.ToUpper(name)]
	return id, ok
}

// StaffMessage is Message of the room of staff on the console.
func (t *Transport) StaffMessage(back int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.staff.Message(back)
}

// Thread is Thread of the room of staff on the console.
func (t *Transport) Thread(name string) (id string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.staff.Thread(name)
}

// Stage is how a transcript begins.
type Stage struct {
	At   time.Time
	Zone *time.Location // of a person who has not named theirs
	Lang string         // of such a person; empty: that of the scripts
	Desk string         // the file that describes the desk; empty: there is none
}
