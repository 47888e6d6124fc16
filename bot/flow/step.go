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
	waitWhich  = "which"
)

// The flows that answer when nothing else does, if the library has them.
const (
	flowWelcome = "welcome"
	flowMenu    = "menu"
	flowMissed  = "human.missed" // begun where the scripts do not follow and people can
)

// Step takes one input and returns the session after it and what the host has
// to do, in order. It never changes what it is given. On an error the session
// is returned as it was.
//
// An InText or InReaction yields at least one Say or Lines.
func (l *Library) Step(s Session, in Input) (Session, []Effect, error) {
	if in.Decoy {
		l = l.within()
	}
	r := &run{lib: l, tongue: l.talk(s, in), in: &in, s: s, scope: l.scope, out: make([]Effect, 0, 4)}
	r.s.Seq++
	r.s.Frames = append(make([]Frame, 0, len(s.Frames)+1), s.Frames...)
	if p := s.Parked; p != nil && len(p.Frames) == 0 {
		r.s.Parked = nil
	}
	r.agePast()
	var err error
	switch in.Kind {
	case InText:
		err = r.heardText()
	case InReaction:
		err = r.heardReaction()
	case InEdit:
		err = r.edited()
	case InRemoval:
		err = r.removed()
	case InStart:
		err = r.startQuietly(in.Flow)
	case InInterrupt:
		r.s.Past = nil
		err = r.startFlow(in.Flow)
	case InWitness:
		err = r.witness()
	case InTimer:
		r.quietly = true
		err = r.timer()
	default:
		err = fmt.Errorf("unknown kind of input %d", in.Kind)
	}
	if r.failed != nil {
		err = r.failed
	}
	if err != nil {
		return s, nil, err
	}
	r.flushLead()
	r.forgetAnswer()
	if r.hushed {
		r.s.Past = nil
	}
	if r.forgot {
		r.forgetPast()
	}
	if (in.Kind == InText || in.Kind == InReaction || in.Kind == InEdit) && !r.spoke {
		r.speakFirst("noted")
	}
	if r.isPrivate() {
		r.out = slices.Insert(r.out, 0, Effect(Private{}))
	}
	if r.wait > 0 {
		r.out = append(r.out, Wait{r.wait})
	}
	if r.ended {
		r.out = append(r.out, End{})
	}
	return r.s, r.out, nil
}

// forgetAnswer takes the last answer out of the session, unless a step may still
// read it: what a person wrote is not kept longer than it is needed.
func (r *run) forgetAnswer() {
	if r.s.Answer == nil {
		return
	}
	if !r.forget && r.s.Wait != nil && len(r.s.Frames) > 0 {
		if _, n := r.waiting(); n == nil || n.needsAnswer {
			return
		}
	}
	r.s.Answer, r.s.Echo = nil, ""
}

// run is the work on one input.
type run struct {
	lib    *Library
	tongue *speech // the language of the talk
	in     *Input
	s      Session
	scope  *scope // of the flow that runs
	out    []Effect

	steps   int
	spoke   bool
	ended   bool
	quietly bool // nobody wrote: no question about an interrupted talk
	forget  bool // the answer is not to be stored
	forgot  bool // something of the person was erased
	erased  bool // everything was
	private bool // something private was done or shown
	seen    bool // a list that is private was shown
	// declined: a greeting was answered, and not with its first choice
	declined bool
	hushed   bool // all schedules ended, or quiet until asked: nothing goes on
	wait     time.Duration
	ahead    string // stands before the next message
	opened   bool   // this text opened a flow, and no question has tried it yet

	asked    []string // keys of the question that is said once more
	original string   // the text of the input, if part of it was taken off

	pastOwned bool // s.Past is a copy
	varsOwned bool // and so is what its last point holds

	vars      map[string]any    // set by this input
	lists     map[string][]Item // lists as this input left them
	owned     map[string]bool   // those of lists that are copies
	failed    error             // a list could not be read
	ownedLast bool              // s.Last is a copy
}

