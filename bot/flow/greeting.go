package flow

import (
	"slices"
	"time"
)

// A greeting is the question with which a flow begins that comes by itself: a
// line that is harmless alone. The person may have chosen a line of their own,
// which then stands in its place, without choices, and a word without which
// nothing follows.
const (
	varDiscreetLine = "discreet_line"
	varDiscreetWord = "discreet_word"
	// What the person said about when something may come, which readers say.
	varSafeTimes = "safe_times"
	varQuietDays = "quiet_days"
	// nameFirstLine stands for that line in a text.
	nameFirstLine = "first_line"
)

// question is what is asked: the text of the script, or the person's own line.
func (r *run) question(o *askOp) string {
	if line, _ := r.discreet(o); line != "" {
		return line
	}
	return r.text(o.text)
}

// discreet are the person's own line and word, where the question is a greeting.
func (r *run) discreet(o *askOp) (line, word string) {
	if !o.greeting {
		return "", ""
	}
	word, _ = r.value(varDiscreetWord).(string)
	return r.firstLine(), Normalise(word)
}

// firstLine is the line that the person has chosen, one of the neutral ones or
// their own; "" for none.
func (r *run) firstLine() string {
	line, _ := r.value(varDiscreetLine).(string)
	if key := "line_" + line; slices.Contains(neutralLines(), key) {
		return r.sentence(key, nil)
	}
	return line
}

// neutralLines are the texts that a person may choose from.
func neutralLines() []string { return []string{"line_water", "line_book", "line_parcel"} }

// greeted takes the answer to a greeting, a text or a sign: the person's own word
// if they have set one for it, and nothing else, but a plain no ends it, without
// a word about what it interrupted.
func (r *run) greeted(f *flow, n *node, norm string) (done bool, err error) {
	o, ok := n.op.(*askOp)
	if !ok || !o.greeting {
		return false, nil
	}
	_, word := r.discreet(o)
	switch {
	case r.in.Opened || word != "" && norm == word:
		return true, r.choose(f, n, o, 0)
	case word == "":
		return false, nil
	case r.is(norm, "words_no"), norm == "" && thumb(r.in.Text) == signNo:
		r.quietly = true
		return true, r.choose(f, n, o, len(o.options)-1)
	}
	return true, r.aside("noted")
}

// unveil takes whatever comes while a greeting waits for one word. Done is false
// where none does.
func (r *run) unveil(norm string) (done bool, err error) {
	if f, n := r.veil(); n != nil {
		return r.greeted(f, n, norm)
	}
	return false, nil
}

// veil finds the greeting that waits for one word; n is nil where none does.
func (r *run) veil() (f *flow, n *node) {
	if f, n = r.greets(); n != nil {
		if _, word := r.discreet(n.op.(*askOp)); word != "" {
			return f, n
		}
	}
	return nil, nil
}

// veiled tells whether a flow is not heard now: a greeting waits for one word,
// and whoever does not know it sees nothing of what there is, but for help and
// the way out.
func (r *run) veiled(f *flow) bool {
	_, n := r.veil()
	return n != nil && f.ID != flowHelp && f.ID != flowStop && f.ID != flowDanger
}

// greetedFreely takes any other words as a yes where the question was the
// person's own line: it has no choices that could be missed. In flowKnock they are
// one anyway: somebody waits for the person, who is here.
func (r *run) greetedFreely(n *node, o *askOp) (done bool, err error) {
	f, _ := r.waiting()
	if !r.ownLine(o) && (!o.greeting || f.ID != flowKnock) {
		return false, nil
	}
	return true, r.choose(f, n, o, 0)
}

// ownLine tells whether the person's own line stands in the place of a greeting.
func (r *run) ownLine(o *askOp) bool {
	line, _ := r.discreet(o)
	return line != ""
}

// greets finds the greeting that waits, when nothing of its flow was shown; n is
// nil where none does.
func (r *run) greets() (f *flow, n *node) {
	if f, n, o := r.asking(); o != nil && o.greeting {
		return f, n
	}
	return nil, nil
}

func (r *run) atGreeting() bool {
	_, n := r.greets()
	return n != nil
}

// Greets tells whether a greeting waits: what follows it comes with an answer.
func (l *Library) Greets(s Session) bool {
	return (&run{lib: l, s: s, in: &Input{}, tongue: l.speech, scope: l.scope}).atGreeting()
}

// greeting reports a flow that comes by itself and does not begin with one. A
// flow that asks whether to go on may begin with that question.
func (ld *loader) greeting(f *flow, n *node, stepDown bool) {
	if InDecoy(f.ID) {
		return
	}
	if o, ok := n.op.(*askOp); ok {
		if !o.greeting && !stepDown {
			ld.c.add(n.pos, ruleGreeting, "this flow comes by itself, so its first question is a greeting: add greeting: true to a question that is harmless alone")
		}
		return
	}
	ld.c.add(n.pos, ruleGreeting, "this flow comes by itself, and nothing comes before its greeting")
}

// later is from when on what comes after a wait may meet other eyes.
const laterThan = 10 * time.Minute

// later holds what comes after a long silence to the same words: whoever wrote
// before may not be the one who reads it.
func (ld *loader) later(f *flow) {
	for _, n := range f.inOrder() {
		var first *node
		switch o := n.op.(type) {
		case *waitOp:
			if o.length >= laterThan {
				first = n.next
			}
		case *askOp:
			if o.noReply >= laterThan {
				first = o.noReplyFirst
			}
		}
		if first != nil && !InDecoy(f.ID) {
			ld.upToAnswer(first)
		}
	}
}

// upToAnswer looks at every text that can come before the person writes again.
func (ld *loader) upToAnswer(first *node) {
	visit(func(n *node) bool {
		switch o := n.op.(type) {
		case *askOp:
			ld.plain(o.text)
			return false
		case *sayOp:
			ld.plain(o.text)
		case *menuOp, *paceOp, *waitOp:
			return false
		}
		return true
	}, first)
}
