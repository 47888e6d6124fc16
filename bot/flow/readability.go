package flow

import (
	"strings"
	"unicode"
)

// FleschKincaid gives the grade of an English text after Flesch and Kincaid: how
// many years of school it takes to read it. It counts syllables by letters, so
// one word may be off; over some sentences it is close. A text without words has
// grade 0.
func FleschKincaid(text string) float64 {
	words, sentences, syllables := measure(text, englishSyllables)
	if words == 0 {
		return 0
	}
	return 0.39*float64(words)/float64(sentences) + 11.8*float64(syllables)/float64(words) - 15.59
}

// FernandezHuerta gives the ease of a Spanish text after Fernández Huerta, from
// about 0 (hard) to 100 and more (very easy); 70 to 80 is the fifth or sixth
// year of school. A text without words has 0.
func FernandezHuerta(text string) float64 {
	words, sentences, syllables := measure(text, spanishSyllables)
	if words == 0 {
		return 0
	}
	return 206.84 - 60*float64(syllables)/float64(words) - 1.02*float64(words)/float64(sentences)
}

// measure counts words, sentences and syllables. A line end ends a sentence.
func measure(text string, syllables func(string) int) (words, sentences, total int) {
	inSentence := 0
	end := func() {
		if inSentence > 0 {
			sentences++
			inSentence = 0
		}
	}
	for line := range strings.Lines(text) {
		for field := range strings.FieldsSeq(line) {
			word := strings.Map(func(r rune) rune {
				if unicode.IsLetter(r) {
					return unicode.ToLower(r)
				}
				return -1
			}, field)
			if word != "" {
				words++
				inSentence++
				total += max(1, syllables(word))
			}
			if strings.ContainsAny(field[len(field)-1:], ".?:;!") {
				end()
			}
		}
		end()
	}
	return words, sentences, total
}

// englishSyllables counts the groups of vowels of a word, without a silent e at
// its end.
func englishSyllables(word string) int {
	n, vowel := 0, false
	for _, r := range word {
		v := strings.ContainsRune("aeiouy", r)
		if v && !vowel {
			n++
		}
		vowel = v
	}
	switch {
	case n > 1 && strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "le") && !strings.HasSuffix(word, "ee"),
		n > 1 && strings.HasSuffix(word, "es") && !endsIn(word, "ses", "ces", "zes", "xes", "shes", "ches", "ges"),
		n > 1 && strings.HasSuffix(word, "ed") && !endsIn(word, "ted", "ded"):
		n--
	}
	return n
}

func endsIn(word string, ends ...string) bool {
	for _, e := range ends {
		if strings.HasSuffix(word, e) {
			return true
		}
	}
	return false
}

// spanishSyllables counts the nuclei of a word: two strong vowels are two, and so
// is a weak one with an accent beside a strong one; "que" and "gui" have a silent
// u, and y is a vowel at the end.
func spanishSyllables(word string) int {
	letters := []rune(word)
	n, last := 0, ' ' // last is the vowel just before, or a blank
	for i, r := range letters {
		kind := spanishVowel(r)
		if r == 'y' && i == len(letters)-1 {
			kind = weak
		}
		if r == 'u' && i > 0 && i+1 < len(letters) && strings.ContainsRune("qg", letters[i-1]) && strings.ContainsRune("eiéí", letters[i+1]) {
			kind = noVowel
		}
		switch {
		case kind == noVowel:
			last = ' '
			continue
		case last == ' ', last == strong && kind != weak, last == stressed, last == weak && kind == stressed && letters[i-1] == r:
			n++
		case last == weak && kind == stressed && strings.ContainsRune("íú", r):
			n++
		}
		last = kind
	}
	return n
}

// Kinds of a Spanish vowel.
const (
	noVowel  = 'n'
	weak     = 'w' // i, u, ü: shares its syllable
	strong   = 's' // a, e, o
	stressed = 'a' // í, ú: has a syllable of its own
)

func spanishVowel(r rune) rune {
	switch {
	case strings.ContainsRune("aeoáéó", r):
		return strong
	case strings.ContainsRune("íú", r):
		return stressed
	case strings.ContainsRune("iuü", r):
		return weak
	}
	return noVowel
}
