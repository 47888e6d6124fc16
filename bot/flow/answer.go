package flow

import (
	"slices"
	"strings"
)

// answer offers a text to the step that waits. done is false when the step did
// not take it.
func (r *run) answer(f *flow, n *node, norm string) (done bool, err error) {
	if done, err := r.greeted(f, n, norm); done {
		return true, err
	}
	if o, ask := n.op.(*askOp); !ask || !r.ownLine(o) && o.chooses(r.tongue, norm, r.in.Text) < 0 {
		if done, err := r.thanked(norm); done {
			return true, err
		}
	}
	switch o := n.op.(type) {
	case *askOp:
		return r.answerAsk(f, n, o, norm)
	case *menuOp:
		return r.answerMenu(f, n, norm)
	default: // a pause or a pace
		if r.is(norm, "words_done") || r.is(norm, "words_skip") {
			r.s.Wait = nil
			return true, r.exec(f, n.next)
		}
		if r.isBack(norm) {
			return true, r.back()
		}
		return false, nil
	}
}

func (r *run) answerAsk(f *flow, n *node, o *askOp, norm string) (bool, error) {
	if len(o.options) > 0 { // a choice is stronger than the engine's words
		if i := o.exact(r.tongue, norm, r.in.Text); i >= 0 {
			return true, r.choose(f, n, o, r.careful(o, i, norm))
		}
	}
	switch {
	case norm == "":
	case r.is(norm, "words_skip"), (o.reader != nil || o.own) && o.skip && r.is(norm, "words_no"): // no to "which country?"
		return true, r.skip(f, n, o)
	case r.is(norm, "words_repeat"):
		return true, r.sayAgain(f, n)
	case r.isBack(norm):
		return true, r.back()
	}
	if len(o.options) > 0 {
		if i := o.politely(r.tongue, norm); i >= 0 {
			return true, r.choose(f, n, o, i)
		}
		if i := o.loose(r.tongue.lang, norm); i >= 0 && (o.safety == nil || !r.in.Danger) {
			return true, r.choose(f, n, o, r.careful(o, i, norm))
		}
		if i := r.weigh(o, norm); i >= 0 {
			return true, r.choose(f, n, o, i)
		}
		return false, nil
	}
	return r.take(f, n, o, r.in.Text)
}

// take reads the answer to a question without choices.
func (r *run) take(f *flow, n *node, o *askOp, raw string) (bool, error) {
	value, echo, ok := r.read(o, raw)
	if ok {
		return true, r.accept(f, n, o, value, echo, n.next)
	}
	if text := strings.TrimSpace(raw); o.kind == askText && o.tooLong(text) {
		r.speak("too_long", true)
		r.rearm()
		return true, nil
	}
	return false, nil
}

func (r *run) choose(f *flow, n *node, o *askOp, i int) error {
	r.declined = r.declined || o.greeting && i > 0
	echo := ""
	if label, _, ok := o.options[i].in(r.tongue.lang); ok && o.kind != askYesNo || o.kind == askLanguage {
		echo = label
	}
	return r.accept(f, n, o, o.label(i), echo, o.options[i].first)
}

// accept stores an answer and goes on.
func (r *run) accept(f *flow, n *node, o *askOp, value any, echo string, next *node) error {
	r.store(o, value, echo)
	return r.exec(f, next)
}

// store keeps an answer where the script says.
func (r *run) store(o *askOp, value any, echo string) {
	r.mark(o, value)
	r.s.Wait = nil
	r.s.Answer, r.s.Echo = value, echo
	r.forget = o.forget
	if o.keepVar.name != "" {
		r.set(o.keepVar.name, value)
	}
	if o.list.name != "" {
		text := echo
		if text == "" {
			text = show(value, r.tongue.words.yesLabel, r.tongue.words.noLabel)
		}
		r.keep(o.list.name, text)
	}
}

