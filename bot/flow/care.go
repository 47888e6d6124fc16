package flow

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestWord is how many letters a word may have.
const longestWord = 13

// fewChoices is how many choices need no way out among them: they are either-or.
const fewChoices = 2

// longestTitle is how many characters a title may have: it stands in the menu
// and in a question.
const longestTitle = 40

// reading reports what makes a text hard to read, or ages badly in it.
func (p *parser) reading(s string, pos place) {
	if strings.Count(s, "?")+strings.Count(s, "\uff1f") > 1 {
		p.c.add(pos, ruleQuestions, "two questions in one message")
	}
	if mayReach(s) {
		if m := p.rx.contact.FindString(s); m != "" && !p.rx.date.MatchString(m) {
			p.c.add(pos, ruleContact, "%q is a number or an address to reach somebody", m)
		}
	}
	words := s
	if strings.Contains(s, "{{") || strings.Contains(s, "://") {
		words = p.rx.brackets.ReplaceAllString(s, " ")
	}
	for _, word := range strings.FieldsFunc(words, func(r rune) bool { return !unicode.IsLetter(r) && r != '.' }) {
		plain := strings.Trim(word, ".")
		switch n := utf8.RuneCountInString(plain); {
		case n > longestWord && !strings.Contains(plain, "."):
			p.c.add(pos, ruleLongWord, "%q has %d letters; at most %d", plain, n, longestWord)
		case slices.Contains(shortened(), strings.ToLower(plain)), n > 1 && plain != "OK" && plain == strings.ToUpper(plain) && plain != strings.ToLower(plain) && s != strings.ToUpper(s):
			p.c.add(pos, ruleAbbreviation, "%q is a shortened form", plain)
		}
	}
}

// mayReach tells whether a text may hold a number or an address, which the
// pattern for them is slow to find: a digit, or a dot or a scheme inside a word.
func mayReach(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			return true
		case (c == '.' || c == ':') && i+1 < len(s) && s[i+1] > ' ':
			return true
		}
	}
	return false
}

// title reports one that is too long for a line of the menu.
func (p *parser) title(s string, pos place) {
	if n := utf8.RuneCountInString(s); n > longestTitle {
		p.c.add(pos, ruleTitle, "%d characters; at most %d", n, longestTitle)
	}
}

// shortened are forms that not everybody reads as the words they stand for.
func shortened() []string {
	return []string{"e.g", "i.e", "etc", "asap", "approx", "incl", "vs", "fyi", "tbd", "nr", "hrs", "mins", "secs"}
}

// english tells whether the scripts are in the language of the word lists of
// these rules. In another one they would only guess.
func (ld *loader) english() bool { return ld.lang == "" || strings.HasPrefix(ld.lang, "en") }

// care runs the rules about what happens to a person in a talk, those that need
// the whole flow.
func (ld *loader) care() {
	alone := map[*flow]bool{} // flows that begin by themselves
	asks := map[*flow]bool{}  // those that ask whether to go on
	for _, id := range ld.opt.Alone {
		alone[ld.flows[id]] = true
	}
	alone[ld.flows[flowAgreed]], alone[ld.flows[flowKnock]] = true, true
	numbers := false // there are numbers to show
	for _, p := range ld.parsers {
		for _, n := range p.flow.nodes {
			switch o := n.op.(type) {
			case *everyOp:
				alone[ld.flows[o.flow.name]] = true
				asks[ld.flows[o.stepDown.name]] = true
				ld.cadence(n, o)
			case *atOp:
				alone[ld.flows[o.flow.name]] = true
			case *linesOp:
				numbers = true
			}
		}
	}
	ld.quietHours()
	for _, p := range ld.parsers {
		if alone[p.flow] || asks[p.flow] {
			ld.unprompted(p.flow, !alone[p.flow])
		}
		ld.later(p.flow)
		if p.id == flowHelp && numbers {
			ld.help(p.flow)
		}
		for _, n := range p.flow.inOrder() {
			ld.sources(n)
			if o, ok := n.op.(*askOp); ok {
				ld.question(n, o)
			}
		}
	}
}

