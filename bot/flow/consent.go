package flow

import (
	"slices"
	"strings"
)

// Consent is about what came by itself last: the person asks for it anew (Again),
// or it ends, with all of its kind.
type Consent struct{ Again bool }

func (Consent) effect() {}

// consentOp leaves that effect.
type consentOp struct{ do string }

func (*consentOp) isOp() {}

func consentActs() []string { return []string{"again", "end"} }

// flowAgreed asks whether what was agreed to goes on. The host begins it in the
// place of what was due.
const flowAgreed = "agreed.again"

// flowKnock comes before what people of the organization write to somebody who has
// been away. The host begins it.
const flowKnock = "human.hello"

const (
	// nameAgreed stands for what the person has agreed to, with dates.
	nameAgreed = "agreed"
	// nameKind is the kind of what came by itself last.
	nameKind = "prompted_kind"
)

// prefixConsent begins the name of what the host notes for a kind that the
// person agreed to: the date and the wording; "" where they did not.
const prefixConsent = "consent_"

// isConsent tells whether a name is such a one.
func isConsent(name string) bool {
	kind, ok := strings.CutPrefix(name, prefixConsent)
	return ok && (kind == "other" || slices.Contains(Kinds(), kind))
}

func (p *parser) consent(v pair) op {
	s, ok := p.str(v.v, "consent")
	if ok && !slices.Contains(consentActs(), s) {
		p.c.add(at(p.file, v.v), ruleValue, "consent is again or end")
	}
	return &consentOp{s}
}

// consentTexts are what the host says of what was agreed to.
func consentTexts() []Sentence {
	kind := func(key, about, example string) Sentence {
		return Sentence{Key: "kind_" + key, About: "name of a kind of what comes by itself: " + about, Example: example}
	}
	return []Sentence{
		{Key: "agreed_line", Names: []string{"what", "date"}, Must: []string{"what", "date"}, About: "one thing that the person agreed to, in a list", Example: "{{what}}: since {{date}}"},
		{Key: "agreed_none", About: "in place of that list, when there is nothing", Example: "Nothing comes by itself."},
		kind("checkin", "the daily hello", "the hello"),
		kind("reasons", "a line of the person's own", "lines of yours"),
		kind("week", "a look back", "the weekly hello"),
		kind("date", "once, by a date", "a hello on a date"),
		kind("note", "from the organization", "notes from the people here"),
		kind("other", "anything else", "one more hello"),
	}
}
