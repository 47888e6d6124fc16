package flow

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// safety tells how the answers to a question about safety are read: which
// choice stands for danger, which for an answer that leaves it open, and which
// for a question that was a misreading. An answer that is none of the choices
// is open; it is never the calm one.
type safety struct {
	danger, unsure ref
	misread        ref // empty: none
	// The same as places among the choices; misread is -1 where there is none.
	atDanger, atUnsure, atMisread int
}

// safety reads the key of the same name.
func (p *parser) safety(o *askOp, kv pair) {
	pairs, ok := p.mapping(kv.v, "safety")
	if !ok {
		return
	}
	p.known(pairs, "safety", "danger", "unsure", "misread")
	s := &safety{atMisread: -1}
	choice := func(n *yaml.Node, what string, at *int) ref {
		r := p.ref(n, what)
		if r.name == "" {
			return r
		}
		*at = slices.IndexFunc(o.options, func(opt option) bool { return Normalise(opt.label) == Normalise(r.name) })
		if *at < 0 {
			p.c.add(r.pos, ruleSafety, "%q is none of the choices", r.name)
		}
		return r
	}
	danger, ok := find(pairs, "danger")
	if !ok {
		p.c.add(at(p.file, kv.k), ruleMissing, "safety needs danger, the choice that means danger")
		return
	}
	s.danger = choice(danger.v, "danger", &s.atDanger)
	s.unsure, s.atUnsure = s.danger, s.atDanger
	if unsure, ok := find(pairs, "unsure"); ok {
		s.unsure = choice(unsure.v, "unsure", &s.atUnsure)
	}
	if misread, ok := find(pairs, "misread"); ok {
		s.misread = choice(misread.v, "misread", &s.atMisread)
	}
	if o.miss {
		p.c.add(at(p.file, kv.k), ruleSafety, "not_understood would never be said: what is not understood here is %q", s.unsure.name)
	}
	o.safety = s
}

// calm tells whether the choice means that all is well.
func (s *safety) calm(i int) bool { return i != s.atDanger && i != s.atUnsure && i != s.atMisread }

// careful is the choice that is meant by a text that equals one: half a yes is
// no yes. Where a script lists such words beside a choice itself, they choose it.
func (r *run) careful(o *askOp, i int, norm string) int {
	if o.safety == nil || !o.safety.calm(i) || !r.tongue.half(norm) {
		return i
	}
	if list := r.tongue.means(norm); list != "words_yes" && list != "words_no" {
		return i
	}
	return o.safety.atUnsure
}

// weigh finds the choice that free words mean in the light of a question about
// safety; -1 when they say nothing about it.
func (r *run) weigh(o *askOp, norm string) int {
	s := o.safety
	if s == nil || norm == "" {
		return -1
	}
	if r.in.Danger {
		return s.atDanger
	}
	if s.atMisread >= 0 && r.tongue.misread(norm) {
		return s.atMisread
	}
	i, rest := r.begins(o, norm)
	switch {
	case i < 0:
		return -1
	case !s.calm(i):
		if j := o.exact(r.tongue, rest, ""); j >= 0 && s.calm(j) { // "no, I am safe"
			return s.atUnsure
		}
		return i
	case r.addsNothing(&o.options[i], rest):
		return i
	}
	return s.atUnsure
}

// begins finds the choice that a text begins with, and what follows it.
func (r *run) begins(o *askOp, norm string) (i int, rest string) {
	i, long := -1, 0
	for j := range o.options {
		for _, w := range o.options[j].heard(r.tongue.lang) {
			if len(w) > long && strings.HasPrefix(norm, w+" ") {
				i, long, rest = j, len(w), norm[len(w)+1:]
			}
		}
	}
	return i, rest
}

// heard are the words that choose an option: those of a language and those of
// the script.
func (opt *option) heard(lang string) []string {
	_, words, other := opt.in(lang)
	if !other {
		return words
	}
	return slices.Concat(words, opt.words)
}

// longestAside is how many words one aside behind a choice has at most.
const longestAside = 6

// addsNothing tells whether what stands behind a choice only says the same once
// more, or thanks, or nothing.
func (r *run) addsNothing(opt *option, rest string) bool {
	if r.tongue.half(rest) {
		return false
	}
	same := opt.heard(r.tongue.lang)
	words := strings.Fields(rest)
	for len(words) > 0 {
		n := 0
		for k := min(len(words), longestAside); k > 0 && n == 0; k-- {
			said := strings.Join(words[:k], " ")
			if slices.Contains(same, said) || r.tongue.byPhrase(said, (*speech).idles) != nil || k == 1 && r.tongue.isSmall(said) {
				n = k
			}
		}
		if n == 0 {
			return false
		}
		words = words[n:]
	}
	return true
}

// half tells whether a normal text is half a yes or half a no, in any language.
func (sp *speech) half(norm string) bool {
	return slices.ContainsFunc(sp.order, func(s *speech) bool { return slices.Contains(s.words.unsure, norm) })
}

// misread tells whether a normal text says that danger was misread.
func (sp *speech) misread(norm string) bool {
	return slices.ContainsFunc(sp.order, func(s *speech) bool {
		return slices.ContainsFunc(s.words.misread, func(w string) bool { return holds(norm, w) })
	})
}

func (sp *speech) isSmall(word string) bool {
	return slices.ContainsFunc(sp.order, func(s *speech) bool { return s.free.fold.kinds[word] == wordSmall })
}

// holds tells whether the words of w stand side by side in a normal text.
func holds(norm, w string) bool { return strings.Contains(" "+norm+" ", " "+w+" ") }

// askedAgain tells whether g is the flow that now asks about safety: a phrase of
// it is then no reason to begin it anew and to put the same question twice.
func (r *run) askedAgain(n *node, g *flow) bool {
	if n == nil {
		return false
	}
	o, ok := n.op.(*askOp)
	return ok && o.safety != nil && r.s.Frames[len(r.s.Frames)-1].Flow == g.ID
}

// Asks tells what is special about the question that waits: it is about safety,
// or about what the person sees, hears, smells and feels around them.
func (l *Library) Asks(s Session) (safety, senses bool) {
	_, _, o := (&run{lib: l, in: &Input{}, s: s}).asking()
	return o != nil && o.safety != nil, o != nil && o.senses
}

// Sees tells whether a text begins as people do who name what is around them.
func (v Voice) Sees(text string) bool {
	norm := hear(text)
	return slices.ContainsFunc(v.own.order, func(s *speech) bool {
		return slices.ContainsFunc(s.words.seen, func(w string) bool { return w != "" && strings.HasPrefix(norm, w+" ") })
	})
}
