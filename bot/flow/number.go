package flow

import (
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

// numberWord reads the English words for 0 to 12.
func numberWord(w string) (int, bool) {
	for i, name := range [...]string{
		"zero", "one", "two", "three", "four", "five", "six",
		"seven", "eight", "nine", "ten", "eleven", "twelve",
	} {
		if w == name {
			return i, true
		}
	}
	return 0, false
}

// ordinal reads a choice by its place: "2", "two", "number 2", "option two",
// "the second one".
func ordinal(norm string) (int, bool) {
	if n, ok := digits(norm); ok {
		return n, true
	}
	if len(norm) > 24 {
		return 0, false
	}
	found, n := false, 0
	for w := range strings.SplitSeq(norm, " ") {
		switch w {
		case "number", "option", "choice", "answer", "the":
			continue
		case "one": // "the second one"
			if found {
				continue
			}
		}
		m, ok := digits(w)
		if !ok {
			m, ok = numberWord(w)
		}
		if !ok {
			for i, name := range [...]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"} {
				if w == name {
					m, ok = i+1, true
				}
			}
		}
		if !ok || found {
			return 0, false
		}
		found, n = true, m
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
// left aside when it is top.
func amount(text string, top float64) (float64, bool) {
	if n, ok := keycap(text); ok {
		return float64(n), true
	}
	if len(text) > 200 {
		return 0, false
	}
	found := false
	var value float64
	whole := false // a "/" or "of" stands before this number
	tokens := amountTokens(text)
	if len(tokens) > 8 { // a story, not a number
		return 0, false
	}
	for _, tok := range tokens {
		if tok == "/" || tok == "of" {
			whole = found
			continue
		}
		v, ok := amountToken(tok)
		if !ok {
			whole = false
			continue
		}
		switch {
		case !found:
			found, value = true, v
		case whole && v == top:
		case v != value:
			return 0, false
		}
		whole = false
	}
	return value, found
}

func amountToken(tok string) (float64, bool) {
	if n, ok := numberWord(tok); ok {
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
