package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// staffTurn is one message of staff inside its transaction.
type staffTurn struct {
	*turn // of the room of staff, and for a case of its person
	m     chat.Message
	who   desk.StaffID
	lane  store.PersonID // of the case that the message is about; 0: none
	under string         // key of our message that it points at
}

// handleStaff is Handle for what was said among staff.
func (b *Bot) handleStaff(ctx context.Context, m chat.Message) error {
	defer b.lock(m.From)()
	now := b.Now()
	at := b.staffPoints(ctx, m)
	err := b.Store.Update(ctx, func(tx *store.Tx) error { return b.receiveStaff(tx, m, at, now) })
	if again(err) {
		b.log.Error("a message of staff failed", "err", err)
		err = b.Store.Update(ctx, func(tx *store.Tx) error {
			fresh, err := tx.Admit(m.From.Network, m.ID, now)
			if err != nil || !fresh {
				return err
			}
			t, err := b.staffTurn(tx, m, at, now)
			if err != nil {
				return err
			}
			return t.answer("staff_lost", nil)
		})
	}
	if err != nil {
		return fmt.Errorf("handle a message of staff: %w", err)
	}
	nudge(b.kick)
	nudge(b.wake)
	return nil
}

// staffPoints finds which case a message of staff is about: by its thread, or by
// the message of ours that it points at.
func (b *Bot) staffPoints(ctx context.Context, m chat.Message) (at pointed) {
	for _, event := range []string{m.Target, m.Staff.Thread} {
		if event == "" {
			continue
		}
		key, person, ok, err := b.Store.SentKey(ctx, m.From.Network, event)
		if err == nil && ok {
			return pointed{person, key}
		}
	}
	return pointed{}
}

// staffTurn is a turn that speaks into the room of staff, or where the message
// came from.
func (b *Bot) staffTurn(tx *store.Tx, m chat.Message, at pointed, now time.Time) (*staffTurn, error) {
	t := &staffTurn{
		turn: &turn{Content: b.content.Load(), bot: b, tx: tx, now: now, cause: m.ID, sent: m.Sent},
		m:    m, who: desk.StaffID(m.From.User), lane: at.person, under: at.key,
	}
	room, err := b.staffRoom(tx, now)
	t.p = room
	if err == nil && m.Staff.Case != "" {
		t.lane, err = t.caseInRoom(m.Staff.Case)
	}
	return t, err
}

// staffUser is the user of the row of person that stands for the room of staff.
const staffUser = "staff"

// caseUser is the user of the row that stands for a case: its name.
var caseUser = regexp.MustCompile(`^K[0-9]+$`)

// amongStaff tells whether an address is of a row that stands for the room of
// staff or for a case, and not of a person.
func amongStaff(a chat.Address) bool { return a.User == staffUser || caseUser.MatchString(a.User) }

// staffRoom is the row of person that stands for the room of staff: what is said
// there about no case goes through its lane.
func (b *Bot) staffRoom(tx *store.Tx, now time.Time) (*store.Person, error) {
	a := chat.Address{Network: b.Staff.Network, User: staffUser}
	p, err := tx.FindPerson(a)
	if errors.Is(err, store.ErrNotFound) {
		return tx.CreatePerson(a, now)
	}
	return p, b.mended(tx, p, err)
}

// receiveStaff is one message of staff inside its transaction.
func (b *Bot) receiveStaff(tx *store.Tx, m chat.Message, at pointed, now time.Time) error {
	fresh, err := tx.Admit(m.From.Network, m.ID, now)
	if err != nil || !fresh {
		return err
	}
	t, err := b.staffTurn(tx, m, at, now)
	if err != nil {
		return err
	}
	if !b.Staff.Desk.Rota.Member(t.who) {
		return t.stranger()
	}
	ok, err := t.trusted()
	if err != nil || !ok {
		return err
	}
	switch m.Kind {
	case chat.KindText:
		return t.line(string(m.Text))
	case chat.KindMedia:
		if t.inside() {
			return t.answer("staff_media", nil)
		}
	case chat.KindReaction:
		return t.reacted()
	case chat.KindEdit, chat.KindRemoval:
		return t.changed()
	case chat.KindUnreadable, chat.KindPlaintext, chat.KindUnencrypted:
		return t.answer("staff_unreadable", nil)
	}
	return nil
}

