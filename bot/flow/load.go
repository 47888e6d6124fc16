package flow

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// textsFile holds the sentences; every other file is a flow.
const textsFile = "texts.yaml"

// Options are what the program gives the scripts.
type Options struct {
	// Readers understand the answers to questions of the kinds time, zone,
	// country, days, date, span and hours, and where a time is asked for "window"
	// and "part" parts of the day; "safe_times" and "quiet_days" say what these
	// variables hold. A script that asks for a kind without a reader
	// is refused.
	Readers map[string]Reader

	// Alone names flows that begin by themselves beside those that a script lets
	// begin: what the organization sends. They are held to the same rules.
	Alone []string

	// Telling are words that no message may hold that comes by itself, beside
	// those of the scripts: the names of the organization.
	Telling []string

	older bool // scripts of before: see Unpack
}

// Load reads the scripts (*.yaml at the root of fsys; texts.yaml holds the
// sentences) and compiles them. It reports every fault of every file in one
// run, in order of file, line and column; lib is nil when there is any that is
// not mild. The translations (locale/*.po) are read too. The error is for files
// that cannot be read.
func Load(fsys fs.FS, opt Options) (lib *Library, list []Finding, err error) {
	read := &recorder{fsys, map[string][]byte{}}
	ld := newLoader(opt)
	if err := ld.read(read); err != nil {
		return nil, nil, err
	}
	if err := ld.catalogs(read); err != nil {
		return nil, nil, err
	}
	lib = ld.library()
	list = ld.findings()
	if opt.older {
		list = slices.DeleteFunc(list, func(f Finding) bool { return !f.stillCounts() })
	}
	if slices.ContainsFunc(list, func(f Finding) bool { return !f.Mild() }) {
		return nil, list, nil
	}
	lib.opt, lib.files = opt, read.files
	lib.pack = sync.OnceValues(func() ([]byte, error) { return pack(read.files) })
	return lib, list, nil
}

func (ld *loader) findings() []Finding {
	ld.c.unusedWaivers()
	return ld.c.sorted()
}

// read reads every script.
func (ld *loader) read(fsys fs.FS) error {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return fmt.Errorf("read scripts: %w", err)
	}
	scripts := 0
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if e.Name() != textsFile {
			scripts++
		}
		if scripts > MaxFlows && e.Name() != textsFile {
			ld.c.partial = true
			if scripts == MaxFlows+1 {
				ld.c.add(place{e.Name(), 1, 1}, ruleSize, "more than %d scripts in one folder", MaxFlows)
			}
			continue
		}
		src, tooBig, err := readFile(fsys, e.Name())
		if err != nil {
			return err
		}
		if tooBig {
			ld.c.add(place{e.Name(), 1, 1}, ruleSize, "the file is larger than %d kB", MaxFileBytes>>10)
			ld.broken[strings.TrimSuffix(e.Name(), ".yaml")] = true
			continue
		}
		ld.file(e.Name(), src)
	}
	return nil
}

// loader gathers the files and then checks what lies between them.
type loader struct {
	c        *findings
	opt      Options
	rx       *patterns
	wordings []wordingRule
	parsers  []*parser
	texts    map[string]*text
	broken   map[string]bool // flows whose files make no sense; whoever points at them is not blamed

	flows map[string]*flow
	vars  map[string]varKind
	lists map[string]bool
	words words
	// meaning tells the list of each word of the engine.
	meaning map[string]string
	numbers numbers
	// rewrites are the entries of words_same.
	rewrites [][2]string
	lang     string // what the scripts are written in
	po       []*catalog
	// notes are the comments for translators, by file and line; nil: not read.
	notes  map[string]map[int][]string
	units  []unit
	called map[string]bool // flows that others call
	// telling are words that no message may hold that comes by itself.
	telling []string
	hears   map[string]*flow
}

func newLoader(opt Options) *loader {
	return &loader{c: &findings{}, opt: opt, rx: newPatterns(), wordings: wordings(), broken: map[string]bool{}}
}

func (ld *loader) file(name string, src []byte) {
	if ld.notes != nil {
		ld.note(name, src)
	}
	p := newParser(ld.c, name, ld.opt, ld.rx, ld.wordings)
	if name == textsFile {
		ld.texts, ld.lang = p.sentences(src), p.lang
		return
	}
	if p.parse(src) == nil {
		ld.broken[p.id] = true
		return
	}
	ld.parsers = append(ld.parsers, p)
}

