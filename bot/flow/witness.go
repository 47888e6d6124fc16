package flow

import "fmt"

const (
	// flowWitness is the one question about safety behind a question that asks
	// what happened.
	flowWitness = "crisis.witness"
	flowDanger  = "crisis"
	// unkept stands for an answer that is not to be kept, so that the steps
	// behind it do not take it for skipped.
	unkept = "..."
)

// Witness tells whether the question that waits asks what happened and takes
// the text as its answer, and whether the one question about safety was asked
// since the flow began. A host that hears danger in the text has it kept with
// InWitness.
func (v Voice) Witness(s Session, text string) (takes, asked bool) {
	if len(s.Frames) == 0 || s.Wait == nil {
		return false, false
	}
	r := &run{lib: v.lib, tongue: v.own, in: &Input{Kind: InText, Text: text}, s: s, scope: v.lib.scope}
	_, n := r.waiting()
	if n == nil {
		return false, false
	}
	norm := hear(text)
	o, ok := n.op.(*askOp)
	if !ok || !o.witness || r.is(norm, "words_skip") || r.is(norm, "words_repeat") || r.isBack(norm) ||
		r.tongue.byPhrase(norm, (*speech).firsts) != nil || r.anywhere(norm) != nil {
		return false, false
	}
	_, _, takes = r.read(o, text)
	return takes, s.Frames[len(s.Frames)-1].Witnessed
}

// witness keeps the text as the answer to the question that waits, and begins
// the flow that the host names. What waits is parked behind its question.
func (r *run) witness() error {
	g := r.lib.flows[r.in.Flow]
	if g == nil {
		return fmt.Errorf("start %q: %w", r.in.Flow, ErrNoFlow)
	}
	var o *askOp
	if len(r.s.Frames) > 0 {
		if _, n := r.waiting(); n != nil {
			o, _ = n.op.(*askOp)
		}
	}
	var value any
	takes := false
	if o != nil && o.witness {
		value, _, takes = r.read(o, r.in.Text)
	}
	if !takes { // nothing here to be kept
		in := *r.in
		in.Kind = InInterrupt
		r.in, r.s.Past = &in, nil
		return r.begin(g)
	}
	if g.ID == flowWitness {
		r.s.Frames[len(r.s.Frames)-1].Witnessed = true
	}
	wait := *r.s.Wait
	r.store(o, value, "")
	if o.forget {
		value = unkept
	}
	r.s.Parked = &Parked{Frames: r.s.Frames, Wait: &wait, Answer: value, Past: r.parkPast(), Kept: true, About: r.in.About}
	return r.replace(g)
}

// goesOn takes up the talk whose answer was kept, behind its question.
func (r *run) goesOn(p *Parked) error {
	r.unpark(p)
	f, n := r.waiting()
	if n == nil {
		return r.moved(f)
	}
	r.s.Wait = nil
	return r.exec(f, n.next)
}

// about is the flow that a run leads to: from the one question about safety, the
// answer to the danger that was heard.
func (r *run) about(from, to *flow) *flow {
	if p := r.s.Parked; p != nil && p.Kept && from.ID == flowWitness && to.ID == flowDanger {
		if g := r.lib.flows[p.About]; g != nil {
			return g
		}
	}
	return to
}