// stranger tells somebody who is not staff, once, that they can do nothing here.
func (t *staffTurn) stranger() error {
	first, err := t.tx.Admit(t.m.From.Network, "stranger:"+t.m.From.User, t.now)
	if err != nil || !first {
		return err
	}
	t.lane = 0
	return t.answer("staff_stranger", nil)
}

// answer says something to whoever wrote: in the thread of the case, or where
// they wrote.
func (t *staffTurn) answer(key string, values map[string]string) error {
	if values == nil {
		values = map[string]string{}
	}
	if t.lane != 0 && !t.m.Staff.Alone {
		c, err := t.tx.CaseIn(t.lane)
		if err == nil {
			return t.post(c, key, values, t.who)
		}
		if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrBroken) {
			return err
		}
	}
	out := chat.Outgoing{To: t.room(), Team: true, Text: chat.Text(t.staffText(key, values)), Mentions: []string{string(t.who)}}
	if t.m.Staff.Alone {
		out.To.User, out.To.Room = t.m.From.User, t.m.From.Room
	}
	return t.inRoom(out)
}

// inRoom says something among staff that is about no case.
func (t *turn) inRoom(out chat.Outgoing) error {
	room, err := t.bot.staffRoom(t.tx, t.now)
	if err != nil {
		return err
	}
	key := t.tx.Key("desk", int64(room.ID), t.cause, t.posted)
	t.posted++
	return t.tx.Enqueue(room.ID, store.Post{Key: key, Out: out, Due: t.due}, t.now)
}

// event tells a case of an event, as a turn of its person.
func (t *staffTurn) event(lane store.PersonID, e desk.Event, m carried) error {
	c, of, err := t.about(lane)
	if of == nil {
		return err
	}
	if _, says := e.(desk.Said); says && of.hidden() && c.May(t.who) {
		return t.answer("staff_left", nil)
	}
	if err := of.caseStep(c, e, m); err != nil {
		return err
	}
	if _, claims := e.(desk.Claim); claims && of.hidden() {
		if c, err = t.tx.CaseIn(lane); err != nil {
			return err
		}
		if err := of.post(c, "staff_left", map[string]string{}, t.who); err != nil {
			return err
		}
	}
	t.said, t.posted = of.said, of.posted
	return of.save()
}

// about is the case of a lane, and a turn of its person. The turn is nil where
// there is no such case, and staff have been told so, or on an error.
func (t *staffTurn) about(lane store.PersonID) (store.Case, *turn, error) {
	c, err := t.tx.CaseIn(lane)
	if errors.Is(err, store.ErrNotFound) || err == nil && c.Person == 0 {
		return c, nil, t.answer("staff_no_case", nil)
	}
	if err != nil {
		return c, nil, err
	}
	p, err := t.tx.LoadPerson(c.Person)
	if err = t.bot.mended(t.tx, p, err); err != nil {
		return c, nil, err
	}
	of := *t.turn
	of.p = p
	return c, &of, nil
}

// everyCase tells every open case of an event.
func (t *staffTurn) everyCase(e desk.Event) error {
	all, err := t.tx.OpenCases()
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := t.event(c.Lane, e, carried{}); err != nil {
			return err
		}
	}
	return nil
}

// inside tells whether it was written in the thread or the room of a case.
func (t *staffTurn) inside() bool {
	return t.lane != 0 && !t.m.Staff.Alone && (t.m.Staff.Thread != "" || t.m.Staff.Case != "")
}

// caseName is how staff name a case in a line.
var caseName = regexp.MustCompile(`(?i)(^|\s)k([0-9]{1,9})(\s|$)`)

