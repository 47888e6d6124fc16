package crisis

import (
	"slices"
	"strings"
)

// wordTable finds the words that a written form stands for. It holds hashes and
// numbers, no text: there are tens of thousands of forms.
type wordTable struct {
	keys []uint64 // open addressing; 0 is free
	vals []int32  // a word, or minus a place in pool
	pool []word   // how many words, and the words
	rank []uint8  // how much a form tells that a text is of this language
}

// newWordTable stores forms. common are the words that mark the language.
func newWordTable(forms map[string][]word, common map[string]bool) *wordTable {
	size := 16
	for size < 2*len(forms) {
		size *= 2
	}
	t := &wordTable{keys: make([]uint64, size), vals: make([]int32, size), rank: make([]uint8, size), pool: []word{0}}
	names := make([]string, 0, len(forms))
	for w := range forms {
		names = append(names, w)
	}
	slices.Sort(names)
	for _, w := range names {
		ids := forms[w]
		h := hash(w)
		at := t.slot(h)
		t.keys[at] = h
		if len(ids) == 1 {
			t.vals[at] = int32(ids[0])
		} else {
			t.vals[at] = -int32(len(t.pool))
			t.pool = append(append(t.pool, word(len(ids))), ids...)
		}
		if common[w] {
			t.rank[at] = 1
		}
	}
	t.pool = slices.Clip(t.pool)
	return t
}

// slot is where the hash stands, or would.
func (t *wordTable) slot(h uint64) int {
	mask := len(t.keys) - 1
	at := int(h>>7) & mask
	for t.keys[at] != 0 && t.keys[at] != h {
		at = (at + 1) & mask
	}
	return at
}

// find returns the place of a form, or -1.
func (t *wordTable) find(h uint64) int {
	at := t.slot(h)
	if t.keys[at] == 0 {
		return -1
	}
	return at
}

// ids returns the words at a place; one is room for a single word.
func (t *wordTable) ids(at int, one *[1]word) []word {
	v := t.vals[at]
	if v >= 0 {
		one[0] = word(v)
		return one[:]
	}
	n := int32(t.pool[-v])
	return t.pool[-v+1 : -v+1+n]
}

// read turns a text into the tokens of this language, and adds up for each
// sentence how much its small words are those of the language.
func (l *language) read(w *writing, toks []token, marks []int32) ([]token, []int32) {
	toks, marks = toks[:0], marks[:0]
	var one [1]word
	for i := range w.words {
		r := &w.words[i]
		if r.sentence {
			marks = append(marks, 0)
		}
		at := l.table.find(r.hash)
		ids := noWord
		if at >= 0 {
			ids = l.table.ids(at, &one)
			marks[len(marks)-1] += int32(l.table.rank[at])
		} else if b := w.bytes(i); !isPlain(b) {
			ids = l.lookupOdd(string(b))
		}
		for k, id := range ids {
			toks = append(toks, token{
				id: id, at: int32(i), start: r.start, end: r.end, sentence: r.sentence && k == 0, clause: r.clause && k == 0,
			})
		}
	}
	return toks, marks
}

// noWord is what an unknown word becomes.
var noWord = []word{0}

// isPlain tells that a word is written in letters alone, none of them drawn out.
func isPlain(w []byte) bool {
	for i, b := range w {
		if b < 'a' || b > 'z' || (i >= 2 && b == w[i-1] && b == w[i-2]) {
			return false
		}
	}
	return true
}

// lookup finds the words that a written form stands for: itself, what the file
// rewrites it to, or the same after undoing drawn-out letters, leet digits and a
// final 's, or splitting what an apostrophe joins ("m'a").
func (l *language) lookup(w string) ([]word, bool) {
	at := l.table.find(hash(w))
	if at < 0 {
		return nil, false
	}
	return slices.Clone(l.table.ids(at, new([1]word))), true
}

// lookupOdd tries the ways in which a word may be written oddly.
func (l *language) lookupOdd(w string) []word {
	try := strings.ReplaceAll(w, "'", "")
	if ids, ok := l.lookup(try); ok {
		return ids
	}
	if front, ok := strings.CutSuffix(w, "'s"); ok {
		if ids, ok := l.lookup(front); ok {
			return ids
		}
	}
	if front, rest, ok := strings.Cut(w, "'"); ok && !strings.Contains(rest, "'") {
		if id, ok := l.elide[front]; ok {
			ids, ok := l.lookup(rest)
			if !ok {
				ids = noWord
				if !isPlain([]byte(rest)) {
					ids = l.lookupOdd(rest)
				}
			}
			return append([]word{id}, ids...)
		}
	}
	if strings.Trim(try, "0123456789") == "" {
		return l.number(try)
	}
	for _, keep := range []int{2, 1} {
		if ids, ok := l.lookup(squeeze(try, keep)); ok {
			return ids
		}
	}
	try = unleet(try)
	for _, keep := range []int{2, 1} {
		if ids, ok := l.lookup(squeeze(try, keep)); ok {
			return ids
		}
	}
	return noWord
}

// number returns the word for a number: a year of this or the last century is
// the word "YEAR", anything else "NUM".
func (l *language) number(w string) []word {
	name := "NUM"
	if len(w) == 4 && (strings.HasPrefix(w, "19") || strings.HasPrefix(w, "20")) {
		name = "YEAR"
	}
	if ids, ok := l.lookup(name); ok {
		return ids
	}
	return noWord
}

// squeeze cuts runs of three or more equal letters down to keep.
func squeeze(w string, keep int) string {
	out := make([]rune, 0, len(w))
	runes := []rune(w)
	for i := 0; i < len(runes); {
		j := i
		for j < len(runes) && runes[j] == runes[i] {
			j++
		}
		n := j - i
		if n >= 3 {
			n = keep
		}
		out = append(out, slices.Repeat(runes[i:i+1], n)...)
		i = j
	}
	return string(out)
}

// unleet reads digits and signs inside a word as the letters they look like.
func unleet(w string) string {
	return strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s").Replace(w)
}
