package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handrail/bot/flow"
	"handrail/bot/schedule"
	"handrail/bot/store"
)

// What comes by itself, and what becomes of a run that was missed because the
// program was off, the network was away or the clock jumped. Of each schedule at
// most the newest missed run comes, and only while it is fresh; older ones are
// dropped. So an outage of any length leaves no pile.
//
//	kind      what                                fresh for         missed
//	checkin   asks how it is                      Config.FreshFor   the newest, if fresh
//	reasons   a line of the person's own          4 h               the newest, if fresh
//	week      a look back                         24 h              the newest, if fresh
//	date      once, by a date of the person's     24 h              comes, if fresh
//	note      from the organization               24 h              the newest, if fresh
//	(none)                                        Config.FreshFor   the newest, if fresh
//
// fresh_for in a script, or in the configuration, takes the place of the time
// above. On top of that, for all kinds:
//
//   - A run is named by its local date (schedule.Occurrence.Key), and a date that
//     came does not come again: not after the clock was set back, not in another
//     zone, not when the time was changed on the same day.
//   - At most one waits for the person: while something that came by itself is
//     not sent, or its question is open and not answered, others are put off.
//     After openFor the question is let go, and the next one takes its place.
//   - promptGap lies between two of them.
//   - Nothing comes in the middle of a talk, in the quiet hours (but for a time
//     that the person chose inside them), in a pause, or with others in the room.
//   - Outside the times that the person called safe, and on their quiet days,
//     nothing comes: it is dropped, and nothing is made up for.
//   - It begins with a line that is harmless alone, the person's own if they have
//     one; the rest comes after an answer (flow: greeting).
//   - What is put off keeps its own time, and is dropped when that is too old.
//   - A clock that jumps forward is an outage. One that jumps back repeats
//     nothing; what was set far ahead meanwhile is reckoned anew (recall).

const (
	// promptGap lies at least between two messages that nobody asked for.
	promptGap = time.Hour
	// openFor is how long an unanswered question holds others back.
	openFor = 3 * time.Hour
	// lookAgain is the pause before another look at what is still open.
	lookAgain = 5 * time.Minute
	// promptedFor is how long something that came may be put off by the person.
	promptedFor = 24 * time.Hour
	// nameSnooze is the schedule of what the person put off.
	nameSnooze = "snooze"
)

// Variables in which the host keeps what came by itself last.
const (
	varPrompted   = "_prompted"    // unix ms
	varPromptFlow = "_prompt_flow" // the flow
	varPromptKind = "_prompt_kind" // its kind
)

// freshFor is how late a schedule of a kind may start.
func (b *Bot) freshFor(kind string, own time.Duration) time.Duration {
	switch {
	case own > 0:
		return own
	case kind == "reasons":
		return 4 * time.Hour
	case kind == "week", kind == "date", kind == "note":
		return 24 * time.Hour
	}
	return b.FreshFor
}

// run is one occurrence that is to come now, or to be dropped.
type run struct {
	schedule store.Schedule // as it was before
	at       time.Time      // when it was due
	flow     string
	fresh    time.Duration
	drop     string // why it is left out, a kind of note; "": it comes
}

