package flow

import "slices"

// Private tells that this Step went through a flow that is private, or shows a
// list of one. A host that keeps such flows under a word of the person's own
// drops the Step where the word was not given.
type Private struct{}

func (Private) effect() {}

// Secret is a word of the person's own: to open what is private, to become the
// decoy, or to leave at once. It is in nothing that the engine keeps.
type Secret struct {
	Kind string // "word", "duress" or "exit"; "none": all of them are gone
	Word string
}

func (Secret) effect() {}

// secretOp hands the last answer to the host as a word of the person's own.
type secretOp struct{ kind string }

func (*secretOp) isOp() {}

func secretKinds() []string { return []string{"word", "duress", "exit", "none"} }

func (p *parser) secret(v pair) op {
	o := &secretOp{}
	s, ok := p.str(v.v, "secret")
	if ok && !slices.Contains(secretKinds(), s) {
		p.c.add(at(p.file, v.v), ruleValue, "secret is word, duress, exit or none")
	}
	o.kind = s
	return o
}

// secret leaves the effect. The host says whether it took the word.
func (r *run) secret(o *secretOp) {
	word, _ := r.s.Answer.(string)
	if o.kind != "none" && word == "" {
		r.speak("noted", false)
		return
	}
	r.out = append(r.out, Secret{o.kind, word})
	r.spoke = true
}

// privates are the lists of flows that are private, by name.
func (ld *loader) privates() map[string]bool {
	lists := map[string]bool{}
	for _, p := range ld.parsers {
		if p.flow.private {
			for _, l := range append(slices.Clone(p.keeps), p.uses...) {
				lists[l.name] = true
			}
		}
	}
	return lists
}

// sees notes that a list is shown, all of them without a name.
func (r *run) sees(lists ...string) {
	r.seen = r.seen || len(lists) == 0
	for _, l := range lists {
		r.seen = r.seen || r.lib.privateLists[l]
	}
	r.private = r.private || r.seen
}

// isPrivate tells whether this Step was in a flow that is private, or is now.
func (r *run) isPrivate() bool {
	if r.declined && len(r.s.Frames) == 0 {
		return r.seen
	}
	if (r.quietly || !r.private) && r.atGreeting() { // a line that tells nothing
		return false
	}
	if r.private {
		return true
	}
	for _, fr := range r.s.Frames {
		if f := r.lib.known(fr); f != nil && f.private {
			return true
		}
	}
	return false
}

// Opens tells whether a text reaches a flow when nothing waits, so that it
// would be a poor secret.
func (v Voice) Opens(text string) bool { return len(v.own.hears(hear(text))) > 0 }

// Reserved tells whether a text means something to the scripts or the engine as
// it stands, so that it cannot be a secret word as well.
func (v Voice) Reserved(text string) bool {
	norm := hear(text)
	if norm == "" || v.own.means(norm) != "" {
		return true
	}
	if _, number := v.own.ordinal(norm); number {
		return true
	}
	if _, ok := v.own.exact(norm); ok {
		return true
	}
	_, ok := v.First(text)
	return ok
}

// FirstPhrase is a phrase of `first` that reaches the flow; "" if it has none.
func (l *Library) FirstPhrase(id string) string {
	if f := l.flows[id]; f != nil && len(f.first1) > 0 {
		return f.first1[0].text
	}
	return ""
}
