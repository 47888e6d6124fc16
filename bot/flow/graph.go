package flow

import "time"

// flow is one compiled script.
type flow struct {
	Info
	pos     place
	block   block
	first   *node            // where it begins
	safe    *node            // where a session of another revision lands
	safeRef ref              // as written
	nodes   map[string]*node // by path; every step
	named   map[string]*node
	first1  []phrase // `first` phrases
	any1    []phrase // `anywhere` phrases
	start1  []phrase // `start` phrases
	idle1   []phrase // `idle` phrases
	titles  []titled // in other languages
	// titlePos is where the title stands.
	titlePos place
	// noResume: when something interrupts this flow, nobody is asked to go back,
	// but after an alarm if afterAlarm is set.
	noResume, afterAlarm bool
	private              bool   // only for who gave their own word, where they have one
	hears                []ref  // kinds of answers that open it
	scope                *scope // of the set that it was compiled with
	words                string // hash of what rev leaves out of its messages
}

// node is one step. Next is the step after it, also across the end of the
// branch that it stands in; nil means that the flow ends.
type node struct {
	path string
	pos  place
	name string
	next *node
	op   op
	// needsAnswer: a step behind this waiting one may read the last answer.
	// Elsewhere the session forgets it as soon as the step waits.
	needsAnswer bool
}

// block is a list of steps as written.
type block []*node

// ref is a name that points at something else, and where it is written.
type ref struct {
	name string
	pos  place
}

// op is what a step does. The set is closed: exec switches over it.
type op interface{ isOp() }

type sayOp struct{ text *text }

type askOp struct {
	text    *text
	kind    askKind
	options []option // pick and yes_no
	choices string   // the options as a numbered list, a line each
	from    float64
	to      float64
	bounded bool // from and to hold
	min     int  // text: runes
	max     int  // text: runes
	forget  bool // text: the answer is never in the session
	plain   bool // text: words that tell too much are not taken
	own     bool // text: words that mean something here are not taken
	past    bool // date: one that has been
	week    bool // days: those of a week, and no "every other day"
	reader  Reader
	window  Reader // time: reads a window, too; nil: no windows
	part    Reader // time: reads a part of the day as a window; nil: not
	opening bool   // the message that opened the flow is tried first
	keepVar ref
	list    ref
	skip    bool
	safety  *safety // nil: not a question about safety
	senses  bool    // about what is around the person
	witness bool    // text: about what happened
	// greeting: what a flow begins with that comes by itself
	greeting bool

	noReply      time.Duration // zero: none
	noReplyBlock block
	noReplyFirst *node
	miss         bool // not_understood is written
	missBlock    block
	missFirst    *node
}

type askKind int

const (
	askPick askKind = iota
	askYesNo
	askScale
	askNumber
	askText
	askTime
	askZone
	askCountry
	askDays
	askDate
	askSpan
	askHours
	askLanguage
)

// askKinds names the kinds as scripts write them, in the order of askKind.
func askKinds() []string {
	return []string{"pick", "yes_no", "scale", "number", "text", "time", "zone", "country", "days", "date", "span", "hours", "language"}
}

// option is one choice of a question.
type option struct {
	label string   // as shown
	also  []string // words beside the label, as written
	said  []chosen // in other languages
	tag   string   // a language: what is stored
	pos   place
	words []string // normal forms that choose it, the label's first
	sign  sign     // the thumb that chooses it
	block block
	first *node
}

// sign is a thumb up or down.
type sign int

const (
	signNone sign = iota
	signYes
	signNo
)

type paceOp struct {
	cues   []cue // one round
	rounds int
}

type cue struct {
	seconds int
	phase   *text // own word; nil: the library's
	key     string
}

type waitOp struct{ length time.Duration }

type ifOp struct {
	cond     *expression
	do       block
	other    block
	yes, not *node
}

type setOp struct{ list []assignment }

type assignment struct {
	name  ref
	value any         // string, float64, bool; nil forgets
	text  *text       // a string with placeholders
	expr  *expression // "= ..."
}

type keepOp struct {
	list ref
	text *text // nil: the last answer
}

type showOp struct {
	list      ref
	upTo      int // 0: all
	numbered  bool
	newest    bool
	random    bool
	short     bool        // only the beginning of each line
	number    *expression // this line alone; nil: not asked for
	none      *text
	branched  bool // none is a branch
	noneBlock block
	noneFirst *node
}

type dropOp struct {
	list   ref
	number *expression
}

type callOp struct {
	flow   ref
	target *flow
}

type gotoOp struct {
	step   ref
	target *node
}