func (r *run) skip(f *flow, n *node, o *askOp) error {
	if !o.skip {
		r.speak("no_skip", true)
		r.rearm()
		return nil
	}
	r.mark(o, "")
	r.s.Wait = nil
	r.s.Answer, r.s.Echo = "", ""
	return r.exec(f, n.next)
}

func (r *run) answerMenu(f *flow, n *node, norm string) (bool, error) {
	if id, ok := r.menuChoice(r.menuIDs(), norm, r.in.Text); ok {
		return true, r.pickMenu(f, n, id)
	}
	switch {
	case r.is(norm, "words_skip"), r.is(norm, "words_done"):
		r.mark(nil, "")
		r.s.Wait = nil
		r.s.Answer, r.s.Echo = "", ""
		return true, r.exec(f, n.next)
	case r.is(norm, "words_repeat"):
		return true, r.sayAgain(f, n)
	case r.isBack(norm):
		return true, r.back()
	}
	return false, nil
}

// menuIDs are the flows that the waiting menu showed.
func (r *run) menuIDs() []string {
	s, _ := r.s.Wait.Data["menu"].(string)
	return strings.Fields(s)
}

// pickMenu goes to a flow of the menu; one that is gone shows the menu anew.
func (r *run) pickMenu(f *flow, n *node, id string) error {
	if g := r.lib.flows[id]; g != nil {
		r.mark(nil, id)
		return r.replace(g)
	}
	return r.exec(f, n)
}

// reaction offers an emoji to the step that waits. One that says nothing is
// acknowledged, and the step waits on.
func (r *run) reaction(f *flow, n *node) error {
	if done, err := r.greeted(f, n, ""); done {
		return err
	}
	emoji := r.in.Text
	number, isNumber := keycap(emoji)
	if !isNumber && thumb(emoji) == signNone {
		r.speak("noted", false)
		r.rearm()
		return nil
	}
	switch o := n.op.(type) {
	case *askOp:
		if len(o.options) > 0 {
			if i := o.exact(r.tongue, "", emoji); i >= 0 {
				return r.choose(f, n, o, i)
			}
			return r.missed(n)
		}
		if isNumber && (o.kind == askScale || o.kind == askNumber) {
			if done, err := r.take(f, n, o, emoji); done {
				return err
			}
			return r.missed(n)
		}
		r.speak("noted", false)
		r.rearm()
		return nil
	case *menuOp:
		if ids := r.menuIDs(); isNumber && number >= 1 && number <= len(ids) {
			return r.pickMenu(f, n, ids[number-1])
		}
	}
	return r.missed(n)
}

// missedMost is how many texts in a row a question does not understand before an
// advocate is offered, where there is one.
const missedMost = 3

// missed answers what the waiting step and all else did not take, and waits on.
func (r *run) missed(n *node) error {
	if o, ok := n.op.(*askOp); ok && o.safety != nil {
		f, _ := r.waiting()
		return r.choose(f, n, o, o.safety.atUnsure)
	}
	if o, ok := n.op.(*askOp); ok && o.greeting {
		if done, err := r.greetedFreely(n, o); done {
			return err
		}
	}
	w := *r.s.Wait
	quick := w.Tries > 0 && r.in.Now.Sub(w.Missed) < MissAgainWithin
	w.Tries++
	w.Missed = r.in.Now.Round(0).UTC()
	r.s.Wait = &w
	if f := r.lib.flows[flowMissed]; f != nil && w.Tries == missedMost && r.offersPeople(n, f) {
		return r.begin(f)
	}
	if quick && (w.Tries > 2 || !asks(n)) {
		return r.aside("not_understood_again")
	}
	switch o := n.op.(type) {
	case *askOp:
		if o.miss {
			f, _ := r.waiting()
			return r.exec(f, o.missFirst)
		}
		r.say(Say{Text: r.missText(n, w.Tries, quick), Ask: true})
	case *menuOp:
		r.say(Say{Text: r.missText(n, w.Tries, quick), Ask: true})
	case *paceOp:
		r.speak("pace_waiting", false)
	case *waitOp:
		r.speak("pause_waiting", false)
	}
	r.rearm()
	return nil
}

