package crisis

import "slices"

// denyReach is how many words before a match are searched for a denial.
const denyReach = 4

// timeReach is how many words around a match are searched for words of time.
const timeReach = 12

// excuseReach is how many words before a match an exception of its rule may begin.
const excuseReach = 8

// scratch is what a scan works with; it is used again by later ones.
type scratch struct {
	writing
	toks    [][]token // by language
	marks   [][]int32 // by language, then sentence: how many of its small words are there
	seen    []seen    // by language
	hearing hearing
	sensed  []sensed  // the words of the language at hand, as the learned words take them
	around  []weighed // the passages of the language at hand
	said    []said    // by rule of the language at hand
	met     metSet
	spots   spots   // of the sentence at hand
	best    []int32 // by sentence: the marks of the language that has most
	present wordSet // the words of the block at hand
}

// said is how a rule has spoken; what it cannot say louder is not looked for again.
type said struct {
	loudly  bool // as loud as it can
	surely  bool // and nothing overrules it
	present bool // and it is being done at this moment
}

// scan reads a text in some languages. Each hears the sentences that may be its
// own; the learned words speak where no language heard anything.
func (sc *scratch) scan(text string, langs []*language, overruled *[]Overruled) []Finding {
	sc.cut(text)
	for len(sc.toks) < len(langs) {
		sc.toks, sc.marks, sc.seen = append(sc.toks, nil), append(sc.marks, nil), append(sc.seen, seen{})
	}
	words := 0
	for i, l := range langs {
		sc.toks[i], sc.marks[i] = l.read(&sc.writing, sc.toks[i], sc.marks[i])
		words = max(words, l.words)
	}
	if len(sc.present) < words/64+1 {
		sc.present = make(wordSet, words/64+1)
	}
	sc.best = bestMarks(sc.best[:0], sc.marks[:len(langs)])
	var out []Finding
	for i, l := range langs {
		s := scanner{language: l, scratch: sc, seen: &sc.seen[i], toks: sc.toks[i], marks: sc.marks[i], out: out, base: len(out), share: foreignShare, overruled: overruled}
		s.sentences()
		s.overrule()
		if len(s.out) == s.base && len(l.hints.themes) > 0 {
			s.hint()
			s.overrule()
		}
		out = s.out
	}
	for i := 0; i < len(langs) && len(out) == 0; i++ {
		s := scanner{language: langs[i], scratch: sc, seen: &sc.seen[i], toks: sc.toks[i], marks: sc.marks[i], share: ownShare}
		s.hear()
		out = s.out
	}
	return out
}

// eachSentence calls f with the number and the words of each sentence that is not foreign.
func (s *scanner) eachSentence(f func(n, from, to int)) {
	for n, from := 0, 0; from < len(s.toks); n++ {
		to := from + 1
		for to < len(s.toks) && !s.toks[to].sentence {
			to++
		}
		if !foreign(s.marks[n], s.best[n], s.share) {
			f(n, from, to)
		}
		from = to
	}
}

// scanner is the state of one scan in one language.
type scanner struct {
	*language
	*scratch
	*seen
	toks   []token
	marks  []int32
	share  int32
	out    []Finding
	base   int  // where this language's findings begin in out
	listed bool // the passages are listed

	overruled *[]Overruled // takes what the learned words took back; may be nil
}

// sentences looks for every rule in all sentences. Sentences do not touch each
// other: what stands before or after one never changes what it says.
func (s *scanner) sentences() {
	s.said = slices.Grow(s.said[:0], len(s.language.rules))[:len(s.language.rules)]
	clear(s.said)
	s.eachSentence(func(_, from, to int) { s.sentence(s.toks[from:to]) })
}

