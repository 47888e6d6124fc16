package crisis

// Present tells whether the danger is there now without a doubt, also where the
// words stand in a story about the past: somebody who may end their life, who is
// read along with, who has a weapon before them, has swallowed too much, has
// the other one at the door, or writes that they are being hurt at this moment
// ("he is hitting me").
func (f Finding) Present() bool {
	switch {
	case f.Level != Crisis:
		return false
	case f.Category == "suicide", f.Category == "watched", f.present:
		return true
	}
	return f.sure && (f.Category == "weapon" || f.Category == "medical" || f.Rule == "violence.at-the-door")
}

// happening tells whether a sentence says that it is being done at this moment.
func (l *language) happening(m *matcher) bool { return l.ongoing.in(m, 0, len(m.toks)) }
