package bot

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// The room of staff says of a case where it is, and no word of the person. What
// they share and write, and what colleagues note about it, is in the room of the
// case. Nobody is in there but who has the case now and whom that one invited.

// apart tells whether each case has a room of its own.
func (t *turn) apart() bool { return !t.bot.Staff.Threads }

// caseRoom is the name of the room of a case. It is not that of another, even if
// a store was restored in which the numbers begin anew from some case on.
func (t *turn) caseRoom(c store.Case) string {
	const enough = 16
	return c.Name() + "." + t.tx.Key("desk.room", c.ID, int64(c.Lane), c.Since.UnixMilli())[:enough]
}

// caseInRoom finds the case of a room; 0: there is none.
func (t *turn) caseInRoom(name string) (store.PersonID, error) {
	var id int64
	if _, err := fmt.Sscanf(name, "K%d.", &id); err != nil {
		return 0, nil
	}
	c, err := t.tx.LoadCase(id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) || err == nil && t.caseRoom(c) != name {
		return 0, nil
	}
	return c.Lane, err
}

// places tells with which text something is said in the thread of a case and in
// its own room; "" not at all. to are those whom it is meant for.
func (t *turn) places(c store.Case, key string, to []desk.StaffID) (thread, inside string) {
	if !t.apart() {
		return key, ""
	}
	switch key {
	case "staff_new", "staff_offer", "staff_everyone", "staff_nobody":
		return key, ""
	case "staff_claimed":
		return "staff_has", key
	case "staff_opened":
		return key, "staff_claimed"
	case "staff_closed", "staff_quiet", "staff_withdrawn", "staff_released", "staff_passed", "staff_passed_on", "staff_taken_back":
		if len(t.reading) > 0 {
			return key, key
		}
		return key, ""
	}
	if c.State == desk.Claimed && (len(to) == 0 || slices.ContainsFunc(to, c.May)) {
		return "", key
	}
	return key, ""
}

// talkRoom is where the talk of a case is.
func (t *turn) talkRoom(c store.Case) chat.Address {
	if !t.apart() {
		return t.room()
	}
	return chat.Address{Network: t.bot.Staff.Network, Room: t.caseRoom(c)}
}

// toStaff puts something of the talk itself into the lane of a case.
func (t *turn) toStaff(c store.Case, post store.Post) error {
	if !t.apart() {
		return t.toThread(c, post)
	}
	who := t.reading
	if who == nil {
		who = c.Readers()
	}
	post.Out.To = t.talkRoom(c)
	post.Out.Members = ids(who)
	return t.inLane(c, post)
}

func ids(who []desk.StaffID) []string {
	list := make([]string, len(who))
	for i, w := range who {
		list[i] = string(w)
	}
	return list
}

// reseat takes those out of the room of a case who no longer have it.
func (t *turn) reseat(c store.Case, before desk.Case) error {
	is := c.Readers()
	left := slices.ContainsFunc(before.Readers(), func(w desk.StaffID) bool { return !slices.Contains(is, w) })
	if !left || !t.apart() {
		return nil
	}
	t.reading = is
	if is == nil {
		t.reading = []desk.StaffID{}
	}
	return t.toStaff(c, store.Post{Out: chat.Outgoing{Form: chat.FormMembers}})
}

// elsewhere tells a member of staff who has the case that words for the person
// belong into its room.
func (t *staffTurn) elsewhere() (done bool, err error) {
	if !t.apart() || t.m.Staff.Case != "" {
		return false, nil
	}
	c, err := t.tx.CaseIn(t.lane)
	if err != nil || !c.May(t.who) {
		return false, nil // the case itself says why not
	}
	return true, t.sayThread(c, "staff_elsewhere", map[string]string{})
}

// sayThread says something in the thread of a case to whoever wrote there.
func (t *staffTurn) sayThread(c store.Case, key string, values map[string]string) error {
	values["case"] = c.Name()
	return t.toThread(c, store.Post{Out: chat.Outgoing{Text: chat.Text(t.staffText(key, values)), Mentions: []string{string(t.who)}}})
}

// leaveRoom gives the room of a case up before what is kept of it ends. more tells
// that this is still to be sent.
func (b *Bot) leaveRoom(tx *store.Tx, lane store.PersonID, now time.Time) (more bool, err error) {
	if b.Staff == nil || b.Staff.Threads {
		return false, nil
	}
	c, err := tx.CaseIn(lane)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	key := tx.Key("desk.leave", int64(lane))
	if _, sent, err := tx.SentAt(lane, key); sent || err != nil {
		return false, err
	}
	t := &turn{Content: b.content.Load(), bot: b, tx: tx, now: now}
	return true, t.toStaff(c, store.Post{Key: key, Out: chat.Outgoing{Form: chat.FormLeave}})
}

// endCase ends what is kept of a case that is over, and its room before.
func (b *Bot) endCase(tx *store.Tx, lane store.PersonID, now time.Time) error {
	more, err := b.leaveRoom(tx, lane, now)
	if err != nil || more {
		return errors.Join(err, tx.SetTimer(lane, timerLeave, now.Add(leaveAtAll).UnixMilli(), dueAt(now, leaveLook)))
	}
	b.scrub.Store(true)
	return tx.ErasePerson(lane)
}
