package flow

import (
	"strings"
	"unicode"
)

// lookalikes are letters of other scripts that look like Latin ones, and those.
func lookalikes() map[rune]rune {
	m := map[rune]rune{}
	cyrillic, latin := []rune("авеікмнорстухѕјԁһԛԝ"), []rune("abeikmhopctyxsjdhqw")
	for i, r := range cyrillic {
		m[r], m[unicode.ToUpper(r)] = latin[i], unicode.ToUpper(latin[i])
	}
	greek, latin := []rune("αβεικνορτυχϲϳ"), []rune("abeiknoptuxcj")
	for i, r := range greek {
		m[r], m[unicode.ToUpper(r)] = latin[i], unicode.ToUpper(latin[i])
	}
	return m
}

// Unmask writes words in which Latin letters stand beside letters of another
// script that look like them ("ѕtop") with Latin letters alone. Whoever writes
// so, by a trick or a strange keyboard, means the word that is seen. Words of
// one script stay as they are.
func Unmask(text string) string {
	if !strings.ContainsFunc(text, foreign) {
		return text
	}
	fold := lookalikes()
	var b strings.Builder
	b.Grow(len(text))
	word := func(w string) {
		if !strings.ContainsFunc(w, foreign) || !strings.ContainsFunc(w, isLatin) {
			b.WriteString(w)
			return
		}
		for _, r := range w {
			if l, ok := fold[r]; ok {
				r = l
			}
			b.WriteRune(r)
		}
	}
	start := -1
	for i, r := range text {
		if unicode.IsLetter(r) || isIgnorable(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			word(text[start:i])
			start = -1
		}
		b.WriteRune(r)
	}
	if start >= 0 {
		word(text[start:])
	}
	return b.String()
}

func foreign(r rune) bool { return unicode.In(r, unicode.Cyrillic, unicode.Greek) }

func isLatin(r rune) bool { return unicode.Is(unicode.Latin, r) }
