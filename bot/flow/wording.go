package flow

import "strings"

// wordings are phrases that no shipped text may use: advice to leave, blame,
// grading, promises, labels. Compared as whole words in normal form.
func wordings() []string {
	return []string{
		"just leave", "why didnt you", "why dont you leave", "dont you leave", "why did you stay", "why did you go back",
		"why didnt you leave", "why do you stay",
		"you should", "you must", "you need to", "you have to", "you ought to",
		"at least", "relapse", "relapsed", "relapses", "relapsing", "failed", "streak", "streaks", "clean",
		"willpower", "will power", "stay strong", "be strong", "toxic person", "toxic people",
		"narc", "narcs", "supply", "codependent", "codependency", "codependence", "co dependent", "co dependency",
		"crazy", "victim mentality", "know your worth", "you deserve better",
		"they will never change", "theyll never change", "he will never change", "she will never change",
		"they always", "i promise", "you will be fine", "youll be fine",
		"everything happens for a reason", "forgive", "forgives", "forgiving", "closure",
		"good job", "well done", "proud of you", "keep it up",
		"what did you do to", "it takes two", "calm down", "safe place", "addict", "addicts",
		"i understand how you feel", "i know how you feel", "i care", "we missed you", "i missed you",
		"help is coming", "help is on the way",
	}
}

// wording reports phrases that harm, and exclamation marks.
func (p *parser) wording(s string, pos place) {
	if strings.ContainsAny(s, "!\u00a1\u203c\u2049\uff01") {
		p.c.add(pos, ruleExclamation, "no exclamation marks")
	}
	heard := Normalise(s)
	for _, w := range p.wordings {
		if containsWords(heard, w) {
			p.c.add(pos, ruleWording, "%q is not for this place", w)
		}
	}
}
