package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"handrail/bot/chart"
	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/flow"
	"handrail/bot/schedule"
	"handrail/bot/store"
)

// timerSession is the kind of the one timer that a session has.
const timerSession = "session"

// itemsShown bounds how many lines of a list are loaded for a step.
const itemsShown = 200

// turn is one input of one person inside one transaction.
type turn struct {
	*Content   // as it was when the turn began
	bot        *Bot
	tx         *store.Tx
	p          *store.Person
	now        time.Time
	cause      string    // what brought this turn about: event id, or schedule and due time
	source     string    // the message whose words these are, if it is not the cause: an edit's target
	target     string    // key of our message that this one points at
	sent       time.Time // when the network says it was sent; zero: not known
	unprompted bool
	notAfter   time.Time      // unprompted: too late to send after this
	due        time.Time      // of the timer or the occurrence that brought this turn about; zero: a message did
	spoke      string         // the language of the talk that this turn ended; "" the default
	work       *slowWork      // nil: nothing is put off
	changed    bool           // rows of the person were changed in this turn
	grave      bool           // the turn answers danger
	said       int            // messages queued in this turn; part of the send key
	posted     int            // the same for staff
	asking     bool           // the person asks for an advocate at this moment
	reading    []desk.StaffID // who reads the case that is being told of an event
	unasking   bool           // nothing is asked: the answer would go to an advocate
	mute       bool           // nothing is said: the person has left
}

// step runs the engine once and applies what it returns. On return the session
// and all rows are in the transaction.
func (t *turn) step(in flow.Input) error {
	p := t.p
	in.Now = t.now.In(t.bot.location(p))
	in.Seed = seed(p.ID, p.Session.Seq)
	in.Vars = p.Vars
	in.Lang = t.language()
	in.Prompted = t.prompted()
	in.ID = t.tx.Source(p.Row, t.from())
	in.Linked = p.Linked
	in.Desk = t.bot.Staff != nil
	t.oldRows()
	if err := t.point(&in); err != nil {
		return err
	}
	var failed error // of the store: it is not the scripts' fault
	in.Items = func(list string) ([]flow.Item, error) {
		items, err := t.tx.Items(p.ID, list, itemsShown)
		if err != nil {
			failed = err
		}
		return readable(t.voice(), items), err
	}
	in.Decoy = t.inDecoy()
	in.PromptedKind, _ = p.Vars[varPromptKind].(string)
	in.Agreed = func() string {
		agreed, err := t.agreed()
		if err != nil {
			failed = err
		}
		return agreed
	}
	in.DeskAsked = func() bool {
		c, found, err := t.caseNow()
		if err != nil {
			failed = err
		}
		return found && c.Open()
	}
	in.DeskAbout = func() string {
		about, err := t.deskAbout()
		if err != nil {
			failed = err
		}
		return about
	}
	next, effects, err := t.Library.Step(p.Session, in)
	if failed != nil {
		return failed
	}
	if err != nil {
		return &engineError{err}
	}
	effects, private := privately(effects)
	switch closed := private && t.locked(); {
	case in.Kind == flow.InRemoval && (closed || t.hidden() || t.p.Vars[varCrowd] == true):
		effects = speechless(effects)
	case closed:
		return t.gate(in)
	}
	t.spoke = p.Session.Lang
	t.grave = t.grave || grave(in.Flow) || grave(top(p.Session)) || grave(top(next))
	p.Session = next
	return t.apply(in, effects)
}

// speechless leaves out what would be seen.
func speechless(effects []flow.Effect) []flow.Effect {
	return slices.DeleteFunc(effects, func(e flow.Effect) bool {
		switch e.(type) {
		case flow.Say, flow.Lines, flow.Chart, flow.Export:
			return true
		}
		return false
	})
}

// oldRows reads what rows of an older program hold elsewhere.
func (t *turn) oldRows() {
	if key, ok := t.p.Vars[varAsk].(string); ok && len(t.p.Session.Asked) == 0 {
		t.p.Session.Asked = []string{key}
	}
	delete(t.p.Vars, varAsk)
}

