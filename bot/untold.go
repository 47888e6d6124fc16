package bot

import (
	"slices"

	"handrail/bot/chat"
	"handrail/bot/desk"
)

// varUntold: something of the desk's was not said, because somebody else may have
// been looking. It is made good by one line once the person is back.
const varUntold = "_desk_untold"

// untold tells whether the person, who is back, does not know where their case is.
func (t *turn) untold() bool { return t.p.Vars[varUntold] == true && !t.hidden() }

// caughtUp tells somebody who is back where their case is now.
func (t *turn) caughtUp() error {
	if !t.untold() {
		return nil
	}
	if t.putOff() {
		return t.save()
	}
	delete(t.p.Vars, varUntold)
	c, ok, err := t.caseNow()
	if err != nil {
		return err
	}
	if ok && !c.Open() { // what was written comes before the end
		if err := t.handHeld(c); err != nil {
			return err
		}
	}
	switch {
	case !ok || c.Ended == "withdrawn":
	case !c.Open():
		err = t.tell("desk_closed")
	case c.State == desk.Claimed:
		err = t.deskTells(desk.Tell{Text: "desk_with", By: c.Holder})
	case c.State == desk.Returned:
		if err = t.tell("desk_nobody"); err == nil {
			err = t.lines("", 0)
		}
	default:
		err = t.tell("desk_waiting")
	}
	if err != nil {
		return err
	}
	if err := t.handHeld(c); err != nil {
		return err
	}
	return t.save()
}

// tellDuress asks for an advocate without a word to whoever holds the device. Who
// has an open case is known to staff already.
func (t *turn) tellDuress() error {
	if t.bot.Staff == nil || !t.inDecoy() {
		return nil
	}
	c, ok, err := t.caseNow()
	if err != nil || ok && c.Open() {
		return err
	}
	if c, err = t.tx.NewCase(t.p.ID, t.bot.Staff.Network, t.now); err != nil {
		return err
	}
	r := desk.Request{Reason: desk.Duress, Urgent: true, Lang: t.Library.In(t.language()).Tag(), Share: desk.ShareNothing}
	if err := t.caseStep(c, r, carried{}); err != nil {
		return err
	}
	if err := t.post(c, "staff_left", map[string]string{}); err != nil {
		return err
	}
	return t.save()
}

// unsaid forgets the words of a message that the person took back or changed: an
// advocate who comes later does not see them.
func (t *turn) unsaid(m chat.Message) error {
	if m.Kind == chat.KindReaction {
		return nil
	}
	t.bot.recent.forget(t.p.ID, m.Target)
	c, ok, err := t.caseNow()
	if err != nil || !ok || len(c.Said) == 0 {
		return err
	}
	kept := t.bot.recent.last(t.p.ID, t.now)
	c.Said = slices.DeleteFunc(c.Said, func(s string) bool { return !slices.Contains(kept, s) })
	return t.tx.PutCase(c)
}
