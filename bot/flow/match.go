package flow

import (
	"cmp"
	"slices"
	"strings"
)

// What a match counts. A phrase is worth the words that it shares with the
// message; the more the message says besides, the more it has to be worth.
const (
	pointsWord   = 4 // a word with meaning
	pointsStrong = 2 // more for a word that names a thing by itself
	pointsSmall  = 1 // a small word, when the whole phrase is there
	pointsGap    = 3 // taken off for a word with meaning in between
	pointsTypo   = 1 // taken off for a guess at a misspelt word
	pointsClose  = 2 // two flows this close are both offered
	pointsTwo    = 4 // the same, where they share no word of the message

	needAlone = 3  // nothing else with a meaning is in the message: one word, also misspelt
	needOne   = 6  // one word more
	needSome  = 8  // two words more
	needMany  = 9  // up to eight more
	needLong  = 12 // a long message

	gapWords = 1 // words with meaning that may stand inside a phrase
	gapSmall = 3 // small words between two words of a phrase
	farWords = 3 // words in another thought that weigh as much as one beside the phrase
	loneWord = 2 // small words around a phrase that is to be the whole message
	seenBack = 2 // words with meaning before a phrase among which "not" is looked for

	shortestTypo  = 4
	longestMended = 14 // words of a message in which misspellings are looked for
	mostShown     = 5  // candidates that Explain lists
)

// sought is a phrase in the form that messages are compared with.
type sought struct {
	heard
	words []token
	plain int  // words with meaning
	small int  // small words
	whole bool // of idle: never while a question waits
	soft  bool // of anywhere or idle, or with a full stop: the message may hold nothing else with a meaning
	turns bool // has a word against in it
	other bool // is about somebody else, or between the two
}

// found is a phrase found in a message.
type found struct {
	*sought
	heardAs []token // the message
	at      []int   // positions in it
	points  int
	need    int
	gap     int
	rest    int
	equal   bool
}

// index is what the free matching of a library needs.
type index struct {
	fold  *folder
	byKey map[string][]*sought // by the word of the phrase that the fewest phrases have
	small map[string]*sought   // phrases of small words only, whole
}

// newIndex prepares the phrases. Single words of `first` are not among them:
// those are heard as they are or not at all.
func newIndex(f *folder, flows []heardIn) *index {
	x := &index{fold: f, byKey: map[string][]*sought{}, small: map[string]*sought{}}
	var all []*sought
	many := map[string]int{}
	seen := map[string]bool{}
	add := func(p phrase, owner *flow, whole, soft bool) {
		s := &sought{heard: heard{p, owner}, words: f.fold(p.norm), whole: whole, soft: soft}
		key := joined(s.words)
		if seen[key+"\n"+owner.ID] {
			return
		}
		seen[key+"\n"+owner.ID] = true
		for _, t := range s.words {
			s.turns = s.turns || t.kind == wordAgainst
			s.other = s.other || t.kind == wordOther
			if !t.means() {
				s.small++
			} else {
				s.plain++
				many[t.word]++
			}
		}
		if s.plain == 0 {
			if x.small[key] == nil {
				x.small[key] = s
			}
			return
		}
		all = append(all, s)
	}
	for _, g := range flows {
		for _, p := range g.start {
			add(p, g.flow, false, strings.HasSuffix(p.text, "."))
		}
		for _, p := range g.anywhere {
			add(p, g.flow, false, true)
		}
		for _, p := range g.idle {
			add(p, g.flow, true, true)
		}
	}
	for _, s := range all {
		f.learn(s.norm)
		key := ""
		for _, t := range s.words {
			if t.means() && (key == "" || many[t.word] < many[key]) {
				key = t.word
			}
		}
		x.byKey[key] = append(x.byKey[key], s)
	}
	return x
}

func joined(words []token) string {
	var b strings.Builder
	for i, t := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.word)
	}
	return b.String()
}

