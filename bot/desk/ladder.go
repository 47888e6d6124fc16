package desk

import (
	"slices"
	"time"
)

// offer tells the next one on call. It reports whether there is anybody who may
// still come.
func (r *run) offer() bool {
	on := r.Rota.For(r.now, r.c.Lang, r.c.Skill, r.away)
	if len(on) == 0 {
		// Nobody is on call: only one who waits already, or who is in danger,
		// is worth waking somebody.
		return (r.c.Urgent || len(r.c.Asked) > 0) && r.fallback()
	}
	for _, who := range on {
		if slices.Contains(r.c.Asked, who) {
			continue
		}
		r.c.State, r.c.Rung = Offered, RungTurn
		r.c.Asked = append(r.c.Asked, who)
		r.in(r.Waits.Claim)
		r.do(Post{Text: "staff_offer", To: []StaffID{who}})
		return true
	}
	return r.everyone()
}

// everyone asks all who are not away.
func (r *run) everyone() bool {
	all := r.Rota.Everyone(r.away)
	r.c.State, r.c.Rung, r.c.Asked = Offered, RungEveryone, all
	r.in(r.Waits.Everyone)
	r.do(Post{Text: "staff_everyone", To: all})
	return true
}

// fallback asks the one person who is asked directly.
func (r *run) fallback() bool {
	if r.Desk.Fallback == "" || slices.Contains(r.away, r.Desk.Fallback) {
		return false
	}
	r.c.State, r.c.Rung = Offered, RungFallback
	if !slices.Contains(r.c.Asked, r.Desk.Fallback) {
		r.c.Asked = append(r.c.Asked, r.Desk.Fallback)
	}
	r.in(r.Waits.Fallback)
	r.do(Direct{Text: "staff_fallback", To: r.Desk.Fallback})
	return true
}

// climb goes one rung up, because nobody claimed in time.
func (r *run) climb() {
	up := false
	switch r.c.Rung {
	case RungTurn:
		up = r.offer()
	case RungEveryone:
		up = r.fallback()
	case RungFallback, RungOver:
	}
	if !up {
		r.nobody()
		return
	}
	switch r.c.Rung {
	case RungEveryone:
		r.do(Tell{Text: "desk_still_asking"})
	case RungFallback:
		r.do(Tell{Text: "desk_asking_one"})
	}
}

// nobody says honestly that no advocate can come now, with the lines that are
// open, and gives the talk back to the bot. When the next shift begins the case
// is offered again.
func (r *run) nobody() {
	c := &r.c
	c.State, c.Rung, c.Holder, c.Paused = Returned, RungOver, "", false
	c.Asked, c.Guests = nil, nil
	from, ok := r.Rota.Next(r.now)
	tell := Tell{Text: "desk_nobody"}
	c.Deadline = from
	if ok {
		tell = Tell{Text: "desk_nobody_until", From: from}
	}
	r.do(Post{Text: "staff_nobody"}, tell, Lines{})
}

// due is the deadline that passed.
func (r *run) due() {
	c := &r.c
	if !c.Open() || c.Deadline.IsZero() || r.now.Before(c.Deadline) {
		return
	}
	switch {
	case c.State == Offered:
		r.climb()
	case c.State == Claimed && c.Paused:
		r.holderSilent("staff_still_paused", r.Waits.Idle)
	case c.State == Claimed && c.Waiting:
		r.holderSilent("staff_reminder", r.Waits.Silent)
	case c.State == Claimed:
		r.personSilent()
	default: // a shift begins
		c.Rung, c.Asked = RungTurn, nil
		if r.offer() {
			r.do(Tell{Text: "desk_asked_anew"})
			return
		}
		c.Deadline, _ = r.Rota.Next(r.now)
	}
}

// holderSilent reminds an advocate who does not answer, or whose break does not
// end, and then offers the case again.
func (r *run) holderSilent(reminder string, wait time.Duration) {
	c := &r.c
	if c.Nudges == 0 {
		c.Nudges++
		r.in(wait)
		r.do(Post{Text: reminder, To: []StaffID{c.Holder}})
		return
	}
	by := c.Holder
	r.free(by)
	r.do(Record{By: by, Action: "silent"}, Post{Text: "staff_taken_back", To: []StaffID{by}})
	if r.offer() {
		r.do(Tell{Text: "desk_again"})
		return
	}
	r.nobody()
}

// personSilent asks once whether the person is still there, and then ends the
// case gently.
func (r *run) personSilent() {
	c := &r.c
	if c.Nudges == 0 {
		c.Nudges++
		r.in(r.Waits.Idle)
		r.do(Tell{Text: "desk_still_there"}, Post{Text: "staff_asked_still_there"})
		return
	}
	by := c.Holder
	r.over("quiet")
	r.do(Record{By: by, Action: "quiet"}, Post{Text: "staff_quiet", To: []StaffID{by}}, Tell{Text: "desk_quiet"})
}
