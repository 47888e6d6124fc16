package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// box is one thing in the picture of a flow.
type box struct {
	id    string
	label string
	shape shape
}

type shape int

const (
	shapeSay shape = iota
	shapeAsk
	shapeIf
	shapeFlow // another flow
	shapeEnd
	shapeDo
)

// arrow leads from one box to another.
type arrow struct {
	from, to, label string
	soft            bool // not by an answer: silence, or nothing understood
}

// picture is a flow as boxes and arrows, in the order of the script.
type picture struct {
	title  string
	boxes  []box
	arrows []arrow
	ids    map[*node]string
	extra  map[string]bool
}

// longestLabel is how much of a text a box shows, in runes.
const longestLabel = 60

// Mermaid draws a flow as a Mermaid flowchart; false when there is no such flow.
func (l *Library) Mermaid(id string) (string, bool) {
	f := l.flows[id]
	if f == nil {
		return "", false
	}
	return draw(f).mermaid(), true
}

// Dot draws a flow in the language of Graphviz; false when there is no such flow.
func (l *Library) Dot(id string) (string, bool) {
	f := l.flows[id]
	if f == nil {
		return "", false
	}
	return draw(f).dot(), true
}

func draw(f *flow) *picture {
	p := &picture{title: f.Title, ids: map[*node]string{}, extra: map[string]bool{}}
	nodes := f.inOrder()
	for i, n := range nodes {
		p.ids[n] = "s" + strconv.Itoa(i+1)
	}
	start := f.ID
	if len(f.Start) > 0 {
		start += "\n" + short(strings.Join(f.Start, ", "))
	}
	p.boxes = append(p.boxes, box{"start", start, shapeEnd})
	p.arrow("start", f.first, "", false)
	for _, n := range nodes {
		p.step(n)
	}
	return p
}

// arrow draws to a step; nil is the end of the flow.
func (p *picture) arrow(from string, to *node, label string, soft bool) {
	if to != nil {
		if again, ok := to.op.(*rewaitOp); ok {
			to = again.ask
		}
	}
	id := p.ids[to]
	if to == nil {
		id = p.once("finish", "end", shapeEnd)
	}
	p.arrows = append(p.arrows, arrow{from, id, label, soft})
}

// once adds a box that no step stands for, if it is not there yet.
func (p *picture) once(id, label string, s shape) string {
	if !p.extra[id] {
		p.extra[id] = true
		p.boxes = append(p.boxes, box{id, label, s})
	}
	return id
}

func (p *picture) step(n *node) {
	id := p.ids[n]
	add := func(label string, s shape) { p.boxes = append(p.boxes, box{id, label, s}) }
	switch o := n.op.(type) {
	case *sayOp:
		add(o.text.sample(), shapeSay)
	case *askOp:
		p.ask(n, o, add)
		return
	case *ifOp:
		add("if "+short(o.cond.src), shapeIf)
		p.arrow(id, o.yes, "yes", false)
		p.arrow(id, o.not, "no", false)
		return
	case *showOp:
		add("show "+o.list.name, shapeDo)
		if o.branched {
			p.arrow(id, o.noneFirst, "empty", false)
		}
	case *atOp:
		add("once, at a date: "+o.flow.name, shapeDo)
		if o.branched {
			p.arrow(id, o.pastFirst, "over already", true)
		}
	case *callOp:
		add(o.flow.name, shapeFlow)
	case *runOp:
		add("go over to "+o.flow.name, shapeFlow)
		return
	case *gotoOp:
		add("go to "+o.step.name, shapeDo)
		p.arrow(id, o.target, "", false)
		return
	case *endOp:
		add("end", shapeEnd)
		return
	default:
		add(deed(n.op), shapeDo)
	}
	p.arrow(id, n.next, "", false)
}

func (p *picture) ask(n *node, o *askOp, add func(string, shape)) {
	id := p.ids[n]
	label := o.text.sample()
	if len(o.options) == 0 {
		label += "\n(" + askKinds()[o.kind] + ")"
		p.arrow(id, n.next, "", false)
	}
	add(label, shapeAsk)
	for i := range o.options {
		p.arrow(id, o.options[i].first, o.options[i].label, false)
	}
	if len(o.options) > 0 && o.skip {
		p.arrow(id, n.next, "skip", true)
	}
	if o.noReply > 0 {
		p.arrow(id, o.noReplyFirst, "no reply in "+span(o.noReply), true)
	}
	if o.miss {
		p.arrow(id, o.missFirst, "not understood", true)
	}
}

