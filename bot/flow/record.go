package flow

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// recordOp writes an entry of a journal from what was remembered on the way.
type recordOp struct {
	list   ref
	fields map[string]ref // by key of the verb
}

func (*recordOp) isOp() {}

// recordKeys are the parts of an entry. The value of each is a remembered name.
func recordKeys() []string {
	return []string{"date", "time", "happened", "told", "noticed", "left", "people", "tags", "changes"}
}

func (p *parser) record(v pair, pairs []pair) op {
	o := &recordOp{list: p.listName(v.v, "record"), fields: map[string]ref{}}
	p.keeps = append(p.keeps, o.list)
	for _, kv := range pairs {
		if slices.Contains(recordKeys(), kv.key) {
			o.fields[kv.key] = p.variable(kv.v, kv.key)
			p.forgets = append(p.forgets, o.fields[kv.key])
		}
	}
	if _, ok := o.fields["happened"]; !ok {
		p.c.add(at(p.file, v.k), ruleMissing, "record needs happened")
	}
	return o
}

// names are the names that an entry is made of, in the order of recordKeys.
func (o *recordOp) names() (names []string) {
	for _, key := range recordKeys() {
		names = append(names, key+"="+o.fields[key].name)
	}
	return names
}

// record leaves the effect and forgets what the entry was made of: nothing of it
// can be taken back from now on. An entry of nothing is none.
func (r *run) record(o *recordOp) {
	text := func(key string) string {
		name := o.fields[key].name
		if name == "" {
			return ""
		}
		s, _ := r.value(name).(string)
		return strings.TrimSpace(s)
	}
	e := Record{
		List: o.list.name, Date: text("date"), Happened: text("happened"), Told: text("told"), Noticed: text("noticed"),
		Left: text("left"), People: text("people"), Tags: text("tags"),
	}
	if name := o.fields["time"].name; name != "" {
		_, e.Time = r.clockOf(name)
	}
	if name := o.fields["changes"].name; name != "" {
		n, _ := r.value(name).(float64)
		e.Changes = int(n)
	}
	for _, key := range recordKeys() {
		if name := o.fields[key].name; name != "" {
			r.put(name, nil)
		}
	}
	r.forgot = true
	if e.Happened == "" && e.Told == "" && e.Noticed == "" && e.Left == "" {
		return
	}
	r.lists[o.list.name] = append(r.own(o.list.name), Item{Text: e.Happened, At: r.in.Now})
	r.out = append(r.out, e)
}

// shortLine is how much of a line `short` shows, in characters.
const shortLine = 80

// shorten is the beginning of a line of a list, as one line.
func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= shortLine {
		return s
	}
	return cut(s, shortLine)
}

// numberOf finds the line with that number: its own, or where lines have none
// their place. -1: there is none.
func numberOf(items []Item, number int) int {
	own := slices.ContainsFunc(items, func(it Item) bool { return it.N > 0 })
	if own {
		return slices.IndexFunc(items, func(it Item) bool { return it.N == number })
	}
	if number < 1 || number > len(items) {
		return -1
	}
	return number - 1
}