// unprompted holds what comes by itself to what nobody may mind reading over a
// shoulder: nothing of the person's own, no numbers, and an end when no answer
// comes. Nothing stands before the greeting.
func (ld *loader) unprompted(f *flow, stepDown bool) {
	visit(func(n *node) bool {
		switch o := n.op.(type) {
		case *askOp:
			ld.greeting(f, n, stepDown)
			ld.choices(o)
			if o.noReply == 0 {
				ld.c.add(n.pos, ruleNoReply, "this flow comes by itself, and nothing happens when nobody answers this question")
			}
			ld.harmless(o.text)
		case *sayOp:
			ld.greeting(f, n, stepDown)
			ld.harmless(o.text)
			return true
		case *showOp, *linesOp:
			ld.c.add(n.pos, ruleUnprompted, "this flow comes by itself: before an answer, it shows nothing of the person's own and no numbers")
		case *menuOp, *paceOp, *waitOp:
			ld.greeting(f, n, stepDown)
		default:
			return true
		}
		return false
	}, f.first)
}

// harmless looks at a text that comes by itself.
func (ld *loader) harmless(t *text) {
	for _, v := range t.variants {
		for _, part := range v.parts {
			if part.name != "" && part.name != "time" && part.name != "until" {
				ld.c.add(v.pos, ruleUnprompted, "this flow comes by itself: before an answer, it says nothing remembered, like {{%s}}", part.name)
			}
		}
	}
	ld.plain(t)
}

// plain looks for words that tell too much in a text that nobody may be waiting
// for.
func (ld *loader) plain(t *text) {
	t.alone = true
	for _, v := range t.variants {
		if w := tells(v.src, ld.telling); w != "" {
			ld.c.add(v.pos, ruleUnprompted, "this comes by itself: %q tells too much before an answer", w)
		}
	}
}

// choices looks at those of a question that comes by itself: they are shown with
// it.
func (ld *loader) choices(o *askOp) {
	for i := range o.options {
		if w := tells(o.options[i].label, ld.telling); w != "" {
			ld.c.add(o.options[i].pos, ruleUnprompted, "this comes by itself: %q tells too much before an answer", w)
		}
	}
}

// sources wants to know where a fact comes from.
func (ld *loader) sources(n *node) {
	var t *text
	switch o := n.op.(type) {
	case *sayOp:
		t = o.text
	case *askOp:
		t = o.text
	}
	if t == nil || t.source != "" || !ld.english() {
		return
	}
	for _, v := range t.variants {
		heard := Normalise(v.src)
		for _, w := range []string{"study", "studies", "research", "researchers", "scientists", "percent", "per cent", "statistics", "evidence", "proven", "science"} {
			if containsWords(heard, w) {
				ld.c.add(v.pos, ruleSource, "%q names a fact, and no source stands beside it", w)
				break
			}
		}
		if strings.Contains(v.src, "%") {
			ld.c.add(v.pos, ruleSource, "a share in %% is a fact, and no source stands beside it")
		}
	}
}

// question looks at one question: a choice among several has a way out.
func (ld *loader) question(n *node, o *askOp) {
	if o.kind != askPick || len(o.options) <= fewChoices || !ld.english() || ld.out(o) {
		return
	}
	ld.c.add(n.pos, ruleWayOut, "no choice says no, not now or something else")
}

// out tells whether one of the choices leads out.
func (ld *loader) out(o *askOp) bool {
	for i := range o.options {
		for _, word := range o.options[i].words {
			for w := range strings.FieldsSeq(word) {
				if slices.Contains(outWords(), w) {
					return true
				}
			}
		}
	}
	return false
}

func outWords() []string {
	return []string{"no", "not", "none", "nothing", "neither", "never", "else", "other", "another", "stop", "skip", "later", "leave", "unsure", "enough", "back", "less", "fewer", "cancel", "end", "keep"}
}

// help holds the flow help to its name: whoever writes help sees numbers before
// anything else is asked.
func (ld *loader) help(f *flow) {
	heard := false
	for _, p := range append(slices.Clone(f.any1), f.first1...) {
		heard = heard || p.norm == flowHelp
	}
	if !heard {
		ld.c.add(f.pos, ruleHelp, "the word help does not open this flow at any moment: it has to stand under anywhere")
	}
	visit(func(n *node) bool {
		switch n.op.(type) {
		case *linesOp, *runOp, *callOp:
			return false
		case *askOp, *menuOp, *waitOp, *paceOp:
			ld.c.add(n.pos, ruleHelp, "who writes help waits here before any number was shown")
			return false
		}
		return true
	}, f.first)
}

// flowHelp is the flow that shows numbers.
const flowHelp = "help"
