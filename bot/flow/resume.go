package flow

import (
	"fmt"
	"slices"
	"time"
)

// startFlow begins a flow that the host names.
func (r *run) startFlow(id string) error {
	f := r.lib.flows[id]
	if f == nil {
		return fmt.Errorf("start %q: %w", id, ErrNoFlow)
	}
	return r.begin(f)
}

// startQuietly begins a flow that nobody asked for at this moment. If it ends at
// once, what waited before goes on waiting as if nothing had come between: a
// question about it would be one more message out of the blue.
func (r *run) startQuietly(id string) error {
	before := r.s
	r.quietly = true
	if err := r.startFlow(id); err != nil {
		return err
	}
	if !r.ended || r.hushed || before.Idle() || slices.ContainsFunc(before.Frames, func(f Frame) bool { return f.Flow == id }) {
		return nil
	}
	r.ended = false
	r.s.Frames, r.s.Wait, r.s.Parked = before.Frames, before.Wait, before.Parked
	r.s.Answer, r.s.Echo = before.Answer, before.Echo
	r.s.Past, r.s.Asked, r.pastOwned = before.Past, before.Asked, false
	r.rearm()
	return nil
}

// rearm sets the timer of the step that waits on after something was said in
// between.
func (r *run) rearm() {
	if r.s.Wait == nil || len(r.s.Frames) == 0 {
		return
	}
	_, n := r.waiting()
	if n == nil {
		return
	}
	w := *r.s.Wait
	switch o := n.op.(type) {
	case *askOp:
		if !w.Nudged {
			r.wait = o.noReply
		}
	case *waitOp:
		r.wait = max(w.Until.Sub(r.in.Now), 1)
	case *paceOp:
		r.wait = max(w.Until.Sub(r.in.Now), 1)
		w.Data = map[string]any{"fresh": true} // the next cue is a new message below
		r.s.Wait = &w
	}
}

// begin starts f afresh. What waits is parked, unless it is f itself.
func (r *run) begin(f *flow) error {
	r.opened = r.in.Kind == InText
	if r.s.Parked != nil && r.s.Parked.Frames[0].Flow == f.ID {
		r.s.Parked = nil
	}
	if r.s.Wait != nil && r.s.Wait.Kind == waitResume { // this is the answer
		r.letGo()
	}
	if r.parkable(f) {
		r.s.Parked = &Parked{
			Frames: r.s.Frames, Wait: r.s.Wait, Answer: r.s.Answer, Echo: r.s.Echo,
			Past: r.parkPast(), Asked: r.s.Asked,
		}
	} else if r.atMenu() { // a phrase for a number: the menu can be gone back to
		r.mark(nil, f.ID)
	} else {
		r.closePast()
	}
	return r.replace(f)
}

// replace puts f in the place of the whole stack.
func (r *run) replace(f *flow) error {
	r.s.Frames = []Frame{f.frame()}
	r.s.Wait, r.s.Asked = nil, nil
	r.s.Answer, r.s.Echo = nil, ""
	return r.exec(f, f.first)
}

// parkable tells whether what waits now is worth coming back to after f.
func (r *run) parkable(f *flow) bool {
	if len(r.s.Frames) == 0 || r.s.Wait == nil || r.s.Wait.Kind == waitResume || r.s.Wait.Kind == waitWhich {
		return false
	}
	for _, fr := range r.s.Frames {
		if fr.Flow == f.ID {
			return false
		}
		if g := r.lib.known(fr); g == nil || g.noResume && !(g.afterAlarm && r.in.Kind == InInterrupt) {
			return false
		}
	}
	return !r.atMenu()
}

// atMenu tells whether a menu waits.
func (r *run) atMenu() bool {
	if len(r.s.Frames) == 0 || r.s.Wait == nil {
		return false
	}
	_, n := r.waiting()
	if n == nil {
		return false
	}
	_, menu := n.op.(*menuOp)
	return menu
}

