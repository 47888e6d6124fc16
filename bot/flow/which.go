package flow

import (
	"slices"
	"strings"
)

// heardFreely looks for a flow in a text that no phrase equals. A question that
// waits and may be answered with any word leaves no room for misspellings, and
// nobody is asked which flow is meant while a question waits: that would be two
// questions at once. The menu is no such question.
func (r *run) heardFreely(n *node, norm string) (done bool, err error) {
	if norm == "" {
		return false, nil
	}
	asked := n != nil
	if asked {
		_, menu := n.op.(*menuOp) // leaves as much room as if nothing waited
		asked = !menu
	}
	list := r.tongue.search(norm, asked)
	if n != nil || !r.welcomed() { // somebody new who says ok gets the first things said
		list = slices.DeleteFunc(list, func(f found) bool { return f.whole })
	}
	hits := choose(list)
	switch {
	case len(hits) == 2 && !asked:
		r.offer(hits[0].flow, hits[1].flow)
		return true, nil
	case len(hits) == 1 && r.askedAgain(n, hits[0].flow):
		return false, nil
	case len(hits) == 1:
		return true, r.begin(hits[0].flow)
	case len(hits) == 0 && !free(n):
		if h, ok := r.tongue.misspelt(norm); ok && !r.askedAgain(n, h.flow) {
			return true, r.begin(h.flow)
		}
	}
	return false, nil
}

// offer asks which of two flows is meant.
func (r *run) offer(a, b *flow) {
	text := r.sentence("which", func(string) string { return "" })
	other := r.sentence("which_other", func(string) string { return "" })
	r.s.Frames, r.s.Asked = nil, nil
	r.closePast()
	r.s.Answer, r.s.Echo = nil, ""
	r.say(Say{Text: text + numbered([]string{a.titleIn(r.tongue.lang), b.titleIn(r.tongue.lang), other}), Ask: true})
	r.s.Wait = &Waiting{Kind: waitWhich, Data: map[string]any{"flows": a.ID + " " + b.ID}}
}

// answerOffer takes the answer to a question of the engine itself: whether to go
// back, or which flow is meant.
func (r *run) answerOffer(norm string) (done bool, err error) {
	if r.s.Wait == nil {
		return false, nil
	}
	switch r.s.Wait.Kind {
	case waitResume:
		return r.answerResume(norm, r.in.Text)
	case waitWhich:
		return r.answerWhich(norm)
	}
	return false, nil
}

// answerWhich takes a number or a title. "Something else" and no end it; any
// other text is handled as if nothing had been asked.
func (r *run) answerWhich(norm string) (done bool, err error) {
	ids, _ := r.s.Wait.Data["flows"].(string)
	var flows []*flow
	for id := range strings.FieldsSeq(ids) {
		flows = append(flows, r.lib.flows[id])
	}
	if len(flows) == 2 && (r.is(norm, "words_repeat") || r.isBack(norm)) && flows[0] != nil && flows[1] != nil {
		r.offer(flows[0], flows[1])
		return true, nil
	}
	r.s.Wait = nil
	i, ok := r.tongue.ordinal(r.tongue.core(norm))
	if !ok {
		i, ok = keycap(r.in.Text)
	}
	no := r.agrees(norm, "words_no") || r.is(norm, "words_skip") || norm == "" && thumb(r.in.Text) == signNo
	if len(flows) == 1 { // offered once more: yes or no
		no = no || ok && i == 2
		if r.agrees(norm, "words_yes") || norm == "" && thumb(r.in.Text) == signYes {
			i, ok = 1, true
		}
	}
	for j, f := range flows {
		if f != nil && (ok && i == j+1 || norm != "" && (norm == Normalise(f.titleIn(r.tongue.lang)) || norm == Normalise(f.Title))) {
			return true, r.begin(f)
		}
	}
	other := r.sentence("which_other", func(string) string { return "" })
	switch {
	case ok && i == 3, norm != "" && norm == Normalise(other):
		return true, r.catchAll()
	case no:
		r.speak("resume_no", false)
		r.finish()
		return true, nil
	}
	return false, nil
}
