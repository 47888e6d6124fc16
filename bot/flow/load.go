package flow

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// textsFile holds the sentences; every other file is a flow.
const textsFile = "texts.yaml"

// Options are what the program gives the scripts.
type Options struct {
	// Readers understand the answers to questions of the kinds time, zone,
	// country, days and date. A script that asks for a kind without a reader is
	// refused.
	Readers map[string]Reader
}

// Load reads the scripts (*.yaml at the root of fsys; texts.yaml holds the
// sentences) and compiles them. It reports every fault of every file in one
// run, in order of file, line and column; lib is nil when there is any. The
// error is for files that cannot be read.
func Load(fsys fs.FS, opt Options) (lib *Library, list []Finding, err error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, nil, fmt.Errorf("read scripts: %w", err)
	}
	ld := &loader{c: &findings{}, opt: opt, rx: newPatterns(), wordings: wordings(), broken: map[string]bool{}}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		src, tooBig, err := readFile(fsys, e.Name())
		if err != nil {
			return nil, nil, err
		}
		if tooBig {
			ld.c.add(place{e.Name(), 1, 1}, ruleSize, "the file is larger than %d kB", MaxFileBytes>>10)
			ld.broken[strings.TrimSuffix(e.Name(), ".yaml")] = true
			continue
		}
		ld.file(e.Name(), src)
	}
	lib = ld.library()
	ld.c.unusedWaivers()
	if list = ld.c.sorted(); len(list) > 0 {
		return nil, list, nil
	}
	return lib, nil, nil
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
	// rewrites are the entries of words_same.
	rewrites [][2]string
	called   map[string]bool // flows that others call
}

func (ld *loader) file(name string, src []byte) {
	p := newParser(ld.c, name, ld.opt, ld.rx, ld.wordings)
	if name == textsFile {
		ld.texts = p.sentences(src)
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
	ld.c.partial = len(ld.broken) > 0
	ld.readWords()
	ld.checkWords()
	ld.flows = map[string]*flow{}
	for _, p := range ld.parsers {
		ld.flows[p.id] = p.flow
	}
	ld.goings()
	ld.variables()
	ld.names()
	ld.schedules()
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
		p.flow.Rev = p.flow.rev()
	}
	ld.calls()
	ld.loops()
	ld.phrases()
	return ld.build()
}

func (ld *loader) build() *Library {
	l := &Library{
		flows: ld.flows, texts: ld.texts, words: ld.words,
		own:   slices.Sorted(maps.Keys(ld.lists)),
		scope: &scope{vars: ld.vars, reads: map[string]Reader{}},
		first: map[string]*flow{}, anywhere: map[string]*flow{}, start: map[string]*flow{}, idle: map[string]*flow{},
		close: map[int][]heard{},
	}
	l.lists = l.own
	var ordered []*flow
	for _, id := range slices.Sorted(maps.Keys(ld.flows)) {
		f := ld.flows[id]
		f.scope = l.scope
		ordered = append(ordered, f)
		l.infos = append(l.infos, f.Info)
		if f.Menu > 0 {
			l.menu = append(l.menu, f)
		}
		for _, p := range f.first1 {
			l.first[p.norm] = f
		}
		for _, p := range f.any1 {
			l.anywhere[p.norm] = f
			l.close[len(p.norm)] = append(l.close[len(p.norm)], heard{p, f})
		}
		for _, p := range f.idle1 {
			l.idle[p.norm] = f
		}
		for _, p := range f.start1 {
			l.start[p.norm] = f
			l.close[len(p.norm)] = append(l.close[len(p.norm)], heard{p, f})
		}
	}
	l.free = newIndex(ld.folder(), ordered)
	slices.SortStableFunc(l.menu, func(a, b *flow) int { return cmp.Compare(a.Menu, b.Menu) })
	for _, p := range ld.parsers {
		for _, v := range p.sets {
			if v.read != "" {
				l.scope.reads[v.name] = ld.opt.Readers[v.read]
			}
		}
	}
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
	p.known(pairs, "the file", "texts")
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
