package flow

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNoFlow is the error of Step for an input that starts a flow that the
// library does not have.
var ErrNoFlow = errors.New("no such flow")

// ErrSteps is the error of Step when one input ran through more than MaxSteps
// steps. Load refuses the scripts that it can see doing that.
var ErrSteps = errors.New("too many steps for one input")

// The kinds of Waiting.
const (
	waitAsk    = "ask"
	waitPause  = "pause"
	waitPace   = "pace"
	waitResume = "resume"
)

// The flows that answer when nothing else does, if the library has them.
const (
	flowWelcome = "welcome"
	flowMenu    = "menu"
)

// Step takes one input and returns the session after it and what the host has
// to do, in order. It never changes what it is given. On an error the session
// is returned as it was.
//
// An InText or InReaction yields at least one Say or Lines.
func (l *Library) Step(s Session, in Input) (Session, []Effect, error) {
	r := &run{lib: l, in: &in, s: s, out: make([]Effect, 0, 4)}
	r.s.Seq++
	r.s.Frames = append(make([]Frame, 0, len(s.Frames)+1), s.Frames...)
	var err error
	switch in.Kind {
	case InText:
		err = r.heardText()
	case InReaction:
		err = r.heardReaction()
	case InStart:
		err = r.startQuietly(in.Flow)
	case InInterrupt:
		err = r.startFlow(in.Flow)
	case InTimer:
		r.quietly = true
		err = r.timer()
	default:
		err = fmt.Errorf("unknown kind of input %d", in.Kind)
	}
	if err != nil {
		return s, nil, err
	}
	if (in.Kind == InText || in.Kind == InReaction) && !r.spoke {
		r.speakFirst("noted")
	}
	if r.wait > 0 {
		r.out = append(r.out, Wait{r.wait})
	}
	if r.ended {
		r.out = append(r.out, End{})
	}
	return r.s, r.out, nil
}

// run is the work on one input.
type run struct {
	lib *Library
	in  *Input
	s   Session
	out []Effect

	steps   int
	spoke   bool
	ended   bool
	quietly bool // nobody wrote: no question about an interrupted talk
	hushed  bool // all schedules ended, or quiet until asked: nothing goes on
	wait    time.Duration

	vars      map[string]any    // set by this input
	lists     map[string][]Item // lists as this input left them
	ownedLast bool              // s.Last is a copy
}

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
	if r.s.Parked != nil && r.s.Parked.Frames[0].Flow == f.ID {
		r.s.Parked = nil
	}
	if r.parkable(f) {
		r.s.Parked = &Parked{Frames: r.s.Frames, Wait: r.s.Wait, Answer: r.s.Answer, Echo: r.s.Echo}
	}
	return r.replace(f)
}

// replace puts f in the place of the whole stack.
func (r *run) replace(f *flow) error {
	r.s.Frames = []Frame{{Flow: f.ID, Rev: f.Rev}}
	r.s.Wait = nil
	r.s.Answer, r.s.Echo = nil, ""
	return r.exec(f, f.first)
}

// parkable tells whether what waits now is worth coming back to after f.
func (r *run) parkable(f *flow) bool {
	if len(r.s.Frames) == 0 || r.s.Wait == nil || r.s.Wait.Kind == waitResume {
		return false
	}
	for _, fr := range r.s.Frames {
		if fr.Flow == f.ID {
			return false
		}
		if g := r.lib.flows[fr.Flow]; g == nil || g.noResume {
			return false
		}
	}
	if _, n := r.waiting(); n != nil {
		if _, menu := n.op.(*menuOp); menu {
			return false
		}
	}
	return true
}

// heardText is the order in which a text is offered around.
func (r *run) heardText() error {
	l := r.lib
	norm := hear(r.in.Text)
	if f := l.first[norm]; f != nil {
		r.s.Parked = nil
		return r.replace(f)
	}
	if f := l.anywhere[norm]; f != nil {
		return r.begin(f)
	}
	if r.s.Wait != nil && r.s.Wait.Kind == waitResume {
		if done, err := r.answerResume(norm, r.in.Text); done {
			return err
		}
	}
	var n *node
	if len(r.s.Frames) > 0 {
		var f *flow
		if f, n = r.waiting(); n == nil {
			return r.moved(f)
		}
		if done, err := r.answer(f, n, norm); done {
			return err
		}
	}
	h, ok := l.start[norm], true
	if h == nil {
		var c heard
		if c, ok = l.contained(norm); !ok {
			c, ok = l.misspelt(norm)
		}
		h = c.flow
	}
	if ok && norm != "" {
		return r.begin(h)
	}
	if n != nil {
		return r.missed(n)
	}
	return r.catchAll()
}

