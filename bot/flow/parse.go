package flow

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// parser reads one file. Everything that points beyond the file (flows,
// variables, lists) is noted for the checks over the whole library.
type parser struct {
	c    *findings
	file string
	id   string
	opt  Options
	flow *flow
	lang string // texts.yaml: the language of the scripts

	texts   []*text
	exprs   []*expression
	sets    []variable
	keeps   []ref // lists that something is added to
	uses    []ref // lists that are shown or dropped from
	every   []ref // names of schedules
	cancels []ref
	forgets []ref   // variables that are forgotten by name
	goings  []going // call, run, every: other flows

	rx       *patterns
	wordings []wordingRule
}

// variable is one place where a variable gets a value.
type variable struct {
	ref
	kind varKind
	read string      // time, zone, country, days: the reader that echoes it
	expr *expression // computed: the kind follows from it
}

// going points from a step to another flow.
type going struct {
	ref
	set func(*flow)
}

// phrase is one thing that people say to reach a flow.
type phrase struct {
	text string // as written
	norm string
	pos  place
}

func newParser(c *findings, file string, opt Options, rx *patterns, words []wordingRule) *parser {
	id := strings.TrimSuffix(file, ".yaml")
	return &parser{c: c, file: file, id: id, opt: opt, rx: rx, wordings: words}
}

// parse reads the whole file; nil when there is nothing to work with.
func (p *parser) parse(src []byte) *flow {
	p.c.readWaivers(p.file, src, p.rx)
	root := p.document(src)
	if root == nil {
		return nil
	}
	pairs, ok := p.mapping(root, "the file")
	if !ok {
		return nil
	}
	p.known(pairs, "the file", headerKeys()...)
	p.flow = &flow{
		pos:   at(p.file, root),
		nodes: map[string]*node{}, named: map[string]*node{},
	}
	p.header(root, pairs)
	steps, ok := find(pairs, "steps")
	if !ok {
		p.c.add(at(p.file, root), ruleMissing, "the key steps is missing")
		return p.flow
	}
	p.flow.block = p.steps(steps.v, "")
	if len(p.flow.block) == 0 && len(steps.v.Content) == 0 {
		p.c.add(at(p.file, steps.v), ruleMissing, "a flow needs at least one step")
	}
	p.flow.first = link(p.flow.block, nil)
	p.resolve()
	return p.flow
}

// headerKeys are the keys of a file.
func headerKeys() []string {
	return []string{"flow", "title", "about", "start", "anywhere", "first", "idle", "hears", "menu", "modes", "safe", "resume", "private", "review", "steps"}
}

func (p *parser) header(root *yaml.Node, pairs []pair) {
	f := p.flow
	f.File = p.file
	f.ID = p.id
	for _, key := range []string{"flow", "title"} {
		if _, ok := find(pairs, key); !ok {
			p.c.add(at(p.file, root), ruleMissing, "the key %s is missing", key)
		}
	}
	for _, kv := range pairs {
		switch kv.key {
		case "flow":
			id, ok := p.str(kv.v, "flow")
			if ok && !p.rx.id.MatchString(id) {
				p.c.add(at(p.file, kv.v), ruleValue, "a flow id has small letters, digits, - and _, in parts joined by dots")
			} else if ok && id != p.id {
				p.c.add(at(p.file, kv.v), ruleFile, "flow %q must be in the file %s.yaml", id, id)
			}
		case "title":
			f.Title, _ = p.str(kv.v, "title")
			f.Title = strings.TrimSpace(f.Title)
			f.titlePos = at(p.file, kv.v)
			p.wording(f.Title, at(p.file, kv.v))
			p.title(f.Title, at(p.file, kv.v))
		case "about":
			f.About, _ = p.str(kv.v, "about")
			f.About = strings.TrimSpace(f.About)
		case "start":
			f.start1 = p.phrases(kv.v, "start")
		case "anywhere":
			f.any1 = p.phrases(kv.v, "anywhere")
		case "first":
			f.first1 = p.phrases(kv.v, "first")
		case "idle":
			f.idle1 = p.phrases(kv.v, "idle")
		case "hears":
			f.hears = p.hears(kv.v)
		case "menu":
			f.Menu = p.integer(kv.v, "menu", 1, 99)
		case "modes":
			f.Modes = p.modes(kv.v)
		case "safe":
			f.safeRef = p.ref(kv.v, "safe")
		case "resume":
			f.afterAlarm = kv.v.Value == "after alarm"
			f.noResume = f.afterAlarm || !p.boolean(kv.v, "resume")
		case "private":
			f.private = p.boolean(kv.v, "private")
		case "review":
			p.review(kv.v)
		}
	}
	for _, list := range [][]phrase{f.first1, f.any1, f.start1, f.idle1} {
		for _, ph := range list {
			f.Start = append(f.Start, ph.text)
		}
	}
}

func (p *parser) phrases(n *yaml.Node, what string) []phrase {
	var out []phrase
	for _, it := range p.strs(n, what) {
		if len(out) == MaxPhrases {
			p.c.add(at(p.file, it), ruleSize, "more than %d phrases", MaxPhrases)
			break
		}
		ph := phrase{strings.TrimSpace(it.Value), Normalise(it.Value), at(p.file, it)}
		if ph.norm == "" {
			p.c.add(ph.pos, rulePhrase, "a phrase needs letters or digits")
			continue
		}
		out = append(out, ph)
	}
	return out
}

