package flow

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

func (p *parser) schedule(v pair, pairs []pair) op {
	o := &everyOp{}
	name := p.listName(v.v, "every")
	o.effect.Name = name.name
	p.every = append(p.every, name)
	if name.name == "all" {
		p.c.add(name.pos, ruleValue, `"all" is the engine's own name`)
	}
	if kv, ok := find(pairs, "kind"); ok {
		o.effect.Kind = p.kindOfTime(kv.v)
	}
	if kv, ok := find(pairs, "organization"); ok && p.boolean(kv.v, "organization") {
		p.organization(o, v, pairs)
		return o
	}
	if kv, ok := find(pairs, "flow"); ok {
		o.flow = p.ref(kv.v, "flow")
		o.effect.Flow = o.flow.name
		p.goings = append(p.goings, going{o.flow, func(*flow) {}})
	} else {
		p.c.add(at(p.file, v.k), ruleMissing, "every needs flow")
	}
	when, hasAt := find(pairs, "at")
	cron, hasCron := find(pairs, "cron")
	if hasAt == hasCron {
		p.c.add(at(p.file, v.k), ruleMissing, "every needs at or cron, one of them")
	}
	if hasAt {
		o.effect.Time, o.atVar = p.clockOrName(when.v, "at")
	}
	if hasCron {
		o.effect.Cron = p.cron(cron.v)
	}
	if kv, ok := find(pairs, "days"); ok {
		p.days(o, kv.v)
		if hasCron {
			p.c.add(at(p.file, kv.k), ruleSchedule, "days does not go with cron")
		}
	}
	if kv, ok := find(pairs, "fresh_for"); ok {
		o.effect.FreshFor = p.length(kv.v, "fresh_for", 7*24*time.Hour)
	}
	if kv, ok := find(pairs, "step_down"); ok {
		o.stepDown = p.ref(kv.v, "step_down")
		o.effect.StepDown = o.stepDown.name
		p.goings = append(p.goings, going{o.stepDown, func(*flow) {}})
	}
	return o
}

func (p *parser) days(o *everyOp, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		if p.everySoManyDays(o, n) {
			return
		}
		o.dayVar = p.ref(n, "days")
		return
	}
	for _, it := range p.strs(n, "days") {
		if !slices.Contains(weekdays(), it.Value) {
			p.c.add(at(p.file, it), ruleValue, "unknown day %q; there are %s", it.Value, strings.Join(weekdays(), ", "))
			continue
		}
		o.effect.Days = append(o.effect.Days, it.Value)
	}
}

// weekdays in the order of time.Weekday.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func (p *parser) quiet(v pair) op {
	o := &quietOp{}
	if v.v.Kind == yaml.ScalarNode {
		switch v.v.Value {
		case "stop":
			o.effect.Stop = true
		case "off":
		case "undo":
			o.effect.Undo = true
		default:
			p.c.add(at(p.file, v.v), ruleValue, "quiet is stop, off, undo or {for: 7d}")
		}
		return o
	}
	keys, _ := p.mapping(v.v, "quiet")
	p.known(keys, "quiet", "for", "undo")
	if kv, ok := find(keys, "undo"); ok {
		o.effect.Undo = p.boolean(kv.v, "undo")
	}
	if kv, ok := find(keys, "for"); ok {
		o.effect.For, o.forVar = p.lengthOrName(kv.v, "for", 366*24*time.Hour)
	} else {
		p.c.add(at(p.file, v.v), ruleMissing, "quiet needs for")
	}
	return o
}

// needs are the kinds of help lines that a script may ask for.
func needs() []string {
	return []string{"dv", "crisis", "emergency", "sexual", "child", "own_behaviour", "danger", "more"}
}

func (p *parser) lines(v pair) op {
	o := &linesOp{}
	needs := needs()
	need := v.v
	if v.v.Kind == yaml.MappingNode {
		keys, _ := p.mapping(v.v, "lines")
		p.known(keys, "lines", "need", "up_to")
		need = nil
		for _, kv := range keys {
			if kv.key == "need" {
				need = kv.v
			}
			if kv.key == "up_to" {
				o.effect.UpTo = p.integer(kv.v, "up_to", 1, 10)
			}
		}
	}
	if need == nil || isNull(need) || need.Kind == yaml.ScalarNode && need.Value == "" {
		return o
	}
	s, ok := p.str(need, "lines")
	if ok && !slices.Contains(needs, s) {
		p.c.add(at(p.file, need), ruleValue, "unknown need %q; there are %s", s, strings.Join(needs, ", "))
	}
	o.effect.Need = s
	return o
}
