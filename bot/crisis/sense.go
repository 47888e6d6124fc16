package crisis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Senses are what words mean, across languages: senses.tsv has a row for each and
// a column for each language. The learned words know a sense wherever it is
// spoken, so that what was learned in one language is heard in the others.

// sensed is a word as the learned words take it: its first letters, and up to two
// senses, numbered from 1; 0 is none.
type sensed struct {
	stem uint32
	is   [2]uint16
}

// senses are all rows, and the words of each language.
type senses struct {
	names  []string // names[n-1] is sense n
	number map[string]uint16
	words  map[string]*meanings
}

// meanings are the words of one language with their senses. It holds hashes and
// numbers, no text.
type meanings struct {
	whole, begin map[uint64][2]uint16 // by hash: a word, and how a word begins
	longest      int                  // bytes of the longest beginning
	widest       int                  // bytes of the longest whole word
	joined       bool                 // words are joined to longer ones, whose end says what they mean
}

// loadSenses reads senses.tsv; none where there is no such file.
func loadSenses(fsys fs.FS) (*senses, error) {
	x := &senses{number: map[string]uint16{}, words: map[string]*meanings{}}
	data, err := fs.ReadFile(fsys, "senses.tsv")
	if errors.Is(err, fs.ErrNotExist) {
		return x, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read senses: %w", err)
	}
	var langs []string
	sc := bufio.NewScanner(bytes.NewReader(data))
	for line := 1; sc.Scan(); line++ {
		cells := strings.Split(sc.Text(), "\t")
		switch {
		case strings.HasPrefix(cells[0], "#") || cells[0] == "":
		case langs == nil:
			langs = cells[1:]
			for _, code := range langs {
				x.words[code] = &meanings{whole: map[uint64][2]uint16{}, begin: map[uint64][2]uint16{}}
			}
		case len(cells) != len(langs)+1 || x.number[cells[0]] != 0 || strings.Contains(cells[0], " "):
			return nil, fmt.Errorf("senses.tsv:%d: a row has a name of its own, one word, and a cell for each language", line)
		default:
			x.names = append(x.names, cells[0])
			n := uint16(len(x.names))
			x.number[cells[0]] = n
			for i, code := range langs {
				for _, w := range strings.Fields(cells[i+1]) {
					x.words[code].add(w, n)
				}
			}
		}
	}
	return x, sc.Err()
}

// add gives a word, or with a star at its end the beginning of words, a sense.
func (m *meanings) add(w string, n uint16) {
	table := m.whole
	begin, star := strings.CutSuffix(w, "*")
	w = plainWord(begin)
	if star {
		table = m.begin
		m.longest = max(m.longest, len(w))
	} else {
		m.widest = max(m.widest, len(w))
	}
	is := table[hash(w)]
	if i := slices.Index(is[:], 0); i >= 0 {
		is[i] = n
		table[hash(w)] = is
	}
}

// of returns the senses of a word: its own, or those of its longest known
// beginning, or of the end of a joined word.
func (m *meanings) of(w []byte) [2]uint16 {
	if m == nil {
		return [2]uint16{}
	}
	if is, ok := m.whole[hash(w)]; ok {
		return is
	}
	var best [2]uint16
	h := hash("")
	for i := 0; i < len(w) && i < m.longest; i++ {
		h = (h ^ uint64(w[i])) * 1099511628211
		if is, ok := m.begin[h]; ok {
			best = is
		}
	}
	if best[0] != 0 || !m.joined {
		return best
	}
	for from := m.firstEnd(len(w)); from+4 <= len(w); from++ {
		if is, ok := m.whole[hash(w[from:])]; ok {
			return is
		}
	}
	return best
}

// firstEnd is where the first end of a joined word of n bytes begins that may be
// known, so that a text without spaces costs no more than others.
func (m *meanings) firstEnd(n int) int { return max(3, n-m.widest) }

// stemLetters is how much of a word counts beside its senses, so that "hitting"
// and "hitter" are one. More letters heard less in every language, as measured.
const stemLetters = 5

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

// bare is what is left of a word that an apostrophe joins to a short one.
func bare(w []byte) []byte {
	i := bytes.LastIndexByte(w, '\'')
	switch {
	case i < 0:
		return w
	case len(w)-i > 3:
		return w[i+1:]
	}
	return w[:i]
}

// senseOf is what the learned words take a word for.
func (m *meanings) senseOf(w []byte) sensed {
	w = bare(w)
	return sensed{stem: uint32(hash(stem(w))), is: m.of(w)}
}
