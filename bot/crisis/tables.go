package crisis

import (
	"encoding/binary"
	"math/bits"
)

// tables hold what the programs of a language share. Most sets are a few words
// and stand in many patterns, so each is kept once: a short one as a list, a long
// one as bits.
type tables struct {
	insts []inst
	sets  []setRef
	lists []uint16
	bits  []uint64
	needs []setID

	// only while a file is read
	setIDs map[string]setID
	codes  map[string]uint32
}

// setID is the place of a set in tables.sets.
type setID uint32

// setRef says where a set stands.
type setRef struct {
	at uint32
	n  uint16 // how many words, or how many elements of bits
	in listKind
}

type listKind uint8

const (
	asList listKind = iota
	asBits
)

// longestList is how many words a set may have that is kept as a list.
const longestList = 12

// intern stores a set once.
func (t *tables) intern(s wordSet) setID {
	for len(s) > 0 && s[len(s)-1] == 0 {
		s = s[:len(s)-1]
	}
	var b []byte
	for _, part := range s {
		b = binary.LittleEndian.AppendUint64(b, part)
	}
	key := string(b)
	if id, ok := t.setIDs[key]; ok {
		return id
	}
	if t.setIDs == nil {
		t.setIDs = map[string]setID{}
	}
	id := setID(len(t.sets))
	t.setIDs[key] = id
	if s.size() > longestList {
		t.sets = append(t.sets, setRef{uint32(len(t.bits)), uint16(len(s)), asBits})
		t.bits = append(t.bits, s...)
		return id
	}
	t.sets = append(t.sets, setRef{uint32(len(t.lists)), uint16(s.size()), asList})
	for i, b := range s {
		for ; b != 0; b &= b - 1 {
			t.lists = append(t.lists, uint16(i*64+bits.TrailingZeros64(b)))
		}
	}
	return id
}

// place stores instructions once and returns where they begin.
func (t *tables) place(code []inst) uint32 {
	var b []byte
	for _, in := range code {
		b = binary.LittleEndian.AppendUint32(b, uint32(in))
	}
	key := string(b)
	if at, ok := t.codes[key]; ok {
		return at
	}
	if t.codes == nil {
		t.codes = map[string]uint32{}
	}
	at := uint32(len(t.insts))
	t.codes[key] = at
	t.insts = append(t.insts, code...)
	return at
}

// has tells whether a set holds a word.
func (t *tables) has(id setID, w word) bool {
	r := t.sets[id]
	if r.in == asBits {
		i := uint32(w >> 6)
		return i < uint32(r.n) && t.bits[r.at+i]&(1<<(w&63)) != 0
	}
	for _, x := range t.lists[r.at : r.at+uint32(r.n)] {
		if word(x) == w {
			return true
		}
	}
	return false
}

// meets tells whether a set holds one of the words present.
func (t *tables) meets(id setID, present wordSet) bool {
	r := t.sets[id]
	if r.in == asBits {
		for i, b := range t.bits[r.at : r.at+uint32(r.n)] {
			if b&present[i] != 0 {
				return true
			}
		}
		return false
	}
	for _, x := range t.lists[r.at : r.at+uint32(r.n)] {
		if present[x>>6]&(1<<(x&63)) != 0 {
			return true
		}
	}
	return false
}

// each calls f with the words of a set, in order.
func (t *tables) each(id setID, f func(word)) {
	r := t.sets[id]
	if r.in == asList {
		for _, x := range t.lists[r.at : r.at+uint32(r.n)] {
			f(word(x))
		}
		return
	}
	for i, b := range t.bits[r.at : r.at+uint32(r.n)] {
		for ; b != 0; b &= b - 1 {
			f(word(i*64 + bits.TrailingZeros64(b)))
		}
	}
}

// index lists programs by the word that they begin with.
type index struct {
	from []uint32 // by word; one more than there are words
	list []uint16
}

// newIndex builds the table for words below n; first is where each program begins.
func (t *tables) newIndex(n int, first []setID) index {
	x := index{from: make([]uint32, n+1)}
	for _, id := range first {
		t.each(id, func(w word) { x.from[w+1]++ })
	}
	for w := range n {
		x.from[w+1] += x.from[w]
	}
	x.list = make([]uint16, x.from[n])
	next := append([]uint32(nil), x.from...)
	for i, id := range first {
		t.each(id, func(w word) {
			x.list[next[w]] = uint16(i)
			next[w]++
		})
	}
	return x
}

func (x *index) of(w word) []uint16 { return x.list[x.from[w]:x.from[w+1]] }

// matcher tries programs at places of one sentence.
type matcher struct {
	*tables
	toks  []token // the sentence
	spots *spots  // of the sentence; nil where no match is weighed
	base  int     // of the program in tables.code
	skip  uint64  // words passed by gaps, counted from the start of the match
	from  int
}

// match tries a program at word i and returns the word after the match.
func (m *matcher) match(p *program, i int) (end int, ok bool) {
	m.base, m.from, m.skip = int(p.code), i, 0
	end = m.run(m.base, i)
	return end, end >= 0
}

func (m *matcher) run(pc, i int) int {
	for {
		in := m.insts[pc]
		switch in.op() {
		case opWord:
			if i >= len(m.toks) || int(m.toks[i].id) != in.arg() {
				return -1
			}
			i++
			pc++
		case opSet:
			if i >= len(m.toks) || !m.has(setID(in.arg()), m.toks[i].id) {
				return -1
			}
			i++
			pc++
		case opAhead:
			if i >= len(m.toks) || !m.has(setID(in.arg()), m.toks[i].id) {
				return -1
			}
			pc++
		case opSplit:
			if m.takes(pc+1, i) {
				saved := m.skip
				if end := m.run(pc+1, i); end >= 0 {
					return end
				}
				m.skip = saved
			}
			pc = m.base + in.arg()
		case opJump:
			pc = m.base + in.arg()
		case opGap:
			saved := m.skip
			for n := 0; ; n++ {
				if m.takes(pc+1, i+n) {
					if end := m.run(pc+1, i+n); end >= 0 {
						return end
					}
					m.skip = saved
				}
				if n == in.arg() || i+n >= len(m.toks) {
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

// takes tells whether the instruction at pc can go on at word i, so that a way
// that ends at its first word is not tried.
func (m *matcher) takes(pc, i int) bool {
	switch in := m.insts[pc]; in.op() {
	case opWord:
		return i < len(m.toks) && int(m.toks[i].id) == in.arg()
	case opSet, opAhead:
		return i < len(m.toks) && m.has(setID(in.arg()), m.toks[i].id)
	}
	return true
}
