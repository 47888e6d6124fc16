package flow

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// varQuietHours holds the person's own quiet hours, "22:00-08:00", or "none".
const varQuietHours = "quiet_hours"

// The readers of windows, and of parts of the day that stand for one, among those
// of Options.
const (
	readWindow = "window"
	readPart   = "part"
)

// Kinds are what something that comes by itself may be. How late it may come,
// and what happens after an outage, go by it: that is the host's.
func Kinds() []string { return []string{"checkin", "reasons", "week", "date", "note"} }

// longestSnooze is how far a message may be put off.
const longestSnooze = 7 * 24 * time.Hour

// snoozeOp lets what came by itself last come again.
type snoozeOp struct {
	effect Snooze
	forVar ref // holds how long; effect.For is empty then
}

func (*snoozeOp) isOp() {}

// kindOfTime reads the kind of something that comes by itself.
func (p *parser) kindOfTime(n *yaml.Node) string {
	s, ok := p.str(n, "kind")
	if ok && !slices.Contains(Kinds(), s) {
		p.c.add(at(p.file, n), ruleValue, "unknown kind %q; there are %s", s, strings.Join(Kinds(), ", "))
		return ""
	}
	return s
}

// organization reads an every that opts in to what the organization sends: it
// has a kind, and nothing else of its own.
func (p *parser) organization(o *everyOp, v pair, pairs []pair) {
	o.effect.Organization = true
	if _, ok := find(pairs, "kind"); !ok {
		p.c.add(at(p.file, v.k), ruleMissing, "organization needs kind: one of %s", strings.Join(Kinds(), ", "))
	}
	for _, key := range []string{"flow", "at", "days", "cron", "fresh_for", "step_down"} {
		if kv, ok := find(pairs, key); ok {
			p.c.add(at(p.file, kv.k), ruleSchedule, "%s does not go with organization: the configuration says when, and what", key)
		}
	}
}

// cron reads a cron line that comes at most once an hour.
func (p *parser) cron(n *yaml.Node) string {
	s, ok := p.str(n, "cron")
	fields := strings.Fields(s)
	switch {
	case !ok:
	case len(fields) != 5 || strings.Contains(s, "="):
		p.c.add(at(p.file, n), ruleSchedule, "cron has five fields: minute hour day month weekday")
	case strings.Trim(fields[0], "0123456789") != "":
		p.c.add(at(p.file, n), ruleSchedule, "the minute of a cron line is one number: nothing comes more often than once an hour")
	}
	return s
}

// longestWindow is how long a window may be, in minutes.
const longestWindow = 12 * 60

// window tells whether s is a window, and reports one that cannot be.
func (p *parser) window(n *yaml.Node, s string) bool {
	from, to, ok := strings.Cut(s, "-")
	if !ok || !p.rx.clock.MatchString(from) || !p.rx.clock.MatchString(to) {
		return false
	}
	if length := (minutesOf(to) - minutesOf(from) + 24*60) % (24 * 60); length == 0 || length > longestWindow {
		p.c.add(at(p.file, n), ruleSchedule, "a window is at most twelve hours long, and ends later than it begins")
	}
	return true
}