// sentence looks for every rule in one sentence.
func (s *scanner) sentence(toks []token) {
	s.spots.sets = s.spots.sets[:0]
	m := matcher{tables: &s.tables, toks: toks, spots: &s.spots}
	s.hideIdioms(&m)
	if len(s.out) > s.base {
		s.hearAgain(s.happening(&m))
	}
	// No match is longer than maxSpan, so what begins in a block ends in the
	// next one at the latest.
	for from := 0; from < len(toks); from += maxSpan {
		s.see(toks[from:min(len(toks), from+2*maxSpan)])
		s.seen.rules.begin(s.language)
		for i := from; i < min(len(toks), from+maxSpan); i++ {
			s.word(&m, i)
		}
	}
}

// hearAgain forgets, before a sentence, what has been said of the rules that may
// have more to say in it.
func (s *scanner) hearAgain(happening bool) {
	for i := range s.said {
		if a := &s.said[i]; (happening && !a.present) || (!a.surely && s.language.rules[i].asksDenied()) {
			*a = said{}
		}
	}
}

// see notes which words are present.
func (s *scanner) see(toks []token) {
	clear(s.present)
	for _, t := range toks {
		s.present[t.id>>6] |= 1 << (t.id & 63)
	}
}

// word tries every program that can begin at word i.
func (s *scanner) word(m *matcher, i int) {
	id := m.toks[i].id
	if id == 0 {
		return
	}
	for _, pi := range s.seen.rules.of(s.language, &s.byFirst, s.programs, s.present, id) {
		owner, sure := s.owner[pi], s.language.sure[pi]
		if said := s.said[owner]; said.surely || (said.loudly && !sure) {
			continue
		}
		end, ok := m.match(&s.programs[pi], i)
		if !ok {
			continue
		}
		r := &s.language.rules[owner]
		level, denied := s.weigh(m, r, i, end, m.skip)
		if level == None || r.excused(m, i, end) {
			continue
		}
		present := s.happening(m)
		s.out = keep(s.out, s.base, Finding{
			Level: level, Category: r.category, Rule: r.id, Start: int(m.toks[i].start), End: int(m.toks[end-1].end),
			sure: sure || denied, trust: r.trust, present: present,
		})
		if level == r.loudest() {
			s.said[owner] = said{loudly: true, surely: sure || s.said[owner].surely, present: present}
		}
	}
}

// keep adds a finding, or raises the one that the same rule made before. A louder
// one that may still be overruled does not make a sure question forgotten.
func keep(out []Finding, base int, f Finding) []Finding {
	f.asked = f.sure && f.Level == Ask
	for i := base; i < len(out); i++ {
		if out[i].Rule == f.Rule {
			f.present, f.asked = f.present || out[i].present, f.asked || out[i].asked
			out[i].present, out[i].asked = f.present, f.asked
			if f.Level > out[i].Level || (f.Level == out[i].Level && f.sure && !out[i].sure) {
				out[i] = f
			}
			return out
		}
	}
	return append(out, f)
}

// hideIdioms makes the words of idioms unknown.
func (l *language) hideIdioms(m *matcher) {
	for i := 0; i < len(m.toks); i++ {
		if end := l.idioms.matchAt(m, i); end > 0 {
			for j := i; j < end; j++ {
				m.toks[j].id = 0
			}
		}
	}
}

// excused tells whether one of the rule's own exceptions touches the match or ends right before it.
func (r *rule) excused(m *matcher, start, end int) bool {
	for i := max(0, start-excuseReach); i < end; i++ {
		if stop := r.not.matchAt(m, i); stop > 0 && stop >= start {
			return true
		}
	}
	return false
}

