package flow

import (
	"maps"
	"reflect"
	"slices"
	"time"
)

// Point is one answer that was given and the state before it, so that it can
// be taken back. It holds no words of the person but what variables held. What
// it does not bring back: schedules, a quiet, and lines that were dropped.
type Point struct {
	Frames []Frame `json:"frames,omitempty"` // the talk before the answer; only its flow when Over
	Menu   string  `json:"menu,omitempty"`   // the flows that it showed, if a menu asked
	Answer any     `json:"answer,omitempty"` // what Session.Answer was then
	Echo   string  `json:"echo,omitempty"`
	// Vars are the values of the variables that this answer, and what ran after
	// it, changed, from before; nil: was not set.
	Vars map[string]any `json:"vars,omitempty"`
	// IDs are those of the inputs since, the answer's own first, as far as
	// they may have kept lines.
	IDs   []string  `json:"ids,omitempty"`
	Asked []string  `json:"asked,omitempty"` // what Session.Asked was then
	At    time.Time `json:"at,omitzero"`
	Sum   uint64    `json:"sum,omitempty"`   // mark of the answer; 0: nothing of it may be kept
	Words bool      `json:"words,omitempty"` // the answer was a text of the person's own
	Over  bool      `json:"over,omitempty"`  // the talk that it belongs to has ended
	Told  time.Time `json:"told,omitzero"`   // when it was said that the answer came twice
}

// whole tells whether there is enough left of a point to go back to it.
func (p *Point) whole() bool { return len(p.IDs) > 0 }

// ownPast makes the history this run's own, before anything in it is changed.
func (r *run) ownPast() {
	if !r.pastOwned {
		r.pastOwned = true
		r.s.Past = slices.Clone(r.s.Past)
	}
}

// mark remembers the question that waits, just before its answer is taken; o is
// nil for a menu.
func (r *run) mark(o *askOp, value any) {
	r.ownPast()
	p := Point{
		Frames: slices.Clone(r.s.Frames), Answer: r.s.Answer, Echo: r.s.Echo,
		IDs: []string{r.in.ID}, Asked: r.s.Asked, At: r.in.Now.Round(0).UTC(),
	}
	p.Menu, _ = r.s.Wait.Data["menu"].(string)
	if o == nil || !o.forget {
		p.Sum = sum(value, r.in.ID)
	}
	p.Words = o != nil && o.kind == askText && value != ""
	if over := len(r.s.Past) - MaxPast + 1; over > 0 {
		r.s.Past = r.s.Past[over:]
	}
	r.s.Past = append(r.s.Past, p)
	r.varsOwned = true
}

// newest is the point of the last answer of the talk that is open, ready to be
// changed; nil if there is none.
func (r *run) newest() *Point {
	n := len(r.s.Past)
	if n == 0 || r.s.Past[n-1].Over {
		return nil
	}
	r.ownPast()
	p := &r.s.Past[n-1]
	if !r.varsOwned {
		r.varsOwned = true
		p.Vars, p.IDs = maps.Clone(p.Vars), slices.Clone(p.IDs)
	}
	return p
}

// note keeps what a variable was before it changes for the first time since
// the last answer.
func (r *run) note(name string) {
	p := r.newest()
	if p == nil {
		return
	}
	if _, has := p.Vars[name]; has {
		return
	}
	if p.Vars == nil {
		p.Vars = map[string]any{}
	}
	p.Vars[name], _ = r.stored(name)
	r.slim()
}

// noteLine keeps that this input left a line.
func (r *run) noteLine() {
	if i, _ := from(r.s.Past, r.in.ID); i >= 0 || r.in.ID == "" {
		return
	}
	p := r.newest()
	if p == nil || len(p.IDs) >= MaxPast {
		return
	}
	p.IDs = append(p.IDs, r.in.ID)
}

// slim lets go of the oldest points while all together hold too much.
func (r *run) slim() {
	size := func() (n int) {
		for _, p := range r.s.Past {
			for name, v := range p.Vars {
				s, _ := v.(string)
				n += len(name) + len(s) + 16
			}
		}
		return n
	}
	for len(r.s.Past) > 1 && size() > MaxPastBytes {
		r.s.Past = r.s.Past[1:]
	}
}

