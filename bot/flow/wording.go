package flow

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordingRule is a group of phrases that no text may use, for one reason. The
// phrases are whole words in normal form.
type wordingRule struct {
	name, what, why, mend string
	phrases               []string
}

// wordings are the rules of wording: what harms people who read it in or after
// an abusive relationship.
func wordings() []wordingRule {
	return []wordingRule{
		{
			"wording-leave", "advice to leave", "leaving is the person's own decision and the time of most danger; whoever hears it often stops talking",
			"offer what helps in every situation, and let the person choose",
			[]string{"just leave", "why dont you leave", "dont you leave", "why didnt you leave", "why didnt you", "you deserve better", "know your worth"},
		},
		{
			"wording-blame", "blame, or a question that blames", "the blame was put on them for years already, and one more time ends the talk",
			"ask what happened or what would help, not why",
			[]string{"why did you stay", "why do you stay", "why did you go back", "what did you do to", "it takes two", "victim mentality"},
		},
		{
			"wording-order", "an order", "being told what to do is what they come from",
			"write \"you could\", \"some people\" or \"may\"",
			[]string{"you should", "you must", "you need to", "you have to", "you ought to"},
		},
		{
			"wording-minimise", "a word that makes it small", "it says that what happened was not so bad",
			"leave it out, or write \"That sounds like a lot.\"",
			[]string{"at least", "everything happens for a reason", "calm down", "you will be fine", "youll be fine"},
		},
		{
			"wording-relapse", "the language of addiction and failure", "contact is not a defeat; a word of shame keeps people from coming back",
			"say what happened: \"you were in touch\"",
			[]string{"relapse", "relapsed", "relapses", "relapsing", "failed", "addict", "addicts", "clean", "supply", "dopamine"},
		},
		{
			"wording-count", "the counting of days", "a count that starts again at nought punishes people for being honest",
			"leave the number out",
			[]string{"streak", "streaks", "days in a row", "day one", "days without contact", "countdown"},
		},
		{
			"wording-strength", "a call for strength", "it says that weakness was the cause",
			"offer something to do for the next minutes",
			[]string{"willpower", "will power", "stay strong", "be strong"},
		},
		{
			"wording-label", "a label or a diagnosis", "the program knows nobody well enough, and a label for the other person is turned against the reader",
			"describe what was done, not what somebody is",
			[]string{"toxic person", "toxic people", "narc", "narcs", "codependent", "codependency", "codependence", "co dependent", "co dependency", "crazy"},
		},
		{
			"wording-diagnosis", "the name of an illness or a trait", "it is for a doctor to say, and the word is used as a weapon on both sides",
			"describe what was done, and what it left",
			[]string{
				"narcissist", "narcissists", "narcissistic", "narcissism", "borderline", "bipolar", "psychopath", "psychopathic", "sociopath", "disorder",
				"diagnosis", "mentally ill", "mental illness", "insane", "trauma bond", "trauma bonded", "stockholm syndrome", "ptsd",
			},
		},
		{
			"wording-victim", "a name for a person by what was done to them, or by what they did", "people are more than that, and many do not call it so",
			"write \"you\", \"they\", or \"somebody who was harmed\"",
			[]string{"victim", "victims", "abuser", "abusers", "perpetrator", "perpetrators", "offender", "offenders", "battered", "your abuse", "your abuser"},
		},
		{
			"wording-gender", "a gender for the other person or the reader", "people of every gender are harmed, by people of every gender; a wrong one says that this is not for them",
			"write \"they\", or leave it out",
			[]string{"he", "she", "him", "his", "hers", "her", "your husband", "your wife", "your boyfriend", "your girlfriend", "guys", "ladies", "sir", "madam"},
		},
		{
			"wording-promise", "a promise or a certainty about people", "nobody can keep it, and a broken promise costs trust and safety",
			"say what the program does, or \"may\"",
			[]string{
				"they will never change", "theyll never change", "he will never change", "she will never change", "they always",
				"i promise", "help is coming", "help is on the way",
			},
		},
		{
			"wording-forgive", "forgiving and closure", "both are asked of them by others all the time, and neither is needed to be well",
			"leave it out",
			[]string{"forgive", "forgives", "forgiving", "closure"},
		},
		{
			"wording-praise", "grading and praise", "who grades may also mark down; the next time they will not tell",
			"write \"Noted.\" or \"Thank you for telling me.\"",
			[]string{"good job", "well done", "proud of you", "keep it up", "great", "amazing", "awesome", "brilliant", "impressive"},
		},
		{
			"wording-feeling", "feelings of a program", "a program has none, and people find out",
			"acknowledge what was said",
			[]string{"i understand how you feel", "i know how you feel", "i care"},
		},
		{
			"wording-guilt", "guilt for being away", "silence is never a fault; it may have been the safe thing",
			"begin anew, without a word about it",
			[]string{"we missed you", "i missed you"},
		},
		{
			"wording-exercise", "the exercise of the safe place", "many have no such place, and looking for it can bring back the worst",
			"let people look around the room they are in",
			[]string{"safe place"},
		},
	}
}

