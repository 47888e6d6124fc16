package desk

import (
	"slices"
	"time"
)

// Desk is the organization's own rules: who is on call, and how long each wait
// may be. It is read only after New.
type Desk struct {
	Rota     Rota
	Fallback StaffID // who is asked directly when nobody claims; may be empty
	Waits    Waits
}

// Waits are the deadlines of a case. A zero one is replaced by its default.
type Waits struct {
	Claim    time.Duration // for one of those on call to claim; 3 minutes
	Everyone time.Duration // for anybody to claim; 5 minutes
	Fallback time.Duration // for the one who is asked directly; 5 minutes
	Silent   time.Duration // for the holder to answer, once for a reminder and once more; 10 minutes
	Idle     time.Duration // for the person to answer, once for a question and once more; 30 minutes
}

// Default fills in what is zero.
func (w Waits) Default() Waits {
	for _, d := range []struct {
		to *time.Duration
		by time.Duration
	}{
		{&w.Claim, 3 * time.Minute},
		{&w.Everyone, 5 * time.Minute},
		{&w.Fallback, 5 * time.Minute},
		{&w.Silent, 10 * time.Minute},
		{&w.Idle, 30 * time.Minute},
	} {
		if *d.to <= 0 {
			*d.to = d.by
		}
	}
	return w
}

// Longest is how long a person may wait, at most, between asking and either an
// advocate or the honest word that nobody came, with n advocates on call.
func (d Desk) Longest(n int) time.Duration {
	w := d.Waits.Default()
	all := time.Duration(n)*w.Claim + w.Everyone
	if d.Fallback != "" {
		all += w.Fallback
	}
	return all
}

// Step tells a case of one event. It returns the changed case and what is to be
// done, and never fails: what cannot be done is a Refuse. away are those who
// said that they are not there, whatever the rota says.
func (d Desk) Step(c Case, e Event, away []StaffID, now time.Time) (Case, []Effect) {
	c.Asked, c.Guests = slices.Clone(c.Asked), slices.Clone(c.Guests)
	r := run{Desk: d, c: c, away: away, now: now}
	r.Waits = d.Waits.Default()
	switch e := e.(type) {
	case Request:
		r.request(e)
	case Claim:
		r.claim(e.By)
	case Take:
		r.take(e)
	case Release:
		r.release(e.By, "release")
	case Pass:
		r.pass(e)
	case Invite:
		r.invite(e)
	case Pause:
		r.pause(e.By)
	case Resume:
		r.resume(e.By)
	case Close:
		r.end(e)
	case Said:
		r.said(e.By)
	case Wrote:
		r.wrote()
	case Alarm:
		r.alarm(e)
	case Withdraw:
		r.withdraw()
	case Away:
		r.gone(e.By)
	case Due:
		r.due()
	default:
		panic("desk: an event of no known kind")
	}
	return r.c, r.out
}

// run is one Step in the making.
type run struct {
	Desk
	c    Case
	away []StaffID
	now  time.Time
	out  []Effect
}

func (r *run) do(e ...Effect) { r.out = append(r.out, e...) }

func (r *run) in(d time.Duration) { r.c.Deadline = r.now.Add(d) }

// held refuses what only the holder may do. It reports whether by is the holder.
func (r *run) held(by StaffID) bool {
	switch {
	case !r.c.Open():
		r.do(Refuse{Text: "staff_over", To: by})
	case r.c.State != Claimed:
		r.do(Refuse{Text: "staff_free", To: by})
	case r.c.Holder != by:
		r.do(Refuse{Text: "staff_held", To: by, With: r.c.Holder})
	default:
		return true
	}
	return false
}

func (r *run) request(e Request) {
	c := &r.c
	if c.Open() && !c.Since.IsZero() {
		r.again(e)
		return
	}
	*c = Case{
		ID: c.ID, State: Requested, Reason: e.Reason, Urgent: e.Urgent,
		Lang: e.Lang, Skill: e.Skill, Share: e.Share, Since: r.now,
	}
	r.do(Post{Text: "staff_new", Word: string(e.Reason)})
	if !r.offer() {
		r.nobody()
		return
	}
	r.do(Tell{Text: "desk_asked"})
}

