package bot

import (
	"errors"
	"strings"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// Flows whose words end or interrupt a talk with an advocate.
const (
	flowStop = "stop"

	setHidden = "hidden" // set by a script: only plain lines until the person names something
)

// surveyFor is for how long a survey can be answered.
const surveyFor = 24 * time.Hour

// human takes what belongs to a talk with an advocate. done tells that the bot
// has nothing to say to it.
//
// While an advocate has the talk the bot is silent, but for words that are heard
// before all else, such as stop, and its answer to danger: they do what they
// always do, and the advocate reads them too.
func (t *turn) human(m chat.Message) (done bool, err error) {
	if t.bot.Staff == nil {
		return false, nil
	}
	switch m.Kind {
	case chat.KindRemoval, chat.KindEdit, chat.KindReaction:
		t.moved(m)
		if err := t.unsaid(m); err != nil {
			return false, err
		}
		if done, err = t.duressEdit(m); done || err != nil {
			return done, err
		}
		if done, err = t.crossed(m); done || err != nil {
			return done, err
		}
	}
	c, ok, err := t.caseNow()
	if err != nil || t.inDecoy() {
		return false, err
	}
	t.moved(m)
	words := strings.TrimSpace(string(m.Text))
	if m.Kind == chat.KindText && words != "" {
		first, _ := t.Library.First(words)
		if t.leaves(words) {
			first = flowExit
		}
		if hidden, err := t.duress(words); hidden || err != nil {
			return true, errors.Join(err, t.staffTold(c, "staff_left"))
		}
		t.keepRecent(first, words)
		if ok && c.Open() && first == flowStop {
			return false, t.caseStep(c, desk.Withdraw{}, carried{})
		}
		if first == flowExit {
			return false, t.staffTold(c, "staff_left")
		}
	}
	if !ok || !c.Human() || t.hidden() || t.untold() {
		if m.Kind == chat.KindText {
			return t.surveyed(words)
		}
		return false, nil
	}
	switch m.Kind {
	case chat.KindText, chat.KindEdit:
	case chat.KindMedia:
		if words == "" {
			return false, nil // the bot says that it can read words only
		}
	default: // answered by the bot: a call, what cannot be read
		return false, nil
	}
	if words == "" {
		return false, nil
	}
	if err := t.caseStep(c, desk.Wrote{}, carried{id: m.ID, text: words}); err != nil {
		return true, err
	}
	if _, heard := t.Library.First(words); heard {
		return false, nil
	}
	return true, t.alarmed(words)
}

// keepRecent keeps a text in memory for an advocate who may come, unless it is one
// after which nothing is to be left.
func (t *turn) keepRecent(first, words string) {
	if first != "" {
		t.bot.recent.drop(t.p.ID)
		return
	}
	t.bot.recent.add(t.p.ID, t.cause, words, t.now)
}

// moved notes where the person writes now.
func (t *turn) moved(m chat.Message) {
	if m.Kind != chat.KindRemoval {
		t.p.Addr.Room = m.From.Room
		delete(t.p.Vars, varCrowd)
	}
}

// hidden tells whether the person has left in a hurry, or somebody else may hold
// their device: then nothing of an advocate's goes there, and nothing from there
// to an advocate.
func (t *turn) hidden() bool { return t.inDecoy() || t.p.Vars[setHidden] == true || t.watched() }

// staffTold says something in the thread of the case, if it is open.
func (t *turn) staffTold(c store.Case, key string) error {
	if !c.Open() {
		return nil
	}
	var to []desk.StaffID
	if c.Holder != "" {
		to = append(to, c.Holder)
	}
	return t.post(c, key, map[string]string{}, to...)
}

// alarmed answers danger in what goes to an advocate, tells the advocate, and
// then the bot is silent again. It shows who can help and leaves its own question
// out: the answer would go to the advocate, and that nobody reads here live is
// not true now.
func (t *turn) alarmed(words string) error {
	id, _ := t.alarm(words)
	if id == "" {
		return t.save()
	}
	t.answerIn(words)
	said := t.said
	t.unasking = true
	if err := t.step(flow.Input{Kind: flow.InInterrupt, Flow: id}); err != nil {
		return err
	}
	if t.unasking = false; t.said == said { // it only asks
		if err := t.lines("", 0); err != nil {
			return err
		}
	}
	if err := t.alarmTold(id); err != nil {
		return err
	}
	if err := t.fallSilent(); err != nil {
		return err
	}
	return t.save()
}

// alarmTold tells staff of danger, if the person has an open case.
func (t *turn) alarmTold(id string) error {
	c, ok, err := t.caseNow()
	if err != nil || !ok || !c.Open() {
		return err
	}
	category := strings.TrimPrefix(id, flowCrisis+".")
	return t.caseStep(c, desk.Alarm{Category: strings.TrimSuffix(category, ".ask")}, carried{})
}

// surveyed takes the answer to the one question after a talk.
func (t *turn) surveyed(words string) (done bool, err error) {
	if t.hidden() || since(t.p, varSurvey, t.now) > surveyFor {
		return false, nil
	}
	delete(t.p.Vars, varSurvey)
	if len(words) != 1 || words[0] < '1' || words[0] > '5' {
		return false, nil
	}
	if err := t.tx.Note("desk_survey_"+words, t.p.ID, t.now); err != nil {
		return true, err
	}
	return true, t.sentence("desk_survey_thanks")
}

// crossed takes a change of a message that crossed, or a reaction to one.
func (t *turn) crossed(m chat.Message) (done bool, err error) {
	var x store.Crossing
	var ok bool
	if m.Kind == chat.KindReaction {
		if t.target == "" {
			return false, nil
		}
		x, ok, err = t.tx.Copied(t.target)
	} else {
		x, ok, err = t.tx.Crossed(m.From.Network, m.Target)
	}
	if err != nil || !ok {
		return false, err
	}
	c, err := t.tx.CaseIn(x.Lane)
	if err != nil || c.Person != t.p.ID {
		return false, err
	}
	switch m.Kind {
	case chat.KindRemoval:
		return false, t.tx.TakeBack(x.Lane, x.Copy, true, t.talkRoom(c), t.now) // and every line that it left goes
	case chat.KindReaction:
		return true, errors.Join(t.toStaff(c, store.Post{Out: chat.Outgoing{Form: chat.FormReaction, Target: x.Event, Text: m.Text}}), t.save())
	}
	words := strings.TrimSpace(string(m.Text))
	if words == "" {
		return false, nil
	}
	if err := t.toStaff(c, store.Post{EditOf: x.Copy, Out: chat.Outgoing{Text: chat.Text(c.Name() + ": " + words)}}); err != nil {
		return true, err
	}
	if _, heard := t.Library.First(words); heard || !c.Human() || t.hidden() {
		return false, nil
	}
	return true, t.alarmed(words)
}

// leaveDesk parts a person who is being erased from their cases: staff are told,
// and what crossed is taken back.
func (t *turn) leaveDesk() error {
	t.bot.recent.drop(t.p.ID)
	if t.bot.Staff == nil {
		return nil
	}
	c, ok, err := t.caseNow()
	if err != nil {
		return err
	}
	lanes, err := t.tx.LeaveCases(t.p.ID)
	if err != nil {
		return err
	}
	for _, lane := range lanes {
		if err := t.tx.Withdraw(lane, time.UnixMilli(1), t.now); err != nil {
			return err
		}
		if ok && lane == c.Lane {
			text := t.staffText("staff_erased", map[string]string{"case": c.Name()})
			out := chat.Outgoing{To: t.room(), Team: true, Text: chat.Text(text)}
			if err := t.tx.Enqueue(lane, store.Post{Key: t.tx.Key("desk", int64(lane), t.cause, "erased"), Out: out}, t.now); err != nil {
				return err
			}
		}
		if err := t.tx.ClearTimer(lane, timerCase); err != nil {
			return err
		}
		if err := t.tx.SetTimer(lane, timerLeave, t.now.Add(leaveAtAll).UnixMilli(), dueAt(t.now, leaveLook)); err != nil {
			return err
		}
	}
	return nil
}
