package crisis

import (
	"math/bits"
	"slices"
)

// program is a compiled pattern: a few instructions that are tried word by word.
// What it may cost at one place is bounded by the pattern alone, so a scan is
// linear in the text.
type program struct {
	code  []inst
	first wordSet   // the words that it can begin with
	need  []wordSet // of each of these one word must stand in the sentence
}

type inst struct {
	op  opcode
	id  word    // opWord
	set wordSet // opSet
	a   int     // opSplit, opJump: target; opGap: how many words at most
	b   int     // opSplit: second target
}

type opcode int

const (
	opWord opcode = iota
	opSet
	opSplit
	opJump
	opGap
	opStart
	opEnd
	opDone
)

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

func (s wordSet) meets(o wordSet) bool {
	for i := range min(len(s), len(o)) {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
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
func compile(n *node) program {
	var p program
	p.emit(n)
	p.code = append(p.code, inst{op: opDone})
	firstWords(n, &p.first)
	p.need = needs(n, nil)
	return p
}

func (p *program) emit(n *node) {
	switch n.kind {
	case leaf:
		for _, w := range n.words {
			p.code = append(p.code, inst{op: opWord, id: w})
		}
	case seq:
		for _, k := range n.kids {
			p.emit(k)
		}
	case choice:
		p.emitChoice(n)
	case maybe:
		at := len(p.code)
		p.code = append(p.code, inst{op: opSplit, a: at + 1})
		p.emit(n.kids[0])
		p.code[at].b = len(p.code)
	case gap:
		p.code = append(p.code, inst{op: opGap, a: n.max})
	case atStart:
		p.code = append(p.code, inst{op: opStart})
	case atEnd:
		p.code = append(p.code, inst{op: opEnd})
	}
}

// emitChoice puts all single words of a choice into one set.
func (p *program) emitChoice(n *node) {
	var singles wordSet
	var rest []*node
	flatten(n, &singles, &rest)
	var ends []int
	branch := func(last bool, body func()) {
		if last {
			body()
			return
		}
		at := len(p.code)
		p.code = append(p.code, inst{op: opSplit, a: at + 1})
		body()
		ends = append(ends, len(p.code))
		p.code = append(p.code, inst{op: opJump})
		p.code[at].b = len(p.code)
	}
	if len(singles) > 0 {
		branch(len(rest) == 0, func() { p.code = append(p.code, inst{op: opSet, set: singles}) })
	}
	for i, k := range rest {
		branch(i == len(rest)-1, func() { p.emit(k) })
	}
	for _, at := range ends {
		p.code[at].a = len(p.code)
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

// meetsAll tells whether a sentence of these words can fit the pattern.
func (p *program) meetsAll(present wordSet) bool {
	for _, s := range p.need {
		if !s.meets(present) {
			return false
		}
	}
	return true
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

// matcher tries programs at places of one sentence.
type matcher struct {
	toks []token // the sentence
	code []inst
	skip uint64 // words passed by gaps, counted from the start of the match
	from int
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

// match tries a program at word i and returns the word after the match.
func (m *matcher) match(p *program, i int) (end int, ok bool) {
	m.code, m.from, m.skip = p.code, i, 0
	end = m.run(0, i)
	return end, end >= 0
}

func (m *matcher) run(pc, i int) int {
	for {
		in := &m.code[pc]
		switch in.op {
		case opWord:
			if i >= len(m.toks) || m.toks[i].id != in.id {
				return -1
			}
			i++
			pc++
		case opSet:
			if i >= len(m.toks) || !in.set.has(m.toks[i].id) {
				return -1
			}
			i++
			pc++
		case opSplit:
			saved := m.skip
			if end := m.run(in.a, i); end >= 0 {
				return end
			}
			m.skip = saved
			pc = in.b
		case opJump:
			pc = in.a
		case opGap:
			saved := m.skip
			for n := 0; ; n++ {
				if end := m.run(pc+1, i+n); end >= 0 {
					return end
				}
				m.skip = saved
				if n == in.a || i+n >= len(m.toks) {
					return -1
				}
				saved |= 1 << uint(i+n-m.from)
				m.skip = saved
			}
		case opStart:
			if i != 0 {
				return -1
			}
			pc++
		case opEnd:
			if i != len(m.toks) {
				return -1
			}
			pc++
		case opDone:
			return i
		}
	}
}
