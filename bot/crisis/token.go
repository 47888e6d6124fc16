package crisis

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is the number of a word in a language's vocabulary. Zero stands for every
// word that no pattern knows; only gaps match it.
type word int32

// token is one word of a text.
type token struct {
	id         word
	start, end int  // bytes in the original text
	sentence   bool // the first word of a sentence
	clause     bool // a comma, dash or colon stands before it
}

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

// cutter walks a text and emits its tokens.
type cutter struct {
	lang     *language
	toks     []token
	buf      []byte // the word being read, folded
	start    int    // of buf in the text
	last     kind
	sentence bool
	clause   bool
	stopped  bool // sentence as it was before the last point
	dotted   bool // several points stand before the next word
	upper    bool // the rune at hand is a capital
}

// cut splits a text into tokens, appending to toks.
func (l *language) cut(text string, toks []token) []token {
	c := cutter{lang: l, toks: toks, sentence: true, last: space}
	if cap(toks) == 0 {
		c.toks = make([]token, 0, len(text)/4+4)
	}
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
	return c.toks
}

// rune takes one folded rune that stands at text[from:to].
func (c *cutter) rune(r rune, from, to int) {
	k := kindOf(r)
	switch k {
	case letter, digit:
		if len(c.buf) == 0 {
			c.start = from
			// After several points a capital begins a sentence, another letter
			// goes on with the old one.
			c.sentence = c.sentence || (c.dotted && c.upper)
		}
		c.dotted = false
		c.buf = utf8.AppendRune(c.buf, r)
	case joiner:
		if len(c.buf) > 0 {
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
			c.clause = true
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

// flush ends the word being read at byte end.
func (c *cutter) flush(end int) {
	if len(c.buf) == 0 {
		return
	}
	for len(c.buf) > 0 && kindOf(rune(c.buf[len(c.buf)-1])) == joiner {
		c.buf = c.buf[:len(c.buf)-1]
	}
	for _, id := range c.lang.lookup(c.buf) {
		c.toks = append(c.toks, token{id: id, start: c.start, end: end, sentence: c.sentence, clause: c.clause})
		c.sentence, c.clause = false, false
	}
	c.buf = c.buf[:0]
}

// noWord is what an unknown word becomes.
var noWord = []word{0}

// lookup finds the words that a written word stands for: itself, what the file
// rewrites it to, or the same after undoing drawn-out letters, leet digits and a
// final 's, or splitting what an apostrophe joins ("m'a").
func (l *language) lookup(w []byte) []word {
	if ids, ok := l.forms[string(w)]; ok {
		return ids
	}
	plain := true
	for i, b := range w {
		if b < 'a' || b > 'z' || (i >= 2 && b == w[i-1] && b == w[i-2]) {
			plain = false
			break
		}
	}
	if plain {
		return noWord
	}
	return l.lookupOdd(string(w))
}

// lookupOdd tries the ways in which a word may be written oddly.
func (l *language) lookupOdd(w string) []word {
	try := strings.ReplaceAll(w, "'", "")
	if ids, ok := l.forms[try]; ok {
		return ids
	}
	if front, ok := strings.CutSuffix(w, "'s"); ok {
		if ids, ok := l.forms[front]; ok {
			return ids
		}
	}
	if front, rest, ok := strings.Cut(w, "'"); ok && !strings.Contains(rest, "'") {
		if id, ok := l.elide[front]; ok {
			return append([]word{id}, l.lookup([]byte(rest))...)
		}
	}
	if strings.Trim(try, "0123456789") == "" {
		return l.number(try)
	}
	for _, keep := range []int{2, 1} {
		if ids, ok := l.forms[squeeze(try, keep)]; ok {
			return ids
		}
	}
	try = unleet(try)
	for _, keep := range []int{2, 1} {
		if ids, ok := l.forms[squeeze(try, keep)]; ok {
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
	if ids, ok := l.forms[name]; ok {
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
