package flow

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// exec runs steps from n in f, the innermost flow, until one waits or the stack
// is empty.
func (r *run) exec(f *flow, n *node) error {
	for {
		if n == nil {
			var over bool
			if f, n, over = r.pop(); over {
				return nil
			}
			continue
		}
		r.scope = f.scope
		r.private = r.private || f.private
		if r.steps++; r.steps > MaxSteps {
			return fmt.Errorf("flow %q: %w", f.ID, ErrSteps)
		}
		next, stop := r.one(f, n)
		switch o := n.op.(type) {
		case *callOp:
			r.s.Frames[len(r.s.Frames)-1].Step = n.path
			if len(r.s.Frames) > MaxCalls { // only in a session of older scripts: its outermost talk is let go
				r.s.Frames = r.s.Frames[1:]
			}
			f = r.lib.latest(o.target)
			n = f.first
			r.s.Frames = append(r.s.Frames, f.frame())
			continue
		case *runOp:
			f = r.about(f, o.target)
			if now := r.lib.flows[f.ID]; now != nil { // a talk that begins here begins on the scripts of today
				f = now
			}
			n = f.first
			r.s.Frames = append(r.s.Frames[:0], f.frame())
			continue
		}
		if stop {
			return nil
		}
		n = next
	}
}

// pop leaves the innermost flow and finds the step behind its call. A caller
// whose script nobody has any more goes on at its safe step.
func (r *run) pop() (f *flow, n *node, over bool) {
	left := ""
	if n := len(r.s.Frames); n > 0 {
		left, r.s.Frames = r.s.Frames[n-1].Flow, r.s.Frames[:n-1]
	}
	if len(r.s.Frames) == 0 {
		if p := r.s.Parked; p != nil && p.Kept && left == flowWitness {
			r.failed = errors.Join(r.failed, r.goesOn(p))
			return nil, nil, true
		}
		r.finish()
		return nil, nil, true
	}
	top := &r.s.Frames[len(r.s.Frames)-1]
	if f = r.lib.find(*top); f != nil {
		if n := f.nodes[top.Step]; n != nil {
			return f, n.next, false
		}
	}
	r.speak("moved", false)
	if f = r.lib.flows[top.Flow]; f != nil {
		*top = f.frame()
		return f, f.safe, false
	}
	if f = r.lib.flows[flowMenu]; f == nil {
		r.finish()
		return nil, nil, true
	}
	r.s.Frames = append(r.s.Frames[:0], f.frame())
	return f, f.first, false
}

// one does one step and tells which follows; stop means that the work on this
// input is over. Calls and runs change the stack and are left to exec.
func (r *run) one(f *flow, n *node) (next *node, stop bool) {
	switch o := n.op.(type) {
	case *sayOp:
		r.cite(o.text)
		r.say(Say{Text: r.text(o.text)})
	case *askOp:
		if done, err := r.answeredByOpening(f, n, o); done {
			r.failed = errors.Join(r.failed, err)
			return nil, true
		}
		r.cite(o.text)
		r.say(Say{Text: r.question(o), Ask: true})
		r.await(n, &Waiting{Kind: waitAsk})
		r.wait = o.noReply
		return nil, true
	case *menuOp:
		r.menu(n, o)
		return nil, true
	case *paceOp:
		r.await(n, nil)
		r.cue(n, o, 0)
		return nil, true
	case *waitOp:
		r.await(n, &Waiting{Kind: waitPause, Until: r.in.Now.Add(o.length).Round(0).UTC()})
		r.wait = o.length
		return nil, true
	case *rewaitOp:
		r.rewait(o)
		return nil, true
	case *ifOp:
		if o.cond.truth(r.value) {
			return o.yes, false
		}
		return o.not, false
	case *showOp:
		return r.showList(n, o), false
	case *atOp:
		return r.at(n, o), false
	case *gotoOp:
		return o.target, false
	case *endOp:
		return nil, false
	case *callOp, *runOp:
		return nil, false
	default:
		r.tell(n)
	}
	return n.next, false
}

// tell does the steps that only leave effects.
func (r *run) tell(n *node) {
	switch o := n.op.(type) {
	case *setOp:
		for i := range o.list {
			r.assign(&o.list[i])
		}
	case *keepOp:
		text := show(r.s.Answer, r.tongue.words.yesLabel, r.tongue.words.noLabel)
		if r.s.Echo != "" {
			text = r.s.Echo
		}
		if o.text != nil {
			text = r.text(o.text)
		}
		r.keep(o.list.name, text)
	case *dropOp:
		r.drop(o)
	case *everyOp:
		r.every(o)
	case *cancelOp:
		r.out = append(r.out, Cancel{o.name.name, o.kind})
		if o.name.name == "all" {
			r.s.Parked, r.hushed = nil, true
		}
	case *snoozeOp:
		r.snooze(o)
	case *quietOp:
		e := o.effect
		if o.forVar.name != "" {
			if e.For = r.spanOf(o.forVar.name); e.For == 0 {
				return // never said: it stays as it is
			}
		}
		r.out = append(r.out, e)
		if o.effect.Stop {
			r.s.Parked, r.hushed = nil, true
		}
	case *hideOp:
		r.out = append(r.out, o.effect)
	case *exportOp:
		r.export(o)
	case *chartOp:
		r.chart(o)
	case *recordOp:
		r.record(o)
	case *secretOp:
		r.secret(o)
	case *consentOp:
		r.out = append(r.out, Consent{o.do == "again"})
	case *linkOp:
		r.link(o)
	case *handOverOp:
		r.out = append(r.out, o.effect)
		r.spoke = true
	case *forgetOp:
		r.forgetNow(o)
	case *linesOp:
		r.out = append(r.out, o.effect)
		r.spoke = true
	default:
		panic(fmt.Sprintf("flow: step of unknown type %T", o))
	}
}

