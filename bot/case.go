package bot

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/flow"
	"handrail/bot/store"
)

const (
	// timerCase is the kind of the timer that is the deadline of a case. Its
	// person is the case's lane.
	timerCase = "case"
	// caseKept is how long a case that is over is kept, so that what was said
	// in it can still be taken back.
	caseKept = 8 * 24 * time.Hour

	// dangerFor is how long after danger was heard somebody who asks for an advocate
	// is urgent.
	dangerFor = 3 * time.Hour

	varShare  = "desk_share"   // set by a script: what staff may see
	varSurvey = "_desk_survey" // unix ms since when a survey may be answered
)

// carried is the message that an event of a case is about.
type carried struct {
	id   string // event id
	text string
	by   desk.StaffID // who of staff wrote it
}

// caseNow is the person's newest case; ok is false when there is none, or no
// desk.
func (t *turn) caseNow() (c store.Case, ok bool, err error) {
	if t.bot.Staff == nil {
		return store.Case{}, false, nil
	}
	c, err = t.tx.CaseOf(t.p.ID)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) {
		return store.Case{}, false, nil // what cannot be read is as good as over: the bot answers
	}
	return c, err == nil, err
}

// withHuman reports whether an advocate has the talk.
func (t *turn) withHuman() (bool, error) {
	c, ok, err := t.caseNow()
	return ok && c.Human(), err
}

// handOver asks for an advocate. Where there is no desk that is said, and whom
// one can reach instead.
func (t *turn) handOver(e flow.HandOver) error {
	if e.Cancel {
		c, ok, err := t.caseNow()
		if err != nil || !ok || !c.Open() {
			return err
		}
		return t.caseStep(c, desk.Withdraw{}, carried{})
	}
	kind := "hand_over_" + e.Reason
	if e.Urgent {
		kind += "_urgent"
	}
	if err := t.tx.Note(kind, t.p.ID, t.now); err != nil {
		return err
	}
	if t.bot.Staff == nil {
		if err := t.enqueue(chat.Outgoing{Text: chat.Text(t.voice().Text("desk_none", nil))}, ""); err != nil {
			return err
		}
		return t.lines("", 0)
	}
	if e.Reason == string(desk.Asked) && t.p.Vars[varFalse] != true && t.now.Sub(lastAlarm(t.p).at) < dangerFor {
		e.Reason, e.Urgent = string(desk.Danger), true
	}
	share, told := t.p.Vars[varShare].(string)
	delete(t.p.Vars, varShare)
	c, ok, err := t.caseNow()
	if err == nil && (!ok || !c.Open()) {
		c, err = t.tx.NewCase(t.p.ID, t.bot.Staff.Network, t.now)
	}
	if err != nil {
		return err
	}
	r := desk.Request{Reason: desk.Reason(e.Reason), Urgent: e.Urgent, Skill: e.Skill, Lang: t.Library.In(t.language()).Tag(), Share: desk.Share(share)}
	switch {
	case !told && c.Open(): // what they agreed to before holds
		r.Share = c.Share
	case r.Share == desk.ShareMessages:
		c.Said = t.bot.recent.last(t.p.ID, t.now)
	case r.Share == desk.SharePlan:
		c.Said = nil
	default:
		r.Share, c.Said = desk.ShareNothing, nil
	}
	t.asking = true
	defer func() { t.asking = false }()
	return t.caseStep(c, r, carried{})
}

// caseStep tells a case of an event and does what follows. The person of the
// turn is that of the case, and is saved by the caller.
func (t *turn) caseStep(c store.Case, e desk.Event, m carried) error {
	s := t.bot.Staff
	var away []desk.StaffID
	switch e.(type) {
	case desk.Said, desk.Wrote: // they ask nobody
	default:
		var err error
		if away, err = s.away(t.tx); err != nil {
			return err
		}
	}
	kept := len(t.held())
	before := c.Case
	next, effects := s.Desk.Step(c.Case, e, away, t.now)
	c.Case = next
	t.reading = before.Readers()
	if is := next.Readers(); len(is) > 0 {
		t.reading = is
	}
	defer func() { t.reading = nil }()
	for _, e := range effects {
		if err := t.caseEffect(&c, e, m); err != nil {
			return err
		}
	}
	if err := t.reseat(c, before); err != nil {
		return err
	}
	if c.Human() && !before.Human() && !t.atKnock() {
		if err := t.fallSilent(); err != nil {
			return err
		}
	}
	if err := t.countCase(before, c.Case, e); err != nil {
		return err
	}
	if err := t.knock(c, kept); err != nil {
		return err
	}
	if err := t.tx.PutCase(c); err != nil {
		return err
	}
	switch {
	case !c.Open():
		if before.Open() {
			return t.tx.SetTimer(c.Lane, timerCase, c.ID, dueAt(t.now, caseKept))
		}
		return nil
	case c.Deadline.IsZero():
		return t.tx.ClearTimer(c.Lane, timerCase)
	}
	return t.tx.SetTimer(c.Lane, timerCase, c.ID, dueAt(c.Deadline, 0))
}

