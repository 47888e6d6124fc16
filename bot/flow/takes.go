package flow

// Takes tells whether a text is plainly meant for the scripts: as a whole
// message it is a phrase heard anywhere, or exactly a choice of the question
// that waits. A host uses it to leave such an answer alone when its own scan is
// only unsure about the words. It is false for free text, which says anything.
func (v Voice) Takes(s Session, text string) bool {
	norm := hear(text)
	if v.own.byPhrase(norm, (*speech).anywheres) != nil {
		return true
	}
	r := &run{lib: v.lib, tongue: v.own, in: &Input{Kind: InText, Text: text}, s: s, scope: v.lib.scope}
	_, _, o := r.asking()
	return o != nil && len(o.options) > 0 && o.exact(v.own, norm, text) >= 0
}

// Starts tells whether a text, as a whole message, is a phrase that opens a flow and
// nothing waits for another answer, so that the flow is the answer.
func (v Voice) Starts(s Session, text string) bool {
	return s.Wait == nil && v.own.byPhrase(hear(text), (*speech).starts) != nil
}