// weigh gives the level of a match by its time and by denial. deniedDeath tells
// that a person says that they do not think of dying or of hurting themselves:
// that is worth a question, whatever the words around it say.
func (l *language) weigh(m *matcher, r *rule, start, end int, skipped uint64) (level Level, deniedDeath bool) {
	level = r.level
	from, to := max(0, start-timeReach), min(len(m.toks), end+timeReach)
	if r.now != unset || r.past != unset {
		isNow, isPast := l.now.in(m, from, to), l.past.in(m, from, to)
		settled := isPast && l.settled.in(m, from, to)
		switch {
		case settled && !lasting(r.category):
			return None, false
		case isNow && !settled && r.now != unset:
			level = r.now
		case isPast && (!isNow || settled) && r.past != unset:
			level = r.past
		}
	}
	if level == None {
		return None, false
	}
	how := l.denied(m, start, end, skipped)
	switch {
	case how != denied && l.dream.in(m, from, to):
		how = denied
	case how == plain && l.unreal.in(m, from, to):
		how = doubted
	}
	switch {
	case how == plain:
		return level, false
	case ofOwnDeath(r.category):
		return Ask, how == denied && r.asksDenied()
	case how == denied:
		return None, false
	}
	return level - 1, false
}

// lasting tells that a category is worth a question even where it is long over
// and the person is well.
func lasting(category string) bool {
	return ofOwnDeath(category) || category == "strangulation"
}

// ofOwnDeath tells that a category is about a person's danger to themselves.
func ofOwnDeath(category string) bool { return category == "suicide" || category == "self_harm" }

// asksDenied tells that a rule asks, and nothing overrules that, where its words are denied.
func (r *rule) asksDenied() bool { return ofOwnDeath(r.category) && r.level == Crisis }

// loudest is the highest level at which the rule can speak.
func (r *rule) loudest() Level { return max(r.level, r.now, r.past) }

// matchAt returns the end of the longest pattern of the set that begins at word
// i, or 0.
func (s *set) matchAt(m *matcher, i int) int {
	w := m.toks[i].id
	if !s.first.has(w) {
		return 0
	}
	best := 0
	k, _ := slices.BinarySearch(s.begin, uint32(w)<<16)
	for ; k < len(s.begin) && s.begin[k]>>16 == uint32(w); k++ {
		if end, ok := m.match(&s.programs[s.begin[k]&0xffff], i); ok {
			best = max(best, end)
		}
	}
	return best
}

// speech is how a match is meant.
type speech int

const (
	plain   speech = iota
	doubted        // a denial stands nearby, or it is a film or a dream
	denied         // the words themselves are denied
)

// denied tells whether a match is denied: by a word inside one of its gaps or
// right before it, by a word a little earlier in the same clause, or, where it
// has a subject of its own, by a phrase that denies a whole clause.
func (l *language) denied(m *matcher, start, end int, skipped uint64) speech {
	for i := start; i < end && i-start < maxSpan; i++ {
		if skipped&(1<<uint(i-start)) != 0 && l.denies(m, i) {
			return denied
		}
	}
	for i := end; i < len(m.toks) && i < end+2 && !m.toks[i].clause; i++ {
		if l.deny.behind.has(m.toks[i].id) && l.deny.except.matchAt(m, i) == 0 {
			return denied
		}
	}
	// A word such as "he" begins a clause: what stands before it denies it only
	// as a phrase ("I do not think he ...").
	subject := start
	clause := l.deny.before.has(m.toks[start].id)
	near := true
	for i := start - 1; i >= 0 && i >= subject-denyReach; i-- {
		if m.toks[i+1].clause {
			return plain
		}
		if clause {
			if l.deny.subject.matchAt(m, i) >= subject {
				return doubted
			}
			continue
		}
		if l.deny.before.has(m.toks[i].id) {
			subject, clause = i, true
			continue
		}
		if l.deny.stop.has(m.toks[i].id) {
			return plain
		}
		if l.denies(m, i) {
			if near {
				return denied
			}
			return doubted
		}
		near = near && l.deny.through.has(m.toks[i].id)
	}
	return plain
}

// denies tells whether word i is a denial and not one in appearance only.
func (l *language) denies(m *matcher, i int) bool {
	if !l.deny.words.has(m.toks[i].id) {
		return false
	}
	return l.deny.except.matchAt(m, i) == 0
}
