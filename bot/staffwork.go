package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// timerShift is the kind of the timer at which shifts change. Its person is the
// one that stands for the room of staff.
const timerShift = "shift"

// shiftAgain is when a change of shifts that failed is tried again.
const shiftAgain = time.Hour

// general does what a member of staff asks for that is about no case.
func (t *staffTurn) general(o desk.Order) (done bool, err error) {
	switch o.Verb {
	case desk.Help:
		return true, t.help()
	case desk.OnCall:
		key, values, err := t.onCall()
		return true, errors.Join(err, t.answer(key, values))
	case desk.Cases:
		text, err := t.casesText()
		if err != nil {
			return true, err
		}
		return true, t.plain(text)
	case desk.GoAway:
		if err := errors.Join(t.tx.SetAway(t.who, store.AwaySaid), t.tx.Record(0, desk.Record{By: t.who, Action: "away"}, t.now)); err != nil {
			return true, err
		}
		if err := t.answer("staff_away", map[string]string{"who": t.bot.Staff.names(t.who)}); err != nil {
			return true, err
		}
		return true, t.everyCase(desk.Away{By: t.who})
	case desk.ComeBack:
		err := errors.Join(t.tx.SetAway(t.who, ""), t.tx.Record(0, desk.Record{By: t.who, Action: "here"}, t.now))
		return true, errors.Join(err, t.answer("staff_here", map[string]string{"who": t.bot.Staff.names(t.who)}))
	case desk.Confirm:
		return true, t.confirm(o.Arg)
	}
	return false, nil
}

func (t *staffTurn) help() error {
	return t.answer("staff_help", map[string]string{"reasons": strings.Join(t.bot.Staff.Reasons, ", "), "names": t.texts()})
}

func (t *staffTurn) texts() string {
	if len(t.bot.Staff.Texts) == 0 {
		return "-"
	}
	return strings.Join(slices.Sorted(maps.Keys(t.bot.Staff.Texts)), ", ")
}

// plain answers in words that are made already.
func (t *staffTurn) plain(text string) error {
	out := chat.Outgoing{To: t.room(), Team: true, Text: chat.Text(text)}
	if t.m.Staff.Alone {
		out.To.User, out.To.Room = t.m.From.User, t.m.From.Room
	}
	return t.inRoom(out)
}

// onCall says who is on call, as a text for staff.
func (t *turn) onCall() (key string, values map[string]string, err error) {
	s := t.bot.Staff
	away, err := s.away(t.tx)
	if err != nil {
		return "", nil, err
	}
	until, _ := s.Desk.Rota.Change(t.now) // there is one while a shift is on
	if on := s.Desk.Rota.On(t.now, away); len(on) > 0 {
		return "staff_on_call", map[string]string{"who": s.names(on...), "until": t.staffClock(until)}, nil
	}
	from := t.staffText("staff_never", nil)
	if next, ok := s.Desk.Rota.Next(t.now); ok {
		from = t.staffClock(next)
	}
	return "staff_on_call_none", map[string]string{"from": from}, nil
}

// casesText lists the open cases.
func (t *turn) casesText() (string, error) {
	all, err := t.tx.OpenCases()
	if err != nil {
		return "", err
	}
	var list []string
	for _, c := range all {
		key := "staff_case_waits"
		switch {
		case c.State == desk.Returned:
			key = "staff_case_bot"
		case c.Paused:
			key = "staff_case_paused"
		case c.State == desk.Claimed:
			key = "staff_case_held"
		}
		list = append(list, t.staffText(key, map[string]string{"case": c.Name(), "who": t.bot.Staff.names(c.Holder), "since": t.staffClock(c.Since)}))
	}
	if len(list) == 0 {
		return t.staffText("staff_cases_none", nil), nil
	}
	return strings.Join(list, "\n"), nil
}

