package crisis

// Present tells whether the danger is there now without a doubt, also where the
// words stand in a story about the past: somebody who may end their life, who is
// read along with, who has a weapon before them, has swallowed too much, or has
// the other one at the door.
func (f Finding) Present() bool {
	switch {
	case f.Level != Crisis:
		return false
	case f.Category == "suicide", f.Category == "watched":
		return true
	}
	return f.sure && (f.Category == "weapon" || f.Category == "medical" || f.Rule == "violence.at-the-door")
}
