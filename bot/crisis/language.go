package crisis

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"
)

// file is a <language>.yaml as it is written.
type file struct {
	Language string      `yaml:"language"`
	About    string      `yaml:"about"`
	Review   yaml.Node   `yaml:"review"`
	Rewrite  yaml.Node   `yaml:"rewrite"` // written form: the words it stands for
	DropG    bool        `yaml:"drop_g"`  // "hittin" is "hitting"
	Umlauts  bool        `yaml:"umlauts"` // "wuergt" and "gross" are "würgt" and "groß"
	Elide    yaml.Node   `yaml:"elide"`   // what stands before an apostrophe: the word it is short for ("m'a" is "me a")
	Typos    []yaml.Node `yaml:"typos"`   // words whose usual slips are understood
	Real     []yaml.Node `yaml:"real"`    // words that are no slips
	Groups   yaml.Node   `yaml:"groups"`
	Deny     struct {
		Words   []yaml.Node `yaml:"words"`   // deny what follows within four words
		Subject []yaml.Node `yaml:"subject"` // deny what follows although it has a subject of its own
		Through []yaml.Node `yaml:"through"` // small words that may stand between a denial and what it denies
		Except  []yaml.Node `yaml:"except"`  // begin like a denial and are none
		Stop    []yaml.Node `yaml:"stop"`    // words that end the reach of a denial
		Behind  []yaml.Node `yaml:"behind"`  // deny what ends right before them, or one word earlier
		Before  []yaml.Node `yaml:"before"`  // words that begin a clause: only Subject denies it
	} `yaml:"deny"`
	Now     []yaml.Node `yaml:"now"`
	Past    []yaml.Node `yaml:"past"`
	Settled []yaml.Node `yaml:"settled"` // beside words of the past: it is over and the person is well
	Unreal  []yaml.Node `yaml:"unreal"`  // a film, a dream, a joke: one level less
	Dream   []yaml.Node `yaml:"dream"`   // silent, but for suicide and self-harm
	Present []yaml.Node `yaml:"present"` // it is being done at this moment, whatever else the words tell
	Idioms  []yaml.Node `yaml:"idioms"`  // phrases that no rule may see
	Common  []yaml.Node `yaml:"common"`  // small words by which a sentence is known to be of this language
	Rules   []ruleFile  `yaml:"rules"`
	Hints   []hintFile  `yaml:"hints"` // where all rules are silent
}

type ruleFile struct {
	ID       yaml.Node   `yaml:"id"`
	Category string      `yaml:"category"`
	Level    string      `yaml:"level"`
	Now      string      `yaml:"now"`  // the level when the sentence speaks of now
	Past     string      `yaml:"past"` // the level when it speaks of long ago
	Why      string      `yaml:"why"`
	Say      []yaml.Node `yaml:"say"`
	Sure     []yaml.Node `yaml:"sure"` // as say, and the learned words never overrule them
	Not      []yaml.Node `yaml:"not"`
	Fires    []yaml.Node `yaml:"fires"`
	Asks     []yaml.Node `yaml:"asks"`
	Silent   []yaml.Node `yaml:"silent"`
}

// rule is a compiled rule. now and past are -1 where the file says nothing.
type rule struct {
	id, category     string
	level, now, past Level
	not              set
	trust            float64 // what the learned words add for it
}

const unset Level = -1

// language is a compiled file.
type language struct {
	code string
	tables
	table     *wordTable
	words     int             // how many, with the unknown one
	senses    []sensed        // by word, what the learned words take it for
	elide     map[string]word // letters before an apostrophe to words
	rules     []rule
	programs  []program
	owner     []uint16 // rule of each program
	sure      []bool   // programs that are never overruled
	byFirst   index    // programs by the word they begin with
	idioms    set
	ongoing   set
	now, past set
	settled   set
	unreal    set
	dream     set
	deny      struct {
		words, through, stop, before, behind wordSet
		subject, except                      set
	}
	hints    hints
	learned  *learned
	joined   bool // words are joined to longer ones
	examples []Example

	// only while the file is read
	vocabulary map[string]word
	forms      map[string][]word // written form to words
	spelt      map[string][]word // forms without umlauts
	groups     map[string]*node
}

