package flow

import (
	"cmp"
	"slices"
	"strings"
)

// The decoy is a small service of its own within a set of scripts: the flow decoy
// and those that begin with "decoy.". Nobody else hears of them, and who is in
// the decoy hears of nothing else but stop, which holds everywhere.

// flowDecoy is its catch-all, as menu is elsewhere.
const flowDecoy = "decoy"

// flowStop is the one flow of the others that is heard there.
const flowStop = "stop"

// InDecoy tells whether a flow belongs to the decoy.
func InDecoy(id string) bool { return id == flowDecoy || strings.HasPrefix(id, flowDecoy+".") }

// decoy is what a library is for who is in it.
type decoy struct {
	flows map[string]*flow
	menu  []*flow
}

// apart splits the phrases of a language into those of the decoy and the others.
func apart(list []heardIn) (open, hidden []heardIn) {
	for _, h := range list {
		switch {
		case InDecoy(h.flow.ID):
			hidden = append(hidden, h)
		default:
			open = append(open, h)
		}
		if h.flow.ID == flowStop {
			hidden = append(hidden, heardIn{flow: h.flow, first: h.first})
		}
	}
	return open, hidden
}

// hear gives a language its phrases, those of the decoy apart.
func (sp *speech) hear(f *folder, list []heardIn) {
	open, hidden := apart(list)
	sp.listen(f, open)
	h := *sp
	h.listen(f, hidden)
	sp.hidden = &h
}

// hide makes the decoy of a set: nil where there is none.
func (l *Library) hide() {
	if l.flows[flowDecoy] == nil {
		return
	}
	d := &decoy{flows: map[string]*flow{}}
	for id, f := range l.flows {
		if InDecoy(id) || id == flowStop {
			d.flows[id] = f
		}
	}
	d.flows[flowMenu] = l.flows[flowDecoy]
	for _, f := range l.menu {
		if InDecoy(f.ID) {
			d.menu = append(d.menu, f)
		}
	}
	slices.SortStableFunc(d.menu, func(a, b *flow) int { return cmp.Compare(a.Menu, b.Menu) })
	l.menu = slices.DeleteFunc(l.menu, func(f *flow) bool { return InDecoy(f.ID) })
	l.decoy = d
	all := append([]*speech{l.speech}, l.others()...)
	for _, sp := range all {
		sp.hidden.order = nil
		for _, o := range sp.order {
			if o == sp {
				sp.hidden.order = append(sp.hidden.order, sp.hidden)
			} else {
				sp.hidden.order = append(sp.hidden.order, o.hidden)
			}
		}
	}
}

func (l *Library) others() (out []*speech) {
	for _, sp := range l.langs {
		out = append(out, sp)
	}
	return out
}

// within is the library for who is in the decoy.
func (l *Library) within() *Library {
	if l.decoy == nil {
		return l
	}
	k := *l
	k.flows, k.menu, k.speech = l.decoy.flows, l.decoy.menu, l.speech.hidden
	k.langs = make(map[string]*speech, len(l.langs))
	for tag, sp := range l.langs {
		k.langs[tag] = sp.hidden
	}
	return &k
}