// deed says what a step does that a person does not see.
func deed(o op) string {
	switch o := o.(type) {
	case *paceOp:
		return "paced breathing, " + strconv.Itoa(o.rounds) + " rounds"
	case *waitOp:
		return "wait " + span(o.length)
	case *setOp:
		var names []string
		for _, a := range o.list {
			names = append(names, a.name.name)
		}
		return "remember " + strings.Join(names, ", ")
	case *keepOp:
		return "keep on the list " + o.list.name
	case *dropOp:
		return "take from the list " + o.list.name
	case *menuOp:
		return "menu"
	case *everyOp:
		if o.effect.Organization {
			return "what the organization sends: " + o.effect.Kind
		}
		return "every day or so: " + o.flow.name
	case *cancelOp:
		return "cancel " + o.name.name + o.kind
	case *snoozeOp:
		return "again later"
	case *quietOp:
		return "quiet"
	case *secretOp:
		return "a word of their own: " + o.kind
	case *consentOp:
		return "consent: " + o.do
	case *linkOp:
		return "another app: " + o.do
	case *recordOp:
		return "an entry in " + o.list.name
	case *exportOp:
		return "send a file of what is kept"
	case *forgetOp:
		if o.all {
			return "erase everything"
		}
		return "forget " + strings.Join(append(refNames(o.vars), o.list.name), " ")
	case *chartOp:
		return "picture of the list " + o.list.name
	case *handOverOp:
		return "ask for a person"
	case *hideOp:
		return "take back what was said"
	case *linesOp:
		return strings.TrimSpace("help lines " + o.effect.Need)
	}
	return "step"
}

// sample is the beginning of the first variant as the script has it.
func (t *text) sample() string {
	if len(t.variants) == 0 {
		return ""
	}
	return short(t.variants[0].fill(func(name string) string { return "{{" + name + "}}" }))
}

func short(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return cut(strings.TrimFunc(line, unicode.IsSpace), longestLabel)
}

func (p *picture) mermaid() string {
	open := [...]string{shapeSay: "(\"", shapeAsk: "{{\"", shapeIf: "{\"", shapeFlow: "[[\"", shapeEnd: "([\"", shapeDo: "[\""}
	shut := [...]string{shapeSay: "\")", shapeAsk: "\"}}", shapeIf: "\"}", shapeFlow: "\"]]", shapeEnd: "\"])", shapeDo: "\"]"}
	// What would be read as a part of the language is written as a code.
	quote := strings.NewReplacer("&", "#amp;", "#", "#35;", "\"", "#quot;", "<", "#lt;", ">", "#gt;", "|", "#124;", "`", "#96;", "\n", "<br/>").Replace
	var b strings.Builder
	b.WriteString("---\ntitle: " + strconv.Quote(p.title) + "\n---\nflowchart TD\n")
	for _, x := range p.boxes {
		b.WriteString("  " + x.id + open[x.shape] + quote(x.label) + shut[x.shape] + "\n")
	}
	for _, a := range p.arrows {
		line := "-->"
		if a.soft {
			line = "-.->"
		}
		if a.label != "" {
			line += "|\"" + quote(a.label) + "\"|"
		}
		fmt.Fprintf(&b, "  %s %s %s\n", a.from, line, a.to)
	}
	return b.String()
}

func (p *picture) dot() string {
	shapes := [...]string{
		shapeSay: "shape=box, style=rounded", shapeAsk: "shape=hexagon", shapeIf: "shape=diamond",
		shapeFlow: "shape=box, peripheries=2", shapeEnd: "shape=oval", shapeDo: "shape=box",
	}
	quote := func(s string) string {
		return "\"" + strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n").Replace(s) + "\""
	}
	var b strings.Builder
	b.WriteString("digraph flow {\n  label=" + quote(p.title) + ";\n  node [fontname=\"sans-serif\", fontsize=11];\n  edge [fontname=\"sans-serif\", fontsize=10];\n")
	for _, x := range p.boxes {
		fmt.Fprintf(&b, "  %s [%s, label=%s];\n", x.id, shapes[x.shape], quote(x.label))
	}
	for _, a := range p.arrows {
		var with []string
		if a.label != "" {
			with = append(with, "label="+quote(a.label))
		}
		if a.soft {
			with = append(with, "style=dashed")
		}
		fmt.Fprintf(&b, "  %s -> %s", a.from, a.to)
		if len(with) > 0 {
			b.WriteString(" [" + strings.Join(with, ", ") + "]")
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// span writes a length of time as scripts do: 15m, not 15m0s.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
