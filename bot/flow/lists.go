package flow

import (
	"fmt"
	"slices"
	"strings"
)

// items gives a list as it is at this point of the work on an input.
func (r *run) items(list string) []Item {
	if items, ok := r.lists[list]; ok {
		return items
	}
	items, ok := r.in.Lists[list]
	if ok || r.in.Items == nil {
		return items
	}
	items, err := r.in.Items(list)
	if err != nil && r.failed == nil {
		r.failed = fmt.Errorf("list %s: %w", list, err)
	}
	r.keepItems(list, items)
	return items
}

// keepItems remembers a list for the rest of the work on this input.
func (r *run) keepItems(list string, items []Item) {
	if r.lists == nil {
		r.lists = map[string][]Item{}
	}
	r.lists[list] = items
}

func (r *run) own(list string) []Item {
	items := r.items(list)
	if !r.owned[list] {
		if r.owned == nil {
			r.owned = map[string]bool{}
		}
		r.owned[list] = true
		items = slices.Clone(items)
		r.keepItems(list, items)
	}
	return items
}

// keep adds a line. Empty lines (a skipped question) are not kept.
func (r *run) keep(list, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	text = cut(text, MaxAnswer)
	r.lists[list] = append(r.own(list), Item{Text: text, From: r.in.ID, At: r.in.Now})
	r.noteLine()
	r.out = append(r.out, Keep{list, text})
}

// drop removes the line of that number. A line that was kept by this same input
// has no ID yet: its effect is taken back.
func (r *run) drop(o *dropOp) {
	list := o.list.name
	v, _ := o.number.eval(r.value)
	f, _ := v.(float64)
	items := r.items(list)
	i := int(f) - 1
	if f != float64(int(f)) || i < 0 || i >= len(items) {
		r.speak("drop_missing", false)
		return
	}
	it := items[i]
	r.lists[list] = slices.Delete(r.own(list), i, i+1)
	if it.ID != 0 {
		r.out = append(r.out, Drop{list, it.ID})
		return
	}
	for j, e := range r.out {
		if e == Effect(Keep{list, it.Text}) {
			r.out = slices.Delete(r.out, j, j+1)
			return
		}
	}
}

// showList shows a list in one message, and tells which step follows.
func (r *run) showList(n *node, o *showOp) *node {
	items := r.items(o.list.name)
	if len(items) == 0 {
		switch {
		case o.branched:
			return o.noneFirst
		case o.none != nil:
			r.say(Say{Text: r.text(o.none)})
		default:
			r.speak("list_empty", false)
		}
		return n.next
	}
	r.sees(o.list.name)
	which := []int{-1}
	if o.number != nil {
		v, _ := o.number.eval(r.value)
		f, _ := v.(float64)
		if which[0] = numberOf(items, int(f)); which[0] < 0 || f != float64(int(f)) {
			r.speak("drop_missing", false)
			return n.next
		}
	} else {
		which = r.picked(n, o, len(items))
	}
	var b strings.Builder
	for i, at := range which {
		if i > 0 {
			b.WriteByte('\n')
		}
		switch {
		case o.number != nil || items[at].N > 0: // it begins with its own
		case o.numbered:
			fmt.Fprintf(&b, "%d ", at+1)
		default:
			b.WriteString("- ")
		}
		if o.short {
			b.WriteString(shorten(items[at].Text))
			continue
		}
		b.WriteString(items[at].Text)
	}
	r.say(Say{Text: b.String()})
	return n.next
}

// picked chooses which of n lines are shown and in which order, as positions in
// the list, oldest first.
func (r *run) picked(st *node, o *showOp, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if o.newest {
		slices.Reverse(all)
	}
	if o.upTo == 0 || o.upTo >= n {
		return all
	}
	if !o.random {
		return all[:o.upTo]
	}
	x := mix(r.in.Seed ^ hash(st.path))
	for i := range o.upTo { // the first places of a shuffle
		j := i + int(x%uint64(n-i))
		all[i], all[j] = all[j], all[i]
		x = mix(x)
	}
	chosen := all[:o.upTo]
	slices.Sort(chosen)
	if o.newest {
		slices.Reverse(chosen)
	}
	return chosen
}