// search finds the phrases in a normal message, the best first, one a flow.
// asked tells that a question waits that did not take the message: then only
// whole phrases without a gap count. guess allows for misspelt words.
func (x *index) search(norm string, asked, guess bool) (list []found) {
	if len(x.byKey) == 0 && len(x.small) == 0 {
		return nil
	}
	var words []token
	if guess {
		words = x.fold.hear(norm)
	} else {
		words = x.fold.fold(norm)
	}
	if len(words) == 0 {
		return nil
	}
	if s := x.small[joined(words)]; s != nil && !(asked && s.soft) {
		return []found{{sought: s, heardAs: words, points: needLong * 2, equal: true}}
	}
	best := map[*flow]int{}
	done := map[string]bool{}
	for _, t := range words {
		if !t.means() || done[t.word] {
			continue
		}
		done[t.word] = true
		for _, s := range x.byKey[t.word] {
			if asked && (s.whole || !s.soft && s.plain < 2 && len(s.words) < 2) {
				continue
			}
			f, ok := s.in(words, asked)
			if !ok {
				continue
			}
			i, had := best[s.flow]
			switch {
			case !had:
				best[s.flow] = len(list)
				list = append(list, f)
			case f.better(list[i]):
				list[i] = f
			}
		}
	}
	slices.SortStableFunc(list, func(a, b found) int {
		switch {
		case a.better(b):
			return -1
		case b.better(a):
			return 1
		}
		return strings.Compare(a.flow.ID, b.flow.ID)
	})
	return list
}

func (f *found) enough() bool { return f.points >= f.need }

// better compares two matches: first what suffices, then what is worth more,
// then what has less in between.
func (f *found) better(g found) bool {
	if f.enough() != g.enough() {
		return f.enough()
	}
	return cmp.Or(cmp.Compare(f.points, g.points),
		cmp.Compare(len(g.words)-len(g.at), len(f.words)-len(f.at)), cmp.Compare(g.gap, f.gap), cmp.Compare(g.rest, f.rest),
		cmp.Compare(len(f.norm), len(g.norm)), cmp.Compare(g.norm, f.norm)) > 0
}

// in looks for the phrase everywhere in the message and keeps the best place.
func (s *sought) in(words []token, asked bool) (best found, ok bool) {
	lead := 0
	for lead < len(s.words) && !s.words[lead].means() {
		lead++
	}
	for i := range words {
		if words[i].word != s.words[lead].word {
			continue
		}
		f, fits := s.from(words, i, lead)
		if !fits || asked && f.gap > 0 {
			continue
		}
		var more bool
		f.rest, more = besides(words, f.at)
		f.equal = !more && len(f.at) == len(s.words) && len(words) == len(s.words)
		f.need = needed(f.rest)
		lone := len(words)-len(f.at) <= loneWord
		if s.soft && more || (s.whole || s.soft && asked) && !lone {
			f.need = needLong * 2
		}
		if asked && !f.equal && !s.soft {
			f.need = max(f.need, needSome-2)
		}
		if f.equal {
			f.points += needLong
		}
		if !ok || f.better(best) {
			best, ok = f, true
		}
	}
	return best, ok
}

// besides counts what the message says beside the words at the given places, and
// tells whether it says anything. Words in another thought count less.
func besides(words []token, at []int) (rest int, more bool) {
	from, to := at[0], at[len(at)-1]
	for from > 0 && words[from-1].kind != wordBreak {
		from--
	}
	for to < len(words)-1 && words[to+1].kind != wordBreak {
		to++
	}
	near, far := 0, 0
	for i, t := range words {
		switch {
		case !t.counts():
		case i < from || i > to:
			far++
		case !slices.Contains(at, i):
			near++
		}
	}
	return near + far/farWords, near+far > 0
}

func needed(rest int) int {
	switch {
	case rest == 0:
		return needAlone
	case rest == 1:
		return needOne
	case rest == 2:
		return needSome
	case rest <= 8:
		return needMany
	}
	return needLong
}