// openDesk sets the timer for the next change of shifts.
func (b *Bot) openDesk(ctx context.Context) error {
	if b.Staff == nil {
		return nil
	}
	if bad := b.Staff.Desk.Rota.Check(); len(bad) > 0 {
		return errors.New("bot: " + bad[0])
	}
	err := b.Store.Update(ctx, func(tx *store.Tx) error {
		room, err := b.staffRoom(tx, b.Now())
		if err != nil {
			return err
		}
		return b.nextShift(tx, room.ID, b.Now())
	})
	if err == nil {
		err = b.Store.Update(ctx, func(tx *store.Tx) error { return b.partStaff(tx, b.Now()) })
	}
	if again(err) { // a case that cannot be taken on must not keep the bot from people
		b.log.Error("the cases of those who are no staff any more could not be offered again", "err", err)
		err = nil
	}
	if err != nil {
		return fmt.Errorf("open the desk: %w", err)
	}
	return nil
}

// partStaff takes open cases from those who are no staff any more: the configuration
// may be another one than last time.
func (b *Bot) partStaff(tx *store.Tx, now time.Time) error {
	all, err := tx.OpenCases()
	if err != nil {
		return err
	}
	gone := map[desk.StaffID]bool{}
	for _, c := range all {
		for _, who := range append(c.Readers(), c.Asked...) {
			gone[who] = gone[who] || !b.Staff.Desk.Rota.Member(who)
		}
	}
	for _, who := range slices.Sorted(maps.Keys(gone)) {
		if !gone[who] {
			continue
		}
		m := chat.Message{
			ID: fmt.Sprintf("parted.%d.%s", now.UnixMilli(), tx.Key("desk.parted", string(who))), Staff: &chat.Staff{},
			From: chat.Address{Network: b.Staff.Network, User: string(who)}, Sent: now,
		}
		t, err := b.staffTurn(tx, m, pointed{}, now)
		if err == nil {
			err = t.everyCase(desk.Away{By: who})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nextShift sets the timer for when shifts next change.
func (b *Bot) nextShift(tx *store.Tx, room store.PersonID, now time.Time) error {
	next, ok := b.Staff.Desk.Rota.Change(now)
	if !ok {
		return tx.ClearTimer(room, timerShift)
	}
	return tx.SetTimer(room, timerShift, next.UnixMilli(), dueAt(next, 0))
}

// fireShift tells staff that the shift changes, who is on call now, and which
// cases are open.
func (b *Bot) fireShift(ctx context.Context, tm store.Timer, now time.Time) error {
	err := b.Store.Update(ctx, func(tx *store.Tx) error {
		cur, err := tx.LoadTimer(tm.Person, tm.Kind)
		if errors.Is(err, store.ErrNotFound) || err == nil && cur.Due.After(now) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.ClearTimer(tm.Person, tm.Kind); err != nil || b.Staff == nil {
			return err
		}
		t := &turn{Content: b.content.Load(), bot: b, tx: tx, now: now, due: cur.Due, cause: fmt.Sprintf("shift.%d", cur.Seq)}
		if err := b.nextShift(tx, tm.Person, now); err != nil || now.Sub(cur.Due) > b.FreshFor {
			return err
		}
		key, values, err := t.onCall()
		if err != nil {
			return err
		}
		cases, err := t.casesText()
		if err != nil {
			return err
		}
		what := t.staffText("staff_shift", map[string]string{"what": t.staffText(key, values)}) + "\n" + cases
		out := chat.Outgoing{To: t.room(), Team: true, Text: chat.Text(what)}
		away, err := b.Staff.away(tx)
		if err != nil {
			return err
		}
		for _, who := range b.Staff.Desk.Rota.On(now, away) { // they take over what is open
			out.Mentions = append(out.Mentions, string(who))
		}
		return t.inRoom(out)
	})
	if again(err) { // it would fail for ever: the next look at the rota comes later
		b.log.Error("a change of shifts failed", "err", err)
		err = b.Store.Update(ctx, func(tx *store.Tx) error {
			return tx.SetTimer(tm.Person, tm.Kind, tm.Seq, dueAt(now, shiftAgain))
		})
	}
	if err != nil {
		return fmt.Errorf("change the shift: %w", err)
	}
	return nil
}
