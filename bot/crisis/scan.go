package crisis

// denyReach is how many words before a match are searched for a denial.
const denyReach = 4

// timeReach is how many words around a match are searched for words of time.
const timeReach = 12

// scan reports the findings of one language, each rule once, behind out.
func (l *language) scan(text string, out []Finding) []Finding {
	s := scanner{language: l, toks: l.cut(text, nil), out: out, base: len(out), verdict: make([]verdict, len(l.programs))}
	for from := 0; from < len(s.toks); {
		to := from + 1
		for to < len(s.toks) && !s.toks[to].sentence {
			to++
		}
		s.sentence(s.toks[from:to])
		from = to
	}
	if len(s.out) == s.base && len(s.hints.themes) > 0 {
		s.hint()
	}
	return s.out
}

// scanner is the state of one scan.
type scanner struct {
	*language
	toks    []token
	out     []Finding
	base    int       // where this language's findings begin in out
	present wordSet   // the words of the block at hand
	verdict []verdict // of each program, for the block at hand
}

// verdict tells whether a program can match in a block at all.
type verdict uint8

const (
	unasked verdict = iota
	possible
	impossible
)

// sentence looks for every rule in one sentence. Sentences do not touch each
// other: what stands before or after one never changes what it says.
func (s *scanner) sentence(toks []token) {
	m := matcher{toks: toks}
	s.hideIdioms(&m)
	// No match is longer than maxSpan, so what begins in a block ends in the
	// next one at the latest.
	for from := 0; from < len(toks); from += maxSpan {
		clear(s.present)
		clear(s.verdict)
		for _, t := range toks[from:min(len(toks), from+2*maxSpan)] {
			s.present.add(t.id)
		}
		for i := from; i < min(len(toks), from+maxSpan); i++ {
			s.word(&m, i)
		}
	}
}

// word tries every program that can begin at word i.
func (s *scanner) word(m *matcher, i int) {
	id := m.toks[i].id
	if id == 0 || int(id) >= len(s.byFirst) {
		return
	}
	for _, pi := range s.byFirst[id] {
		p := &s.programs[pi]
		if s.verdict[pi] == unasked {
			s.verdict[pi] = possible
			if !p.meetsAll(s.present) {
				s.verdict[pi] = impossible
			}
		}
		if s.verdict[pi] == impossible {
			continue
		}
		end, ok := m.match(p, i)
		if !ok {
			continue
		}
		r := &s.rules[s.owner[pi]]
		level := s.weigh(m, r, i, end, m.skip)
		if level == None || s.excused(m, r, i, end) {
			continue
		}
		s.out = keep(s.out, s.base, Finding{
			Level: level, Category: r.category, Rule: r.id, Start: m.toks[i].start, End: m.toks[end-1].end,
		})
	}
}

// keep adds a finding, or raises the one that the same rule made before.
func keep(out []Finding, base int, f Finding) []Finding {
	for i := base; i < len(out); i++ {
		if out[i].Rule == f.Rule {
			if f.Level > out[i].Level {
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
		if !l.idioms.first.has(m.toks[i].id) {
			continue
		}
		for k := range l.idioms.programs {
			p := &l.idioms.programs[k]
			if !p.first.has(m.toks[i].id) {
				continue
			}
			if end, ok := m.match(p, i); ok {
				for j := i; j < end; j++ {
					m.toks[j].id = 0
				}
				break
			}
		}
	}
}

// excused tells whether one of the rule's own exceptions touches the match or ends right before it.
func (l *language) excused(m *matcher, r *rule, start, end int) bool {
	for k := range r.not {
		p := &r.not[k]
		for i := max(0, start-8); i < end; i++ {
			if !p.first.has(m.toks[i].id) {
				continue
			}
			if stop, ok := m.match(p, i); ok && stop >= start {
				return true
			}
		}
	}
	return false
}

// weigh gives the level of a match by its time and by denial.
func (l *language) weigh(m *matcher, r *rule, start, end int, skipped uint64) Level {
	level := r.level
	from, to := max(0, start-timeReach), min(len(m.toks), end+timeReach)
	if r.now != unset || r.past != unset {
		isNow := l.now.in(m, from, to)
		switch {
		case isNow && r.now != unset:
			level = r.now
		case !isNow && r.past != unset && l.past.in(m, from, to):
			level = r.past
		}
	}
	if level == None {
		return None
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
		return level
	case r.category == "suicide" || r.category == "self_harm":
		return Ask // saying that one is not going to is worth a question
	case how == denied:
		return None
	}
	return level - 1
}

// in tells whether a pattern of the set begins at one of the words.
func (s *set) in(m *matcher, from, to int) bool {
	for i := from; i < to; i++ {
		if !s.first.has(m.toks[i].id) {
			continue
		}
		if s.matchAt(m, i) > 0 {
			return true
		}
	}
	return false
}

// matchAt returns the end of the longest pattern of the set that begins at word
// i, or 0.
func (s *set) matchAt(m *matcher, i int) int {
	best := 0
	for k := range s.programs {
		p := &s.programs[k]
		if !p.first.has(m.toks[i].id) {
			continue
		}
		if end, ok := m.match(p, i); ok {
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