// endPoints is a history after its talk: what is needed to know an old question
// again. The newest point stays whole, for BackAfterEnd.
func endPoints(past []Point) []Point {
	out := make([]Point, 0, len(past))
	for i, p := range past {
		p.Over = true
		if i < len(past)-1 {
			p = p.skeleton()
		}
		if len(p.Asked) > 0 || p.whole() {
			out = append(out, p)
		}
	}
	return out
}

func (p *Point) skeleton() Point {
	s := Point{Asked: p.Asked, At: p.At, Over: true}
	if len(p.Frames) > 0 {
		s.Frames = []Frame{{Flow: p.Frames[0].Flow}}
	}
	return s
}

// closePast is the end of a talk.
func (r *run) closePast() {
	if len(r.s.Past) > 0 {
		r.s.Past = endPoints(r.s.Past)
		r.pastOwned, r.varsOwned = true, false
	}
}

// agePast strips what is too long over to be taken back.
func (r *run) agePast() {
	n := len(r.s.Past)
	if n == 0 {
		return
	}
	if p := &r.s.Past[n-1]; p.Over && p.whole() && r.in.Now.Sub(p.At) > BackAfterEnd {
		r.ownPast()
		r.s.Past[n-1] = p.skeleton()
	}
}

// parkPast takes the history of the open talk out of the session, to be parked
// with it; what is left tells only that those questions were asked.
func (r *run) parkPast() (past []Point) {
	i := slices.IndexFunc(r.s.Past, func(p Point) bool { return !p.Over })
	if i < 0 {
		return nil
	}
	past = slices.Clone(r.s.Past[i:])
	r.ownPast()
	r.s.Past = r.s.Past[:i:i]
	return past
}

// back looks up which point the word for one step back leads to; -1 if none.
func (r *run) lastPoint() int {
	i := len(r.s.Past) - 1
	if i < 0 || !r.usable(i) {
		return -1
	}
	return i
}

// usable tells whether the talk can go back to a point: it is whole, it belongs
// to the talk that is open or to the one that ended a moment ago, and its
// script still has that question.
func (r *run) usable(i int) bool {
	p := &r.s.Past[i]
	if !p.whole() || p.Over && (len(r.s.Frames) > 0 || i < len(r.s.Past)-1) {
		return false
	}
	_, n := r.pointNode(p)
	return n != nil
}

// pointNode finds the question of a point.
func (r *run) pointNode(p *Point) (f *flow, n *node) {
	if len(p.Frames) == 0 {
		return nil, nil
	}
	frames, wait, scope := r.s.Frames, r.s.Wait, r.scope
	r.s.Frames, r.s.Wait = p.Frames, p.waiting()
	f, n = r.waiting()
	r.s.Frames, r.s.Wait, r.scope = frames, wait, scope
	return f, n
}

func (p *Point) waiting() *Waiting {
	w := &Waiting{Kind: waitAsk}
	if p.Menu != "" {
		w.Data = map[string]any{"menu": p.Menu}
	}
	return w
}

// rewind puts the session back to a point: the question waits as it did before
// its answer, variables are what they were, and lines kept since are gone.
func (r *run) rewind(i int) (f *flow, n *node) {
	r.ownPast()
	old := map[string]any{}
	var ids []string
	for _, p := range slices.Backward(r.s.Past[i:]) {
		maps.Copy(old, p.Vars)
		ids = append(ids, p.IDs...)
	}
	p := r.s.Past[i]
	r.s.Past = r.s.Past[:i]
	r.varsOwned = false
	r.restore(old)
	r.undo(ids)
	r.s.Frames, r.s.Wait = slices.Clone(p.Frames), p.waiting()
	r.s.Answer, r.s.Echo, r.s.Asked = p.Answer, p.Echo, p.Asked
	return r.waiting()
}

// restore sets variables to what they were.
func (r *run) restore(old map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if now, _ := r.stored(name); !reflect.DeepEqual(now, old[name]) {
			r.put(name, old[name])
		}
	}
}

// undo takes back the lines that these inputs kept.
func (r *run) undo(ids []string) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return
	}
	from := func(it Item) bool { return it.From != "" && slices.Contains(ids, it.From) }
	found := false
	for _, list := range r.lib.lists {
		if slices.ContainsFunc(r.items(list), from) {
			r.lists[list] = slices.DeleteFunc(r.own(list), from)
			found = true
		}
	}
	if found {
		r.out = append(r.out, Undo{ids})
	}
}