// fireSchedule starts what a schedule names, once per occurrence: the next
// occurrence is written in the same transaction, whether this one is sent or
// dropped.
func (b *Bot) fireSchedule(ctx context.Context, s store.Schedule, now time.Time) error {
	unlock, err := b.lockPerson(ctx, s.Person)
	if errors.Is(err, store.ErrNotFound) { // forgotten a moment ago
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	err = b.Store.Update(ctx, func(tx *store.Tx) error {
		t, r, err := b.claimSchedule(tx, s, now, "")
		if err != nil || t == nil {
			return err
		}
		return t.start(r)
	})
	if again(err) {
		b.log.Error("scheduled flow failed, skipping this occurrence", "err", err)
		err = b.Store.Update(ctx, func(tx *store.Tx) error {
			t, r, err := b.claimSchedule(tx, s, now, "schedule_failed")
			if err != nil || t == nil {
				return err
			}
			return t.start(r)
		})
	}
	if err != nil {
		return fmt.Errorf("fire a schedule: %w", err)
	}
	return nil
}

// claimSchedule moves a due schedule to its next occurrence and returns the one
// that was due; nil: there is none, or it was put off. drop leaves it out, for
// that reason.
func (b *Bot) claimSchedule(tx *store.Tx, s store.Schedule, now time.Time, drop string) (*turn, run, error) {
	p, err := tx.LoadPerson(s.Person)
	if errors.Is(err, store.ErrNotFound) {
		return nil, run{}, nil
	}
	if err = b.mended(tx, p, err); err != nil {
		return nil, run{}, err
	}
	s, err = tx.LoadSchedule(s.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (s.NextDue.After(now) || s.NextDue.IsZero()) {
		return nil, run{}, nil
	}
	if err != nil {
		return nil, run{}, err
	}
	t := &turn{Content: b.content.Load(), bot: b, tx: tx, p: p, now: now, unprompted: true}
	plan, err := t.planOf(s)
	if err != nil { // of another version of the program: it would fail for ever
		b.log.Error("a schedule cannot be read and is ended", "schedule", s.ID)
		return nil, run{}, errors.Join(tx.CancelSchedule(p.ID, s.Name), tx.Note("schedule_failed", p.ID, now))
	}
	want := t.want(s)
	o := occasion{Occurrence: schedule.Occurrence{At: s.NextDue, Key: s.NextKey}, flow: s.Flow}
	if !s.Asked.IsZero() { // it was put off: judge the occurrence that is meant
		o.At = s.Asked
	}
	if o.Key == "" { // of an older program
		o.Key = schedule.Today(o.At, want.Loc)
	}
	fresh := b.freshFor(s.Kind, s.FreshFor)
	if s.Organization { // the configuration says what comes then, if anything still does
		want.After = o.At.Add(-1)
		meant, ok := plan.find(want)
		if !ok || meant.At.After(now) {
			return nil, run{}, t.moveOn(plan, o, &run{schedule: s, drop: "skipped_changed"}, want)
		}
		if o = meant; o.fresh > 0 {
			fresh = o.fresh
		}
	}
	if !schedule.Fresh(o.At, now, fresh) {
		o = plan.newest(o, want, now.Add(-fresh-1), now)
	}
	r := run{schedule: s, at: o.At, flow: o.flow, fresh: fresh, drop: drop}
	if r.drop == "" {
		r.drop = t.refused(&r, o.Key, want, plan.plan.Once())
	}
	if r.drop == "" {
		until, err := t.holds(r)
		if err != nil {
			return nil, run{}, err
		}
		if !until.IsZero() && schedule.Fresh(o.At, until, fresh) {
			s.Asked, s.NextKey, s.NextDue = o.At, o.Key, until
			return nil, run{}, tx.PutSchedule(s)
		}
		if !until.IsZero() {
			r.drop = "skipped_busy"
		}
	}
	t.cause, t.due = fmt.Sprintf("schedule.%d.%d", s.ID, o.At.UnixMilli()), o.At
	return t, r, t.moveOn(plan, o, &r, want)
}

// moveOn writes the next occurrence, and of one that comes now that it did.
func (t *turn) moveOn(plan planner, o occasion, r *run, want schedule.Want) error {
	s := r.schedule
	s.LastDue, s.Asked = o.At, time.Time{}
	if r.drop == "" {
		s.Missed = t.unanswered(s)
		s.Began, s.Key = t.now, o.Key
		want.Last = o.Key
	}
	want.After = t.now
	next, ok := plan.find(want)
	rests := r.drop == "" && r.flow == s.StepDown && s.StepDown != s.Flow
	switch {
	case rests:
		s.NextDue, s.NextKey = time.Time{}, ""
	case ok:
		s.NextDue, s.NextKey = next.At, next.Key
	case s.Organization: // nothing is set up for this kind, for now
		s.NextDue, s.NextKey = time.Time{}, ""
	default:
		return t.tx.CancelSchedule(t.p.ID, s.Name)
	}
	return t.tx.PutSchedule(s)
}

// refused tells why an occurrence is left out, whatever else waits; "": it is
// not. Where enough went unanswered, it turns into the question whether to go on.
func (t *turn) refused(r *run, key string, want schedule.Want, once bool) string {
	s := r.schedule
	switch {
	case schedule.Came(key, want.Last):
		return "skipped_again"
	case !schedule.Fresh(r.at, t.now, r.fresh):
		return "skipped_late"
	case t.p.QuietUntil.After(t.now):
		return "skipped_quiet"
	case t.p.Vars[varCrowd] == true:
		return "skipped_crowd"
	case !t.safeNow(s.Flow):
		return "skipped_unsafe"
	case t.watched() && !t.inDecoy(), s.Organization && t.hidden():
		return "skipped_hidden"
	}
	if missed := t.unanswered(s); s.StepDown != "" && missed > 0 {
		days, ask := schedule.StepDown(t.gap(s), missed)
		if daysBetween(schedule.Today(s.Began, want.Loc), key) < days {
			return "skipped_pace"
		}
		if ask {
			r.flow = s.StepDown
		}
	}
	if t.lapsed(s, once) {
		r.flow = flowConsent
		if !t.Library.Has(flowConsent) {
			return "skipped_consent"
		}
	}
	if !t.Library.Has(r.flow) {
		return "skipped_no_flow"
	}
	return t.heldBack(r.flow)
}

// unanswered is how many in a row went unanswered, the last one included. Any
// word of the person since is an answer.
func (t *turn) unanswered(s store.Schedule) int {
	if s.Began.IsZero() || s.Began.After(t.now) || t.p.Seen.After(s.Began) {
		return 0
	}
	return s.Missed + 1
}

// daysBetween is how many dates lie between two keys; many where one of them is
// none.
func daysBetween(from, to string) int {
	const many = 1000
	if len(from) < len(time.DateOnly) || len(to) < len(time.DateOnly) {
		return many
	}
	a, err1 := time.Parse(time.DateOnly, from[:len(time.DateOnly)])
	b, err2 := time.Parse(time.DateOnly, to[:len(time.DateOnly)])
	if err1 != nil || err2 != nil {
		return many
	}
	return int(b.Sub(a).Hours() / 24)
}

// holds tells until when an occurrence has to wait; zero: it may come now.
func (t *turn) holds(r run) (time.Time, error) {
	p, now := t.p, t.now
	if until := p.Seen.Add(settle); until.After(now) && !p.Seen.After(now) && !p.Session.Idle() {
		return until, nil // the person is in the middle of something
	}
	if end := t.night(r); !end.IsZero() {
		return end, nil
	}
	if away, err := t.homeAway(); err != nil || away {
		return now.Add(lookAgain), err
	}
	if r.schedule.Name == nameSnooze { // asked for, for this moment
		return time.Time{}, nil
	}
	waits, err := t.tx.WaitsUnprompted(p.ID)
	if err != nil || waits {
		return now.Add(lookAgain), err
	}
	came := t.promptedAt()
	if came.IsZero() || came.After(now) {
		return time.Time{}, nil
	}
	if until := came.Add(promptGap); until.After(now) {
		return until, nil
	}
	if t.open(came) && now.Sub(came) < openFor {
		return now.Add(lookAgain), nil
	}
	return time.Time{}, nil
}

// open tells whether what came at that time asked something, and waits for the
// answer.
func (t *turn) open(came time.Time) bool {
	return !t.p.Session.Idle() && !t.p.Seen.After(came)
}

// night is when the quiet hours end that an occurrence has run into; zero: it
// has not, or the person chose a time inside them.
func (t *turn) night(r run) time.Time {
	loc, hours := t.bot.location(t.p), t.quietHours()
	end, night := hours.Until(t.now.In(loc))
	_, meant := hours.Until(r.at.In(loc))
	if !night || meant && !r.schedule.Organization {
		return time.Time{}
	}
	return end
}

// start begins a scheduled flow, or drops this occurrence with a count.
func (t *turn) start(r run) error {
	p := t.p
	if r.drop != "" {
		return t.tx.Note(r.drop, p.ID, t.now)
	}
	if human, err := t.withHuman(); err != nil || human { // nobody talks over an advocate
		return errors.Join(err, t.tx.Note("skipped_human", p.ID, t.now))
	}
	if came := t.promptedAt(); t.open(came) && !came.IsZero() { // at most one waits: the new one takes its place
		p.Session.Frames, p.Session.Wait, p.Session.Asked = nil, nil, nil
		p.Session.Answer, p.Session.Echo = nil, ""
	}
	if err := t.goHome(); err != nil {
		return err
	}
	before := [...]any{p.Vars[varPrompted], p.Vars[varPromptFlow], p.Vars[varPromptKind]}
	t.remember(r)
	t.notAfter = t.until(r)
	if err := t.step(flow.Input{Kind: flow.InStart, Flow: r.flow}); err != nil || t.said > 0 {
		return err
	}
	// It had nothing to say, so nothing came.
	for i, name := range [...]string{varPrompted, varPromptFlow, varPromptKind} {
		if p.Vars[name] = before[i]; before[i] == nil {
			delete(p.Vars, name)
		}
	}
	s, err := t.tx.LoadSchedule(r.schedule.ID)
	if err == nil && s.Began.Equal(t.now.Truncate(time.Millisecond)) {
		s.Began, s.Missed = r.schedule.Began, r.schedule.Missed
		err = t.tx.PutSchedule(s)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return t.save()
}
