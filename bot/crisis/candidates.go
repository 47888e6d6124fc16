package crisis

// seen is what one language found out about the words of a block.
type seen struct{ rules, clues candidates }

// candidates are the programs worth trying at each word of a block, found when
// the word is first met: those that begin with it and whose other words are there.
type candidates struct {
	block uint32
	met   []uint32 // by word: the block in which it was met
	at    []span
	list  []uint16
	there []there // by set
}

// there tells whether a word of a set is there in a block. Many programs need the
// same sets, so each set is looked for once a block.
type there struct {
	block uint32
	yes   bool
}

type span struct{ from, to uint32 }

// begin starts a block of text in a language.
func (c *candidates) begin(l *language) {
	if len(c.met) < l.words || len(c.there) < len(l.sets) {
		words, sets := max(len(c.met), l.words), max(len(c.there), len(l.sets))
		c.met, c.at, c.there, c.block = make([]uint32, words), make([]span, words), make([]there, sets), 0
	}
	c.block++
	c.list = c.list[:0]
}

// of returns the candidates at a word.
func (c *candidates) of(l *language, x *index, programs []program, present wordSet, w word) []uint16 {
	if c.met[w] != c.block {
		from := len(c.list)
		for _, pi := range x.of(w) {
			if c.canFit(l, &programs[pi], present) {
				c.list = append(c.list, pi)
			}
		}
		c.met[w], c.at[w] = c.block, span{uint32(from), uint32(len(c.list))}
	}
	return c.list[c.at[w].from:c.at[w].to]
}

// canFit tells whether a block of these words can fit the program.
func (c *candidates) canFit(l *language, p *program, present wordSet) bool {
	for _, id := range l.needs[p.need : p.need+uint32(p.needs)] {
		t := &c.there[id]
		if t.block != c.block {
			*t = there{c.block, l.meets(id, present)}
		}
		if !t.yes {
			return false
		}
	}
	return true
}
