package flow

import (
	"strings"
	"unicode/utf8"
)

// read gives what a text means as an answer to a question without choices.
func (r *run) read(o *askOp, raw string) (value any, echo string, ok bool) {
	switch o.kind {
	case askScale, askNumber:
		v, ok := r.tongue.amount(raw, o.to)
		return v, "", ok && (!o.bounded || v >= o.from && v <= o.to)
	case askText:
		text := strings.TrimSpace(raw)
		fits := text != "" && !o.tooLong(text) && utf8.RuneCountInString(text) >= o.min
		if fits && o.plain {
			fits = tells(text, r.lib.tellingIn(r.tongue.lang)) == "" && !strings.ContainsRune(text, '\n')
		}
		if v := (Voice{r.lib, r.tongue}); fits && o.own {
			fits = !v.Reserved(text) && !v.Opens(text)
		}
		return text, "", fits
	default:
		if len(raw) > maxHeard {
			return nil, "", false
		}
		for _, read := range []Reader{o.reader, o.window, o.part} {
			if read == nil {
				continue
			}
			value, echo, ok := read(raw, r.lib.tag(r.tongue), r.in.Now)
			if ok && o.week && strings.HasPrefix(strings.TrimLeft(value, "0123456789"), "d") { // "2d"
				return nil, "", false
			}
			if ok {
				return value, echo, true
			}
		}
		return nil, "", false
	}
}

func (o *askOp) tooLong(text string) bool {
	return len(text) > o.max && utf8.RuneCountInString(text) > o.max
}

// label is the value of a choice.
func (o *askOp) label(i int) any {
	if o.kind == askYesNo {
		return o.options[i].sign == signYes
	}
	if tag := o.options[i].tag; tag != "" {
		return tag
	}
	return o.options[i].label
}

// reads tells, without taking it, what a text would mean to the question or
// menu at n. Words of the engine are no answers, but for skip: it means "".
func (r *run) reads(n *node, menu, norm, raw string) (value any, ok bool) {
	o, ask := n.op.(*askOp)
	if !ask {
		if _, is := n.op.(*menuOp); !is {
			return nil, false
		}
		id, ok := r.menuChoice(strings.Fields(menu), norm, raw)
		return id, ok
	}
	if len(o.options) > 0 {
		if i := o.exact(r.tongue, norm, raw); i >= 0 {
			return o.label(i), true
		}
	}
	switch r.tongue.means(norm) {
	case "words_repeat", "words_back", "words_thanks":
		return nil, false
	case "words_skip":
		return "", o.skip
	}
	if len(o.options) > 0 {
		i := o.politely(r.tongue, norm)
		if i < 0 {
			i = o.loose(r.tongue.lang, norm)
		}
		if i < 0 {
			return nil, false
		}
		return o.label(i), true
	}
	value, _, ok = r.read(o, raw)
	return value, ok
}

// readsAt is reads for a point of the history.
func (r *run) readsAt(i int, norm, raw string) (value any, ok bool) {
	p := &r.s.Past[i]
	_, n := r.pointNode(p)
	if n == nil {
		return nil, false
	}
	return r.reads(n, p.Menu, norm, raw)
}

// safetyAt tells whether the question of a point is about safety.
func (r *run) safetyAt(i int) bool {
	_, n := r.pointNode(&r.s.Past[i])
	if n == nil {
		return false
	}
	o, ok := n.op.(*askOp)
	return ok && o.safety != nil
}

// readsAnew is readsAt for words that are meant for that very question: one
// about safety weighs them as it does while it waits, and takes any.
func (r *run) readsAnew(i int, norm, raw string) (value any, ok bool) {
	value, ok = r.readsAt(i, norm, raw)
	if norm == "" || !r.safetyAt(i) {
		return value, ok
	}
	switch r.tongue.means(norm) {
	case "words_repeat", "words_back", "words_thanks", "words_skip":
		return value, ok
	}
	_, n := r.pointNode(&r.s.Past[i])
	o := n.op.(*askOp)
	at := o.exact(r.tongue, norm, raw)
	if at >= 0 {
		at = r.careful(o, at, norm)
	} else if !r.in.Danger {
		at = o.loose(r.tongue.lang, norm)
	}
	if at < 0 {
		at = r.weigh(o, norm)
	}
	if at < 0 && r.tongue.byPhrase(norm, (*speech).starts) != nil { // asks for something else
		return value, ok
	}
	if at < 0 {
		at = o.safety.atUnsure
	}
	return o.label(at), true
}

// menuChoice finds which of the flows that a menu showed a text names.
func (r *run) menuChoice(ids []string, norm, raw string) (id string, ok bool) {
	if core := r.tongue.core(norm); core != "" {
		norm = core
	}
	bare := r.tongue.bare(norm)
	i, isNumber := r.tongue.ordinal(norm)
	if !isNumber {
		i, isNumber = keycap(raw)
	}
	if isNumber {
		if i < 1 || i > len(ids) {
			return "", false
		}
		return ids[i-1], true
	}
	for _, loose := range []bool{false, true} {
		for _, one := range ids {
			g := r.lib.flows[one]
			if g == nil {
				continue
			}
			title, base := r.tongue.bare(Normalise(g.titleIn(r.tongue.lang))), r.tongue.bare(Normalise(g.Title))
			if title == bare || base == bare || loose && (closeTo(bare, title) || closeTo(bare, base)) {
				if id != "" && id != one {
					return "", false
				}
				id = one
			}
		}
		if id != "" {
			return id, true
		}
	}
	return "", false
}

// sum is a short mark of an answer, to know the same one again: of its value,
// mixed with where it came from, so that it means nothing elsewhere.
func sum(value any, id string) uint64 { return hash(show(value, "yes", "no") + "\x00" + id) }
