package crisis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Learned words weigh a passage: words, pairs of words and pairs of senses, with
// a number each, made from the sentences beside the rules and the corpora (see
// train_test.go). They are written in <language>.words and, for senses, in
// senses.words, where they can be read and changed. The numbers of a passage are
// added up. A passage that weighs enough is worth a question even where all else
// is silent; a rule whose passage weighs too little was taken in by harmless words.

// weights are the numbers of all features, of all languages.
type weights struct {
	senses   *senses
	keys     []uint32 // open addressing; 0 is free
	danger   []int8   // how much a feature speaks for danger, in 1/learnedUnit
	used     int
	category map[uint32]*[categories]int8 // for which kind of danger; words and senses alone
	bias     float64                      // what an empty passage weighs
	judgment judgment
	scales   *scales
}

// learned is what a language needs of them.
type learned struct {
	*weights
	meanings *meanings
	seed     uint64
	enough   float64 // what a passage must weigh to be worth a question
	doubt    float64 // what it must weigh with a finding for the finding to stay
}

const categories = 15

// learnedUnit is how many steps of a written number are one.
const learnedUnit = 32

// passage is how many words are weighed together at most, longer sentences in
// overlapping parts.
const passage = 40

// passageSentences is how many sentences that follow each other are weighed together.
const passageSentences = 3

// senseReach is how many words apart the senses of a pair may stand.
const senseReach = 6

// Kinds of features: a word, two neighbours, two with a word between, the first
// and the last word of a passage, a sense, and two senses in order.
const (
	oneWord = iota + 1
	twoWords
	twoApart
	firstWord
	lastWord
	oneSense
	twoSenses
)

// feature is the key of a feature, never 0; seed is that of the language, or 0 for senses.
func feature(seed uint64, kind int, a, b uint32) uint32 {
	h := (seed+uint64(kind))*0x9e3779b97f4a7c15 ^ (uint64(a)<<32 | uint64(b))
	h ^= h >> 31
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 29
	h *= 0x94d049bb133111eb
	return max(1, uint32(h>>32))
}

// eachFeature calls f with every feature of a passage and the words it is made of.
func eachFeature(seed uint64, toks []sensed, f func(key uint32, from, to int)) {
	for i := range toks {
		a := &toks[i]
		f(feature(seed, oneWord, a.stem, 0), i, i+1)
		if i+1 < len(toks) {
			f(feature(seed, twoWords, a.stem, toks[i+1].stem), i, i+2)
		}
		if i+2 < len(toks) {
			f(feature(seed, twoApart, a.stem, toks[i+2].stem), i, i+3)
		}
		for _, n := range a.is {
			if n == 0 {
				break
			}
			f(feature(0, oneSense, uint32(n), 0), i, i+1)
		}
		for j := i + 1; j < len(toks) && j <= i+senseReach && a.is[0] != 0; j++ {
			if m := toks[j].is[0]; m != 0 {
				f(feature(0, twoSenses, uint32(a.is[0]), uint32(m)), i, j+1)
			}
		}
	}
	f(feature(seed, firstWord, toks[0].stem, 0), 0, 1)
	f(feature(seed, lastWord, toks[len(toks)-1].stem, 0), len(toks)-1, len(toks))
}

// parseFeature reads a feature as it is written: "word", "word word", "word _
// word", "^ word" or "word $".
func parseFeature(seed uint64, s string) (uint32, bool) {
	w := strings.Fields(s)
	stemmed := func(i int) uint32 { return uint32(hash(w[i])) }
	switch {
	case len(w) == 1:
		return feature(seed, oneWord, stemmed(0), 0), true
	case len(w) == 2 && w[0] == "^":
		return feature(seed, firstWord, stemmed(1), 0), true
	case len(w) == 2 && w[1] == "$":
		return feature(seed, lastWord, stemmed(0), 0), true
	case len(w) == 2:
		return feature(seed, twoWords, stemmed(0), stemmed(1)), true
	case len(w) == 3 && w[1] == "_":
		return feature(seed, twoApart, stemmed(0), stemmed(2)), true
	}
	return 0, false
}

// parsePair reads "sense" or "sense .. sense".
func (x *senses) parsePair(s string) (uint32, bool) {
	a, b, pair := strings.Cut(s, " .. ")
	n, m := x.number[a], x.number[b]
	switch {
	case n == 0 || (pair && m == 0):
		return 0, false
	case pair:
		return feature(0, twoSenses, uint32(n), uint32(m)), true
	}
	return feature(0, oneSense, uint32(n), 0), true
}

