package flow

import (
	"maps"
	"slices"
	"strings"
)

// change gives another answer to the question of a point: the talk goes back
// there, takes the text of this input for the answer, and goes on. Key names
// the sentence that says so before whatever comes next. The caller has made
// sure that the question understands the text.
func (r *run) change(i int, key string) error {
	f, n := r.rewind(i)
	r.lead(key)
	if r.in.Kind == InReaction {
		return r.reaction(f, n)
	}
	done, err := r.answer(f, n, hear(r.in.Text))
	if done || err != nil {
		return err
	}
	if o, ok := n.op.(*askOp); ok && o.safety != nil {
		return r.missed(n)
	}
	return r.exec(f, n)
}

// meant takes a text that begins with words like "I meant": what follows may be
// another answer to the last question, an answer to the one that waits, or
// anything else. Where the question that waits takes any text, nothing is taken
// away from it but a plain correction of another kind of answer. It returns the
// text to go on with, normal.
func (r *run) meant(n *node, norm string) (rest string, done bool, err error) {
	raw, sure := r.cutMeant(norm)
	if raw == "" {
		return norm, false, nil
	}
	rest = hear(raw)
	i := r.lastPoint()
	before, beforeFree := false, false
	if i >= 0 {
		_, before = r.readsAt(i, rest, raw)
		beforeFree = r.freeAt(i)
	}
	here, hereFree := false, false
	if n != nil {
		o, ask := n.op.(*askOp)
		if ask && (o.safety != nil || len(o.options) > 0 && o.exact(r.tongue, norm, r.in.Text) >= 0) {
			return norm, false, nil // the whole text is a choice, or must be weighed as a whole
		}
		hereFree = ask && o.kind == askText
		menu, _ := r.s.Wait.Data["menu"].(string)
		_, here = r.reads(n, menu, rest, raw)
	}
	again := before && (sure && !hereFree || !beforeFree && (sure || !here && !hereFree))
	if hereFree && !again {
		return norm, false, nil
	}
	r.in.Text = raw
	if again {
		return rest, true, r.change(i, "changed")
	}
	return rest, false, nil
}

// cutMeant gives what stands behind the words of a correction, as it was
// written; sure is true for words that mean nothing else.
func (r *run) cutMeant(norm string) (rest string, sure bool) {
	best := ""
	for i, c := range norm { // the longest words that it begins with
		if i > maxCorrection {
			break
		}
		if c != ' ' {
			continue
		}
		switch r.tongue.means(norm[:i]) {
		case "words_meant":
			best, sure = norm[:i], true
		case "words_sorry":
			best, sure = norm[:i], false
		}
	}
	if best == "" {
		return "", false
	}
	text := r.in.Text
	for i, c := range text { // the shortest start that says just these words
		if i > 4*maxCorrection {
			break
		}
		if (c == ' ' || strings.ContainsRune(",.:;-!\n\t", c)) && Normalise(text[:i]) == best {
			return strings.TrimLeft(text[i:], " ,.:;-!\n\t"), sure
		}
	}
	return "", false
}

// freeAt tells whether the question of a point takes any text.
func (r *run) freeAt(i int) bool {
	_, n := r.pointNode(&r.s.Past[i])
	if n == nil {
		return false
	}
	o, ok := n.op.(*askOp)
	return ok && o.kind == askText
}

// from finds the point to whose answer a message belongs, and whether it gave
// the answer itself or was added to it.
func from(past []Point, id string) (point, part int) {
	if id == "" {
		return -1, 0
	}
	for i, p := range slices.Backward(past) {
		if part := slices.Index(p.IDs, id); part >= 0 {
			return i, part
		}
	}
	return -1, 0
}

// Gave tells whether the message with this Input.ID gave an answer that the
// session still remembers.
func (s *Session) Gave(id string) bool {
	if i, _ := from(s.Past, id); i >= 0 {
		return true
	}
	if s.Parked == nil {
		return false
	}
	i, _ := from(s.Parked.Past, id)
	return i >= 0
}

