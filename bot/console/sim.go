package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// Config is what a Sim is made of.
type Config struct {
	// Bot is the bot's own configuration; Transports and Now are set here.
	Bot bot.Config
	// Clock is the simulated time.
	Clock *Clock
	// Zone holds until the person has told the bot theirs.
	Zone *time.Location
	// Session tells the runs on one store apart, so that no event id comes twice.
	Session string
	// Sink takes every entry of the talk, in order: what the person does
	// through Input as well as what the bot does.
	Sink func(Entry)
	// Reopen closes the store and opens it again, for Restart; nil: it cannot.
	Reopen func(context.Context) (*store.Store, error)
	// Network takes the place of the console: the same talk over it. It tells Sink
	// what the bot did. Nil: the console.
	Network Wire
}

// Wire is a network on which a Sim can play what a person does.
type Wire interface {
	chat.Transport
	// Person is the address of who talks there.
	Person() chat.Address
	// There is their address in the other app that they use, the zero one if they
	// use none.
	There() chat.Address
	// Do lets them do something, and returns when the bot has taken it.
	Do(ctx context.Context, e Entry) error
}

// StaffWire is a Wire on which staff are, too.
type StaffWire interface {
	Wire
	// StaffDoes lets a member of staff do something, and returns when the bot has
	// taken it.
	StaffDoes(ctx context.Context, who desk.StaffID, e Entry) error
}

// Sim is one person with one bot and one clock. Its methods are called from one
// goroutine.
type Sim struct {
	bot       *bot.Bot
	store     *store.Store
	clock     *Clock
	zone      *time.Location
	transport *Transport
	network   Wire // nil: the console
	session   string
	sink      func(Entry)
	said      int
	crowd     int      // how often somebody else came into the room
	others    bool     // somebody else is there now
	texts     []string // event ids of what the person wrote

	config     Config
	staff      *bot.Staff                // nil: there is no desk
	staffTexts map[desk.StaffID][]string // event ids of what each of them wrote
}

// New makes a simulator. The store in c.Bot stays the caller's to close.
func New(c Config) (*Sim, error) {
	s := &Sim{
		store: c.Bot.Store, clock: c.Clock, zone: c.Zone,
		transport: NewTransport(c.Session, c.Sink), session: c.Session, sink: c.Sink,
		staff: c.Bot.Staff, staffTexts: map[desk.StaffID][]string{}, network: c.Network,
	}
	if s.staff != nil {
		s.transport.staff.members = s.staff.Desk.Rota.Members
	}
	c.Bot.Transports = []chat.Transport{s.transport}
	if s.network != nil {
		c.Bot.Transports = []chat.Transport{s.network}
	}
	c.Bot.Now = c.Clock.Now
	s.config = c
	b, err := bot.New(c.Bot)
	if err != nil {
		return nil, err
	}
	s.bot = b
	return s, nil
}

// Handler is what a Wire hands messages to.
func (s *Sim) Handler() chat.Handler { return s.bot }

// address is who talks.
func (s *Sim) address(there bool) chat.Address {
	switch {
	case s.network != nil && there:
		return s.network.There()
	case s.network != nil:
		return s.network.Person()
	case there:
		return There()
	}
	return Person()
}

// IsMove tells whether a line moves the clock, and to where it says.
func IsMove(line string) (where string, ok bool) {
	return strings.CutPrefix(line, "@ ")
}

// Input takes one line of a script: "@ ..." moves the clock, "/start FLOW"
// starts a flow, "staff(NAME)< ..." is written by a member of staff where there
// is a desk, anything else is a message of the person. It returns when the bot
// has nothing more to do at this moment.
func (s *Sim) Input(ctx context.Context, line string) error {
	if where, ok := IsMove(line); ok {
		target, err := s.Target(ctx, where)
		if err != nil {
			return err
		}
		return s.Move(ctx, target)
	}
	if who, rest, ok := readStaff(line); ok && !who.Bot && s.staff != nil {
		e := ReadBody(rest)
		e.Staff, e.Who, e.Place = true, who.Who, who.Place
		s.sink(e)
		return s.StaffDoes(ctx, e)
	}
	e := ReadBody(line)
	s.sink(e)
	return s.Say(ctx, e)
}