// set is a few programs with an index of its own.
type set struct {
	programs []program
	first    wordSet
	begin    []uint32 // word and program, in order
}

// faultList gathers what is wrong with a file.
type faultList struct {
	code string
	errs []error
}

func (f *faultList) add(n *yaml.Node, format string, args ...any) {
	line := 1
	if n != nil && n.Line > 0 {
		line = n.Line
	}
	f.errs = append(f.errs, fmt.Errorf("%s.yaml:%d: %s", f.code, line, fmt.Sprintf(format, args...)))
}

// parseLanguage compiles one file.
func parseLanguage(code string, data []byte) (*language, []error) {
	faults := &faultList{code: code}
	var f file
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, []error{fmt.Errorf("%s.yaml: %w", code, err)}
	}
	l := &language{code: code, vocabulary: map[string]word{}, forms: map[string][]word{}, groups: map[string]*node{}}
	l.learn("NUM")
	l.learn("YEAR")
	if f.Language != code {
		faults.add(nil, "language must be %s, as the file is named", code)
	}
	if f.Umlauts {
		l.spelt = map[string][]word{}
	}
	l.rewrites(&f.Rewrite, faults)
	l.elisions(&f.Elide, faults)
	l.parseGroups(&f.Groups, faults)
	l.idioms = l.programsOf(f.Idioms, faults)
	l.ongoing = l.programsOf(f.Present, faults)
	l.now = l.programsOf(f.Now, faults)
	l.past = l.programsOf(f.Past, faults)
	l.settled = l.programsOf(f.Settled, faults)
	l.unreal = l.programsOf(f.Unreal, faults)
	l.deny.words = l.wordsOf(f.Deny.Words, faults)
	l.dream = l.programsOf(f.Dream, faults)
	l.deny.through = l.wordsOf(f.Deny.Through, faults)
	l.deny.stop = l.wordsOf(f.Deny.Stop, faults)
	l.deny.before = l.wordsOf(f.Deny.Before, faults)
	l.deny.behind = l.wordsOf(f.Deny.Behind, faults)
	l.deny.subject = l.programsOf(f.Deny.Subject, faults)
	l.deny.except = l.programsOf(f.Deny.Except, faults)
	seen := map[string]bool{}
	for i := range f.Rules {
		l.addRule(&f.Rules[i], seen, faults)
	}
	for i := range f.Hints {
		l.addHint(&f.Hints[i], seen, faults)
	}
	for w, ids := range l.spelt {
		if _, taken := l.forms[w]; !taken {
			l.forms[w] = ids
		}
	}
	l.slips(f.Typos, f.Real, faults)
	if f.DropG {
		l.spoken()
	}
	l.seal(&f, faults)
	return l, faults.errs
}

// seal builds the tables that a scan needs and drops what was needed to read the file.
func (l *language) seal(f *file, faults *faultList) {
	common := plainWords(f.Common)
	for w := range common {
		if _, known := l.forms[w]; !known {
			l.learn(w)
		}
	}
	l.words = len(l.vocabulary) + 1
	l.byFirst = l.newIndex(l.words, firsts(l.programs))
	l.hints.byFirst = l.newIndex(l.words, firsts(l.hints.programs))
	l.joined = f.Umlauts
	l.table = newWordTable(l.forms, common)
	l.insts, l.sets, l.lists = slices.Clip(l.insts), slices.Clip(l.sets), slices.Clip(l.lists)
	l.bits, l.needs = slices.Clip(l.bits), slices.Clip(l.needs)
	l.programs, l.owner = slices.Clip(l.programs), slices.Clip(l.owner)
	l.hints.programs, l.hints.words = slices.Clip(l.hints.programs), slices.Clip(l.hints.words)
}

// drop lets go of what was needed only to read the file.
func (l *language) drop() {
	l.vocabulary, l.forms, l.spelt, l.groups = nil, nil, nil, nil
	l.setIDs, l.codes = nil, nil
}

