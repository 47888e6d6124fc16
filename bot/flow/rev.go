package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rev is a hash of all that a running talk relies on: which steps there are,
// what each does and where it leads, and the wording of the questions and
// choices. The wording of messages is left out, and so are other words for a
// choice, phrases, the head and every translation: what is corrected there
// reaches everybody at once, and what changes more than that is kept beside the
// old script until nobody is in the middle of it.
func (f *flow) rev() string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(f.nodes)) {
		n := f.nodes[path]
		fmt.Fprintf(&b, "%s %T %q", path, n.op, n.name)
		substance(&b, n.op)
		b.WriteByte('\n')
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:6])
}

// messages are the texts that rev leaves out, by the path of their step.
func (f *flow) messages() map[string]string {
	out := map[string]string{}
	for path, n := range f.nodes {
		var t *text
		switch o := n.op.(type) {
		case *sayOp:
			t = o.text
		case *menuOp:
			t = o.text
		case *showOp:
			t = o.none
		}
		if t != nil {
			out[path] = fmt.Sprint(t.wording()...)
		}
	}
	return out
}

// wordsHash tells apart scripts of one revision that say other things.
func (f *flow) wordsHash() string {
	messages := f.messages()
	h := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(messages)) {
		fmt.Fprintf(h, "%s %s\n", path, messages[path])
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// rearranged tells whether a message of the old script stands at another place
// in the new one, which has the same steps: then it is not reworded but moved,
// and who heard it already would hear it again.
func rearranged(old, now *flow) bool {
	before, after := old.messages(), now.messages()
	fresh := map[string]bool{}
	for path, text := range after {
		if before[path] != text {
			fresh[text] = true
		}
	}
	for path, text := range before {
		if after[path] != text && fresh[text] {
			return true
		}
	}
	return false
}

// substance writes what a step does, without the words that it says.
func substance(b *strings.Builder, o op) {
	put := func(values ...any) {
		for _, v := range values {
			fmt.Fprintf(b, " %#v", v)
		}
	}
	switch o := o.(type) {
	case *sayOp, *menuOp, *endOp:
	case *askOp:
		put(int(o.kind), o.bounded, o.from, o.to, o.min, o.past, o.max, o.forget, o.skip, o.keepVar.name, o.list.name, o.noReply, o.miss)
		put(o.text.wording()...)
		for i := range o.options {
			put(Normalise(o.options[i].label))
		}
		if s := o.safety; s != nil {
			put(s.atDanger, s.atUnsure, s.atMisread)
		}
		put(o.senses)
		if o.witness {
			put("witness")
		}
		if o.plain {
			put("plain")
		}
		if o.greeting {
			put("greeting")
		}
		if o.opening {
			put("opening")
		}
		if o.window != nil {
			put("window")
		}
	case *paceOp:
		put(o.rounds)
		for i := range o.cues {
			put(o.cues[i].key, o.cues[i].seconds)
		}
	case *waitOp:
		put(o.length)
	case *ifOp:
		put(o.cond.source())
	case *setOp:
		for _, a := range o.list {
			put(a.name.name, a.value, a.expr.source())
			put(a.text.wording()...)
		}
	case *keepOp:
		put(o.list.name)
		put(o.text.wording()...)
	case *showOp:
		put(o.list.name, o.upTo, o.numbered, o.newest, o.random, o.branched, o.short, o.number.source())
	case *dropOp:
		put(o.list.name, o.number.source())
	case *callOp:
		put(o.flow.name)
	case *runOp:
		put(o.flow.name)
	case *gotoOp:
		put(o.step.name)
	case *everyOp:
		put(o.effect, o.atVar.name, o.dayVar.name)
	case *atOp:
		put(o.effect, o.dateVar.name, o.inDays, o.timeVar.name, o.branched)
	case *cancelOp:
		put(o.name.name)
		if o.kind != "" {
			put(o.kind)
		}
	case *snoozeOp:
		put(o.effect, o.forVar.name)
	case *quietOp:
		put(o.effect)
		if o.forVar.name != "" {
			put(o.forVar.name)
		}
	case *exportOp:
		put(refNames(o.lists), o.seal.name)
	case *secretOp:
		put(o.kind)
	case *consentOp:
		put(o.do)
	case *linkOp:
		put(o.do)
	case *recordOp:
		put(o.list.name, o.names())
	case *forgetOp:
		put(o.all, o.list.name, refNames(o.vars))
	case *chartOp:
		put(o.list.name, o.days, o.from, o.to, o.bounded)
	case *handOverOp:
		put(o.effect)
	case *hideOp:
		put(o.effect)
	case *linesOp:
		put(o.effect)
	default:
		panic(fmt.Sprintf("flow: a revision does not know steps of type %T", o))
	}
}

// wording is what a text says, without its capitals and punctuation.
func (t *text) wording() (words []any) {
	if t == nil {
		return nil
	}
	for _, v := range t.variants {
		words = append(words, Normalise(v.static))
		for _, s := range v.parts {
			words = append(words, s.name, Normalise(s.lit))
		}
	}
	return words
}

func (e *expression) source() string {
	if e == nil {
		return ""
	}
	return e.src
}