// again is a person who asks while a case is open. They are told where it is;
// one that had come to nothing is offered anew.
func (r *run) again(e Request) {
	r.c.Urgent = r.c.Urgent || e.Urgent
	switch r.c.State {
	case Claimed:
		r.do(Tell{Text: "desk_with", By: r.c.Holder}, Post{Text: "staff_asks_again", To: []StaffID{r.c.Holder}})
	case Offered:
		r.do(Tell{Text: "desk_waiting"}, Post{Text: "staff_asks_again", To: r.c.Asked})
	case Requested, Returned:
		r.c.Rung, r.c.Asked, r.c.Share = RungTurn, nil, e.Share
		r.do(Post{Text: "staff_asks_again"})
		if r.offer() {
			r.do(Tell{Text: "desk_asked"})
			return
		}
		r.nobody()
	case Closed:
		panic("desk: a closed case is open")
	}
}

func (r *run) claim(by StaffID) {
	c := &r.c
	switch {
	case !c.Open():
		r.do(Refuse{Text: "staff_over", To: by})
		return
	case c.State == Claimed && c.Holder == by:
		r.do(Refuse{Text: "staff_yours", To: by})
		return
	case c.State == Claimed:
		r.do(Refuse{Text: "staff_held", To: by, With: c.Holder})
		return
	case !c.Saw(by) && c.State == Offered:
		// Nobody stands in the way of help: who is on the list may come early.
		c.Asked = append(c.Asked, by)
	}
	r.hold(by)
	r.do(Record{By: by, Action: "claim"}, Post{Text: "staff_claimed", By: by}, Reveal{Share: c.Share},
		Tell{Text: "desk_claimed", By: by})
}

// hold gives the case to one advocate, who is to write next.
func (r *run) hold(by StaffID) {
	c := &r.c
	c.State, c.Holder, c.Paused, c.Nudges, c.Waiting = Claimed, by, false, 0, true
	c.Guests = slices.DeleteFunc(c.Guests, func(s StaffID) bool { return s == by })
	r.in(r.Waits.Silent)
}

func (r *run) take(e Take) {
	c := &r.c
	if c.Open() && !c.Since.IsZero() {
		r.claim(e.By)
		return
	}
	*c = Case{ID: c.ID, State: Requested, Reason: Opened, Lang: e.Lang, Share: ShareNothing, Since: r.now}
	r.hold(e.By)
	r.do(Record{By: e.By, Action: "open"}, Post{Text: "staff_opened", By: e.By}, Tell{Text: "desk_opened", By: e.By})
}

// release puts a claimed case back on the ladder, without the one who gave it up.
func (r *run) release(by StaffID, action string) {
	if !r.held(by) {
		return
	}
	r.free(by)
	r.do(Record{By: by, Action: action}, Post{Text: "staff_released", By: by})
	if r.offer() {
		r.do(Tell{Text: "desk_again"})
		return
	}
	r.nobody()
}

// free takes the case from its holder. who is not the first to be asked again.
func (r *run) free(who StaffID) {
	c := &r.c
	c.State, c.Holder, c.Guests, c.Paused, c.Rung, c.Nudges = Requested, "", nil, false, RungTurn, 0
	c.Asked = []StaffID{who}
}

func (r *run) pass(e Pass) {
	if !r.held(e.By) {
		return
	}
	if e.To == "" {
		r.c.Lang = e.Lang
		r.free(e.By)
		r.do(Record{By: e.By, Action: "pass"}, Post{Text: "staff_passed_on", By: e.By, Word: e.Lang})
		if r.offer() {
			r.do(Tell{Text: "desk_again"})
			return
		}
		r.nobody()
		return
	}
	if e.To == e.By || !r.Rota.Member(e.To) {
		r.do(Refuse{Text: "staff_unknown", To: e.By})
		return
	}
	if slices.Contains(r.away, e.To) {
		r.do(Refuse{Text: "staff_absent", To: e.By, With: e.To})
		return
	}
	r.free(e.By)
	r.c.State, r.c.Asked = Offered, []StaffID{e.By, e.To}
	r.in(r.Waits.Claim)
	r.do(Record{By: e.By, Action: "pass", On: e.To}, Post{Text: "staff_passed", By: e.By, To: []StaffID{e.To}},
		Tell{Text: "desk_passed", By: e.To})
}

func (r *run) invite(e Invite) {
	if !r.held(e.By) {
		return
	}
	if e.Who == e.By || !r.Rota.Member(e.Who) {
		r.do(Refuse{Text: "staff_unknown", To: e.By})
		return
	}
	if slices.Contains(r.c.Guests, e.Who) {
		r.do(Refuse{Text: "staff_invited_already", To: e.By})
		return
	}
	if slices.Contains(r.away, e.Who) {
		r.do(Refuse{Text: "staff_absent", To: e.By, With: e.Who})
		return
	}
	r.c.Guests = append(r.c.Guests, e.Who)
	r.do(Record{By: e.By, Action: "invite", On: e.Who}, Post{Text: "staff_invited", By: e.By, To: []StaffID{e.Who}},
		Tell{Text: "desk_joined", By: e.Who})
}