// moved goes on in a script that changed under a running talk: at its safe
// step, or with the menu when the whole script is gone.
func (r *run) moved(f *flow) error {
	r.s.Wait = nil
	r.speak("moved", false)
	if f != nil {
		top := &r.s.Frames[len(r.s.Frames)-1]
		*top = f.frame()
		return r.exec(f, f.safe)
	}
	r.s.Frames = nil
	if menu := r.lib.flows[flowMenu]; menu != nil {
		return r.replace(menu)
	}
	r.finish()
	return nil
}

// finish is the end of the stack: a question about the talk that was
// interrupted, or nothing more to do.
func (r *run) finish() {
	r.s.Frames = nil
	r.s.Wait, r.s.Asked = nil, nil
	r.s.Answer, r.s.Echo = nil, ""
	r.closePast()
	if r.offersResume() {
		return
	}
	if p := r.s.Parked; p != nil && !p.Kept {
		r.s.Parked = nil
	}
	r.s.Lang = ""
	r.ended = true
}

// offeredAgain is how long a talk that has the person's words waits in silence
// after they were asked whether to go back to it, and answered something else.
const offeredAgain = 12 * time.Hour

func (r *run) offersResume() bool {
	p := r.s.Parked
	if p == nil || r.quietly || len(p.Frames) == 0 || p.Offers > 0 && r.in.Now.Sub(p.Offered) < offeredAgain {
		return false
	}
	f := r.lib.known(p.Frames[0])
	if f == nil {
		return false
	}
	text := r.sentence("resume", func(name string) string { return f.titleIn(r.tongue.lang) })
	r.say(Say{Text: text + "\n1 " + r.tongue.words.yesLabel + "\n2 " + r.tongue.words.noLabel, Ask: true})
	r.s.Wait = &Waiting{Kind: waitResume}
	c := *p
	c.Offers, c.Offered = p.Offers+1, r.in.Now.Round(0).UTC()
	r.s.Parked = &c
	return true
}

// mostOffers is how often a talk that has the person's words is offered before it
// is let go.
const mostOffers = 2

// letGo drops the interrupted talk after the question about it was answered with
// something else, so that nobody is asked twice. One that has words of the person
// stays for another day.
func (r *run) letGo() {
	if p := r.s.Parked; p != nil && (!p.Kept || p.Offers >= mostOffers) {
		r.s.Parked = nil
	}
}

// answerResume takes yes and no. Anything else lets the interrupted talk go and
// is handled as if nothing had waited.
func (r *run) answerResume(norm, raw string) (done bool, err error) {
	yes, no := r.agrees(norm, "words_yes"), r.agrees(norm, "words_no")
	n, isNumber := r.tongue.ordinal(r.tongue.core(norm))
	if !isNumber {
		n, _ = keycap(raw)
	}
	thumb := thumb(raw)
	p := r.s.Parked
	switch {
	case p == nil || len(p.Frames) == 0:
		r.s.Wait, r.s.Parked = nil, nil
		return false, nil
	case yes || r.isBack(norm) || n == 1 || thumb == signYes:
		if p.Kept {
			return true, r.goesOn(p)
		}
		r.unpark(p)
		return true, r.resume()
	case no || n == 2 || thumb == signNo:
		r.s.Parked = nil
		r.speak("resume_no", false)
		r.finish()
		return true, nil
	}
	if r.joins(norm) { // the question stands
		return true, r.addTo(len(r.s.Past) - 1)
	}
	r.letGo()
	r.s.Wait = nil
	return false, nil
}

// unpark puts the interrupted talk in the place of the one that runs.
func (r *run) unpark(p *Parked) {
	r.s.Frames = slices.Clone(p.Frames)
	r.s.Wait, r.s.Answer, r.s.Echo = p.Wait, p.Answer, p.Echo
	r.s.Past, r.s.Asked, r.pastOwned, r.varsOwned = p.Past, p.Asked, false, false
	r.s.Parked = nil
}

// resume takes up the step that waited when the talk was interrupted.
func (r *run) resume() error {
	f, n := r.waiting()
	if n == nil {
		return r.moved(f)
	}
	if o, ok := n.op.(*waitOp); ok {
		if left := r.s.Wait.Until.Sub(r.in.Now); left > 0 && left <= o.length {
			r.speak("pause_waiting", false)
			r.wait = left
			return nil
		}
		return r.exec(f, n.next)
	}
	return r.exec(f, n)
}
