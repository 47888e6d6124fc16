package crisis

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is the number of a word in a language's vocabulary. Zero stands for every
// word that no pattern knows; only gaps match it.
type word int32

// token is one word of a text as one language reads it.
type token struct {
	id         word
	at         int32 // in writing.words
	start, end int32 // bytes in the original text
	sentence   bool  // the first word of a sentence
	clause     bool  // a comma, dash or colon stands before it
}

// written is one word as it stands in the text, before any language reads it.
type written struct {
	from, to   int32 // in writing.buf, folded
	start, end int32 // in the text
	hash       uint64
	sentence   bool
	clause     bool
}

// writing is a text cut into words. All languages read the same one.
type writing struct {
	buf   []byte
	words []written
}

func (w *writing) bytes(i int) []byte { return w.buf[w.words[i].from:w.words[i].to] }

// fold turns one rune of decomposed text into its plain form; -1 drops it.
// Marks go, so that a missing accent does not matter.
func fold(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	case unicode.In(r, unicode.Mn, unicode.Cf, unicode.Me):
		return -1
	case r == '\u2019' || r == '\u2018' || r == '\u02bc' || r == '\u00b4' || r == '\u2032':
		return '\''
	case r == '\u2026' || r == '\u3002':
		return '.'
	case r == '\u2013' || r == '\u2014':
		return ','
	}
	return unicode.ToLower(r)
}

// kind sorts runes for cutting.
type kind int

const (
	space  kind = iota
	letter      // part of a word
	digit       // part of a word or number
	joiner      // an apostrophe, or * and @ hiding a letter: part of a word inside one
	stop        // ends a sentence
	pause       // ends a clause
	symbol      // a word by itself: an emoji
	point       // a point ends a sentence, a colon or several points a clause
)

func kindOf(r rune) kind {
	switch {
	case 'a' <= r && r <= 'z':
		return letter
	case '0' <= r && r <= '9':
		return digit
	case r == ' ':
		return space
	case r == '\'' || r == '`' || r == '*' || r == '@' || r == '$':
		return joiner
	case r == '!' || r == '?' || r == '\n' || r == '\r' || r == ';':
		return stop
	case r == '.' || r == ':':
		return point
	case r == ',' || r == '-' || r == '(' || r == ')' || r == '/' || r == '"':
		return pause
	case r < utf8.RuneSelf:
		return space
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		return letter
	case unicode.In(r, unicode.So, unicode.Sk):
		return symbol
	}
	return space
}

// cutter walks a text and emits its words.
type cutter struct {
	*writing
	from     int // of the word being read in buf
	start    int // of the word being read in the text
	last     kind
	sentence bool
	clause   bool
	stopped  bool // sentence as it was before the last point or colon
	dotted   bool // several points stand before the next word
	upper    bool // the rune at hand is a capital
}

// cut splits a text into words, in place of what w held.
func (w *writing) cut(text string) {
	w.buf, w.words = w.buf[:0], w.words[:0]
	c := cutter{writing: w, sentence: true, last: space}
	ascii := true
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		for i := 0; i < len(text); i++ {
			c.upper = 'A' <= text[i] && text[i] <= 'Z'
			c.rune(fold(rune(text[i])), i, i+1)
		}
	} else {
		var it norm.Iter
		it.InitString(norm.NFKD, text)
		for !it.Done() {
			from := it.Pos()
			seg := it.Next()
			for len(seg) > 0 {
				r, n := utf8.DecodeRune(seg)
				seg = seg[n:]
				c.upper = unicode.IsUpper(r)
				if r = fold(r); r >= 0 {
					c.rune(r, from, it.Pos())
				}
			}
		}
	}
	c.flush(len(text))
}

// rune takes one folded rune that stands at text[from:to].
func (c *cutter) rune(r rune, from, to int) {
	k := kindOf(r)
	switch k {
	case letter, digit:
		if len(c.buf) == c.from {
			c.start = from
			// After several points a capital begins a sentence, another letter
			// goes on with the old one.
			c.sentence = c.sentence || (c.dotted && c.upper)
		}
		c.dotted = false
		c.buf = utf8.AppendRune(c.buf, r)
	case joiner:
		if len(c.buf) > c.from {
			c.buf = utf8.AppendRune(c.buf, r)
		}
	case point:
		c.flush(from)
		switch {
		case r == '.' && c.last == point: // "he.. he has" is one sentence
			c.sentence, c.clause, c.dotted = c.stopped, true, true
		case r == '.':
			c.stopped, c.sentence = c.sentence, true
		default:
			c.stopped, c.clause = c.sentence, true
		}
	case stop:
		c.flush(from)
		c.sentence = true
	case pause:
		c.flush(from)
		c.clause = true
	case symbol:
		c.flush(from)
		c.start = from
		c.buf = utf8.AppendRune(c.buf, r)
		c.flush(to)
	default:
		c.flush(from)
	}
	c.last = k
}

// flush ends the word being read at byte end of the text.
func (c *cutter) flush(end int) {
	to := len(c.buf)
	for to > c.from && kindOf(rune(c.buf[to-1])) == joiner {
		to--
	}
	if to > c.from {
		c.words = append(c.words, written{
			from: int32(c.from), to: int32(to), start: int32(c.start), end: int32(end),
			hash: hash(c.buf[c.from:to]), sentence: c.sentence, clause: c.clause,
		})
		c.sentence, c.clause = false, false
	}
	c.from = len(c.buf)
}

// hash is FNV-1a.
func hash[T string | []byte](w T) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(w) {
		h = (h ^ uint64(w[i])) * 1099511628211
	}
	return h
}