// modes are the situations that a flow may be limited to in the menu: the ways
// of contact, and those of people who worry about somebody else or about what
// they do themselves.
func modes() []string { return append(contactModes(), "other", "own") }

// contactModes are the ways of contact of who was harmed.
func contactModes() []string { return []string{"no-contact", "structured", "together", "deciding"} }

func (p *parser) modes(n *yaml.Node) []string {
	var out []string
	for _, it := range p.strs(n, "modes") {
		switch {
		case !slices.Contains(modes(), it.Value):
			p.c.add(at(p.file, it), ruleValue, "unknown mode %q; there are %s", it.Value, strings.Join(modes(), ", "))
		case slices.Contains(out, it.Value):
			p.c.add(at(p.file, it), ruleValue, "mode %q stands twice", it.Value)
		default:
			out = append(out, it.Value)
		}
	}
	return out
}

func (p *parser) review(n *yaml.Node) {
	pairs, _ := p.mapping(n, "review")
	p.known(pairs, "review", "by", "on")
	for _, kv := range pairs {
		if kv.v.Kind != yaml.ScalarNode {
			p.c.add(at(p.file, kv.v), ruleType, "%s must be text", kv.key)
		}
		if kv.key == "on" && kv.v.Value != "" && !p.rx.date.MatchString(kv.v.Value) {
			p.c.add(at(p.file, kv.v), ruleValue, "on must be a date like 2026-05-30")
		}
	}
}

// ref reads a name that points at something.
func (p *parser) ref(n *yaml.Node, what string) ref {
	s, ok := p.str(n, what)
	if !ok {
		return ref{pos: at(p.file, n)}
	}
	return ref{s, at(p.file, n)}
}

// variable reads the name of a variable that a script sets.
func (p *parser) variable(n *yaml.Node, what string) ref {
	r := p.ref(n, what)
	if r.name != "" && !p.variableName(r) {
		r.name = ""
	}
	return r
}

func (p *parser) variableName(r ref) bool {
	if !p.rx.name.MatchString(r.name) {
		p.c.add(r.pos, ruleValue, "a name has small letters, digits and _: %q", r.name)
		return false
	}
	if reserved(r.name) {
		p.c.add(r.pos, ruleValue, "%q is the engine's own name", r.name)
		return false
	}
	return true
}

// listName reads the name of a person's list.
func (p *parser) listName(n *yaml.Node, what string) ref {
	r := p.ref(n, what)
	if r.name != "" && !p.rx.name.MatchString(r.name) {
		p.c.add(r.pos, ruleValue, "a list's name has small letters, digits and _: %q", r.name)
		r.name = ""
	}
	return r
}

// steps reads a list of steps; prefix is the path of what they stand under.
func (p *parser) steps(n *yaml.Node, prefix string) block {
	items, _ := p.list(n, "steps")
	var b block
	for i, it := range items {
		if st := p.step(it, prefix+strconv.Itoa(i+1)); st != nil {
			b = append(b, st)
		}
	}
	p.crowded(b)
	return b
}

// branch reads what follows from an answer: nothing, one step or a list.
func (p *parser) branch(n *yaml.Node, path string) block {
	switch {
	case isNull(n), n.Kind == yaml.MappingNode && len(n.Content) == 0:
		return nil
	case n.Kind == yaml.SequenceNode:
		return p.steps(n, path+".")
	case n.Kind == yaml.MappingNode:
		if st := p.step(n, path+".1"); st != nil {
			return block{st}
		}
		return nil
	}
	p.c.add(at(p.file, n), ruleType, "a branch is {}, one step or a list of steps")
	return nil
}

// rest makes a branch of the pairs of a mapping that also has other keys: a
// list under do, or one verb.
func (p *parser) rest(n *yaml.Node, pairs []pair, path string, except ...string) block {
	var left []pair
	for _, kv := range pairs {
		if !slices.Contains(except, kv.key) {
			left = append(left, kv)
		}
	}
	if len(left) == 0 {
		return nil
	}
	if do, ok := find(left, "do"); ok && !hasVerb(left) {
		p.known(left, "a branch", "do")
		return p.steps(do.v, path+".")
	}
	if st := p.stepOf(n, left, path+".1"); st != nil {
		return block{st}
	}
	return nil
}

// resolve ties gotos and the safe step to their steps.
func (p *parser) resolve() {
	for _, n := range p.flow.nodes {
		if g, ok := n.op.(*gotoOp); ok && g.step.name != "" {
			if g.target = p.flow.named[g.step.name]; g.target == nil {
				p.c.add(g.step.pos, ruleUnknownStep, "no step of this flow is named %q", g.step.name)
			}
		}
	}
	p.flow.safe = p.flow.first
	if r := p.flow.safeRef; r.name != "" {
		if n := p.flow.named[r.name]; n != nil {
			p.flow.safe = n
		} else {
			p.c.add(r.pos, ruleUnknownStep, "no step of this flow is named %q", r.name)
		}
	}
}