// Limits of wording.
const (
	longestSentence = 15 // words
	mostChoices     = 6  // five, and a way out
	mostMessages    = 2  // in a row
)

// wording reports what no shown text may hold.
func (p *parser) wording(s string, pos place) {
	if strings.ContainsAny(s, "!\u00a1\u203c\u2049\uff01") {
		p.c.add(pos, ruleExclamation, "no exclamation marks")
	}
	if strings.ContainsFunc(s, isEmoji) {
		p.c.add(pos, ruleEmoji, "no emoji")
	}
	if n := longSentence(s); n > longestSentence {
		p.c.add(pos, ruleSentence, "a sentence of %d words; at most %d", n, longestSentence)
	}
	p.reading(s, pos)
	heard := Normalise(s)
	for _, rule := range p.wordings {
		for _, w := range rule.phrases {
			if containsWords(heard, w) {
				p.c.add(pos, rule.name, "%q is not for this place", w)
			}
		}
	}
}

func isEmoji(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2600 && r <= 0x27bf || r == 0x2b50 || r == 0x2b55
}

// longSentence counts the words of the longest sentence.
func longSentence(s string) (most int) {
	words, inWord := 0, false
	for i, r := range s {
		switch {
		case r == '\n', strings.ContainsRune(".?!:;\u2026\u3002", r) && endsThere(s[i+utf8.RuneLen(r):]):
			words, inWord = 0, false
		case unicode.IsSpace(r):
			inWord = false
		case !inWord && (unicode.IsLetter(r) || unicode.IsNumber(r) || r == '{'):
			inWord = true
			words++
			most = max(most, words)
		}
	}
	return most
}

// endsThere tells whether a sentence may end before rest: not in "7.5" or a web
// address.
func endsThere(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsSpace(r) || r == '"' || r == ')'
}

// crowded reports a third message in a row without a question or a wait.
func (p *parser) crowded(b block) {
	run := 0
	for _, n := range b {
		switch n.op.(type) {
		case *sayOp, *showOp, *linesOp, *handOverOp, *exportOp, *chartOp, *secretOp, *linkOp:
			run++
			if run == mostMessages+1 {
				p.c.add(n.pos, ruleMessages, "more than %d messages in a row without a question or a wait", mostMessages)
			}
		case *setOp, *keepOp, *everyOp, *atOp, *cancelOp, *quietOp, *snoozeOp, *dropOp, *hideOp, *forgetOp, *recordOp:
		default:
			run = 0
		}
	}
}

// avoid reports the words that the owners of the scripts do not want in a text.
func (ld *loader) avoid() {
	list := wordList(ld.baseWords, "words_avoid")
	for _, p := range ld.parsers {
		for _, t := range p.texts {
			if t.what == "" {
				continue
			}
			for _, v := range t.variants {
				norm := Normalise(v.src + " " + v.many())
				for _, w := range list {
					if containsWords(norm, w) {
						ld.c.add(v.pos, ruleWordingList, "%q is not for this place", w)
					}
				}
			}
		}
	}
}