// await notes the step that the innermost flow waits at.
func (r *run) await(n *node, w *Waiting) {
	r.s.Frames[len(r.s.Frames)-1].Step = n.path
	r.s.Wait, r.s.Asked, r.asked = w, r.asked, nil
}

// rewait goes back to waiting for the answer after an aside.
func (r *run) rewait(o *rewaitOp) {
	ask := o.ask.op.(*askOp)
	w := &Waiting{Kind: waitAsk, Nudged: true}
	if old := r.s.Wait; old != nil && old.Kind == waitAsk && r.s.Frames[len(r.s.Frames)-1].Step == o.ask.path {
		*w = *old
		w.Nudged = w.Nudged || o.nudged
	}
	asked := r.s.Asked
	r.await(o.ask, w)
	r.s.Asked = asked
	if !w.Nudged {
		r.wait = ask.noReply
	}
	if !r.spoke && !o.nudged {
		r.say(Say{Text: r.missText(o.ask, w.Tries, false), Ask: true})
	}
}

// menu asks which flow to go to.
func (r *run) menu(n *node, o *menuOp) {
	var b strings.Builder
	b.WriteString(r.text(o.text))
	mode, _ := r.value("mode").(string)
	ids, lines := r.lib.menuFor(mode, r.tongue.lang)
	b.WriteString(lines)
	r.say(Say{Text: b.String(), Ask: true})
	r.await(n, &Waiting{Kind: waitAsk, Data: map[string]any{"menu": strings.Join(ids, " ")}})
}

// menuFor lists the flows of the menu in a mode: their ids and their numbered
// titles.
func (l *Library) menuFor(mode, lang string) (ids []string, lines string) {
	var titles []string
	for _, f := range l.menu {
		if !f.shownIn(mode) {
			continue
		}
		ids = append(ids, f.ID)
		titles = append(titles, f.titleIn(lang))
	}
	return ids, numbered(titles)
}

// shownIn tells whether the menu of a situation shows the flow. Where it is not
// known, it shows what is for any way of contact.
func (f *flow) shownIn(mode string) bool {
	if f.Modes == nil || mode != "" {
		return f.Modes == nil || slices.Contains(f.Modes, mode)
	}
	return slices.ContainsFunc(f.Modes, func(m string) bool { return slices.Contains(contactModes(), m) })
}

// cue gives the cue of that number, counted over all rounds. The first is a new
// message, and so is the one after the person wrote; the others edit it.
func (r *run) cue(n *node, o *paceOp, number int) {
	c := &o.cues[number%len(o.cues)]
	values := func(name string) string {
		switch name {
		case "phase":
			if c.phase != nil {
				return r.text(c.phase)
			}
			return r.sentence(c.key, nil)
		case "seconds":
			return fmt.Sprint(c.seconds)
		case "round":
			return fmt.Sprint(number/len(o.cues) + 1)
		default: // rounds
			return fmt.Sprint(o.rounds)
		}
	}
	text := r.sentence("pace_cue", values) + "\n" + r.sentence("pace_round", values)
	fresh := number == 0
	if w := r.s.Wait; w != nil && w.Data["fresh"] == true {
		fresh = true
	}
	r.say(Say{Text: text, Edit: !fresh, Anchor: fresh})
	r.wait = time.Duration(c.seconds) * time.Second
	r.s.Wait = &Waiting{Kind: waitPace, Round: number + 1, Until: r.in.Now.Add(r.wait).Round(0).UTC()}
}

// assign sets one variable.
func (r *run) assign(a *assignment) {
	v := a.value
	switch {
	case a.expr != nil:
		kind := r.scope.vars[a.name.name]
		v, _ = a.expr.eval(r.value)
		v = kind.coerce(v)
	case a.text != nil:
		v = r.text(a.text)
	}
	r.set(a.name.name, v)
}

// set stores a variable; put does so without a way back.
func (r *run) set(name string, v any) {
	if tag, ok := v.(string); ok && name == varLang { // what follows is said in it
		r.tongue, r.s.Lang = r.lib.in(tag), ""
	}
	r.note(name)
	r.put(name, v)
}

func (r *run) put(name string, v any) {
	if r.vars == nil {
		r.vars = map[string]any{}
	}
	r.vars[name] = v
	r.out = append(r.out, Set{name, v})
}

// every sets a schedule. A time that the person never gave sets none.
func (r *run) every(o *everyOp) {
	e := o.effect
	e.Days = slices.Clone(e.Days)
	if o.atVar.name != "" {
		var days string
		if days, e.Time = r.clockOf(o.atVar.name); days != "" {
			e.Days = dayList(days)
		}
	}
	if o.dayVar.name != "" {
		s, _ := r.value(o.dayVar.name).(string)
		if days := dayList(s); len(days) > 0 { // said for themselves, they win over those of the time
			e.Days = days
		}
	}
	if e.Organization {
		r.out = append(r.out, e)
		return
	}
	if e.Time == "" && e.Cron == "" {
		return
	}
	r.out = append(r.out, e)
}

func dayList(s string) []string {
	var out []string
	for d := range strings.SplitSeq(s, ",") {
		if d = strings.TrimSpace(d); d != "" {
			out = append(out, d)
		}
	}
	return out
}
