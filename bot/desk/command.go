package desk

import (
	"slices"
	"strings"
)

// Order is what a member of staff wants of the bot with a line that they wrote
// in a thread.
type Order struct {
	Verb Verb
	Arg  string // a colleague, a language, a reason, the name of a text; as written
}

// Verb is the kind of an Order.
type Verb string

// The verbs. Say is everything that is meant for the person.
const (
	Say       Verb = "say"
	Note      Verb = "note" // for colleagues only; never crosses
	DoClaim   Verb = "claim"
	DoRelease Verb = "release"
	DoPass    Verb = "pass"
	DoInvite  Verb = "invite"
	DoPause   Verb = "pause"
	DoResume  Verb = "resume"
	DoClose   Verb = "close"
	DoOpen    Verb = "open"    // begin a new case with the person of one that is over
	Canned    Verb = "text"    // a prepared text by its name
	Help      Verb = "help"    // the list of these words
	OnCall    Verb = "on call" // who is on call
	Cases     Verb = "cases"   // the open cases
	GoAway    Verb = "away"    // not there until they come back
	ComeBack  Verb = "here"
	Confirm   Verb = "confirm" // a colleague whose keys have changed; Arg is their name and a number
	Unclear   Verb = "unclear" // looks like an order, and is none: nothing crosses
)

// ReadOrder reads a line that staff wrote in the thread of a case. reasons are
// the words with which a case may be closed. lang is the language that staff
// read: its words are orders beside the English ones.
//
// Two mistakes could do harm: a note that reaches the person, and an answer
// that does not. So a line that begins with "note" is always a note; "pass",
// "invite" and "text" with one or two words after them are always orders, even
// when they name nobody that is known; "confirm" with a word and four digits is
// one; every other order must be the whole line. What begins with "say " is said,
// whatever follows.
func ReadOrder(line string, reasons []string, lang string) Order {
	line = strings.TrimSpace(line)
	plain := strings.ToLower(strings.Trim(line, " .?!¿¡"))
	words := wordsIn(lang)
	if v, ok := words.alone[plain]; ok {
		return Order{Verb: v}
	}
	first, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch verb := words.first[strings.ToLower(strings.TrimRight(strings.TrimPrefix(first, "!"), ":"))]; verb {
	case Say:
		if rest != "" {
			return Order{Verb: Say, Arg: rest}
		}
		return Order{Verb: Unclear}
	case Note:
		return Order{Verb: Note, Arg: rest}
	case DoPass, DoInvite, Canned:
		if n := len(strings.Fields(rest)); n > 2 {
			break
		} else if n == 0 {
			return Order{Verb: Unclear}
		}
		return Order{Verb: verb, Arg: words.name(rest)}
	case Confirm:
		if words := strings.Fields(rest); len(words) == 2 && len(words[1]) == 4 && strings.Trim(words[1], "0123456789") == "" {
			return Order{Verb: Confirm, Arg: words[0] + " " + words[1]}
		}
	case DoClose:
		if slices.Contains(reasons, strings.ToLower(rest)) {
			return Order{Verb: DoClose, Arg: strings.ToLower(rest)}
		}
	}
	if strings.HasPrefix(line, "!") {
		return Order{Verb: Unclear}
	}
	return Order{Verb: Say, Arg: line}
}