// fallSilent ends what the bot was in the middle of: an advocate has the talk.
func (t *turn) fallSilent() error {
	t.p.Session = flow.Session{Seq: t.p.Session.Seq + 1, Last: t.p.Session.Last}
	if err := t.tx.ClearTimer(t.p.ID, timerSession); err != nil {
		return err
	}
	return t.tx.DropUnprompted(t.p.ID)
}

// caseEffect does one effect of a case.
func (t *turn) caseEffect(c *store.Case, e desk.Effect, m carried) error {
	s := t.bot.Staff
	switch e.(type) {
	case desk.Tell, desk.Lines, desk.Survey:
		if t.hidden() && !t.asking || t.gone() {
			t.p.Vars[varUntold] = true
			return nil
		}
	}
	switch e := e.(type) {
	case desk.Tell:
		return t.deskTells(e)
	case desk.Post:
		return t.post(*c, e.Text, map[string]string{"who": s.names(e.By), "to": s.names(e.To...), "word": t.staffWord(e.Word), "lang": c.Lang}, e.To...)
	case desk.Direct:
		return t.directly(*c, e)
	case desk.Refuse:
		return t.post(*c, e.Text, map[string]string{"who": s.names(e.With), "to": s.names(e.To)}, e.To)
	case desk.Reveal:
		return t.reveal(c, e.Share)
	case desk.Carry:
		return t.carry(*c, e.To, m)
	case desk.Lines:
		return t.enqueue(chat.Outgoing{Text: chat.Text(t.linesText(t.p, t.language(), "", t.now, 0))}, "")
	case desk.Survey:
		if !s.Survey {
			return nil
		}
		t.p.Vars[varSurvey] = float64(t.now.UnixMilli())
		return t.enqueue(chat.Outgoing{Text: chat.Text(t.voice().Text("desk_survey", nil))}, "")
	case desk.Record:
		return t.tx.Record(c.ID, e, t.now)
	}
	panic(fmt.Sprintf("bot: effect %T of a case", e))
}

// deskTells says something of the desk's to the person.
func (t *turn) deskTells(e desk.Tell) error {
	voice := t.voice()
	who := voice.Text("desk_someone", nil)
	if t.bot.Staff.Names && e.By != "" {
		who = t.bot.Staff.names(e.By)
	}
	values := map[string]string{"who": who}
	if !e.From.IsZero() {
		values["from"] = clockOf(voice, e.From, t.now, t.bot.location(t.p))
	}
	return t.enqueue(chat.Outgoing{Text: chat.Text(voice.Text(e.Text, values))}, "")
}

// rootKey is the send key of the message from which the thread of a case hangs.
func (t *turn) rootKey(c store.Case) string { return t.tx.Key("desk.root", c.ID) }

// post tells staff something about a case, where it belongs.
func (t *turn) post(c store.Case, key string, values map[string]string, to ...desk.StaffID) error {
	values["case"] = c.Name()
	thread, inside := t.places(c, key, to)
	for _, p := range []struct {
		key  string
		send func(store.Case, store.Post) error
	}{{thread, t.toThread}, {inside, t.toStaff}} {
		if p.key == "" {
			continue
		}
		post := store.Post{Out: chat.Outgoing{Text: chat.Text(t.staffText(p.key, values))}}
		for _, who := range to {
			if who != "" {
				post.Out.Mentions = append(post.Out.Mentions, string(who))
			}
		}
		if p.key == "staff_new" || p.key == "staff_opened" {
			post.Key = t.rootKey(c)
		}
		if err := p.send(c, post); err != nil {
			return err
		}
	}
	return nil
}

// toThread puts something into the thread of a case in the room of staff.
func (t *turn) toThread(c store.Case, post store.Post) error {
	if root := t.rootKey(c); post.Key != root {
		post.ThreadOf = root
	}
	post.Out.To = t.room()
	return t.inLane(c, post)
}

// inLane puts something for staff into the lane of a case; without a key it gets
// one.
func (t *turn) inLane(c store.Case, post store.Post) error {
	if post.Key == "" {
		post.Key = t.tx.Key("desk", int64(c.Lane), t.cause, t.posted)
		t.posted++
	}
	post.Out.Team, post.Due = true, t.due
	return t.tx.Enqueue(c.Lane, post, t.now)
}

