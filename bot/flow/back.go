package flow

// isBack tells whether a text asks for one step back.
func (r *run) isBack(norm string) bool { return r.is(norm, "words_back") }

// back takes the last answer back and asks its question again. Where there is
// nothing to go back to it says so, and what waits waits on.
func (r *run) back() error {
	if i := r.lastPoint(); i >= 0 {
		f, n := r.rewind(i)
		r.lead("step_back")
		return r.sayAgain(f, n)
	}
	r.lead("no_back")
	return r.again()
}

// again says the question that waits once more; a pause or a pace goes on.
func (r *run) again() error {
	f, n := r.waiting()
	if n == nil {
		return r.moved(f)
	}
	if asks(n) {
		return r.sayAgain(f, n)
	}
	r.rearm()
	return nil
}

// sayAgain asks the question at n, which waits already, once more: the messages
// that asked it before still do.
func (r *run) sayAgain(f *flow, n *node) error {
	r.asked = r.s.Asked
	return r.exec(f, n)
}

// lead puts a sentence before the next message of this step. If none comes, it
// is a message of its own.
func (r *run) lead(key string) { r.ahead = r.sentence(key, r.word) }

// flushLead says what was to stand before the next message, by itself.
func (r *run) flushLead() {
	if text := r.ahead; text != "" {
		r.ahead = ""
		r.say(Say{Text: text})
	}
}