// Say hands one act of the person to the bot and lets the bot do what is due.
func (s *Sim) Say(ctx context.Context, e Entry) error {
	s.said++
	if s.network != nil && !strings.HasPrefix(e.Text, "/start ") {
		if err := s.network.Do(ctx, e); err != nil || e.Act == AtOnce {
			return err
		}
		return s.Settle(ctx)
	}
	m := chat.Message{
		ID: s.Said(), From: s.address(e.There),
		Kind: e.kind(), Text: chat.Text(e.Text), Sent: s.clock.Now(),
	}
	back := max(e.Back, 1)
	switch e.Act {
	case Edited, Removed:
		m.Target = nth(s.texts, back)
	case Reacted, Replied:
		m.Target = s.transport.Message(back)
		if e.Act == Replied {
			s.texts = append(s.texts, m.ID)
		}
	case Image, File:
		m.Text = ""
	default:
		if flow, ok := strings.CutPrefix(e.Text, "/start "); ok {
			m.Kind, m.Text = chat.KindStart, chat.Text(strings.TrimSpace(flow))
		}
		s.texts = append(s.texts, m.ID)
	}
	if s.others {
		m = s.crowded()
	}
	if err := s.bot.Handle(ctx, m); err != nil {
		return fmt.Errorf("handle the message: %w", err)
	}
	if e.Act == AtOnce { // the next message comes before any answer to this one
		return nil
	}
	return s.Settle(ctx)
}

// Said is the event id that the console gives to what the person did last.
func (s *Sim) Said() string { return fmt.Sprintf("%s-p%d", s.session, s.said) }

// nth is the back-th newest of some event ids; empty if there are not so many.
func nth(ids []string, back int) string {
	if back > len(ids) {
		return ""
	}
	return ids[len(ids)-back]
}

// Now is the simulated time in the person's zone.
func (s *Sim) Now(ctx context.Context) (time.Time, error) {
	loc, err := s.location(ctx)
	return s.clock.Now().In(loc), err
}

// Target reads where a move of the clock leads. Backwards is an error.
func (s *Sim) Target(ctx context.Context, where string) (time.Time, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return time.Time{}, err
	}
	target, err := ParseMove(where, now)
	if err != nil {
		return time.Time{}, err
	}
	if target.Before(now) {
		return time.Time{}, fmt.Errorf("the clock cannot go back from %s to %s: name a later time",
			now.Format("2006-01-02T15:04"), target.Format("2006-01-02T15:04"))
	}
	return target, nil
}

// Move runs the clock to target and stops at everything that is due on the way.
func (s *Sim) Move(ctx context.Context, target time.Time) error {
	for {
		next, ok, err := s.bot.NextDue(ctx)
		if err != nil {
			return err
		}
		if !ok || next.After(target) {
			break
		}
		s.clock.Advance(next)
		if err := s.Settle(ctx); err != nil {
			return err
		}
	}
	s.clock.Advance(target)
	return s.Settle(ctx)
}

// maxRounds ends a simulation in which the bot never comes to rest at one
// moment; a real talk needs two or three.
const maxRounds = 10_000

// Settle lets the bot do all that is due now.
func (s *Sim) Settle(ctx context.Context) error {
	for range maxRounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		fired, err := s.bot.FireDue(ctx)
		if err != nil {
			return err
		}
		sent, err := s.bot.DeliverDue(ctx)
		if err != nil {
			return err
		}
		if fired+sent > 0 {
			continue
		}
		next, ok, err := s.bot.NextDue(ctx)
		if err != nil {
			return err
		}
		if ok && !next.After(s.clock.Now()) {
			return errors.New("something is due and the bot does not do it")
		}
		return nil
	}
	return errors.New("the bot does not come to rest")
}

// NextDue is the moment at which the bot next does something by itself.
func (s *Sim) NextDue(ctx context.Context) (time.Time, bool, error) { return s.bot.NextDue(ctx) }

// person is the person's row; nil before the first message.
func (s *Sim) person(ctx context.Context) (p *store.Person, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		p, err = tx.FindPerson(s.address(false))
		if errors.Is(err, store.ErrNotFound) {
			p = nil
			return nil
		}
		return err
	})
	return p, err
}

// location is the person's zone as far as the bot knows it.
func (s *Sim) location(ctx context.Context) (*time.Location, error) {
	p, err := s.person(ctx)
	if err != nil {
		return s.zone, fmt.Errorf("read the person's zone: %w", err)
	}
	if p != nil {
		if name, ok := p.Vars["zone"].(string); ok && name != "" {
			if loc, err := time.LoadLocation(name); err == nil {
				return loc, nil
			}
		}
	}
	return s.zone, nil
}