// library runs the checks that need all files. The order matters: names first,
// then what uses them, then the shape of the whole.
func (ld *loader) library() *Library {
	if ld.texts == nil {
		ld.texts = map[string]*text{}
		ld.c.add(place{textsFile, 1, 1}, ruleMissing, "the file with the sentences is missing or cannot be read")
	}
	ld.c.partial = ld.c.partial || len(ld.broken) > 0
	ld.words, ld.meaning = ld.readWords(ld.baseWords)
	ld.numbers = ld.readNumbers(ld.baseWords)
	ld.rewrites = ld.checkWords(ld.baseWords)
	ld.flows = map[string]*flow{}
	for _, p := range ld.parsers {
		ld.flows[p.id] = p.flow
	}
	ld.goings()
	ld.variables()
	ld.names()
	ld.schedules()
	ld.forgets()
	ld.hears = ld.heardKinds()
	ld.called = map[string]bool{}
	for _, p := range ld.parsers {
		for _, n := range p.flow.nodes {
			if c, ok := n.op.(*callOp); ok {
				ld.called[c.flow.name] = true
			}
		}
	}
	for _, p := range ld.parsers {
		for _, n := range p.flow.nodes {
			ld.options(n)
			ld.until(n)
		}
		ld.reachable(p.flow)
		ld.needs(p.flow)
		p.flow.Rev, p.flow.words = p.flow.rev(), p.flow.wordsHash()
	}
	ld.comparisons()
	ld.telling = ld.tellingOf(ld.baseWords)
	if ld.english() {
		ld.telling = append(ld.telling, telling()...)
	}
	ld.care()
	ld.avoid()
	ld.calls()
	ld.loops()
	ld.phrases()
	return ld.build()
}

func (ld *loader) build() *Library {
	l := &Library{
		flows: ld.flows, texts: ld.texts, hears: ld.hears,
		own:    slices.Sorted(maps.Keys(ld.lists)),
		scope:  &scope{vars: ld.vars, reads: map[string][]Reader{}, picks: map[string][]*option{}},
		speech: &speech{words: ld.words, meaning: ld.meaning, numbers: ld.numbers}, base: ld.lang, langs: map[string]*speech{},
	}
	l.lists = l.own
	var phrases []heardIn
	for _, id := range slices.Sorted(maps.Keys(ld.flows)) {
		f := ld.flows[id]
		f.scope = l.scope
		phrases = append(phrases, heardIn{f, f.first1, f.any1, f.start1, f.idle1})
		l.infos = append(l.infos, f.Info)
		if f.Menu > 0 {
			l.menu = append(l.menu, f)
		}
	}
	l.privateLists = ld.privates()
	l.telling = map[string][]string{"": ld.telling}
	l.hear(ld.folder(ld.baseWords, ld.rewrites), phrases)
	slices.SortStableFunc(l.menu, func(a, b *flow) int { return cmp.Compare(a.Menu, b.Menu) })
	for _, name := range []string{varSafeTimes, varQuietDays} {
		l.scope.reads[name] = ld.opt.readersOf(name)
	}
	for _, p := range ld.parsers {
		for _, v := range p.sets {
			if v.read != "" {
				l.scope.reads[v.name] = ld.opt.readersOf(v.read)
			}
		}
		for _, n := range p.flow.nodes {
			if o, ok := n.op.(*askOp); ok && o.kind == askPick && o.keepVar.name != "" {
				for i := range o.options {
					l.scope.picks[o.keepVar.name] = append(l.scope.picks[o.keepVar.name], &o.options[i])
				}
			}
		}
	}
	ld.translate(l)
	l.hide()
	return l
}

// sentences reads texts.yaml.
func (p *parser) sentences(src []byte) map[string]*text {
	p.c.readWaivers(p.file, src, p.rx)
	root := p.document(src)
	if root == nil {
		return nil
	}
	pairs, _ := p.mapping(root, "the file")
	p.known(pairs, "the file", "texts", "language")
	if kv, ok := find(pairs, "language"); ok {
		if p.lang, ok = p.str(kv.v, "language"); ok && !p.rx.lang.MatchString(p.lang) {
			p.c.add(at(p.file, kv.v), ruleValue, "a language is written like en or pt-BR")
		}
	}
	top, ok := find(pairs, "texts")
	if !ok {
		p.c.add(at(p.file, root), ruleMissing, "the key texts is missing")
		return nil
	}
	keys, _ := p.mapping(top.v, "texts")
	required := map[string]Sentence{}
	out := map[string]*text{}
	for _, s := range RequiredTexts() {
		required[s.Key] = s
		if kv, ok := find(keys, s.Key); ok {
			if t := p.sentence(s, kv); len(t.variants) > 0 {
				out[s.Key] = t
			}
		} else {
			p.c.add(at(p.file, top.k), ruleMissing, "the text %q is missing (%s)", s.Key, s.About)
		}
	}
	for _, kv := range keys {
		if _, ok := required[kv.key]; !ok {
			p.c.add(at(p.file, kv.k), ruleUnknownText, "nothing uses the text %q", kv.key)
		}
	}
	return out
}