// edited takes the new wording of a message that gave an answer. Words that
// were only kept are rewritten where they stand, and the question that waits
// stays; any other answer is changed as if it were given anew.
func (r *run) edited() error {
	norm := hear(r.in.Text)
	i, part := from(r.s.Past, r.in.Target)
	if i < 0 || !r.usable(i) {
		return r.aside("edited")
	}
	if rest, _ := r.cutMeant(norm); rest != "" && !r.freeAt(i) && !r.safetyAt(i) {
		r.in.Text, norm = rest, hear(rest)
	}
	value, ok := r.readsAnew(i, norm, r.in.Text)
	p := &r.s.Past[i]
	switch {
	case !ok:
		return r.aside("edited")
	case part == 0 && p.Sum != 0 && p.Sum == sum(value, p.IDs[0]):
		return r.aside("edit_same")
	case p.Words && value != "" && !r.keepsVar(i) && (part > 0 || r.verbatim(i)):
		r.rewrite(i, value)
		return r.aside("changed")
	case part > 0:
		return r.aside("edited")
	case i < len(r.s.Past)-1:
		return r.change(i, "changed_older")
	}
	return r.change(i, "changed")
}

// keepsVar tells whether the answer of a point is in a variable, which other
// steps may have read.
func (r *run) keepsVar(i int) bool {
	_, n := r.pointNode(&r.s.Past[i])
	o, ok := n.op.(*askOp)
	return ok && o.keepVar.name != ""
}

// verbatim tells whether the lines that an answer left are its own words and no
// more: a script may also put them into a longer line.
func (r *run) verbatim(i int) bool {
	p := &r.s.Past[i]
	more := func(it Item) bool { return it.From == p.IDs[0] && sum(it.Text, p.IDs[0]) != p.Sum }
	return p.Sum == 0 || !slices.ContainsFunc(r.lib.lists, func(list string) bool { return slices.ContainsFunc(r.items(list), more) })
}

// rewrite puts new words in the place of those that the message of this input
// left.
func (r *run) rewrite(i int, value any) {
	text, _ := value.(string)
	for _, list := range r.lib.lists {
		for at, it := range r.items(list) {
			if it.From == r.in.Target && it.ID != 0 {
				r.own(list)[at].Text = text
				r.out = append(r.out, Rewrite{list, it.ID, text})
				break
			}
		}
	}
	r.ownPast()
	if p := &r.s.Past[i]; p.Sum != 0 {
		p.Sum = sum(value, p.IDs[0])
	}
	if i == len(r.s.Past)-1 && r.s.Answer != nil {
		r.s.Answer, r.s.Echo = value, ""
	}
}

// aside says one sentence and leaves what waits as it is.
func (r *run) aside(key string) error {
	r.speak(key, false)
	return r.waitOn()
}

// waitOn lets what waits wait on; a talk that lost its step goes on elsewhere.
func (r *run) waitOn() error {
	if len(r.s.Frames) > 0 {
		if f, n := r.waiting(); n == nil {
			return r.moved(f)
		}
	}
	r.rearm()
	return nil
}

// removed takes an answer back that the person withdrew. The last question of
// an open talk is asked again; nothing else is said.
func (r *run) removed() error {
	id := r.in.Target
	r.undo([]string{id})
	if p := r.s.Parked; p != nil {
		if i, part := from(p.Past, id); i >= 0 {
			c := *p
			c.Past = slices.Clone(p.Past)
			r.withdraw(c.Past, i, part)
			if i == len(c.Past)-1 {
				c.Answer, c.Echo = nil, ""
			}
			r.s.Parked = &c
		}
	}
	i, part := from(r.s.Past, id)
	if i < 0 {
		return r.waitOn()
	}
	last := i == len(r.s.Past)-1
	if last {
		r.s.Answer, r.s.Echo = nil, ""
	}
	if last && part == 0 && !r.s.Past[i].Over && r.usable(i) {
		f, n := r.rewind(i)
		r.s.Answer, r.s.Echo = nil, ""
		r.lead("withdrawn")
		return r.sayAgain(f, n)
	}
	r.ownPast()
	r.withdraw(r.s.Past, i, part)
	r.varsOwned = false
	return r.waitOn()
}

// withdraw takes what an answer left out of a history and out of the variable
// that it was kept in. The history is this run's own.
func (r *run) withdraw(past []Point, i, part int) {
	p := &past[i]
	p.IDs = slices.Clone(p.IDs)
	p.IDs[part], p.Sum = "", 0
	if i+1 < len(past) {
		past[i+1].Answer, past[i+1].Echo = nil, ""
	}
	_, n := r.pointNode(p)
	if n == nil {
		return
	}
	o, ok := n.op.(*askOp)
	name := ""
	if ok {
		name = o.keepVar.name
	}
	old, set := p.Vars[name]
	if !set {
		return
	}
	for j := i + 1; j < len(past); j++ { // what the variable was before a later answer
		if _, has := past[j].Vars[name]; has {
			vars := maps.Clone(past[j].Vars)
			vars[name] = old
			past[j].Vars = vars
			return
		}
	}
	if now, _ := r.stored(name); now != old {
		r.put(name, old)
	}
}

