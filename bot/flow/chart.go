package flow

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// chartOp shows the numbers on a list over some days.
type chartOp struct {
	list     ref
	title    *text
	alt      *text // nil: the title
	days     int
	from, to float64
	bounded  bool // from and to hold
}

func (*chartOp) isOp() {}

const (
	usualDays = 14
	mostMarks = 92 // days of a chart
)

func (p *parser) chart(st *node, v pair, pairs []pair) op {
	o := &chartOp{list: p.listName(v.v, "chart"), days: usualDays}
	p.uses = append(p.uses, o.list)
	for _, kv := range pairs {
		switch kv.key {
		case "title":
			o.title = p.text(st.path+".title", "title", kv.v, nil)
		case "alt":
			o.alt = p.text(st.path+".alt", "alt", kv.v, nil)
		case "days":
			o.days = p.integer(kv.v, "days", 2, mostMarks)
		}
	}
	if o.title == nil {
		p.c.add(st.pos, ruleMissing, "chart needs title")
		o.title = p.newText(st.path+".title", st.pos)
	}
	from, hasFrom := find(pairs, "from")
	to, hasTo := find(pairs, "to")
	if hasFrom != hasTo {
		p.c.add(at(p.file, v.k), ruleMissing, "chart needs both from and to, or neither")
		return o
	}
	if hasFrom {
		var ok1, ok2 bool
		o.from, ok1 = p.number(from.v, "from")
		o.to, ok2 = p.number(to.v, "to")
		if o.bounded = ok1 && ok2; o.bounded && o.from >= o.to {
			p.c.add(at(p.file, to.v), ruleValue, "to must be more than from")
		}
	}
	return o
}

// chart leaves the effect, or says in words what is too little for a picture.
func (r *run) chart(o *chartOp) {
	r.sees(o.list.name)
	marks := r.marks(o)
	values := func(name string) string {
		switch {
		case name == "days":
			return strconv.Itoa(o.days)
		case name == "value" && len(marks) > 0:
			return show(marks[0].Value, "", "")
		case name == "date" && len(marks) > 0:
			return r.date(marks[0].At)
		}
		return ""
	}
	switch len(marks) {
	case 0:
		r.say(Say{Text: r.sentence("chart_none", values)})
		return
	case 1:
		r.say(Say{Text: r.sentence("chart_one", values)})
		return
	}
	e := Chart{Title: r.text(o.title), Days: o.days, Marks: marks, Low: o.from, High: o.to}
	if !o.bounded {
		e.Low, e.High = reach(marks)
	}
	what := e.Title
	if o.alt != nil {
		what = r.text(o.alt)
	}
	e.Alt = cut(r.sentence("chart_words", func(name string) string {
		if name == "what" {
			return what
		}
		return inWords(marks)
	}), MaxSay)
	r.out = append(r.out, e)
	r.spoke = true
}

// date says a date as people of the language write it.
func (r *run) date(at time.Time) string {
	day := at.Format(time.DateOnly)
	if read := r.lib.opt.Readers["date"]; read != nil {
		if _, said, ok := read(day, r.lib.tag(r.tongue), at); ok {
			return said
		}
	}
	return day
}

// marks are the numbers on the list that belong to the days of the chart.
func (r *run) marks(o *chartOp) []Mark {
	now := r.in.Now
	first := time.Date(now.Year(), now.Month(), now.Day()+1-o.days, 0, 0, 0, 0, now.Location())
	var out []Mark
	for _, it := range r.items(o.list.name) {
		v, err := strconv.ParseFloat(strings.TrimSpace(it.Text), 64)
		if at := it.At.In(now.Location()); err == nil && v-v == 0 && !at.Before(first) && !at.After(now) {
			out = append(out, Mark{at, v})
		}
	}
	slices.SortStableFunc(out, func(a, b Mark) int { return a.At.Compare(b.At) })
	return out
}

// reach is the scale where the script gives none: from zero, or from less.
func reach(marks []Mark) (low, high float64) {
	for _, m := range marks {
		low, high = min(low, m.Value), max(high, m.Value)
	}
	if low == high {
		high = low + 1
	}
	return low, high
}

// inWords says the marks day by day.
func inWords(marks []Mark) string {
	var b strings.Builder
	last := ""
	for _, m := range marks {
		day := m.At.Format(time.DateOnly)
		switch {
		case day == last:
			b.WriteString(", ")
		case last != "":
			b.WriteString("; " + day + ": ")
		default:
			b.WriteString(day + ": ")
		}
		b.WriteString(show(m.Value, "", ""))
		last = day
	}
	return b.String()
}
