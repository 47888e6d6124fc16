package po

import (
	"slices"
	"strings"
)

// likeEnough is how much of their words two texts must share for the
// translation of one to be offered for the other.
const likeEnough = 0.6

// Merge brings a translation up to date: fresh are the texts as they are now, in
// their order, with forms as the number of plural forms; old is what was
// translated so far. No translation is lost:
//
//   - the same text in the same place keeps its translation;
//   - the same text in another place of the same group, as behind a step that
//     was put in, takes it along;
//   - a changed text keeps it as fuzzy, with the text that it was made for;
//   - what is not used any more stays in the file as obsolete, and comes back
//     when its text does.
//
// The group of an entry is the first word of its context.
func Merge(fresh []Entry, old *File, forms int) *File {
	m := merger{out: &File{Header: old.Header}, forms: forms, taken: make([]bool, len(old.Entries)), old: old.Entries, from: make([]int, len(fresh))}
	m.out.Entries = slices.Clone(fresh)
	byKey := map[Key]int{}
	for i := range old.Entries {
		e := &old.Entries[i]
		if j, ok := byKey[e.Key()]; !ok || m.old[j].Obsolete {
			byKey[e.Key()] = i
		}
	}
	for i := range fresh {
		m.from[i] = -1
		if j, ok := byKey[fresh[i].Key()]; ok && !m.taken[j] {
			m.take(i, j)
		}
	}
	groups := map[string][]int{}
	for j := range m.old {
		if !m.taken[j] && m.old[j].touched() {
			g := group(m.old[j].Context)
			groups[g] = append(groups[g], j)
		}
	}
	for _, pass := range []func(e, o *Entry) float64{sameText, samePlace, likeText} {
		for i := range fresh {
			if m.from[i] >= 0 {
				continue
			}
			best, most := -1, 0.0
			for _, j := range groups[group(fresh[i].Context)] {
				if m.taken[j] || kind(m.old[j].Context) != kind(fresh[i].Context) {
					continue
				}
				if like := pass(&fresh[i], &m.old[j]); like > most {
					best, most = j, like
				}
			}
			if best >= 0 {
				m.take(i, best)
			}
		}
	}
	m.rest()
	return m.out
}

type merger struct {
	out   *File
	forms int
	old   []Entry
	taken []bool
	from  []int // for each fresh entry the old one, or -1
}

// take gives the translation of an old entry to a fresh one.
func (m *merger) take(i, j int) {
	m.taken[j], m.from[i] = true, j
	e, o := &m.out.Entries[i], &m.old[j]
	e.Comments = o.Comments
	e.Str = slices.Clone(o.Str)
	for _, f := range o.Flags {
		if f != FlagFuzzy && !slices.Contains(e.Flags, f) {
			e.Flags = append(e.Flags, f)
		}
	}
	changed := o.ID != e.ID || o.Plural != e.Plural
	switch {
	case !o.touched() || e.Own:
	case changed && o.Fuzzy() && o.Before != nil:
		e.Before = o.Before
	case changed:
		e.Before = &Before{ID: o.ID, Plural: o.Plural}
	case o.Fuzzy():
		e.Before = o.Before
	}
	if o.touched() && !e.Own && (changed || o.Fuzzy()) {
		e.Flags = append([]string{FlagFuzzy}, e.Flags...)
	}
}

// rest fills what has no translation and keeps what is out of use.
func (m *merger) rest() {
	for i := range m.out.Entries {
		e := &m.out.Entries[i]
		n := 1
		if e.Plural != "" {
			n = m.forms
		}
		if len(e.Str) > n {
			e.Str = e.Str[:n]
		}
		for len(e.Str) < n {
			e.Str = append(e.Str, "")
		}
	}
	for j := range m.old {
		if m.taken[j] || !m.old[j].touched() {
			continue
		}
		e := m.old[j]
		e.Obsolete = true
		e.References, e.Extracted = nil, nil
		m.out.Entries = append(m.out.Entries, e)
	}
}

func group(context string) string {
	g, _, _ := strings.Cut(context, " ")
	return g
}

// kind is what stands behind the group and the place in a context.
func kind(context string) string {
	parts := strings.SplitN(context, " ", 4)
	if len(parts) < 3 {
		return ""
	}
	return parts[2]
}

func sameText(e, o *Entry) float64 {
	if e.ID == o.ID && e.Plural == o.Plural {
		return 1
	}
	return 0
}

func samePlace(e, o *Entry) float64 {
	if e.Context != o.Context || o.Obsolete {
		return 0
	}
	return 0.001 + like(e.ID, o.ID)
}

func likeText(e, o *Entry) float64 {
	if l := like(e.ID, o.ID); l >= likeEnough && !o.Obsolete {
		return l
	}
	return 0
}

// like tells how many of their words two texts share, from 0 to 1.
func like(a, b string) float64 {
	x, y := strings.Fields(strings.ToLower(a)), strings.Fields(strings.ToLower(b))
	count := map[string]int{}
	for _, w := range x {
		count[w]++
	}
	both := 0
	for _, w := range y {
		if count[w] > 0 {
			count[w]--
			both++
		}
	}
	if len(x)+len(y) == 0 {
		return 1
	}
	return 2 * float64(both) / float64(len(x)+len(y))
}