// minutesOf is a clock time that the pattern knows, in minutes since midnight.
func minutesOf(clock string) int {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

// longestStep is the most days from one to the next.
const longestStep = 31

// everySoManyDays reads "2d".
func (p *parser) everySoManyDays(o *everyOp, n *yaml.Node) bool {
	days, ok := strings.CutSuffix(n.Value, "d")
	if !ok || days == "" || strings.Trim(days, "0123456789") != "" {
		return false
	}
	if step, err := strconv.Atoi(days); err != nil || step < 2 || step > longestStep {
		p.c.add(at(p.file, n), ruleValue, "every so many days is written like 2d, from 2d to %dd", longestStep)
	}
	o.effect.Days = []string{n.Value}
	return true
}

// lengthOrName reads a length of time like 3d, or the name of a variable that
// holds one.
func (p *parser) lengthOrName(n *yaml.Node, what string, longest time.Duration) (time.Duration, ref) {
	if n.Kind == yaml.ScalarNode && p.rx.name.MatchString(n.Value) {
		return 0, ref{n.Value, at(p.file, n)}
	}
	return p.length(n, what, longest), ref{}
}

// plus reads how many days after a date, or before it.
func (p *parser) plus(o *atOp, kv pair, pairs []pair) {
	s, _ := p.str(kv.v, "plus")
	days, err := strconv.Atoi(strings.TrimSuffix(s, "d"))
	if err != nil || !strings.HasSuffix(s, "d") || days < -mostDays || days > mostDays {
		p.c.add(at(p.file, kv.v), ruleValue, "plus is written like 7d, or -1d for the day before, at most %dd", mostDays)
		return
	}
	if date, ok := find(pairs, "date"); ok && strings.HasPrefix(date.v.Value, "+") {
		p.c.add(at(p.file, kv.k), ruleSchedule, "plus goes with the name of a date; from today on it is written date: +7d")
		return
	}
	o.inDays = days
}

// cancel reads the name of a schedule, "all", or {kind: checkin}.
func (p *parser) cancel(v pair) op {
	o := &cancelOp{}
	if v.v.Kind == yaml.MappingNode {
		keys, _ := p.mapping(v.v, "cancel")
		p.known(keys, "cancel", "kind")
		if kv, ok := find(keys, "kind"); ok {
			o.kind = p.kindOfTime(kv.v)
		} else {
			p.c.add(at(p.file, v.v), ruleMissing, "cancel needs a name, all or kind")
		}
		return o
	}
	if o.name = p.ref(v.v, "cancel"); o.name.name != "" && o.name.name != "all" {
		p.cancels = append(p.cancels, o.name)
	}
	return o
}

// snooze reads how long something is put off.
func (p *parser) snooze(v pair) op {
	o := &snoozeOp{}
	o.effect.For, o.forVar = p.lengthOrName(v.v, "snooze", longestSnooze)
	return o
}

// snooze puts off what came by itself last. Where nothing did, that is said:
// nobody is promised a message that will not come.
func (r *run) snooze(o *snoozeOp) {
	e := o.effect
	if o.forVar.name != "" {
		if e.For = min(r.spanOf(o.forVar.name), longestSnooze); e.For == 0 {
			return
		}
	}
	if !r.in.Prompted {
		r.speak("snooze_none", false)
		return
	}
	r.out = append(r.out, e)
}

// spanOf is the length of time that a variable holds, as "3d"; zero for none.
func (r *run) spanOf(name string) time.Duration {
	s, _ := r.value(name).(string)
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	if s == "" || unit[s[len(s)-1]] == 0 {
		return 0
	}
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || n < 1 || n > 999_999 {
		return 0
	}
	return min(time.Duration(n)*unit[s[len(s)-1]], mostDays*24*time.Hour)
}

// answeredByOpening tries the message that opened the flow as the answer to a
// question that wants that. It is then as if it had been asked and answered.
func (r *run) answeredByOpening(f *flow, n *node, o *askOp) (done bool, err error) {
	if !o.opening || !r.opened {
		return false, nil
	}
	r.opened = false
	value, echo, ok := r.read(o, r.in.Text)
	if !ok {
		return false, nil
	}
	r.await(n, &Waiting{Kind: waitAsk})
	return true, r.accept(f, n, o, value, echo, n.next)
}

// hearable are the kinds of answers that may open a flow.
func hearable() []string { return []string{"time", "days", "date", "span", "hours"} }

func (p *parser) hears(n *yaml.Node) (kinds []ref) {
	for _, it := range p.strs(n, "hears") {
		switch {
		case !slices.Contains(hearable(), it.Value):
			p.c.add(at(p.file, it), ruleValue, "unknown kind %q; there are %s", it.Value, strings.Join(hearable(), ", "))
		case p.opt.Readers[it.Value] == nil:
			p.c.add(at(p.file, it), ruleReader, "this program has no reader for %s", it.Value)
		default:
			kinds = append(kinds, ref{it.Value, at(p.file, it)})
		}
	}
	return kinds
}

// heardAs finds the flow that hears what the whole message is, when nothing but
// a menu waits: a time, days. A bare number is none of these.
func (r *run) heardAs(n *node, norm string) *flow {
	if n != nil {
		if _, menu := n.op.(*menuOp); !menu {
			return nil
		}
	}
	if _, number := r.tongue.ordinal(norm); number || norm == "" || len(r.in.Text) > maxHeard || len(r.lib.hears) == 0 || !r.welcomed() {
		return nil
	}
	for _, kind := range hearable() {
		f := r.lib.hears[kind]
		if f == nil {
			continue
		}
		for _, reader := range r.lib.opt.readersOf(kind) {
			if _, _, ok := reader(r.in.Text, r.lib.tag(r.tongue), r.in.Now); ok {
				return f
			}
		}
	}
	return nil
}

// readersOf are the readers of a kind: its own and that which widens it.
func (o Options) readersOf(kind string) (all []Reader) {
	for _, name := range []string{kind, windowsOf(kind)} {
		if r := o.Readers[name]; r != nil {
			all = append(all, r)
		}
	}
	return all
}

// windowsOf names the reader that widens a kind; "" for none.
func windowsOf(kind string) string {
	if kind == "time" {
		return readWindow
	}
	return ""
}

// Offers tells whether a script lets people opt in to what the organization
// sends of a kind.
func (l *Library) Offers(kind string) bool {
	for _, f := range l.flows {
		for _, n := range f.nodes {
			if o, ok := n.op.(*everyOp); ok && o.effect.Organization && o.effect.Kind == kind {
				return true
			}
		}
	}
	return false
}
