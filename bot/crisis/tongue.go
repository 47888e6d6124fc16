package crisis

// A text is read in every language, so that nobody has to say which one is
// theirs. Words look alike across languages ("die" is an article in German), so a
// sentence is left to the languages whose small words stand in it.

// markUnit is what a small word counts that only one language has.
const markUnit = 12

// foreignShare and ownShare are how much of the best language's marks, in tenths,
// another needs for its rules and for its learned words.
const (
	foreignShare = 6
	ownShare     = 9
)

// rankMarks makes a small word count the less the more languages have it.
func rankMarks(langs []*language) {
	have := map[uint64]int{}
	for _, l := range langs {
		for at, r := range l.table.rank {
			if r > 0 {
				have[l.table.keys[at]]++
			}
		}
	}
	for _, l := range langs {
		for at, r := range l.table.rank {
			if r > 0 {
				l.table.rank[at] = uint8(markUnit / have[l.table.keys[at]])
			}
		}
	}
}

// bestMarks finds, for each sentence, the marks of the language that has most.
func bestMarks(best []int32, marks [][]int32) []int32 {
	for n := range marks[0] {
		top := int32(0)
		for _, m := range marks {
			top = max(top, m[n])
		}
		best = append(best, top)
	}
	return best
}

// foreign tells that a sentence is in another language. What is less than one small word
// of difference proves nothing against a rule.
func foreign(marks, best, share int32) bool {
	return marks*10 < best*share && (share == ownShare || best-marks >= markUnit)
}