// line is what a member of staff wrote.
func (t *staffTurn) line(words string) error {
	thread := t.inside()
	if !thread {
		if hit := caseName.FindStringSubmatchIndex(words); hit != nil {
			lane, err := t.named(words[hit[4]:hit[5]])
			if err != nil {
				return err
			}
			t.lane = lane
			words = words[:hit[0]] + " " + words[hit[1]:]
		}
	}
	o := desk.ReadOrder(words, t.bot.Staff.Reasons, t.bot.Staff.Language)
	if done, err := t.general(o); done || err != nil {
		return err
	}
	switch {
	case t.lane == 0 && t.m.Staff.Case != "":
		return t.answer("staff_no_case", nil)
	case !thread && (o.Verb == desk.Say || o.Verb == desk.Note):
		if t.m.Staff.Alone {
			return t.help()
		}
		return nil // staff talk with each other
	case t.lane == 0 && t.m.Staff.Thread != "":
		return t.answer("staff_no_case", nil)
	case t.lane == 0:
		return t.answer("staff_which", nil)
	}
	return t.order(o)
}

// named finds a case by its number; 0: there is none.
func (t *staffTurn) named(number string) (store.PersonID, error) {
	var id int64
	if _, err := fmt.Sscan(number, &id); err != nil {
		return 0, nil
	}
	c, err := t.tx.LoadCase(id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) {
		return 0, nil
	}
	return c.Lane, err
}

// order does what is meant for one case.
func (t *staffTurn) order(o desk.Order) error {
	by := t.who
	switch o.Verb {
	case desk.Note: // for colleagues, who read it here
		return nil
	case desk.Say:
		return t.says(o.Arg)
	case desk.Canned:
		text, ok := t.bot.Staff.Texts[strings.ToLower(o.Arg)]
		if !ok {
			return t.answer("staff_no_text", map[string]string{"names": t.texts()})
		}
		return t.says(text)
	case desk.DoClaim:
		return t.event(t.lane, desk.Claim{By: by}, carried{})
	case desk.DoRelease:
		return t.event(t.lane, desk.Release{By: by}, carried{})
	case desk.DoPass:
		if to := t.colleague(o.Arg); to != "" {
			return t.event(t.lane, desk.Pass{By: by, To: to}, carried{})
		}
		if t.speaks(o.Arg) {
			return t.event(t.lane, desk.Pass{By: by, Lang: strings.ToLower(o.Arg)}, carried{})
		}
		return t.answer("staff_unknown", nil)
	case desk.DoInvite:
		return t.event(t.lane, desk.Invite{By: by, Who: t.colleague(o.Arg)}, carried{})
	case desk.DoPause:
		return t.event(t.lane, desk.Pause{By: by}, carried{})
	case desk.DoResume:
		return t.event(t.lane, desk.Resume{By: by}, carried{})
	case desk.DoClose:
		return t.event(t.lane, desk.Close{By: by, Why: o.Arg}, carried{})
	case desk.DoOpen:
		return t.open()
	}
	return t.answer("staff_unclear", nil)
}

// says takes words to the person.
func (t *staffTurn) says(words string) error {
	if done, err := t.elsewhere(); done || err != nil {
		return err
	}
	return t.event(t.lane, desk.Said{By: t.who}, carried{t.m.ID, t.signed(t.who, words), t.who})
}

// open begins a new case with the person of this one.
func (t *staffTurn) open() error {
	c, of, err := t.about(t.lane)
	if of == nil {
		return err
	}
	p := of.p
	if now, err := t.tx.CaseOf(p.ID); err == nil && now.Open() {
		return t.event(now.Lane, desk.Claim{By: t.who}, carried{})
	}
	if p.QuietUntil.After(t.now) {
		return t.answer("staff_stopped", map[string]string{"case": c.Name()})
	}
	if of.hidden() {
		return t.answer("staff_left", nil)
	}
	fresh, err := t.tx.NewCase(p.ID, t.bot.Staff.Network, t.now)
	if err != nil {
		return err
	}
	if err := of.caseStep(fresh, desk.Take{By: t.who, Lang: c.Lang}, carried{}); err != nil {
		return err
	}
	return of.save()
}

// unseen tells whether nothing of an advocate's may reach a person now.
func (t *staffTurn) unseen(p *store.Person) bool {
	of := *t.turn
	of.p = p
	return of.hidden()
}

// colleague finds a member of staff by name or id; "" if there is none.
func (t *staffTurn) colleague(name string) desk.StaffID {
	for _, m := range t.bot.Staff.Desk.Rota.Members {
		if strings.EqualFold(m.Name, name) || strings.EqualFold(string(m.ID), name) {
			return m.ID
		}
	}
	return ""
}

