package crisis

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Learned words hear what neither a rule nor a hint hears. They are a list of
// words and pairs of words with a number each, made from the sentences beside
// the rules and the corpora (see train_test.go), and written in
// <language>.words, where they can be read and changed. The numbers of a passage
// are added up; enough is worth a question. They speak only where all else is
// silent, and never louder than Ask.

// learned are the learned words of a language.
type learned struct {
	bias, enough float64
	keys         []uint64 // open addressing; 0 is free
	danger       []int8   // how much a feature speaks for danger, in 1/learnedUnit
	category     []int8   // for which, len(Categories()) each
}

// learnedUnit is how many steps of a written number are one.
const learnedUnit = 32

// passage is how many words are weighed together at most, longer sentences in
// overlapping parts.
const passage = 40

// passageSentences is how many sentences that follow each other are weighed together.
const passageSentences = 3

// Kinds of features: a word, two neighbours, two with a word between, the first
// and the last word of a passage.
const (
	oneWord = iota + 1
	twoWords
	twoApart
	firstWord
	lastWord
)

func feature(kind int, a, b uint32) uint64 {
	h := uint64(kind)*0x9e3779b97f4a7c15 ^ (uint64(a)<<32 | uint64(b))
	h ^= h >> 31
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 29
	return h | 1
}

// eachFeature calls f with every feature of a passage and the words it is made of.
func eachFeature(toks []token, f func(key uint64, from, to int)) {
	for i := range toks {
		a := toks[i].sense
		f(feature(oneWord, a, 0), i, i+1)
		if i+1 < len(toks) {
			f(feature(twoWords, a, toks[i+1].sense), i, i+2)
		}
		if i+2 < len(toks) {
			f(feature(twoApart, a, toks[i+2].sense), i, i+3)
		}
	}
	f(feature(firstWord, toks[0].sense, 0), 0, 1)
	f(feature(lastWord, toks[len(toks)-1].sense, 0), len(toks)-1, len(toks))
}

// parseFeature reads a feature as it is written: "word", "word word", "word _
// word", "^ word" or "word $".
func parseFeature(s string) (uint64, bool) {
	w := strings.Fields(s)
	switch {
	case len(w) == 1:
		return feature(oneWord, senseName(w[0]), 0), true
	case len(w) == 2 && w[0] == "^":
		return feature(firstWord, senseName(w[1]), 0), true
	case len(w) == 2 && w[1] == "$":
		return feature(lastWord, senseName(w[0]), 0), true
	case len(w) == 2:
		return feature(twoWords, senseName(w[0]), senseName(w[1])), true
	case len(w) == 3 && w[1] == "_":
		return feature(twoApart, senseName(w[0]), senseName(w[2])), true
	}
	return 0, false
}

func senseName[T string | []byte](name T) uint32 { return uint32(hash(name)) }

// stemLetters is how much of a word counts, so that "hitting" and "hitter" are
// one sense. More letters heard less in every language, as measured.
const stemLetters = 4

// stem cuts the ending of a word.
func stem(w []byte) []byte {
	n := 0
	for i := range string(w) {
		if n == stemLetters {
			return w[:i]
		}
		n++
	}
	return w
}

// senseOf is what the learned words take a word for.
func senseOf(w []byte) uint32 { return senseName(stem(w)) }

