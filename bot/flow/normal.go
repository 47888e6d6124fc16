package flow

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalise gives the form in which phrases and answers are compared:
// compatibility form, lower case, no apostrophes, Latin letters without their
// accents, since in a hurry people leave them out, punctuation and signs as
// spaces, spaces folded.
func Normalise(text string) string {
	if s, ok := normalASCII(text); ok {
		return s
	}
	var b strings.Builder
	b.Grow(len(text))
	space, latin := false, false
	for _, r := range norm.NFKD.String(text) {
		switch {
		case latin && unicode.Is(unicode.Mn, r):
		case isApostrophe(r) || isIgnorable(r):
		case unicode.IsLetter(r) || unicode.IsNumber(r) || isMark(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			latin = unicode.Is(unicode.Latin, r)
			b.WriteRune(unicode.ToLower(r))
		default:
			space, latin = true, false
		}
	}
	return norm.NFKC.String(b.String()) // what was left out may have kept two apart
}

// normalASCII is Normalise for plain ASCII; it returns the text itself when it
// is normal already.
func normalASCII(text string) (string, bool) {
	clean := true
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			return "", false
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == ' ' && i > 0 && i < len(text)-1 && text[i-1] != ' ':
		default:
			clean = false
		}
	}
	if clean {
		return text, true
	}
	b := make([]byte, 0, len(text))
	space := false
	for i := range len(text) {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			if space && len(b) > 0 {
				b = append(b, ' ')
			}
			space = false
			b = append(b, c)
		case c == '\'' || c == '`':
		default:
			space = true
		}
	}
	return string(b), true
}

func isApostrophe(r rune) bool {
	switch r {
	case '\'', '`', '\u00b4', '\u2018', '\u2019', '\u02bc', '\u2032', '\uff07':
		return true
	}
	return false
}

// isMark tells letters' marks from the enclosing marks and selectors of emoji.
func isMark(r rune) bool { return unicode.IsMark(r) && !isIgnorable(r) }

// isIgnorable: what cannot be seen, so that two texts that look the same are.
func isIgnorable(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Me, r) || unicode.Is(unicode.Variation_Selector, r)
}

// oneEdit tells whether a and b differ by at most one inserted, missing,
// changed or swapped rune.
func oneEdit(a, b string) bool {
	if a == b {
		return true
	}
	if len(a) > len(b)+utf8.UTFMax || len(b) > len(a)+utf8.UTFMax {
		return false
	}
	for a != "" && b != "" { // common start
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if ra != rb {
			break
		}
		a, b = a[na:], b[nb:]
	}
	for a != "" && b != "" { // common end
		ra, na := utf8.DecodeLastRuneInString(a)
		rb, nb := utf8.DecodeLastRuneInString(b)
		if ra != rb {
			break
		}
		a, b = a[:len(a)-na], b[:len(b)-nb]
	}
	la, lb := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if la <= 1 && lb <= 1 {
		return true
	}
	if la != 2 || lb != 2 {
		return false
	}
	ra, rb := []rune(a), []rune(b)
	return ra[0] == rb[1] && ra[1] == rb[0]
}

// closeTo tells whether what was heard may be a misspelling of word, which may
// be several words: one edit, in a word of four letters or more, or a space too
// many or too few. A word with a digit has no misspellings, and "can" and
// "can't" are never taken for each other.
func closeTo(heard, word string) bool {
	if len(heard) < 3 || len(word) < 4 || !oneEdit(heard, word) {
		return false
	}
	for heard != "" || word != "" {
		h, hrest, hmore := strings.Cut(heard, " ")
		w, wrest, wmore := strings.Cut(word, " ")
		if h == w {
			heard, word = hrest, wrest
			continue
		}
		if hmore != wmore || strings.Count(hrest, " ") != strings.Count(wrest, " ") {
			return strings.ReplaceAll(heard, " ", "") == strings.ReplaceAll(word, " ", "")
		}
		return utf8.RuneCountInString(w) >= 4 && !strings.ContainsAny(h+w, "0123456789") && !negates(h, w) && !negates(w, h)
	}
	return true
}

// negates tells whether b is a with "'t" behind it.
func negates(a, b string) bool {
	return strings.HasSuffix(a, "n") && b == a+"t"
}

// containsWords tells whether phrase stands in text as whole words. Both are
// normal.
func containsWords(text, phrase string) bool {
	for from := 0; phrase != ""; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(phrase)
		if (i == 0 || text[i-1] == ' ') && (end == len(text) || text[end] == ' ') {
			return true
		}
		from = i + 1
	}
	return false
}

// cut shortens text to at most limit runes, on the border of a visible
// character, and marks the cut with an ellipsis.
func cut(text string, limit int) string {
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	rs := []rune(text)
	i := limit - 1
	for i > 0 && joins(rs, i) {
		i--
	}
	return strings.TrimRightFunc(string(rs[:i]), unicode.IsSpace) + "…"
}

// joins tells whether the rune at i belongs to the character before it. It
// covers marks, joiners, selectors, skin tones and flags.
func joins(rs []rune, i int) bool {
	r, before := rs[i], rs[i-1]
	switch {
	case unicode.IsMark(r), r == 0x200d, before == 0x200d:
		return true
	case r >= 0x1f3fb && r <= 0x1f3ff, r >= 0xe0020 && r <= 0xe007f:
		return true
	case isFlag(r) && isFlag(before):
		n := 0
		for j := i - 1; j >= 0 && isFlag(rs[j]); j-- {
			n++
		}
		return n%2 == 1
	}
	return before == '\r' && r == '\n'
}

func isFlag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