// catchAll answers what nothing else took.
func (r *run) catchAll() error {
	id := flowMenu
	if welcomed, _ := r.value("welcomed").(bool); !welcomed {
		id = flowWelcome
	}
	for _, id := range []string{id, flowMenu} {
		if f := r.lib.flows[id]; f != nil {
			return r.replace(f)
		}
	}
	r.speak("not_understood", false)
	r.finish()
	return nil
}

func (r *run) heardReaction() error {
	if r.s.Wait != nil && r.s.Wait.Kind == waitResume {
		if _, ok := keycap(r.in.Text); ok || thumb(r.in.Text) != signNone {
			if done, err := r.answerResume("", r.in.Text); done {
				return err
			}
			r.finish()
		}
		return nil
	}
	if len(r.s.Frames) == 0 {
		r.finish()
		return nil
	}
	f, n := r.waiting()
	if n == nil {
		return r.moved(f)
	}
	return r.reaction(f, n)
}

// timer goes on after a pause, a cue or a silence.
func (r *run) timer() error {
	w := r.s.Wait
	if w == nil || w.Kind == waitResume || len(r.s.Frames) == 0 {
		return nil
	}
	f, n := r.waiting()
	if n == nil {
		return r.moved(f)
	}
	switch o := n.op.(type) {
	case *waitOp:
		if left := w.Until.Sub(r.in.Now); left > 0 {
			r.wait = left
			return nil
		}
		return r.exec(f, n.next)
	case *paceOp:
		if w.Round >= len(o.cues)*o.rounds {
			return r.exec(f, n.next)
		}
		r.cue(n, o, w.Round)
		return nil
	case *askOp:
		if o.noReply > 0 && !w.Nudged {
			c := *w
			c.Nudged = true
			r.s.Wait = &c
			return r.exec(f, o.noReplyFirst)
		}
	}
	return nil
}

// waiting finds the step that the session waits at. n is nil when the script
// is not the one that the session began on, or the session makes no sense;
// f is nil when the flow is gone.
func (r *run) waiting() (f *flow, n *node) {
	top := r.s.Frames[len(r.s.Frames)-1]
	f = r.lib.flows[top.Flow]
	if f == nil || f.Rev != top.Rev || r.s.Wait == nil {
		return f, nil
	}
	n = f.nodes[top.Step]
	if n == nil {
		return f, nil
	}
	kind := ""
	switch o := n.op.(type) {
	case *askOp, *menuOp:
		kind = waitAsk
	case *waitOp:
		kind = waitPause
	case *paceOp:
		kind = waitPace
		if r.s.Wait.Round < 0 || r.s.Wait.Round > len(o.cues)*o.rounds {
			return f, nil
		}
	}
	if kind != r.s.Wait.Kind {
		return f, nil
	}
	return f, n
}

// moved goes on in a script that changed under a running talk: at its safe
// step, or with the menu when the whole script is gone.
func (r *run) moved(f *flow) error {
	r.s.Wait = nil
	r.speak("moved", false)
	if f != nil {
		top := &r.s.Frames[len(r.s.Frames)-1]
		top.Rev = f.Rev
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
	r.s.Wait = nil
	if r.offersResume() {
		return
	}
	r.s.Parked = nil
	r.s.Answer, r.s.Echo = nil, ""
	r.ended = true
}

func (r *run) offersResume() bool {
	p := r.s.Parked
	if p == nil || r.quietly || len(p.Frames) == 0 {
		return false
	}
	f := r.lib.flows[p.Frames[0].Flow]
	if f == nil {
		return false
	}
	text := r.sentence("resume", func(name string) string { return f.Title })
	r.say(Say{Text: text + "\n1 " + r.lib.words.yesLabel + "\n2 " + r.lib.words.noLabel, Ask: true})
	r.s.Wait = &Waiting{Kind: waitResume}
	return true
}

// answerResume takes yes and no. Anything else drops the interrupted talk and
// is handled as if nothing had waited.
func (r *run) answerResume(norm, raw string) (done bool, err error) {
	yes, no := slices.Contains(r.lib.words.yes, norm), slices.Contains(r.lib.words.no, norm)
	n, isNumber := ordinal(norm)
	if !isNumber {
		n, _ = keycap(raw)
	}
	thumb := thumb(raw)
	p := r.s.Parked
	switch {
	case p == nil || len(p.Frames) == 0:
		r.s.Wait, r.s.Parked = nil, nil
		return false, nil
	case yes || n == 1 || thumb == signYes:
		r.s.Frames = slices.Clone(p.Frames)
		r.s.Wait, r.s.Answer, r.s.Echo = p.Wait, p.Answer, p.Echo
		r.s.Parked = nil
		return true, r.resume()
	case no || n == 2 || thumb == signNo:
		r.s.Parked = nil
		r.speak("resume_no", false)
		r.finish()
		return true, nil
	}
	r.s.Wait, r.s.Parked = nil, nil
	return false, nil
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
