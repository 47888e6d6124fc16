package flow

import (
	"slices"
	"time"
)

// thanked answers a thank-you in the middle of something, and who wants to know
// where the last fact is from: what waits waits on.
func (r *run) thanked(norm string) (done bool, err error) {
	if r.is(norm, "words_thanks") {
		return true, r.aside("thanks_noted")
	}
	if h, _ := r.tongue.exact(norm); h.flow != nil && h.flow.ID == flowSource && r.s.Source != "" && !r.in.Decoy {
		return true, r.aside("source_noted")
	}
	return false, nil
}

// flowSource tells where a fact is from when nothing waits.
const flowSource = "source"

// Repeats tells whether a text says the last answer once more, shortly after
// it. Then the host finds out whether the person can have seen what the bot
// said in between, for Input.Early.
func (l *Library) Repeats(s Session, in Input) bool {
	r := &run{lib: l, tongue: l.in(in.Lang), in: &in, s: s, scope: l.scope}
	return r.repeats(hear(in.Text))
}

func (r *run) repeats(norm string) bool {
	i := len(r.s.Past) - 1
	if i < 0 || norm == "" {
		return false
	}
	p := &r.s.Past[i]
	if p.Sum == 0 || r.in.Now.Sub(p.At) > TapWithin {
		return false
	}
	value, ok := r.readsAt(i, norm, r.in.Text)
	return ok && p.Sum == sum(value, p.IDs[0])
}

// tapped takes a second sending of the last answer: it answers nothing else.
func (r *run) tapped(norm string) (done bool, err error) {
	if !r.repeats(norm) {
		return false, nil
	}
	if !r.in.Early {
		_, phrase := r.tongue.exact(norm)
		idle := len(r.s.Frames) == 0 && r.s.Wait == nil
		if !idle || phrase || r.in.Now.Sub(r.s.Past[len(r.s.Past)-1].At) > TapIdleWithin {
			return false, nil
		}
	}
	r.ownPast()
	r.s.Past[len(r.s.Past)-1].Told = r.in.Now.Round(0).UTC()
	said := r.sentence("same_again", nil)
	if len(r.s.Frames) > 0 {
		if _, n := r.waiting(); n != nil && asks(n) {
			said += " " + r.sentence("still_open", nil)
		}
	}
	r.say(Say{Text: said})
	return true, r.waitOn()
}

// Told tells whether the person has had time to read that the last answer came
// twice. Who says it once more then means it.
func (s *Session) Told(now time.Time) bool {
	n := len(s.Past)
	return n > 0 && !s.Past[n-1].Told.IsZero() && now.Sub(s.Past[n-1].Told) > TapTold
}

// joins tells whether a text that nothing else took goes on with what the
// person just wrote: people send one thought in several messages.
func (r *run) joins(norm string) bool {
	i := len(r.s.Past) - 1
	if i < 0 || norm == "" || r.in.Kind != InText || len(norm) > maxHeard {
		return false
	}
	p := &r.s.Past[i]
	if !p.Words || len(p.IDs) >= MaxPast || r.in.Now.Sub(p.At) > JoinWithin || !r.usable(i) {
		return false
	}
	if r.asksSafety() { // whatever is said there is an answer
		return false
	}
	if _, number := r.tongue.ordinal(norm); number || r.tongue.means(norm) != "" { // meant for a question
		return false
	}
	return r.tongue.byPhrase(norm, (*speech).starts) == nil && len(choose(r.tongue.search(norm, true))) == 0
}

// asksSafety tells whether a question about safety waits.
func (r *run) asksSafety() bool {
	_, _, o := r.asking()
	return o != nil && o.safety != nil
}

// addTo adds the text of this input to the answer of a point: as one more line
// where a line was kept, so that each message can be taken back by itself.
func (r *run) addTo(i int) error {
	text := r.whole()
	kept := false
	first := r.s.Past[i].IDs[0]
	r.ownPast()
	if p := &r.s.Past[i]; !slices.Contains(p.IDs, r.in.ID) {
		p.IDs = append(slices.Clone(p.IDs), r.in.ID)
	}
	for _, list := range r.lib.lists {
		if slices.ContainsFunc(r.items(list), func(it Item) bool { return first != "" && it.From == first }) {
			r.keep(list, text)
			kept = true
		}
	}
	_, n := r.pointNode(&r.s.Past[i])
	if o, ok := n.op.(*askOp); ok && o.keepVar.name != "" {
		old, _ := r.stored(o.keepVar.name)
		if s, _ := old.(string); s != "" && !o.tooLong(s+" "+text) {
			r.put(o.keepVar.name, s+" "+text)
			kept = true
		}
	}
	key := "joined_read"
	if kept {
		key = "joined"
	}
	said := r.sentence(key, r.word)
	if len(r.s.Past[i].IDs) == 2 && len(r.s.Frames) > 0 {
		if _, n := r.waiting(); n != nil && asks(n) {
			said += " " + r.sentence("still_open", r.word)
		}
	}
	r.say(Say{Text: said})
	r.rearm()
	return nil
}

// whole is the text of this input as it came, a correcting word included.
func (r *run) whole() string {
	if r.original != "" {
		return r.original
	}
	return r.in.Text
}
