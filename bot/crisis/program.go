package crisis

import (
	"math/bits"
	"slices"
)

// program is a compiled pattern: a few instructions that are tried word by word.
// What it may cost at one place is bounded by the pattern alone, so a scan is
// linear in the text. Instructions and sets are shared in the tables.
type program struct {
	code  uint32 // its first instruction
	first setID  // the words that it can begin with
	need  uint32 // sets in tables.needs, of each of which one word must stand in the sentence
	needs uint8  // how many
}

// inst is an instruction: what to do in the lowest four bits, the rest is a
// word, a set, a target counted from the start of the program, or a number of words.
type inst uint32

type opcode uint32

const (
	opWord opcode = iota
	opSet
	opAhead // the next word must be of a set; it is not passed
	opSplit // goes on behind it, or else at the target
	opJump
	opGap
	opStart
	opEnd
	opDone
)

func (i inst) op() opcode { return opcode(i & 15) }
func (i inst) arg() int   { return int(i >> 4) }

func step(op opcode, arg int) inst { return inst(arg)<<4 | inst(op) }

// wordSet is a set of words as bits.
type wordSet []uint64

func (s wordSet) has(w word) bool {
	i := int(w >> 6)
	return i < len(s) && s[i]&(1<<(w&63)) != 0
}

func (s *wordSet) add(w word) {
	s.grow(int(w>>6) + 1)
	(*s)[w>>6] |= 1 << (w & 63)
}

func (s *wordSet) grow(n int) {
	if len(*s) < n {
		*s = append(*s, make(wordSet, n-len(*s))...)
	}
}

func (s *wordSet) addAll(o wordSet) {
	s.grow(len(o))
	for i, b := range o {
		(*s)[i] |= b
	}
}

// size counts the words; used at compile time only.
func (s wordSet) size() int {
	n := 0
	for _, b := range s {
		n += bits.OnesCount64(b)
	}
	return n
}

// compile turns a parsed pattern into a program.
func (t *tables) compile(n *node) program {
	e := emitter{tables: t}
	e.emit(n)
	e.code = append(e.code, step(opDone, 0))
	var first wordSet
	firstWords(n, &first)
	p := program{code: t.place(e.code), first: t.intern(first), need: uint32(len(t.needs))}
	list := needs(n, nil)
	slices.SortStableFunc(list, func(a, b wordSet) int { return a.size() - b.size() })
	for _, s := range list[:min(len(list), maxNeeds)] {
		t.needs = append(t.needs, t.intern(s))
		p.needs++
	}
	return p
}

// maxNeeds is how many needed sets are kept for a program, the smallest ones.
const maxNeeds = 4

// emitter writes the instructions of one program.
type emitter struct {
	*tables
	code []inst
}

func (p *emitter) emit(n *node) {
	switch n.kind {
	case leaf:
		for _, w := range n.words {
			p.code = append(p.code, step(opWord, int(w)))
		}
	case seq:
		for _, k := range n.kids {
			p.emit(k)
		}
	case choice:
		p.emitChoice(n)
	case maybe:
		at := len(p.code)
		p.code = append(p.code, step(opSplit, 0))
		p.emit(n.kids[0])
		p.code[at] = step(opSplit, len(p.code))
	case gap:
		p.code = append(p.code, step(opGap, n.max))
	case atStart:
		p.code = append(p.code, step(opStart, 0))
	case atEnd:
		p.code = append(p.code, step(opEnd, 0))
	}
}

