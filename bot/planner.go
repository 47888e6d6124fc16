package bot

import (
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"handrail/bot/flow"
	"handrail/bot/schedule"
	"handrail/bot/store"
)

// Broadcast is something that the organization sends to everybody who opted in
// to its kind, each in their own zone.
type Broadcast struct {
	Name string // for the operator
	Kind string // one of flow.Kinds
	Flow string
	Plan schedule.Plan
	// FreshFor is how late it may come; zero: as its kind has it.
	FreshFor time.Duration
}

// planner finds the occurrences of a schedule: of its own plan, or of what the
// organization has set up for its kind.
type planner struct {
	plan schedule.Plan
	flow string
	all  []Broadcast
}

// occasion is an occurrence and what comes then.
type occasion struct {
	schedule.Occurrence
	flow  string
	fresh time.Duration // 0: as the schedule has it
}

// planOf reads what a schedule says about its times.
func (t *turn) planOf(s store.Schedule) (planner, error) {
	if !s.Organization {
		plan, err := schedule.ReadPlan(s.Cron)
		return planner{plan: plan, flow: s.Flow}, err
	}
	var pl planner
	for _, b := range t.bot.Broadcasts {
		if b.Kind == s.Kind {
			pl.all = append(pl.all, b)
		}
	}
	return pl, nil
}

// find is Plan.Find. Of what the organization sends, the first one comes, and of
// one kind no more than one a date.
func (pl planner) find(w schedule.Want) (first occasion, found bool) {
	if pl.all == nil {
		o, ok := pl.plan.Find(w)
		return occasion{Occurrence: o, flow: pl.flow}, ok
	}
	seed := w.Seed
	for i, b := range pl.all {
		w.Seed = seed + uint64(i)
		o, ok := b.Plan.Find(w)
		if ok && len(o.Key) > len(time.DateOnly) {
			o.Key = o.Key[:len(time.DateOnly)]
		}
		if ok && (!found || o.At.Before(first.At)) {
			first, found = occasion{o, b.Flow, b.FreshFor}, true
		}
	}
	return first, found
}

// newest is the last occurrence after from, up to now; where there is none, o
// itself.
func (pl planner) newest(o occasion, w schedule.Want, from, now time.Time) occasion {
	const most = 200 // more than there are hours in the longest freshness
	w.After = from
	for range most {
		next, ok := pl.find(w)
		if !ok || next.At.After(now) {
			break
		}
		o, w.After = next, next.At
	}
	return o
}

// want is what is looked for on behalf of a schedule. The minute inside a window
// hangs on the person, the name and the date alone. A key that lies further
// ahead than any zone was written under a clock that was wrong: it is forgotten,
// or nothing would come until then.
func (t *turn) want(s store.Schedule) schedule.Want {
	h := fnv.New64a()
	if t.bot.Minutes != 0 {
		fmt.Fprintf(h, "%d.%d.%s", t.bot.Minutes, t.p.ID, s.Name)
	} else {
		h.Write([]byte(t.tx.Key("minute", int64(t.p.ID), s.Name)))
	}
	w := schedule.Want{After: t.now, Loc: t.bot.location(t.p), Seed: h.Sum64(), Last: s.Key}
	if w.Last > schedule.Today(t.now.Add(48*time.Hour), w.Loc) {
		w.Last = ""
	}
	return w
}

// gap is the fewest days between two occurrences of a schedule.
func (t *turn) gap(s store.Schedule) int {
	plan, err := schedule.ReadPlan(s.Cron)
	if err != nil {
		return 1
	}
	return plan.Gap()
}

// every sets a repeating schedule. What came today under the same name does not
// come today again, and what went unanswered before counts no more.
func (t *turn) every(e flow.Every) error {
	s := store.Schedule{
		Person: t.p.ID, Name: e.Name, Flow: e.Flow, FreshFor: e.FreshFor,
		Kind: e.Kind, StepDown: e.StepDown, Organization: e.Organization,
	}
	if err := t.heed(&s); err != nil {
		return err
	}
	w := t.want(s)
	if !e.Organization {
		plan, err := planOf(e)
		if err != nil { // the scripts were checked: only a value that a person's variable held can get here
			return &engineError{fmt.Errorf("schedule %s: %w", e.Name, err)}
		}
		s.Cron = plan.Anchored(w).String()
	}
	pl, err := t.planOf(s)
	if err != nil {
		return &engineError{fmt.Errorf("schedule %s: %w", e.Name, err)}
	}
	next, ok := pl.find(w)
	if !ok && !e.Organization {
		return &engineError{fmt.Errorf("schedule %s never comes", e.Name)}
	}
	s.NextDue, s.NextKey = next.At, next.Key
	if err := t.neverSafe(pl, w); err != nil {
		return err
	}
	t.consent(e.Kind, e.Flow)
	return t.tx.PutSchedule(s)
}

