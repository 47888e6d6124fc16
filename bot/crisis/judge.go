package crisis

import "math"

// judgment says what the weight of a passage means: by how long the passage is,
// and by the level and the rule of what was found in it. It is learned from
// sentences that came after the rules, so a rule that often speaks where nobody
// is in danger adds little. It holds numbers by name, as they are written.
type judgment map[string]float64

// scales are a judgment that is ready for use; what it says of a rule is the
// trust of its findings.
type scales struct {
	level  [Crisis + 1]float64
	weight [passage + 1]float64 // by the words of the passage: what one of its weight is worth
	alone  [passage + 1]float64 // what is added where nothing was found
	found  [passage + 1]float64 // what is added where something was
}

// scales makes a judgment ready.
func (j judgment) scales() *scales {
	s := &scales{}
	for l := range s.level {
		s.level[l] = j[Level(l).String()]
	}
	for words := range s.weight {
		long := math.Log(float64(words + 1))
		s.weight[words] = j["weight"] + long*j["weight long"]
		s.alone[words] = j["always"] + long*j["long"] + long*long*j["long long"]
		s.found[words] = s.alone[words] + long*j["found long"]
	}
	return s
}

// weigh says what a passage of so many words means, with what was found in it,
// which may be nil.
func (s *scales) weigh(score float64, words int, found *Finding) float64 {
	if found == nil {
		return s.alone[words] + score*s.weight[words]
	}
	return s.found[words] + score*s.weight[words] + s.level[found.Level] + found.trust
}