// offersPeople tells whether f, the offer of an advocate, has its place at n: at a
// question that people may answer in words of their own, and not at one of its own.
func (r *run) offersPeople(n *node, f *flow) bool {
	return r.in.Desk && !r.deskAsked() && asks(n) && !r.atGreeting() &&
		!slices.ContainsFunc(r.s.Frames, func(fr Frame) bool { return fr.Flow == f.ID })
}

// asks tells whether a question or a menu stands at n.
func asks(n *node) bool {
	switch n.op.(type) {
	case *askOp, *menuOp:
		return true
	}
	return false
}

// missText says that an answer was not understood and what would be one. Quick:
// the choices were shown a moment ago.
func (r *run) missText(n *node, tries int, quick bool) string {
	var b strings.Builder
	b.WriteString(r.sentence("not_understood", nil))
	choices := ""
	switch o := n.op.(type) {
	case *askOp:
		choices = o.choicesIn(r.tongue.lang)
		if key := o.hint(); key != "" {
			b.WriteString(" ")
			b.WriteString(r.sentence(key, func(name string) string {
				if name == "from" {
					return show(o.from, "", "")
				}
				return show(o.to, "", "")
			}))
		}
	case *menuOp:
		for i, id := range r.menuIDs() {
			if f := r.lib.flows[id]; f != nil {
				choices += "\n" + show(float64(i+1), "", "") + " " + f.titleIn(r.tongue.lang)
			}
		}
	}
	if tries >= 2 {
		b.WriteString(" ")
		b.WriteString(r.sentence("not_understood_help", nil))
	}
	if !quick {
		b.WriteString(choices)
	}
	return b.String()
}

// hint names the sentence that says what kind of answer would be understood.
func (o *askOp) hint() string {
	if o.window != nil {
		return "not_understood_window"
	}
	switch o.kind {
	case askScale:
		return "not_understood_scale"
	case askNumber:
		if o.bounded {
			return "not_understood_number"
		}
		return "not_understood_any_number"
	case askTime, askZone, askCountry, askDays, askDate, askSpan, askHours:
		return "not_understood_" + askKinds()[o.kind]
	}
	return ""
}

// exact finds the choice that is meant without doubt: its number, its words in
// the person's language or the script's, a thumb, a keycap. -1: none.
func (o *askOp) exact(own *speech, norm, raw string) int {
	if norm != "" {
		for i := range o.options {
			if o.options[i].has(own.lang, norm) {
				return i
			}
		}
		for i := range o.options {
			if slices.Contains(o.options[i].words, norm) {
				return i
			}
		}
		if n, ok := own.ordinal(norm); ok {
			if n >= 1 && n <= len(o.options) {
				return n - 1
			}
			return -1
		}
		if head, rest, ok := strings.Cut(norm, " "); ok { // "1 yes"
			if n, ok := digits(head); ok && n >= 1 && n <= len(o.options) {
				if opt := &o.options[n-1]; opt.has(own.lang, rest) || slices.Contains(opt.words, rest) {
					return n - 1
				}
			}
		}
	}
	if n, ok := keycap(raw); ok {
		if n >= 1 && n <= len(o.options) {
			return n - 1
		}
		return -1
	}
	if s := thumb(raw); s != signNone {
		for i := range o.options {
			if o.options[i].sign == s {
				return i
			}
		}
	}
	return -1
}

// loose finds the one choice that the text is a close misspelling of, in the
// person's language where the choices have words of it. Two candidates are none.
// Words in the middle of a sentence choose nothing: "I am not safe" must never
// be read as "safe".
func (o *askOp) loose(lang, norm string) int {
	found := -1
	for i := range o.options {
		_, words, _ := o.options[i].in(lang)
		for _, w := range words {
			if !closeTo(norm, w) {
				continue
			}
			if found >= 0 && found != i {
				return -1
			}
			found = i
		}
	}
	return found
}
