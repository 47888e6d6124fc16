package crisis

import (
	"math"
	"strings"
)

// judgment says what the weight of a passage means: by how long the passage is,
// and by the level and the rule of what was found in it. It is learned from
// sentences that came after the rules, so a rule that often speaks where nobody
// is in danger adds little.
type judgment map[string]float64

// eachSign calls f with the signs of a passage: its weight, its length and what
// was found in it, which may be nil.
func eachSign(score float64, words int, found *Finding, f func(name string, x float64)) {
	long := math.Log(float64(words + 1))
	f("always", 1)
	f("weight", score)
	f("long", long)
	f("long long", long*long)
	f("weight long", score*long)
	if found != nil {
		rule, _, _ := strings.Cut(found.Rule, ":")
		f(found.Level.String(), 1)
		f("found long", long)
		f(rule, 1)
	}
}

// weigh is the sum of what the signs of a passage mean.
func (j judgment) weigh(score float64, words int, found *Finding) float64 {
	sum := 0.0
	eachSign(score, words, found, func(name string, x float64) { sum += j[name] * x })
	return sum
}