// speaks tells whether any of staff writes a language.
func (t *staffTurn) speaks(lang string) bool {
	return slices.ContainsFunc(t.bot.Staff.Desk.Rota.Members, func(m desk.Member) bool {
		return slices.ContainsFunc(m.Langs, func(l string) bool { return strings.EqualFold(l, lang) })
	})
}

// reacted takes a reaction: a thumb or a hand under a message of a case claims
// it; any other one under what the person said reaches them.
func (t *staffTurn) reacted() error {
	if t.lane == 0 {
		return nil
	}
	sign := strings.TrimRight(string(t.m.Text), "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
	x, ok, err := t.tx.Copied(t.under)
	if err != nil {
		return err
	}
	if !ok || x.Staff {
		if o := desk.ReadOrder(sign, nil, ""); o.Verb == desk.DoClaim {
			return t.event(t.lane, desk.Claim{By: t.who}, carried{})
		}
		return nil
	}
	c, ok, err := t.caseAt(t.lane)
	if err != nil || !ok {
		return err
	}
	if !c.May(t.who) {
		if o := desk.ReadOrder(sign, nil, ""); o.Verb == desk.DoClaim {
			return t.event(t.lane, desk.Claim{By: t.who}, carried{})
		}
		return nil
	}
	p, err := t.tx.LoadPerson(c.Person)
	if err = t.bot.mended(t.tx, p, err); err != nil || t.unseen(p) {
		return err
	}
	place, err := t.placeOf(p, x.Place)
	if err != nil {
		return err
	}
	if place == 0 { // nothing can be put there any more
		return t.answer("staff_place_left", nil)
	}
	out := chat.Outgoing{Form: chat.FormReaction, Target: x.Event, Text: t.m.Text}
	return t.reaches(c, p, place, store.Post{Key: t.tx.Key("desk.sign", t.m.ID), Out: out})
}

// caseAt is the case of a lane; ok is false where it can be read no more, or its
// person erased everything.
func (t *staffTurn) caseAt(lane store.PersonID) (c store.Case, ok bool, err error) {
	c, err = t.tx.CaseIn(lane)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) {
		return c, false, nil
	}
	return c, err == nil && c.Person != 0, err
}

// changed takes an edit or a removal of what a member of staff said.
func (t *staffTurn) changed() error {
	x, ok, err := t.tx.Crossed(t.m.From.Network, t.m.Target)
	if err != nil || !ok || !x.Staff {
		return err
	}
	t.lane = x.Lane
	c, ok, err := t.caseAt(x.Lane)
	if err != nil {
		return err
	}
	if !ok { // the person has gone, and what was said to them with them
		return t.answer("staff_no_case", nil)
	}
	p, err := t.tx.LoadPerson(c.Person)
	if err = t.bot.mended(t.tx, p, err); err != nil {
		return err
	}
	mine := x.By == "" || x.By == t.who // "": of an older program
	if t.m.Kind == chat.KindRemoval {
		if !mine && !c.May(t.who) {
			return nil
		}
		of := *t.turn
		of.p = p
		if there, err := of.unhold(x.Copy); there || err != nil {
			return errors.Join(err, of.save())
		}
		return t.tx.TakeBack(c.Person, x.Copy, false, p.Addr, t.now)
	}
	o := desk.ReadOrder(string(t.m.Text), t.bot.Staff.Reasons, t.bot.Staff.Language)
	switch { // new words are like a new message
	case !c.Open():
		return t.answer("staff_over", nil)
	case c.State != desk.Claimed:
		return t.answer("staff_free", nil)
	case !c.May(t.who):
		return t.answer("staff_held", map[string]string{"who": t.bot.Staff.names(c.Holder)})
	case !mine:
		return t.answer("staff_not_yours", nil)
	case t.unseen(p):
		return t.answer("staff_left", nil)
	case o.Verb != desk.Say:
		return t.answer("staff_unclear", nil)
	}
	out := chat.Outgoing{Text: chat.Text(t.signed(t.who, o.Arg))}
	return t.reaches(c, p, p.Row, store.Post{Key: t.tx.Key("desk.edit", t.m.ID), EditOf: x.Copy, Out: out})
}