// apply turns effects into rows. It is the one place that knows every effect.
func (t *turn) apply(in flow.Input, effects []flow.Effect) error {
	if forgetsAll(effects) {
		return t.erase(effects)
	}
	if where := leavesPlace(effects); where != "" {
		return t.leavePlace(where, effects)
	}
	p := t.p
	zone := p.Vars[varZone]
	var wait *flow.Wait
	if err := t.hide(effects); err != nil {
		return err
	}
	for _, e := range effects {
		var err error
		switch e := e.(type) {
		case flow.Say:
			err = t.say(e)
		case flow.Lines:
			err = t.lines(e.Need, e.UpTo)
		case flow.Wait:
			wait = &e
		case flow.Every:
			err = t.every(e)
		case flow.At:
			err = t.at(e)
		case flow.Cancel:
			err = t.cancel(e)
		case flow.Snooze:
			err = t.snooze(e)
		case flow.Quiet:
			err = t.quiet(e)
		case flow.Hide: // done before all else
		case flow.Chart:
			err = t.chart(e)
		case flow.HandOver:
			err = t.handOver(e)
		case flow.Export:
			err = t.exports(e)
		case flow.Forget:
			t.bot.scrub.Store(true)
			err = t.tx.DropList(p.ID, e.List)
		case flow.Set:
			t.set(e)
		case flow.Keep:
			err = t.tx.AddItemFrom(p.ID, p.Row, e.List, e.Text, t.from(), t.now)
		case flow.Record:
			err = t.record(e)
		case flow.Consent:
			err = t.renew(e)
		case flow.Secret:
			err = t.secret(e)
		case flow.Link:
			err = t.link(e)
		case flow.Drop:
			err = t.tx.DropItem(p.ID, e.ID)
		case flow.Rewrite:
			err = t.tx.ChangeItem(p.ID, e.List, e.ID, e.Text)
		case flow.Undo:
			err = t.tx.DropItemsOf(p.ID, e.IDs)
		case flow.End:
		default:
			panic(fmt.Sprintf("bot: effect %T", e))
		}
		if err != nil {
			return err
		}
		t.changed = t.changed || changes(e)
	}
	if t.said == 0 && (in.Kind == flow.InText || in.Kind == flow.InReaction || in.Kind == flow.InEdit) {
		return &engineError{fmt.Errorf("no reply to an input in flow state %q", top(p.Session))}
	}
	if zone != p.Vars[varZone] {
		if err := t.moveSchedules(); err != nil {
			return err
		}
	}
	if wait == nil {
		if err := t.tx.ClearTimer(p.ID, timerSession); err != nil {
			return err
		}
	} else if err := t.tx.SetTimer(p.ID, timerSession, p.Session.Seq, dueAt(t.now, wait.For)); err != nil {
		return err
	}
	return t.save()
}

// changes tells whether an effect writes other rows than the outbox and the
// person's own.
func changes(e flow.Effect) bool {
	switch e.(type) {
	case flow.Say, flow.Lines, flow.Chart, flow.Export, flow.Wait, flow.Set, flow.Hide, flow.End:
		return false
	}
	return true
}

// set puts a variable into the person's row.
func (t *turn) set(e flow.Set) {
	value := e.Value
	if days, ok := value.(string); ok && e.Name == setQuietDay { // what is over need not be read for ever
		value = schedule.LastingDays(days, t.now.In(t.bot.location(t.p)))
	}
	if value == nil {
		delete(t.p.Vars, e.Name)
	} else {
		t.p.Vars[e.Name] = value
	}
	if e.Name == setWatched && e.Value == true {
		t.p.Vars[varWatched] = float64(t.now.UnixMilli())
	}
}

// hide takes back what the effects ask for, before anything new is enqueued: so
// what this turn says stays.
func (t *turn) hide(effects []flow.Effect) error {
	for _, e := range effects {
		h, ok := e.(flow.Hide)
		if !ok {
			continue
		}
		var since time.Time
		if h.For > 0 {
			since = t.now.Add(-h.For)
		}
		if err := t.tx.Withdraw(t.p.ID, since, t.now); err != nil {
			return err
		}
		if h.For > 0 {
			if err := t.sweep(h.For); err != nil {
				return err
			}
		}
	}
	return nil
}

// dueAt is when a wait is over, in whole milliseconds as the store keeps them,
// and never before its time: a timer that came early would set itself again for
// the same moment, without end.
func dueAt(now time.Time, wait time.Duration) time.Time {
	return now.Add(wait + time.Millisecond - 1).Truncate(time.Millisecond)
}

// grave tells whether a flow is the answer to danger. What it says is sent again
// rather than not at all, whatever the policy for messages in doubt.
func grave(id string) bool {
	return id == flowCrisis || strings.HasPrefix(id, flowCrisis+".")
}

// top names the flow that runs, for an error; flow ids are not personal.
func top(s flow.Session) string {
	if len(s.Frames) == 0 { // idle, or a question of the engine's own waits
		return ""
	}
	return s.Frames[len(s.Frames)-1].Flow
}

func (t *turn) say(e flow.Say) error {
	if e.Ask && t.unasking {
		return nil
	}
	var editOf string
	if e.Edit {
		editOf = t.p.Anchor
	}
	key := t.key()
	if e.Anchor && editOf == "" {
		t.p.Anchor = key
	}
	if e.Ask {
		t.p.Session.Asked = flow.AddAsked(t.p.Session.Asked, key)
	}
	return t.enqueue(chat.Outgoing{Text: chat.Text(e.Text)}, editOf)
}