// from matches the phrase with its first word of meaning at i. Words of meaning
// have to be there in order, with small gaps. Beside a single word of meaning, and
// in a phrase that turns something around, the small words have to be there too,
// but for the first of a message: "called" is "i called", and "do not call" is not
// "do not call me". Elsewhere only the last has to be, as in "he called me"; the
// others add to it.
func (s *sought) from(words []token, i, lead int) (found, bool) {
	strict := s.plain < 2 || s.turns
	f := found{sought: s, heardAs: words, at: make([]int, 0, len(s.words))}
	back := i
	for k := lead - 1; k >= 0; k-- {
		j := back - 1
		for j >= 0 && words[j].word != s.words[k].word && words[j].kind == wordSmall && back-j <= gapSmall {
			j--
		}
		if j < 0 || words[j].word != s.words[k].word {
			if strict && (k > 0 || back > 0) {
				return f, false
			}
			continue
		}
		f.at = append(f.at, j)
		back = j
	}
	slices.Reverse(f.at)
	f.at = append(f.at, i)
	pos := i
	for k, t := range s.words[lead+1:] {
		j, gap, ok := next(words, pos, t)
		if !ok || f.gap+gap > gapWords {
			if last := lead+k+2 == len(s.words); t.kind == wordSmall && !strict && !last {
				continue
			}
			return f, false
		}
		f.gap += gap
		f.at = append(f.at, j)
		pos = j
	}
	if !s.turns && turned(words, back) || !s.other && !words[back].self && ofOther(words, back) {
		return f, false
	}
	if len(f.at) == len(s.words) {
		f.points += pointsSmall * s.small
	}
	for _, at := range f.at {
		if words[at].means() {
			f.points += pointsWord
		}
		if words[at].strong {
			f.points += pointsStrong
		}
		if words[at].typo {
			f.points -= pointsTypo
		}
	}
	f.points -= f.gap * pointsGap
	return f, true
}

// next finds t behind pos, over small words and at most one with a meaning.
func next(words []token, pos int, t token) (j, gap int, ok bool) {
	small := 0
	for j = pos + 1; j < len(words); j++ {
		w := words[j]
		if w.word == t.word {
			return j, gap, true
		}
		switch w.kind {
		case wordSmall, wordLight:
			small++
		case wordPlain, wordOther:
			gap++
		default:
			return 0, 0, false
		}
		if small > gapSmall || gap > gapWords || gap > 0 && t.kind == wordSmall {
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// turned tells whether a word like "not" stands shortly before i in the same
// thought.
func turned(words []token, i int) bool {
	for seen := 0; i > 0 && seen < seenBack; {
		i--
		switch words[i].kind {
		case wordAgainst:
			return true
		case wordBreak:
			return false
		case wordPlain, wordLight, wordOther:
			seen++
		}
	}
	return false
}

// ofOther tells whether what begins at i is said about somebody else: such a word
// stands shortly before it in the same thought, and none for who writes between.
func ofOther(words []token, i int) bool {
	for seen := 0; i > 0 && seen < seenBack; {
		i--
		switch {
		case words[i].kind == wordBreak, words[i].self:
			return false
		case words[i].kind == wordOther:
			return true
		case words[i].means():
			seen++
		}
	}
	return false
}

// choose makes the decision: the matches that the message reaches, one or the
// two that are close, or none.
func choose(list []found) []found {
	if len(list) == 0 || !list[0].enough() {
		return nil
	}
	best := list[0]
	if best.equal {
		return list[:1]
	}
	for _, other := range list[1:] {
		if !other.enough() {
			break
		}
		limit := pointsClose
		if !other.touches(best) { // two things were said
			limit = pointsTwo
		}
		if best.points-other.points <= limit && !other.inside(best) {
			return []found{best, other}
		}
	}
	return list[:1]
}

// inside tells whether f says nothing that g does not say.
func (f *found) inside(g found) bool {
	if len(f.at) >= len(g.at) {
		return false
	}
	for _, at := range f.at {
		if !slices.Contains(g.at, at) {
			return false
		}
	}
	return true
}

// touches tells whether f and g share a word of the message that has a meaning.
func (f *found) touches(g found) bool {
	return slices.ContainsFunc(f.at, func(at int) bool { return slices.Contains(g.at, at) })
}