// teach gives the language its learned words, and each of its words what they
// take it for.
func (l *language) teach(x *learned) {
	if l.learned = x; x == nil {
		return
	}
	for i := range l.rules {
		l.rules[i].trust = x.judgment[l.rules[i].id]
	}
	for i := range l.hints.themes {
		l.hints.themes[i].trust = x.judgment[l.hints.themes[i].id]
	}
	l.senses = make([]sensed, l.words)
	for w, id := range l.vocabulary {
		l.senses[id] = x.meanings.senseOf([]byte(w))
	}
}

func firsts(list []program) []setID {
	var out []setID
	for i := range list {
		out = append(out, list[i].first)
	}
	return out
}

// plainWords reads a list of words of no pattern.
func plainWords(list []yaml.Node) map[string]bool {
	out := map[string]bool{}
	for _, n := range list {
		for _, w := range strings.Fields(n.Value) {
			out[plainWord(w)] = true
		}
	}
	return out
}

// rewrites reads the table of written forms.
func (l *language) rewrites(n *yaml.Node, faults *faultList) {
	if n.Kind == 0 {
		return
	}
	if n.Kind != yaml.MappingNode {
		faults.add(n, "rewrite must be written forms and the words they stand for")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		from := plainWord(k.Value)
		if from == "" {
			from = k.Value
		}
		if _, twice := l.forms[from]; twice {
			faults.add(k, "%q is rewritten twice, or is a word that another line rewrites to", k.Value)
			continue
		}
		var ids []word
		for _, w := range strings.Fields(v.Value) {
			ids = append(ids, l.vocabularyWord(plainWord(w)))
			l.spell(w, ids[len(ids)-1:])
		}
		if len(ids) == 0 {
			faults.add(v, "%q is rewritten to nothing", k.Value)
			continue
		}
		l.forms[from] = ids
		l.spell(k.Value, ids)
	}
	for w, id := range l.vocabulary {
		if _, ok := l.forms[w]; !ok {
			l.forms[w] = []word{id}
		}
	}
}

// elisions reads what may stand before an apostrophe.
func (l *language) elisions(n *yaml.Node, faults *faultList) {
	if n.Kind == 0 {
		return
	}
	if n.Kind != yaml.MappingNode {
		faults.add(n, "elide must be the letters before an apostrophe and the words they are short for")
		return
	}
	l.elide = map[string]word{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		l.elide[plainWord(n.Content[i].Value)] = l.learn(plainWord(n.Content[i+1].Value))
	}
}

// spell notes how a word is typed without umlauts, where the file asks for it.
func (l *language) spell(w string, ids []word) {
	if l.spelt == nil {
		return
	}
	typed := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss").Replace(strings.ToLower(norm.NFC.String(w)))
	if typed = plainWord(typed); typed != plainWord(w) {
		l.spelt[typed] = slices.Clone(ids)
	}
}

// vocabularyWord numbers a word without making it a written form yet, so that
// the order of the table does not matter.
func (l *language) vocabularyWord(w string) word {
	if id, ok := l.vocabulary[w]; ok {
		return id
	}
	id := word(len(l.vocabulary) + 1)
	l.vocabulary[w] = id
	return id
}

// parseGroups reads the named groups in the order of the file.
func (l *language) parseGroups(n *yaml.Node, faults *faultList) {
	if n.Kind == 0 {
		return
	}
	if n.Kind != yaml.MappingNode {
		faults.add(n, "groups must be names and lists")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if v.Kind != yaml.SequenceNode || len(v.Content) == 0 {
			faults.add(v, "group %s must be a list", k.Value)
			continue
		}
		if l.groups[k.Value] != nil {
			faults.add(k, "group %s is given twice", k.Value)
		}
		g := &node{kind: choice}
		for _, item := range v.Content {
			if kid := l.pattern(item, faults); kid != nil {
				g.kids = append(g.kids, kid)
			}
		}
		if len(g.kids) > 0 {
			l.groups[k.Value] = g
		}
	}
}