// heed takes over from a schedule of the same name what must not be forgotten:
// what came last.
func (t *turn) heed(s *store.Schedule) error {
	old, err := t.tx.FindSchedule(s.Person, s.Name)
	if err == nil {
		s.Key, s.LastDue = old.Key, old.LastDue
	}
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) {
		return nil
	}
	return err
}

// at sets one start. A moment that is over, by the width of a repeated hour
// that the engine could not see, sets none.
func (t *turn) at(e flow.At) error {
	plan, err := schedule.Once(e.Date, e.Time)
	if err != nil {
		return &engineError{fmt.Errorf("schedule %s: %w", e.Name, err)}
	}
	s := store.Schedule{Person: t.p.ID, Name: e.Name, Flow: e.Flow, Kind: e.Kind, Cron: plan.String(), FreshFor: e.FreshFor}
	next, ok := plan.Find(t.want(s))
	if !ok {
		return t.tx.Note("date_over", t.p.ID, t.now)
	}
	s.NextDue, s.NextKey = next.At, next.Key
	t.consent(e.Kind, e.Flow)
	return t.tx.PutSchedule(s)
}

func planOf(e flow.Every) (schedule.Plan, error) {
	if e.Cron != "" {
		return schedule.Cron(e.Cron)
	}
	return schedule.Daily(e.Time, e.Days)
}

// cancel ends a schedule, all of a kind, or all.
func (t *turn) cancel(e flow.Cancel) error {
	if e.Kind == "" {
		if err := t.tx.CancelSchedule(t.p.ID, e.Name); err != nil {
			return err
		}
		return t.withdrawn()
	}
	all, err := t.tx.Schedules(t.p.ID)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Kind == e.Kind {
			if err := t.tx.CancelSchedule(t.p.ID, s.Name); err != nil {
				return err
			}
		}
	}
	return t.withdrawn()
}

// snooze lets what came last come again after a while. The engine has asked
// whether something came.
func (t *turn) snooze(e flow.Snooze) error {
	if !t.prompted() {
		return nil
	}
	plan := schedule.Moment(t.now.Add(e.For + time.Second - 1)) // never before its time
	s := store.Schedule{Person: t.p.ID, Name: nameSnooze, Cron: plan.String()}
	s.Flow, _ = t.p.Vars[varPromptFlow].(string)
	s.Kind, _ = t.p.Vars[varPromptKind].(string)
	next, ok := plan.Find(t.want(s))
	if !ok {
		return &engineError{errors.New("what is put off never comes")}
	}
	s.NextDue, s.NextKey = next.At, next.Key
	return t.tx.PutSchedule(s)
}

// remember keeps that something comes by itself now.
func (t *turn) remember(r run) {
	t.p.Vars[varPrompted] = float64(t.now.UnixMilli())
	t.p.Vars[varPromptFlow] = r.flow
	t.p.Vars[varPromptKind] = r.schedule.Kind
}

// promptedAt is when something came by itself last; zero: it is not known.
func (t *turn) promptedAt() time.Time {
	ms, ok := t.p.Vars[varPrompted].(float64)
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms))
}

// prompted tells whether something came by itself that can be put off.
func (t *turn) prompted() bool {
	came := t.promptedAt()
	id, _ := t.p.Vars[varPromptFlow].(string)
	return !came.IsZero() && !came.After(t.now) && t.now.Sub(came) < promptedFor && t.Library.Has(id)
}

// moveSchedules computes every next time anew after the zone changed. What rests
// goes on resting.
func (t *turn) moveSchedules() error {
	all, err := t.tx.Schedules(t.p.ID)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.NextDue.IsZero() && !s.Organization {
			continue
		}
		plan, err := t.planOf(s)
		if err != nil { // it is ended when it is due
			continue
		}
		next, ok := plan.find(t.want(s))
		if !ok { // once, and over where the person is now: it comes when it would have come
			continue
		}
		s.NextDue, s.NextKey, s.Asked = next.At, next.Key, time.Time{}
		if err := t.tx.PutSchedule(s); err != nil {
			return err
		}
	}
	return nil
}