// room is the address of the room of staff. The transport knows where it is.
func (t *turn) room() chat.Address { return chat.Address{Network: t.bot.Staff.Network} }

// directly writes to one member of staff alone.
func (t *turn) directly(c store.Case, e desk.Direct) error {
	to := chat.Address{Network: t.bot.Staff.Network, User: string(e.To)}
	text := t.staffText(e.Text, map[string]string{"case": c.Name(), "to": t.bot.Staff.names(e.To)})
	key := t.tx.Key("desk", int64(c.Lane), t.cause, t.posted)
	t.posted++
	return t.tx.Enqueue(c.Lane, store.Post{Key: key, Due: t.due, Out: chat.Outgoing{To: to, Team: true, Text: chat.Text(text)}}, t.now)
}

// carry takes a message across. The copy is remembered beside it, so that a
// change of the one reaches the other.
func (t *turn) carry(c store.Case, to desk.Side, m carried) error {
	if m.id == "" {
		return nil
	}
	x := store.Crossing{Lane: c.Lane, Event: m.id, Copy: t.tx.Key("desk.copy", int64(c.Lane), m.id), Staff: to == desk.ToPerson, By: m.by}
	if to == desk.ToStaff {
		x.Place = t.p.Row
		if err := t.tx.Cross(t.p.Addr.Network, x); err != nil {
			return err
		}
		return t.toStaff(c, store.Post{Key: x.Copy, Out: chat.Outgoing{Text: chat.Text(c.Name() + ": " + m.text)}})
	}
	if err := t.tx.Cross(t.bot.Staff.Network, x); err != nil {
		return err
	}
	return t.toPerson(store.Post{Key: x.Copy, Out: chat.Outgoing{To: t.p.Addr, Text: chat.Text(m.text)}})
}

// signed is the text of a member of staff as the person reads it.
func (t *turn) signed(who desk.StaffID, text string) string {
	if t.bot.Staff.Names {
		return t.bot.Staff.names(who) + ": " + text
	}
	return text
}

// reveal shows staff what the person agreed to share, once.
func (t *turn) reveal(c *store.Case, share desk.Share) error {
	var texts []string
	switch share {
	case desk.ShareMessages:
		if texts, c.Said = c.Said, nil; len(texts) == 0 && t.apart() {
			texts = t.bot.recent.last(t.p.ID, t.now) // whoever comes later sees nothing else of before
		}
	case desk.SharePlan:
		for _, list := range t.Library.Lists() {
			if !strings.HasPrefix(list, "plan_") {
				continue
			}
			items, err := t.tx.Items(t.p.ID, list, itemsShown)
			if err != nil {
				return err
			}
			for _, it := range items {
				texts = append(texts, plainName(strings.TrimPrefix(list, "plan_"))+": "+it.Text)
			}
		}
	}
	if len(texts) == 0 {
		return t.post(*c, "staff_shared_nothing", map[string]string{})
	}
	return t.post(*c, "staff_shared", map[string]string{"what": "- " + strings.Join(texts, "\n- ")})
}

// countCase counts what happened, for the organization's own report: by day, and
// never to whom.
func (t *turn) countCase(before, now desk.Case, e desk.Event) error {
	var kinds []string
	switch {
	case before.State == "" && now.Open():
		kinds = append(kinds, "desk_case_"+string(now.Reason))
	case before.Open() && !now.Open():
		kinds = append(kinds, "desk_closed_"+plainKind(now.Ended))
	}
	if before.State != desk.Claimed && now.State == desk.Claimed && now.Reason != desk.Opened {
		kinds = append(kinds, "desk_claimed", "desk_waited_"+waited(t.now.Sub(now.Since)))
	}
	if before.State != desk.Returned && now.State == desk.Returned {
		kinds = append(kinds, "desk_nobody")
	}
	if _, ok := e.(desk.Alarm); ok {
		kinds = append(kinds, "desk_alarm")
	}
	for _, kind := range kinds {
		if err := t.tx.Note(kind, t.p.ID, t.now); err != nil {
			return err
		}
	}
	return nil
}

// waited sorts how long somebody waited for an advocate, in minutes.
func waited(d time.Duration) string {
	for _, m := range []int{5, 15, 60} {
		if d <= time.Duration(m)*time.Minute {
			return fmt.Sprintf("%02d", m)
		}
	}
	return "longer"
}

// plainKind makes a reason of the configuration part of the name of a count.
func plainKind(word string) string {
	if word == "" {
		return "done"
	}
	return strings.ReplaceAll(word, " ", "_")
}
