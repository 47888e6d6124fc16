package crisis

import "slices"

// spots are the words of a sentence at which patterns of a set begin ("now", "in
// the film"). Every match asks for them, so a set is looked for once a sentence,
// when it is first asked for.
type spots struct {
	sets []*set
	at   [][]int32 // by set, in order; longer than sets: room that is used again
}

// of returns the words at which a set begins.
func (x *spots) of(s *set, m *matcher) []int32 {
	if k := slices.Index(x.sets, s); k >= 0 {
		return x.at[k]
	}
	k := len(x.sets)
	x.sets = append(x.sets, s)
	if len(x.at) == k {
		x.at = append(x.at, nil)
	}
	at := x.at[k][:0]
	for i := range m.toks {
		if s.matchAt(m, i) > 0 {
			at = append(at, int32(i))
		}
	}
	x.at[k] = at
	return at
}

// in tells whether a pattern of the set begins at one of the words.
func (s *set) in(m *matcher, from, to int) bool {
	at := m.spots.of(s, m)
	k, _ := slices.BinarySearch(at, int32(from))
	return k < len(at) && int(at[k]) < to
}