// pattern reads one pattern and says where it is wrong.
func (l *language) pattern(n *yaml.Node, faults *faultList) *node {
	if n.Kind != yaml.ScalarNode {
		faults.add(n, "a pattern must be a text; put it in quotes if it begins with [ or has a colon")
		return nil
	}
	p, err := l.parsePattern(n.Value, l.groups)
	if err != nil {
		faults.add(n, "pattern %q: %v", n.Value, err)
		return nil
	}
	return p
}

// programsOf compiles a list of patterns.
func (l *language) programsOf(list []yaml.Node, faults *faultList) set {
	var s set
	for i := range list {
		n := l.pattern(&list[i], faults)
		if n == nil {
			continue
		}
		if firstWords(n, nil) || startsOpen(n) {
			faults.add(&list[i], "pattern %q must begin with a word", list[i].Value)
			continue
		}
		if width(n) > maxSpan {
			faults.add(&list[i], "pattern %q is longer than %d words", list[i].Value, maxSpan)
			continue
		}
		p := l.compile(n)
		l.each(p.first, func(w word) {
			s.first.add(w)
			s.begin = append(s.begin, uint32(w)<<16|uint32(len(s.programs)))
		})
		s.programs = append(s.programs, p)
	}
	slices.Sort(s.begin)
	s.begin = slices.Clip(s.begin)
	s.programs = slices.Clip(s.programs)
	return s
}

// wordsOf reads a list of single words.
func (l *language) wordsOf(list []yaml.Node, faults *faultList) wordSet {
	var s wordSet
	for i := range list {
		n := l.pattern(&list[i], faults)
		if n == nil {
			continue
		}
		var rest []*node
		flatten(n, &s, &rest)
		if len(rest) > 0 {
			faults.add(&list[i], "%q must be single words", list[i].Value)
		}
	}
	return s
}

// addRule compiles one rule.
func (l *language) addRule(f *ruleFile, seen map[string]bool, faults *faultList) {
	id := f.ID.Value
	r := rule{id: id, category: f.Category, now: unset, past: unset}
	if id == "" || seen[id] {
		faults.add(&f.ID, "rule %q has no id, or one that is used before", id)
	}
	seen[id] = true
	if !slices.Contains(Categories(), f.Category) {
		faults.add(&f.ID, "rule %s: unknown category %q", id, f.Category)
	}
	for _, lv := range []struct {
		text string
		to   *Level
		need bool
	}{{f.Level, &r.level, true}, {f.Now, &r.now, false}, {f.Past, &r.past, false}} {
		v, ok := parseLevel(lv.text)
		switch {
		case ok:
			*lv.to = v
		case lv.need || lv.text != "":
			faults.add(&f.ID, "rule %s: %q is no level: none, ask or crisis", id, lv.text)
		}
	}
	r.not = l.programsOf(f.Not, faults)
	if len(f.Say)+len(f.Sure) == 0 {
		faults.add(&f.ID, "rule %s says nothing", id)
	}
	if len(f.Fires)+len(f.Asks) == 0 || len(f.Silent) == 0 {
		faults.add(&f.ID, "rule %s needs examples: fires or asks, and silent", id)
	}
	for _, say := range []struct {
		list []yaml.Node
		sure bool
	}{{f.Say, false}, {f.Sure, true}} {
		for _, p := range l.programsOf(say.list, faults).programs {
			l.programs = append(l.programs, p)
			l.owner = append(l.owner, uint16(len(l.rules)))
			l.sure = append(l.sure, say.sure)
		}
	}
	l.rules = append(l.rules, r)
	for _, ex := range []struct {
		list  []yaml.Node
		level Level
	}{{f.Fires, Crisis}, {f.Asks, Ask}, {f.Silent, None}} {
		for _, n := range ex.list {
			l.examples = append(l.examples, Example{Lang: l.code, Category: r.category, Rule: id, Text: n.Value, Level: ex.level})
		}
	}
}

func decompose(w string) string { return norm.NFKD.String(w) }
