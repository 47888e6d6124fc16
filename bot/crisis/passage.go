package crisis

import (
	"math"
	"slices"
)

// What the learned words do with a text: they overrule findings of rules that
// harmless words made, and hear what nothing else hears.

// weighed is a passage and, once it was asked for, what it weighs.
type weighed struct {
	from, to   int
	done       bool
	score      float64
	loud, calm span // the words that speak most for danger, and most against it
}

// passages reads the words of this language for the learned ones, those of
// foreign sentences left out, and lists the passages.
func (s *scanner) passages() {
	if s.listed {
		return
	}
	s.listed = true
	s.sense()
	s.around = s.around[:0]
	s.eachPassage(func(from, to int) { s.around = append(s.around, weighed{from: from, to: to}) })
}

// weight returns a passage with its weight.
func (s *scanner) weight(w *weighed) *weighed {
	if !w.done {
		w.done = true
		w.score, w.loud, w.calm = s.learned.weigh(s.sensed[w.from:w.to], &s.met)
	}
	return w
}

// sense reads the words of the sentences that are not foreign.
func (s *scanner) sense() {
	s.sensed = slices.Grow(s.sensed[:0], len(s.toks))[:len(s.toks)]
	s.eachSentence(func(_, from, to int) {
		for i := from; i < to; i++ {
			if t := &s.toks[i]; t.id > 0 {
				s.sensed[i] = s.language.senses[t.id]
			} else {
				s.sensed[i] = s.learned.meanings.senseOf(s.bytes(int(t.at)))
			}
		}
	})
}

// eachPassage calls f with the words of every passage: each sentence, up to three
// that follow each other, and parts of long ones.
func (s *scanner) eachPassage(f func(from, to int)) {
	var room [passageSentences]int
	begins := room[:0] // of the sentences before the one at hand, the oldest first
	last := -1
	s.eachSentence(func(n, a, b int) {
		if n != last+1 {
			begins = begins[:0] // a foreign sentence stood between
		}
		last = n
		for ; b-a > passage; a += passage / 2 {
			f(a, a+passage)
			begins = begins[:0]
		}
		f(a, b)
		for k := len(begins) - 1; k >= 0 && b-begins[k] <= passage; k-- {
			f(begins[k], b)
		}
		if begins = append(begins, a); len(begins) >= passageSentences {
			begins = slices.Delete(begins, 0, 1)
		}
	})
}

// fewWords are too few to overrule anything.
const fewWords = 3

// nearWords is how many words on both sides of a finding are weighed with it
// alone, so that a long story around it does not drown it.
const nearWords = 5

// holds tells whether a finding begins in the words from..to.
func (s *scanner) holds(from, to int, found *Finding) bool {
	return int(s.toks[from].start) <= found.Start && found.Start < int(s.toks[to-1].end)
}

// near returns the words near a finding, in its sentence; ok is false where they
// are too few.
func (s *scanner) near(found *Finding) (from, to int, ok bool) {
	at, _ := slices.BinarySearchFunc(s.toks, found.Start+1, func(t token, start int) int { return int(t.start) - start })
	from = max(0, at-1) // the last word that begins at or before it
	to = from + 1
	for to < len(s.toks) && int(s.toks[to].start) < found.End {
		to++
	}
	for first := from; from > 0 && from > first-nearWords && !s.toks[from].sentence; {
		from--
	}
	for end := to; to < len(s.toks) && to < end+nearWords && !s.toks[to].sentence; {
		to++
	}
	return from, min(to, from+passage), to-from >= 2*fewWords
}

// Overruled is a finding of a rule that the learned words took back. From and To
// are byte offsets of the words that spoke most against it.
type Overruled struct {
	Finding
	From, To int
}

// Overruled reports the findings that Scan left out because the words around
// them are harmless.
func (x *Lexicon) Overruled(text, lang string) []Overruled {
	var out []Overruled
	x.scan(text, lang, &out)
	return out
}

// overrule drops the findings of this language whose words stand in harmless
// passages only. More words around a passage never drop what it says alone.
func (s *scanner) overrule() {
	if s.learned == nil || len(s.out) == s.base {
		return
	}
	s.passages()
	kept := s.out[:s.base]
	for _, f := range s.out[s.base:] {
		stays, by := s.stays(&f)
		if !stays && f.asked {
			f.Level, stays = Ask, true
		}
		if stays {
			kept = append(kept, f)
		} else if s.overruled != nil {
			*s.overruled = append(*s.overruled, Overruled{
				Finding: f, From: int(s.toks[by.from].start), To: int(s.toks[max(by.to, by.from+1)-1].end),
			})
		}
	}
	s.out = kept
}

// stays tells whether a finding stays, and which words spoke most against it.
func (s *scanner) stays(f *Finding) (stays bool, by span) {
	if f.sure {
		return true, by
	}
	top := math.Inf(-1)
	weigh := func(w *weighed) {
		score := s.learned.scales.weigh(w.score, w.to-w.from, f)
		if score > top {
			top, by = score, span{w.calm.from + uint32(w.from), w.calm.to + uint32(w.from)}
		}
	}
	for i := range s.around {
		switch w := &s.around[i]; {
		case !s.holds(w.from, w.to, f):
		case w.to-w.from < fewWords:
			return true, by
		default:
			weigh(s.weight(w))
		}
	}
	if from, to, ok := s.near(f); ok {
		weigh(s.weight(&weighed{from: from, to: to}))
	}
	return top >= s.learned.doubt, by
}

// hear adds what the learned words hear in passages of this language.
func (s *scanner) hear() {
	x := s.learned
	if x == nil {
		return
	}
	s.passages()
	var top float64
	var best *weighed
	for i := range s.around {
		w := &s.around[i]
		if w.to-w.from < 2 {
			continue // one word alone says too little
		}
		s.weight(w)
		if score := x.scales.weigh(w.score, w.to-w.from, nil); score >= x.enough && (best == nil || score > top) {
			top, best = score, w
		}
	}
	if best == nil {
		return
	}
	cat := x.categoryOf(s.sensed[best.from:best.to])
	toks := s.toks[best.from:best.to]
	s.out = append(s.out, Finding{
		Level: Ask, Category: cat, Rule: learnedRule + cat,
		Start: int(toks[best.loud.from].start), End: int(toks[max(best.loud.to, 1)-1].end),
	})
}