// lines adds the help lines for the person's country, open or closed now.
func (t *turn) lines(need string, upTo int) error {
	t.grave = true
	text := t.linesText(t.p, t.language(), need, t.now, upTo)
	if t.bot.Staff != nil && !t.hidden() { // the organization's own people are a help line, too
		c, ok, err := t.caseNow()
		if err != nil {
			return err
		}
		if !ok || !c.Open() {
			text += "\n\n" + t.voice().Text("desk_offer", nil)
		}
	}
	return t.enqueue(chat.Outgoing{Text: chat.Text(text)}, "")
}

func (t *turn) exports(e flow.Export) error {
	if e.Phrase != "" {
		return t.sealedExport(e)
	}
	files, err := t.export(e)
	for _, out := range files {
		err = errors.Join(err, t.enqueue(out, ""))
	}
	return err
}

// pictureName is the name of the file that a picture comes as. It says nothing.
const pictureName = "picture.png"

// chart sends a picture of the person's marks, or if it cannot be drawn what it
// would have shown, in words.
func (t *turn) chart(e flow.Chart) error {
	c := chart.Chart{Title: e.Title, Days: e.Days, Until: t.now.In(t.bot.location(t.p)), Low: e.Low, High: e.High, Day: schedule.ShortDate(t.voice().Tag())}
	for _, m := range e.Marks {
		c.Points = append(c.Points, chart.Point(m))
	}
	data, err := c.PNG()
	if err != nil {
		t.bot.log.Error("a chart cannot be drawn", "err", err)
		return t.enqueue(chat.Outgoing{Text: chat.Text(e.Alt)}, "")
	}
	return t.enqueue(chat.Outgoing{Form: chat.FormImage, Data: data, Name: pictureName, Alt: chat.Text(e.Alt)}, "")
}

// key is the send key of the turn's next message.
func (t *turn) key() string { return t.tx.Key("send", int64(t.p.ID), t.cause, t.said) }

func (t *turn) enqueue(out chat.Outgoing, editOf string) error {
	if out.To == (chat.Address{}) {
		out.To = t.p.Addr
	}
	key := t.key()
	t.said++
	if t.mute {
		return nil
	}
	if !t.grave {
		out.OnDoubt = t.bot.OnDoubt
	}
	return t.tx.Enqueue(t.p.Row, store.Post{Key: key, Out: out, EditOf: editOf, Unprompted: t.unprompted, NotAfter: t.notAfter, Due: t.due}, t.now)
}

// sentence answers with one of the fixed sentences and leaves the session as it is.
func (t *turn) sentence(key string) error {
	if err := t.enqueue(chat.Outgoing{Text: chat.Text(t.voice().Text(key, nil))}, ""); err != nil {
		return err
	}
	return t.save()
}

// tell is sentence among other effects: the turn goes on.
func (t *turn) tell(key string) error {
	return t.enqueue(chat.Outgoing{Text: chat.Text(t.voice().Text(key, nil))}, "")
}

// rescue answers with the fixed reply and help lines and puts the session back
// to its beginning. Schedules and variables stay. Where somebody else may be
// looking it says nothing of that, unless the person's words are a clear danger;
// a timer, which has no words, is then silent.
func (t *turn) rescue(words string) error {
	t.grave = true
	t.p.Session = flow.Session{Seq: t.p.Session.Seq + 1}
	if err := t.tx.ClearTimer(t.p.ID, timerSession); err != nil {
		return err
	}
	if err := t.tx.Note("rescued", t.p.ID, t.now); err != nil {
		return err
	}
	danger := t.clearDanger(words)
	switch {
	case t.inDecoy() && danger: // as the decoy has it
		if err := t.lines("emergency", 1); err != nil {
			return err
		}
		return t.save()
	case t.hidden() && !danger && words == "":
		return t.save()
	case t.hidden() && !danger: // no word of help
		return t.sentence("noted")
	}
	if err := t.enqueue(chat.Outgoing{Text: chat.Text(t.voice().Text("safe_reply", nil))}, ""); err != nil {
		return err
	}
	if err := t.lines("", 0); err != nil {
		return err
	}
	return t.save()
}

func (t *turn) quiet(e flow.Quiet) error {
	if e.Undo && e.For == 0 {
		t.undoQuiet()
		return nil
	}
	before := t.p.QuietUntil
	delete(t.p.Vars, varQuiet)
	switch {
	case e.Stop:
		t.p.QuietUntil = store.Forever
		return t.tx.DropUnprompted(t.p.ID)
	case e.For > 0:
		if until := t.now.Add(e.For); until.After(t.p.QuietUntil) { // never shorten a longer quiet
			t.p.QuietUntil = until
			if e.Undo {
				t.p.Vars[varQuiet] = quietBefore(before, t.now)
			}
		}
		return t.tx.DropUnprompted(t.p.ID)
	default:
		t.p.QuietUntil = time.Time{}
		return nil
	}
}
