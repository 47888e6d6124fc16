package flow

import "slices"

// Edition is what talks that began on a set of scripts need of it.
type Edition struct {
	number int64
	flows  map[string]*flow
	revs   map[string]string // by id, as they were when the set was new
	lists  []string
}

// Edition makes the library's own set one that Keep takes. Number is the host's
// name for it, above 0. Revs is the revision (Info.Rev) that each flow had when
// the set was new, by id: a later version of the program may compute another
// one from the same script, and a session that carries the first is found all
// the same.
func (l *Library) Edition(number int64, revs map[string]string) Edition {
	return Edition{number, l.flows, revs, l.own}
}

// Number is the host's name for the set.
func (e Edition) Number() int64 { return e.number }

// Keep returns a library that is l for everything that begins from now on, and
// goes on with what began in the editions: the newest first, and l's own among
// them. A running talk is looked up by flow and revision. What is the same in l
// is taken from l, so that a corrected message reaches everybody at once; what
// is not comes from the edition that has it. Sentences, word lists, phrases and
// the menu are always those of l.
//
// It changes neither l nor the editions, and forgets what an earlier Keep had
// given to l.
func (l *Library) Keep(editions []Edition) *Library {
	k := *l
	k.older, k.editions = map[revision]*flow{}, editions
	lists := slices.Clone(l.own)
	for _, e := range editions {
		for id, f := range e.flows {
			k.remember(f, f.Rev)
			if rev := e.revs[id]; rev != "" {
				k.remember(f, rev)
			}
		}
		lists = append(lists, e.lists...)
	}
	slices.Sort(lists)
	k.lists = slices.Compact(lists)
	return &k
}

// Needs returns the number of the newest edition that has every one of these
// frames; 0 when none has them all, or there are no frames.
func (l *Library) Needs(frames []Frame) int64 {
	if len(frames) == 0 {
		return 0
	}
	lacks := func(e Edition, fr Frame) bool {
		f := e.flows[fr.Flow]
		return f == nil || f.Rev != fr.Rev && e.revs[fr.Flow] != fr.Rev ||
			fr.Words != "" && fr.Words != f.words && l.older[revision{fr.Flow, fr.Rev, fr.Words}] != nil
	}
	for _, e := range l.editions {
		if !slices.ContainsFunc(frames, func(fr Frame) bool { return lacks(e, fr) }) {
			return e.number
		}
	}
	return 0
}

// revision names one version of one flow. Words is empty but for a script whose
// messages stand at other places in the newer one that is otherwise the same.
type revision struct{ flow, rev, words string }

// frame begins f.
func (f *flow) frame() Frame { return Frame{Flow: f.ID, Rev: f.Rev, Words: f.words} }

// remember makes f known under a revision, or the newest script that is the
// same but for the wording of messages. Editions come newest first.
func (l *Library) remember(f *flow, rev string) {
	now, heir := l.flows[f.ID], f
	if now != nil && now.Rev == f.Rev {
		heir = now
	} else if newer := l.older[revision{f.ID, f.Rev, ""}]; newer != nil {
		heir = newer
	}
	put := func(name revision, f *flow) {
		if l.older[name] == nil {
			l.older[name] = f
		}
	}
	if now == nil || now.Rev != rev {
		put(revision{f.ID, rev, ""}, heir)
	}
	if f.words != heir.words && rearranged(f, heir) {
		put(revision{f.ID, rev, f.words}, f)
	}
}

// find returns the script that a frame stands in: of the revision that it began
// on, or nil when nobody has that one any more.
func (l *Library) find(fr Frame) *flow {
	if fr.Words != "" {
		if f := l.older[revision{fr.Flow, fr.Rev, fr.Words}]; f != nil {
			return f
		}
	}
	if f := l.flows[fr.Flow]; f != nil && f.Rev == fr.Rev {
		return f
	}
	return l.older[revision{fr.Flow, fr.Rev, ""}]
}

// known is find, or else the flow of that name as it is now; nil when it is
// gone altogether.
func (l *Library) known(fr Frame) *flow {
	if f := l.find(fr); f != nil {
		return f
	}
	return l.flows[fr.Flow]
}

// latest returns f, in the words of the newest script that is the same.
func (l *Library) latest(f *flow) *flow {
	if now := l.flows[f.ID]; now != nil && now.Rev == f.Rev {
		return now
	}
	return f
}

// scope is what the names in a set of scripts mean.
type scope struct {
	vars  map[string]varKind
	reads map[string][]Reader  // variables whose value a reader can say better
	picks map[string][]*option // variables that a choice is kept in: the choices
}
