package flow

import "slices"

// tellingList is the text that holds, for each language, the words that no
// message may hold that comes by itself.
const tellingList = "words_telling"

// tells finds the first of the words in a text; "" where there is none.
func tells(text string, words []string) string {
	heard := Normalise(text)
	for _, w := range words {
		if containsWords(heard, w) {
			return w
		}
	}
	return ""
}

// Telling finds a word in a name that tells whoever holds the phone what this is
// about, as the name of an account or a device; "" where there is none. More are
// words of the place, as the name of an organization.
func Telling(name string, more ...string) string {
	words := telling()
	for _, w := range more {
		words = append(words, Normalise(w))
	}
	return tells(name, words)
}

// Telling finds a word in a text that must not stand in what comes by itself,
// in this language or that of the scripts; "" where there is none.
func (v Voice) Telling(text string) string { return tells(text, v.lib.tellingIn(v.own.lang)) }

func (l *Library) tellingIn(lang string) []string {
	return slices.Concat(l.telling[""], l.telling[lang])
}

// tellingOf reads the list of a language, with the words of the place.
func (ld *loader) tellingOf(from func(string) (string, place, bool)) []string {
	words := wordList(from, tellingList)
	for _, w := range ld.opt.Telling {
		words = append(words, Normalise(w))
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// telling are English words for what this is about, which hold for names
// everywhere.
func telling() []string {
	return []string{
		"abuse", "abused", "abuser", "abusive", "violence", "violent", "domestic", "assault", "safe", "safety", "danger", "crisis",
		"helpline", "help line", "help", "hotline", "police", "shelter", "refuge", "survivor", "survivors", "victim", "victims",
		"support", "advocate", "advocates", "counsellor", "counselor", "counselling", "counseling", "therapy", "trauma", "women", "rescue",
		"no contact", "your ex", "your partner", "partner", "relationship", "urge", "leave", "leaving", "plan", "escape", "stalking",
	}
}