// parseLearned reads a <language>.words file.
func parseLearned(data []byte) (*learned, error) {
	x := &learned{enough: math.Inf(1)}
	type row struct {
		key    uint64
		danger int8
		cats   [16]int8
	}
	var rows []row
	cats := Categories()
	sc := bufio.NewScanner(bytes.NewReader(data))
	for line := 1; sc.Scan(); line++ {
		cells := strings.Split(sc.Text(), "\t")
		if cells[0] == "" || strings.HasPrefix(cells[0], "#") {
			continue
		}
		if len(cells) < 2 {
			return nil, fmt.Errorf("line %d: a word and its number must stand with a tab between", line)
		}
		n, err := strconv.ParseFloat(cells[1], 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is no number", line, cells[1])
		}
		switch cells[0] {
		case "=bias":
			x.bias = n
			continue
		case "=enough":
			x.enough = n
			continue
		}
		key, ok := parseFeature(cells[0])
		if !ok || n < -128 || n > 127 {
			return nil, fmt.Errorf("line %d: %q with %v is no word or pair of words", line, cells[0], n)
		}
		r := row{key: key, danger: int8(n)}
		for _, c := range cells[2:] {
			name, num, _ := strings.Cut(c, ":")
			k := slices.Index(cats, name)
			v, err := strconv.ParseInt(num, 10, 8)
			if k < 0 || err != nil {
				return nil, fmt.Errorf("line %d: %q is no category with a number", line, c)
			}
			r.cats[k] = int8(v)
		}
		rows = append(rows, r)
	}
	size := 16
	for size < 2*len(rows) {
		size *= 2
	}
	x.keys, x.danger, x.category = make([]uint64, size), make([]int8, size), make([]int8, size*len(cats))
	for _, r := range rows {
		at := x.slot(r.key)
		x.keys[at], x.danger[at] = r.key, r.danger
		copy(x.category[at*len(cats):], r.cats[:len(cats)])
	}
	return x, sc.Err()
}

func (x *learned) slot(key uint64) int {
	mask := len(x.keys) - 1
	at := int(key>>8) & mask
	for x.keys[at] != 0 && x.keys[at] != key {
		at = (at + 1) & mask
	}
	return at
}

// weigh adds up a passage, each feature once. best is the words that speak the
// loudest.
func (x *learned) weigh(toks []token) (score float64, best span) {
	var met [4 * passage]int32
	sum, n, known, most := 0, 0, 0, 0
	eachFeature(toks, func(key uint64, from, to int) {
		n++
		at := x.slot(key)
		if x.keys[at] == 0 || slices.Contains(met[:known], int32(at)) || known == len(met) {
			return
		}
		met[known] = int32(at)
		known++
		d := int(x.danger[at])
		sum += d
		if d > most {
			most, best = d, span{uint32(from), uint32(to)}
		}
	})
	return x.bias + float64(sum)/learnedUnit*passageScale(n), best
}

// passageScale keeps a long passage from weighing more by its length alone.
func passageScale(features int) float64 { return 3 / math.Sqrt(float64(features+1)) }

// categoryOf names the category for which a passage speaks most.
func (x *learned) categoryOf(toks []token) string {
	cats := Categories()
	sums := make([]int, len(cats))
	eachFeature(toks, func(key uint64, _, _ int) {
		at := x.slot(key)
		if x.keys[at] == 0 {
			return
		}
		for k := range sums {
			sums[k] += int(x.category[at*len(cats)+k])
		}
	})
	best := 0
	for k, n := range sums {
		if n > sums[best] {
			best = k
		}
	}
	return cats[best]
}

// learn adds what the learned words hear in passages of this language.
func (s *scanner) learn() {
	x := s.learned
	if x == nil {
		return
	}
	var begins []int // of the sentences before the one at hand, the oldest first
	var top float64
	var from, to int
	var best span
	try := func(a, b int) {
		if b-a < 2 {
			return // one word alone says too little
		}
		if score, words := x.weigh(s.toks[a:b]); score >= x.enough && score > top {
			top, from, to, best = score, a, b, words
		}
	}
	last := -1
	s.eachSentence(func(n, a, b int) {
		if n != last+1 {
			begins = begins[:0] // a foreign sentence stood between
		}
		last = n
		for ; b-a > passage; a += passage / 2 {
			try(a, a+passage)
			begins = begins[:0]
		}
		try(a, b)
		for k := len(begins) - 1; k >= 0 && b-begins[k] <= passage; k-- {
			try(begins[k], b)
		}
		if begins = append(begins, a); len(begins) >= passageSentences {
			begins = begins[1:]
		}
	})
	if to == 0 {
		return
	}
	toks := s.toks[from:to]
	cat := x.categoryOf(toks)
	s.out = append(s.out, Finding{
		Level: Ask, Category: cat, Rule: "learned." + cat,
		Start: int(toks[best.from].start), End: int(toks[best.to-1].end),
	})
}