type runOp struct {
	flow   ref
	target *flow
}

type menuOp struct{ text *text }

type everyOp struct {
	effect   Every
	flow     ref
	atVar    ref
	dayVar   ref
	stepDown ref
}

type cancelOp struct {
	name ref
	kind string // instead of name
}

type quietOp struct {
	effect Quiet
	forVar ref // holds how long; effect.For is empty then
}

type linesOp struct{ effect Lines }

type endOp struct{}

// rewaitOp stands behind an aside: the question waits on.
type rewaitOp struct {
	ask    *node
	nudged bool
}

func (*sayOp) isOp()    {}
func (*askOp) isOp()    {}
func (*paceOp) isOp()   {}
func (*waitOp) isOp()   {}
func (*ifOp) isOp()     {}
func (*setOp) isOp()    {}
func (*keepOp) isOp()   {}
func (*showOp) isOp()   {}
func (*dropOp) isOp()   {}
func (*callOp) isOp()   {}
func (*gotoOp) isOp()   {}
func (*runOp) isOp()    {}
func (*menuOp) isOp()   {}
func (*everyOp) isOp()  {}
func (*cancelOp) isOp() {}
func (*quietOp) isOp()  {}
func (*linesOp) isOp()  {}
func (*endOp) isOp()    {}
func (*rewaitOp) isOp() {}

// link joins a block to what comes after it and returns its first step.
func link(b block, tail *node) *node {
	for i := len(b) - 1; i >= 0; i-- {
		n := b[i]
		n.next = tail
		linkBranches(n)
		tail = n
	}
	return tail
}

func linkBranches(n *node) {
	switch o := n.op.(type) {
	case *askOp:
		for i := range o.options {
			o.options[i].first = link(o.options[i].block, n.next)
		}
		if o.noReply > 0 {
			after := n.next
			if !leaves(o.noReplyBlock) {
				after = &node{path: n.path, pos: n.pos, op: &rewaitOp{ask: n, nudged: true}}
			}
			o.noReplyFirst = link(o.noReplyBlock, after)
		}
		if o.miss {
			o.missFirst = link(o.missBlock, &node{path: n.path, pos: n.pos, op: &rewaitOp{ask: n}})
		}
	case *ifOp:
		o.yes = link(o.do, n.next)
		o.not = link(o.other, n.next)
	case *showOp:
		o.noneFirst = link(o.noneBlock, n.next)
	case *atOp:
		o.pastFirst = link(o.pastBlock, n.next)
	}
}

// leaves tells whether a no_reply branch goes somewhere else instead of
// leaving the question open.
func leaves(b block) bool {
	for _, n := range b {
		switch o := n.op.(type) {
		case *gotoOp, *callOp, *runOp, *endOp, *menuOp:
			return true
		case *ifOp:
			if leaves(o.do) && leaves(o.other) {
				return true
			}
		}
	}
	return false
}

// edges lists the steps that may follow n within its flow. A nil entry is the
// end of the flow.
func (n *node) edges() []*node {
	switch o := n.op.(type) {
	case *askOp:
		var out []*node
		for i := range o.options {
			out = append(out, o.options[i].first)
		}
		if len(o.options) == 0 || o.skip {
			out = append(out, n.next)
		}
		if o.noReply > 0 {
			out = append(out, o.noReplyFirst)
		}
		if o.miss {
			out = append(out, o.missFirst)
		}
		return out
	case *ifOp:
		return []*node{o.yes, o.not}
	case *showOp:
		if o.branched {
			return []*node{o.noneFirst, n.next}
		}
		return []*node{n.next}
	case *atOp:
		if o.branched {
			return []*node{o.pastFirst, n.next}
		}
		return []*node{n.next}
	case *gotoOp:
		return []*node{o.target}
	case *runOp:
		return nil
	case *endOp:
		return []*node{nil}
	case *rewaitOp:
		return []*node{o.ask}
	default:
		return []*node{n.next}
	}
}

// visit looks once at each step that can be reached from some. look says whether
// to go on behind a step. It returns all that were seen.
func visit(look func(n *node) bool, from ...*node) (seen map[*node]bool) {
	seen = map[*node]bool{nil: true}
	for len(from) > 0 {
		n := from[len(from)-1]
		from = from[:len(from)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		if look(n) {
			from = append(from, n.edges()...)
		}
	}
	return seen
}

// waits tells whether the step ends the work on an input.
func (n *node) waits() bool {
	switch n.op.(type) {
	case *askOp, *menuOp, *waitOp, *paceOp, *rewaitOp:
		return true
	}
	return false
}