// emitChoice puts all single words of a choice into one set. In front of several
// branches stands the set of the words that they begin with, so that where none of
// them fits none is tried.
func (p *emitter) emitChoice(n *node) {
	var singles wordSet
	var rest []*node
	flatten(n, &singles, &rest)
	var first wordSet
	if len(rest) > 0 && !firstWords(n, &first) && !startsOpen(n) {
		p.code = append(p.code, step(opAhead, int(p.intern(first))))
	}
	var ends []int
	branch := func(last bool, body func()) {
		if last {
			body()
			return
		}
		at := len(p.code)
		p.code = append(p.code, step(opSplit, 0))
		body()
		ends = append(ends, len(p.code))
		p.code = append(p.code, step(opJump, 0))
		p.code[at] = step(opSplit, len(p.code))
	}
	if len(singles) > 0 {
		branch(len(rest) == 0, func() { p.code = append(p.code, step(opSet, int(p.intern(singles)))) })
	}
	for i, k := range rest {
		branch(i == len(rest)-1, func() { p.emit(k) })
	}
	for _, at := range ends {
		p.code[at] = step(opJump, len(p.code))
	}
}

// flatten gathers the single words and the longer ones of nested choices.
func flatten(n *node, singles *wordSet, rest *[]*node) {
	switch {
	case n.kind == choice:
		for _, k := range n.kids {
			flatten(k, singles, rest)
		}
	case n.kind == seq && len(n.kids) == 1:
		flatten(n.kids[0], singles, rest)
	case n.kind == leaf && len(n.words) == 1:
		singles.add(n.words[0])
	default:
		*rest = append(*rest, n)
	}
}

// firstWords adds to set, which may be nil, the words that a node can begin
// with, and tells whether it can be passed without any word.
func firstWords(n *node, set *wordSet) (empty bool) {
	switch n.kind {
	case leaf:
		if set != nil {
			set.add(n.words[0])
		}
		return false
	case seq:
		for _, k := range n.kids {
			if !firstWords(k, set) {
				return false
			}
		}
		return true
	case choice:
		for _, k := range n.kids {
			empty = firstWords(k, set) || empty
		}
		return empty
	case maybe:
		firstWords(n.kids[0], set)
	}
	return true // marks; a gap is refused in front
}

// startsOpen tells whether a gap can be the first thing of a node.
func startsOpen(n *node) bool {
	switch n.kind {
	case gap:
		return true
	case seq:
		for _, k := range n.kids {
			if startsOpen(k) {
				return true
			}
			if !firstWords(k, nil) {
				return false
			}
		}
	case choice, maybe:
		return slices.ContainsFunc(n.kids, startsOpen)
	}
	return false
}

// needs lists sets of words, of each of which a sentence must hold one for the
// pattern to fit.
func needs(n *node, list []wordSet) []wordSet {
	switch n.kind {
	case seq:
		for _, k := range n.kids {
			list = needs(k, list)
		}
	case leaf:
		for _, w := range n.words {
			var s wordSet
			s.add(w)
			list = append(list, s)
		}
	case choice:
		if s := needed(n); s != nil {
			list = append(list, s)
		}
	}
	return list
}

// needed returns a small set of which a sentence must hold a word for the
// pattern to fit; nil when there is none.
func needed(n *node) wordSet {
	var s wordSet
	if !needInto(n, &s) {
		return nil
	}
	return s
}

// needInto adds a needed set of n to s; false, with s spoiled, when n can be
// passed without a word.
func needInto(n *node, s *wordSet) bool {
	switch n.kind {
	case leaf:
		s.add(n.words[0])
		return true
	case choice:
		for _, k := range n.kids {
			if !needInto(k, s) {
				return false
			}
		}
		return true
	case seq:
		// One plain word is the smallest set there is.
		for _, k := range n.kids {
			if k.kind == leaf {
				return needInto(k, s)
			}
		}
		var best wordSet
		for _, k := range n.kids {
			if one := needed(k); one != nil && (best == nil || one.size() < best.size()) {
				best = one
			}
		}
		s.addAll(best)
		return best != nil
	}
	return false
}

// maxSpan is how many words a match may cover; a longer pattern is refused.
const maxSpan = 64

// width returns how many words a node covers at most.
func width(n *node) int {
	w := 0
	switch n.kind {
	case leaf:
		w = len(n.words)
	case gap:
		w = n.max
	case choice:
		for _, k := range n.kids {
			w = max(w, width(k))
		}
	case seq, maybe:
		for _, k := range n.kids {
			w += width(k)
		}
	}
	return w
}
