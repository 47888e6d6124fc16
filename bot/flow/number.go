package flow

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// digits reads a text that is nothing but ASCII digits, six at most.
func digits(s string) (int, bool) {
	if s == "" || len(s) > 6 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// numbers are the words for numbers of a language, normal.
type numbers struct {
	count  map[string]int  // zero, one ...
	place  map[string]int  // first is 1
	beside map[string]bool // words beside the number of a choice
	of     map[string]bool // words before the top of a scale
}

// readNumbers takes the lists of number words of a language apart.
func (ld *loader) readNumbers(from lists) numbers {
	list := func(key string, first int) map[string]int {
		out := map[string]int{}
		all, pos, ok := from(key)
		if !ok {
			return out
		}
		for i, entry := range slices.Collect(strings.SplitSeq(all, ",")) {
			for form := range strings.SplitSeq(entry, "/") {
				n := Normalise(form)
				v, twice := out[n]
				switch {
				case n == "" || strings.Contains(n, " "):
					ld.c.add(pos, ruleValue, "%s holds single words: %q", key, n)
				case twice && v != first+i:
					ld.c.add(pos, ruleValue, "%q stands twice in %s", n, key)
				default:
					out[n] = first + i
				}
			}
		}
		return out
	}
	n := numbers{count: list("words_numbers", 0), place: list("words_places", 1), beside: map[string]bool{}, of: map[string]bool{}}
	for _, w := range wordList(from, "words_choice") {
		n.beside[w] = true
	}
	for _, w := range wordList(from, "words_of") {
		n.of[w] = true
	}
	return n
}

// ordinal reads a choice by its place: "2", "two", "number 2", "option two",
// "the second one". It tries the person's language, then that of the scripts.
func (sp *speech) ordinal(norm string) (int, bool) {
	if n, ok := digits(norm); ok {
		return n, true
	}
	if norm == "" || len(norm) > 24 {
		return 0, false
	}
	for _, s := range sp.own() {
		if n, ok := s.numbers.ordinal(norm); ok {
			return n, true
		}
	}
	return 0, false
}

// own are the languages in which a person counts: theirs and that of the
// scripts. In others a number may be any word.
func (sp *speech) own() []*speech { return sp.order[:min(len(sp.order), 2)] }

func (ns *numbers) ordinal(norm string) (n int, found bool) {
	for w := range strings.SplitSeq(norm, " ") {
		m, ok := digits(w)
		if !ok {
			m, ok = ns.count[w]
		}
		if !ok {
			m, ok = ns.place[w]
		}
		switch {
		case ns.beside[w] && (found || !ok): // "the second one"
		case !ok || found:
			return 0, false
		default:
			n, found = m, true
		}
	}
	return n, found
}

// keycap reads the emoji of a number.
func keycap(s string) (int, bool) {
	s = strings.TrimSpace(s)
	if s == "🔟" {
		return 10, true
	}
	if !strings.ContainsRune(s, 0x20e3) || len(s) > 8 || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	return int(s[0] - '0'), true
}

// thumb reads a thumb up or down, in any skin tone, and the signs that people
// use for them.
func thumb(s string) sign {
	if len(s) > 32 {
		return signNone
	}
	r, n := utf8.DecodeRuneInString(strings.TrimSpace(s))
	for _, c := range strings.TrimSpace(s)[n:] {
		if c != 0xfe0f && (c < 0x1f3fb || c > 0x1f3ff) {
			return signNone
		}
	}
	switch r {
	case '👍', '✅', '✔', '☑', '👌':
		return signYes
	case '👎', '❌', '✖', '❎':
		return signNo
	}
	return signNone
}

// amount reads the one number in a text: "7", "about 7", "7/10", "7 out of 10",
// "seven". Two different numbers are no answer. The whole of a scale ("/10") is
// left aside when it is top. Words are tried in the person's language, then in
// that of the scripts.
func (sp *speech) amount(text string, top float64) (float64, bool) {
	if n, ok := keycap(text); ok {
		return float64(n), true
	}
	if len(text) > 200 {
		return 0, false
	}
	tokens := amountTokens(text)
	if len(tokens) > 8 { // a story, not a number
		return 0, false
	}
	for _, s := range sp.own() {
		if n, seen, ok := s.numbers.amount(tokens, top); seen {
			return n, ok
		}
	}
	return 0, false
}

// amount reads the one number of the tokens; seen tells that there is any.
func (ns *numbers) amount(tokens []string, top float64) (value float64, found, ok bool) {
	whole := false // a "/" or "of" stands before this number
	for _, tok := range tokens {
		if tok == "/" || ns.of[tok] {
			whole = found
			continue
		}
		v, ok := ns.read(tok)
		if !ok {
			whole = false
			continue
		}
		switch {
		case !found:
			found, value = true, v
		case whole && v == top:
		case v != value:
			return 0, true, false
		}
		whole = false
	}
	return value, found, found
}

func (ns *numbers) read(tok string) (float64, bool) {
	if n, ok := ns.count[Normalise(tok)]; ok {
		return float64(n), true
	}
	if len(tok) > 12 || tok[len(tok)-1] < '0' || tok[len(tok)-1] > '9' {
		return 0, false
	}
	v, err := strconv.ParseFloat(tok, 64)
	return v, err == nil && (tok[0] == '-' || tok[0] >= '0' && tok[0] <= '9')
}

// amountTokens splits into words and numbers; a sign or a point stays with its
// number, "/" stands alone.
func amountTokens(text string) []string {
	var out []string
	start := -1
	end := func(i int) {
		if start >= 0 {
			out = append(out, strings.ToLower(text[start:i]))
		}
		start = -1
	}
	isDigit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for i := range len(text) {
		c := text[i]
		switch {
		case isDigit(i), c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= utf8.RuneSelf:
			if start < 0 {
				start = i
			}
		case (c == '.' || c == ',') && isDigit(i-1) && isDigit(i+1) && start >= 0:
			if c == ',' { // a decimal comma, or thousands: not guessed
				end(i)
			}
		case c == '-' && isDigit(i+1) && (i == 0 || text[i-1] == ' '):
			end(i)
			start = i
		default:
			end(i)
			if c == '/' {
				out = append(out, "/")
			}
		}
	}
	end(len(text))
	return out
}
