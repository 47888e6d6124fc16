package flow

import (
	"slices"
	"strings"
)

// held is a variable that a step reads, and the kind of question that it has to
// hold the answer to.
type held struct {
	ref
	kind string
}

// timesOf lists the variables that hold the times of a step.
func timesOf(o op) []held {
	switch o := o.(type) {
	case *everyOp:
		return []held{{o.atVar, "time"}, {o.dayVar, "days"}}
	case *atOp:
		return []held{{o.dateVar, "date"}, {o.timeVar, "time"}}
	case *quietOp:
		return []held{{o.forVar, "span"}}
	case *snoozeOp:
		return []held{{o.forVar, "span"}}
	}
	return nil
}

// holds is the kind of question whose answers a variable holds: "" where it is
// not set by such questions alone, or by several kinds.
func (ld *loader) holds(name string) string {
	kind := ""
	for _, p := range ld.parsers {
		for _, v := range p.sets {
			switch {
			case v.name != name, v.kind == varAny:
			case v.read == "" || kind != "" && kind != v.read:
				return ""
			default:
				kind = v.read
			}
		}
	}
	return kind
}

// quietHours wants the person's own quiet hours to be hours.
func (ld *loader) quietHours() {
	for _, p := range ld.parsers {
		for _, v := range p.sets {
			if v.name == varQuietHours && v.kind == varString && v.read != "" && v.read != "hours" {
				ld.c.add(v.pos, ruleVarType, "%q holds the answer to a question with hours, not with %s", varQuietHours, v.read)
			}
		}
	}
}

// heardKinds ties each kind to the one flow that hears it.
func (ld *loader) heardKinds() map[string]*flow {
	all := map[string]*flow{}
	for _, p := range ld.parsers {
		for _, k := range p.flow.hears {
			if other := all[k.name]; other != nil && other != p.flow {
				ld.c.add(k.pos, rulePhrase, "%s hears %s already", other.File, k.name)
				continue
			}
			all[k.name] = p.flow
		}
	}
	return all
}

// cadence wants something that asks, and comes more often than once a week, to
// come less often by itself when nobody answers.
func (ld *loader) cadence(n *node, o *everyOp) {
	f := ld.flows[o.flow.name]
	if f == nil || o.stepDown.name != "" || o.seldom() || endsItself(f, o.effect.Name) {
		return
	}
	for _, st := range f.nodes {
		if _, ok := st.op.(*askOp); ok {
			ld.c.add(n.pos, ruleCadence, "%q asks something, and goes on asking when nobody answers: it needs step_down", o.flow.name)
			return
		}
	}
}

// endsItself tells whether a flow begins with the end of the schedule that
// brought it: it comes once.
func endsItself(f *flow, name string) bool {
	if f.first == nil {
		return false
	}
	c, ok := f.first.op.(*cancelOp)
	return ok && c.name.name == name
}

// seldom tells whether a schedule comes once a week at most, as far as the
// script says.
func (o *everyOp) seldom() bool {
	if o.effect.Organization {
		return true
	}
	if fields := strings.Fields(o.effect.Cron); len(fields) == 5 {
		one := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
		return one(fields[1]) && (one(fields[2]) || one(fields[4]) || slices.Contains([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, strings.ToLower(fields[4])))
	}
	if days := o.effect.Days; len(days) == 1 {
		return !strings.HasSuffix(days[0], "d") || daysIn(days[0]) >= 7
	}
	return false
}

// daysIn is the number in "10d"; 0 for none.
func daysIn(s string) (n int) {
	for _, c := range strings.TrimSuffix(s, "d") {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