func (r *run) pause(by StaffID) {
	if !r.held(by) {
		return
	}
	was := r.c.Paused
	r.c.Paused, r.c.Nudges = true, 0
	r.in(r.Waits.Idle)
	if was { // it goes on, and nothing changes for the person
		r.do(Refuse{Text: "staff_paused_already", To: by})
		return
	}
	r.do(Record{By: by, Action: "pause"}, Post{Text: "staff_paused", By: by}, Tell{Text: "desk_paused"})
}

func (r *run) resume(by StaffID) {
	if !r.held(by) {
		return
	}
	if !r.c.Paused {
		r.do(Refuse{Text: "staff_not_paused", To: by})
		return
	}
	r.c.Paused, r.c.Nudges = false, 0
	r.in(r.Waits.Silent)
	r.do(Record{By: by, Action: "resume"}, Post{Text: "staff_resumed", By: by}, Tell{Text: "desk_resumed", By: by})
}

func (r *run) end(e Close) {
	if r.c.State != Claimed && r.c.Open() {
		// A case that nobody has may be ended, too. The person still counts on it.
		r.over(e.Why)
		r.do(Record{By: e.By, Action: "close"}, Post{Text: "staff_closed", By: e.By, Word: e.Why},
			Tell{Text: "desk_request_over"}, Lines{})
		return
	}
	if !r.held(e.By) {
		return
	}
	r.over(e.Why)
	r.do(Record{By: e.By, Action: "close"}, Post{Text: "staff_closed", By: e.By, Word: e.Why},
		Tell{Text: "desk_closed"}, Survey{})
}

// over ends the case.
func (r *run) over(why string) {
	c := &r.c
	c.State, c.Holder, c.Guests, c.Paused, c.Waiting, c.Ended = Closed, "", nil, false, false, why
	c.Deadline = time.Time{}
}

func (r *run) said(by StaffID) {
	if !r.c.Open() {
		r.do(Refuse{Text: "staff_over", To: by})
		return
	}
	if !r.c.May(by) {
		if r.c.State == Claimed {
			r.do(Refuse{Text: "staff_held", To: by, With: r.c.Holder})
			return
		}
		r.do(Refuse{Text: "staff_free", To: by})
		return
	}
	if r.c.Paused { // the break is over: from now on the advocate reads again
		r.do(Record{By: by, Action: "resume"}, Post{Text: "staff_resumed", By: by}, Tell{Text: "desk_resumed", By: by})
	}
	r.c.Waiting, r.c.Nudges, r.c.Paused = false, 0, false
	r.in(r.Waits.Idle)
	r.do(Carry{To: ToPerson})
}

func (r *run) wrote() {
	if !r.c.Human() {
		return
	}
	if !r.c.Waiting {
		r.c.Waiting, r.c.Nudges = true, 0
		r.in(r.Waits.Silent)
	}
	r.do(Carry{To: ToStaff})
}

func (r *run) alarm(e Alarm) {
	if !r.c.Open() {
		return
	}
	r.c.Urgent = true
	r.do(Post{Text: "staff_alarm", To: r.c.concerned(), Word: e.Category})
}

func (r *run) withdraw() {
	if !r.c.Open() {
		return
	}
	to, told := r.c.concerned(), "desk_unasked" // before anybody came
	if r.c.State == Claimed {
		told = "desk_withdrawn"
	}
	r.over("withdrawn")
	r.do(Post{Text: "staff_withdrawn", To: to}, Tell{Text: told})
}

// gone is a member of staff who cannot go on: their case is offered again, and
// an invitation or an offer to them is void.
func (r *run) gone(by StaffID) {
	c := &r.c
	switch {
	case c.State == Claimed && c.Holder == by:
		r.release(by, "away")
	case c.State == Claimed && slices.Contains(c.Guests, by):
		c.Guests = slices.DeleteFunc(c.Guests, func(s StaffID) bool { return s == by })
		r.do(Tell{Text: "desk_left", By: by})
	case c.State == Offered && c.Rung == RungTurn && len(c.Asked) > 0 && c.Asked[len(c.Asked)-1] == by,
		c.State == Offered && c.Rung == RungFallback && by == r.Desk.Fallback:
		r.climb()
	}
}