// loadWeights reads senses.tsv and senses.words; both may be missing.
func loadWeights(fsys fs.FS) (*weights, error) {
	names, err := loadSenses(fsys)
	if err != nil {
		return nil, err
	}
	x := &weights{senses: names, keys: make([]uint32, 16), danger: make([]int8, 16), category: map[uint32]*[categories]int8{}, judgment: judgment{}, scales: &scales{}}
	data, err := fs.ReadFile(fsys, "senses.words")
	if errors.Is(err, fs.ErrNotExist) {
		return x, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read learned words: %w", err)
	}
	err = x.parse(data, names.parsePair, func(name string, n float64) bool {
		if name == "bias" {
			x.bias = n
		}
		x.judgment[name] = n
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("senses.words: %w", err)
	}
	x.scales = x.judgment.scales()
	return x, nil
}

// load reads the learned words of a language; nil where it has none.
func (x *weights) load(fsys fs.FS, code string, joined bool) (*learned, error) {
	data, err := fs.ReadFile(fsys, code+".words")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read crisis words: %w", err)
	}
	l := x.empty(code, joined)
	err = x.parse(data, func(s string) (uint32, bool) { return parseFeature(l.seed, s) }, func(name string, n float64) bool {
		switch name {
		case "enough":
			l.enough = n
		case "doubt":
			l.doubt = n
		default:
			return false
		}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("%s.words: %w", code, err)
	}
	return l, nil
}

// empty is a language whose learned words hear nothing.
func (x *weights) empty(code string, joined bool) *learned {
	m := x.senses.words[code]
	if m != nil {
		m.joined = joined
	}
	return &learned{weights: x, meanings: m, seed: hash(code), enough: math.Inf(1), doubt: math.Inf(-1)}
}

// parse reads lines of a feature or a setting, its number, and how much it speaks
// for each category.
func (x *weights) parse(data []byte, key func(string) (uint32, bool), setting func(string, float64) bool) error {
	cats := Categories()
	sc := bufio.NewScanner(bytes.NewReader(data))
	for line := 1; sc.Scan(); line++ {
		text := sc.Text()
		if text == "" || text[0] == '#' {
			continue
		}
		name, rest, ok := strings.Cut(text, "\t")
		number, rest, more := strings.Cut(rest, "\t")
		n, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil {
			return fmt.Errorf("line %d: a word and its number must stand with a tab between", line)
		}
		if name[0] == '=' {
			if !setting(name[1:], n) {
				return fmt.Errorf("line %d: there is no setting %q", line, name)
			}
			continue
		}
		k, ok := key(name)
		if !ok || n < -128 || n > 127 {
			return fmt.Errorf("line %d: %q with %v is no word, sense or pair", line, name, n)
		}
		x.set(k, int8(n))
		for more {
			var cell string
			cell, rest, more = strings.Cut(rest, "\t")
			name, num, _ := strings.Cut(cell, ":")
			c := slices.Index(cats, name)
			v, err := strconv.ParseInt(num, 10, 8)
			if c < 0 || err != nil {
				return fmt.Errorf("line %d: %q is no category with a number", line, cell)
			}
			if x.category[k] == nil {
				x.category[k] = &[categories]int8{}
			}
			x.category[k][c] = int8(v)
		}
	}
	return sc.Err()
}

// slot is where a feature stands, or would.
func (x *weights) slot(key uint32) int {
	mask := uint32(len(x.keys) - 1)
	at := (key ^ key>>15) & mask
	for x.keys[at] != 0 && x.keys[at] != key {
		at = (at + 1) & mask
	}
	return int(at)
}

// set gives a feature its number.
func (x *weights) set(key uint32, n int8) {
	if 2*x.used >= len(x.keys) {
		keys, danger := x.keys, x.danger
		x.keys, x.danger = make([]uint32, 2*len(keys)), make([]int8, 2*len(keys))
		for i, k := range keys {
			if k != 0 {
				at := x.slot(k)
				x.keys[at], x.danger[at] = k, danger[i]
			}
		}
	}
	at := x.slot(key)
	if x.keys[at] == 0 {
		x.used++
	}
	x.keys[at], x.danger[at] = key, n
}

// metSet remembers which features of a passage were met; it is used again.
type metSet struct {
	keys  [metSize]uint32
	times [metSize]uint32
	time  uint32
}

// metSize is more than the features of a passage.
const metSize = 1 << 11

func (m *metSet) begin() {
	if m.time++; m.time == 0 {
		m.times, m.time = [metSize]uint32{}, 1
	}
}

// first tells that a feature was not met since begin.
func (m *metSet) first(key uint32) bool {
	at := key % metSize
	for m.times[at] == m.time {
		if m.keys[at] == key {
			return false
		}
		at = (at + 1) % metSize
	}
	m.keys[at], m.times[at] = key, m.time
	return true
}

// weigh adds up a passage, each feature once. loud is the words that speak most
// for danger, calm those that speak most against it.
func (x *learned) weigh(toks []sensed, met *metSet) (score float64, loud, calm span) {
	met.begin()
	sum, n, most, least := 0, 0, 0, 0
	eachFeature(x.seed, toks, func(key uint32, from, to int) {
		n++
		at := x.slot(key)
		if x.keys[at] == 0 || !met.first(key) {
			return
		}
		d := int(x.danger[at])
		sum += d
		if d > most {
			most, loud = d, span{uint32(from), uint32(to)}
		}
		if d < least {
			least, calm = d, span{uint32(from), uint32(to)}
		}
	})
	return x.bias + float64(sum)/learnedUnit*passageScale(n), loud, calm
}

// passageScale keeps a long passage from weighing more by its length alone.
func passageScale(features int) float64 { return 1 / math.Sqrt(float64(features+1)) }

// categoryOf names the category for which a passage speaks most.
func (x *learned) categoryOf(toks []sensed) string {
	var sums [categories]int
	eachFeature(x.seed, toks, func(key uint32, _, _ int) {
		if c := x.category[key]; c != nil {
			for k, n := range c {
				sums[k] += int(n)
			}
		}
	})
	best := 0
	for k, n := range sums {
		if n > sums[best] {
			best = k
		}
	}
	return Categories()[best]
}
