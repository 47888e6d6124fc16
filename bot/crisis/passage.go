package crisis

import "math"

// What the learned words do with a text: they overrule findings of rules that
// harmless words made, and hear what nothing else hears.

// sense reads the words of this language for the learned ones.
func (s *scanner) sense() {
	s.sensed = s.sensed[:0]
	for i := range s.toks {
		t := &s.toks[i]
		if t.id > 0 {
			s.sensed = append(s.sensed, s.language.senses[t.id])
		} else {
			s.sensed = append(s.sensed, s.learned.meanings.senseOf(s.bytes(int(t.at))))
		}
	}
}

// eachPassage calls f with the words of every passage: each sentence, up to three
// that follow each other, and parts of long ones.
func (s *scanner) eachPassage(f func(from, to int)) {
	var begins []int // of the sentences before the one at hand, the oldest first
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
			begins = begins[1:]
		}
	})
}

// fewWords are too few to overrule anything.
const fewWords = 3

// nearWords is how many words on both sides of a finding are weighed with it
// alone, so that a long story around it does not drown it.
const nearWords = 5

// eachPassageOf calls f with the passages that a finding stands in, and with the
// words near it.
func (s *scanner) eachPassageOf(found *Finding, f func(from, to int)) {
	s.eachPassage(func(from, to int) {
		if int(s.toks[from].start) <= found.Start && found.Start < int(s.toks[to-1].end) {
			f(from, to)
		}
	})
	at, end := 0, 0
	for at+1 < len(s.toks) && int(s.toks[at+1].start) <= found.Start {
		at++
	}
	for end = at + 1; end < len(s.toks) && int(s.toks[end].start) < found.End; end++ {
	}
	from := at
	for from > 0 && from > at-nearWords && !s.toks[from].sentence {
		from--
	}
	for to := end; ; to++ {
		if to == len(s.toks) || to == end+nearWords || s.toks[to].sentence {
			if to-from >= 2*fewWords {
				f(from, min(to, from+passage))
			}
			return
		}
	}
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
	s.sense()
	kept := s.out[:s.base]
	for _, f := range s.out[s.base:] {
		stays, by := s.stays(&f)
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
	s.eachPassageOf(f, func(from, to int) {
		if to-from < fewWords {
			top = math.Inf(1)
			return
		}
		score, _, calm := s.learned.weigh(s.sensed[from:to], &s.met)
		if score = s.learned.judgment.weigh(score, to-from, f); score > top {
			top, by = score, span{calm.from + uint32(from), calm.to + uint32(from)}
		}
	})
	return top >= s.learned.doubt, by
}

// hear adds what the learned words hear in passages of this language.
func (s *scanner) hear() {
	x := s.learned
	if x == nil {
		return
	}
	s.sense()
	var top float64
	var from, to int
	var best span
	s.eachPassage(func(a, b int) {
		if b-a < 2 {
			return // one word alone says too little
		}
		score, words, _ := x.weigh(s.sensed[a:b], &s.met)
		if score = x.judgment.weigh(score, b-a, nil); score >= x.enough && (to == 0 || score > top) {
			top, from, to, best = score, a, b, words
		}
	})
	if to == 0 {
		return
	}
	cat := x.categoryOf(s.sensed[from:to])
	toks := s.toks[from:to]
	s.out = append(s.out, Finding{
		Level: Ask, Category: cat, Rule: "learned." + cat,
		Start: int(toks[best.from].start), End: int(toks[max(best.to, 1)-1].end),
	})
}
