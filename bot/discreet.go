package bot

import (
	"time"

	"handrail/bot/flow"
	"handrail/bot/schedule"
)

// Variables of the scripts about what comes by itself. The line with which it
// begins, and the word that lets it go on, are read by the engine.
const (
	setLine     = "discreet_line"
	setLineWord = "discreet_word"
	setSafe     = "safe_times" // windows, as schedule.ReadSafe reads them
	setQuietDay = "quiet_days" // and days on which nothing comes
)

// awayFor is how long after the person's last message somebody else may read
// what a timer says.
const awayFor = 10 * time.Minute

// safe are the times at which the person may be written to unasked.
func (t *turn) safe() schedule.Safe {
	windows, _ := t.p.Vars[setSafe].(string)
	quiet, _ := t.p.Vars[setQuietDay].(string)
	return schedule.ReadSafe(windows, quiet)
}

// safeNow tells whether now is such a time. The decoy may speak at any.
func (t *turn) safeNow(id string) bool {
	return flow.InDecoy(id) || t.safe().On(t.now.In(t.bot.location(t.p)))
}

// outOfPlace tells whether what a timer would say now comes at a time that is not
// safe, and the person is not in the middle of the talk. The end of a consent has
// no words, and has to come: else its question would come again each time.
func (t *turn) outOfPlace() bool {
	id := top(t.p.Session)
	return t.now.Sub(t.p.Seen) > awayFor && id != flowConsent && !t.safeNow(id)
}

// leaveUnsaid ends a talk that would go on at a time that is not safe.
func (t *turn) leaveUnsaid() error {
	if err := t.endTalk(); err != nil {
		return err
	}
	if err := t.tx.Note("skipped_unsafe", t.p.ID, t.now); err != nil {
		return err
	}
	return t.save()
}

// until is when something that comes now is too late: when it is stale, or when
// the safe time ends.
func (t *turn) until(r run) time.Time {
	late := r.at.Add(r.fresh)
	if flow.InDecoy(r.flow) {
		return late
	}
	if end := t.safe().Until(t.now.In(t.bot.location(t.p))); end.Before(late) {
		return end
	}
	return late
}

// mendSafe takes out what nobody can read of the times that the person called
// safe, as of an older program, which would hold everything back for good. It
// does so when they are there and nothing else waits, and tells them.
func (t *turn) mendSafe() error {
	windows, _ := t.p.Vars[setSafe].(string)
	quiet, _ := t.p.Vars[setQuietDay].(string)
	if windows == "" && quiet == "" || !t.p.Session.Idle() || t.grave || t.hidden() {
		return nil
	}
	mended, days, changed := schedule.MendSafe(windows, quiet)
	if !changed {
		return nil
	}
	for name, value := range map[string]string{setSafe: mended, setQuietDay: days} {
		if t.p.Vars[name] = value; value == "" {
			delete(t.p.Vars, name)
		}
	}
	if err := t.tell("safe_unread"); err != nil {
		return err
	}
	return t.save()
}

// neverSafe says that a schedule lies outside the windows of every day.
func (t *turn) neverSafe(pl planner, w schedule.Want) error {
	const looks = 15 // two weeks of a daily one
	windows, _ := t.p.Vars[setSafe].(string)
	if windows == "" {
		return nil
	}
	safe := schedule.ReadSafe(windows, "")
	for range looks {
		o, ok := pl.find(w)
		if !ok {
			break
		}
		if safe.On(o.At.In(w.Loc)) {
			return nil
		}
		w.After, w.Last = o.At, o.Key
	}
	return t.tell("safe_never")
}

// greeted is the person's own word as the answer to the line with which
// something came: it opens what is private, and the talk goes on.
func (t *turn) greeted(words string) (done bool, err error) {
	if !t.locked() || !t.Library.Greets(t.p.Session) {
		return false, nil
	}
	ok, err := t.fits(t.p.Vars[varWord], secretForm(words))
	if err != nil || !ok {
		return false, err
	}
	t.bot.recent.forget(t.p.ID, t.cause)
	t.p.Vars[varOpen] = float64(t.now.UnixMilli())
	return true, t.step(flow.Input{Kind: flow.InText, Text: words, Opened: true})
}