// replied takes a text or a reaction that points at an older question. Done is
// false when it is to be handled as if it pointed at nothing.
func (r *run) replied(norm string) (done bool, err error) {
	key := r.in.Target
	if key == "" || slices.Contains(r.s.Asked, key) {
		return false, nil
	}
	r.takeUp(key)
	if slices.Contains(r.s.Asked, key) {
		return false, nil
	}
	i := r.askedAt(key)
	if i < 0 {
		return false, nil
	}
	if !r.usable(i) {
		return r.repliedLate(i, norm)
	}
	value, ok := r.readsAnew(i, norm, r.in.Text)
	p := &r.s.Past[i]
	switch {
	case !ok && p.Over:
		return r.repliedLate(i, norm)
	case !ok:
		return false, nil
	case p.Sum != 0 && p.Sum == sum(value, p.IDs[0]):
		return true, r.aside("edit_same")
	case p.Words && value != "" && !r.keepsVar(i):
		return true, r.addTo(i)
	}
	return true, r.change(i, "changed_older")
}

// askedAt finds the newest point whose question a message asked; -1 if none.
func (r *run) askedAt(key string) int {
	for i, p := range slices.Backward(r.s.Past) {
		if slices.Contains(p.Asked, key) {
			return i
		}
	}
	return -1
}

// Heeds tells whether a reaction under a message of ours says anything: under
// the question that waits, or, by its sign, under an older one that can still be
// answered anew. A host leaves any other unanswered.
func (l *Library) Heeds(s Session, in Input) bool {
	if slices.Contains(s.Asked, in.Target) {
		return !s.Idle()
	}
	if _, number := keycap(in.Text); !number && thumb(in.Text) == signNone {
		return false
	}
	r := &run{lib: l, tongue: l.in(in.Lang), in: &in, s: s, scope: l.scope}
	if p := s.Parked; p != nil && slices.Contains(p.Asked, in.Target) {
		return !r.asksSafety()
	}
	r.takeUp(in.Target)
	i := r.askedAt(in.Target)
	if i < 0 || r.s.Past[i].Over || !r.usable(i) || r.freeAt(i) {
		return false
	}
	_, ok := r.readsAt(i, "", in.Text)
	return ok
}

// takeUp goes back to the talk that was interrupted, when it asked what the
// person points at. A question about safety that waits is not left for it.
func (r *run) takeUp(key string) {
	p := r.s.Parked
	if p == nil || len(p.Frames) == 0 || p.Wait == nil || r.asksSafety() {
		return
	}
	asked := func(q Point) bool { return slices.Contains(q.Asked, key) }
	if !slices.Contains(p.Asked, key) && !slices.ContainsFunc(p.Past, asked) {
		return
	}
	r.unpark(p)
}

// repliedLate answers who points at a question of a talk that is over: the flow
// is offered again, unless another question waits.
func (r *run) repliedLate(i int, norm string) (done bool, err error) {
	p := &r.s.Past[i]
	if r.in.Kind == InReaction || len(p.Frames) == 0 || r.is(norm, "words_thanks") {
		return false, nil
	}
	if h := r.tongue.byPhrase(norm, (*speech).starts); h != nil {
		return true, r.begin(h)
	}
	f := r.lib.flows[p.Frames[0].Flow]
	switch {
	case !p.Over || f == nil || len(r.s.Frames) == 0 && r.s.Wait != nil:
		return false, nil
	case len(r.s.Frames) > 0:
		r.lead("older_closed")
		return true, r.again()
	}
	text := r.sentence("older_over", func(string) string { return f.titleIn(r.tongue.lang) })
	r.say(Say{Text: text + "\n1 " + r.tongue.words.yesLabel + "\n2 " + r.tongue.words.noLabel, Ask: true})
	r.s.Wait, r.s.Asked = &Waiting{Kind: waitWhich, Data: map[string]any{"flows": f.ID}}, nil
	return true, nil
}
