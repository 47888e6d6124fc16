package flow

import (
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// atOp starts a flow once, at a date.
type atOp struct {
	effect  At // Date is empty; Time too if timeVar is set
	flow    ref
	dateVar ref
	inDays  int // so many days from the date, or from today without one
	timeVar ref

	branched  bool // past is written
	pastBlock block
	pastFirst *node
}

func (*atOp) isOp() {}

// mostDays is how far ahead a step may set a date.
const mostDays = 366

func (p *parser) at(st *node, v pair, pairs []pair) op {
	o := &atOp{}
	name := p.listName(v.v, "at")
	o.effect.Name = name.name
	p.every = append(p.every, name)
	if name.name == "all" {
		p.c.add(name.pos, ruleValue, `"all" is the engine's own name`)
	}
	for _, key := range []string{"flow", "date", "time"} {
		if _, ok := find(pairs, key); !ok {
			p.c.add(at(p.file, v.k), ruleMissing, "at needs %s", key)
		}
	}
	for _, kv := range pairs {
		switch kv.key {
		case "flow":
			o.flow = p.ref(kv.v, "flow")
			o.effect.Flow = o.flow.name
			p.goings = append(p.goings, going{o.flow, func(*flow) {}})
		case "date":
			p.atDate(o, kv.v)
		case "plus":
			p.plus(o, kv, pairs)
		case "kind":
			o.effect.Kind = p.kindOfTime(kv.v)
		case "time":
			o.effect.Time, o.timeVar = p.clockOrName(kv.v, "time")
		case "fresh_for":
			o.effect.FreshFor = p.length(kv.v, "fresh_for", 7*24*time.Hour)
		case "past":
			o.branched = true
			o.pastBlock = p.branch(kv.v, st.path+".past")
		}
	}
	return o
}

// atDate reads the name of a variable, or "+7d".
func (p *parser) atDate(o *atOp, n *yaml.Node) {
	s, ok := p.word(n, "date")
	pos := at(p.file, n)
	days, ahead := strings.CutPrefix(s, "+")
	switch {
	case !ok:
	case ahead:
		d, err := strconv.Atoi(strings.TrimSuffix(days, "d"))
		if err != nil || !strings.HasSuffix(days, "d") || d < 0 || d > mostDays {
			p.c.add(pos, ruleValue, "days from today are written like +7d, at most +%dd", mostDays)
			return
		}
		o.inDays = d
	case !p.rx.name.MatchString(s):
		p.c.add(pos, ruleValue, "date is the name of a kept date, or days from today like +7d")
	default:
		o.dateVar = ref{s, pos}
	}
}

// clockOrName reads "21:00" or the name of a variable that holds a time.
func (p *parser) clockOrName(n *yaml.Node, what string) (clock string, name ref) {
	s, _ := p.str(n, what)
	switch {
	case p.rx.clock.MatchString(s), p.window(n, s):
		return s, ref{}
	case s != "" && s[0] >= '0' && s[0] <= '9':
		p.c.add(at(p.file, n), ruleValue, "a time is written like 21:00, a window like 18:00-20:00")
	case s != "":
		return "", ref{s, at(p.file, n)}
	}
	return "", ref{}
}

// clockOf is the time of day that a variable holds, without the days that may
// stand before it.
func (r *run) clockOf(name string) (days, clock string) {
	s, _ := r.value(name).(string)
	days, clock, two := strings.Cut(strings.TrimSpace(s), " ")
	if !two {
		return "", days
	}
	return days, clock
}

// at sets the one start. Without a date or a time it sets nothing; for a moment
// that is over it says so, or goes where the script says.
func (r *run) at(n *node, o *atOp) *node {
	e := o.effect
	if o.timeVar.name != "" {
		_, e.Time = r.clockOf(o.timeVar.name)
	}
	day := r.in.Now.AddDate(0, 0, o.inDays)
	if o.dateVar.name != "" {
		s, _ := r.value(o.dateVar.name).(string)
		var err error
		if day, err = time.Parse(time.DateOnly, s); err != nil {
			return n.next
		}
		day = day.AddDate(0, 0, o.inDays)
	}
	e.Date = day.Format(time.DateOnly)
	const wall = time.DateOnly + " 15:04"
	begins, _, _ := strings.Cut(e.Time, "-") // a window that has begun is over
	when, err := time.Parse(wall, e.Date+" "+begins)
	if err != nil {
		return n.next
	}
	now, err := time.Parse(wall, r.in.Now.Format(wall))
	if err != nil {
		return n.next // a clock beyond the year 9999
	}
	switch {
	case when.After(now):
		r.out = append(r.out, e)
	case o.branched:
		return o.pastFirst
	default:
		r.speak("date_past", false)
	}
	return n.next
}