// heardText is the order in which a text is offered around.
func (r *run) heardText() error {
	norm := hear(r.in.Text)
	if f := r.detect(norm); f != nil {
		return r.begin(f)
	}
	if f := r.tongue.byPhrase(norm, (*speech).firsts); f != nil {
		r.s.Parked, r.s.Past = nil, nil
		return r.replace(f)
	}
	if f := r.anywhere(norm); f != nil && !r.veiled(f) {
		return r.begin(f)
	}
	if done, err := r.unveil(norm); done {
		return err
	}
	if !r.in.Danger { // danger is for the question that waits
		if done, err := r.tapped(norm); done {
			return err
		}
		if done, err := r.replied(norm); done {
			return err
		}
	}
	var f *flow
	var n *node
	if len(r.s.Frames) > 0 {
		if f, n = r.waiting(); n == nil {
			return r.moved(f)
		}
	}
	original := r.in.Text
	rest, done, err := r.meant(n, norm)
	if done || err != nil {
		return err
	}
	if rest != norm {
		r.original, norm = original, rest
		if f := r.anywhere(norm); f != nil {
			return r.begin(f)
		}
	}
	if done, err := r.answerOffer(norm); done {
		return err
	}
	if n != nil {
		if done, err := r.answer(f, n, norm); done {
			return err
		}
	}
	if n == nil && r.isBack(norm) && r.lastPoint() >= 0 {
		return r.back()
	}
	h := r.tongue.byPhrase(norm, (*speech).starts)
	if h == nil && n == nil && r.welcomed() {
		h = r.tongue.byPhrase(norm, (*speech).idles)
	}
	if h != nil && !r.askedAgain(n, h) {
		return r.begin(h)
	}
	if h := r.heardAs(n, norm); h != nil {
		return r.begin(h)
	}
	if done, err := r.heardFreely(n, norm); done {
		return err
	}
	if r.joins(norm) {
		return r.addTo(len(r.s.Past) - 1)
	}
	if n != nil {
		return r.missed(n)
	}
	return r.catchAll()
}

// is tells whether a normal text stands in one of the engine's word lists.
func (r *run) is(norm, list string) bool { return r.tongue.means(norm) == list }

// anywhere finds the flow of a phrase that is heard at any moment. A phrase of
// another language leaves room for a choice of the question that waits.
func (r *run) anywhere(norm string) *flow {
	if f := r.tongue.anywhere[norm]; f != nil {
		return f
	}
	f := r.tongue.byPhrase(norm, (*speech).anywheres)
	if f == nil {
		return nil
	}
	if _, _, o := r.asking(); o != nil && len(o.options) > 0 && o.exact(r.tongue, norm, r.in.Text) >= 0 {
		return nil
	}
	return f
}

// catchAll answers what nothing else took.
func (r *run) catchAll() error {
	id := flowMenu
	if !r.welcomed() {
		id = flowWelcome
	}
	if f := r.lib.flows[id]; f != nil {
		return r.replace(f)
	}
	r.speak("not_understood", false)
	r.finish()
	return nil
}

// free tells whether any word may be an answer to the question at n: then one
// that merely looks like a phrase is none.
func free(n *node) bool {
	if n == nil {
		return false
	}
	o, ok := n.op.(*askOp)
	return ok && o.kind >= askText
}

// welcomed tells whether the first things have been said, if there are any.
func (r *run) welcomed() bool {
	done, _ := r.value("welcomed").(bool)
	return done || r.lib.flows[flowWelcome] == nil
}

func (r *run) heardReaction() error {
	if t := r.in.Target; t != "" && !slices.Contains(r.s.Asked, t) {
		if _, n := r.veil(); n != nil || !r.lib.Heeds(r.s, *r.in) {
			return r.aside("noted")
		}
		if done, err := r.replied(""); done {
			return err
		}
		if !slices.Contains(r.s.Asked, t) { // else that question waits again now
			return r.aside("noted")
		}
	}
	if w := r.s.Wait; w != nil && (w.Kind == waitResume || w.Kind == waitWhich) {
		if _, ok := keycap(r.in.Text); ok || thumb(r.in.Text) != signNone {
			if done, err := r.answerOffer(""); done {
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
	if len(r.s.Frames) == 0 || w != nil && (w.Kind == waitResume || w.Kind == waitWhich) {
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
// that the session began on is not known any more, or the session makes no
// sense; f is then the script as it is now, or nil when it is gone.
func (r *run) waiting() (f *flow, n *node) {
	top := r.s.Frames[len(r.s.Frames)-1]
	now := r.lib.flows[top.Flow]
	f = r.lib.find(top)
	if f == nil || r.s.Wait == nil {
		return now, nil
	}
	n = f.nodes[top.Step]
	if n == nil {
		return now, nil
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
			return now, nil
		}
	}
	if kind != r.s.Wait.Kind {
		return now, nil
	}
	r.scope = f.scope
	return f, n
}

// asking finds the question that waits, a menu is none; o is nil where none does.
func (r *run) asking() (f *flow, n *node, o *askOp) {
	if len(r.s.Frames) == 0 || r.s.Wait == nil {
		return nil, nil, nil
	}
	if f, n = r.waiting(); n != nil {
		o, _ = n.op.(*askOp)
	}
	return f, n, o
}
